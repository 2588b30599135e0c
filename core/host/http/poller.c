/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * epoll under curl_multi_socket_action(). Must not look at requests.
 */
#include <config.h>

#include "core/host/http/poller.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/when.h"

#define EVENTS 64

/* libcurl reads a body to its length and leaves what follows in the socket,
 * where it would pass for the reply to the next request. Nothing may come
 * unasked on HTTP/1; of TLS we do not see what was decrypted already. To be
 * asked when nobody reads the connection any more and nobody does yet: a
 * moment later the next request may be on it, and have its reply. */
static void drop_surplus(CURL *easy, curl_socket_t fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    long version = 0;

    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    if (version != CURL_HTTP_VERSION_2_0 && poll(&p, 1, 0) > 0
        && p.revents & POLLIN)
        shutdown(fd, SHUT_RDWR);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user,
                     void *known)
{
    struct poller *p = user;
    struct epoll_event e = { .data.fd = fd };

    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(p->epoll, EPOLL_CTL_DEL, fd, &e);
        drop_surplus(easy, fd);
        return 0;
    }
    if (what & CURL_POLL_IN)
        e.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        e.events |= EPOLLOUT;
    if (epoll_ctl(p->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e) < 0
        && !known)
        return -1;
    curl_multi_assign(p->multi, fd, p);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *user)
{
    struct poller *p = user;

    (void)multi;
    p->timer_ms = ms < 0 ? -1 : when_monotonic_ms() + ms;
    return 0;
}

void poller_init(struct poller *p, CURLM *multi)
{
    p->multi = multi;
    p->timer_ms = -1;
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (p->epoll < 0)
        BUG("no epoll descriptor");
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, p);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, p);
}

void poller_release(struct poller *p)
{
    close(p->epoll);
    p->epoll = -1;
}

static int flags_of(uint32_t events)
{
    int flags = 0;

    if (events & EPOLLIN)
        flags |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        flags |= CURL_CSELECT_OUT;
    if (events & (EPOLLERR | EPOLLHUP))
        flags |= CURL_CSELECT_ERR;
    return flags;
}

void poller_kick(struct poller *p)
{
    int running;

    if (p->timer_ms < 0 || p->timer_ms > when_monotonic_ms())
        return;
    p->timer_ms = -1;
    curl_multi_socket_action(p->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

void poller_wait(struct poller *p, int64_t wait_ms)
{
    struct epoll_event events[EVENTS];
    int64_t now = when_monotonic_ms();
    int running, nr;

    if (p->timer_ms >= 0 && p->timer_ms - now < wait_ms)
        wait_ms = p->timer_ms > now ? p->timer_ms - now : 0;
    nr = epoll_wait(p->epoll, events, EVENTS, (int)wait_ms);
    for (int i = 0; i < nr; i++)
        curl_multi_socket_action(p->multi, events[i].data.fd,
                                 flags_of(events[i].events), &running);
}

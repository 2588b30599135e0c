/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What libcurl itself takes for the same requests: COUNT GETs, PARALLEL at a
 * time, nothing done with the replies.
 *
 *     bench-curl PORT CA COUNT PARALLEL
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

static int poller;
static long timer_ms = -1;
static CURLM *multi;
static const char *ca;
static struct curl_slist *to;
static long asked, answered, count;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user,
                     void *known)
{
    struct epoll_event e = { .data.fd = fd };

    (void)easy;
    (void)user;
    if (what == CURL_POLL_REMOVE)
        return epoll_ctl(poller, EPOLL_CTL_DEL, fd, &e), 0;
    e.events = (what & CURL_POLL_IN ? EPOLLIN : 0u)
               | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    epoll_ctl(poller, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
    curl_multi_assign(multi, fd, &poller);
    return 0;
}

static int on_timer(CURLM *m, long ms, void *user)
{
    (void)m;
    (void)user;
    timer_ms = ms;
    return 0;
}

static size_t on_body(char *p, size_t size, size_t n, void *user)
{
    (void)p;
    (void)user;
    return size * n;
}

static void ask(CURL *easy)
{
    char url[100];

    snprintf(url, sizeof(url), "https://bench.example.org/repos/acme/p%ld",
             asked++);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, to);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_multi_add_handle(multi, easy);
}

static void take(void)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(multi, &left))) {
        CURL *easy = m->easy_handle;

        answered++;
        curl_multi_remove_handle(multi, easy);
        if (asked < count)
            ask(easy);
        else
            curl_easy_cleanup(easy);
    }
}

int main(int argc, char **argv)
{
    struct epoll_event events[64];
    char where[60];
    int running, parallel;

    if (argc != 5)
        return 2;
    count = atol(argv[3]);
    parallel = atoi(argv[4]);
    ca = argv[2];
    snprintf(where, sizeof(where), "bench.example.org:443:127.0.0.1:%s",
             argv[1]);
    to = curl_slist_append(NULL, where);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    poller = epoll_create1(0);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)parallel);
    for (int i = 0; i < parallel && asked < count; i++)
        ask(curl_easy_init());
    while (answered < count) {
        int nr = epoll_wait(poller, events, 64,
                            (int)(timer_ms < 0 ? 1000 : timer_ms));

        if (nr == 0) {
            timer_ms = -1;
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        for (int i = 0; i < nr; i++)
            curl_multi_socket_action(
                multi, events[i].data.fd,
                (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0)
                    | (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0),
                &running);
        take();
    }
    curl_multi_cleanup(multi);
    return 0;
}

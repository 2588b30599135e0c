/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server that is never the bottleneck: HTTP/1.1 over TLS on 127.0.0.1, one
 * thread, every reply exactly MS milliseconds after its request.
 *
 *     slow-server CERT KEY MS BYTES
 *
 * prints its port. A GET of any path gets BYTES bytes of JSON and an ETag
 * made from the path; with If-None-Match it gets 304. A path with "/changed"
 * in it is never unchanged. Ends when stdin does; then prints
 * "requests bytes connections", and its CPU seconds.
 */
#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IN_MAX 16384
#define EVENTS 256

struct client {
    int fd;
    SSL *ssl;
    bool ready; /* the handshake is over */
    size_t got;
    char in[IN_MAX];
    /* The reply that is due: one request at a time. */
    int64_t due_us;
    bool waits, same, gone;
    char path[256];
    struct client *next;
    char *out;
    size_t out_len, out_done;
};

static SSL_CTX *context;
static int poller, listener;
static int64_t delay_us;
static char *body;
static size_t body_len;
static struct client *first, *last; /* replies, in the order they are due */
static unsigned long requests, bytes, connections;

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(struct client *c, uint32_t what, int op)
{
    struct epoll_event e = { .events = what, .data.ptr = c };

    epoll_ctl(poller, op, c->fd, &e);
}

static void drop(struct client *c)
{
    if (c->fd >= 0) {
        SSL_free(c->ssl);
        close(c->fd);
        c->fd = -1;
    }
    if (c->waits) {
        c->gone = true; /* freed when its reply would be due */
        return;
    }
    free(c->out);
    free(c);
}

/* False: it was dropped. */
static bool went_wrong(struct client *c, int n)
{
    int e = SSL_get_error(c->ssl, n);

    ERR_clear_error();
    if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
        return true;
    drop(c);
    return false;
}

static void push(struct client *c)
{
    while (c->out_done < c->out_len) {
        int n = SSL_write(c->ssl, c->out + c->out_done,
                          (int)(c->out_len - c->out_done));

        if (n <= 0) {
            if (went_wrong(c, n))
                watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        c->out_done += (size_t)n;
    }
    bytes += c->out_len;
    free(c->out);
    c->out = NULL;
    c->out_len = c->out_done = 0;
    watch(c, EPOLLIN, EPOLL_CTL_MOD);
}

static void answer(struct client *c)
{
    size_t space = body_len + 512;
    int n;

    c->out = malloc(space);
    if (c->same)
        n = snprintf(c->out, space,
                     "HTTP/1.1 304 Not Modified\r\n"
                     "ETag: \"%s\"\r\n\r\n",
                     c->path);
    else
        n = snprintf(c->out, space,
                     "HTTP/1.1 200 OK\r\nETag: \"%s\"\r\n"
                     "Content-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     c->path, body_len, body);
    c->out_len = (size_t)n;
    push(c);
}

static void take_request(struct client *c)
{
    char *end = memmem(c->in, c->got, "\r\n\r\n", 4);
    char *path, *stop;

    if (!end)
        return;
    *end = '\0';
    path = strchr(c->in, ' ');
    stop = path ? strchr(path + 1, ' ') : NULL;
    if (!stop) {
        drop(c);
        return;
    }
    snprintf(c->path, sizeof(c->path), "%.*s", (int)(stop - path - 1),
             path + 1);
    c->same =
        strcasestr(c->in, "\r\nif-none-match:") && !strstr(c->path, "/changed");
    c->got = 0;
    requests++;
    c->due_us = now_us() + delay_us;
    c->waits = true;
    c->next = NULL;
    if (last)
        last->next = c;
    else
        first = c;
    last = c;
}

static void on_client(struct client *c)
{
    int n;

    if (!c->ready) {
        n = SSL_accept(c->ssl);
        if (n != 1) {
            went_wrong(c, n);
            return;
        }
        c->ready = true;
    }
    if (c->out) {
        push(c);
        return;
    }
    n = SSL_read(c->ssl, c->in + c->got, (int)(IN_MAX - 1 - c->got));
    if (n <= 0) {
        went_wrong(c, n);
        return;
    }
    c->got += (size_t)n;
    take_request(c);
}

static void on_connection(void)
{
    int fd, one = 1;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct client *c = calloc(1, sizeof(*c));

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        c->fd = fd;
        c->ssl = SSL_new(context);
        SSL_set_fd(c->ssl, fd);
        connections++;
        watch(c, EPOLLIN, EPOLL_CTL_ADD);
    }
}

static int until_due_ms(void)
{
    int64_t left = first ? first->due_us - now_us() : 1000000;

    return left <= 0 ? 0 : (int)((left + 999) / 1000);
}

static void answer_due(void)
{
    int64_t now = now_us();

    while (first && first->due_us <= now) {
        struct client *c = first;

        first = c->next;
        if (!first)
            last = NULL;
        c->waits = false;
        if (c->gone)
            drop(c);
        else
            answer(c);
    }
}

static void start(char **argv)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    struct epoll_event e = { .events = EPOLLIN };

    signal(SIGPIPE, SIG_IGN);
    context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, argv[1]) != 1
        || SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM) != 1)
        fail("certificate");
    delay_us = (int64_t)atoi(argv[3]) * 1000;
    body_len = (size_t)atoi(argv[4]);
    body = malloc(body_len + 16);
    memset(body, 'x', body_len);
    memcpy(body, "{\"a\": \"", 7);
    memcpy(body + body_len - 2, "\"}", 3);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0
        || listen(listener, 1024) < 0)
        fail("listen");
    getsockname(listener, (struct sockaddr *)&at, &len);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    poller = epoll_create1(0);
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &e);
    e.data.ptr = &poller; /* stands for stdin */
    epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &e);
}

static void say(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    printf("%lu %lu %lu %.2f\n", requests, bytes, connections,
           (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec)
               + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];

    if (argc != 5 || atoi(argv[4]) < 10)
        return 2;
    start(argv);
    for (;;) {
        int nr = epoll_wait(poller, events, EVENTS, until_due_ms());

        for (int i = 0; i < nr; i++) {
            if (events[i].data.ptr == &poller) {
                say();
                return 0;
            }
            if (!events[i].data.ptr)
                on_connection();
            else
                on_client(events[i].data.ptr);
        }
        answer_due();
    }
}

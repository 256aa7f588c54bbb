// SPDX-License-Identifier: Apache-2.0
// client.c - client [-n NAME] [-c CERTIFICATE -k KEY] [-i] [-w SECONDS] [-r RECORDS] [-t TIMES]
// [-f] HOST PORT [CA]: asks for "/" over TLS and prints how it ended, as "ERR_CLOSED, 1234 bytes:
// the peer ended
// ...". Used by tests of TLS. -w: the calendar says so many seconds since 1970, or nothing (0);
// "+5": so many more than it does. -r: the connection ends after so many TLS records from the
// server. -t: so many connections, one after the other, each but the first after a line from the
// input; and prints of each handshake "resumed, 345 bytes" or "full, 1234 bytes" (of the server).
// -f: keeps no session.
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kedge/posix.h"
#include "kedge/tls.h"

static const char request[] = "GET / HTTP/1.0\r\n\r\n";

// ---- a calendar that is wrong

static kedge_timestamp calendar;

static kedge_timestamp wrong_clock(const struct kedge_port *port)
{
    (void)port;
    return calendar;
}

static void set_calendar(struct kedge_port *port, const char *text)
{
    calendar = atoll(text) * 1000000;
    if (text[0] == '+' || text[0] == '-')
        calendar += port->wall_clock(port);
    port->wall_clock = wrong_clock;
}

// ---- a connection that is cut

struct cut {
    struct kedge_stream stream; // first; `below` is the connection
    unsigned records;           // that it still lives for
    size_t bytes;               // that have come
    size_t got;                 // bytes of the record under way
    unsigned char head[5];
};

static size_t missing(const struct cut *c)
{
    size_t len = c->got < 5 ? 5 : 5 + ((size_t)c->head[3] << 8 | c->head[4]);
    return len - c->got;
}

static kedge_err cut_open(struct kedge_stream *s, const char *host, uint16_t port)
{
    return s->below->ops->open(s->below, host, port);
}

static int cut_read(struct kedge_stream *s, void *buf, size_t cap)
{
    struct cut *c = (struct cut *)s;
    if (c->records == 0)
        return KEDGE_ERR_CLOSED;
    size_t most = missing(c);
    int n = s->below->ops->read(s->below, buf, cap < most ? cap : most);
    if (n <= 0)
        return n;
    c->bytes += (size_t)n;
    if (c->got < 5)
        memcpy(c->head + c->got, buf, (size_t)n);
    c->got += (size_t)n;
    if (c->got > 5 && missing(c) == 0) {
        c->got = 0;
        c->records--;
    }
    return n;
}

static int cut_write(struct kedge_stream *s, const void *buf, size_t len)
{
    return s->below->ops->write(s->below, buf, len);
}

static void cut_close(struct kedge_stream *s)
{
    s->below->ops->close(s->below);
}

static const struct kedge_stream_ops cut_ops = {cut_open, cut_read, cut_write, cut_close};

// ---- the client

static const char *read_file(const char *path)
{
    static char texts[3][65536];
    static int used;
    char *text = texts[used++];
    FILE *f = path != NULL ? fopen(path, "r") : NULL;
    if (f == NULL) {
        fprintf(stderr, "client: cannot read %s\n", path != NULL ? path : "(null)");
        exit(2);
    }
    text[fread(text, 1, sizeof texts[0] - 1, f)] = '\0';
    fclose(f);
    return text;
}

static void wait_for(struct kedge_stream *s, int want)
{
    const struct kedge_port *port = kedge_posix();
    uint8_t interest = want == KEDGE_WANT_READ ? KEDGE_INTEREST_READ : KEDGE_INTEREST_WRITE;
    while (s->below != NULL)
        s = s->below;
    struct kedge_wait w = {s, interest, 0};
    port->wait(port, &w, 1, port->clock(port) + 10 * KEDGE_SECOND);
}

static bool wants(int n)
{
    return n == KEDGE_WANT_READ || n == KEDGE_WANT_WRITE;
}

static int again(struct kedge_stream *s, int n)
{
    if (wants(n))
        wait_for(s, n);
    return n;
}

// The error that ended it, and in *len how many bytes came.
static kedge_err talk(struct kedge_stream *s, const char *host, uint16_t port, size_t *len,
                      bool tells)
{
    char buf[4096];
    int n;
    while (wants(n = again(s, s->ops->open(s, host, port))))
        continue;
    if (n != KEDGE_OK)
        return (kedge_err)n;
    if (tells)
        printf("%s, %zu bytes\n", kedge_tls_resumed(s) ? "resumed" : "full",
               ((struct cut *)s->below)->bytes);
    for (size_t at = 0; at<sizeof request - 1; at += n> 0 ? (size_t)n : 0) {
        n = again(s, s->ops->write(s, request + at, sizeof request - 1 - at));
        if (n < 0 && !wants(n))
            return (kedge_err)n;
    }
    for (;;) {
        n = again(s, s->ops->read(s, buf, sizeof buf));
        if (n < 0 && !wants(n))
            return (kedge_err)n;
        *len += n > 0 ? (size_t)n : 0;
    }
}

struct wishes {
    struct kedge_port port;
    struct kedge_tls_options options;
    const char *name;
    unsigned records; // UINT_MAX: all
    int times;
};

static void wish(struct wishes *w, int option, const char *value)
{
    if (option == 'n')
        w->name = value;
    else if (option == 'c')
        w->options.certificate = kedge_str_of(read_file(value));
    else if (option == 'k')
        w->options.key = kedge_str_of(read_file(value));
    else if (option == 'i')
        w->options.insecure = true;
    else if (option == 'w')
        set_calendar(&w->port, value);
    else if (option == 'r')
        w->records = (unsigned)atoi(value);
    else if (option == 't')
        w->times = atoi(value);
    else if (option == 'f')
        w->options.no_resumption = true;
    else
        exit(2);
}

static kedge_err ended(kedge_err err, size_t len, const char *problem)
{
    printf("%s, %zu bytes: %s\n", kedge_err_name(err) + strlen("KEDGE_"), len, problem);
    return err;
}

static kedge_err connect_once(const struct wishes *w, struct kedge_stream *s, const char *host,
                              uint16_t port)
{
    size_t len = 0;
    *(struct cut *)s->below =
        (struct cut){.stream = {&cut_ops, s->below->below}, .records = w->records};
    kedge_err err = talk(s, host, port, &len, w->times > 1);
    s->ops->close(s);
    return ended(err, len, kedge_tls_problem(s));
}

static kedge_err run(struct wishes *w, const char *host, uint16_t port)
{
    void *memory = malloc(kedge_tls_size());
    struct kedge_tls *tls;
    const char *problem;
    char line[8];
    kedge_err err = kedge_tls_init(memory, &w->options, &tls, &problem);
    if (err == KEDGE_OK) {
        struct kedge_stream *tcp = malloc(w->port.stream_size);
        w->port.stream_init(&w->port, tcp);
        struct cut cut = {.stream = {&cut_ops, tcp}};
        struct kedge_stream *s =
            kedge_tls_stream_init(malloc(kedge_tls_stream_size()), tls, &cut.stream, w->name);
        for (int i = 0; i < w->times; i++) {
            if (i > 0 && fgets(line, sizeof line, stdin) == NULL)
                break;
            err = connect_once(w, s, host, port);
            fflush(stdout);
        }
        free(s);
        free(tcp);
    } else {
        ended(err, 0, problem);
    }
    kedge_tls_free(tls);
    free(memory);
    return err;
}

int main(int argc, char **argv)
{
    static struct wishes w = {.records = ~0u, .times = 1};
    w.port = *kedge_posix();
    w.options.port = &w.port;
    for (int c; (c = getopt(argc, argv, "n:c:k:iw:r:t:f")) != -1;)
        wish(&w, c, optarg);
    if (argc - optind < 2)
        return 2;
    if (argc - optind > 2)
        w.options.ca = kedge_str_of(read_file(argv[optind + 2]));
    return run(&w, argv[optind], (uint16_t)atoi(argv[optind + 1])) == KEDGE_ERR_CLOSED ? 0 : 1;
}

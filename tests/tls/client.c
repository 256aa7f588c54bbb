// SPDX-License-Identifier: Apache-2.0
// client.c - client [-n NAME] [-c CERTIFICATE -k KEY] [-i] HOST PORT [CA]: asks for "/" over TLS
// and prints how it ended, as "CLOSED 1234 bytes" or "TLS: the peer ...". Used by tests of TLS.
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kedge/posix.h"
#include "kedge/tls.h"

static const char request[] = "GET / HTTP/1.0\r\n\r\n";

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
    struct kedge_wait w = {s->below, interest, 0};
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
static kedge_err talk(struct kedge_stream *s, const char *host, uint16_t port, size_t *len)
{
    char buf[4096];
    int n;
    while (wants(n = again(s, s->ops->open(s, host, port))))
        continue;
    if (n != KEDGE_OK)
        return (kedge_err)n;
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

int main(int argc, char **argv)
{
    struct kedge_tls_options options = {.port = kedge_posix()};
    const char *name = NULL;
    for (int c; (c = getopt(argc, argv, "n:c:k:i")) != -1;) {
        if (c == 'n')
            name = optarg;
        else if (c == 'c')
            options.certificate = kedge_str_of(read_file(optarg));
        else if (c == 'k')
            options.key = kedge_str_of(read_file(optarg));
        else if (c == 'i')
            options.insecure = true;
        else
            return 2;
    }
    if (argc - optind < 2)
        return 2;
    if (argc - optind > 2)
        options.ca = kedge_str_of(read_file(argv[optind + 2]));

    struct kedge_tls *tls;
    const char *problem;
    kedge_err err = kedge_tls_init(malloc(kedge_tls_size()), &options, &tls, &problem);
    if (err != KEDGE_OK) {
        printf("%s: %s\n", kedge_err_name(err) + strlen("KEDGE_"), problem);
        return 1;
    }
    struct kedge_stream *tcp = malloc(options.port->stream_size);
    options.port->stream_init(options.port, tcp);
    struct kedge_stream *s = kedge_tls_stream_init(malloc(kedge_tls_stream_size()), tls, tcp, name);
    size_t len = 0;
    err = talk(s, argv[optind], (uint16_t)atoi(argv[optind + 1]), &len);
    printf("%s, %zu bytes: %s\n", kedge_err_name(err) + strlen("KEDGE_"), len,
           kedge_tls_problem(s));
    s->ops->close(s);
    free(s);
    free(tcp);
    kedge_tls_free(tls);
    free(tls);
    return err == KEDGE_ERR_CLOSED ? 0 : 1;
}

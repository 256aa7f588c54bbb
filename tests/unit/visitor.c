// SPDX-License-Identifier: Apache-2.0
#include "visitor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void assert_printable(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < 0x20 || *at > 0x7e)
            fail_msg("byte 0x%02x in a message: %s", (unsigned)(unsigned char)*at, text);
    }
}

static void witness(void *ctx, enum kedge_log_level level, const char *text)
{
    struct visitor *v = ctx;
    (void)level;
    assert_printable(text);
    v->messages++;
    snprintf(v->last, sizeof v->last, "%s", text);
}

void visitor_open(struct visitor *v, const struct hostile_answer *answers, size_t count)
{
    memset(v, 0, sizeof *v);
    fake_port_init(&v->p, 1);
    v->h = (struct hostile){.answers = answers, .count = count};
    v->p.peer = &hostile_peer;
    v->p.peer_ctx = &v->h;
    v->config.server = "http://kubernetes.test";
    v->size = 64u * 1024;
}

kedge_err visitor_start(struct visitor *v, const struct kedge_kind *kind)
{
    v->memory = malloc(v->size);
    assert_non_null(v->memory);
    v->k = kedge_init(v->memory, v->size, &v->p.port);
    assert_non_null(v->k);
    kedge_log_to(v->k, KEDGE_LOG_DEBUG, witness, v);
    v->client = kedge_client_new(v->k, &v->config);
    v->factory = kedge_factory_new_with(v->client, &(struct kedge_factory_options){0});
    v->options.no_watch_list = true; // a list is what its peers are asked for first
    v->inf = kedge_factory_informer_with(v->factory, kind, &v->options);
    (void)kedge_factory_start(v->factory);
    assert_printable(kedge_error_text(v->k));
    return kedge_error(v->k);
}

void visitor_run(struct visitor *v, kedge_time ms, uint64_t bytes)
{
    kedge_time until = v->p.now + ms;
    while (v->p.now < until && v->h.said < bytes) {
        uint64_t before = v->p.bytes_read;
        assert_int_equal(kedge_poll(v->k, until - v->p.now), KEDGE_OK);
        v->polls++;
        if (v->p.bytes_read - before > v->most)
            v->most = v->p.bytes_read - before;
        assert_printable(visitor_state(v).text);
        assert_printable(visitor_state(v).object);
        assert_printable(visitor_state(v).last_partial);
    }
}

struct kedge_informer_state visitor_state(const struct visitor *v)
{
    struct kedge_informer_state s;
    assert_int_equal(kedge_informer_state(v->inf, &s), KEDGE_OK);
    return s;
}

void visitor_close(struct visitor *v)
{
    kedge_factory_shutdown(v->factory);
    kedge_client_free(v->client);
    fake_port_check(&v->p);
    free(v->memory);
}

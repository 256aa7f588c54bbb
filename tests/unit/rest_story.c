// SPDX-License-Identifier: Apache-2.0
// Stories of requests over a bad network to a bad server, each drawn from a seed: whatever happens,
// nothing is written twice, what is said to be done is done, what is refused is not, and every wait
// ends. `rest_story FROM COUNT` runs these seeds.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/rest_priv.h"
#include "mock_port.h"

enum { NAMES = 4, STEPS = 60, SEEDS = 60 };

struct story {
    struct mock_port port;
    unsigned char memory[96 * 1024];
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_rest *rest;
    uint64_t seed;
    unsigned value;
    char body[128];
    char reply[8192];
    size_t len;
    bool done;
    kedge_err err;
};

static uint64_t seeds_from = 1;
static uint64_t seeds_count = SEEDS;

static unsigned draw(struct story *s, unsigned bound)
{
    return (unsigned)fake_port_random(&s->port.fake, bound);
}

static bool chance(struct story *s, unsigned percent)
{
    return draw(s, 100) < percent;
}

static void begin(struct story *s, uint64_t seed)
{
    struct kedge_config config = {.server = "http://api.test", .qps = -1};
    const struct kedge_rest_options options = {
        .open_timeout = 5000, .head_timeout = 8000, .body_timeout = 8000};
    memset(s, 0, sizeof *s);
    s->seed = seed;
    mock_port_init(&s->port, mock_new(&(struct mock_options){.seed = seed}), seed);
    s->k = kedge_init(s->memory, sizeof s->memory, &s->port.fake.port);
    s->client = kedge_client_new(s->k, &config);
    s->rest = kedge_rest_new(s->client, &options);
    assert_non_null(s->rest);
}

static void hurt(struct story *s)
{
    static const enum mock_fault_kind kinds[] = {
        MOCK_FAULT_CUT,    MOCK_FAULT_RESET,    MOCK_FAULT_STALL,        MOCK_FAULT_GARBAGE,
        MOCK_FAULT_STATUS, MOCK_FAULT_REDIRECT, MOCK_FAULT_HTML,         MOCK_FAULT_REFUSE,
        MOCK_FAULT_STATUS, MOCK_FAULT_STATUS,   MOCK_FAULT_STOPPED_JSON, MOCK_FAULT_HUGE_CHUNK};
    static const int codes[] = {429, 500, 503, 504, 403, 401, 409};
    struct mock_fault f = {
        .kind = kinds[draw(s, sizeof kinds / sizeof kinds[0])],
        .now = chance(s, 20),
        .count = 1 + draw(s, 3),
        .bytes = draw(s, 300),
        .status = codes[draw(s, sizeof codes / sizeof codes[0])],
        .retry_after_s = (int)draw(s, 3),
    };
    mock_inject(s->port.mock, &f);
}

static void be_cruel(struct story *s)
{
    struct fake_cruelty *c = &s->port.fake.cruelty;
    memset(c, 0, sizeof *c);
    c->random_sizes = chance(s, 50);
    c->read_max = chance(s, 50) ? 1 + draw(s, 200) : 0;
    c->write_max = chance(s, 50) ? 1 + draw(s, 100) : 0;
    c->block_every = chance(s, 50) ? 2 + draw(s, 5) : 0;
    c->connect_steps = draw(s, 3);
    c->early = chance(s, 20);
    c->refuse = chance(s, 3);
    c->half_open = chance(s, 3);
}

static kedge_err sink(void *ctx, kedge_str bytes)
{
    struct story *s = ctx;
    if (s->len + bytes.len >= sizeof s->reply)
        return KEDGE_ERR_TOO_LONG;
    memcpy(s->reply + s->len, bytes.ptr, bytes.len);
    s->len += bytes.len;
    return KEDGE_OK;
}

static void done(void *ctx, kedge_err err)
{
    struct story *s = ctx;
    s->done = true;
    s->err = err;
}

// Waited for, in the loop, or given up in the middle of it: KEDGE_ERR_STOPPED.
static kedge_err ask(struct story *s, const struct kedge_request *r)
{
    s->len = 0;
    s->done = false;
    if (chance(s, 50))
        return kedge_rest_stream(s->rest, r, sink, s);
    unsigned patience = chance(s, 20) ? draw(s, 10) : 100000;
    assert_int_equal(kedge_rest_start(s->rest, r, sink, done, s), KEDGE_OK);
    for (unsigned i = 0; i < patience && !s->done; i++)
        assert_int_equal(kedge_poll(s->k, KEDGE_MINUTE), KEDGE_OK);
    if (s->done)
        return s->err;
    assert_true(patience < 100);
    kedge_rest_cancel(s->rest);
    return KEDGE_ERR_STOPPED;
}

static bool exists(struct story *s, const char *name, struct mock_item *item)
{
    return mock_get(s->port.mock, "configmaps", "default", name, item);
}

static bool says(const char *text, size_t len, unsigned value)
{
    char part[32];
    int n = snprintf(part, sizeof part, "\"v\":\"%u\"", value);
    for (size_t i = 0; i + (size_t)n <= len; i++) {
        if (memcmp(text + i, part, (size_t)n) == 0)
            return true;
    }
    return false;
}

static void must(struct story *s, bool good, const char *what)
{
    if (!good)
        fail_msg("seed %llu, value %u: %s: %s: %s", (unsigned long long)s->seed, s->value,
                 kedge_err_name(s->err), what, kedge_rest_error_text(s->rest));
}

static struct kedge_request draw_request(struct story *s, char *name, size_t cap)
{
    static const enum kedge_verb verbs[] = {KEDGE_GET,    KEDGE_GET,    KEDGE_LIST,
                                            KEDGE_CREATE, KEDGE_CREATE, KEDGE_PATCH,
                                            KEDGE_PATCH,  KEDGE_APPLY,  KEDGE_DELETE};
    struct kedge_request r = {
        .verb = verbs[draw(s, sizeof verbs / sizeof verbs[0])],
        .version = "v1",
        .resource = "configmaps",
        .namespace_ = "default",
        .timeout = chance(s, 30) ? 1000 + draw(s, 20000) : 0,
        .retries = chance(s, 30) ? (int)draw(s, 4) - 1 : 0,
    };
    snprintf(name, cap, "n%u", draw(s, NAMES));
    if (r.verb != KEDGE_LIST && r.verb != KEDGE_CREATE)
        r.name = name;
    if (r.verb == KEDGE_LIST || r.verb == KEDGE_GET || r.verb == KEDGE_DELETE)
        return r;
    snprintf(s->body, sizeof s->body,
             "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%s\"},"
             "\"data\":{\"v\":\"%u\"}}",
             name, ++s->value);
    r.body = kedge_str_of(s->body);
    if (r.verb == KEDGE_APPLY) {
        r.options.field_manager = "story";
        r.options.force = KEDGE_JUST(1);
    }
    return r;
}

static void check_read(struct story *s, const struct kedge_request *r, const char *name)
{
    struct mock_item item;
    if (s->err != KEDGE_OK || r->verb != KEDGE_GET)
        return;
    must(s, exists(s, name, &item), "read what is not there");
    // A reply may be cut short by the fault that ends JSON early, in proper HTTP.
    must(s, s->len > 0 && s->reply[0] == '{', "no object");
}

static void check_written(struct story *s, const struct kedge_request *r, const char *name,
                          bool was_there, uint64_t changes)
{
    struct mock_item item;
    must(s, changes <= 1, "written twice");
    if (s->err == KEDGE_ERR_API || s->err == KEDGE_ERR_CONNECT)
        must(s, changes == 0, "refused, but done");
    if (s->err != KEDGE_OK)
        return;
    must(s, changes == 1, "said to be done, and not done");
    must(s, r->verb != KEDGE_CREATE || !was_there, "created what was there");
    bool there = exists(s, name, &item);
    if (r->verb == KEDGE_DELETE)
        must(s, !there, "deleted, but there");
    else
        must(s, there && says(item.text, item.len, s->value), "the value is not the one written");
}

static void one_request(struct story *s)
{
    char name[8];
    struct mock_item item;
    struct kedge_request r = draw_request(s, name, sizeof name);
    bool was_there = exists(s, name, &item);
    uint64_t version = mock_version(s->port.mock);
    kedge_time began = s->port.fake.now;
    s->err = ask(s, &r);
    kedge_time took = s->port.fake.now - began;
    bool writes = r.verb != KEDGE_GET && r.verb != KEDGE_LIST;
    if (writes)
        check_written(s, &r, name, was_there, mock_version(s->port.mock) - version);
    else
        check_read(s, &r, name);
    must(s, took <= (r.timeout > 0 ? r.timeout + 1 : 11 * (5000 + 16000 + 4000)), "took too long");
    must(s, s->rest->state == KEDGE__REST_IDLE, "not at rest");
    must(s, s->port.fake.open_streams == s->rest->connection.connected, "a stream is left");
}

static void tell_story(uint64_t seed)
{
    static struct story s;
    begin(&s, seed);
    for (int i = 0; i < STEPS; i++) {
        if (chance(&s, 30))
            hurt(&s);
        be_cruel(&s);
        one_request(&s);
        if (chance(&s, 10))
            fake_port_advance(&s.port.fake, draw(&s, 200000));
        if (chance(&s, 50))
            mock_heal(s.port.mock);
    }
    // When all is well again, the first request is.
    mock_heal(s.port.mock);
    memset(&s.port.fake.cruelty, 0, sizeof s.port.fake.cruelty);
    const struct kedge_request r = {.verb = KEDGE_GET, .path = "/version"};
    s.len = 0;
    s.err = kedge_rest_stream(s.rest, &r, sink, &s);
    must(&s, s.err == KEDGE_OK, "all is well, but not a request");
    kedge_rest_close(s.rest);
    kedge_client_free(s.client);
    mock_port_done(&s.port);
}

static void nothing_is_written_twice_and_every_wait_ends(void **state)
{
    (void)state;
    for (uint64_t seed = seeds_from; seed < seeds_from + seeds_count; seed++)
        tell_story(seed);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_written_twice_and_every_wait_ends),
    };
    if (argc == 3) {
        seeds_from = strtoull(argv[1], NULL, 10);
        seeds_count = strtoull(argv[2], NULL, 10);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

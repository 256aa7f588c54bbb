// SPDX-License-Identifier: Apache-2.0
// A whole controller, whose reconcile function makes requests that wait: every call of the port in
// turn fails, every answer ends everywhere, the arena has many sizes.
//
//     sweeps_controller [all]  with an argument: each call of each kind, after each byte
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cluster.h"
#include "kedge/controller.h"

// Less than any time-out: whoever recovers by one has overlooked what failed.
#define SETTLE (60 * KEDGE_SECOND)

enum { OBJECTS = 6, VERSION = 32, MEMORY = 64 * 1024 };

static struct cluster c;
static struct kedge_informer *configmaps;
static struct kedge_controller_source source;
static struct kedge_controller *controller;
static struct kedge_rest *rest;
static char done[OBJECTS][VERSION]; // the version that was brought into line; "-": gone
static unsigned failed_polls, reconciles;

// Looks at the cache, and then asks the server for what it needs besides.
static kedge_err reconcile(void *ctx, const struct kedge_reconcile *r,
                           struct kedge_reconcile_result *result)
{
    const struct kedge_object *obj;
    const struct kedge_object *other;
    (void)ctx;
    size_t i = (size_t)(r->name[0] - 'a');
    assert_true(i < OBJECTS);
    reconciles++;
    kedge_err err = kedge_lister_get(configmaps, r->namespace_, r->name, &obj);
    if (err == KEDGE_ERR_NOT_FOUND) {
        snprintf(done[i], VERSION, "-");
        return KEDGE_OK;
    }
    if (err != KEDGE_OK)
        return err;
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_namespace, NULL);
    err = kedge_api_get(&api, "default", NULL, &other);
    if (err != KEDGE_OK) {
        result->problem = kedge_rest_error_text(rest);
        return err;
    }
    // Objects of the cache are good over requests.
    assert_string_equal(kedge_name(obj), r->name);
    assert_string_equal(kedge_name(other), "default");
    snprintf(done[i], VERSION, "%s", kedge_resource_version(obj));
    return KEDGE_OK;
}

static void put(const char *name, int n)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"namespace\":\"default\",\"name\":\"%s\",\"labels\":{\"n\":\"%d\"}}}",
             name, n);
    assert_true(mock_apply(c.mock, "configmaps", text) > 0);
}

// All that there is has been brought into line as it is now.
static bool settled(void)
{
    for (int i = 0; i < OBJECTS; i++) {
        struct mock_item item;
        char version[VERSION] = "-";
        char name[2] = {(char)('a' + i), '\0'};
        if (mock_get(c.mock, "configmaps", "default", name, &item))
            snprintf(version, sizeof version, "%llu", (unsigned long long)item.version);
        else if (done[i][0] == '\0')
            continue; // never was
        if (strcmp(done[i], version) != 0)
            return false;
    }
    return true;
}

// No failure of a wait is for good. False: not within its time.
static bool settle(void)
{
    kedge_time until = c.port.fake.now + SETTLE;
    while (!settled() && c.port.fake.now < until) {
        kedge_err err = kedge_controller_step(controller);
        if (err != KEDGE_OK && err != KEDGE_WAIT)
            return false;
        err = kedge_poll(c.k, err == KEDGE_OK ? 0 : 100);
        if (err != KEDGE_OK)
            assert_int_equal(err, KEDGE_ERR_IO);
        failed_polls += err != KEDGE_OK;
        assert_true(failed_polls <= 6);
        // Only of the informer's first connection and the first request's the bytes end.
        if (c.port.fake.opens > 2)
            c.port.fake.cruelty.cut = false;
    }
    return settled();
}

static bool live(void)
{
    memset(done, 0, sizeof done);
    put("a", 1);
    put("b", 1);
    put("c", 1);
    if (!settle())
        return false;
    put("b", 2);
    assert_true(mock_delete(c.mock, "configmaps", "default", "c"));
    put("d", 1);
    if (!settle())
        return false;
    put("e", 1);
    assert_int_equal(kedge_controller_add(controller, "default", "f"), KEDGE_OK);
    if (!settle())
        return false;
    // What waits is still worked off.
    assert_int_equal(kedge_controller_add(controller, "default", "a"), KEDGE_OK);
    unsigned before = reconciles;
    kedge_controller_shut_down(controller);
    kedge_err err = KEDGE_OK;
    for (int i = 0; i < 100 && err == KEDGE_OK; i++)
        err = kedge_controller_step(controller);
    assert_int_equal(err, KEDGE_ERR_STOPPED);
    assert_true(reconciles > before);
    assert_null(source.controller);
    return true;
}

static kedge_err start(size_t memory)
{
    struct kedge_config config = {.server = "http://kubernetes.test:8080"};
    struct kedge_rest_options small = {.buffer = 2048, .text_max = 1024, .object_max = 1024};
    struct kedge_controller_options o = {.name = "test", .reconcile = reconcile, .keys = 8};
    c.memory = malloc(memory);
    assert_non_null(c.memory);
    c.k = kedge_init(c.memory, memory, &c.port.fake.port);
    c.client = kedge_client_new(c.k, &config);
    rest = kedge_rest_new(c.client, &small);
    c.factory = kedge_factory_new(c.client, 0);
    configmaps = kedge_factory_informer_with(c.factory, &kedge_kind_configmap, &cluster_lists);
    controller = kedge_controller_new(c.k, &o);
    kedge_controller_watch(controller, configmaps, &source);
    kedge_factory_start(c.factory);
    return kedge_error(c.k);
}

// KEDGE_OK: it lived from start to end; else it could not start. KEDGE_WAIT: it did not get done.
static kedge_err run(size_t memory, const struct fake_cruelty *cruelty)
{
    memset(&c, 0, sizeof c);
    memset(&source, 0, sizeof source);
    failed_polls = reconciles = 0;
    c.mock = mock_new(&(struct mock_options){.seed = 1, .no_managed_fields = true});
    mock_port_init(&c.port, c.mock, 1);
    mock_apply(c.mock, "namespaces", "{\"metadata\":{\"name\":\"default\"}}");
    c.port.fake.cruelty = *cruelty;
    kedge_err err = start(memory);
    if (err == KEDGE_OK && !live())
        err = KEDGE_WAIT;
    kedge_controller_shut_down(controller);
    kedge_controller_step(controller);
    kedge_rest_close(rest);
    cluster_close(&c); // no stream is open
    return err;
}

static const struct fake_cruelty none;

struct calls {
    const char *name;
    unsigned only, least;
    unsigned more; // that fail behind it
};

static void fail_each(const struct calls *calls)
{
    unsigned at = 1, refused = 0;
    for (bool more = true; more; at++) {
        struct fake_cruelty cruelty = {.block_every = 5,
                                       .connect_steps = 1,
                                       .fail_only = calls->only,
                                       .fail_at = at,
                                       .fail_count = calls->more,
                                       .mends = at % 2 == 0};
        kedge_err err = run(MEMORY, &cruelty);
        if (err != KEDGE_OK)
            assert_int_equal(err, KEDGE_ERR_ENTROPY);
        refused += err != KEDGE_OK;
        more = c.port.fake.calls >= at && at < 2000;
    }
    print_message("%-8s %3u calls, %u of them for the start\n", calls->name, at - 1, refused);
    assert_in_range(at, calls->least, 1000);
    assert_in_range(refused, 0, 8);
}

static void whichever_call_fails(void **state)
{
    (void)state;
    static const struct calls kinds[] = {
        {"any", 0, 30, 0},
        {"four", 0, 30, 3},
        {"open", FAKE_CALL_OPEN, 3, 0},
        {"write", FAKE_CALL_WRITE, 5, 0},
        {"wait", FAKE_CALL_WAIT, 5, 3},
        {"read", FAKE_CALL_READ, 10, 0},
    };
    // The first has all of the others in it.
    for (size_t i = 0; i < (sweep_whole() ? sizeof kinds / sizeof kinds[0] : 2); i++)
        fail_each(&kinds[i]);
}

static void wherever_an_answer_ends(void **state)
{
    (void)state;
    static const kedge_err ends[] = {KEDGE_ERR_CLOSED, KEDGE_ERR_IO};
    assert_int_equal(run(MEMORY, &none), KEDGE_OK);
    size_t bytes = (size_t)c.port.fake.bytes_read;
    size_t step = sweep_whole() ? 1 : 11;
    for (size_t e = 0; e < 2; e++) {
        for (size_t at = e * step / 2; at < bytes; at += step) {
            struct fake_cruelty cruelty = {.cut = true, .cut_at = at, .cut_with = ends[e]};
            assert_int_equal(run(MEMORY, &cruelty), KEDGE_OK);
        }
    }
    print_message("%zu bytes\n", bytes);
    assert_in_range(bytes, 1000, 20000);
}

// Too little is told at the start, or by caches that do not become whole; it is never more than
// that.
static void with_any_amount_of_memory(void **state)
{
    (void)state;
    unsigned started = 0;
    size_t size = 2048;
    kedge_err err = KEDGE_ERR_MEMORY;
    for (; err != KEDGE_OK; size += sweep_whole() ? 8 : 128) {
        assert_true(size < MEMORY);
        err = run(size, &none);
        if (err != KEDGE_OK && err != KEDGE_WAIT)
            assert_int_equal(err, KEDGE_ERR_MEMORY);
        started += err == KEDGE_WAIT;
    }
    print_message("%zu bytes of memory, %u too few to get done\n", size, started);
}

int main(int argc, char **argv)
{
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_call_fails),
        cmocka_unit_test(wherever_an_answer_ends),
        cmocka_unit_test(with_any_amount_of_memory),
    };
    sweep_arguments(argc);
    return cmocka_run_group_tests_name("sweeps_controller", tests, NULL, NULL);
}

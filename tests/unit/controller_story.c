// SPDX-License-Identifier: Apache-2.0
// The controller in random stories on a virtual clock: objects come, change hands and go, the
// server breaks off and forgets, reconciles fail, wait and ask to come again, the queue is nearly
// always full. In the end each key's last good reconcile must have seen what there is.
//
//     controller_story [SEEDS [FIRST]]
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "cluster.h"
#include "kedge/controller.h"

#define KEDGE_ROWS_parent(FIELD, LIST, ENUM, K) \
    FIELD(K, INT32, spec_interval_seconds, "spec", "intervalSeconds")
KEDGE_DECLARE_KIND(parent)
KEDGE_DEFINE_KIND(parent, "edge.example.com", "v1", "sensors", "Sensor", KEDGE_NAMESPACED)

enum { PARENTS = 12, CHILDREN = 8, NOBODY = PARENTS, STEPS = 300 };

// What a parent's last good reconcile has seen.
struct seen {
    bool ever;
    char version[24];    // of itself; "": it was not there
    int owner[CHILDREN]; // of each child, by the cache
};

struct story {
    struct cluster cluster;
    struct kedge__random random;
    struct kedge_informer *parents;
    struct kedge_informer *children;
    struct kedge_controller_source of_parents;
    struct kedge_controller_source of_children;
    struct kedge_rate_limiter limiter;
    struct kedge_controller *c;
    struct kedge_rest *rest;
    struct seen seen[PARENTS];
    bool busy[PARENTS];
    bool calm; // every reconcile goes well from now on
    bool over; // none may come any more
    unsigned reconciles;
    unsigned failed;
    unsigned changes;
};

static unsigned below(struct story *s, unsigned n)
{
    return (unsigned)kedge__random_below(&s->random, n);
}

// ---------------------------------------------------------------- what is reconciled

static int number_of(kedge_str name)
{
    return name.len > 2 ? atoi(name.ptr + 2) : NOBODY;
}

static int owner_of(const struct kedge_object *child)
{
    const struct kedge_owner_reference *owner = child != NULL ? kedge_controller_of(child) : NULL;
    return owner != NULL ? number_of(kedge_text_str(&owner->name)) : NOBODY;
}

static void look(struct story *s, int n, struct seen *seen)
{
    const struct kedge_object *obj;
    char name[16];
    seen->ever = true;
    snprintf(name, sizeof name, "p-%d", n);
    kedge_lister_get(s->parents, "default", name, &obj);
    snprintf(seen->version, sizeof seen->version, "%s", kedge_resource_version(obj));
    assert_true(obj == NULL || kedge_as_parent(obj)->spec_interval_seconds > 0);
    for (int i = 0; i < CHILDREN; i++) {
        snprintf(name, sizeof name, "c-%d", i);
        kedge_lister_get(s->children, "default", name, &obj);
        seen->owner[i] = owner_of(obj);
    }
}

// A request that waits, and may fail: time passes, but no handler is called.
static kedge_err ask(struct story *s, const struct kedge_reconcile *r)
{
    struct kedge_api api = kedge_api_of(s->rest, &kedge_kind_parent, r->namespace_);
    const struct kedge_object *obj;
    api.timeout = KEDGE_MINUTE;
    kedge_err err = kedge_api_get(&api, r->name, NULL, &obj);
    bool gone = err == KEDGE_ERR_API && kedge_status_is_not_found(kedge_rest_status(s->rest));
    return gone ? KEDGE_OK : err;
}

static kedge_err reconcile(void *ctx, const struct kedge_reconcile *r,
                           struct kedge_reconcile_result *result)
{
    struct story *s = ctx;
    struct seen seen;
    int n = number_of(kedge_str_of(r->name));
    kedge_err err = KEDGE_OK;
    assert_in_range(n, 0, PARENTS - 1);
    assert_false(s->busy[n]);
    assert_false(s->over);
    assert_true(kedge_informer_has_synced(s->parents) && kedge_informer_has_synced(s->children));
    s->busy[n] = true;
    s->reconciles++;
    look(s, n, &seen);
    if (below(s, 4) == 0)
        err = ask(s, r);
    if (!s->calm && err == KEDGE_OK && below(s, 5) == 0)
        err = KEDGE_ERR_IO;
    if (!s->calm && below(s, 4) == 0)
        result->requeue_after = below(s, 5000);
    if (!s->calm && below(s, 8) == 0)
        result->requeue = true;
    if (err == KEDGE_OK)
        s->seen[n] = seen;
    else
        s->failed++;
    s->busy[n] = false;
    return err;
}

// ---------------------------------------------------------------- what happens

static void put_parent(struct story *s, unsigned n)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"metadata\":{\"namespace\":\"default\",\"name\":\"p-%u\"},"
             "\"spec\":{\"intervalSeconds\":%u}}",
             n, ++s->changes);
    mock_apply(s->cluster.mock, "sensors", text);
}

static void put_child(struct story *s, unsigned n)
{
    char text[512];
    char owner[256] = "";
    if (below(s, 5) > 0)
        snprintf(owner, sizeof owner,
                 "{\"apiVersion\":\"edge.example.com/v1\",\"kind\":\"Sensor\",\"name\":\"p-%u\","
                 "\"uid\":\"u\",\"controller\":true}",
                 below(s, PARENTS));
    snprintf(text, sizeof text,
             "{\"metadata\":{\"namespace\":\"default\",\"name\":\"c-%u\",\"ownerReferences\":[%s],"
             "\"labels\":{\"change\":\"%u\"}}}",
             n, owner, ++s->changes);
    mock_apply(s->cluster.mock, "configmaps", text);
}

static void hurt(struct story *s)
{
    static const enum mock_fault_kind kinds[] = {MOCK_FAULT_CUT, MOCK_FAULT_RESET,
                                                 MOCK_FAULT_STATUS, MOCK_FAULT_EXPIRED_EVENT,
                                                 MOCK_FAULT_REFUSE};
    struct mock_fault fault = {
        .kind = kinds[below(s, sizeof kinds / sizeof kinds[0])],
        .on = below(s, 2) ? MOCK_ON_WATCH : MOCK_ON_ANY,
        .now = below(s, 2) == 0,
        .status = 500,
        .count = 1 + below(s, 3),
    };
    mock_inject(s->cluster.mock, &fault);
    if (below(s, 3) == 0)
        mock_compact(s->cluster.mock);
}

static void happen(struct story *s)
{
    char name[16];
    switch (below(s, 12)) {
    case 0:
        hurt(s);
        break;
    case 1:
        snprintf(name, sizeof name, "p-%u", below(s, PARENTS));
        mock_delete(s->cluster.mock, "sensors", "default", name);
        break;
    case 2:
        snprintf(name, sizeof name, "c-%u", below(s, CHILDREN));
        mock_delete(s->cluster.mock, "configmaps", "default", name);
        break;
    case 3:
        // They may be refused: there is no promise.
        for (unsigned i = below(s, PARENTS); i > 0; i--) {
            snprintf(name, sizeof name, "p-%u", i);
            kedge_controller_add(s->c, "default", name);
        }
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        put_child(s, below(s, CHILDREN));
        break;
    default:
        put_parent(s, below(s, PARENTS));
        break;
    }
}

// Steps and polls for so long; the end, if it comes, is the answer.
static kedge_err go_on(struct story *s, kedge_time ms)
{
    struct fake_port *port = &s->cluster.port.fake;
    kedge_time until = port->now + ms;
    kedge_err err;
    do {
        err = kedge_controller_step(s->c);
        if (err != KEDGE_OK && err != KEDGE_WAIT)
            return err;
        kedge_time left = until > port->now ? until - port->now : 0;
        kedge_err polled = kedge_poll(s->cluster.k, err == KEDGE_OK ? 0 : left);
        if (polled != KEDGE_OK)
            return polled;
    } while (port->now < until);
    return KEDGE_OK;
}

// ---------------------------------------------------------------- how it begins and ends

static void open_story(struct story *s, uint64_t seed)
{
    static const struct mock_crd crd = {.group = "edge.example.com",
                                        .version = "v1",
                                        .plural = "sensors",
                                        .kind = "Sensor",
                                        .namespaced = true};
    memset(s, 0, sizeof *s);
    kedge__random_init(&s->random, seed);
    cluster_open(&s->cluster,
                 &(struct cluster_options){.seed = seed, .mock = {.crds = &crd, .crd_count = 1}});
    kedge_rate_limiter_exponential(&s->limiter, 5, 10 * KEDGE_SECOND);
    struct kedge_controller_options options = {
        .reconcile = reconcile,
        .ctx = s,
        .keys = 2 + below(s, 6),
        .limiter = &s->limiter,
        .sync_timeout = KEDGE_FOREVER,
    };
    s->c = kedge_controller_new(s->cluster.k, &options);
    s->rest = kedge_rest_new(s->cluster.client, NULL);
    s->parents = kedge_factory_informer(s->cluster.factory, &kedge_kind_parent);
    s->children = kedge_factory_informer(s->cluster.factory, &kedge_kind_configmap);
    s->of_children.map = kedge_controller_map_controller;
    s->of_children.map_ctx = &kedge_kind_parent;
    if (below(s, 2))
        s->of_children.predicate = kedge_controller_version_changed;
    assert_int_equal(kedge_controller_watch(s->c, s->parents, &s->of_parents), KEDGE_OK);
    assert_int_equal(kedge_controller_watch(s->c, s->children, &s->of_children), KEDGE_OK);
    for (unsigned i = below(s, 80); i > 0; i--)
        happen(s);
    cluster_start(&s->cluster);
}

static void check(const struct story *s)
{
    struct mock *mock = s->cluster.mock;
    for (int n = 0; n < PARENTS; n++) {
        char name[16];
        char version[24] = "";
        struct mock_item item;
        snprintf(name, sizeof name, "p-%d", n);
        if (mock_get(mock, "sensors", "default", name, &item))
            snprintf(version, sizeof version, "%llu", (unsigned long long)item.version);
        if (!s->seen[n].ever && version[0] != '\0')
            fail_msg("%s was never reconciled", name);
        if (s->seen[n].ever)
            assert_string_equal(s->seen[n].version, version);
        for (int i = 0; i < CHILDREN; i++) {
            const struct kedge_object *child;
            char child_name[16];
            snprintf(child_name, sizeof child_name, "c-%d", i);
            kedge_lister_get(s->children, "default", child_name, &child);
            bool is_mine = owner_of(child) == n;
            if (is_mine && !s->seen[n].ever)
                fail_msg("%s has %s and was never reconciled", name, child_name);
            if (s->seen[n].ever && (s->seen[n].owner[i] == n) != is_mine)
                fail_msg("%s has not seen that %s is %s", name, child_name,
                         is_mine ? "its own" : "not its own any more");
        }
    }
    struct kedge_controller_report r;
    assert_int_equal(kedge_controller_report(s->c, &r), KEDGE_OK);
    assert_int_equal(r.reconciles, s->reconciles);
    assert_int_equal(r.errors, s->failed);
    assert_int_equal(r.bad_keys, 0);
    assert_int_equal(r.given_up, 0);
    assert_int_equal(r.queue.refused, 0);
    assert_int_equal(r.queue.depth + r.queue.in_work + r.queue.waiting, 0);
}

static void close_story(struct story *s)
{
    s->over = true;
    assert_null(s->of_parents.controller);
    assert_null(s->of_children.controller);
    assert_int_equal(kedge_controller_step(s->c), KEDGE_ERR_STOPPED);
    assert_int_equal(kedge_controller_add(s->c, "default", "p-1"), KEDGE_ERR_STOPPED);
    kedge_rest_close(s->rest);
    cluster_close(&s->cluster);
}

static void tell_whole(struct story *s)
{
    // In a short one much is left as it was at the beginning.
    for (unsigned i = below(s, 2) ? STEPS : below(s, 16); i > 0; i--) {
        happen(s);
        assert_int_equal(go_on(s, below(s, 4) ? below(s, 50) : below(s, 20000)), KEDGE_OK);
    }
    mock_heal(s->cluster.mock);
    assert_int_equal(go_on(s, KEDGE_HOUR), KEDGE_OK);
    s->calm = true;
    assert_int_equal(go_on(s, KEDGE_HOUR), KEDGE_OK);
    check(s);
    kedge_controller_shut_down(s->c);
    assert_int_equal(go_on(s, KEDGE_MINUTE), KEDGE_ERR_STOPPED);
}

// Ends at any time, in either way: nothing is done afterwards, nothing hangs.
static void tell_part(struct story *s, bool stop)
{
    for (unsigned i = below(s, STEPS / 4); i > 0; i--) {
        happen(s);
        assert_int_equal(go_on(s, below(s, 3000)), KEDGE_OK);
    }
    // Some keys may wait.
    for (unsigned i = below(s, 6); i > 0; i--) {
        happen(s);
        assert_int_equal(kedge_poll(s->cluster.k, 10), KEDGE_OK);
    }
    struct kedge_controller_report r;
    kedge_controller_report(s->c, &r);
    size_t waits = r.queue.depth;
    unsigned before = s->reconciles;
    if (stop)
        kedge_stop(s->cluster.k);
    else
        kedge_controller_shut_down(s->c);
    assert_int_equal(kedge_controller_run(s->c), KEDGE_OK);
    // Before the caches are whole nothing is reconciled, also not in the end.
    assert_int_equal(s->reconciles - before, stop || !r.synced ? 0 : waits);
}

static uint64_t seeds = 40;
static uint64_t first_seed = 1;

static void every_key_sees_the_last_state_in_the_end(void **state)
{
    (void)state;
    static struct story s;
    unsigned reconciles = 0;
    for (uint64_t seed = first_seed; seed < first_seed + seeds; seed++) {
        open_story(&s, seed);
        print_message("seed %d\n", (int)seed);
        tell_whole(&s);
        reconciles += s.reconciles;
        close_story(&s);
    }
    assert_true(reconciles > 60 * seeds);
}

static void it_ends_at_any_time(void **state)
{
    (void)state;
    static struct story s;
    for (uint64_t seed = first_seed; seed < first_seed + 2 * seeds; seed++) {
        open_story(&s, seed);
        print_message("seed %d\n", (int)seed);
        tell_part(&s, seed % 2 == 0);
        close_story(&s);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seeds = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_sees_the_last_state_in_the_end),
        cmocka_unit_test(it_ends_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Stories of a node and its pods over a bad network to a bad server, each drawn from a seed.
// Whatever happens: while the server can be reached the Lease is fresh; of each pod the server
// never shows an older status behind a newer one, and in the end the last; nothing is written to a
// pod that has only the name; pods that were to go are gone. `node_story FROM COUNT` runs these
// seeds.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tiny_node.h"

enum { NAMES = 5, STEPS = 120, SEEDS = 40, SEEN = 1024 };

// A request waits 10 s, and then there is a pause of up to 7.
#define REACHED_AGAIN (20 * KEDGE_SECOND)

struct seen {
    char uid[64];
    int n;
};

struct story {
    struct tiny_node *t;
    uint64_t seed;
    int n;
    kedge_time bad; // when the server could not be reached last, or somebody took the Lease away
    bool refused;   // it still cannot
    kedge_time heals;
    struct seen seen[SEEN];
    size_t seen_count;
};

static uint64_t seeds_from = 1;
static uint64_t seeds_count = SEEDS;

static unsigned draw(struct story *s, unsigned bound)
{
    return (unsigned)fake_port_random(&s->t->port.fake, bound);
}

// What the server shows of a pod may only get newer.
static void look_at(struct story *s, const char *pod_uid, const char *message)
{
    char uid[64];
    int n;
    if (sscanf(message, "%63s %d", uid, &n) != 2)
        fail_msg("seed %llu: \"%.40s\"?", (unsigned long long)s->seed, message);
    if (strcmp(uid, pod_uid) != 0)
        fail_msg("seed %llu: what was said of %s is written to %s", (unsigned long long)s->seed,
                 uid, pod_uid);
    for (size_t i = 0; i < s->seen_count; i++) {
        if (strcmp(s->seen[i].uid, uid) != 0)
            continue;
        if (n < s->seen[i].n)
            fail_msg("seed %llu: %s went back from %d to %d", (unsigned long long)s->seed, uid,
                     s->seen[i].n, n);
        s->seen[i].n = n;
        return;
    }
    assert_true(s->seen_count < SEEN);
    snprintf(s->seen[s->seen_count].uid, sizeof uid, "%s", uid);
    s->seen[s->seen_count++].n = n;
}

static void look(struct story *s)
{
    struct tiny_node *t = s->t;
    for (size_t i = 0; i < mock_count(t->port.mock, "pods"); i++) {
        struct mock_item item;
        assert_true(mock_at(t->port.mock, "pods", i, &item));
        const char *at = strstr(item.text, "\"message\":\"");
        if (at != NULL)
            look_at(s, item.uid, at + strlen("\"message\":\""));
    }
    kedge_time now = t->port.fake.now;
    if (s->refused)
        s->bad = now;
    if (now - s->bad < REACHED_AGAIN)
        return;
    kedge_time age = tiny_lease_age(t);
    if (age > REACHED_AGAIN)
        fail_msg("seed %llu: the Lease is %lld ms old, though the server was there for %lld",
                 (unsigned long long)s->seed, (long long)age, (long long)(now - s->bad));
}

// Somebody does something to the cluster
// -----------------------------------------------------------

static void name_of(struct story *s, char name[8])
{
    snprintf(name, 8, "p%u", draw(s, NAMES));
}

static void make(struct story *s)
{
    struct mock_item item;
    char name[8];
    name_of(s, name);
    if (!mock_get(s->t->port.mock, "pods", "default", name, &item))
        tiny_make(s->t, name, draw(s, 8) == 0 ? "edge-2" : "edge-1", NULL);
}

static void take_away(struct story *s)
{
    char name[8];
    name_of(s, name);
    mock_delete(s->t->port.mock, "pods", "default", name);
    if (draw(s, 2) == 0)
        tiny_make(s->t, name, "edge-1", NULL);
}

// In good order, as a user does.
static void delete_pod(struct story *s)
{
    char name[8], text[32];
    name_of(s, name);
    json_t *o = tiny_object(s->t, "pods", "default", name);
    if (o == NULL)
        return;
    if (strcmp(tiny_text(s->t, "pods", "default", name, "spec.nodeName"), "edge-1") != 0 ||
        strcmp(tiny_text(s->t, "pods", "default", name, "status.phase"), "Succeeded") == 0) {
        mock_delete(s->t->port.mock, "pods", "default", name);
        json_decref(o);
        return;
    }
    json_t *metadata = json_object_get(o, "metadata");
    kedge_timestamp until = s->t->port.fake.wall + s->t->port.fake.now * 1000 + 30 * 1000000;
    kedge_timestamp_format(until, false, text);
    if (json_object_get(metadata, "deletionTimestamp") == NULL) {
        json_object_set_new(metadata, "deletionTimestamp", json_string(text));
        json_object_set_new(metadata, "deletionGracePeriodSeconds", json_integer(30));
    }
    tiny_put(s->t, "pods", o);
}

static void label(struct story *s)
{
    char name[8];
    name_of(s, name);
    json_t *o = tiny_object(s->t, "pods", "default", name);
    if (o == NULL)
        return;
    json_object_set_new(json_object_get(o, "metadata"), "labels",
                        json_pack("{s:s#}", "n", "abcdefghijkl", (int)draw(s, 12) + 1));
    tiny_put(s->t, "pods", o);
}

static void take_node(struct story *s)
{
    if (draw(s, 2) == 0)
        mock_delete(s->t->port.mock, "nodes", "", "edge-1");
    mock_delete(s->t->port.mock, "leases", KEDGE_NODE_LEASE_NAMESPACE, "edge-1");
    s->bad = s->t->port.fake.now;
}

// The runtime has something new to say.
static void say(struct story *s)
{
    struct tiny_pod *p = &s->t->pods[draw(s, TINY_PODS)];
    for (size_t i = 0; i < TINY_PODS && p->name[0] == '\0'; i++)
        p = &s->t->pods[i];
    if (p->name[0] == '\0')
        return;
    kedge_err err = p->told < TINY_OVER ? tiny_say(s->t, p, ++s->n) : KEDGE_OK;
    // Not found: the server has it no more, but the informer does not know yet.
    if (err != KEDGE_OK && err != KEDGE_ERR_NOT_FOUND)
        fail_msg("seed %llu: %s", (unsigned long long)s->seed, kedge_err_name(err));
}

// One that ends by itself.
static void finish(struct story *s)
{
    struct tiny_pod *p = &s->t->pods[draw(s, TINY_PODS)];
    if (p->name[0] != '\0' && p->told < TINY_OVER && !p->terminating)
        p->ends = s->t->port.fake.now;
}

// In the middle of requests, too.
static void in_between(struct story *s)
{
    if (draw(s, 6) == 0)
        say(s);
    if (draw(s, 60) == 0)
        label(s);
    if (draw(s, 60) == 0)
        take_away(s);
}

static void run(struct story *s, kedge_time ms, bool lively)
{
    struct tiny_node *t = s->t;
    kedge_time until = t->port.fake.now + ms;
    while (t->port.fake.now < until) {
        tiny_poll(t, until - t->port.fake.now);
        if (lively)
            in_between(s);
        if (s->refused && t->port.fake.now >= s->heals) {
            s->refused = t->port.fake.cruelty.refuse = false;
            mock_heal(t->port.mock);
        }
        look(s);
    }
}

static void trouble(struct story *s)
{
    static const enum mock_fault_kind now[] = {MOCK_FAULT_CUT, MOCK_FAULT_RESET, MOCK_FAULT_STALL};
    static const char *const resources[] = {"pods", "nodes", "leases", NULL};
    static const int codes[] = {500, 429, 503, 404 + 5, 403};
    struct tiny_node *t = s->t;
    s->bad = t->port.fake.now;
    switch (draw(s, 5)) {
    case 0:
        s->refused = t->port.fake.cruelty.refuse = true;
        s->heals = t->port.fake.now + 1000 * (kedge_time)draw(s, 90);
        mock_restart(t->port.mock, draw(s, 2) == 0);
        break;
    case 1:
        mock_inject(t->port.mock, &(struct mock_fault){
                                      .kind = now[draw(s, 3)], .now = true, .bytes = draw(s, 300)});
        break;
    case 2: {
        // The answers to what is asked next are lost on their way, though it was done.
        struct mock_fault f = {.kind = now[draw(s, 3)],
                               .on = MOCK_ON_OTHER,
                               .resource = resources[draw(s, 4)],
                               .count = 1 + draw(s, 4),
                               .bytes = draw(s, 300)};
        mock_inject(t->port.mock, &f);
        break;
    }
    case 3: {
        struct mock_fault f = {.kind = MOCK_FAULT_STATUS,
                               .on = MOCK_ON_OTHER,
                               .resource = resources[draw(s, 4)],
                               .count = 1 + draw(s, 8),
                               .status = codes[draw(s, 5)],
                               .retry_after_s = (int)draw(s, 3)};
        mock_inject(t->port.mock, &f);
        // They may strike later, but not for ever.
        s->refused = true;
        s->heals = t->port.fake.now + 1000 * (kedge_time)draw(s, 60);
        break;
    }
    default:
        mock_compact(t->port.mock);
        break;
    }
    if (s->refused)
        return;
    s->refused = true;
    s->heals = t->port.fake.now + 500;
}

static void act(struct story *s)
{
    switch (draw(s, 12)) {
    case 0:
    case 1:
        make(s);
        break;
    case 2:
        take_away(s);
        break;
    case 3:
        delete_pod(s);
        break;
    case 4:
        label(s);
        break;
    case 5:
        finish(s);
        break;
    case 6:
    case 7:
        trouble(s);
        break;
    case 8:
        if (draw(s, 6) == 0)
            take_node(s);
        break;
    default:
        say(s);
        break;
    }
}

// The end
// ------------------------------------------------------------------------------------------

static void check_end(struct story *s)
{
    struct tiny_node *t = s->t;
    struct kedge_pod_status_facts f;
    kedge_pod_status_facts(kedge_node_agent_pods(t->agent), &f);
    if (f.pending != 0 || strcmp(tiny_ready(t), "True KubeletReady") != 0)
        fail_msg("seed %llu: %zu pods to send; %s; %s", (unsigned long long)s->seed, f.pending,
                 f.text, tiny_ready(t));
    size_t ours = 0;
    for (size_t i = 0; i < mock_count(t->port.mock, "pods"); i++) {
        struct mock_item item;
        assert_true(mock_at(t->port.mock, "pods", i, &item));
        const char *name = item.name;
        if (strstr(item.text, "\"edge-1\"") == NULL)
            continue;
        if (strstr(item.text, "deletionTimestamp") != NULL)
            fail_msg("seed %llu: %s should be gone", (unsigned long long)s->seed, name);
        struct tiny_pod *p = tiny_find(t, item.uid);
        if (p == NULL && strstr(item.text, "\"phase\":\"Succeeded\"") != NULL)
            continue;
        char want[96];
        snprintf(want, sizeof want, "%s %d", item.uid, p != NULL ? p->told : -1);
        const char *is = tiny_text(t, "pods", "default", name, "status.message");
        if (p == NULL || strcmp(is, want) != 0)
            fail_msg("seed %llu: %s says \"%s\", not \"%s\"", (unsigned long long)s->seed, name, is,
                     want);
        ours += p->told < TINY_OVER;
    }
    for (size_t i = 0; i < TINY_PODS; i++)
        ours -= t->pods[i].name[0] != '\0' && t->pods[i].told < TINY_OVER;
    if (ours != 0)
        fail_msg("seed %llu: the runtime runs pods that are not there",
                 (unsigned long long)s->seed);
}

static void tell_story(uint64_t seed)
{
    static struct story s;
    memset(&s, 0, sizeof s);
    s.seed = seed;
    s.t = tiny_set_up(&(struct mock_options){
        .seed = seed, .no_managed_fields = true, .kubelets = true, .bookmark_ms = 10000});
    s.t->options.pod_max = 2 * NAMES;
    s.t->end_after = 2 * KEDGE_SECOND;
    if (seed % 3 != 0) { // so that a request takes several turns
        s.t->port.fake.cruelty.read_max = 100 * (seed % 3);
        s.t->port.fake.cruelty.block_every = 7; // not 3: so many streams there are
    }
    tiny_start(s.t);
    s.bad = s.t->port.fake.now;
    for (int i = 0; i < STEPS; i++) {
        unsigned most = draw(&s, 6) == 0 ? 15000 : 1500;
        run(&s, draw(&s, most), true);
        act(&s);
    }
    mock_heal(s.t->port.mock);
    run(&s, 8 * KEDGE_MINUTE, false); // a Node that was taken away is missed by the next report
    check_end(&s);
    // What has ended is forgotten here by the runtime, too.
    tiny_tear_down(s.t);
}

static void stories_end_well(void **state)
{
    (void)state;
    for (uint64_t seed = seeds_from; seed < seeds_from + seeds_count; seed++)
        tell_story(seed);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories_end_well),
    };
    if (argc == 3) {
        seeds_from = strtoull(argv[1], NULL, 10);
        seeds_count = strtoull(argv[2], NULL, 10);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

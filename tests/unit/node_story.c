// SPDX-License-Identifier: Apache-2.0
// Stories of a node and its pods over a bad network to a bad server, each drawn from a seed.
// Whatever happens: while the server can be reached the Lease is fresh, the Node is there, and
// Ready since it is; of each pod the server never shows an older status behind a newer one, and in
// the end the last; nothing is written to a pod that has only the name; pods that were to go are
// gone. `node_story COUNT [FROM]` runs these seeds.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tiny_node.h"

enum { NAMES = 5, STEPS = 120, SEEDS = 40, SEEN = 1024, LATE = 32, LATE_BYTES = 4096 };

// A request waits 10 s, and then there is a pause of up to 7.
#define REACHED_AGAIN (20 * KEDGE_SECOND)
// That the Node is gone is seen by the loss of its Lease; and a pod's request, for which the report
// waits, may take 30 s.
#define THERE_AGAIN (REACHED_AGAIN + 41 * KEDGE_SECOND)
// What a cluster gives a node that it does not hear of.
#define GRACE (40 * KEDGE_SECOND)

struct seen {
    char uid[64];
    int n;
};

// What is on its way, and comes to the server long after its sender has given it up.
struct late {
    char bytes[LATE_BYTES];
    size_t len; // 0: free
    kedge_time due;
};

struct story {
    struct tiny_node *t;
    const struct fake_peer *mock;
    void *mock_ctx;
    bool holds; // the network keeps what is sent
    struct late late[LATE];
    char ready[16]; // what Ready was when it was looked at last, of which Node, since when
    char node[64];
    uint64_t version; // 0: there is no Node
    kedge_timestamp since;
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

// A network that keeps requests
// -------------------------------------------------------------------

struct held_connection {
    struct story *s;
    void *mock;
    char bytes[LATE_BYTES];
    size_t len;
    bool dead; // the network has forgotten it: nothing comes through any more
};

static void *held_open(void *ctx, const char *host, uint16_t port)
{
    struct story *s = ctx;
    void *mock = s->mock->open(s->mock_ctx, host, port);
    if (mock == NULL)
        return NULL;
    struct held_connection *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->s = s;
    c->mock = mock;
    return c;
}

static bool pass_on(struct held_connection *c)
{
    if (c->dead)
        return false;
    size_t n = c->len > 0 ? c->s->mock->feed(c->mock, c->bytes, c->len) : 0;
    c->len -= n;
    memmove(c->bytes, c->bytes + n, c->len);
    return c->len == 0;
}

static size_t held_feed(void *connection, const void *bytes, size_t len)
{
    struct held_connection *c = connection;
    if (!c->s->holds && pass_on(c))
        return c->s->mock->feed(c->mock, bytes, len);
    size_t n = len < LATE_BYTES - c->len ? len : LATE_BYTES - c->len;
    c->dead |= c->len == 0 && draw(c->s, 2) == 0;
    memcpy(c->bytes + c->len, bytes, n);
    c->len += n;
    return n;
}

static size_t held_output(void *connection, void *buf, size_t cap)
{
    struct held_connection *c = connection;
    if (c->s->holds || !pass_on(c))
        return 0;
    return c->s->mock->output(c->mock, buf, cap);
}

static enum fake_state held_state(void *connection)
{
    struct held_connection *c = connection;
    return c->s->holds || c->dead ? FAKE_OPEN : c->s->mock->state(c->mock);
}

static void held_close(void *connection)
{
    struct held_connection *c = connection;
    struct story *s = c->s;
    struct late *l = s->late;
    while (l < s->late + LATE - 1 && l->len > 0)
        l++;
    if (c->len > 0 && l->len == 0) {
        memcpy(l->bytes, c->bytes, c->len);
        l->len = c->len;
        l->due = s->t->port.fake.now + 100 + (kedge_time)draw(s, 20000);
    }
    s->mock->close(c->mock);
    free(c);
}

// The answers find nobody.
static void arrive(struct story *s, struct late *l)
{
    char answer[512];
    void *mock = s->mock->open(s->mock_ctx, "api.test", 8080);
    size_t len = l->len;
    l->len = 0;
    if (mock == NULL)
        return;
    for (size_t at = 0, n = 1; at < len && n > 0; at += n) {
        n = s->mock->feed(mock, l->bytes + at, len - at);
        for (int i = 0; i < 64 && s->mock->output(mock, answer, sizeof answer) > 0; i++) {
        }
    }
    s->mock->close(mock);
}

static void held_tick(void *ctx, kedge_time now)
{
    struct story *s = ctx;
    s->mock->tick(s->mock_ctx, now);
    for (size_t i = 0; i < LATE && !s->holds; i++) {
        if (s->late[i].len > 0 && s->late[i].due <= now)
            arrive(s, &s->late[i]);
    }
}

static kedge_time held_next(void *ctx)
{
    struct story *s = ctx;
    return s->mock->next(s->mock_ctx);
}

static const struct fake_peer held_peer = {held_open,  held_feed, held_output, held_state,
                                           held_close, held_tick, held_next};

// What the server shows
// ---------------------------------------------------------------------------

static kedge_timestamp wall(struct story *s)
{
    return s->t->port.fake.wall + s->t->port.fake.now * 1000;
}

// When Ready changes it does so now, and not when it was what it was before. What was late on its
// way says when it was sent.
static void look_at_ready(struct story *s)
{
    struct tiny_node *t = s->t;
    struct mock_item item = {.version = 0};
    char uid[64], is[16];
    kedge_timestamp since = 0;
    mock_get(t->port.mock, "nodes", "", "edge-1", &item);
    if (item.version == s->version)
        return;
    s->version = item.version;
    snprintf(uid, sizeof uid, "%s", tiny_text(t, "nodes", "", "edge-1", "metadata.uid"));
    snprintf(is, sizeof is, "%.*s", (int)strcspn(tiny_ready(t), " "), tiny_ready(t));
    if (uid[0] != '\0')
        kedge_timestamp_parse(kedge_str_of(tiny_text(t, "nodes", "", "edge-1",
                                                     "status.conditions.3.lastTransitionTime")),
                              &since);
    if (strcmp(uid, s->node) == 0 && strcmp(is, s->ready) != 0 && since <= s->since &&
        wall(s) - since > 2 * 1000000)
        fail_msg("seed %llu: Ready became %s, but since long before", (unsigned long long)s->seed,
                 is);
    snprintf(s->node, sizeof s->node, "%s", uid);
    snprintf(s->ready, sizeof s->ready, "%s", is);
    s->since = since;
}

// What the cluster says of a node that it has not heard of: all is Unknown.
static void call_it_unknown(struct story *s)
{
    json_t *o = tiny_object(s->t, "nodes", "", "edge-1"), *c;
    char now[KEDGE_TIMESTAMP_TEXT];
    size_t i;
    if (o == NULL)
        return;
    kedge_timestamp_format(wall(s), false, now);
    json_array_foreach(json_object_get(json_object_get(o, "status"), "conditions"), i, c)
    {
        json_object_set_new(c, "status", json_string("Unknown"));
        json_object_set_new(c, "reason", json_string("NodeStatusUnknown"));
        json_object_set_new(c, "lastTransitionTime", json_string(now));
    }
    tiny_put(s->t, "nodes", o);
}

static void look_at_node(struct story *s, kedge_time age)
{
    struct tiny_node *t = s->t;
    kedge_time reached = t->port.fake.now - s->bad;
    look_at_ready(s);
    if (age > GRACE && age != KEDGE_FOREVER && strcmp(s->ready, "True") == 0)
        call_it_unknown(s);
    if (reached < THERE_AGAIN || strcmp(s->ready, "True") == 0)
        return;
    fail_msg("seed %llu: the Node is \"%s\", though the server was there for %lld",
             (unsigned long long)s->seed, tiny_ready(t), (long long)reached);
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
    kedge_time age = tiny_lease_age(t);
    look_at_node(s, age);
    if (age > REACHED_AGAIN && now - s->bad >= REACHED_AGAIN)
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
            s->refused = s->holds = t->port.fake.cruelty.refuse = false;
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
    switch (draw(s, 6)) {
    case 5:
        s->refused = s->holds = true;
        s->heals = t->port.fake.now + 1000 * (kedge_time)draw(s, 60);
        break;
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
    s.mock = s.t->port.fake.peer;
    s.mock_ctx = s.t->port.fake.peer_ctx;
    s.t->port.fake.peer = &held_peer;
    s.t->port.fake.peer_ctx = &s;
    s.t->options.pod_max = 2 * NAMES;
    s.t->end_after = 2 * KEDGE_SECOND;
    snprintf(s.t->run, sizeof s.t->run, "seed %llu: ", (unsigned long long)seed);
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
    s.refused = s.holds = s.t->port.fake.cruelty.refuse = false;
    run(&s, 2 * KEDGE_MINUTE, false);
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
    if (argc > 1)
        seeds_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        seeds_from = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

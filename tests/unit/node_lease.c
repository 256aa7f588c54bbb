// SPDX-License-Identifier: Apache-2.0
// The heartbeat of a node: what its Lease says, when it is renewed, and that nothing holds it up.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "kedge/kedge.h"
#include "mock_port.h"
#include "script.h"

#define SPACE KEDGE_NODE_LEASE_NAMESPACE

struct fixture {
    struct mock_port port;
    struct kedge_config config;
    struct kedge_node_lease_options options;
    unsigned char *memory;
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_node_lease *lease;
    unsigned told;
    kedge_time gap; // the last
    unsigned lost;
};

static const size_t MEMORY = 512 * 1024;

static void on_renewed(void *ctx, kedge_time gap)
{
    struct fixture *f = ctx;
    f->told++;
    f->gap = gap;
}

static void on_lost(void *ctx)
{
    ((struct fixture *)ctx)->lost++;
}

static struct fixture *set_up(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    mock_port_init(&f->port, mock_new(&(struct mock_options){.seed = 1, .no_managed_fields = true}),
                   1);
    f->config = (struct kedge_config){.server = "http://api.test:8080"};
    f->options = (struct kedge_node_lease_options){
        .node = "edge-1", .on_renewed = on_renewed, .on_lost = on_lost, .ctx = f};
    f->memory = malloc(MEMORY);
    assert_non_null(f->memory);
    return f;
}

static void start(struct fixture *f)
{
    f->k = kedge_init(f->memory, MEMORY, &f->port.fake.port);
    f->client = kedge_client_new(f->k, &f->config);
    f->lease = kedge_node_lease_new(f->client, &f->options);
    if (f->lease == NULL)
        fail_msg("%s", kedge_error_text(f->k));
    assert_int_equal(kedge_node_lease_start(f->lease), KEDGE_OK);
}

static void tear_down(struct fixture *f)
{
    kedge_node_lease_stop(f->lease);
    kedge_client_free(f->client);
    mock_port_done(&f->port);
    free(f->memory);
    free(f);
}

static void run(struct fixture *f, kedge_time ms)
{
    fake_port_run(&f->port.fake, f->k, ms);
}

static json_t *object(struct fixture *f)
{
    return mock_port_object(&f->port, "leases", SPACE, "edge-1");
}

static json_t *at(json_t *o, const char *a, const char *b)
{
    return json_object_get(json_object_get(o, a), b);
}

// What time the Lease was renewed, in microseconds.
static kedge_timestamp renew_time(struct fixture *f)
{
    json_t *o = object(f);
    kedge_timestamp t = 0;
    if (o == NULL)
        return 0;
    const char *text = json_string_value(at(o, "spec", "renewTime"));
    assert_non_null(text);
    assert_int_equal(strlen(text), strlen("2026-01-01T00:00:00.000000Z")); // a MicroTime
    assert_true(kedge_timestamp_parse(kedge_str_of(text), &t));
    json_decref(o);
    return t;
}

// ms since it was renewed, by the port's calendar.
static kedge_time age(struct fixture *f)
{
    return (kedge_time)((f->port.fake.port.wall_clock(&f->port.fake.port) - renew_time(f)) / 1000);
}

static struct kedge_node_lease_state state_of(struct fixture *f)
{
    struct kedge_node_lease_state s;
    assert_int_equal(kedge_node_lease_state(f->lease, &s), KEDGE_OK);
    return s;
}

// As it comes, and a second old.
static struct fixture *set_up_and_run(void)
{
    struct fixture *f = set_up();
    start(f);
    run(f, KEDGE_SECOND);
    return f;
}

static void it_is_created_as_the_kubelet_does(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    start(f);
    assert_int_equal(state_of(f).left, 0);
    assert_int_equal(kedge_node_lease_set_owner(f->lease, "uid-of-node"), KEDGE_OK);
    run(f, KEDGE_SECOND);
    json_t *o = object(f);
    assert_non_null(o);
    assert_string_equal(json_string_value(at(o, "spec", "holderIdentity")), "edge-1");
    assert_int_equal(json_integer_value(at(o, "spec", "leaseDurationSeconds")), 40);
    assert_null(at(o, "spec", "acquireTime"));
    assert_null(at(o, "spec", "leaseTransitions"));
    json_t *owner = json_array_get(at(o, "metadata", "ownerReferences"), 0);
    assert_string_equal(json_string_value(json_object_get(owner, "apiVersion")), "v1");
    assert_string_equal(json_string_value(json_object_get(owner, "kind")), "Node");
    assert_string_equal(json_string_value(json_object_get(owner, "name")), "edge-1");
    assert_string_equal(json_string_value(json_object_get(owner, "uid")), "uid-of-node");
    assert_int_equal(json_object_size(owner), 4);
    json_decref(o);
    assert_in_range(age(f), 0, 1000);
    struct kedge_node_lease_state s = state_of(f);
    assert_true(s.is_renewed);
    assert_int_equal(s.renewals, 1);
    assert_in_range(s.left, 39000, 40000);
    assert_int_equal(f->told, 1);
    assert_int_equal(f->gap, 0);
    tear_down(f);
}

static void it_is_renewed_every_ten_seconds_and_a_little(void **state)
{
    (void)state;
    struct fixture *f = set_up_and_run();
    bool varies = false;
    kedge_time first = 0;
    kedge_timestamp last = renew_time(f);
    for (int i = 0; i < 100; i++) {
        unsigned told = f->told;
        while (f->told == told)
            assert_int_equal(kedge_poll(f->k, KEDGE_MINUTE), KEDGE_OK);
        kedge_timestamp now = renew_time(f);
        kedge_time step = (kedge_time)((now - last) / 1000);
        assert_in_range(step, 10000, 10401);
        assert_in_range(f->gap, 10000, 10401);
        varies |= i > 0 && step != first;
        first = step;
        last = now;
    }
    assert_true(varies);
    assert_int_equal(state_of(f).failures, 0);
    assert_int_equal(f->port.fake.opens, 1);
    tear_down(f);
}

static void what_others_wrote_stays(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    mock_apply(f->port.mock, "leases",
               "{\"metadata\":{\"namespace\":\"" SPACE "\",\"name\":\"edge-1\","
               "\"labels\":{\"a\":\"b\"},\"annotations\":{\"c\":\"d\"}},\"spec\":{"
               "\"holderIdentity\":\"somebody\",\"leaseDurationSeconds\":17,"
               "\"leaseTransitions\":3,\"renewTime\":\"2025-12-31T00:00:00.000000Z\"}}");
    start(f);
    run(f, KEDGE_SECOND);
    assert_int_equal(kedge_node_lease_set_owner(f->lease, "one"), KEDGE_OK);
    run(f, 30 * KEDGE_SECOND);
    assert_int_equal(kedge_node_lease_set_owner(f->lease, "two"), KEDGE_OK);
    run(f, 30 * KEDGE_SECOND);
    json_t *o = object(f);
    assert_string_equal(json_string_value(at(o, "spec", "holderIdentity")), "somebody");
    assert_int_equal(json_integer_value(at(o, "spec", "leaseDurationSeconds")), 17);
    assert_int_equal(json_integer_value(at(o, "spec", "leaseTransitions")), 3);
    assert_non_null(json_object_get(at(o, "metadata", "labels"), "a"));
    assert_non_null(json_object_get(at(o, "metadata", "annotations"), "c"));
    json_t *owners = at(o, "metadata", "ownerReferences"); // it had none, then one
    assert_int_equal(json_array_size(owners), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(owners, 0), "uid")),
                        "one");
    json_decref(o);
    assert_in_range(age(f), 0, 10500);
    tear_down(f);
}

static void it_is_created_again_when_it_was_lost(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    start(f);
    kedge_node_lease_set_owner(f->lease, "one");
    run(f, 25 * KEDGE_SECOND);
    assert_int_equal(f->lost, 0); // that there was none at first
    assert_true(mock_delete(f->port.mock, "leases", SPACE, "edge-1"));
    run(f, 11 * KEDGE_SECOND);
    assert_in_range(age(f), 0, 11000);
    assert_int_equal(mock_count(f->port.mock, "leases"), 1);
    assert_int_equal(f->lost, 1);
    // Its owner may be gone as well.
    json_t *o = object(f);
    assert_null(at(o, "metadata", "ownerReferences"));
    json_decref(o);
    kedge_node_lease_set_owner(f->lease, "two");
    run(f, 11 * KEDGE_SECOND);
    o = object(f);
    json_t *owner = json_array_get(at(o, "metadata", "ownerReferences"), 0);
    assert_string_equal(json_string_value(json_object_get(owner, "uid")), "two");
    json_decref(o);
    assert_int_equal(f->lost, 1);
    assert_int_equal(state_of(f).failures, 1);
    tear_down(f);
}

// It is told once the program polls again, also of one that was lost while the agent stood.
static void a_loss_is_told_whenever_it_was(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->options.on_renewed = NULL;
    start(f);
    run(f, KEDGE_SECOND);
    kedge_node_lease_stop(f->lease);
    assert_true(mock_delete(f->port.mock, "leases", SPACE, "edge-1"));
    assert_int_equal(kedge_node_lease_start(f->lease), KEDGE_OK);
    run(f, KEDGE_SECOND);
    assert_int_equal(f->lost, 1);
    f->options.on_lost = NULL;
    kedge_node_lease_stop(f->lease);
    start(f);
    run(f, KEDGE_SECOND);
    assert_true(mock_delete(f->port.mock, "leases", SPACE, "edge-1"));
    run(f, 11 * KEDGE_SECOND);
    assert_in_range(age(f), 0, 11000);
    assert_int_equal(f->lost, 1);
    tear_down(f);
}

static void a_conflict_is_solved_at_once(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    start(f);
    for (int i = 0; i < 20; i++) {
        run(f, 10 * KEDGE_SECOND);
        json_t *o = object(f);
        json_object_set_new(json_object_get(o, "metadata"), "labels",
                            json_pack("{s:s#}", "n", "abcdefghijklmnopqrst", i));
        char *text = json_dumps(o, 0);
        mock_apply(f->port.mock, "leases", text);
        free(text);
        json_decref(o);
        assert_in_range(age(f), 0, 10500);
    }
    assert_int_equal(state_of(f).failures, 0);
    assert_in_range(state_of(f).renewals, 18, 21);
    tear_down(f);
}

static void a_server_that_is_down_is_asked_with_pauses(void **state)
{
    (void)state;
    struct fixture *f = set_up_and_run();
    mock_restart(f->port.mock, true);
    f->port.fake.cruelty.refuse = true;
    run(f, 10 * KEDGE_MINUTE);
    struct kedge_node_lease_state s = state_of(f);
    assert_int_equal(s.left, 0);
    assert_int_equal(s.reason, KEDGE_ERR_CONNECT);
    assert_true(strlen(s.text) > 0);
    assert_in_range(s.failures, 80, 100); // 5, then one in 7 s
    f->port.fake.cruelty.refuse = false;
    run(f, 8 * KEDGE_SECOND);
    assert_in_range(age(f), 0, 8000);
    s = state_of(f);
    assert_int_equal(s.reason, KEDGE_OK);
    assert_string_equal(s.text, "");
    assert_in_range(f->gap, 10 * KEDGE_MINUTE - 10000, 10 * KEDGE_MINUTE + 20000);
    tear_down(f);
}

static void a_silent_connection_costs_ten_seconds(void **state)
{
    (void)state;
    struct fixture *f = set_up_and_run();
    mock_inject(f->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL, .now = true});
    run(f, 25 * KEDGE_SECOND);
    assert_in_range(age(f), 0, 10500);
    assert_true(state_of(f).failures >= 1);
    tear_down(f);
}

static void a_refusal_is_told(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->config.username = NULL;
    mock_inject(f->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STATUS,
                                                   .on = MOCK_ON_OTHER,
                                                   .resource = "leases",
                                                   .count = 1000,
                                                   .status = 403});
    start(f);
    run(f, KEDGE_MINUTE);
    struct kedge_node_lease_state s = state_of(f);
    assert_int_equal(s.reason, KEDGE_ERR_API);
    assert_non_null(strstr(s.text, "403"));
    assert_false(s.is_renewed);
    mock_heal(f->port.mock);
    run(f, 8 * KEDGE_SECOND);
    assert_true(state_of(f).is_renewed);
    tear_down(f);
}

static void a_calendar_set_back_is_no_dead_node(void **state)
{
    (void)state;
    struct fixture *f = set_up_and_run();
    kedge_timestamp last = renew_time(f);
    f->port.fake.wall -= (kedge_timestamp)3600 * 1000000;
    for (int i = 0; i < 5; i++) {
        run(f, 11 * KEDGE_SECOND);
        assert_true(renew_time(f) > last);
        last = renew_time(f);
    }
    tear_down(f);
}

static void what_cannot_be_written_is_named(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    start(f);
    assert_int_equal(kedge_node_lease_set_owner(f->lease, "\xff"), KEDGE_OK);
    run(f, KEDGE_SECOND);
    assert_int_equal(state_of(f).reason, KEDGE_ERR_ARGUMENT);
    assert_non_null(strstr(state_of(f).text, "UTF-8"));
    assert_null(strstr(state_of(f).text, "date"));
    assert_int_equal(kedge_node_lease_set_owner(f->lease, "uid"), KEDGE_OK);
    run(f, 10 * KEDGE_SECOND);
    assert_true(state_of(f).is_renewed);
    assert_int_equal(state_of(f).reason, KEDGE_OK);
    tear_down(f);
}

static void what_cannot_be_asked_for_is_named(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->options.node = "..";
    start(f);
    run(f, KEDGE_MINUTE);
    struct kedge_node_lease_state s = state_of(f);
    assert_int_equal(s.reason, KEDGE_ERR_ARGUMENT);
    assert_non_null(strstr(s.text, "name"));
    assert_in_range(s.failures, 9, 16); // with pauses of up to 7 s
    assert_int_equal(f->port.fake.opens, 0);
    tear_down(f);
}

#define LONG_VERSION "12345678901234567890123456789012345678901234567890123456789012345"
#define OK_REPLY     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 199\r\n\r\n"
#define LONG_LEASE                                               \
    "{\"apiVersion\":\"coordination.k8s.io/"                     \
    "v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"edge-1\"," \
    "\"resourceVersion\":\"" LONG_VERSION "\"},\"spec\":{\"holderIdentity\":\"x\"}}"

// Then each renewal is behind a look at the Lease.
static void a_version_that_cannot_be_kept_is_read_each_time(void **state)
{
    (void)state;
    static const char *const answers[] = {
        OK_REPLY LONG_LEASE, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        OK_REPLY LONG_LEASE, OK_REPLY LONG_LEASE,
        OK_REPLY LONG_LEASE, OK_REPLY LONG_LEASE,
    };
    static struct script s;
    struct fixture *f = set_up();
    assert_int_equal(strlen(LONG_LEASE), 199);
    script_serve(&s, &f->port.fake, answers, 6);
    start(f);
    run(f, 15 * KEDGE_SECOND);
    assert_int_equal(state_of(f).renewals, 2);
    assert_int_equal(state_of(f).failures, 1);
    const char *at = s.seen;
    static const char *const verbs[] = {"GET ", "PATCH ", "GET ", "PATCH ", "GET ", "PATCH "};
    for (size_t i = 0; i < 6; i++) {
        at = strstr(at, verbs[i]);
        assert_non_null(at);
        at++;
    }
    tear_down(f);
}

// Which a port may find out at any time.
static void the_calendar_may_be_lost_under_way(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    start(f);
    run(f, 15 * KEDGE_SECOND);
    f->port.fake.no_calendar = true;
    run(f, KEDGE_MINUTE);
    assert_int_equal(state_of(f).reason, KEDGE_ERR_STATE);
    assert_non_null(strstr(state_of(f).text, "date"));
    assert_int_equal(f->lost, 0);
    f->port.fake.no_calendar = false;
    run(f, 8 * KEDGE_SECOND);
    assert_in_range(age(f), 0, 8000);
    tear_down(f);
}

static void without_a_calendar_it_says_what_is_missing(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->port.fake.no_calendar = true;
    start(f);
    run(f, KEDGE_MINUTE);
    assert_int_equal(mock_count(f->port.mock, "leases"), 0);
    assert_int_equal(state_of(f).reason, KEDGE_ERR_STATE);
    assert_non_null(strstr(state_of(f).text, "clock_from_server"));
    f->port.fake.no_calendar = false;
    run(f, 8 * KEDGE_SECOND);
    assert_in_range(age(f), 0, 8000);
    tear_down(f);
}

static void the_servers_calendar_will_do(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->config.clock_from_server = true;
    f->port.fake.no_calendar = true;
    start(f);
    run(f, 30 * KEDGE_SECOND);
    assert_int_equal(state_of(f).failures, 0);
    kedge_timestamp wall = f->port.fake.wall + f->port.fake.now * 1000; // as the mock's
    kedge_timestamp off = wall - renew_time(f);
    assert_true(off > -2 * (kedge_timestamp)1000000 && off < 12 * (kedge_timestamp)1000000);
    tear_down(f);
}

// Who stands in front of the mock: connections that ask for Deployments are slow, by the port's
// clock.
struct slow {
    struct fixture *f;
    const struct fake_peer *mock;
    void *mock_ctx;
    size_t bytes_per_ms;
    unsigned waiting; // connections that have used up what they may
};

struct slow_connection {
    struct slow *slow;
    void *mock;
    bool lists;
    bool waits;
    kedge_time since;
};

static void *slow_open(void *ctx, const char *host, uint16_t port)
{
    struct slow *s = ctx;
    void *mock = s->mock->open(s->mock_ctx, host, port);
    struct slow_connection *c = calloc(1, sizeof *c);
    assert_true(c != NULL && mock != NULL);
    *c = (struct slow_connection){s, mock, false, false, s->f->port.fake.now};
    return c;
}

static size_t slow_feed(void *connection, const void *bytes, size_t len)
{
    struct slow_connection *c = connection;
    static const char what[] = "GET /apis/apps/v1/deployments";
    c->lists |= len >= sizeof what - 1 && memcmp(bytes, what, sizeof what - 1) == 0;
    return c->slow->mock->feed(c->mock, bytes, len);
}

static void set_waits(struct slow_connection *c, bool waits)
{
    c->slow->waiting += waits && !c->waits;
    c->slow->waiting -= !waits && c->waits;
    c->waits = waits;
}

static size_t slow_output(void *connection, void *buf, size_t cap)
{
    struct slow_connection *c = connection;
    kedge_time now = c->slow->f->port.fake.now;
    size_t may = (size_t)(now - c->since) * c->slow->bytes_per_ms;
    if (!c->lists)
        return c->slow->mock->output(c->mock, buf, cap);
    set_waits(c, may == 0);
    size_t n = may > 0 ? c->slow->mock->output(c->mock, buf, may < cap ? may : cap) : 0;
    if (n > 0)
        c->since = now;
    return n;
}

static enum fake_state slow_state(void *connection)
{
    struct slow_connection *c = connection;
    return c->slow->mock->state(c->mock);
}

static void slow_close(void *connection)
{
    struct slow_connection *c = connection;
    set_waits(c, false);
    c->slow->mock->close(c->mock);
    free(c);
}

static void slow_tick(void *ctx, kedge_time now)
{
    struct slow *s = ctx;
    s->mock->tick(s->mock_ctx, now);
}

static kedge_time slow_next(void *ctx)
{
    struct slow *s = ctx;
    kedge_time next = s->mock->next(s->mock_ctx);
    kedge_time own = s->waiting > 0 ? s->f->port.fake.now + 5 : KEDGE_FOREVER;
    return own < next ? own : next;
}

static const struct fake_peer slow_peer = {slow_open,  slow_feed, slow_output, slow_state,
                                           slow_close, slow_tick, slow_next};

// As it comes, a second old, with so many Deployments on a server that is that slow.
static struct fixture *set_up_slow(struct slow *s, size_t deployments, size_t bytes_per_ms)
{
    struct fixture *f = set_up();
    mock_fill(f->port.mock, deployments, 5);
    *s = (struct slow){f, f->port.fake.peer, f->port.fake.peer_ctx, bytes_per_ms, 0};
    f->port.fake.peer = &slow_peer;
    f->port.fake.peer_ctx = s;
    start(f);
    run(f, KEDGE_SECOND);
    return f;
}

struct watchdog {
    struct fixture *f;
    unsigned seen;
    kedge_time looked;
    kedge_time worst;
};

static void watch(struct watchdog *w)
{
    if (w->f->port.fake.now - w->looked < 200)
        return;
    kedge_time a = age(w->f);
    w->looked = w->f->port.fake.now;
    w->worst = a > w->worst ? a : w->worst;
}

static kedge_err look(void *ctx, const struct kedge_object *obj)
{
    struct watchdog *w = ctx;
    (void)obj;
    w->seen++;
    watch(w);
    return KEDGE_OK;
}

static void it_is_renewed_while_the_program_waits_for_a_long_list(void **state)
{
    (void)state;
    struct slow slow;
    struct fixture *f = set_up_slow(&slow, 10000, 500); // a server cuts a list after a minute
    struct kedge_rest *rest = kedge_rest_new(f->client, NULL);
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_deployment, "");
    struct watchdog w = {.f = f};
    struct kedge_api_list list = {.each = look, .ctx = &w, .page_size = -1};
    kedge_time began = f->port.fake.now;
    unsigned told = f->told;
    kedge_err err = kedge_api_list(&api, NULL, &list);
    if (err != KEDGE_OK)
        fail_msg("%s", kedge_rest_error_text(rest));
    assert_int_equal(w.seen, 10000);
    assert_true(f->port.fake.now - began > 25 * KEDGE_SECOND);
    assert_in_range(w.worst, 9500, 10500);
    assert_int_equal(f->told, told); // nothing of the program's is called meanwhile,
    run(f, 1);
    assert_int_equal(f->told, told + 1); // but once it polls
    kedge_rest_close(rest);
    tear_down(f);
}

static void what_happened_meanwhile_is_not_told_after_a_stop(void **state)
{
    (void)state;
    struct slow slow;
    struct fixture *f = set_up_slow(&slow, 400, 10);
    struct kedge_rest *rest = kedge_rest_new(f->client, NULL);
    struct kedge_api api = kedge_api_of(rest, &kedge_kind_deployment, "");
    struct kedge_api_list list = {.page_size = -1};
    uint64_t renewals = state_of(f).renewals;
    unsigned told = f->told;
    assert_true(mock_delete(f->port.mock, "leases", SPACE, "edge-1"));
    assert_int_equal(kedge_api_list(&api, NULL, &list), KEDGE_OK);
    assert_true(state_of(f).renewals > renewals); // it was made anew
    kedge_node_lease_stop(f->lease);
    run(f, KEDGE_MINUTE);
    assert_int_equal(f->lost, 0);
    assert_int_equal(f->told, told);
    assert_int_equal(kedge_node_lease_start(f->lease), KEDGE_OK);
    run(f, KEDGE_SECOND);
    assert_int_equal(f->lost, 0);
    assert_int_equal(f->told, told + 1);
    assert_true(f->gap >= KEDGE_MINUTE);
    kedge_rest_close(rest);
    tear_down(f);
}

static void it_is_renewed_while_an_informer_lists(void **state)
{
    (void)state;
    struct slow slow;
    struct fixture *f = set_up_slow(&slow, 400, 10);
    struct kedge_factory *factory = kedge_factory_new(f->client, 0);
    struct kedge_informer *inf = kedge_factory_informer(factory, &kedge_kind_deployment);
    struct watchdog w = {.f = f};
    assert_int_equal(kedge_factory_start(factory), KEDGE_OK);
    kedge_time began = f->port.fake.now;
    while (!kedge_informer_has_synced(inf)) {
        assert_int_equal(kedge_poll(f->k, 500), KEDGE_OK);
        watch(&w);
    }
    assert_int_equal(kedge_lister_count(inf), 400);
    assert_true(f->port.fake.now - began > 30 * KEDGE_SECOND);
    assert_in_range(w.worst, 9500, 10500);
    kedge_factory_shutdown(factory);
    tear_down(f);
}

static void the_clients_rate_limit_is_not_its_own(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    f->config.qps = 0.001f;
    f->config.burst = 1;
    start(f);
    struct kedge_rest *rest = kedge_rest_new(f->client, NULL);
    struct kedge_request r = {.verb = KEDGE_GET, .path = "/version"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kedge_rest_start(rest, &r, NULL, NULL, NULL), KEDGE_OK);
        run(f, KEDGE_MINUTE);
        assert_in_range(age(f), 0, 10500);
    }
    kedge_rest_close(rest);
    tear_down(f);
}

// Whatever call of the port fails, once or for a while: it is renewed soon again.
static void whatever_call_fails(void **state)
{
    (void)state;
    unsigned calls = 200;
    for (unsigned i = 1; i <= calls; i++) {
        struct fixture *f = set_up();
        start(f);
        f->port.fake.cruelty.fail_at = i;
        f->port.fake.cruelty.fail_count = i % 3 * 2;
        f->port.fake.cruelty.fail_only = FAKE_CALL_STREAM;
        run(f, 40 * KEDGE_SECOND);
        assert_in_range(age(f), 0, 10500);
        calls = f->port.fake.calls < 200 ? f->port.fake.calls : 200;
        tear_down(f);
    }
    assert_true(calls > 8);
}

static void however_the_answers_are_split(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 50; piece++) {
        struct fixture *f = set_up();
        f->port.fake.cruelty.read_max = piece;
        f->port.fake.cruelty.write_max = piece;
        f->port.fake.cruelty.block_every = 5;
        start(f);
        run(f, 25 * KEDGE_SECOND);
        assert_int_equal(state_of(f).renewals, 3);
        tear_down(f);
    }
}

static void it_stops_and_starts_again(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    start(f);
    assert_int_equal(kedge_node_lease_start(f->lease), KEDGE_OK);
    run(f, KEDGE_SECOND);
    kedge_node_lease_stop(f->lease);
    assert_int_equal(f->port.fake.open_streams, 0);
    kedge_node_lease_stop(f->lease);
    kedge_timestamp last = renew_time(f);
    run(f, KEDGE_MINUTE);
    assert_int_equal(renew_time(f), last);
    assert_int_equal(state_of(f).left, 0);
    assert_int_equal(kedge_node_lease_start(f->lease), KEDGE_OK);
    run(f, KEDGE_SECOND);
    assert_in_range(age(f), 0, 1000);
    // In the middle of a request.
    run(f, 9500);
    mock_inject(f->port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL, .now = true});
    run(f, 3 * KEDGE_SECOND);
    kedge_node_lease_stop(f->lease);
    assert_int_equal(f->port.fake.open_streams, 0);
    tear_down(f);
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static char long_name[255];
    static const struct {
        const char *node;
        kedge_time duration;
        kedge_err err;
    } rows[] = {
        {NULL, 0, KEDGE_ERR_CONFIG},
        {"", 0, KEDGE_ERR_CONFIG},
        {"n", 3999, KEDGE_ERR_ARGUMENT},
        {"n", -1, KEDGE_ERR_ARGUMENT},
        {long_name, 0, KEDGE_ERR_ARGUMENT},
        {long_name + 1, 0, KEDGE_OK},
        {"n", 4000, KEDGE_OK},
    };
    struct fixture *f = set_up();
    memset(long_name, 'n', 254);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f->k = kedge_init(f->memory, MEMORY, &f->port.fake.port);
        f->client = kedge_client_new(f->k, &f->config);
        f->options.node = rows[i].node;
        f->options.duration = rows[i].duration;
        f->lease = kedge_node_lease_new(f->client, &f->options);
        assert_int_equal(kedge_error(f->k), rows[i].err);
        assert_int_equal(f->lease != NULL, rows[i].err == KEDGE_OK);
    }
    char uid[65];
    memset(uid, 'u', 64);
    uid[64] = '\0';
    assert_int_equal(kedge_node_lease_set_owner(f->lease, uid), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_node_lease_set_owner(NULL, "u"), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_node_lease_set_owner(f->lease, NULL), KEDGE_OK);
    assert_int_equal(kedge_node_lease_start(NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_node_lease_state(NULL, NULL), KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_node_lease_state(f->lease, NULL), KEDGE_ERR_ARGUMENT);
    assert_null(kedge_node_lease_new(NULL, NULL));
    // After any failure of a constructor nothing is started.
    assert_null(kedge_node_lease_new(f->client, NULL));
    assert_int_equal(kedge_error(f->k), KEDGE_ERR_CONFIG);
    assert_int_equal(kedge_node_lease_start(f->lease), KEDGE_ERR_CONFIG);
    assert_null(kedge_node_lease_new(f->client, &f->options));
    kedge_node_lease_stop(NULL);
    tear_down(f);
}

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    struct fixture *f = set_up();
    bool fits = false;
    for (size_t size = 4096; !fits; size += 512) {
        f->k = kedge_init(f->memory, size, &f->port.fake.port);
        f->client = kedge_client_new(f->k, &f->config);
        f->lease = kedge_node_lease_new(f->client, &f->options);
        fits = f->lease != NULL;
        if (!fits && f->client != NULL) {
            assert_int_equal(kedge_error(f->k), KEDGE_ERR_MEMORY);
            assert_null(kedge_node_lease_new(f->client, &f->options));
        }
        assert_true(size < 64 * 1024);
    }
    tear_down(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_created_as_the_kubelet_does),
        cmocka_unit_test(it_is_renewed_every_ten_seconds_and_a_little),
        cmocka_unit_test(what_others_wrote_stays),
        cmocka_unit_test(it_is_created_again_when_it_was_lost),
        cmocka_unit_test(a_loss_is_told_whenever_it_was),
        cmocka_unit_test(a_conflict_is_solved_at_once),
        cmocka_unit_test(a_server_that_is_down_is_asked_with_pauses),
        cmocka_unit_test(a_silent_connection_costs_ten_seconds),
        cmocka_unit_test(a_refusal_is_told),
        cmocka_unit_test(a_calendar_set_back_is_no_dead_node),
        cmocka_unit_test(what_cannot_be_written_is_named),
        cmocka_unit_test(what_cannot_be_asked_for_is_named),
        cmocka_unit_test(a_version_that_cannot_be_kept_is_read_each_time),
        cmocka_unit_test(the_calendar_may_be_lost_under_way),
        cmocka_unit_test(without_a_calendar_it_says_what_is_missing),
        cmocka_unit_test(the_servers_calendar_will_do),
        cmocka_unit_test(it_is_renewed_while_the_program_waits_for_a_long_list),
        cmocka_unit_test(what_happened_meanwhile_is_not_told_after_a_stop),
        cmocka_unit_test(it_is_renewed_while_an_informer_lists),
        cmocka_unit_test(the_clients_rate_limit_is_not_its_own),
        cmocka_unit_test(whatever_call_fails),
        cmocka_unit_test(however_the_answers_are_split),
        cmocka_unit_test(it_stops_and_starts_again),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(with_any_amount_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

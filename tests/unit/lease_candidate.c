// SPDX-License-Identifier: Apache-2.0
// A LeaseCandidate: made, renewed in time and when the server asks.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kedge/lease_candidate.h"
#include "leader_bench.h"

#define COUNT(a)   (sizeof(a) / sizeof(a)[0])
#define CANDIDATES "leasecandidates"

static struct leader_bench b;
static struct kedge_lease_candidate *candidate;

static struct kedge_lease_candidate_options me(void)
{
    return (struct kedge_lease_candidate_options){
        .namespace_ = "default",
        .name = "a",
        .lease_name = "job",
        .binary_version = "1.4.0",
        .emulation_version = "1.3.0",
        .strategy = "OldestEmulationVersion",
    };
}

static void open_bench(void)
{
    static const struct mock_crd crd = {.group = "coordination.k8s.io",
                                        .version = "v1beta1",
                                        .plural = CANDIDATES,
                                        .kind = "LeaseCandidate",
                                        .namespaced = true};
    struct kedge_lease_candidate_options o = me();
    leader_bench_open(&b);
    assert_true(mock_add_crd(b.port.mock, &crd));
    candidate = kedge_lease_candidate_new(b.client, &o);
    assert_non_null(candidate);
}

static void close_bench(void)
{
    kedge_lease_candidate_close(candidate);
    leader_bench_close(&b);
}

static bool has(const char *text)
{
    struct mock_item item;
    assert_true(mock_get(b.port.mock, CANDIDATES, "default", "a", &item));
    return strstr(item.text, text) != NULL;
}

static void put(const char *more)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"apiVersion\":\"coordination.k8s.io/v1beta1\",\"kind\":\"LeaseCandidate\","
             "\"metadata\":{\"name\":\"a\",\"namespace\":\"default\",\"labels\":{\"kept\":\"1\"}},"
             "\"spec\":{\"leaseName\":\"job\"%s}}",
             more);
    assert_true(mock_apply(b.port.mock, CANDIDATES, text) > 0);
}

static void it_is_made_and_renewed_every_five_minutes(void **state)
{
    (void)state;
    open_bench();
    assert_int_equal(kedge_lease_candidate_start(candidate), KEDGE_OK);
    assert_int_equal(kedge_lease_candidate_start(candidate), KEDGE_ERR_STATE);
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 404, POST 201, GET 200, ");
    assert_true(has("\"leaseName\":\"job\""));
    assert_true(has("\"binaryVersion\":\"1.4.0\""));
    assert_true(has("\"emulationVersion\":\"1.3.0\""));
    assert_true(has("\"strategy\":\"OldestEmulationVersion\""));
    assert_true(has("\"renewTime\":\"2026-01-01T00:00:00.000000Z\""));
    assert_string_equal(kedge_lease_candidate_error_text(candidate), "");
    leader_bench_run(&b, 296 * KEDGE_SECOND);
    assert_int_equal(b.puts, 0);
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    assert_int_equal(b.puts, 1);
    assert_true(has("\"renewTime\":\"2026-01-01T00:05:00.000000Z\""));
    leader_bench_run(&b, KEDGE_HOUR);
    assert_int_equal(b.puts, 13);
    close_bench();
}

static void one_that_is_there_is_renewed_at_once(void **state)
{
    (void)state;
    open_bench();
    put(",\"renewTime\":\"2025-01-01T00:00:00.000000Z\",\"pingTime\":null");
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, 0);
    assert_string_equal(b.asked, "GET 200, PUT 200, ");
    assert_true(has("\"renewTime\":\"2026-01-01T00:00:00.000000Z\""));
    assert_true(has("\"kept\":\"1\""));
    close_bench();
}

static void the_server_is_answered_when_it_asks(void **state)
{
    (void)state;
    open_bench();
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    leader_bench_forget(&b);
    put(",\"renewTime\":\"2026-01-01T00:00:00Z\",\"pingTime\":\"2026-01-01T00:00:03.000000Z\"");
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, PUT 200, ");
    assert_true(has("\"renewTime\":\"2026-01-01T00:00:04.000000Z\""));
    assert_true(has("\"pingTime\":\"2026-01-01T00:00:03.000000Z\""));
    leader_bench_run(&b, 10 * KEDGE_SECOND);
    assert_int_equal(b.puts, 1); // once
    close_bench();
}

static void whatever_fails_is_tried_again(void **state)
{
    (void)state;
    open_bench();
    mock_inject(b.port.mock,
                &(struct mock_fault){.kind = MOCK_FAULT_STATUS, .status = 500, .count = 2});
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, 3 * KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 500, GET 500, ");
    assert_non_null(strstr(kedge_lease_candidate_error_text(candidate), "500"));
    leader_bench_run(&b, KEDGE_SECOND);
    assert_true(has("\"leaseName\":\"job\""));
    assert_string_equal(kedge_lease_candidate_error_text(candidate), "");
    // One that hangs has its time.
    mock_inject(b.port.mock, &(struct mock_fault){.kind = MOCK_FAULT_STALL});
    put(",\"pingTime\":\"2026-01-01T00:00:03.000000Z\"");
    leader_bench_run(&b, 12 * KEDGE_SECOND);
    assert_int_equal(b.puts, 1);
    // And what is too large is named.
    char big[700];
    snprintf(big, sizeof big, ",\"x\":\"%0600d\"", 1);
    put(big);
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    assert_string_equal(kedge_lease_candidate_error_text(candidate), "");
    close_bench();
}

static void it_does_not_grow_beyond_its_room(void **state)
{
    (void)state;
    static char name[201];
    struct kedge_lease_candidate_options o = me();
    open_bench();
    memset(name, 'x', 200);
    o.candidate_max = 512;
    o.binary_version = name;
    o.emulation_version = NULL;
    o.strategy = name;
    struct kedge_lease_candidate *small = kedge_lease_candidate_new(b.client, &o);
    kedge_lease_candidate_start(small);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 404, ");
    assert_string_equal(kedge_lease_candidate_error_text(small),
                        "the LeaseCandidate as it would be sent does not fit candidate_max");
    char big[700];
    snprintf(big, sizeof big, ",\"x\":\"%0600d\"", 1);
    put(big);
    leader_bench_run(&b, 2 * KEDGE_SECOND);
    assert_string_equal(kedge_lease_candidate_error_text(small),
                        "the LeaseCandidate does not fit candidate_max");
    assert_int_equal(b.puts, 0);
    kedge_lease_candidate_close(small);
    close_bench();
}

static void when_it_is_stopped_nothing_is_asked(void **state)
{
    (void)state;
    open_bench();
    kedge_lease_candidate_stop(candidate);
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_SECOND);
    leader_bench_forget(&b);
    kedge_lease_candidate_stop(candidate);
    leader_bench_run(&b, KEDGE_HOUR);
    assert_string_equal(b.asked, "");
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_string_equal(b.asked, "GET 200, PUT 200, ");
    kedge_stop(b.k);
    kedge_lease_candidate_stop(candidate);
    assert_int_equal(kedge_lease_candidate_start(candidate), KEDGE_ERR_STOPPED);
    close_bench();
    assert_int_equal(kedge_lease_candidate_start(NULL), KEDGE_ERR_ARGUMENT);
    kedge_lease_candidate_stop(NULL);
    kedge_lease_candidate_close(NULL);
    assert_null(kedge_lease_candidate_new(NULL, NULL));
    assert_string_equal(kedge_lease_candidate_error_text(NULL),
                        "there is no lease candidate: see kedge_error_text");
}

static unsigned logged;

static void count_log(void *ctx, enum kedge_log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    assert_string_equal(text, "going");
    logged++;
}

static void what_the_server_warns_of_is_said_once(void **state)
{
    (void)state;
    open_bench();
    kedge_log_to(b.k, KEDGE_LOG_WARNING, count_log, NULL);
    mock_warn(b.port.mock, "going", CANDIDATES, 0);
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_MINUTE);
    assert_int_equal(logged, 1);
    close_bench();
}

static void without_a_calendar_times_differ_all_the_same(void **state)
{
    (void)state;
    open_bench();
    b.port.fake.no_calendar = true;
    kedge_lease_candidate_start(candidate);
    leader_bench_run(&b, KEDGE_SECOND);
    assert_true(has("\"renewTime\":\"1970-01-01T00:16:40.000000Z\""));
    leader_bench_run(&b, 5 * KEDGE_MINUTE);
    assert_true(has("\"renewTime\":\"1970-01-01T00:21:40.000000Z\""));
    close_bench();
}

static void options_are_looked_at(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "namespace_: must be that of a namespace",
        "name: must be that of a LeaseCandidate",
        "lease_name: must be that of a Lease",
        "binary_version: must not be empty",
        "strategy: must not be empty",
        "period, request_timeout: must be more than 0",
        "period, request_timeout: must be more than 0",
        "candidate_max: must be 512 at least",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        char text[KEDGE_ERROR_TEXT];
        struct kedge_lease_candidate_options o = me();
        leader_bench_open(&b);
        o.namespace_ = i == 0 ? NULL : o.namespace_;
        o.name = i == 1 ? "A" : o.name;
        o.lease_name = i == 2 ? NULL : o.lease_name;
        o.binary_version = i == 3 ? "" : o.binary_version;
        o.strategy = i == 4 ? NULL : o.strategy;
        o.period = i == 5 ? -1 : 0;
        o.request_timeout = i == 6 ? -1 : 0;
        o.candidate_max = i == 7 ? 511 : 0;
        assert_null(kedge_lease_candidate_new(b.client, &o));
        snprintf(text, sizeof text, "lease candidate: %s", texts[i]);
        assert_string_equal(kedge_error_text(b.k), text);
        assert_null(kedge_lease_candidate_new(b.client, &o));
        leader_bench_close(&b);
    }
}

static void with_any_amount_of_memory(void **state)
{
    (void)state;
    struct fake_port port;
    struct kedge_config config = {.server = "http://api.test"};
    struct kedge_lease_candidate_options o = me();
    bool made = false;
    fake_port_init(&port, 1);
    for (size_t size = 2048; !made; size += 8) {
        assert_true(size < (size_t)64 * 1024);
        unsigned char *memory = malloc(size);
        assert_non_null(memory);
        struct kedge *k = kedge_init(memory, size, &port.port);
        struct kedge_client *client = kedge_client_new(k, &config);
        made = kedge_lease_candidate_new(client, &o) != NULL;
        if (!made)
            assert_int_equal(kedge_error(k), KEDGE_ERR_MEMORY);
        free(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_made_and_renewed_every_five_minutes),
        cmocka_unit_test(one_that_is_there_is_renewed_at_once),
        cmocka_unit_test(the_server_is_answered_when_it_asks),
        cmocka_unit_test(whatever_fails_is_tried_again),
        cmocka_unit_test(it_does_not_grow_beyond_its_room),
        cmocka_unit_test(when_it_is_stopped_nothing_is_asked),
        cmocka_unit_test(what_the_server_warns_of_is_said_once),
        cmocka_unit_test(without_a_calendar_times_differ_all_the_same),
        cmocka_unit_test(options_are_looked_at),
        cmocka_unit_test(with_any_amount_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

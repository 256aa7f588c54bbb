// SPDX-License-Identifier: Apache-2.0
// Objects out of replies: what is too large, what is no object, and whose identity cannot be had.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/items.h"
#include "kedge/kinds.h"
#include "script.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"

// What came of the last one.
struct seen {
    unsigned count;
    bool partial;
    bool has_value;
    size_t size; // of its record; 0: it has none
    kedge_err identity;
    char name[254];
    char version[64];
};

static unsigned char memory[512 * 1024];
static char answer[256 * 1024];
static struct fake_port port;
static struct script script;
static const char *const answers[] = {answer};
static struct kedge_rest *rest;
static struct kedge__items items;
static struct seen seen;

static kedge_err each(void *ctx, const struct kedge__item *item)
{
    struct kedge__identity id;
    (void)ctx;
    memset(&id, 0, sizeof id);
    seen.count++;
    seen.partial = item->partial;
    seen.has_value = item->value.at >= 0;
    seen.size = item->object != NULL ? item->object->size : 0;
    seen.identity = kedge__items_identity(&items, item, &id);
    snprintf(seen.name, sizeof seen.name, "%s", id.name);
    snprintf(seen.version, sizeof seen.version, "%s", id.resource_version);
    return KEDGE_OK;
}

// Asks for an object and gets `json`.
static kedge_err get(const struct kedge_rest_options *options, struct kedge__items what,
                     const char *json)
{
    static const struct kedge_request request = {
        .verb = KEDGE_GET, .version = "v1", .resource = "things", .name = "a"};
    struct kedge_config config = {.server = "http://api.test", .qps = -1};
    int len = snprintf(answer, sizeof answer, OK_HEAD "%s" SCRIPT_CLOSES, json);
    assert_in_range(len, 1, sizeof answer - 1);
    memset(&seen, 0, sizeof seen);
    fake_port_init(&port, 1);
    script_serve(&script, &port, answers, 1);
    struct kedge *k = kedge_init(memory, sizeof memory, &port.port);
    rest = kedge_rest_new(kedge_client_new(k, &config), options);
    assert_non_null(rest);
    items = what;
    items.rest = rest;
    items.each = each;
    kedge__items_begin(&items, KEDGE_SIEVE_OBJECT);
    kedge_err err = kedge_rest_stream(rest, &request, kedge__items_sink, &items);
    return err == KEDGE_OK ? kedge__items_finish(&items) : err;
}

static void done(void)
{
    kedge_rest_close(rest);
    fake_port_check(&port);
}

// {"metadata":{"name":"a","labels":{"k0":"vvv...",...}}} of `labels` labels of `len` bytes.
static const char *labelled(size_t labels, size_t len)
{
    static char json[200 * 1024];
    char *at = json + sprintf(json, "{\"metadata\":{\"name\":\"a\",\"labels\":{");
    for (size_t i = 0; i < labels; i++) {
        at += sprintf(at, "%s\"k%zu\":\"", i > 0 ? "," : "", i);
        memset(at, 'v', len);
        at += len;
        at += sprintf(at, "\"");
    }
    strcpy(at, "}}}");
    assert_true(strlen(json) < sizeof json);
    return json;
}

static void a_record_of_any_size_has_room_or_is_partial_or_refused(void **state)
{
    (void)state;
    const char *json = labelled(8, 50);
    size_t partial = 0, refused = 0;
    size_t whole = 0; // bytes of the whole record
    for (size_t size = 2048; size >= 8; size -= 8) {
        const struct kedge_rest_options options = {.object_max = size};
        kedge_err err = get(&options, (struct kedge__items){.kind = &kedge_kind_configmap}, json);
        if (size == 2048)
            whole = seen.size;
        if (err == KEDGE_OK) {
            assert_int_equal(seen.count, 1);
            assert_int_equal(seen.partial, size < whole);
            assert_in_range(seen.size, 8, size);
            assert_int_equal(refused, 0);
            partial += seen.partial;
        } else {
            assert_int_equal(err, KEDGE_ERR_FULL);
            assert_int_equal(seen.count, 0);
            assert_non_null(
                strstr(kedge_rest_error_text(rest), "an object does not fit object_max"));
            refused++;
        }
        done();
    }
    assert_in_range(partial, 10, 250);
    assert_in_range(refused, 5, 250);
}

// A record's offsets have 16 bits.
static void a_record_of_more_than_64_kib_is_partial_whatever_the_room(void **state)
{
    (void)state;
    const struct kedge_rest_options options = {.text_max = 80 * 1024, .object_max = 80 * 1024};
    struct kedge__items typed = {.kind = &kedge_kind_configmap};
    assert_int_equal(get(&options, typed, labelled(60, 1000)), KEDGE_OK);
    assert_false(seen.partial);
    assert_in_range(seen.size, 60000, 65535);
    done();
    assert_int_equal(get(&options, typed, labelled(70, 1000)), KEDGE_OK);
    assert_true(seen.partial);
    assert_int_equal(seen.identity, KEDGE_OK);
    assert_string_equal(seen.name, "a");
    done();
}

static void a_refusal_in_place_of_an_object_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        kedge_err typed;
        kedge_err raw;
    } rows[] = {
        {"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":404,"
         "\"message\":\"no\"}",
         KEDGE_ERR_API, KEDGE_ERR_API},
        {"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\",\"code\":200}",
         KEDGE_ERR_JSON, KEDGE_OK},
        // What has a name is an object, whatever its code.
        {"{\"metadata\":{\"name\":\"a\"},\"status\":\"Failure\",\"code\":500}", KEDGE_OK, KEDGE_OK},
        {"{\"metadata\":{\"name\":7},\"status\":\"Failure\",\"code\":500}", KEDGE_ERR_API,
         KEDGE_OK},
        {"{\"metadata\":{\"name\":\"a\"},\"code\":404}", KEDGE_OK, KEDGE_OK},
        {"{\"metadata\":{},\"code\":399}", KEDGE_OK, KEDGE_OK},
        {"{\"metadata\":{}}", KEDGE_OK, KEDGE_OK},
        {"{}", KEDGE_OK, KEDGE_OK},
        // What says of itself that it is something else is no object of ours.
        {"{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\"}", KEDGE_OK, KEDGE_OK},
        {"{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}", KEDGE_ERR_JSON, KEDGE_OK},
        {"{\"metadata\":{\"name\":\"a\"},\"kind\":\"ConfigMaps\"}", KEDGE_ERR_JSON, KEDGE_OK},
        {"{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"rows\":[]}", KEDGE_ERR_JSON,
         KEDGE_OK},
        {"{\"kind\":\"PartialObjectMetadata\",\"metadata\":{\"name\":\"a\"}}", KEDGE_ERR_JSON,
         KEDGE_OK},
        {"{\"kind\":7,\"metadata\":{\"name\":\"a\"}}", KEDGE_OK, KEDGE_OK},
    };
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        bool typed = i % 2 == 0;
        struct kedge__items what = {.kind = typed ? &kedge_kind_configmap : NULL};
        kedge_err err = get(NULL, what, rows[i / 2].json);
        if (err != (typed ? rows[i / 2].typed : rows[i / 2].raw))
            fail_msg("%s, %s: %s", rows[i / 2].json, typed ? "typed" : "raw", kedge_err_text(err));
        assert_int_equal(seen.count, err == KEDGE_OK);
        done();
    }
}

// Tables of one's own come before those of a kind, and give no record.
static void what_is_read_by_other_tables_is_no_record(void **state)
{
    (void)state;
    static const struct kedge_field rows[] = {
        {.path = "metadata\0name\0", .type = KEDGE_FIELD_TEXT}};
    static const struct kedge_table table = {rows, 1, 0};
    struct kedge__items what = {.kind = &kedge_kind_configmap, .tables = {&table}, .identity = 1};
    assert_int_equal(get(NULL, what, "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"v\"}}"),
                     KEDGE_OK);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.size, 0);
    assert_true(seen.has_value);
    assert_string_equal(seen.name, "a");
    done();
}

// {"metadata":{"name":"a","resourceVersion":"7"},"x":[1,1,...]}
static const char *numbered(size_t count)
{
    static char json[4096];
    char *at =
        json + sprintf(json, "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"7\"},\"x\":[1");
    for (size_t i = 1; i < count; i++)
        at += sprintf(at, ",1");
    strcpy(at, "]}");
    return json;
}

static void an_identity_is_had_however_many_tokens_the_object_has(void **state)
{
    (void)state;
    const struct kedge_rest_options options = {.text_max = KEDGE_SIEVE_BUFFER};
    for (int shrinks = 0; shrinks < 2; shrinks++) {
        for (size_t count = 1; count < 200; count++) {
            struct kedge__items raw = {.shrinks = shrinks > 0};
            assert_int_equal(get(&options, raw, numbered(count)), KEDGE_OK);
            assert_int_equal(seen.count, 1);
            assert_int_equal(seen.identity, KEDGE_OK);
            assert_string_equal(seen.name, "a");
            assert_string_equal(seen.version, "7");
            // 80 tokens; without an end, one that has more is not tokenised.
            assert_int_equal(seen.has_value, shrinks || count <= 71);
            assert_int_equal(seen.partial, shrinks && count > 71);
            done();
        }
    }
}

static void an_identity_that_cannot_be_had_is_told(void **state)
{
    (void)state;
    char text[1024];
    char value[512];
    struct kedge_json_token tokens[8];
    char buf[KEDGE_SIEVE_BUFFER];
    // Longer than any name may be; longer than any version.
    memset(value, 'v', sizeof value - 1);
    value[254] = '\0';
    snprintf(text, sizeof text, "{\"metadata\":{\"name\":\"%s\"}}", value);
    assert_int_equal(get(NULL, (struct kedge__items){0}, text), KEDGE_OK);
    assert_int_equal(seen.identity, KEDGE_ERR_JSON);
    done();
    assert_int_equal(get(NULL, (struct kedge__items){0},
                         "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"a\\u0000b\"}}"),
                     KEDGE_OK);
    assert_int_equal(seen.identity, KEDGE_ERR_JSON);
    done();
    // Too few tokens even for what is left of it.
    struct kedge__items few = {.room = {buf, sizeof buf, tokens, 2}};
    assert_int_equal(get(NULL, few, numbered(1)), KEDGE_OK);
    assert_false(seen.has_value);
    assert_int_equal(seen.identity, KEDGE_ERR_JSON);
    done();
    few.room.token_count = 8;
    assert_int_equal(get(NULL, few, numbered(20)), KEDGE_OK);
    assert_false(seen.has_value);
    assert_int_equal(seen.identity, KEDGE_OK);
    done();
    // No object at all.
    assert_int_equal(get(NULL, (struct kedge__items){0}, "[1]"), KEDGE_ERR_JSON);
    done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_of_any_size_has_room_or_is_partial_or_refused),
        cmocka_unit_test(a_record_of_more_than_64_kib_is_partial_whatever_the_room),
        cmocka_unit_test(a_refusal_in_place_of_an_object_is_one),
        cmocka_unit_test(what_is_read_by_other_tables_is_no_record),
        cmocka_unit_test(an_identity_is_had_however_many_tokens_the_object_has),
        cmocka_unit_test(an_identity_that_cannot_be_had_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

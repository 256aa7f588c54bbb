// SPDX-License-Identifier: Apache-2.0
#include "object/project.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "filled.h"
#include "kedge/kinds.h"
#include "objects.h"
#include "replies.h"
#include "same.h"

// The replies of a real server -------------------------------------------------------------------

// Every reply with objects of a built-in kind.
static const struct sample {
    const char *reply;
    enum kedge_sieve_shape shape;
    const struct kedge_kind *kind;
} named[] = {
    {"get-deployment.http", KEDGE_SIEVE_OBJECT, &kedge_kind_deployment},
    {"list-empty.http", KEDGE_SIEVE_LIST, &kedge_kind_pod},
    {"watch-deployments.http", KEDGE_SIEVE_WATCH, &kedge_kind_deployment},
    {"watchlist-namespaces.http", KEDGE_SIEVE_WATCH, &kedge_kind_namespace},
    {"watchlist-metadata.http", KEDGE_SIEVE_WATCH, &kedge_kind_namespace},
    {"patch-json.http", KEDGE_SIEVE_OBJECT, &kedge_kind_configmap},
    {"patch-merge.http", KEDGE_SIEVE_OBJECT, &kedge_kind_configmap},
    {"apply-create.http", KEDGE_SIEVE_OBJECT, &kedge_kind_configmap},
};
enum { NAMED = sizeof named / sizeof named[0] };

static struct sample samples[256];
static size_t sample_count;

// Those named above, and every "list-RESOURCE" but a table, which has no objects.
static int find_samples(void **state)
{
    (void)state;
    size_t count;
    const struct reply *r = replies(&count);
    memcpy(samples, named, sizeof named);
    sample_count = NAMED;
    for (size_t i = 0; i < count; i++) {
        const struct kedge_kind *kind = kind_of_reply(r[i].name);
        if (kind == NULL || strncmp(r[i].name, "list-", 5) != 0 ||
            strstr(r[i].name, "-table.") != NULL)
            continue;
        assert_true(sample_count < sizeof samples / sizeof samples[0]);
        samples[sample_count++] = (struct sample){r[i].name, KEDGE_SIEVE_LIST, kind};
    }
    return 0;
}

static json_t *load(const char **text, size_t *len)
{
    json_error_t error;
    json_t *json = json_loadb(*text, *len, JSON_DISABLE_EOF_CHECK, &error);
    if (json != NULL) {
        *text += error.position;
        *len -= (size_t)error.position;
    }
    return json;
}

// The objects of a body, as another library reads them: an array.
static json_t *objects_of(enum kedge_sieve_shape shape, kedge_str body)
{
    json_t *objects = json_array();
    json_t *json = load(&body.ptr, &body.len);
    assert_non_null(json);
    if (shape == KEDGE_SIEVE_OBJECT)
        json_array_append(objects, json);
    if (shape == KEDGE_SIEVE_LIST)
        json_array_extend(objects, json_object_get(json, "items"));
    while (shape == KEDGE_SIEVE_WATCH && json != NULL) {
        json_array_append(objects, json_object_get(json, "object"));
        json_decref(json);
        json = load(&body.ptr, &body.len);
    }
    json_decref(json);
    return objects;
}

struct expected {
    const struct kedge_kind *kind;
    json_t *objects;
    size_t next;
    size_t bytes;
    size_t values;
};

static void compare_item(void *ctx, kedge_str text)
{
    struct expected *e = ctx;
    const json_t *json = json_array_get(e->objects, e->next++);
    struct kedge_object *o = record_of(e->kind, text);
    assert_non_null(json);
    e->values += assert_same(e->kind, o, json);
    e->bytes += o->size;
    free(o);
}

static void a_record_holds_what_another_library_reads(void **state)
{
    (void)state;
    size_t all = 0;
    for (size_t i = 0; i < sample_count; i++) {
        kedge_str body = reply_named(samples[i].reply)->body;
        struct expected e = {samples[i].kind, objects_of(samples[i].shape, body), 0, 0, 0};
        size_t n = sieve_each(samples[i].shape, e.kind, body, body.len, compare_item, &e);
        assert_int_equal(n, json_array_size(e.objects));
        assert_true(n == 0 || e.values > 4 * n);
        all += n;
        print_message("%-40s %-30s %3zu objects %5zu bytes each\n", samples[i].reply, e.kind->kind,
                      n, n > 0 ? e.bytes / n : 0);
        json_decref(e.objects);
    }
    assert_in_range(all, 50, 1000);
}

// Which rows of a table, and of the elements in its lists, an object has a value for.
struct seen {
    const struct kedge_table *table;
    bool rows[KEDGE_KIND_ROWS];
};

static struct seen seen[256];
static size_t seen_count;

static bool *rows_seen(const struct kedge_table *table)
{
    size_t i = 0;
    while (i < seen_count && seen[i].table != table)
        i++;
    assert_true(i < sizeof seen / sizeof seen[0]);
    if (i == seen_count)
        seen[seen_count++].table = table;
    return seen[i].rows;
}

static void see(const struct kedge_table *table, const json_t *json)
{
    bool *rows = rows_seen(table);
    for (size_t i = 0; i < table->count; i++) {
        const struct kedge_field *field = &table->fields[i];
        const json_t *value = json;
        for (const char *key = field->path; *key != '\0'; key += strlen(key) + 1)
            value = json_object_get(value, key);
        rows[i] = rows[i] || (value != NULL && !json_is_null(value));
        for (size_t n = 0; field->type == KEDGE_FIELD_LIST && n < json_array_size(value); n++)
            see(field->items, json_array_get(value, n));
    }
}

static size_t unseen(const char *where, const struct kedge_table *table, unsigned depth)
{
    size_t missing = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct kedge_field *field = &table->fields[i];
        if (!rows_seen(table)[i] && field->type != KEDGE_FIELD_DROP) {
            print_message("no real %s has", where);
            for (const char *key = field->path; *key != '\0'; key += strlen(key) + 1)
                print_message(" %s", key);
            print_message("\n");
            missing++;
        }
        if (field->type == KEDGE_FIELD_LIST && depth < 4)
            missing += unseen(where, field->items, depth + 1);
    }
    return missing;
}

// A misspelt key is read as nothing by whoever reads it: only a server that sends it can tell.
static void a_real_server_sends_every_row(void **state)
{
    (void)state;
    size_t missing = 0;
    for (size_t i = 0; i < sample_count; i++) {
        json_t *objects = objects_of(samples[i].shape, reply_named(samples[i].reply)->body);
        for (size_t n = 0; n < json_array_size(objects); n++)
            see(samples[i].kind->table, json_array_get(objects, n));
        json_decref(objects);
    }
    for (size_t k = 0; k < EVERY_KIND; k++)
        missing += unseen(every_kind[k]->kind, every_kind[k]->table, 0);
    assert_int_equal(missing, 0);
}

static void however_the_bytes_are_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_count; i++) {
        kedge_str body = reply_named(samples[i].reply)->body;
        struct expected e = {samples[i].kind, objects_of(samples[i].shape, body), 0, 0, 0};
        for (size_t piece = 1; piece < 40; piece += piece < 8 ? 1 : 13) {
            e.next = 0;
            sieve_each(samples[i].shape, e.kind, body, piece, compare_item, &e);
            assert_int_equal(e.next, json_array_size(e.objects));
        }
        json_decref(e.objects);
    }
}

// Whatever comes
// -----------------------------------------------------------------------------------

// Reads every byte that the struct leads to; records are heap blocks of exactly their size.
static size_t touch(const struct kedge_table *table, const unsigned char *base);

static size_t touch_text(const struct kedge_text *t)
{
    assert_int_equal(kedge_text(t)[kedge_text_len(t)], '\0');
    return strlen(kedge_text(t));
}

static size_t touch_uid(const struct kedge_uid *u)
{
    char buf[KEDGE_UID_TEXT];
    kedge_str s = kedge_uid_str(u, buf);
    assert_int_equal(s.ptr[s.len], '\0');
    return strlen(s.ptr);
}

static size_t touch_field(const struct kedge_field *field, const void *member)
{
    const struct kedge_text *t;
    const struct kedge_text_pair *pair;
    const void *element;
    size_t sum = 0;
    switch ((enum kedge_field_type)field->type) {
    case KEDGE_FIELD_TEXT:
    case KEDGE_FIELD_RAW:
    case KEDGE_FIELD_SCALAR:
    case KEDGE_FIELD_BASE64:
        return touch_text(member);
    case KEDGE_FIELD_UID:
        return touch_uid(member);
    case KEDGE_FIELD_TEXT_LIST:
        for (size_t i = 0; (t = kedge_text_at(member, i)) != NULL; i++)
            sum += touch_text(t);
        return sum;
    case KEDGE_FIELD_TEXT_MAP:
    case KEDGE_FIELD_BASE64_MAP:
        for (size_t i = 0; (pair = kedge_pair_at(member, i)) != NULL; i++)
            sum += touch_text(&pair->key) + touch_text(&pair->value);
        return sum;
    case KEDGE_FIELD_LIST:
        for (size_t i = 0; (element = kedge_list_at(member, i, field->items->size)) != NULL; i++)
            sum += touch(field->items, element);
        return sum;
    default:
        return 0;
    }
}

static size_t touch(const struct kedge_table *table, const unsigned char *base)
{
    size_t sum = 0;
    for (size_t i = 0; i < table->count; i++)
        sum += touch_field(&table->fields[i], base + table->fields[i].offset);
    return sum;
}

static uint32_t dice(uint32_t *state, uint32_t sides)
{
    *state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
    return (*state >> 8) % sides;
}

static void bend(char *text, size_t len, uint32_t *random)
{
    static const char bytes[] = "{}[]\",:\\0129-.eEtfn u/\x80\xff";
    for (uint32_t n = 1 + dice(random, 4); n > 0; n--) {
        size_t at = dice(random, (uint32_t)len);
        if (dice(random, 3) == 0)
            text[at] = text[dice(random, (uint32_t)len)];
        else
            text[at] = bytes[dice(random, sizeof bytes - 1)];
    }
}

static void touch_record(void *ctx, kedge_json_value root)
{
    const struct kedge_kind *kind = ctx;
    size_t size;
    struct kedge__identity id;
    if (kedge__project(kind, root, false, NULL, 0, &size) != KEDGE_OK)
        return;
    struct kedge_object *o = malloc(size);
    assert_int_equal(kedge__project(kind, root, false, o, size, &size), KEDGE_OK);
    touch(&kedge__meta_table, (const unsigned char *)o);
    touch(kind->table, (const unsigned char *)o);
    kedge__identity_read(&id, root);
    free(o);
}

// Kept texts with a few bytes bent, some of them no JSON any more: what the reader takes is made a
// record of some kind, right or wrong.
static void bend_item(void *ctx, kedge_str text)
{
    uint32_t *random = ctx;
    for (int i = 0; i < 60; i++) {
        char *bent = malloc(text.len);
        struct kedge_json_token *tokens = malloc((text.len + 1) * sizeof *tokens);
        struct kedge_json doc;
        memcpy(bent, text.ptr, text.len);
        bend(bent, text.len, random);
        if (kedge_json_parse(&doc, bent, text.len, tokens, text.len + 1) == KEDGE_OK)
            touch_record((void *)(uintptr_t)every_kind[dice(random, EVERY_KIND)],
                         kedge_json_root(&doc));
        free(tokens);
        free(bent);
    }
}

static void whatever_comes_a_record_leads_nowhere_outside_itself(void **state)
{
    (void)state;
    uint32_t random = 20261123;
    for (size_t i = 0; i < sample_count; i++) {
        kedge_str body = reply_named(samples[i].reply)->body;
        sieve_each(samples[i].shape, samples[i].kind, body, body.len, bend_item, &random);
    }
}

// Every row of every kind ------------------------------------------------------------------------

static void every_row_of_every_kind_takes_its_value(void **state)
{
    (void)state;
    for (size_t k = 0; k < EVERY_KIND; k++) {
        json_t *json = filled_object(every_kind[k]);
        char *text = json_dumps(json, JSON_COMPACT);
        struct kedge_object *plain = record_of(every_kind[k], kedge_str_of(text));
        size_t rows = every_kind[k]->table->count + kedge__meta_table.count - 1u;
        assert_int_equal(assert_same(every_kind[k], plain, json), rows);
        print_message("%-30s %2d rows, struct %3d bytes, full record %4d bytes\n",
                      every_kind[k]->kind, every_kind[k]->table->count, every_kind[k]->table->size,
                      (int)plain->size);
        for (size_t piece = 1; piece < 6; piece++) {
            struct kedge_object *o = sieved_record_of(every_kind[k], kedge_str_of(text), piece);
            assert_int_equal(o->size, plain->size);
            assert_memory_equal(o, plain, plain->size);
            free(o);
        }
        free(plain);
        free(text);
        json_decref(json);
    }
}

// Which rows lie within a row, as a selector's labels do within the selector: with them it comes
// and goes.
static uint64_t rows_within(const struct kedge_table *table, size_t row)
{
    const char *outer = table->fields[row].path;
    size_t len = 0;
    uint64_t within = 0;
    while (outer[len] != '\0')
        len += strlen(outer + len) + 1;
    for (size_t i = 0; i < table->count; i++) {
        const char *inner = table->fields[i].path;
        size_t at = 0;
        while (inner[at] != '\0' && at < len)
            at += strlen(inner + at) + 1;
        if (i != row && at == len && memcmp(inner, outer, len) == 0)
            within |= UINT64_C(1) << i;
    }
    return within;
}

// Has it JSON with such rows, whose order is the server's?
static bool keeps_an_order(const struct kedge_table *table, unsigned depth)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct kedge_field *field = &table->fields[i];
        if (field->type == KEDGE_FIELD_RAW && rows_within(table, i) != 0)
            return true;
        if (field->type == KEDGE_FIELD_LIST && depth < 4 && keeps_an_order(field->items, depth + 1))
            return true;
    }
    return false;
}

static void members_may_come_in_any_order(void **state)
{
    (void)state;
    for (size_t k = 0; k < EVERY_KIND; k++) {
        if (keeps_an_order(every_kind[k]->table, 0))
            continue;
        json_t *json = filled_object(every_kind[k]);
        char *text = json_dumps(json, JSON_COMPACT);
        char *sorted = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
        struct kedge_object *a = record_of(every_kind[k], kedge_str_of(text));
        struct kedge_object *b = record_of(every_kind[k], kedge_str_of(sorted));
        assert_string_not_equal(text, sorted);
        assert_int_equal(a->size, b->size);
        assert_memory_equal(a, b, a->size);
        free(a);
        free(b);
        free(text);
        free(sorted);
        json_decref(json);
    }
}

static void every_row_may_be_null(void **state)
{
    (void)state;
    for (size_t k = 0; k < EVERY_KIND; k++) {
        struct kedge_object *empty = record_of(every_kind[k], KEDGE_STR("{}"));
        json_t *json = json_object();
        for (size_t i = 0; i < every_kind[k]->table->count; i++)
            filled_put(json, every_kind[k]->table->fields[i].path, json_null());
        for (size_t i = 0; i < kedge__meta_table.count; i++)
            filled_put(json, kedge__meta_table.fields[i].path, json_null());
        char *text = json_dumps(json, JSON_COMPACT);
        struct kedge_object *o = record_of(every_kind[k], kedge_str_of(text));
        assert_int_equal(o->size, empty->size);
        assert_memory_equal(o, empty, o->size);
        assert_true(rows_present(o) == 0);
        free(o);
        free(empty);
        free(text);
        json_decref(json);
    }
}

// Bends each row of a kind to each other JSON type; only that row may suffer, and what lies within.
static void a_value_of_another_type_is_absent_and_counted(void **state)
{
    (void)state;
    static const char *const wrong[] = {"7",  "-1.5", "1e99", "true",     "\"odd\"",
                                        "[]", "[7]",  "{}",   "{\"a\":7}"};
    for (size_t k = 0; k < EVERY_KIND; k++) {
        const struct kedge_table *table = every_kind[k]->table;
        for (size_t i = 0; i < (size_t)table->count * 9; i++) {
            json_t *json = filled_object(every_kind[k]);
            json_t *value = json_loads(wrong[i % 9], JSON_DECODE_ANY, NULL);
            filled_put(json, table->fields[i / 9].path, value);
            char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
            struct kedge_object *o = record_of(every_kind[k], kedge_str_of(text));
            uint64_t bit = UINT64_C(1) << (i / 9);
            uint64_t within = rows_within(table, i / 9);
            uint64_t all = table->count == 64 ? ~UINT64_C(0) : (UINT64_C(1) << table->count) - 1;
            assert_true((rows_present(o) | bit | within) == all);
            // What suits is there, what does not is counted; of a list or map, its elements are.
            bool there = (rows_present(o) & bit) != 0;
            if (!there)
                assert_int_equal(o->mistyped, 1);
            else
                assert_in_range(o->mistyped, 0, 1);
            free(o);
            free(text);
            json_decref(json);
        }
    }
}

// Single claims ----------------------------------------------------------------------------------

static const struct kedge_deployment *deployment(const char *json)
{
    static struct kedge_object *last;
    free(last);
    last = json != NULL ? record_of(&kedge_kind_deployment, kedge_str_of(json)) : NULL;
    return kedge_as_deployment(last);
}

static void an_integer_is_kept_only_if_its_type_holds_it(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool there;
        int32_t value;
    } cases[] = {
        {"{\"spec\":{\"replicas\":0}}", true, 0},
        {"{\"spec\":{\"replicas\":3.0}}", true, 3},
        {"{\"spec\":{\"replicas\":2147483647}}", true, INT32_MAX},
        {"{\"spec\":{\"replicas\":-2147483648}}", true, INT32_MIN},
        {"{\"spec\":{\"replicas\":2147483648}}", false, 0},
        {"{\"spec\":{\"replicas\":-2147483649}}", false, 0},
        {"{\"spec\":{\"replicas\":99999999999999999999999}}", false, 0},
        {"{\"spec\":{\"replicas\":1.5}}", false, 0},
        {"{\"spec\":{\"replicas\":\"3\"}}", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct kedge_deployment *d = deployment(cases[i].json);
        assert_int_equal(KEDGE_HAS(d, deployment, spec_replicas), cases[i].there);
        assert_int_equal(d->spec_replicas, cases[i].value);
        assert_int_equal(d->object.mistyped, !cases[i].there);
    }
    deployment(NULL);
}

static void of_a_key_sent_twice_the_last_counts_and_objects_are_joined(void **state)
{
    (void)state;
    const struct kedge_deployment *d = deployment(
        "{\"spec\":{\"replicas\":1,\"paused\":true},\"metadata\":{\"name\":\"a\"},"
        "\"spec\":{\"replicas\":2,\"minReadySeconds\":5},\"metadata\":{\"namespace\":\"n\"},"
        "\"spec\":{\"minReadySeconds\":null}}");
    assert_int_equal(d->spec_replicas, 2);
    assert_true(d->spec_paused);
    assert_false(KEDGE_HAS(d, deployment, spec_min_ready_seconds));
    assert_string_equal(kedge_name(&d->object), "a");
    assert_string_equal(kedge_namespace(&d->object), "n");
    deployment(NULL);
}

static void of_a_label_sent_twice_the_last_counts(void **state)
{
    (void)state;
    const struct kedge_deployment *d = deployment(
        "{\"metadata\":{\"labels\":{\"b\":\"1\",\"a\":\"2\",\"b\":\"3\",\"\\u0061\":\"4\",\"c\":7,"
        "\"d\":null}}}");
    assert_int_equal(d->object.labels.count, 3);
    assert_string_equal(kedge_label(&d->object, "b"), "3");
    assert_string_equal(kedge_label(&d->object, "a"), "4");
    assert_null(kedge_label(&d->object, "c"));
    assert_string_equal(kedge_label(&d->object, "d"), "");
    assert_int_equal(d->object.mistyped, 1);
    deployment(NULL);
}

static void a_label_sent_twice_is_seen_in_any_order_and_at_any_length(void **state)
{
    (void)state;
    const struct kedge_deployment *d =
        deployment("{\"metadata\":{\"labels\":{\"a\":\"1\",\"a\":\"2\",\"b\":\"3\"}}}");
    assert_int_equal(d->object.labels.count, 2);
    assert_string_equal(kedge_label(&d->object, "a"), "2");
    d = deployment("{\"metadata\":{\"labels\":{\"a\":\"1\",\"ab\":\"2\",\"a\":\"3\"}}}");
    assert_int_equal(d->object.labels.count, 2);
    assert_string_equal(kedge_label(&d->object, "a"), "3");
    for (int len = 250; len < 262; len++) {
        char json[1200];
        snprintf(json, sizeof json,
                 "{\"metadata\":{\"labels\":{\"%0*d\":\"1\",\"%0*d\":\"2\",\"%0*d\":\"3\"}}}", len,
                 7, len, 8, len, 7);
        d = deployment(json);
        assert_int_equal(d->object.labels.count, 2);
        assert_string_equal(kedge_text(&kedge_pair_at(&d->object.labels, 1)->value), "3");
    }
    deployment(NULL);
}

static void a_time_or_quantity_has_64_characters_at_most(void **state)
{
    (void)state;
    for (int digits = 40; digits < 48; digits++) {
        char json[400];
        snprintf(json, sizeof json,
                 "{\"metadata\":{\"creationTimestamp\":\"2026-11-23T04:16:24.%0*dZ\"},\"spec\":{"
                 "\"containers\":[{\"resources\":{\"limits\":{\"cpu\":\"%0*d\"}}}]}}",
                 digits, 7, digits + 21, 7);
        struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(json));
        const struct kedge_container *c = kedge_pod_spec_containers(kedge_as_pod(o), 0);
        bool fits = digits + 21 <= 64;
        assert_int_equal(o->mistyped, fits ? 0 : 2);
        assert_int_equal(o->creation_timestamp.seconds != 0, fits);
        assert_true(kedge_quantity(&c->resources_limits_cpu) == (fits ? 7000 : 0));
        free(o);
    }
}

static void a_time_is_kept_to_the_second(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t seconds;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:01Z", 1},
        {"1970-01-01T00:00:01.999999Z", 1},
        {"2026-11-23T05:16:24+01:00", 1795407384},
        {"2038-01-19T03:14:08Z", UINT32_C(1) << 31},
        {"2106-02-07T06:28:14Z", UINT32_MAX - 1},
        {"2106-02-07T06:28:15Z", UINT32_MAX},
        // The nearest that there is.
        {"2106-02-07T06:28:16Z", UINT32_MAX},
        {"9999-12-31T23:59:59Z", UINT32_MAX},
        {"1969-12-31T23:59:59.5Z", 0},
        {"1969-12-31T23:59:59Z", 0},
        {"0001-01-01T00:00:00Z", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char json[400];
        snprintf(json, sizeof json,
                 "{\"metadata\":{\"deletionTimestamp\":\"%s\"},\"status\":{\"startTime\":\"%s\"}}",
                 cases[i].text, cases[i].text);
        struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(json));
        const struct kedge_pod *p = kedge_as_pod(o);
        assert_true(KEDGE_HAS(p, pod, status_start_time));
        assert_int_equal(p->status_start_time.seconds, cases[i].seconds);
        assert_int_equal(o->deletion_timestamp.seconds, cases[i].seconds);
        assert_true(kedge_timestamp_of(p->status_start_time) ==
                    (kedge_timestamp)cases[i].seconds * 1000000);
        assert_int_equal(o->mistyped, 0);
        free(o);
    }
}

static void a_micro_time_is_kept_whole(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "2026-11-23T04:16:24.123456Z", "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000001Z",
        "9999-12-31T23:59:59.999999Z"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char json[200];
        kedge_timestamp t;
        snprintf(json, sizeof json, "{\"spec\":{\"renewTime\":\"%s\"}}", texts[i]);
        struct kedge_object *o = record_of(&kedge_kind_lease, kedge_str_of(json));
        assert_true(kedge_timestamp_parse(kedge_str_of(texts[i]), &t));
        assert_true(kedge_as_lease(o)->spec_renew_time == t);
        assert_true(KEDGE_HAS(kedge_as_lease(o), lease, spec_renew_time));
        assert_false(KEDGE_HAS(kedge_as_lease(o), lease, spec_acquire_time));
        free(o);
    }
}

static void a_list_keeps_its_places(void **state)
{
    (void)state;
    const struct kedge_deployment *d = deployment(
        "{\"metadata\":{\"finalizers\":[\"a\",7,null,\"d\"]},\"status\":{\"conditions\":["
        "{\"type\":\"A\",\"status\":\"True\"},7,null,{\"type\":\"D\",\"status\":\"Maybe\"}]}}");
    assert_int_equal(d->object.finalizers.count, 4);
    assert_string_equal(kedge_text(kedge_text_at(&d->object.finalizers, 1)), "");
    assert_string_equal(kedge_text(kedge_text_at(&d->object.finalizers, 3)), "d");
    assert_int_equal(d->status_conditions.count, 4);
    assert_string_equal(kedge_text(&kedge_deployment_status_conditions(d, 2)->type), "");
    assert_string_equal(kedge_text(&kedge_deployment_status_conditions(d, 3)->type), "D");
    assert_int_equal(kedge_deployment_status_conditions(d, 0)->status, KEDGE_CONDITION_TRUE);
    assert_int_equal(kedge_deployment_status_conditions(d, 3)->status, 0);
    assert_null(kedge_deployment_status_conditions(d, 4));
    assert_int_equal(d->object.mistyped, 2);
    deployment(NULL);
}

static void the_same_text_lies_in_a_record_once(void **state)
{
    (void)state;
    const char *twice = "{\"metadata\":{\"name\":\"some-long-name\",\"labels\":{\"app\":"
                        "\"some-long-name\"}},\"spec\":{\"selector\":{\"matchLabels\":{\"app\":"
                        "\"some-long-name\"}}}}";
    const struct kedge_deployment *d = deployment(twice);
    const char *name = kedge_name(&d->object);
    assert_string_equal(name, "some-long-name");
    assert_ptr_equal(kedge_label(&d->object, "app"), name);
    assert_ptr_equal(kedge_text(kedge_map_get(&d->spec_selector_match_labels, "app")), name);
    deployment(NULL);
}

// A label that is what stands behind the last '-' or ':' of an owner's name or an image.
static void a_text_that_is_the_end_of_another_is_not_written_again(void **state)
{
    (void)state;
    static const struct {
        const char *name, *label;
        size_t behind; // bytes of the name in front of it; 0: it is written
    } cases[] = {
        {"checkout-6d5f8c7b9d", "6d5f8c7b9d", 9},
        {"registry/a-b:1.4.2", "1.4.2", 13},
        {"a:b-c1", "c1", 4},
        {"web--x1", "x1", 5},
        {"-x2", "x2", 1},
        {"web-x3-", "x3-", 4},
        {"web-x4-", "x4", 0},
        {"web-x5", "web-x", 0},
        {"web.x6", "x6", 0},
        {"a-b-c7", "b-c7", 0},
        {"web-", "eb-", 0},
        {"web-x8", "X8", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char json[400];
        snprintf(json, sizeof json,
                 "{\"metadata\":{\"labels\":{\"l\":\"%s\"},\"ownerReferences\":[{\"name\":\"%s\","
                 "\"controller\":true}]}}",
                 cases[i].label, cases[i].name);
        struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(json));
        const char *name = kedge_text(&kedge_controller_of(o)->name);
        const char *label = kedge_label(o, "l");
        assert_string_equal(name, cases[i].name);
        assert_string_equal(label, cases[i].label);
        if (cases[i].behind > 0)
            assert_ptr_equal(label, name + cases[i].behind);
        else
            assert_true(label < name || label > name + strlen(name));
        free(o);
    }
}

// More texts than there are notes of: each is right, whether it is found again or not.
static void of_many_texts_each_is_its_own(void **state)
{
    (void)state;
    enum { LABELS = 300 };
    char json[16384] = "{\"metadata\":{\"labels\":{", text[32];
    size_t len = strlen(json);
    for (int i = 0; i < LABELS; i++)
        len += (size_t)snprintf(json + len, sizeof json - len, "%s\"k%03d\":\"v-%d:%d\"",
                                i > 0 ? "," : "", i, i % 100, i % 7);
    snprintf(json + len, sizeof json - len, "}}}");
    struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(json));
    for (int i = 0; i < LABELS; i++) {
        const struct kedge_text_pair *pair = kedge_pair_at(&o->labels, (size_t)i);
        snprintf(text, sizeof text, "k%03d", i);
        assert_string_equal(kedge_text(&pair->key), text);
        snprintf(text, sizeof text, "v-%d:%d", i % 100, i % 7);
        assert_string_equal(kedge_text(&pair->value), text);
    }
    free(o);
}

static void escapes_are_undone_and_nul_is_kept(void **state)
{
    (void)state;
    static const char json[] =
        "{\"data\":{\"a\\u0000b\":\"\\u00e9\\ud834\\udd1e\\n\\u0000x\","
        "\"plain\":\"a\\/b\"},\"binaryData\":{\"k\":\"\\/\\/\\u002b\\u002B\\n"
        "\"}}";
    struct kedge_object *o = record_of(&kedge_kind_configmap, kedge_str_of(json));
    const struct kedge_configmap *c = kedge_as_configmap(o);
    const struct kedge_text_pair *pair = kedge_pair_at(&c->data, 0);
    assert_int_equal(kedge_text_len(&pair->key), 3);
    assert_memory_equal(kedge_text(&pair->key), "a\0b", 4);
    assert_int_equal(kedge_text_len(&pair->value), 9);
    assert_memory_equal(kedge_text(&pair->value), "\xc3\xa9\xf0\x9d\x84\x9e\n\0x", 10);
    assert_string_equal(kedge_text(kedge_map_get(&c->data, "plain")), "a/b");
    const struct kedge_text *binary = kedge_map_get(&c->binary_data, "k");
    assert_int_equal(kedge_text_len(binary), 3);
    assert_memory_equal(kedge_text(binary), "\xff\xff\xbe", 4);
    free(o);
}

static void data_that_is_no_base64_is_left_out(void **state)
{
    (void)state;
    struct kedge_object *o = record_of(
        &kedge_kind_secret,
        KEDGE_STR("{\"data\":{\"bad\":\"Zg=\",\"good\":\"Zg==\",\"odd\":7,\"none\":null}}"));
    const struct kedge_secret *s = kedge_as_secret(o);
    assert_int_equal(s->data.count, 2);
    assert_null(kedge_map_get(&s->data, "bad"));
    assert_string_equal(kedge_text(kedge_map_get(&s->data, "good")), "f");
    assert_string_equal(kedge_text(kedge_map_get(&s->data, "none")), "");
    assert_int_equal(o->mistyped, 2);
    free(o);
}

static void a_scalar_where_an_object_should_stand_hides_what_would_be_in_it(void **state)
{
    (void)state;
    struct kedge_object *o =
        record_of(&kedge_kind_service, KEDGE_STR("{\"metadata\":7,\"spec\":[1],\"status\":null}"));
    assert_string_equal(kedge_name(o), "");
    assert_int_equal(o->mistyped, 2);
    assert_true(rows_present(o) == 0);
    free(o);
}

static void an_object_that_is_none_gives_an_empty_record(void **state)
{
    (void)state;
    static const char *const texts[] = {"null", "7", "[]", "\"x\"", "[{\"metadata\":{}}]"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct kedge_object *o = record_of(&kedge_kind_pod, kedge_str_of(texts[i]));
        assert_string_equal(kedge_name(o), "");
        free(o);
    }
}

static void a_partial_record_is_the_identity(void **state)
{
    (void)state;
    kedge_str json =
        KEDGE_STR("{\"metadata\":{\"name\":\"n\",\"namespace\":\"s\",\"uid\":\"u\","
                  "\"resourceVersion\":\"5\",\"labels\":{\"a\":\"b\"}},\"spec\":{\"replicas\":3}}");
    struct kedge_object *o = partial_of(&kedge_kind_deployment, json);
    const struct kedge_deployment *d = kedge_as_deployment(o);
    assert_true(kedge_is_partial(o));
    assert_string_equal(kedge_name(o), "n");
    assert_string_equal(kedge_namespace(o), "s");
    char uid[KEDGE_UID_TEXT];
    assert_string_equal(kedge_uid(o, uid), "u");
    assert_string_equal(kedge_resource_version(o), "5");
    assert_int_equal(o->labels.count, 0);
    assert_int_equal(d->spec_replicas, 0);
    assert_true(rows_present(o) == 0);
    free(o);
}

// Sizes ------------------------------------------------------------------------------------------

static void starve(void *ctx, kedge_json_value root)
{
    const struct kedge_kind *kind = ctx;
    size_t need, size;
    assert_int_equal(kedge__project(kind, root, false, NULL, 0, &need), KEDGE_OK);
    for (size_t cap = 1; cap < need; cap++) {
        unsigned char *buf = malloc(cap);
        memset(buf, 0xa5, cap);
        assert_int_equal(kedge__project(kind, root, false, buf, cap, &size), KEDGE_ERR_FULL);
        assert_int_equal(size, need);
        for (size_t i = 0; i < cap; i++)
            assert_int_equal(buf[i], 0xa5);
        free(buf);
    }
}

static void a_buffer_that_is_too_small_is_left_alone(void **state)
{
    (void)state;
    with_json(KEDGE_STR("{\"metadata\":{\"name\":\"n\",\"labels\":{\"a\":\"b\"}}}"), starve,
              (void *)(uintptr_t)&kedge_kind_pod);
}

static void measure(void *ctx, kedge_json_value root)
{
    size_t size = 0;
    kedge_err *err = ctx;
    *err = kedge__project(&kedge_kind_configmap, root, false, NULL, 0, &size);
    if (*err == KEDGE_OK) {
        unsigned char *buf = malloc(size);
        assert_int_equal(kedge__project(&kedge_kind_configmap, root, false, buf, size, &size),
                         KEDGE_OK);
        const struct kedge_configmap *c = kedge_as_configmap((struct kedge_object *)(void *)buf);
        const struct kedge_text *text = kedge_map_get(&c->data, "k");
        assert_int_equal(strlen(kedge_text(text)), kedge_text_len(text));
        free(buf);
        return;
    }
    assert_int_equal(kedge__project(&kedge_kind_configmap, root, true, NULL, 0, &size), KEDGE_OK);
    assert_true(size < 200);
}

// A ConfigMap with one value of so many bytes.
static kedge_err measure_value(size_t len)
{
    static char json[80 * 1024];
    kedge_err err;
    int n = snprintf(json, sizeof json, "{\"metadata\":{\"name\":\"x\"},\"data\":{\"k\":\"%*s\"}}",
                     (int)len, "v");
    with_json((kedge_str){json, (size_t)n}, measure, &err);
    return err;
}

static void a_record_ends_where_its_offsets_end(void **state)
{
    (void)state;
    if (sizeof(kedge_offset) > 2)
        skip();
    size_t last = 0;
    for (size_t len = 63300; len < 63600; len++) {
        kedge_err err = measure_value(len);
        if (err == KEDGE_OK)
            last = len;
        else
            assert_int_equal(err, KEDGE_ERR_TOO_LONG);
    }
    assert_in_range(last, 63350, 63488);
    assert_int_equal(measure_value(70000), KEDGE_ERR_TOO_LONG);
}

// Identity ---------------------------------------------------------------------------------------

static void read_identity(void *ctx, kedge_json_value root)
{
    kedge__identity_read(ctx, root);
}

static struct kedge__identity identity_of(const char *json)
{
    struct kedge__identity id;
    memset(&id, 0xa5, sizeof id);
    with_json(kedge_str_of(json), read_identity, &id);
    return id;
}

static void the_identity_is_read_before_there_is_a_record(void **state)
{
    (void)state;
    struct kedge__identity id =
        identity_of("{\"metadata\":{\"name\":\"n\\u00e9\",\"namespace\":\"s\",\"uid\":\"u\","
                    "\"resourceVersion\":\"12\"}}");
    assert_string_equal(id.name, "n\xc3\xa9");
    assert_string_equal(id.namespace_, "s");
    assert_string_equal(id.uid, "u");
    assert_string_equal(id.resource_version, "12");
    assert_false(id.unusable);
    assert_false(id.initial_events_end);

    id = identity_of("{\"metadata\":{\"name\":7,\"namespace\":null}}");
    assert_string_equal(id.name, "");
    assert_string_equal(id.namespace_, "");
    assert_string_equal(id.uid, "");
}

static void the_end_of_the_initial_events_is_seen(void **state)
{
    (void)state;
    assert_true(identity_of("{\"metadata\":{\"annotations\":{\"a\":\"b\","
                            "\"k8s.io/initial-events-end\":\"true\"}}}")
                    .initial_events_end);
    assert_false(
        identity_of("{\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":\"false\"}}}")
            .initial_events_end);
    assert_false(
        identity_of("{\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":true}}}")
            .initial_events_end);
}

static void a_name_that_is_too_long_is_reported(void **state)
{
    (void)state;
    char json[400];
    for (int len = 250; len < 260; len++) {
        snprintf(json, sizeof json, "{\"metadata\":{\"name\":\"%0*d\",\"uid\":\"u\"}}", len, 7);
        struct kedge__identity id = identity_of(json);
        assert_int_equal(id.unusable, len > 253);
        assert_int_equal(strlen(id.name), len > 253 ? 0 : len);
        assert_string_equal(id.uid, "u");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_holds_what_another_library_reads),
        cmocka_unit_test(a_real_server_sends_every_row),
        cmocka_unit_test(however_the_bytes_are_split),
        cmocka_unit_test(whatever_comes_a_record_leads_nowhere_outside_itself),
        cmocka_unit_test(every_row_of_every_kind_takes_its_value),
        cmocka_unit_test(members_may_come_in_any_order),
        cmocka_unit_test(every_row_may_be_null),
        cmocka_unit_test(a_value_of_another_type_is_absent_and_counted),
        cmocka_unit_test(an_integer_is_kept_only_if_its_type_holds_it),
        cmocka_unit_test(of_a_key_sent_twice_the_last_counts_and_objects_are_joined),
        cmocka_unit_test(of_a_label_sent_twice_the_last_counts),
        cmocka_unit_test(a_label_sent_twice_is_seen_in_any_order_and_at_any_length),
        cmocka_unit_test(a_time_or_quantity_has_64_characters_at_most),
        cmocka_unit_test(a_time_is_kept_to_the_second),
        cmocka_unit_test(a_micro_time_is_kept_whole),
        cmocka_unit_test(a_list_keeps_its_places),
        cmocka_unit_test(the_same_text_lies_in_a_record_once),
        cmocka_unit_test(a_text_that_is_the_end_of_another_is_not_written_again),
        cmocka_unit_test(of_many_texts_each_is_its_own),
        cmocka_unit_test(escapes_are_undone_and_nul_is_kept),
        cmocka_unit_test(data_that_is_no_base64_is_left_out),
        cmocka_unit_test(a_scalar_where_an_object_should_stand_hides_what_would_be_in_it),
        cmocka_unit_test(an_object_that_is_none_gives_an_empty_record),
        cmocka_unit_test(a_partial_record_is_the_identity),
        cmocka_unit_test(a_buffer_that_is_too_small_is_left_alone),
        cmocka_unit_test(a_record_ends_where_its_offsets_end),
        cmocka_unit_test(the_identity_is_read_before_there_is_a_record),
        cmocka_unit_test(the_end_of_the_initial_events_is_seen),
        cmocka_unit_test(a_name_that_is_too_long_is_reported),
    };
    return cmocka_run_group_tests(tests, find_samples, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Objects and patches from named fields.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "kedge/build.h"
#include "kedge/kinds.h"
#include "objects.h"
#include "json/compact.h"

// Every type of row, and lists in lists one deeper than they may be.
#define KEDGE_VALUES_colour(VALUE) VALUE(COLOUR_RED, "Red") VALUE(COLOUR_BLUE, "Blue")
KEDGE_DECLARE_ENUM(colour)
#define KEDGE_ROWS_deep5(FIELD, LIST, ENUM, K) FIELD(K, TEXT, name, "name")
KEDGE_DECLARE_ITEM(deep5)
KEDGE_DEFINE_ITEM(deep5)
#define KEDGE_ROWS_deep4(FIELD, LIST, ENUM, K) LIST(K, deep5, more, "more")
KEDGE_DECLARE_ITEM(deep4)
KEDGE_DEFINE_ITEM(deep4)
#define KEDGE_ROWS_deep3(FIELD, LIST, ENUM, K) LIST(K, deep4, more, "more")
KEDGE_DECLARE_ITEM(deep3)
KEDGE_DEFINE_ITEM(deep3)
#define KEDGE_ROWS_deep2(FIELD, LIST, ENUM, K) \
    LIST(K, deep3, more, "more")               \
    FIELD(K, TEXT, name, "name")
KEDGE_DECLARE_ITEM(deep2)
KEDGE_DEFINE_ITEM(deep2)
#define KEDGE_ROWS_deep1(FIELD, LIST, ENUM, K) \
    LIST(K, deep2, more, "more")               \
    FIELD(K, TEXT, name, "name")               \
    FIELD(K, INT32, size, "si/ze~")
KEDGE_DECLARE_ITEM(deep1)
KEDGE_DEFINE_ITEM(deep1)
#define KEDGE_ROWS_thing(FIELD, LIST, ENUM, K)               \
    FIELD(K, TEXT, spec_text, "spec", "text")                \
    FIELD(K, BOOL, spec_bool, "spec", "bool")                \
    FIELD(K, INT32, spec_int32, "spec", "int32")             \
    FIELD(K, INT64, spec_int64, "spec", "int64")             \
    FIELD(K, TIME, spec_time, "spec", "time")                \
    FIELD(K, QUANTITY, spec_quantity, "spec", "quantity")    \
    ENUM(K, colour, spec_colour, "spec", "colour")           \
    FIELD(K, TEXT_LIST, spec_texts, "spec", "texts")         \
    FIELD(K, TEXT_MAP, spec_map, "spec", "map")              \
    LIST(K, deep1, spec_list, "spec", "list")                \
    FIELD(K, RAW, spec_raw, "spec", "raw")                   \
    FIELD(K, DROP, spec_dropped, "spec", "raw", "dropped")   \
    FIELD(K, SCALAR, spec_scalar, "spec", "scalar")          \
    FIELD(K, BASE64, spec_bytes, "spec", "bytes")            \
    FIELD(K, BASE64_MAP, spec_bytes_map, "spec", "bytesMap") \
    FIELD(K, TEXT, annotation, "metadata", "annotations", "example.com/it")
KEDGE_DECLARE_KIND(thing)
KEDGE_DEFINE_KIND(thing, "example.com", "v1", "things", "Thing", KEDGE_NAMESPACED)

static char text[2048];

static void assert_built(const struct kedge_build *b, const char *expected)
{
    kedge_str out;
    assert_string_equal(kedge_build_error_text(b), "");
    assert_int_equal(kedge_build_finish(b, &out), KEDGE_OK);
    char copy[sizeof text + 1];
    memcpy(copy, out.ptr, out.len);
    copy[out.len] = '\0';
    assert_string_equal(copy, expected);
}

static void assert_failed(const struct kedge_build *b, kedge_err err, const char *problem)
{
    kedge_str out = {"", 1};
    assert_int_equal(kedge_build_finish(b, &out), err);
    assert_null(out.ptr);
    assert_int_equal(out.len, 0);
    assert_string_equal(kedge_build_error_text(b), problem);
}

static struct kedge_build patch_of(const struct kedge_kind *kind)
{
    struct kedge_build b;
    kedge_build_patch(&b, kind, text, sizeof text);
    return b;
}

#define THING(member) KEDGE_FIELD(thing, spec_##member)

static void build_everything(struct kedge_build *b, char *buf, size_t cap)
{
    kedge_build_object(b, &kedge_kind_thing, buf, cap);
    kedge_build_text(b, THING(text), "a \"b\"\n");
    kedge_build_name(b, "one");
    kedge_build_bool(b, THING(bool), false);
    kedge_build_int(b, THING(int32), 0);
    kedge_build_int(b, THING(int64), INT64_MIN);
    kedge_build_namespace(b, "default");
    kedge_build_time(b, THING(time), 1500000);
    kedge_build_quantity(b, THING(quantity), 1500);
    kedge_build_enum(b, THING(colour), COLOUR_BLUE);
    kedge_build_add(b, THING(texts), "x");
    kedge_build_add(b, THING(texts), "");
    kedge_build_entry(b, THING(map), "k", "v");
    kedge_build_item(b, THING(list));
    kedge_build_text(b, KEDGE_FIELD(deep1, name), "first");
    kedge_build_item(b, KEDGE_FIELD(deep1, more));
    kedge_build_text(b, KEDGE_FIELD(deep2, name), "inner");
    kedge_build_label(b, "app", "web");
    kedge_build_int(b, KEDGE_FIELD(deep1, size), 7);
    kedge_build_item(b, THING(list));
    kedge_build_int(b, KEDGE_FIELD_IN(deep1, "other", "n"), 1);
    kedge_build_json(b, THING(raw), KEDGE_STR(" { \"a\" : [ 1 , 2 ] } "));
    kedge_build_text(b, THING(scalar), "http");
    kedge_build_bytes(b, THING(bytes), KEDGE_STR("foobar"));
    kedge_build_entry_bytes(b, THING(bytes_map), "k", KEDGE_STR("f"));
    kedge_build_annotation(b, "example.com/other", "");
    kedge_build_text(b, KEDGE_FIELD(thing, annotation), "yes");
    kedge_build_finalizer(b, "example.com/f");
    kedge_build_resource_version(b, "7");
    kedge_build_generate_name(b, "g-");
}

static const char everything[] =
    "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Thing\","
    "\"spec\":{\"text\":\"a \\\"b\\\"\\n\",\"bool\":false,\"int32\":0,"
    "\"int64\":-9223372036854775808,\"time\":\"1970-01-01T00:00:01.500000Z\","
    "\"quantity\":\"1500m\",\"colour\":\"Blue\",\"texts\":[\"x\",\"\"],\"map\":{\"k\":\"v\"},"
    "\"list\":[{\"name\":\"first\",\"more\":[{\"name\":\"inner\"}],\"si/ze~\":7},"
    "{\"other\":{\"n\":1}}],\"raw\":{\"a\":[1,2]},\"scalar\":\"http\",\"bytes\":\"Zm9vYmFy\","
    "\"bytesMap\":{\"k\":\"Zg==\"}},\"metadata\":{\"name\":\"one\",\"namespace\":\"default\","
    "\"labels\":{\"app\":\"web\"},\"annotations\":{\"example.com/other\":\"\","
    "\"example.com/it\":\"yes\"},\"finalizers\":[\"example.com/f\"],\"resourceVersion\":\"7\","
    "\"generateName\":\"g-\"}}";

static void fields_in_any_order_go_to_their_places(void **state)
{
    (void)state;
    struct kedge_build b;
    build_everything(&b, text, sizeof text);
    assert_built(&b, everything);
}

// A buffer too small by however much is an error that stays, and nothing is written behind it.
static void a_buffer_of_any_size_is_enough_or_refused(void **state)
{
    (void)state;
    size_t enough = 0;
    for (size_t cap = 0; cap <= sizeof everything + 16; cap++) {
        struct kedge_build b;
        kedge_str out;
        char *exact = malloc(cap > 0 ? cap : 1);
        assert_non_null(exact);
        build_everything(&b, cap > 0 ? exact : NULL, cap);
        if (kedge_build_finish(&b, &out) == KEDGE_OK) {
            assert_int_equal(out.len, sizeof everything - 1);
            assert_memory_equal(out.ptr, everything, out.len);
            enough++;
        } else {
            assert_int_equal(kedge_build_finish(&b, &out), KEDGE_ERR_TOO_LONG);
            assert_non_null(
                strstr(kedge_build_error_text(&b), "the builder's buffer is too small"));
        }
        free(exact);
    }
    // The brackets that are there already need a byte or two of room while a value is put.
    assert_in_range(enough, 12, 17);
}

static void a_patch_is_what_was_named_and_no_more(void **state)
{
    (void)state;
    struct kedge_build b = patch_of(&kedge_kind_deployment);
    assert_built(&b, "{}");
    kedge_build_int(&b, KEDGE_FIELD(deployment, spec_replicas), 3);
    assert_built(&b, "{\"spec\":{\"replicas\":3}}");
    kedge_build_null(&b, KEDGE_FIELD(deployment, spec_paused));
    kedge_build_entry_null(&b, KEDGE_LABELS, "old");
    kedge_build_int(&b, KEDGE_FIELD(deployment, spec_min_ready_seconds), 0);
    assert_built(&b, "{\"spec\":{\"replicas\":3,\"paused\":null,\"minReadySeconds\":0},"
                     "\"metadata\":{\"labels\":{\"old\":null}}}");
}

// As the API takes them: uids as texts, times of both kinds.
// Rows without a member stand at no offset, though it is written as 0.
static void a_row_without_a_member_is_not_the_first(void **state)
{
    (void)state;
    static const struct kedge_field rows[] = {
        {.path = "spec\0sieved\0", .type = KEDGE_FIELD_SIEVED},
        {.path = "spec\0dropped\0", .type = KEDGE_FIELD_DROP},
        {.path = "spec\0first\0", .type = KEDGE_FIELD_TEXT},
        {.path = "spec\0dropped too\0", .type = KEDGE_FIELD_DROP, .offset = 8},
    };
    static const struct kedge_table table = {rows, 4, 0};
    struct kedge_kind kind = kedge_kind_thing;
    kind.table = &table;
    struct kedge_build b = patch_of(&kind);
    kedge_build_text(&b, (kedge_member){&table, NULL, 0}, "here");
    assert_built(&b, "{\"spec\":{\"first\":\"here\"}}");
    kedge_build_text(&b, (kedge_member){&table, NULL, 8}, "nowhere");
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "a member that is no row of its table");
}

static void what_records_keep_in_fewer_bytes_is_written_in_full(void **state)
{
    (void)state;
    struct kedge_build b = patch_of(&kedge_kind_lease);
    kedge_build_time(&b, KEDGE_FIELD(lease, spec_renew_time), 1500000);
    assert_built(&b, "{\"spec\":{\"renewTime\":\"1970-01-01T00:00:01.500000Z\"}}");
    b = patch_of(&kedge_kind_event);
    kedge_build_text(&b, KEDGE_FIELD(event, involved_object_uid), "u-1");
    kedge_build_time(&b, KEDGE_FIELD(event, last_timestamp), 1500000);
    assert_built(&b, "{\"involvedObject\":{\"uid\":\"u-1\"},"
                     "\"lastTimestamp\":\"1970-01-01T00:00:01.500000Z\"}");
}

static void the_last_value_counts(void **state)
{
    (void)state;
    struct kedge_build b = patch_of(&kedge_kind_thing);
    kedge_build_text(&b, THING(text), "short");
    kedge_build_int(&b, THING(int32), 1);
    kedge_build_text(&b, THING(text), "much longer");
    kedge_build_int(&b, THING(int32), 22);
    kedge_build_text(&b, THING(text), "");
    kedge_build_entry(&b, THING(map), "k", "1");
    kedge_build_entry_null(&b, THING(map), "k");
    kedge_build_entry(&b, THING(map), "a\"b", "1");
    kedge_build_entry(&b, THING(map), "a\"b", "2");
    assert_built(&b, "{\"spec\":{\"text\":\"\",\"int32\":22,\"map\":{\"k\":null,"
                     "\"a\\\"b\":\"2\"}}}");
}

static void containers_are_patched_by_name(void **state)
{
    (void)state;
    struct kedge_build b = patch_of(&kedge_kind_deployment);
    kedge_build_item(&b, KEDGE_FIELD(deployment, spec_template_spec_containers));
    kedge_build_text(&b, KEDGE_FIELD(template_container, name), "web");
    kedge_build_text(&b, KEDGE_FIELD(template_container, image), "nginx:1.29");
    kedge_build_text(&b, KEDGE_FIELD_IN(template_container, "imagePullPolicy"), "Always");
    kedge_build_item(&b, KEDGE_FIELD(deployment, spec_template_spec_containers));
    kedge_build_text(&b, KEDGE_FIELD(template_container, name), "old");
    kedge_build_directive(&b, "delete");
    kedge_build_entry(&b, KEDGE_FIELD_AT("spec", "template", "metadata", "labels"), "app", "web");
    assert_built(&b, "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"web\","
                     "\"image\":\"nginx:1.29\",\"imagePullPolicy\":\"Always\"},{\"name\":\"old\","
                     "\"$patch\":\"delete\"}]},\"metadata\":{\"labels\":{\"app\":\"web\"}}}}}");
    b = patch_of(&kedge_kind_thing);
    kedge_build_directive(&b, "replace");
    assert_built(&b, "{\"$patch\":\"replace\"}");
}

static void what_is_put_before_an_item_moves_it(void **state)
{
    (void)state;
    struct kedge_build b = patch_of(&kedge_kind_thing);
    kedge_build_text(&b, THING(text), "a");
    kedge_build_item(&b, THING(list));
    kedge_build_item(&b, KEDGE_FIELD(deep1, more));
    kedge_build_text(&b, THING(text), "longer than before");
    kedge_build_text(&b, KEDGE_FIELD(deep2, name), "in");
    kedge_build_text(&b, THING(text), "");
    kedge_build_text(&b, KEDGE_FIELD(deep1, name), "out");
    assert_built(&b, "{\"spec\":{\"text\":\"\",\"list\":[{\"more\":[{\"name\":\"in\"}],"
                     "\"name\":\"out\"}]}}");
    // A list that is replaced ends its items.
    kedge_build_empty(&b, THING(list));
    assert_built(&b, "{\"spec\":{\"text\":\"\",\"list\":[]}}");
    kedge_build_text(&b, KEDGE_FIELD(deep1, name), "gone");
    assert_failed(&b, KEDGE_ERR_ARGUMENT,
                  "name: neither of this kind nor of an item that was begun");
}

static void what_is_empty_is_told_from_what_is_unset(void **state)
{
    (void)state;
    struct kedge_build b = patch_of(&kedge_kind_thing);
    kedge_build_empty(&b, THING(list));
    kedge_build_empty(&b, THING(texts));
    kedge_build_empty(&b, THING(map));
    kedge_build_empty(&b, THING(bytes_map));
    kedge_build_add(&b, THING(texts), "x");
    kedge_build_item(&b, THING(list));
    kedge_build_entry(&b, THING(map), "k", "");
    assert_built(&b, "{\"spec\":{\"list\":[{}],\"texts\":[\"x\"],\"map\":{\"k\":\"\"},"
                     "\"bytesMap\":{}}}");
}

static void scalars_and_numbers_are_written_as_they_are(void **state)
{
    (void)state;
    struct kedge_build b = patch_of(&kedge_kind_thing);
    kedge_build_int(&b, THING(scalar), 80);
    assert_built(&b, "{\"spec\":{\"scalar\":80}}");
    kedge_build_bool(&b, THING(scalar), true);
    assert_built(&b, "{\"spec\":{\"scalar\":true}}");
    kedge_build_null(&b, THING(scalar));
    kedge_build_int(&b, THING(int32), INT32_MIN);
    kedge_build_int(&b, THING(int32), INT32_MAX);
    kedge_build_text(&b, THING(quantity), "64Mi");
    kedge_build_text(&b, THING(colour), "Green");
    kedge_build_quantity(&b, KEDGE_FIELD_AT("q"), -2000);
    kedge_build_quantity(&b, KEDGE_FIELD_AT("p"), INT64_MIN);
    kedge_build_bool(&b, KEDGE_FIELD_AT("a", "b"), false);
    assert_built(&b, "{\"spec\":{\"scalar\":null,\"int32\":2147483647,\"quantity\":\"64Mi\","
                     "\"colour\":\"Green\"},\"q\":\"-2\",\"p\":\"-9223372036854775808m\","
                     "\"a\":{\"b\":false}}");
}

static void raw_json_is_checked_and_compacted(void **state)
{
    (void)state;
    struct kedge_build b = patch_of(&kedge_kind_thing);
    kedge_build_json(&b, THING(raw), KEDGE_STR("true"));
    kedge_build_json(&b, THING(list), KEDGE_STR("\t\r\n [ ]"));
    kedge_build_json(&b, THING(texts), KEDGE_STR("[\"a\"]"));
    kedge_build_json(&b, THING(map), KEDGE_STR("{\"a\": \"}\\\"\"}"));
    kedge_build_json(&b, KEDGE_FIELD_AT("spec", "x"),
                     KEDGE_STR("[{\"y\": 1}, 2.5e3, null, false]"));
    kedge_build_add_json(&b, KEDGE_FIELD_AT("spec", "x"), KEDGE_STR(" \"z\" "));
    kedge_build_add_json(&b, THING(list), KEDGE_STR("{}"));
    kedge_build_entry(&b, THING(map), "b", "c");
    assert_built(&b, "{\"spec\":{\"raw\":true,\"list\":[{}],\"texts\":[\"a\"],\"map\":{"
                     "\"a\":\"}\\\"\",\"b\":\"c\"},\"x\":[{\"y\":1},2.5e3,null,false,\"z\"]}}");
    kedge_build_json(&b, THING(raw), KEDGE_STR("{\"a\":}"));
    assert_failed(&b, KEDGE_ERR_JSON, "spec.raw: is to be what is not one JSON value");
}

static void an_owner_is_named_as_client_go_does(void **state)
{
    (void)state;
    struct kedge_object *o = record_of(
        &kedge_kind_deployment,
        KEDGE_STR("{\"metadata\":{\"name\":\"web\",\"uid\":\"u-1\",\"namespace\":\"default\"}}"));
    struct kedge_build b = patch_of(&kedge_kind_thing);
    kedge_build_owner(&b, o, &kedge_kind_deployment, true);
    kedge_build_owner(&b, o, &kedge_kind_deployment, false);
    assert_built(&b, "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":"
                     "\"Deployment\",\"name\":\"web\",\"uid\":\"u-1\",\"controller\":true,"
                     "\"blockOwnerDeletion\":true},{\"apiVersion\":\"apps/v1\",\"kind\":"
                     "\"Deployment\",\"name\":\"web\",\"uid\":\"u-1\"}]}}");
    kedge_build_owner(&b, o, &kedge_kind_pod, true);
    assert_failed(&b, KEDGE_ERR_ARGUMENT,
                  "metadata.ownerReferences: the owner is not of that kind, or has no name or uid");
    b = patch_of(&kedge_kind_thing);
    kedge_build_owner(&b, o, NULL, true);
    assert_int_equal(b.err, KEDGE_ERR_ARGUMENT);
    free(o);
    b = patch_of(&kedge_kind_thing);
    kedge_build_text(&b, KEDGE_FIELD_AT(""), "nowhere");
    assert_int_equal(b.err, KEDGE_ERR_ARGUMENT);
    static const char *const without[] = {"{\"metadata\":{\"name\":\"web\"}}",
                                          "{\"metadata\":{\"uid\":\"web\"}}"};
    for (size_t i = 0; i < 2; i++) {
        o = record_of(&kedge_kind_pod, kedge_str_of(without[i]));
        b = patch_of(&kedge_kind_thing);
        kedge_build_owner(&b, o, &kedge_kind_pod, true);
        assert_int_equal(b.err, KEDGE_ERR_ARGUMENT);
        free(o);
    }
}

// The core group has no name in apiVersion.
static void a_pod_is_of_v1(void **state)
{
    (void)state;
    struct kedge_build b;
    kedge_build_object(&b, &kedge_kind_pod, text, sizeof text);
    assert_built(&b, "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}");
}

// Refusals ---------------------------------------------------------------------------------------

static void text_for_int(struct kedge_build *b)
{
    kedge_build_text(b, THING(int32), "3");
}
static void int_for_text(struct kedge_build *b)
{
    kedge_build_int(b, THING(text), 3);
}
static void int_too_large(struct kedge_build *b)
{
    kedge_build_int(b, THING(int32), INT64_C(2147483648));
}
static void int_too_small(struct kedge_build *b)
{
    kedge_build_int(b, THING(int32), INT64_C(-2147483649));
}
static void bool_for_map(struct kedge_build *b)
{
    kedge_build_bool(b, THING(map), true);
}
static void null_text(struct kedge_build *b)
{
    kedge_build_text(b, THING(text), NULL);
}
static void bad_utf8(struct kedge_build *b)
{
    kedge_build_text(b, THING(text), "\xff");
}
static void bad_utf8_key(struct kedge_build *b)
{
    kedge_build_entry(b, THING(map), "\xc3", "v");
}
static void bad_quantity(struct kedge_build *b)
{
    kedge_build_text(b, THING(quantity), "1Q");
}
static void no_enum(struct kedge_build *b)
{
    kedge_build_enum(b, THING(colour), 0);
}
static void unknown_enum(struct kedge_build *b)
{
    kedge_build_enum(b, THING(colour), 3);
}
static void enum_for_path(struct kedge_build *b)
{
    kedge_build_enum(b, KEDGE_FIELD_AT("spec"), 1);
}
static void year_10000(struct kedge_build *b)
{
    kedge_build_time(b, THING(time), INT64_MAX);
}
static void time_for_text(struct kedge_build *b)
{
    kedge_build_time(b, THING(text), 0);
}
static void quantity_for_text(struct kedge_build *b)
{
    kedge_build_quantity(b, THING(text), 0);
}
static void empty_path(struct kedge_build *b)
{
    kedge_build_empty(b, KEDGE_FIELD_AT("spec"));
}
static void empty_text(struct kedge_build *b)
{
    kedge_build_empty(b, THING(text));
}
static void entry_without_key(struct kedge_build *b)
{
    kedge_build_entry(b, THING(map), "", "v");
}
static void entry_with_null_key(struct kedge_build *b)
{
    kedge_build_entry(b, THING(map), NULL, "v");
}
static void entry_without_value(struct kedge_build *b)
{
    kedge_build_entry(b, THING(map), "k", NULL);
}
static void entry_of_list(struct kedge_build *b)
{
    kedge_build_entry(b, THING(texts), "k", "v");
}
static void bytes_without_key(struct kedge_build *b)
{
    kedge_build_entry_bytes(b, THING(bytes_map), "", KEDGE_STR("f"));
}
static void bytes_with_null_key(struct kedge_build *b)
{
    kedge_build_entry_bytes(b, THING(bytes_map), NULL, KEDGE_STR("f"));
}
static void bytes_of_texts(struct kedge_build *b)
{
    kedge_build_entry_bytes(b, THING(map), "k", KEDGE_STR("f"));
}
static void bytes_for_text(struct kedge_build *b)
{
    kedge_build_bytes(b, THING(text), KEDGE_STR("f"));
}
static void null_element(struct kedge_build *b)
{
    kedge_build_add(b, THING(texts), NULL);
}
static void element_of_map(struct kedge_build *b)
{
    kedge_build_add(b, THING(map), "x");
}
static void element_of_object(struct kedge_build *b)
{
    kedge_build_entry(b, KEDGE_FIELD_AT("spec"), "k", "v");
    kedge_build_add(b, KEDGE_FIELD_AT("spec"), "x");
}
static void below_a_text(struct kedge_build *b)
{
    kedge_build_text(b, THING(text), "x");
    kedge_build_text(b, KEDGE_FIELD_AT("spec", "text", "below"), "x");
}
static void member_without_item(struct kedge_build *b)
{
    kedge_build_text(b, KEDGE_FIELD(deep1, name), "x");
}
static void member_of_other_kind(struct kedge_build *b)
{
    kedge_build_int(b, KEDGE_FIELD(deployment, spec_replicas), 1);
}
static void no_row(struct kedge_build *b)
{
    kedge_build_text(b, KEDGE_FIELD(thing, object.name), "x");
}
static void no_member(struct kedge_build *b)
{
    kedge_build_text(b, (kedge_member){NULL, NULL, 0}, "x");
}
static void item_of_path(struct kedge_build *b)
{
    kedge_build_item(b, KEDGE_FIELD_AT("spec", "list"));
}
static void item_of_text(struct kedge_build *b)
{
    kedge_build_item(b, THING(text));
}
static void item_too_deep(struct kedge_build *b)
{
    kedge_build_item(b, THING(list));
    kedge_build_item(b, KEDGE_FIELD(deep1, more));
    kedge_build_item(b, KEDGE_FIELD(deep2, more));
    kedge_build_item(b, KEDGE_FIELD(deep3, more));
    kedge_build_item(b, KEDGE_FIELD(deep4, more));
}
static void json_of_another_type(struct kedge_build *b)
{
    kedge_build_json(b, THING(list), KEDGE_STR("{}"));
}
static void json_map_of_another_type(struct kedge_build *b)
{
    kedge_build_json(b, THING(map), KEDGE_STR(" []"));
}
static void json_for_text(struct kedge_build *b)
{
    kedge_build_json(b, THING(text), KEDGE_STR("\"x\""));
}
static void null_json(struct kedge_build *b)
{
    kedge_build_json(b, THING(raw), (kedge_str){NULL, 0});
}
static void op_without_patch(struct kedge_build *b)
{
    kedge_build_op(b, KEDGE_OP_TEST);
}
static void remove_without_patch(struct kedge_build *b)
{
    kedge_build_remove(b, THING(text));
}
static void item_at_without_patch(struct kedge_build *b)
{
    kedge_build_item_at(b, THING(list), 0);
}
static void remove_item_without_patch(struct kedge_build *b)
{
    kedge_build_remove_item(b, THING(list), 0);
}

static const struct refusal {
    void (*call)(struct kedge_build *b);
    const char *problem;
    kedge_err err; // 0: KEDGE_ERR_ARGUMENT
} refusals[] = {
    {text_for_int, "spec.int32: has another type than the value", 0},
    {int_for_text, "spec.text: has another type than the value", 0},
    {int_too_large, "spec.int32: the value does not fit 32 bits", 0},
    {int_too_small, "spec.int32: the value does not fit 32 bits", 0},
    {bool_for_map, "spec.map: has another type than the value", 0},
    {null_text, "spec.text: the text is NULL", 0},
    {bad_utf8, "spec.text: a text that is not UTF-8", 0},
    {bad_utf8_key, "spec.map.?: a text that is not UTF-8", 0},
    {bad_quantity, "spec.quantity: the text is no quantity", 0},
    {no_enum, "spec.colour: has no name for the value", 0},
    {unknown_enum, "spec.colour: has no name for the value", 0},
    {enum_for_path, "spec: has no name for the value", 0},
    {year_10000, "spec.time: a year that is not in 0000 to 9999", 0},
    {time_for_text, "spec.text: has another type than the value", 0},
    {quantity_for_text, "spec.text: has another type than the value", 0},
    {empty_path, "spec: of a path it is not known what is empty", 0},
    {empty_text, "spec.text: has another type than the value", 0},
    {entry_without_key, "spec.map.: the entry has no key", 0},
    {entry_with_null_key, "spec.map: the entry has no key", 0},
    {entry_without_value, "spec.map.k: the entry has no value", 0},
    {entry_of_list, "spec.texts: has another type than the value", 0},
    {bytes_without_key, "spec.bytesMap.: the entry has no key", 0},
    {bytes_with_null_key, "spec.bytesMap: the entry has no key", 0},
    {bytes_of_texts, "spec.map: has another type than the value", 0},
    {bytes_for_text, "spec.text: has another type than the value", 0},
    {null_element, "spec.texts: the text is NULL", 0},
    {element_of_map, "spec.map: has another type than the value", 0},
    {element_of_object, "spec: a value that is no list is there already", 0},
    {below_a_text, "spec.text.below: lies in a value that is no object", 0},
    {member_without_item, "name: neither of this kind nor of an item that was begun", 0},
    {member_of_other_kind, "spec.replicas: neither of this kind nor of an item that was begun", 0},
    {no_row, "a member that is no row of its table", 0},
    {no_member, "a member that is no row of its table", 0},
    {item_of_path, "spec.list: items are begun in a LIST of a table", 0},
    {item_of_text, "spec.text: has another type than the value", 0},
    {item_too_deep, "more: lists in lists, more than KEDGE_BUILD_LISTS", 0},
    {json_of_another_type, "spec.list: has another type than the value", 0},
    {json_map_of_another_type, "spec.map: has another type than the value", 0},
    {json_for_text, "spec.text: has another type than the value", 0},
    {null_json, "spec.raw: is to be what is not one JSON value", KEDGE_ERR_JSON},
    {op_without_patch, "only in a kedge_build_json_patch", 0},
    {remove_without_patch, "only in a kedge_build_json_patch", 0},
    {item_at_without_patch, "only in a kedge_build_json_patch", 0},
    {remove_item_without_patch, "only in a kedge_build_json_patch", 0},
};

static void what_does_not_suit_is_refused_and_stays_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        kedge_err err = refusals[i].err != KEDGE_OK ? refusals[i].err : KEDGE_ERR_ARGUMENT;
        struct kedge_build b = patch_of(&kedge_kind_thing);
        refusals[i].call(&b);
        assert_failed(&b, err, refusals[i].problem);
        // The first error stays, whatever is called.
        for (size_t j = 0; j < sizeof refusals / sizeof refusals[0]; j++)
            refusals[j].call(&b);
        kedge_build_directive(&b, "delete");
        kedge_build_owner(&b, NULL, &kedge_kind_pod, true);
        assert_failed(&b, err, refusals[i].problem);
    }
}

static void a_builder_without_kind_or_room_fails(void **state)
{
    (void)state;
    struct kedge_build b;
    kedge_build_object(&b, NULL, text, sizeof text);
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "there is no kind");
    kedge_build_text(&b, KEDGE_FIELD_AT("a"), "x");
    kedge_build_json_patch(&b, NULL, text, sizeof text);
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "there is no kind");
    kedge_build_patch(&b, &kedge_kind_thing, NULL, 100);
    assert_failed(&b, KEDGE_ERR_TOO_LONG, "the builder's buffer is too small");
}

// JSON patches -----------------------------------------------------------------------------------

static void build_operations(struct kedge_build *b, char *buf, size_t cap)
{
    kedge_build_json_patch(b, &kedge_kind_thing, buf, cap);
    kedge_build_text(b, THING(text), "a");
    kedge_build_op(b, KEDGE_OP_TEST);
    kedge_build_int(b, THING(int32), 2);
    kedge_build_null(b, THING(scalar));
    kedge_build_op(b, KEDGE_OP_REPLACE);
    kedge_build_entry(b, KEDGE_ANNOTATIONS, "a/b~c", "1");
    kedge_build_remove_entry(b, KEDGE_LABELS, "x");
    kedge_build_remove(b, THING(map));
    kedge_build_add(b, THING(texts), "last");
    kedge_build_item_at(b, THING(list), 12);
    kedge_build_int(b, KEDGE_FIELD(deep1, size), 1);
    kedge_build_item_at(b, KEDGE_FIELD(deep1, more), 0);
    kedge_build_text(b, KEDGE_FIELD(deep2, name), "n");
    kedge_build_remove_item(b, KEDGE_FIELD(deep1, more), 3);
    kedge_build_add_json(b, THING(list), KEDGE_STR("{ }"));
}

static const char operations[] =
    "[{\"op\":\"add\",\"path\":\"/spec/text\",\"value\":\"a\"},"
    "{\"op\":\"test\",\"path\":\"/spec/int32\",\"value\":2},"
    "{\"op\":\"test\",\"path\":\"/spec/scalar\",\"value\":null},"
    "{\"op\":\"replace\",\"path\":\"/metadata/annotations/a~1b~0c\",\"value\":\"1\"},"
    "{\"op\":\"remove\",\"path\":\"/metadata/labels/x\"},"
    "{\"op\":\"remove\",\"path\":\"/spec/map\"},"
    "{\"op\":\"add\",\"path\":\"/spec/texts/-\",\"value\":\"last\"},"
    "{\"op\":\"replace\",\"path\":\"/spec/list/12/si~1ze~0\",\"value\":1},"
    "{\"op\":\"replace\",\"path\":\"/spec/list/12/more/0/name\",\"value\":\"n\"},"
    "{\"op\":\"remove\",\"path\":\"/spec/list/12/more/3\"},"
    "{\"op\":\"add\",\"path\":\"/spec/list/-\",\"value\":{}}]";

static void each_value_is_an_operation_of_a_json_patch(void **state)
{
    (void)state;
    struct kedge_build b;
    kedge_build_json_patch(&b, &kedge_kind_thing, text, sizeof text);
    assert_built(&b, "[]");
    build_operations(&b, text, sizeof text);
    assert_built(&b, operations);
}

static void a_json_patch_fits_or_is_refused(void **state)
{
    (void)state;
    for (size_t cap = 0; cap <= sizeof operations + 4; cap++) {
        struct kedge_build b;
        kedge_str out;
        char *exact = malloc(cap > 0 ? cap : 1);
        assert_non_null(exact);
        build_operations(&b, exact, cap);
        kedge_err err = kedge_build_finish(&b, &out);
        // Its two brackets are written once more before they are dropped.
        assert_int_equal(err, cap < sizeof operations ? KEDGE_ERR_TOO_LONG : KEDGE_OK);
        free(exact);
    }
}

static void what_is_no_operation_is_refused(void **state)
{
    (void)state;
    struct kedge_build b;
    char key[500];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    kedge_build_json_patch(&b, &kedge_kind_thing, text, sizeof text);
    kedge_build_item(&b, THING(list));
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "not in a JSON patch, which has kedge_build_item_at");
    kedge_build_json_patch(&b, &kedge_kind_thing, text, sizeof text);
    kedge_build_directive(&b, "delete");
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "not in a JSON patch, which has kedge_build_item_at");
    kedge_build_json_patch(&b, &kedge_kind_thing, text, sizeof text);
    kedge_build_op(&b, (enum kedge_op)3);
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "there is no such operation");
    kedge_build_json_patch(&b, &kedge_kind_thing, text, sizeof text);
    kedge_build_remove_entry(&b, KEDGE_LABELS, "");
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "metadata.labels.: the entry has no key");
    kedge_build_json_patch(&b, &kedge_kind_thing, text, sizeof text);
    kedge_build_remove_entry(&b, KEDGE_LABELS, NULL);
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "metadata.labels: the entry has no key");
    kedge_build_json_patch(&b, &kedge_kind_thing, text, sizeof text);
    kedge_build_remove_entry(&b, THING(text), "k");
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "spec.text: has another type than the value");
    kedge_build_json_patch(&b, &kedge_kind_thing, text, sizeof text);
    kedge_build_entry(&b, KEDGE_LABELS, key, "v");
    assert_int_equal(b.err, KEDGE_ERR_TOO_LONG);
    assert_non_null(strstr(kedge_build_error_text(&b), "the path is too long"));
    kedge_build_json_patch(&b, &kedge_kind_thing, text, sizeof text);
    kedge_build_item_at(&b, KEDGE_FIELD_AT("spec", "list"), 0);
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "spec.list: no LIST of a table, or too deep");
    kedge_build_json_patch(&b, &kedge_kind_thing, text, sizeof text);
    kedge_build_item_at(&b, THING(text), 0);
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "spec.text: has another type than the value");
    kedge_build_json_patch(&b, &kedge_kind_thing, text, sizeof text);
    kedge_build_item_at(&b, THING(list), 0);
    kedge_build_item_at(&b, KEDGE_FIELD(deep1, more), 0);
    kedge_build_item_at(&b, KEDGE_FIELD(deep2, more), 0);
    kedge_build_item_at(&b, KEDGE_FIELD(deep3, more), 0);
    kedge_build_item_at(&b, KEDGE_FIELD(deep4, more), 0);
    assert_failed(&b, KEDGE_ERR_ARGUMENT, "more: no LIST of a table, or too deep");
}

// Another library's word ------------------------------------------------------------------------

static uint32_t luck;
static uint32_t below(uint32_t n)
{
    luck = luck * UINT32_C(1664525) + UINT32_C(1013904223);
    return (luck >> 8) % n;
}

// Puts the value where the path leads; false: something that is no object is in the way.
static bool model_put(json_t *object, const char *path, bool append, json_t *value)
{
    for (;;) {
        const char *next = path + strlen(path) + 1;
        json_t *there = json_object_get(object, path);
        if (*next == '\0') {
            if (!append)
                return json_object_set_new(object, path, value) == 0;
            if (there == NULL) {
                there = json_array();
                json_object_set_new(object, path, there);
            }
            bool list = json_is_array(there);
            if (list)
                json_array_append(there, value);
            json_decref(value);
            return list;
        }
        if (there == NULL) {
            there = json_object();
            json_object_set_new(object, path, there);
        }
        if (!json_is_object(there)) {
            json_decref(value);
            return false;
        }
        object = there;
        path = next;
    }
}

static kedge_member random_path(char path[64])
{
    static const char *const keys[] = {"a", "bb", "\"", "}", "\\", "[,:"};
    size_t len = 0;
    for (uint32_t depth = 1 + below(3); depth > 0; depth--)
        len += (size_t)sprintf(path + len, "%s", keys[below(6)]) + 1;
    path[len] = '\0';
    return (kedge_member){NULL, path, 0};
}

static void whatever_is_put_another_library_would_have_put(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "x", "}]\"\\", "{\"a\":[1", "longer than the others"};
    static const char *const raws[] = {"{}", "[]", "{\"a\":{\"bb\":\"}\"}}", "[1,\"]\"]", "17"};
    unsigned conflicts = 0;
    for (luck = 1; conflicts < 300;) {
        struct kedge_build b = patch_of(&kedge_kind_thing);
        json_t *model = json_object();
        bool well = true;
        for (int i = 0; i < 40 && well; i++) {
            char path[64];
            kedge_member m = random_path(path);
            const char *word = texts[below(5)];
            const char *raw = raws[below(5)];
            switch (below(4)) {
            case 0:
                well = model_put(model, path, false, json_string(word));
                kedge_build_text(&b, m, word);
                break;
            case 1:
                well = model_put(model, path, true, json_string(word));
                kedge_build_add(&b, m, word);
                break;
            case 2:
                well = model_put(model, path, false, json_loads(raw, JSON_DECODE_ANY, NULL));
                kedge_build_json(&b, m, kedge_str_of(raw));
                break;
            default:
                well = model_put(model, path, false, json_null());
                kedge_build_null(&b, m);
                break;
            }
            kedge_str out;
            kedge_err err = kedge_build_finish(&b, &out);
            assert_int_equal(err, well ? KEDGE_OK : KEDGE_ERR_ARGUMENT);
            json_t *built =
                well ? json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
            assert_true(!well || json_equal(built, model));
            json_decref(built);
        }
        conflicts += !well;
        json_decref(model);
    }
}

// Compacting -------------------------------------------------------------------------------------

static const struct {
    const char *in;
    const char *out; // NULL: refused
} compacted[] = {
    {" 1 ", "1"},
    {"-0.5E+2", "-0.5E+2"},
    {"\"\\u00e9\\n\\\"\\\\\\/\\b\\f\\r\\t \xc3\xa9\"",
     "\"\\u00e9\\n\\\"\\\\\\/\\b\\f\\r\\t \xc3\xa9\""},
    {"[ ]", "[]"},
    {"{ }", "{}"},
    {"{ \"a\" : { \"b\" : [ null , true , false ] } , \"c\" : \"\" }",
     "{\"a\":{\"b\":[null,true,false]},\"c\":\"\"}"},
    {"[[1],[2,[3]]]", "[[1],[2,[3]]]"},
    {"", NULL},
    {"  ", NULL},
    {"1 2", NULL},
    {"[1,]", NULL},
    {"[,1]", NULL},
    {"[1 2]", NULL},
    {"[1", NULL},
    {"]", NULL},
    {"[}", NULL},
    {"{]", NULL},
    {"{\"a\"}", NULL},
    {"{\"a\":}", NULL},
    {"{\"a\":1,}", NULL},
    {"{\"a\" 1}", NULL},
    {"{1:2}", NULL},
    {"{\"a\":1 \"b\":2}", NULL},
    {"{\"a\":1}}", NULL},
    {"{,}", NULL},
    {"[:]", NULL},
    {"[1:2]", NULL},
    {"\"", NULL},
    {"\"a", NULL},
    {"\"\\", NULL},
    {"\"\\x\"", NULL},
    {"\"\\u00g0\"", NULL},
    {"\"\\u00", NULL},
    {"\"\\uD800\\u00E9\"", "\"\\uD800\\u00E9\""},
    {"\"\n\"", NULL},
    {"\"\xff\"", NULL},
    {"\"\xc3\"", NULL},
    {"\"\xc3", NULL},
    {"tru", NULL},
    {"True", NULL},
    {"01", NULL},
    {"1.", NULL},
    {"nul\"", NULL},
    {"\"a\"\"b\"", NULL},
    {"[\"a\"\"b\"]", NULL},
    {"1{}", NULL},
    {"[1{}]", NULL},
};

// Exactly as much room as it has, so that a byte beyond is seen. `want` is NULL: it is refused.
static void compact(const char *json, const char *want)
{
    size_t n = strlen(json);
    char *in = malloc(n > 0 ? n : 1);
    char *out = malloc(n > 0 ? n : 1);
    size_t len = 99;
    assert_non_null(in);
    assert_non_null(out);
    memcpy(in, json, n);
    kedge_err err = kedge__json_compact((kedge_str){in, n}, out, &len);
    if (want == NULL) {
        assert_int_equal(err, KEDGE_ERR_JSON);
        assert_int_equal(len, 0);
    } else {
        assert_int_equal(err, KEDGE_OK);
        assert_int_equal(len, strlen(want));
        assert_memory_equal(out, want, len);
        assert_int_equal(kedge__json_compact((kedge_str){in, n}, NULL, &len), KEDGE_OK);
        assert_int_equal(len, strlen(want));
    }
    free(in);
    free(out);
}

static void json_is_compacted_or_refused(void **state)
{
    (void)state;
    size_t len;
    for (size_t i = 0; i < sizeof compacted / sizeof compacted[0]; i++)
        compact(compacted[i].in, compacted[i].out);
    assert_int_equal(kedge__json_compact((kedge_str){"\"\\\0\"", 4}, NULL, &len), KEDGE_ERR_JSON);
    assert_int_equal(kedge__json_compact((kedge_str){"1\0", 2}, NULL, &len), KEDGE_ERR_JSON);
}

static void json_nests_to_64_levels(void **state)
{
    (void)state;
    char in[2 * 65];
    size_t len;
    memset(in, '[', 65);
    memset(in + 65, ']', 65);
    assert_int_equal(kedge__json_compact((kedge_str){in + 1, 128}, NULL, &len), KEDGE_OK);
    assert_int_equal(kedge__json_compact((kedge_str){in, 130}, NULL, &len), KEDGE_ERR_JSON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_in_any_order_go_to_their_places),
        cmocka_unit_test(a_buffer_of_any_size_is_enough_or_refused),
        cmocka_unit_test(a_patch_is_what_was_named_and_no_more),
        cmocka_unit_test(a_row_without_a_member_is_not_the_first),
        cmocka_unit_test(what_records_keep_in_fewer_bytes_is_written_in_full),
        cmocka_unit_test(the_last_value_counts),
        cmocka_unit_test(containers_are_patched_by_name),
        cmocka_unit_test(what_is_put_before_an_item_moves_it),
        cmocka_unit_test(what_is_empty_is_told_from_what_is_unset),
        cmocka_unit_test(scalars_and_numbers_are_written_as_they_are),
        cmocka_unit_test(raw_json_is_checked_and_compacted),
        cmocka_unit_test(an_owner_is_named_as_client_go_does),
        cmocka_unit_test(a_pod_is_of_v1),
        cmocka_unit_test(what_does_not_suit_is_refused_and_stays_so),
        cmocka_unit_test(a_builder_without_kind_or_room_fails),
        cmocka_unit_test(each_value_is_an_operation_of_a_json_patch),
        cmocka_unit_test(a_json_patch_fits_or_is_refused),
        cmocka_unit_test(what_is_no_operation_is_refused),
        cmocka_unit_test(whatever_is_put_another_library_would_have_put),
        cmocka_unit_test(json_is_compacted_or_refused),
        cmocka_unit_test(json_nests_to_64_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

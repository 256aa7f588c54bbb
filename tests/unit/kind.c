// SPDX-License-Identifier: Apache-2.0
// A kind of a user's own, in the user's own file: all that the macros can say.
#include "kedge/kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kedge/kinds.h"
#include "objects.h"
#include "replies.h"
#include "same.h"

#define KEDGE_VALUES_sensor_state(VALUE) \
    VALUE(SENSOR_OFF, "Off")             \
    VALUE(SENSOR_ON, "On")               \
    VALUE(SENSOR_BROKEN, "Broken")
KEDGE_DECLARE_ENUM(sensor_state)

#define KEDGE_ROWS_sensor_cause(FIELD, LIST, ENUM, K) FIELD(K, TEXT, text, "text")
KEDGE_DECLARE_ITEM(sensor_cause)

#define KEDGE_ROWS_sensor_sample(FIELD, LIST, ENUM, K) \
    FIELD(K, BOOL, good, "good")                       \
    FIELD(K, TIME, at, "at")                           \
    FIELD(K, SCALAR, value, "value")                   \
    ENUM(K, sensor_state, state, "state")              \
    LIST(K, sensor_cause, causes, "details", "causes")
KEDGE_DECLARE_ITEM(sensor_sample)

#define KEDGE_ROWS_sensor(FIELD, LIST, ENUM, K)                                      \
    FIELD(K, BOOL, spec_enabled, "spec", "enabled")                                  \
    FIELD(K, INT64, spec_serial, "spec", "serial")                                   \
    FIELD(K, INT32, spec_interval_seconds, "spec", "intervalSeconds")                \
    FIELD(K, SCALAR, spec_threshold, "spec", "threshold")                            \
    FIELD(K, TEXT_LIST, spec_tags, "spec", "tags")                                   \
    FIELD(K, RAW, spec_nested, "spec", "nested")                                     \
    FIELD(K, INT32, deep, "spec", "a", "b", "c", "d", "e", "f", "g")                 \
    FIELD(K, TEXT_MAP, annotations, "metadata", "annotations")                       \
    FIELD(K, DROP, no_last_applied, "metadata", "annotations",                       \
          "kubectl.kubernetes.io/last-applied-configuration")                        \
    FIELD(K, TEXT, annotation_limit, "metadata", "annotations", "example.com/limit") \
    FIELD(K, BASE64, spec_key, "spec", "key")                                        \
    FIELD(K, QUANTITY, spec_power, "spec", "power")                                  \
    ENUM(K, sensor_state, status_state, "status", "state")                           \
    LIST(K, sensor_sample, status_samples, "status", "samples")
KEDGE_DECLARE_KIND(sensor)

KEDGE_DEFINE_ITEM(sensor_cause)
KEDGE_DEFINE_ITEM(sensor_sample)
KEDGE_DEFINE_KIND(sensor, "edge.example.com", "v1", "sensors", "Sensor", KEDGE_NAMESPACED)

static const char full[] =
    "{\"metadata\":{\"name\":\"boiler\",\"annotations\":{\"example.com/limit\":\"90\",\"note\":"
    "\"x\"}},\"spec\":{\"enabled\":true,\"serial\":9007199254740993,\"intervalSeconds\":5,"
    "\"threshold\":21.5,\"tags\":[\"a\",\"b\"],\"nested\":{\"deep\":[1,2,{}]},\"a\":{\"b\":{\"c\":"
    "{\"d\":{\"e\":{\"f\":{\"g\":7}}}}}},\"key\":\"AAEC\",\"power\":\"1.5k\"},\"status\":{"
    "\"state\":\"On\",\"samples\":[{\"good\":true,\"at\":\"2026-11-23T04:16:24Z\",\"value\":1.25,"
    "\"state\":\"Broken\",\"details\":{\"causes\":[{\"text\":\"one\"},{\"text\":\"two\"}]}},{"
    "\"value\":\"odd\",\"state\":\"Melted\"}]}}";

static const struct kedge_sensor *sensor(struct kedge_object **o, const char *json)
{
    *o = sieved_record_of(&kedge_kind_sensor, kedge_str_of(json), 3);
    const struct kedge_sensor *s = kedge_as_sensor(*o);
    assert_non_null(s);
    return s;
}

static void a_users_own_kind_has_its_fields(void **state)
{
    (void)state;
    struct kedge_object *o;
    const struct kedge_sensor *s = sensor(&o, full);
    assert_string_equal(kedge_name(o), "boiler");
    assert_true(s->spec_enabled);
    assert_true(s->spec_serial == INT64_C(9007199254740993));
    assert_int_equal(s->spec_interval_seconds, 5);
    assert_string_equal(kedge_text(&s->spec_threshold), "21.5");
    assert_int_equal(s->spec_tags.count, 2);
    assert_string_equal(kedge_text(kedge_text_at(&s->spec_tags, 1)), "b");
    assert_string_equal(kedge_text(&s->spec_nested), "{\"deep\":[1,2,{}]}");
    assert_int_equal(s->deep, 7);
    assert_string_equal(kedge_text(&s->annotation_limit), "90");
    assert_int_equal(kedge_text_len(&s->spec_key), 3);
    assert_memory_equal(kedge_text(&s->spec_key), "\0\1\2", 4);
    assert_true(kedge_quantity(&s->spec_power) == 1500000);
    assert_int_equal(s->status_state, SENSOR_ON);
    free(o);
}

static void lists_may_lie_in_lists(void **state)
{
    (void)state;
    struct kedge_object *o;
    const struct kedge_sensor *s = sensor(&o, full);
    assert_int_equal(s->status_samples.count, 2);
    const struct kedge_sensor_sample *first = kedge_sensor_status_samples(s, 0);
    const struct kedge_sensor_sample *second = kedge_sensor_status_samples(s, 1);
    assert_true(first->good);
    assert_int_equal(first->at.seconds, 1795407384);
    assert_string_equal(kedge_text(&first->value), "1.25");
    assert_int_equal(first->causes.count, 2);
    assert_string_equal(kedge_text(&kedge_sensor_sample_causes(first, 1)->text), "two");
    assert_null(kedge_sensor_sample_causes(first, 2));
    assert_string_equal(kedge_text(&second->value), "odd");
    assert_int_equal(second->causes.count, 0);
    assert_null(kedge_sensor_sample_causes(second, 0));
    assert_null(kedge_sensor_status_samples(s, 2));
    assert_ptr_equal(second, KEDGE_AT(struct kedge_sensor_sample, &s->status_samples, 1));
    free(o);
}

#define KEDGE_ROWS_nest(FIELD, LIST, ENUM, K) \
    FIELD(K, INT32, n, "n")                   \
    LIST(K, nest, inner, "inner")
KEDGE_DECLARE_ITEM(nest)
#define KEDGE_ROWS_nested(FIELD, LIST, ENUM, K) LIST(K, nest, inner, "inner")
KEDGE_DECLARE_KIND(nested)
KEDGE_DEFINE_ITEM(nest)
KEDGE_DEFINE_KIND(nested, "edge.example.com", "v1", "nesteds", "Nested", KEDGE_NAMESPACED)

// A table that names itself would go as deep as the server likes; its lists end at the fourth.
static void lists_in_lists_end_at_the_fourth(void **state)
{
    (void)state;
    struct kedge_object *o =
        record_of(&kedge_kind_nested,
                  KEDGE_STR("{\"inner\":[{\"n\":1,\"inner\":[{\"n\":2,\"inner\":[{\"n\":3,"
                            "\"inner\":[{\"n\":4,\"inner\":[{\"n\":5,\"inner\":[]}]}]}]}]}]}"));
    const struct kedge_nest *nest = kedge_nested_inner(kedge_as_nested(o), 0);
    for (int n = 1; n <= 4; n++, nest = kedge_nest_inner(nest, 0)) {
        assert_non_null(nest);
        assert_int_equal(nest->n, n);
    }
    assert_null(nest);
    assert_int_equal(o->mistyped, 1);
    free(o);
}

// Tables that differ at each depth, and what the kind above has not: bytes by name, in lists too.
#define KEDGE_ROWS_plant_valve(FIELD, LIST, ENUM, K) \
    ENUM(K, sensor_state, state, "state")            \
    FIELD(K, QUANTITY, flow, "flow")                 \
    FIELD(K, TEXT_MAP, labels, "labels")
KEDGE_DECLARE_ITEM(plant_valve)
#define KEDGE_ROWS_plant_pipe(FIELD, LIST, ENUM, K) \
    FIELD(K, RAW, shape, "shape")                   \
    LIST(K, plant_valve, valves, "valves")
KEDGE_DECLARE_ITEM(plant_pipe)
#define KEDGE_ROWS_plant_room(FIELD, LIST, ENUM, K) \
    FIELD(K, BASE64_MAP, keys, "keys")              \
    LIST(K, plant_pipe, pipes, "pipes")
KEDGE_DECLARE_ITEM(plant_room)
#define KEDGE_ROWS_plant_floor(FIELD, LIST, ENUM, K) \
    FIELD(K, INT64, number, "number")                \
    LIST(K, plant_room, rooms, "rooms")
KEDGE_DECLARE_ITEM(plant_floor)
#define KEDGE_ROWS_plant(FIELD, LIST, ENUM, K) \
    FIELD(K, BASE64_MAP, keys, "keys")         \
    LIST(K, plant_floor, floors, "floors")
KEDGE_DECLARE_KIND(plant)
KEDGE_DEFINE_ITEM(plant_valve)
KEDGE_DEFINE_ITEM(plant_pipe)
KEDGE_DEFINE_ITEM(plant_room)
KEDGE_DEFINE_ITEM(plant_floor)
KEDGE_DEFINE_KIND(plant, "edge.example.com", "v1", "plants", "Plant",
                  KEDGE_CLUSTER_SCOPED | KEDGE_SECRET)

static void the_fourth_list_has_fields_as_the_first(void **state)
{
    (void)state;
    struct kedge_object *o = sieved_record_of(
        &kedge_kind_plant,
        KEDGE_STR("{\"keys\":{\"main\":\"AAEC\"},\"floors\":[{\"number\":-1,\"rooms\":[{\"keys\":{"
                  "\"door\":\"Zm9v\"},\"pipes\":[{\"shape\":[1,2],\"valves\":[{\"state\":\"Off\"},{"
                  "\"state\":\"On\",\"flow\":\"1.5\",\"labels\":{\"a\":\"b\"}}]}]}]}]}"),
        3);
    const struct kedge_plant *plant = kedge_as_plant(o);
    const struct kedge_plant_floor *floor = kedge_plant_floors(plant, 0);
    const struct kedge_plant_room *room = kedge_plant_floor_rooms(floor, 0);
    const struct kedge_plant_pipe *pipe = kedge_plant_room_pipes(room, 0);
    const struct kedge_plant_valve *valve = kedge_plant_pipe_valves(pipe, 1);
    assert_memory_equal(kedge_text(kedge_map_get(&plant->keys, "main")), "\0\1\2", 4);
    assert_true(floor->number == -1);
    assert_string_equal(kedge_text(kedge_map_get(&room->keys, "door")), "foo");
    assert_string_equal(kedge_text(&pipe->shape), "[1,2]");
    assert_int_equal(valve->state, SENSOR_ON);
    assert_true(kedge_quantity(&valve->flow) == 1500);
    assert_string_equal(kedge_text(kedge_map_get(&valve->labels, "a")), "b");
    assert_int_equal(o->mistyped, 0);
    free(o);
}

static void an_enum_knows_its_names_and_takes_others_for_none(void **state)
{
    (void)state;
    struct kedge_object *o;
    const struct kedge_sensor *s = sensor(&o, full);
    assert_int_equal(kedge_sensor_status_samples(s, 0)->state, SENSOR_BROKEN);
    assert_int_equal(kedge_sensor_status_samples(s, 1)->state, 0);
    assert_int_equal(o->mistyped, 0);
    assert_string_equal(kedge_sensor_state_text(SENSOR_OFF), "Off");
    assert_string_equal(kedge_sensor_state_text(SENSOR_BROKEN), "Broken");
    assert_string_equal(kedge_sensor_state_text(0), "");
    assert_string_equal(kedge_sensor_state_text(4), "");
    assert_string_equal(kedge_sensor_state_text(200), "");
    free(o);
}

static void absent_and_null_are_told_from_zero(void **state)
{
    (void)state;
    struct kedge_object *o;
    const struct kedge_sensor *s = sensor(
        &o, "{\"spec\":{\"intervalSeconds\":0,\"serial\":null,\"threshold\":\"\",\"tags\":[],"
            "\"enabled\":false},\"status\":{\"state\":\"Melted\"}}");
    assert_true(KEDGE_HAS(s, sensor, spec_interval_seconds));
    assert_true(KEDGE_HAS(s, sensor, spec_threshold));
    assert_true(KEDGE_HAS(s, sensor, spec_tags));
    assert_true(KEDGE_HAS(s, sensor, spec_enabled));
    assert_true(KEDGE_HAS(s, sensor, status_state));
    assert_false(KEDGE_HAS(s, sensor, spec_serial));
    assert_false(KEDGE_HAS(s, sensor, deep));
    assert_false(KEDGE_HAS(s, sensor, status_samples));
    free(o);
}

static void what_is_dropped_does_not_come_with_what_is_around_it(void **state)
{
    (void)state;
    struct kedge_object *o;
    const struct kedge_sensor *s =
        sensor(&o, "{\"metadata\":{\"annotations\":{\"a\":\"1\","
                   "\"kubectl.kubernetes.io/last-applied-configuration\":\"{}\",\"z\":\"2\"}}}");
    assert_int_equal(s->annotations.count, 2);
    assert_string_equal(kedge_text(kedge_map_get(&s->annotations, "z")), "2");
    assert_false(KEDGE_HAS(s, sensor, annotation_limit));
    free(o);
}

static void members_lie_without_gaps(void **state)
{
    (void)state;
    size_t text = sizeof(struct kedge_text);
    size_t members =
        8 + 2 * 4 + 4 * text + sizeof(struct kedge_quantity) + 3 * sizeof(struct kedge_list) + 2;
    size_t whole = (sizeof(struct kedge_object) + members + 7) / 8 * 8;
    assert_int_equal(sizeof(struct kedge_sensor), whole);
}

static void take_sample(void *ctx, kedge_str text)
{
    struct kedge_object *o = record_of(&kedge_kind_sensor, text);
    const struct kedge_sensor *s = kedge_as_sensor(o);
    ++*(size_t *)ctx;
    assert_string_equal(kedge_name(o), "boiler");
    assert_string_equal(kedge_namespace(o), "kedge-sample");
    assert_int_equal(s->spec_interval_seconds, 5);
    assert_string_equal(kedge_text(&s->spec_threshold), "21.5");
    assert_string_equal(kedge_text(&s->spec_nested),
                        "{\"deep\":{\"deeper\":{\"deepest\":[1,2,{}]}}}");
    assert_string_equal(kedge_text(kedge_text_at(&s->spec_tags, 0)), "a");
    assert_int_equal(s->annotations.count, 0);
    free(o);
}

static void a_real_servers_sensor_is_read_at_every_split(void **state)
{
    (void)state;
    kedge_str body = reply_named("list-sensors.http")->body;
    for (size_t piece = 1; piece <= body.len; piece += piece < 64 ? 1 : 97) {
        size_t sensors = 0;
        sieve_each(KEDGE_SIEVE_LIST, &kedge_kind_sensor, body, piece, take_sample, &sensors);
        assert_int_equal(sensors, 1);
    }
}

// Tags -------------------------------------------------------------------------------------------

static void a_record_is_only_of_its_own_kind(void **state)
{
    (void)state;
    struct kedge_object *o = record_of(&kedge_kind_pod, KEDGE_STR("{}"));
    assert_ptr_equal(kedge_as_pod(o), o);
    assert_null(kedge_as_sensor(o));
    assert_null(kedge_as_deployment(o));
    assert_null(kedge_as_pod(NULL));
    free(o);
}

static const struct kedge_field two_fields[] = {
    {"a\0", {NULL}, 72, KEDGE_FIELD_INT32, 0},
    {"b\0c\0", {"X\0Y\0"}, 76, KEDGE_FIELD_ENUM, 0},
};

static uint32_t tag_of(struct kedge_kind kind, struct kedge_table table, struct kedge_field second)
{
    struct kedge_field fields[] = {two_fields[0], second};
    uint32_t tag = 0;
    table.fields = fields;
    kind.table = &table;
    kind.tag = &tag;
    assert_int_equal(kedge_kind_tag(&kind), kedge_kind_tag(&kind));
    assert_int_not_equal(tag, 0);
    return tag;
}

static void whatever_changes_in_a_table_changes_the_tag(void **state)
{
    (void)state;
    const struct kedge_kind kind = {"g", "v1", "things", "Thing", 0, NULL, NULL};
    const struct kedge_table table = {NULL, 2, 80};
    const struct kedge_field field = two_fields[1];
    uint32_t tags[12];
    size_t n = 0;
    tags[n++] = tag_of(kind, table, field);

    struct kedge_kind other = kind;
    other.group = "gv";
    other.version = "1";
    tags[n++] = tag_of(other, table, field);
    other = kind;
    other.version = "v2";
    tags[n++] = tag_of(other, table, field);
    other = kind;
    other.resource = "thing";
    tags[n++] = tag_of(other, table, field);
    other = kind;
    other.kind = "thing";
    tags[n++] = tag_of(other, table, field);

    struct kedge_table smaller = {NULL, 1, 80}, larger = {NULL, 2, 88};
    tags[n++] = tag_of(kind, smaller, field);
    tags[n++] = tag_of(kind, larger, field);

    struct kedge_field bent = field;
    bent.path = "b\0d\0";
    tags[n++] = tag_of(kind, table, bent);
    bent.path = "b\0c\0d\0";
    tags[n++] = tag_of(kind, table, bent);
    bent = field;
    bent.detail = "X\0Z\0";
    tags[n++] = tag_of(kind, table, bent);
    bent = field;
    bent.offset = 77;
    tags[n++] = tag_of(kind, table, bent);
    bent = field;
    bent.type = KEDGE_FIELD_BOOL;
    tags[n++] = tag_of(kind, table, bent);

    assert_int_equal(n, 12);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(tags[i], tags[j]);
    }
    assert_int_equal(tag_of(kind, table, field), tags[0]);
}

static void the_rows_of_an_element_count_too(void **state)
{
    (void)state;
    const struct kedge_kind kind = {"g", "v1", "things", "Thing", 0, NULL, NULL};
    const struct kedge_table table = {NULL, 2, 80};
    struct kedge_field inner = two_fields[1];
    struct kedge_table items = {&inner, 1, 8};
    const struct kedge_field list = {"l\0", {&items}, 76, KEDGE_FIELD_LIST, 0};
    uint32_t before = tag_of(kind, table, list);
    inner.path = "other\0";
    assert_int_not_equal(tag_of(kind, table, list), before);
}

static void bytes_that_are_no_base64_are_of_the_wrong_type(void **state)
{
    (void)state;
    struct kedge_object *o =
        record_of(&kedge_kind_sensor, KEDGE_STR("{\"spec\":{\"key\":\"AA=C\",\"serial\":3}}"));
    assert_int_equal(kedge_as_sensor(o)->spec_serial, 3);
    assert_int_equal(kedge_text_len(&kedge_as_sensor(o)->spec_key), 0);
    assert_int_equal(o->mistyped, 1);
    free(o);
}

static void each_value_of_another_type_is_left_out_and_counted(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"spec\":{\"enabled\":\"yes\"}}",    "{\"spec\":{\"serial\":\"x\"}}",
        "{\"spec\":{\"intervalSeconds\":{}}}", "{\"spec\":{\"intervalSeconds\":2147483648}}",
        "{\"spec\":{\"tags\":\"a\"}}",         "{\"spec\":{\"key\":7}}",
        "{\"spec\":{\"power\":[]}}",           "{\"spec\":{\"power\":\"much\"}}",
        "{\"spec\":{\"threshold\":[]}}",       "{\"status\":{\"state\":3}}",
        "{\"status\":{\"samples\":{}}}",       "{\"metadata\":{\"labels\":\"x\"}}",
        "{\"metadata\":{\"labels\":[]}}",      "{\"metadata\":{\"name\":7}}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct kedge_object *o = record_of(&kedge_kind_sensor, kedge_str_of(wrong[i]));
        if (o->mistyped != 1)
            fail_msg("%s: %u", wrong[i], (unsigned)o->mistyped);
        assert_int_equal(o->labels.count, 0);
        assert_string_equal(kedge_name(o), "");
        free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_users_own_kind_has_its_fields),
        cmocka_unit_test(lists_may_lie_in_lists),
        cmocka_unit_test(lists_in_lists_end_at_the_fourth),
        cmocka_unit_test(the_fourth_list_has_fields_as_the_first),
        cmocka_unit_test(an_enum_knows_its_names_and_takes_others_for_none),
        cmocka_unit_test(absent_and_null_are_told_from_zero),
        cmocka_unit_test(what_is_dropped_does_not_come_with_what_is_around_it),
        cmocka_unit_test(members_lie_without_gaps),
        cmocka_unit_test(a_real_servers_sensor_is_read_at_every_split),
        cmocka_unit_test(a_record_is_only_of_its_own_kind),
        cmocka_unit_test(whatever_changes_in_a_table_changes_the_tag),
        cmocka_unit_test(the_rows_of_an_element_count_too),
        cmocka_unit_test(bytes_that_are_no_base64_are_of_the_wrong_type),
        cmocka_unit_test(each_value_of_another_type_is_left_out_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

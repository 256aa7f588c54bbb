// SPDX-License-Identifier: Apache-2.0
// Records that shrink where they lie, and grow in their middle: for every kind, what is left reads
// as what a server that sends only that would have given.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/change.h"
#include "filled.h"
#include "kedge/kinds.h"
#include "object/project.h"
#include "object/squeeze.h"
#include "objects.h"
#include "same.h"

static struct kedge_object *record_of_json(const struct kedge_kind *kind, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    struct kedge_object *o = record_of(kind, kedge_str_of(text));
    free(text);
    return o;
}

static void what_was_just_made_has_no_hole(void **state)
{
    (void)state;
    for (size_t k = 0; k < EVERY_KIND; k++) {
        json_t *json = filled_object(every_kind[k]);
        struct kedge_object *o = record_of_json(every_kind[k], json);
        void *before = malloc(o->size);
        memcpy(before, o, o->size);
        assert_int_equal(kedge__record_squeeze(every_kind[k], o, o->size), o->size);
        assert_memory_equal(o, before, o->size);
        free(before);
        free(o);
        json_decref(json);
    }
}

static unsigned pick(unsigned *random, unsigned below)
{
    *random = *random * 1664525u + 1013904223u;
    return (*random >> 8) % below;
}

// ---------------------------------------------------------------- emptied

static bool is_below(const char *path, const char *above)
{
    while (above[0] != '\0') {
        if (strcmp(path, above) != 0)
            return false;
        path += strlen(path) + 1;
        above += strlen(above) + 1;
    }
    return true;
}

// A row of raw JSON would still have it.
static bool is_also_raw(const struct kedge_table *table, const struct kedge_field *field)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->fields[i].type == KEDGE_FIELD_RAW &&
            is_below(field->path, table->fields[i].path))
            return true;
    }
    return false;
}

// The value that leaves the member empty; NULL: it cannot be emptied so.
static json_t *empty_value(const struct kedge_field *field, size_t *size)
{
    switch ((enum kedge_field_type)field->type) {
    case KEDGE_FIELD_TEXT:
    case KEDGE_FIELD_BASE64:
        *size = sizeof(struct kedge_text);
        return json_string("");
    case KEDGE_FIELD_QUANTITY:
        *size = sizeof(struct kedge_quantity);
        return json_string("0");
    case KEDGE_FIELD_TEXT_LIST:
        *size = sizeof(struct kedge_text_list);
        return json_array();
    case KEDGE_FIELD_LIST:
        *size = sizeof(struct kedge_list);
        return json_array();
    case KEDGE_FIELD_TEXT_MAP:
    case KEDGE_FIELD_BASE64_MAP:
        *size = sizeof(struct kedge_text_map);
        return json_object();
    default:
        return NULL;
    }
}

// Empties every `step`-th member from `first` on, squeezes, and compares.
static size_t empty_some(const struct kedge_kind *kind, size_t first, size_t step, size_t *lost)
{
    json_t *json = filled_object(kind);
    struct kedge_object *o = record_of_json(kind, json);
    size_t was = o->size, emptied = 0;
    const struct kedge_table *const tables[] = {&kedge__meta_table, kind->table};
    size_t n = 0;
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < tables[t]->count; i++, n++) {
            const struct kedge_field *f = &tables[t]->fields[i];
            size_t size = 0;
            if (n % step != first || is_also_raw(kind->table, f))
                continue;
            json_t *value = empty_value(f, &size);
            if (value == NULL)
                continue;
            filled_put(json, f->path, value);
            memset((char *)o + f->offset, 0, size);
            emptied++;
        }
    }
    o->size = (kedge_offset)kedge__record_squeeze(kind, o, was);
    // From here on nothing behind it may be looked at.
    struct kedge_object *exact = malloc(o->size);
    memcpy(exact, o, o->size);
    assert_same(kind, exact, json);
    struct kedge_object *fresh = record_of_json(kind, json);
    assert_true(exact->size <= was);
    // Each hole may leave 7 bytes, and a fresh record may find a text to share that this one,
    // written with another before it, could not.
    size_t slack = exact->size > fresh->size ? exact->size - fresh->size : 0;
    if (slack > 7 * emptied + 64)
        fail_msg("%s: %zu bytes are left of %zu holes", kind->kind, slack, emptied);
    *lost += slack;
    for (const char *at = (char *)o + o->size; at < (char *)o + was; at++)
        assert_int_equal(*at, 0);
    size_t given = was - exact->size;
    free(fresh);
    free(exact);
    free(o);
    json_decref(json);
    return given;
}

static void whatever_is_emptied_is_given_back(void **state)
{
    (void)state;
    size_t given = 0, lost = 0;
    for (size_t k = 0; k < EVERY_KIND; k++) {
        const struct kedge_kind *kind = every_kind[k];
        size_t rows = kind->table->count + kedge__meta_table.count;
        for (size_t i = 0; i < rows; i++)
            given += empty_some(kind, i, rows, &lost);
        for (size_t step = 1; step < 4; step++) {
            for (size_t first = 0; first < step; first++)
                given += empty_some(kind, first, step, &lost);
        }
    }
    print_message("%zu bytes given back, %zu left in holes\n", given, lost);
    assert_true(given > 10 * lost);
}

// A call looks at so many gaps; those behind them are for the next.
static void of_many_holes_the_first_are_given_back(void **state)
{
    (void)state;
    enum { HOLES = 300, A_CALL = 128, BYTES = 5 };
    json_t *labels = json_object();
    for (int i = 0; i < 2 * HOLES; i++) {
        char key[16], value[16];
        snprintf(key, sizeof key, "k%03d", i);
        snprintf(value, sizeof value, "v%03d", i);
        json_object_set_new(labels, key, json_string(value));
    }
    json_t *json = json_pack("{s:{s:s,s:o},s:{s:[{s:s}]}}", "metadata", "name", "web", "labels",
                             labels, "spec", "containers", "image", "an-image:1");
    struct kedge_object *o = record_of_json(&kedge_kind_pod, json);
    size_t size = o->size;
    for (uint16_t i = 0; i < o->labels.count; i++) {
        const struct kedge_text_pair *pair = kedge_pair_at(&o->labels, i);
        if (kedge_text(&pair->key)[3] % 2 != 0)
            continue;
        json_object_set_new(labels, kedge_text(&pair->key), json_string(""));
        memset((void *)(uintptr_t)&pair->value, 0, sizeof pair->value);
    }
    for (int call = 1; call <= 3; call++) {
        size_t now = kedge__record_squeeze(&kedge_kind_pod, o, o->size);
        if (call < 3) // what an array's place leaves before it is a gap, too
            assert_in_range(o->size - now, (A_CALL - 3) * BYTES - 7, A_CALL * BYTES);
        o->size = (kedge_offset)now;
        struct kedge_object *exact = malloc(now);
        memcpy(exact, o, now);
        assert_same(&kedge_kind_pod, exact, json);
        free(exact);
    }
    assert_in_range(size - o->size, HOLES * BYTES - 7, HOLES * BYTES + 7);
    assert_int_equal(kedge__record_squeeze(&kedge_kind_pod, o, o->size), o->size);
    for (const char *at = (char *)o + o->size; at < (char *)o + size; at++)
        assert_int_equal(*at, 0);
    free(o);
    json_decref(json);
}

// Texts in another order than the members: what is used looks like many pieces until all are seen.
static void in_any_order_nothing_is_lost(void **state)
{
    (void)state;
    enum { PAIRS = 200 };
    unsigned random = 3;
    for (int run = 0; run < 4; run++) {
        json_t *labels = json_object();
        for (unsigned i = 0; i < PAIRS; i++) { // 77 and 200 have no common divisor
            char key[16], value[16];
            snprintf(key, sizeof key, "k%03u", run == 0 ? PAIRS - i : i * 77 % PAIRS);
            snprintf(value, sizeof value, "v%03u", i);
            json_object_set_new(labels, key, json_string(value));
        }
        json_t *json = json_pack("{s:{s:s,s:o}}", "metadata", "name", "web", "labels", labels);
        struct kedge_object *o = record_of_json(&kedge_kind_pod, json);
        for (int call = 0; call < 12; call++) {
            for (uint16_t i = 0; i < o->labels.count; i++) {
                const struct kedge_text_pair *pair = kedge_pair_at(&o->labels, i);
                if (pick(&random, 4) != 0)
                    continue;
                json_object_set_new(labels, kedge_text(&pair->key), json_string(""));
                memset((void *)(uintptr_t)&pair->value, 0, sizeof pair->value);
            }
            o->size = (kedge_offset)kedge__record_squeeze(&kedge_kind_pod, o, o->size);
            struct kedge_object *exact = malloc(o->size);
            memcpy(exact, o, o->size);
            assert_same(&kedge_kind_pod, exact, json);
            free(exact);
        }
        free(o);
        json_decref(json);
    }
}

// ---------------------------------------------------------------- pairs

enum { ROOM = 4096 };

// A change of the record, as an informer would give it.
static struct kedge_change change_of(const struct kedge_kind *kind, json_t *json, size_t room)
{
    struct kedge_object *o = record_of_json(kind, json);
    struct kedge_change change = {.kind = kind, .room = room};
    change.end = o->size + room;
    change.object = malloc(change.end);
    memcpy(change.object, o, o->size);
    memset((char *)change.object + o->size, 0, room);
    free(o);
    return change;
}

static void finish(struct kedge_change *change)
{
    size_t used = (change->end - change->room + 7) / 8 * 8;
    if (change->squeeze != NULL)
        used = change->squeeze(change->kind, change->object, used);
    change->object->size = (kedge_offset)used;
    change->object = realloc(change->object, used);
}

static json_t *labels_of(json_t *json)
{
    return json_object_get(json_object_get(json, "metadata"), "labels");
}

static void set(struct kedge_change *change, json_t *json, const char *key, const char *value)
{
    assert_int_equal(kedge_change_set_pair(change, &change->object->labels, kedge_str_of(key),
                                           kedge_str_of(value)),
                     KEDGE_OK);
    json_object_set_new(labels_of(json), key, json_string(value));
}

static void take_away(struct kedge_change *change, json_t *json, const char *key)
{
    bool there = json_object_get(labels_of(json), key) != NULL;
    assert_int_equal(kedge_change_remove_pair(change, &change->object->labels, kedge_str_of(key)),
                     there ? KEDGE_OK : KEDGE_ERR_NOT_FOUND);
    if (there)
        json_object_del(labels_of(json), key);
}

static void labels_come_and_go_and_all_else_stays(void **state)
{
    (void)state;
    static const char *const keys[] = {"app",  "app.kubernetes.io/name", "tier", "x", "at",
                                       "zone", "a-rather-long-key",      "k",    "l", "m"};
    static const char *const values[] = {"", "web", "a", "value-of-some-length", "\xc3\xa9\"\\"};
    unsigned random = 7;
    for (size_t k = 0; k < EVERY_KIND; k++) {
        for (int run = 0; run < 8; run++) {
            json_t *json = filled_object(every_kind[k]);
            struct kedge_change change = change_of(every_kind[k], json, ROOM);
            for (unsigned i = pick(&random, 24); i > 0; i--) {
                const char *key = keys[pick(&random, 10)];
                if (pick(&random, 3) == 0)
                    take_away(&change, json, key);
                else
                    set(&change, json, key, values[pick(&random, 5)]);
            }
            if (run == 7) { // all of them
                json_t *labels = json_deep_copy(labels_of(json));
                const char *key;
                json_t *value;
                json_object_foreach(labels, key, value) take_away(&change, json, key);
                json_decref(labels);
                assert_int_equal(change.object->labels.offset, 0);
            }
            finish(&change);
            assert_same(every_kind[k], change.object, json);
            free(change.object);
            json_decref(json);
        }
    }
}

static void texts_of_the_object_may_become_labels(void **state)
{
    (void)state;
    json_t *json =
        json_pack("{s:{s:s,s:s,s:{s:s}},s:{s:[{s:s}]}}", "metadata", "name", "web-7", "namespace",
                  "zone", "labels", "app", "web", "spec", "containers", "image", "an-image:1");
    struct kedge_change change = change_of(&kedge_kind_pod, json, 256);
    const struct kedge_object *o = change.object;
    assert_int_equal(
        kedge_change_set_pair(&change, &o->labels, KEDGE_STR("name"), kedge_text_str(&o->name)),
        KEDGE_OK);
    assert_int_equal(kedge_change_set_pair(&change, &o->labels, kedge_text_str(&o->namespace_),
                                           kedge_text_str(&o->name)),
                     KEDGE_OK);
    // One that was added a moment ago.
    assert_int_equal(kedge_change_set_pair(&change, &o->labels, KEDGE_STR("app"),
                                           kedge_text_str(kedge_map_get(&o->labels, "zone"))),
                     KEDGE_OK);
    finish(&change);
    json_object_set_new(labels_of(json), "name", json_string("web-7"));
    json_object_set_new(labels_of(json), "zone", json_string("web-7"));
    json_object_set_new(labels_of(json), "app", json_string("web-7"));
    assert_same(&kedge_kind_pod, change.object, json);
    free(change.object);
    json_decref(json);
}

static void a_map_without_pairs_gets_its_first(void **state)
{
    (void)state;
    for (size_t len = 0; len < 9; len++) {
        char name[10] = "123456789";
        name[len] = '\0';
        json_t *json = json_pack("{s:{s:s,s:{}}}", "metadata", "name", name, "labels");
        struct kedge_change change = change_of(&kedge_kind_pod, json, 96);
        kedge_change_set_text(&change, &change.object->name, KEDGE_STR("ab"));
        json_object_set_new(json_object_get(json, "metadata"), "name", json_string("ab"));
        set(&change, json, "a", "");
        set(&change, json, "bb", "1");
        set(&change, json, "a", "2"); // a pair that is beyond what the record was
        finish(&change);
        assert_same(&kedge_kind_pod, change.object, json);
        free(change.object);
        json_decref(json);
    }
}

static void a_pair_finds_room_or_leaves_all_as_it_was(void **state)
{
    (void)state;
    for (size_t labels = 0; labels < 3; labels++) {
        bool fits = false;
        for (size_t room = 0; !fits; room += 8) {
            json_t *json = json_pack("{s:{s:s,s:{}}}", "metadata", "name", "web", "labels");
            for (size_t i = 0; i < labels; i++)
                json_object_set_new(labels_of(json), i == 0 ? "x" : "y", json_string("z"));
            struct kedge_change change = change_of(&kedge_kind_pod, json, room);
            kedge_err err = kedge_change_set_pair(&change, &change.object->labels, KEDGE_STR("key"),
                                                  KEDGE_STR("value"));
            fits = err == KEDGE_OK;
            assert_int_equal(err, fits ? KEDGE_OK : KEDGE_ERR_FULL);
            assert_int_equal(change.lacking == 0, fits);
            // What is said to lack is what it takes.
            assert_int_equal(room + change.lacking >= 15 + 10, true);
            if (fits)
                json_object_set_new(labels_of(json), "key", json_string("value"));
            finish(&change);
            assert_same(&kedge_kind_pod, change.object, json);
            free(change.object);
            json_decref(json);
            assert_true(room < 64);
        }
    }
}

static void what_is_no_map_of_the_object_is_refused(void **state)
{
    (void)state;
    struct kedge_text_map mine = {0, 0};
    json_t *json = json_pack("{s:{s:s}}", "metadata", "name", "web");
    struct kedge_change change = change_of(&kedge_kind_pod, json, 64);
    const struct kedge_text_map *const bad[] = {&mine, NULL};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(kedge_change_set_pair(&change, bad[i], KEDGE_STR("a"), KEDGE_STR("b")),
                         KEDGE_ERR_ARGUMENT);
        assert_int_equal(kedge_change_remove_pair(&change, bad[i], KEDGE_STR("a")),
                         KEDGE_ERR_ARGUMENT);
    }
    assert_int_equal(
        kedge_change_set_pair(NULL, &change.object->labels, KEDGE_STR("a"), KEDGE_STR("b")),
        KEDGE_ERR_ARGUMENT);
    assert_int_equal(
        kedge_change_set_pair(&change, &change.object->labels, KEDGE_STR(""), KEDGE_STR("b")),
        KEDGE_ERR_ARGUMENT);
    assert_int_equal(kedge_change_remove_pair(&change, &change.object->labels, KEDGE_STR("a")),
                     KEDGE_ERR_NOT_FOUND);
    assert_null(change.squeeze);
    free(change.object);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_just_made_has_no_hole),
        cmocka_unit_test(whatever_is_emptied_is_given_back),
        cmocka_unit_test(of_many_holes_the_first_are_given_back),
        cmocka_unit_test(in_any_order_nothing_is_lost),
        cmocka_unit_test(labels_come_and_go_and_all_else_stays),
        cmocka_unit_test(texts_of_the_object_may_become_labels),
        cmocka_unit_test(a_map_without_pairs_gets_its_first),
        cmocka_unit_test(a_pair_finds_room_or_leaves_all_as_it_was),
        cmocka_unit_test(what_is_no_map_of_the_object_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

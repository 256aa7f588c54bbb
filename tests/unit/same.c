// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // timegm
#include "same.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/base64.h"
#include "object/project.h"
#include "objects.h"

static size_t compare_struct(const struct kedge_table *table, const unsigned char *base,
                             const json_t *json);

static void check(bool same, const struct kedge_field *field)
{
    char path[512] = "";
    for (const char *key = field->path; *key != '\0'; key += strlen(key) + 1)
        snprintf(path + strlen(path), sizeof path - strlen(path), "/%s", key);
    if (!same)
        fail_msg("the record differs at %s", path);
}

// NULL where there is nothing or null.
static const json_t *walk(const json_t *json, const char *path)
{
    for (; *path != '\0'; path += strlen(path) + 1)
        json = json_object_get(json, path);
    return json_is_null(json) ? NULL : json;
}

static bool same_text(const struct kedge_text *t, const json_t *json)
{
    size_t len = json_string_length(json);
    const char *text = kedge_text(t);
    return kedge_text_len(t) == len && text[len] == '\0' &&
           (len == 0 || memcmp(text, json_string_value(json), len) == 0);
}

static bool same_uid(const struct kedge_uid *u, const json_t *json)
{
    char buf[KEDGE_UID_TEXT];
    kedge_str s = kedge_uid_str(u, buf);
    return s.len == json_string_length(json) && s.ptr[s.len] == '\0' &&
           memcmp(s.ptr, json_string_value(json), s.len) == 0;
}

static bool same_base64(const struct kedge_text *t, const json_t *json)
{
    char buf[4096];
    size_t len;
    if (kedge__base64_encode(kedge_text_str(t), buf, sizeof buf, &len) != KEDGE_OK)
        return false;
    return kedge_text(t)[kedge_text_len(t)] == '\0' && len == json_string_length(json) &&
           memcmp(buf, json_string_value(json), len) == 0;
}

static bool same_map(const struct kedge_text_map *m, const json_t *json, bool base64)
{
    const char *key;
    json_t *value;
    size_t i = 0;
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        const struct kedge_text_pair *pair = kedge_pair_at(m, i++);
        const struct kedge_text *found = kedge_map_get(m, key);
        if (pair == NULL || found != &pair->value || strcmp(kedge_text(&pair->key), key) != 0)
            return false;
        if (base64 ? !same_base64(found, value) : !same_text(found, value))
            return false;
    }
    return m->count == i && kedge_pair_at(m, i) == NULL;
}

static bool same_texts(const struct kedge_text_list *l, const json_t *json)
{
    for (size_t i = 0; i < json_array_size(json); i++) {
        if (kedge_text_at(l, i) == NULL || !same_text(kedge_text_at(l, i), json_array_get(json, i)))
            return false;
    }
    return l->count == json_array_size(json) && kedge_text_at(l, l->count) == NULL;
}

static bool same_list(const struct kedge_list *l, const struct kedge_table *items,
                      const json_t *json)
{
    for (size_t i = 0; i < json_array_size(json); i++) {
        const void *element = kedge_list_at(l, i, items->size);
        if (element == NULL)
            return false;
        compare_struct(items, element, json_array_get(json, i));
    }
    return l->count == json_array_size(json) && kedge_list_at(l, l->count, items->size) == NULL;
}

static bool same_micro_time(kedge_timestamp t, const json_t *json)
{
    struct tm tm = {0};
    double seconds;
    if (sscanf(json_string_value(json), "%d-%d-%dT%d:%d:%lfZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
               &tm.tm_hour, &tm.tm_min, &seconds) != 6)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t minutes = (int64_t)timegm(&tm);
    return t == minutes * 1000000 + (int64_t)(seconds * 1e6 + 0.5);
}

// The calendar of these objects is within what seconds hold.
static bool same_time(struct kedge_date date, const json_t *json)
{
    kedge_timestamp t = kedge_timestamp_of(date);
    const char *point = strchr(json_string_value(json), '.');
    if (point == NULL)
        return same_micro_time(t, json);
    json_t *whole =
        json_sprintf("%.*sZ", (int)(point - json_string_value(json)), json_string_value(json));
    bool same = same_micro_time(t, whole);
    json_decref(whole);
    return same;
}

static bool same_quantity(int64_t thousandths, const json_t *json)
{
    static const char suffixes[] = "kMGTP";
    const char *text = json_string_value(json);
    char *suffix;
    double value = 1000 * (text != NULL ? strtod(text, &suffix) : json_number_value(json));
    if (text != NULL && *suffix == 'm') {
        value /= 1000;
    } else if (text != NULL && *suffix != '\0') {
        const char *at = strchr(suffixes, *suffix == 'K' ? 'k' : *suffix);
        assert_non_null(at);
        for (ptrdiff_t steps = at - suffixes + 1; steps > 0; steps--)
            value *= suffix[1] == 'i' ? 1024 : 1000;
    }
    double difference = (double)thousandths - value;
    return difference > -1 && difference < 1;
}

static bool same_enum(uint8_t value, const char *names, const json_t *json)
{
    return strcmp(kedge_enum_text(names, value), json_string_value(json)) == 0;
}

static bool same_raw(const struct kedge_text *t, const json_t *json)
{
    json_t *mine = json_loadb(kedge_text(t), kedge_text_len(t), JSON_DECODE_ANY, NULL);
    bool same = mine != NULL && json_equal(mine, (json_t *)(uintptr_t)json) == 1;
    json_decref(mine);
    return same;
}

static bool same_scalar(const struct kedge_text *t, const json_t *json)
{
    return json_is_string(json) ? same_text(t, json) : same_raw(t, json);
}

static bool same_value(const struct kedge_field *field, const void *member, const json_t *json)
{
    switch ((enum kedge_field_type)field->type) {
    case KEDGE_FIELD_TEXT:
        return same_text(member, json);
    case KEDGE_FIELD_BOOL:
        return *(const bool *)member == json_is_true(json);
    case KEDGE_FIELD_INT32:
        return *(const int32_t *)member == json_integer_value(json);
    case KEDGE_FIELD_INT64:
        return *(const int64_t *)member == json_integer_value(json);
    case KEDGE_FIELD_TIME:
        return same_time(*(const struct kedge_date *)member, json);
    case KEDGE_FIELD_MICRO_TIME:
        return same_micro_time(*(const kedge_timestamp *)member, json);
    case KEDGE_FIELD_QUANTITY:
        return same_quantity(kedge_quantity(member), json);
    case KEDGE_FIELD_ENUM:
        return same_enum(*(const uint8_t *)member, field->detail, json);
    case KEDGE_FIELD_TEXT_LIST:
        return same_texts(member, json);
    case KEDGE_FIELD_TEXT_MAP:
        return same_map(member, json, false);
    case KEDGE_FIELD_LIST:
        return same_list(member, field->items, json);
    case KEDGE_FIELD_RAW:
        return same_raw(member, json);
    case KEDGE_FIELD_BASE64:
        return same_base64(member, json);
    case KEDGE_FIELD_BASE64_MAP:
        return same_map(member, json, true);
    case KEDGE_FIELD_SCALAR:
        return same_scalar(member, json);
    case KEDGE_FIELD_UID:
        return same_uid(member, json);
    case KEDGE_FIELD_DROP:
    case KEDGE_FIELD_SIEVED:
        return true;
    }
    return false;
}

static size_t member_size(enum kedge_field_type type)
{
    switch (type) {
    case KEDGE_FIELD_BOOL:
    case KEDGE_FIELD_ENUM:
        return 1;
    case KEDGE_FIELD_INT32:
    case KEDGE_FIELD_TIME:
        return 4;
    case KEDGE_FIELD_INT64:
    case KEDGE_FIELD_MICRO_TIME:
        return 8;
    case KEDGE_FIELD_UID:
        return sizeof(struct kedge_uid);
    case KEDGE_FIELD_DROP:
    case KEDGE_FIELD_SIEVED:
        return 0;
    case KEDGE_FIELD_TEXT_LIST:
    case KEDGE_FIELD_TEXT_MAP:
    case KEDGE_FIELD_BASE64_MAP:
    case KEDGE_FIELD_LIST:
        return 2 * sizeof(kedge_offset);
    default:
        return sizeof(kedge_offset);
    }
}

static bool is_zero(const unsigned char *member, enum kedge_field_type type)
{
    for (size_t i = 0; i < member_size(type); i++) {
        if (member[i] != 0)
            return false;
    }
    return true;
}

static size_t compare_struct(const struct kedge_table *table, const unsigned char *base,
                             const json_t *json)
{
    size_t values = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct kedge_field *field = &table->fields[i];
        const json_t *value = walk(json, field->path);
        const unsigned char *member = base + field->offset;
        check(value != NULL ? same_value(field, member, value)
                            : is_zero(member, (enum kedge_field_type)field->type),
              field);
        values += value != NULL;
    }
    return values;
}

static uint64_t expected_bits(const struct kedge_table *table, const json_t *json)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < table->count; i++)
        bits |= (uint64_t)(walk(json, table->fields[i].path) != NULL) << i;
    return bits;
}

size_t assert_same(const struct kedge_kind *kind, const struct kedge_object *o, const json_t *json)
{
    const unsigned char *base = (const unsigned char *)o;
    assert_ptr_equal(kedge_object_as(o, kind), o);
    assert_int_equal(o->mistyped, 0);
    assert_false(kedge_is_partial(o));
    assert_true(rows_present(o) == expected_bits(kind->table, json));
    return compare_struct(&kedge__meta_table, base, json) + compare_struct(kind->table, base, json);
}

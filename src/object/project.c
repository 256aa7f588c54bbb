// SPDX-License-Identifier: Apache-2.0
// project.c - builds records.
//
//     | struct kedge_object | the kind's members | arrays: list elements, pairs | texts | zeros |
//     0                                          size of the kind's struct                    size
//
// Arrays come before texts, so that only they need to be aligned and texts lie without gaps. The
// same code runs twice: measuring, it only counts; writing, it knows where the texts begin.
#include <string.h>

#include "object/date.h"
#include "object/project_priv.h"
#include "object/words.h"
#include "json/cursor.h"

// Frama-C's parser has no _Static_assert.
enum {
    EVERY_ROW_HAS_A_BIT = 1 / (KEDGE_KIND_ROWS <= 8 * sizeof(((struct kedge_object *)0)->present))
};

// A list or map: where it is and how much.
static void write_list(const struct kedge__builder *b, size_t member, size_t target, size_t count)
{
    kedge_offset both[2] = {(kedge_offset)(target - member), (kedge_offset)count};
    if (count > 0)
        kedge__write(b, member, both, sizeof both);
}

// What the members of a list's elements ask for, whatever the machine. It divides their size, so
// most need no look.
static size_t align_of(const struct kedge_table *items)
{
    size_t most = items->size & (~(size_t)items->size + 1);
    size_t align = sizeof(kedge_offset);
    most = most < sizeof(int64_t) ? most : sizeof(int64_t);
    for (uint16_t i = 0; align < most && i < items->count; i++) {
        uint8_t type = items->fields[i].type;
        if (type == KEDGE_FIELD_INT64 || type == KEDGE_FIELD_MICRO_TIME)
            align = sizeof(int64_t);
        else if (type == KEDGE_FIELD_INT32 || type == KEDGE_FIELD_TIME)
            align = align > sizeof(int32_t) ? align : sizeof(int32_t);
    }
    return align < most ? align : most;
}

static size_t take_array(struct kedge__builder *b, size_t count, size_t size, size_t align)
{
    if (count > 0)
        b->arrays = (b->arrays + align - 1) / align * align;
    size_t place = b->arrays;
    b->arrays += count * size;
    return place;
}

static bool is_text(kedge_json_value v)
{
    return kedge_json_type(v) == KEDGE_JSON_TEXT;
}

static bool put_if_text(struct kedge__builder *b, size_t member, kedge_json_value v)
{
    struct kedge__source s = {v, KEDGE__TEXT};
    if (is_text(v))
        kedge__put_text(b, member, s);
    return is_text(v);
}

static bool put_json(struct kedge__builder *b, size_t member, kedge_json_value v)
{
    struct kedge__source s = {v, KEDGE__JSON};
    kedge__put_text(b, member, s);
    return true;
}

static bool put_scalar(struct kedge__builder *b, size_t member, kedge_json_value v)
{
    enum kedge_json_type type = kedge_json_type(v);
    if (type == KEDGE_JSON_NUMBER || type == KEDGE_JSON_BOOL)
        return put_json(b, member, v);
    return put_if_text(b, member, v);
}

size_t kedge__short_text(kedge_json_value v, char buf[KEDGE__SHORT_TEXT])
{
    return is_text(v) ? kedge_json_text(v, buf, KEDGE__SHORT_TEXT) : KEDGE__SHORT_TEXT + 1;
}

// A UUID goes into the member itself; any other uid is a text, whose offset begins there.
static bool put_uid(struct kedge__builder *b, size_t member, kedge_json_value v)
{
    char buf[KEDGE__SHORT_TEXT];
    struct kedge_uid uid;
    kedge_str json = kedge_json_raw(v);
    kedge_str text = {json.ptr + 1, KEDGE__UUID_TEXT};
    if (json.len != KEDGE__UUID_TEXT + 2) {
        text.ptr = buf;
        text.len = kedge__short_text(v, buf); // with escapes it may be one
    }
    if (!kedge__uid_read(text, &uid))
        return put_if_text(b, member, v);
    kedge__write(b, member, &uid, sizeof uid);
    return true;
}

// Numbers and other small values
// -------------------------------------------------------------------

static bool put_bool(struct kedge__builder *b, size_t member, kedge_json_value v)
{
    bool value;
    if (!kedge_json_bool(v, &value))
        return false;
    kedge__write(b, member, &value, sizeof value);
    return true;
}

static bool put_int32(struct kedge__builder *b, size_t member, kedge_json_value v)
{
    int64_t n;
    if (!kedge_json_int64(v, &n) || n < INT32_MIN || n > INT32_MAX)
        return false;
    int32_t value = (int32_t)n;
    kedge__write(b, member, &value, sizeof value);
    return true;
}

static bool put_int64(struct kedge__builder *b, size_t member, kedge_json_value v)
{
    int64_t value;
    if (!kedge_json_int64(v, &value))
        return false;
    kedge__write(b, member, &value, sizeof value);
    return true;
}

static bool put_time(struct kedge__builder *b, size_t member, kedge_json_value v)
{
    char buf[KEDGE__SHORT_TEXT];
    kedge_str text = {buf, kedge__short_text(v, buf)};
    struct kedge_date date;
    if (text.len > KEDGE__SHORT_TEXT || !kedge__date_parse(text, &date))
        return false;
    kedge__write(b, member, &date, sizeof date);
    return true;
}

// A value that the table does not have is no error: a newer server knows more of them.
static bool put_enum(struct kedge__builder *b, size_t member, kedge_json_value v, const char *names)
{
    if (!is_text(v))
        return false;
    uint8_t value = 1;
    for (; *names != '\0'; names += strlen(names) + 1, value++) {
        if (kedge_json_text_is(v, kedge_str_of(names))) {
            kedge__write(b, member, &value, sizeof value);
            return true;
        }
    }
    return true;
}

// Lists and maps ----------------------------------------------------------------------------------

static bool is_null(kedge_json_value v)
{
    return kedge_json_type(v) == KEDGE_JSON_NULL;
}

// True if the keys come in ascending order, as servers write them: then there is none twice.
static bool ascending(kedge_json_value map)
{
    kedge_str last = {"", 0};
    bool more = kedge__json_enter(&map);
    for (bool first = true; more; first = false) {
        kedge_str key = kedge_json_raw_key(map);
        size_t common = key.len < last.len ? key.len : last.len;
        int order = common > 0 ? memcmp(last.ptr, key.ptr, common) : 0;
        bool escaped = key.len > 0 && memchr(key.ptr, '\\', key.len) != NULL;
        bool above = order < 0 || (order == 0 && last.len < key.len);
        if (escaped || (!first && !above))
            return false;
        last = key;
        more = kedge__json_step(&map);
    }
    return true;
}

static bool same_key(kedge_json_value a, kedge_json_value b)
{
    char key[KEDGE__SHORT_TEXT * 4];
    kedge_str text = {key, kedge_json_key(a, key, sizeof key)};
    if (text.len <= sizeof key)
        return kedge_json_key_is(b, text);
    // A key of this length is none of Kubernetes; its spelling is enough to tell it.
    return kedge_str_eq(kedge_json_raw_key(a), kedge_json_raw_key(b));
}

static bool comes_again(kedge_json_value member)
{
    kedge_json_value m = member;
    while (kedge__json_step(&m)) {
        if (same_key(member, m))
            return true;
    }
    return false;
}

static bool value_fits(kedge_json_value v, const struct kedge__reader *bytes)
{
    return is_null(v) || (bytes != NULL ? bytes->fits(v) : is_text(v));
}

// `bytes`: what the values are read with, or NULL: they are texts. A pair whose value has another
// type is left out; of a key that comes twice, the last pair stays.
static bool put_map(struct kedge__builder *b, size_t member, kedge_json_value v,
                    const struct kedge__reader *bytes)
{
    if (kedge_json_type(v) != KEDGE_JSON_OBJECT)
        return false;
    bool once = ascending(v);
    size_t count = 0;
    kedge_json_value m = v;
    for (bool more = kedge__json_enter(&m); more; more = kedge__json_step(&m))
        count += value_fits(m, bytes) && (once || !comes_again(m)) ? 1 : 0;

    size_t pair = take_array(b, count, sizeof(struct kedge_text_pair), sizeof(kedge_offset));
    write_list(b, member, pair, count);
    m = v;
    for (bool more = kedge__json_enter(&m); more; more = kedge__json_step(&m)) {
        if (!once && comes_again(m))
            continue;
        bool fits = value_fits(m, bytes);
        b->mistyped += !fits;
        if (!fits)
            continue;
        struct kedge__source key = {m, KEDGE__KEY};
        kedge__put_text(b, pair + offsetof(struct kedge_text_pair, key), key);
        size_t value = pair + offsetof(struct kedge_text_pair, value);
        if (bytes != NULL && !is_null(m))
            bytes->put(b, value, m);
        else
            put_if_text(b, value, m);
        pair += sizeof(struct kedge_text_pair);
    }
    return true;
}

// Structs
// ------------------------------------------------------------------------------------------

static uint64_t put_struct(struct kedge__builder *b, size_t place, const struct kedge_table *table,
                           size_t rows, kedge_json_value object, unsigned depth);

// False if the element stays empty, all zeros, though it is not null.
static bool put_element(struct kedge__builder *b, size_t place, kedge_json_value v,
                        const struct kedge_table *items, unsigned depth)
{
    if (items == NULL)
        return put_if_text(b, place, v) || is_null(v);
    if (kedge_json_type(v) != KEDGE_JSON_OBJECT)
        return is_null(v);
    put_struct(b, place, items, items->count, v, depth + 1);
    return true;
}

// `items`: of an element; NULL: they are texts. What does not suit stays, so that places in the
// list are those of the server.
static bool put_list(struct kedge__builder *b, size_t member, kedge_json_value v,
                     const struct kedge_table *items, unsigned depth)
{
    if (kedge_json_type(v) != KEDGE_JSON_ARRAY || depth == KEDGE__LISTS_MAX)
        return false;
    size_t size = items != NULL ? items->size : sizeof(struct kedge_text);
    size_t count = kedge_json_count(v);
    size_t align = items != NULL ? align_of(items) : sizeof(kedge_offset);
    size_t place = take_array(b, count, size, align);
    write_list(b, member, place, count);
    for (bool more = kedge__json_enter(&v); more; more = kedge__json_step(&v), place += size)
        b->mistyped += !put_element(b, place, v, items, depth);
    return true;
}

static bool put_read(struct kedge__builder *b, size_t member, kedge_json_value v,
                     const struct kedge__reader *reader)
{
    return reader != NULL && reader->put(b, member, v);
}

// False if the value does not suit the field.
static bool put_field(struct kedge__builder *b, size_t member, const struct kedge_field *field,
                      kedge_json_value v, unsigned depth)
{
    switch ((enum kedge_field_type)field->type) {
    case KEDGE_FIELD_TEXT:
        return put_if_text(b, member, v);
    case KEDGE_FIELD_BOOL:
        return put_bool(b, member, v);
    case KEDGE_FIELD_INT32:
        return put_int32(b, member, v);
    case KEDGE_FIELD_INT64:
        return put_int64(b, member, v);
    case KEDGE_FIELD_TIME:
        return put_time(b, member, v);
    case KEDGE_FIELD_MICRO_TIME:
    case KEDGE_FIELD_QUANTITY:
    case KEDGE_FIELD_BASE64:
        return put_read(b, member, v, field->detail);
    case KEDGE_FIELD_ENUM:
        return put_enum(b, member, v, field->detail);
    case KEDGE_FIELD_TEXT_LIST:
        return put_list(b, member, v, NULL, 0);
    case KEDGE_FIELD_TEXT_MAP:
        return put_map(b, member, v, NULL);
    case KEDGE_FIELD_LIST:
        return put_list(b, member, v, field->items, depth);
    case KEDGE_FIELD_RAW:
        return put_json(b, member, v);
    case KEDGE_FIELD_BASE64_MAP:
        return field->detail != NULL && put_map(b, member, v, field->detail);
    case KEDGE_FIELD_SCALAR:
        return put_scalar(b, member, v);
    case KEDGE_FIELD_UID:
        return put_uid(b, member, v);
    case KEDGE_FIELD_DROP:
    case KEDGE_FIELD_SIEVED:
        break;
    }
    return true;
}

// Fills the struct at `place` from the first `rows` of its table. Gives a bit for each row that was
// there. Lists make it call itself, as deep as KEDGE__LISTS_MAX.
static uint64_t put_struct(struct kedge__builder *b, size_t place, const struct kedge_table *table,
                           size_t rows, kedge_json_value object, unsigned depth)
{
    struct kedge__found found;
    uint64_t present = 0, bit = 1;
    kedge__find(&found, table, rows, object);
    b->mistyped += found.mistyped;
    for (size_t i = 0; i < rows; i++, bit <<= 1) {
        const struct kedge_field *field = &table->fields[i];
        kedge_json_value v = {object.doc, found.at[i]};
        if (found.at[i] < 0 || is_null(v))
            continue;
        bool well = put_field(b, place + field->offset, field, v, depth);
        b->mistyped += !well;
        if (well)
            present |= bit;
    }
    return present;
}

static uint64_t put_record(struct kedge__builder *b, const struct kedge_kind *kind,
                           kedge_json_value object, bool partial)
{
    b->arrays = kind->table->size;
    b->mistyped = 0;
    memset(b->shared, 0, sizeof b->shared);
    size_t rows = partial ? KEDGE__IDENTITY : kedge__meta_table.count;
    uint64_t present = 0;
    // Metadata last: of its labels, some are the ends of other texts.
    if (!partial)
        present = put_struct(b, 0, kind->table, kind->table->count, object, 0);
    put_struct(b, 0, &kedge__meta_table, rows, object, 0);
    return present;
}

kedge_err kedge__project(const struct kedge_kind *kind, kedge_json_value object, bool partial,
                         void *buf, size_t cap, size_t *size)
{
    struct kedge__builder b;
    b.base = NULL;
    b.texts = 0;
    put_record(&b, kind, object, partial);
    *size = (b.arrays + b.texts + 7) / 8 * 8;
    if (*size >= KEDGE__FIRST_WORD)
        return KEDGE_ERR_TOO_LONG;
    if (buf == NULL)
        return KEDGE_OK;
    if (cap < *size)
        return KEDGE_ERR_FULL;

    memset(buf, 0, *size);
    b.base = (unsigned char *)buf;
    b.texts = b.arrays;
    uint64_t present = put_record(&b, kind, object, partial);
    struct kedge_object *o = (struct kedge_object *)buf;
    o->size = (kedge_offset)*size;
    o->kind = kedge_kind_tag(kind);
    for (size_t i = 0; i < sizeof o->present; i++)
        o->present[i] = (uint8_t)(present >> (8 * i));
    bool raw = (kind->flags & KEDGE__RAW) != 0;
    o->flags = partial ? KEDGE__RECORD_PARTIAL : raw ? KEDGE__RECORD_RAW : 0;
    o->mistyped = (uint8_t)(b.mistyped < UINT8_MAX ? b.mistyped : UINT8_MAX);
    return KEDGE_OK;
}

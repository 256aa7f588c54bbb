// SPDX-License-Identifier: Apache-2.0
// find.c - walks an object once and notes which of its values a table's rows name.
//
// Rows that are still possible inside an object have come there by the same keys, so their paths
// begin with the same bytes: a level needs a bit for each row and the length of these bytes.
//
//     {"spec":{"replicas":3}}     rows     path
//     ^level 0, behind 0 bytes    1 1 1    spec\0replicas\0   spec\0paused\0   status\0phase\0
//             ^level 1, behind 5  1 1 0
#include <string.h>

#include "object/project.h"
#include "json/cursor.h"

enum { KEYS_MAX = 8 };

struct level {
    kedge_json_value member; // the next to look at
    uint64_t rows;           // whose keys so far are those of this object
    size_t behind;           // bytes of their paths
};

static bool key_is(kedge_json_value member, kedge_str raw, bool plain, const char *key)
{
    if (!plain)
        return kedge_json_key_is(member, kedge_str_of(key));
    size_t i = 0;
    while (i < raw.len && key[i] == raw.ptr[i] && key[i] != '\0')
        i++;
    return i == raw.len && key[i] == '\0';
}

// Notes the member for the rows that end here; gives those that go on inside it.
static uint64_t take(struct kedge__found *found, const struct kedge_table *table,
                     const struct level *level, kedge_json_value member)
{
    kedge_str raw = kedge_json_raw_key(member);
    bool plain = raw.len > 0 && memchr(raw.ptr, '\\', raw.len) == NULL;
    uint64_t going = 0, rows = level->rows, bit = 1;
    for (unsigned i = 0; rows != 0; i++, rows >>= 1, bit <<= 1) {
        if ((rows & 1u) == 0)
            continue;
        const char *key = table->fields[i].path + level->behind;
        if (!key_is(member, raw, plain, key))
            continue;
        size_t len = plain ? raw.len : strlen(key);
        if (key[len + 1] == '\0')
            found->at[i] = member.at;
        else
            going |= bit;
    }
    return going;
}

// Bytes of the paths of `rows` up to the end of the key that begins at `behind`.
static size_t key_end(const struct kedge_table *table, uint64_t rows, size_t behind)
{
    unsigned i = 0;
    for (; (rows & 1u) == 0; rows >>= 1)
        i++;
    return behind + strlen(table->fields[i].path + behind) + 1;
}

static uint64_t begin(struct kedge__found *found, const struct kedge_table *table, size_t rows,
                      kedge_json_value object)
{
    uint64_t wanted = 0, bit = 1;
    found->mistyped = 0;
    for (size_t i = 0; i < rows; i++, bit <<= 1) {
        bool whole = table->fields[i].path[0] == '\0';
        found->at[i] = whole ? object.at : -1;
        wanted |= whole ? 0 : bit;
    }
    return wanted;
}

void kedge__find(struct kedge__found *found, const struct kedge_table *table, size_t rows,
                 kedge_json_value object)
{
    struct level levels[KEYS_MAX];
    int depth = 0;
    levels[0].rows = begin(found, table, rows, object);
    levels[0].behind = 0;
    levels[0].member = object;
    kedge__json_enter(&levels[0].member);
    while (depth >= 0) {
        struct level *level = &levels[depth];
        kedge_json_value member = level->member;
        if (member.at < 0) {
            depth--;
            continue;
        }
        kedge__json_step(&level->member);
        uint64_t going = take(found, table, level, member);
        enum kedge_json_type type = kedge_json_type(member);
        if (going != 0 && type != KEDGE_JSON_OBJECT && type != KEDGE_JSON_NULL)
            found->mistyped++;
        if (going == 0 || type != KEDGE_JSON_OBJECT || depth + 1 == KEYS_MAX)
            continue;
        levels[depth + 1].rows = going;
        levels[depth + 1].behind = key_end(table, going, level->behind);
        levels[depth + 1].member = member;
        kedge__json_enter(&levels[depth + 1].member);
        depth++;
    }
}

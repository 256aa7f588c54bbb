// SPDX-License-Identifier: Apache-2.0
// rows.c - any kind as a line, by its table: what columns.c writes by hand for some.
//
// A text stands in quotes, with tab, newline and backslash escaped; a time is its microseconds, a
// quantity its thousandths, bytes are hex digits; maps and objects are sorted by their keys. In an
// element of a list what is absent is 0, false or "".

#define _POSIX_C_SOURCE 200809L

#include "rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <kedge/kinds.h>
#include <kedge/reader.h>

// kinds.def: KIND(configmap) KIND(deployment) ...
#define KIND(name) {#name, &kedge_kind_##name},
static const struct named {
    const char *name;
    const struct kedge_kind *kind;
} all[] = {
#include "kinds.def"
};
#undef KIND
#define COUNT (sizeof all / sizeof all[0])

const struct kedge_kind *rows_kind(const char *name)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(all[i].name, name) == 0)
            return all[i].kind;
    }
    return NULL;
}

const char *rows_name(size_t i)
{
    return i < COUNT ? all[i].name : NULL;
}

// Values -----------------------------------------------------------------------------------------

static void *allocate(size_t count, size_t size)
{
    void *p = calloc(count + 1, size);
    if (p == NULL)
        abort();
    return p;
}

static void print_quoted(FILE *out, const char *bytes, size_t len)
{
    fputc('"', out);
    for (size_t i = 0; i < len; i++) {
        const char *special = bytes[i] != '\0' ? strchr("\t\n\\", bytes[i]) : NULL;
        if (special == NULL)
            fputc(bytes[i], out);
        else
            fprintf(out, "\\%c", *special == '\t' ? 't' : *special == '\n' ? 'n' : '\\');
    }
    fputc('"', out);
}

static void print_hex(FILE *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fprintf(out, "%02x", (unsigned)(unsigned char)bytes[i]);
}

static int by_key(const void *a, const void *b)
{
    const struct kedge_text_pair *const *left = a, *const *right = b;
    return strcmp(kedge_text(&(*left)->key), kedge_text(&(*right)->key));
}

static void print_map(FILE *out, const struct kedge_text_map *m,
                      void (*print)(FILE *out, const char *bytes, size_t len))
{
    const struct kedge_text_pair **pairs = allocate(m->count, sizeof *pairs);
    for (size_t i = 0; i < m->count; i++)
        pairs[i] = kedge_pair_at(m, i);
    qsort(pairs, m->count, sizeof *pairs, by_key);
    fputc('{', out);
    for (size_t i = 0; i < m->count; i++) {
        fputs(i > 0 ? "," : "", out);
        print_quoted(out, kedge_text(&pairs[i]->key), kedge_text_len(&pairs[i]->key));
        fputc(':', out);
        print(out, kedge_text(&pairs[i]->value), kedge_text_len(&pairs[i]->value));
    }
    fputc('}', out);
    free(pairs);
}

// JSON with sorted keys --------------------------------------------------------------------------

static void print_json(FILE *out, kedge_json_value v);

static void print_json_text(FILE *out, kedge_json_value v)
{
    size_t len = kedge_json_text(v, NULL, 0);
    char *text = allocate(len, 1);
    kedge_json_text(v, text, len);
    print_quoted(out, text, len);
    free(text);
}

struct member {
    char *key;
    kedge_json_value value;
};

static int by_member(const void *a, const void *b)
{
    const struct member *left = a, *right = b;
    return strcmp(left->key, right->key);
}

static void print_json_object(FILE *out, kedge_json_value v)
{
    size_t count = kedge_json_count(v), i = 0;
    struct member *members = allocate(count, sizeof *members);
    for (kedge_json_value m = kedge_json_first(v); i < count; m = kedge_json_next(m), i++) {
        size_t len = kedge_json_key(m, NULL, 0);
        members[i] = (struct member){allocate(len, 1), m};
        kedge_json_key(m, members[i].key, len);
    }
    qsort(members, count, sizeof *members, by_member);
    fputc('{', out);
    for (i = 0; i < count; i++) {
        fputs(i > 0 ? "," : "", out);
        print_quoted(out, members[i].key, strlen(members[i].key));
        fputc(':', out);
        print_json(out, members[i].value);
        free(members[i].key);
    }
    fputc('}', out);
    free(members);
}

static void print_json(FILE *out, kedge_json_value v)
{
    kedge_str raw = kedge_json_raw(v);
    bool more = false;

    switch (kedge_json_type(v)) {
    case KEDGE_JSON_OBJECT:
        print_json_object(out, v);
        break;
    case KEDGE_JSON_ARRAY:
        fputc('[', out);
        for (kedge_json_value e = kedge_json_first(v); e.at >= 0; e = kedge_json_next(e)) {
            fputs(more ? "," : "", out);
            print_json(out, e);
            more = true;
        }
        fputc(']', out);
        break;
    case KEDGE_JSON_TEXT:
        print_json_text(out, v);
        break;
    default:
        fwrite(raw.ptr, 1, raw.len, out);
    }
}

static void print_raw(FILE *out, const struct kedge_text *t)
{
    struct kedge_json doc;
    size_t len = kedge_text_len(t);
    struct kedge_json_token *tokens = allocate(len, sizeof *tokens);

    if (len > 0 && kedge_json_parse(&doc, kedge_text(t), len, tokens, len + 1) == KEDGE_OK)
        print_json(out, kedge_json_root(&doc));
    else
        fprintf(out, "%s", len > 0 ? "no JSON" : "");
    free(tokens);
}

// Rows -------------------------------------------------------------------------------------------

static void print_row(FILE *out, const struct kedge_field *field, const unsigned char *member);

static void print_element(FILE *out, const struct kedge_table *table, const unsigned char *base)
{
    bool more = false;

    for (size_t i = 0; i < table->count; i++) {
        const struct kedge_field *field = &table->fields[i];
        if (field->type == KEDGE_FIELD_DROP)
            continue;
        fputs(more ? "," : "", out);
        print_row(out, field, base + field->offset);
        more = true;
    }
}

static void print_list(FILE *out, const struct kedge_field *field, const struct kedge_list *l)
{
    fputc('[', out);
    for (size_t i = 0; i < l->count; i++) {
        fputs(i > 0 ? ",(" : "(", out);
        print_element(out, field->items, kedge_list_at(l, i, field->items->size));
        fputc(')', out);
    }
    fputc(']', out);
}

static void print_texts(FILE *out, const struct kedge_text_list *l)
{
    fputc('[', out);
    for (size_t i = 0; i < l->count; i++) {
        const struct kedge_text *t = kedge_text_at(l, i);
        fputs(i > 0 ? "," : "", out);
        print_quoted(out, kedge_text(t), kedge_text_len(t));
    }
    fputc(']', out);
}

static void print_number(FILE *out, const struct kedge_field *field, const unsigned char *member)
{
    int64_t wide;
    int32_t narrow;

    if (field->type == KEDGE_FIELD_INT32) {
        memcpy(&narrow, member, sizeof narrow);
        fprintf(out, "%" PRId32, narrow);
        return;
    }
    memcpy(&wide, member, sizeof wide);
    fprintf(out, "%" PRId64, wide);
}

static void print_uid(FILE *out, const struct kedge_uid *uid)
{
    char text[KEDGE_UID_TEXT];
    kedge_str s = kedge_uid_str(uid, text);

    print_quoted(out, s.ptr, s.len);
}

static void print_row(FILE *out, const struct kedge_field *field, const unsigned char *member)
{
    const void *at = member;
    const struct kedge_text *t = at;

    switch ((enum kedge_field_type)field->type) {
    case KEDGE_FIELD_TEXT:
    case KEDGE_FIELD_SCALAR:
        print_quoted(out, kedge_text(t), kedge_text_len(t));
        break;
    case KEDGE_FIELD_RAW:
        print_raw(out, t);
        break;
    case KEDGE_FIELD_BASE64:
        print_hex(out, kedge_text(t), kedge_text_len(t));
        break;
    case KEDGE_FIELD_BOOL:
        fputs(*member != 0 ? "true" : "false", out);
        break;
    case KEDGE_FIELD_ENUM:
        fputs(kedge_enum_text(field->detail, *member), out);
        break;
    case KEDGE_FIELD_TEXT_LIST:
        print_texts(out, at);
        break;
    case KEDGE_FIELD_TEXT_MAP:
        print_map(out, at, print_quoted);
        break;
    case KEDGE_FIELD_BASE64_MAP:
        print_map(out, at, print_hex);
        break;
    case KEDGE_FIELD_LIST:
        print_list(out, field, at);
        break;
    case KEDGE_FIELD_UID:
        print_uid(out, at);
        break;
    case KEDGE_FIELD_QUANTITY:
        fprintf(out, "%" PRId64, kedge_quantity(at));
        break;
    case KEDGE_FIELD_TIME:
        fprintf(out, "%" PRId64, kedge_timestamp_of(*(const struct kedge_date *)at));
        break;
    default:
        print_number(out, field, member);
    }
}

static void print_path(FILE *out, const char *path)
{
    for (const char *key = path; *key != '\0'; key += strlen(key) + 1)
        fprintf(out, "%s%s", key == path ? "" : ".", key);
}

void rows_print(FILE *out, const struct kedge_kind *kind, const struct kedge_object *o)
{
    const unsigned char *base = (const unsigned char *)o;

    for (size_t i = 0; i < kind->table->count; i++) {
        const struct kedge_field *field = &kind->table->fields[i];
        if (field->type == KEDGE_FIELD_DROP)
            continue;
        fputc('\t', out);
        print_path(out, field->path);
        if (!KEDGE__HAS(o->present, i))
            continue;
        fputc('=', out);
        print_row(out, field, base + field->offset);
    }
}

// The tables -------------------------------------------------------------------------------------

static void print_names(FILE *out, const char *names)
{
    fputc('[', out);
    for (const char *name = names; *name != '\0'; name += strlen(name) + 1)
        fprintf(out, "%s\"%s\"", name == names ? "" : ",", name);
    fputc(']', out);
}

static void print_table(FILE *out, const struct kedge_table *table)
{
    static const char *const types[] = {[KEDGE_FIELD_TEXT] = "text",
                                        [KEDGE_FIELD_BOOL] = "bool",
                                        [KEDGE_FIELD_INT32] = "number",
                                        [KEDGE_FIELD_INT64] = "number",
                                        [KEDGE_FIELD_TIME] = "time",
                                        [KEDGE_FIELD_QUANTITY] = "quantity",
                                        [KEDGE_FIELD_ENUM] = "enum",
                                        [KEDGE_FIELD_TEXT_LIST] = "texts",
                                        [KEDGE_FIELD_TEXT_MAP] = "map",
                                        [KEDGE_FIELD_LIST] = "list",
                                        [KEDGE_FIELD_RAW] = "raw",
                                        [KEDGE_FIELD_BASE64] = "bytes",
                                        [KEDGE_FIELD_BASE64_MAP] = "bytesmap",
                                        [KEDGE_FIELD_DROP] = "drop",
                                        [KEDGE_FIELD_SCALAR] = "scalar",
                                        [KEDGE_FIELD_MICRO_TIME] = "microtime",
                                        [KEDGE_FIELD_UID] = "text"};

    fputc('[', out);
    for (size_t i = 0; i < table->count; i++) {
        const struct kedge_field *field = &table->fields[i];
        fprintf(out, "%s{\"type\":\"%s\",\"path\":", i > 0 ? "," : "", types[field->type]);
        print_names(out, field->path);
        if (field->type == KEDGE_FIELD_ENUM) {
            fputs(",\"names\":", out);
            print_names(out, field->detail);
        }
        if (field->type == KEDGE_FIELD_LIST) {
            fputs(",\"rows\":", out);
            print_table(out, field->items);
        }
        fputc('}', out);
    }
    fputc(']', out);
}

void rows_print_tables(FILE *out)
{
    fputc('{', out);
    for (size_t i = 0; i < COUNT; i++) {
        const struct kedge_kind *kind = all[i].kind;
        fprintf(out, "%s\"%s\":{\"group\":\"%s\",\"version\":\"%s\",\"resource\":\"%s\",\"rows\":",
                i > 0 ? ",\n" : "", all[i].name, kind->group, kind->version, kind->resource);
        print_table(out, kind->table);
        fputc('}', out);
    }
    fputs("}\n", out);
}

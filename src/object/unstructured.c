// SPDX-License-Identifier: Apache-2.0
// unstructured.c - an object as JSON in its user's room: how it gets there, and what it says.
#include "object/unstructured.h"

#include <string.h>

// The room ---------------------------------------------------------------------------------------

void kedge__unstructured_clear(struct kedge_unstructured *u)
{
    memset(&u->doc, 0, sizeof u->doc);
    u->partial = false;
    u->err = KEDGE_OK;
    u->need = 0;
    u->need_tokens = 0;
}

void kedge_unstructured_init(struct kedge_unstructured *u, char *buf, size_t cap,
                             struct kedge_json_token *tokens, size_t token_cap)
{
    u->buf = buf;
    u->cap = buf != NULL ? cap : 0;
    u->tokens = tokens;
    u->token_cap = tokens != NULL ? token_cap : 0;
    kedge__unstructured_clear(u);
}

kedge_err kedge__unstructured_fail(struct kedge_unstructured *u, kedge_err err)
{
    if (u->err == KEDGE_OK)
        u->err = err;
    return err;
}

// The end of the word, number or text that begins at `at`.
static size_t leaf_end(kedge_str json, size_t at)
{
    if (json.ptr[at] != '"') {
        while (at < json.len && memchr(" \t\r\n,:]}", json.ptr[at], 8) == NULL)
            at++;
        return at;
    }
    at++;
    while (at < json.len && json.ptr[at] != '"')
        at += json.ptr[at] == '\\' ? 2 : 1;
    return at + 1;
}

size_t kedge__unstructured_tokens(kedge_str json)
{
    size_t n = 0;
    for (size_t at = 0; at < json.len;) {
        char c = json.ptr[at];
        bool opens = c == '{' || c == '[';
        bool leaf = !opens && memchr(" \t\r\n,:]}", c, 8) == NULL;
        n += opens || leaf;
        at = leaf ? leaf_end(json, at) : at + 1;
    }
    return n;
}

kedge_err kedge__unstructured_take(struct kedge_unstructured *u, size_t len)
{
    kedge_err err = kedge_json_parse(&u->doc, u->buf, len, u->tokens, u->token_cap);
    if (err == KEDGE_ERR_FULL)
        u->need_tokens = kedge__unstructured_tokens((kedge_str){u->buf, len});
    if (err == KEDGE_OK && kedge_json_type(kedge_json_root(&u->doc)) != KEDGE_JSON_OBJECT)
        err = KEDGE_ERR_JSON;
    if (err == KEDGE_OK)
        return KEDGE_OK;
    memset(&u->doc, 0, sizeof u->doc);
    return kedge__unstructured_fail(u, err);
}

kedge_err kedge_unstructured_read(struct kedge_unstructured *u, kedge_str json)
{
    if (u == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge__unstructured_clear(u);
    if (json.len > u->cap) {
        u->need = json.len;
        return kedge__unstructured_fail(u, KEDGE_ERR_TOO_LONG);
    }
    if (json.len > 0)
        memmove(u->buf, json.ptr, json.len);
    return kedge__unstructured_take(u, json.len);
}

kedge_err kedge_unstructured_copy(struct kedge_unstructured *to,
                                  const struct kedge_unstructured *from)
{
    if (to == NULL || from == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge_str json = kedge_unstructured_json(from);
    if (json.len == 0)
        return KEDGE_ERR_ARGUMENT;
    bool partial = from->partial;
    kedge_err err = kedge_unstructured_read(to, json);
    to->partial = err == KEDGE_OK && partial;
    return err;
}

kedge_str kedge_unstructured_json(const struct kedge_unstructured *u)
{
    return kedge_json_raw(kedge_unstructured_at(u, ""));
}

// At a path --------------------------------------------------------------------------------------

kedge_json_value kedge_unstructured_at(const struct kedge_unstructured *u, const char *path)
{
    kedge_json_value absent = {NULL, -1};
    return u != NULL && path != NULL ? kedge_json_at(kedge_json_root(&u->doc), path) : absent;
}

// Why a value could not be read as what was wanted.
static kedge_err no_such(kedge_json_value v)
{
    enum kedge_json_type type = kedge_json_type(v);
    return type == KEDGE_JSON_ABSENT || type == KEDGE_JSON_NULL ? KEDGE_ERR_NOT_FOUND
                                                                : KEDGE_ERR_JSON;
}

kedge_err kedge_unstructured_text(const struct kedge_unstructured *u, const char *path, char *buf,
                                  size_t cap)
{
    if (u == NULL || path == NULL || buf == NULL || cap == 0)
        return KEDGE_ERR_ARGUMENT;
    kedge_json_value v = kedge_unstructured_at(u, path);
    buf[0] = '\0';
    if (kedge_json_type(v) != KEDGE_JSON_TEXT)
        return no_such(v);
    size_t len = kedge_json_text(v, NULL, 0);
    if (len >= cap)
        return KEDGE_ERR_TOO_LONG;
    buf[kedge_json_text(v, buf, len)] = '\0';
    return KEDGE_OK;
}

kedge_err kedge_unstructured_int64(const struct kedge_unstructured *u, const char *path,
                                   int64_t *out)
{
    if (u == NULL || path == NULL || out == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge_json_value v = kedge_unstructured_at(u, path);
    return kedge_json_int64(v, out) ? KEDGE_OK : no_such(v);
}

kedge_err kedge_unstructured_bool(const struct kedge_unstructured *u, const char *path, bool *out)
{
    if (u == NULL || path == NULL || out == NULL)
        return KEDGE_ERR_ARGUMENT;
    kedge_json_value v = kedge_unstructured_at(u, path);
    return kedge_json_bool(v, out) ? KEDGE_OK : no_such(v);
}

// What every object has --------------------------------------------------------------------------

static kedge_str plain(const struct kedge_unstructured *u, const char *path)
{
    kedge_json_value v = kedge_unstructured_at(u, path);
    kedge_str raw = kedge_json_raw(v);
    if (kedge_json_type(v) != KEDGE_JSON_TEXT || memchr(raw.ptr, '\\', raw.len) != NULL)
        return (kedge_str){NULL, 0};
    return (kedge_str){raw.ptr + 1, raw.len - 2};
}

kedge_str kedge_unstructured_name(const struct kedge_unstructured *u)
{
    return plain(u, KEDGE_PATH("metadata", "name"));
}

kedge_str kedge_unstructured_namespace(const struct kedge_unstructured *u)
{
    return plain(u, KEDGE_PATH("metadata", "namespace"));
}

kedge_str kedge_unstructured_uid(const struct kedge_unstructured *u)
{
    return plain(u, KEDGE_PATH("metadata", "uid"));
}

kedge_str kedge_unstructured_resource_version(const struct kedge_unstructured *u)
{
    return plain(u, KEDGE_PATH("metadata", "resourceVersion"));
}

kedge_str kedge_unstructured_kind(const struct kedge_unstructured *u)
{
    return plain(u, KEDGE_PATH("kind"));
}

kedge_str kedge_unstructured_api_version(const struct kedge_unstructured *u)
{
    return plain(u, KEDGE_PATH("apiVersion"));
}

kedge_json_value kedge_unstructured_label(const struct kedge_unstructured *u, const char *key)
{
    return kedge_json_get(kedge_unstructured_at(u, KEDGE_PATH("metadata", "labels")), key);
}

kedge_json_value kedge_unstructured_annotation(const struct kedge_unstructured *u, const char *key)
{
    return kedge_json_get(kedge_unstructured_at(u, KEDGE_PATH("metadata", "annotations")), key);
}

// SPDX-License-Identifier: Apache-2.0
// record.c - any bytes as an object, a list or watch events of each kind: sieve, reader and
// projection. Whatever comes out is a whole record of exactly the size that was measured, equal
// objects give equal bytes, and the names and labels in it are what jansson reads.
#include <stdio.h>
#include <stdlib.h>

#include "kedge/reader.h"
#include "kedge/selector.h"
#include "kedge/sieve.h"
#include "kinds.h"
#include "object/project.h"
#include "object/squeeze.h"
#include "sieve_jansson.h"
#include "sieve_log.h"
#include "whole_record.h"

#include "fuzz.h"

static const struct kedge_kind *kind;

static const struct kedge_field type_rows[] = {ROW("type\0", TEXT)};
static const struct kedge_table type_table = TABLE_OF(type_rows);

// A record in a block of exactly its size, filled with `filler` before.
static struct kedge_object *project(kedge_json_value root, bool partial, int filler, size_t *size)
{
    size_t again;
    kedge_err err = kedge__project(kind, root, partial, NULL, 0, size);
    if (err != KEDGE_OK) {
        PROMISE(err == KEDGE_ERR_TOO_LONG && !partial);
        return NULL;
    }
    struct kedge_object *o = malloc(*size);
    PROMISE(o != NULL);
    memset(o, filler, *size);
    PROMISE(kedge__project(kind, root, partial, o, *size - 8, &again) == KEDGE_ERR_FULL);
    PROMISE(*(unsigned char *)o == filler && again == *size);
    PROMISE(kedge__project(kind, root, partial, o, *size, &again) == KEDGE_OK && again == *size);
    whole_record(kind, o, *size);
    PROMISE(kedge_is_partial(o) == partial);
    return o;
}

static void same_text(const struct kedge_text *t, json_t *json)
{
    // What is no text is as absent.
    PROMISE(kedge_text_len(t) == json_string_length(json));
    if (json_is_string(json))
        PROMISE(memcmp(kedge_text(t), json_string_value(json), kedge_text_len(t)) == 0);
}

static void same_uid(const struct kedge_uid *u, json_t *json)
{
    char buf[KEDGE_UID_TEXT];
    kedge_str s = kedge_uid_str(u, buf);
    kedge_str text = {json_string_value(json), json_string_length(json)};
    PROMISE(s.len == text.len && s.ptr[s.len] == '\0');
    if (s.len > 0)
        PROMISE(memcmp(s.ptr, text.ptr, s.len) == 0 && kedge__uid_is(u, text));
    PROMISE(kedge_uid_equal(u, u));
}

// `json` is the kept text by jansson.
static void same_metadata(const struct kedge_object *o, json_t *json)
{
    json_t *meta = json_object_get(json, "metadata");
    const char *key;
    json_t *value;
    same_text(&o->name, json_object_get(meta, "name"));
    same_text(&o->namespace_, json_object_get(meta, "namespace"));
    same_uid(&o->uid, json_object_get(meta, "uid"));
    same_text(&o->resource_version, json_object_get(meta, "resourceVersion"));
    if (kedge_is_partial(o))
        return;
    json_object_foreach(json_object_get(meta, "labels"), key, value)
    {
        const struct kedge_text *label = kedge_map_get(&o->labels, key);
        PROMISE((label != NULL) == json_is_string(value));
        if (label != NULL)
            same_text(label, value);
    }
}

// Each label of an object selects it. Words of the selector's grammar are no labels.
static void selected_by_its_labels(const struct kedge_object *o)
{
    static char text[FUZZ_MAX * 2];
    const struct kedge_text_pair *pair;
    PROMISE(kedge_labels_contain(&o->labels, &o->labels));
    PROMISE(kedge_selector_matches(KEDGE_EVERYTHING, o));
    for (size_t i = 0; (pair = kedge_pair_at(&o->labels, i)) != NULL; i++) {
        struct kedge_selector s;
        int len =
            snprintf(text, sizeof text, "%s%s", kedge_text(&pair->key), kedge_text(&pair->value));
        size_t whole_len = kedge_text_len(&pair->key) + kedge_text_len(&pair->value);
        if ((size_t)len != whole_len || strpbrk(text, " \t\r\n,=!<>()") != NULL)
            continue;
        snprintf(text, sizeof text, "%s=%s", kedge_text(&pair->key), kedge_text(&pair->value));
        if (kedge_selector_parse(&s, text) == KEDGE_OK)
            PROMISE(kedge_selector_matches(&s, o));
    }
}

static void same_identity(const struct kedge_object *o, kedge_json_value root)
{
    struct kedge__identity id;
    memset(&id, 0x5a, sizeof id);
    kedge__identity_read(&id, root);
    PROMISE(memchr(id.name, '\0', sizeof id.name) != NULL);
    PROMISE(memchr(id.namespace_, '\0', sizeof id.namespace_) != NULL);
    PROMISE(memchr(id.uid, '\0', sizeof id.uid) != NULL);
    PROMISE(memchr(id.resource_version, '\0', sizeof id.resource_version) != NULL);
    PROMISE(id.unusable || strcmp(id.name, kedge_name(o)) == 0);
    char uid[KEDGE_UID_TEXT];
    PROMISE(id.unusable || strcmp(id.uid, kedge_uid(o, uid)) == 0);
}

static void as_record(kedge_json_value root, bool partial, json_t *json)
{
    size_t size, again;
    struct kedge_object *o = project(root, partial, 0, &size);
    if (o == NULL)
        return;
    struct kedge_object *twin = project(root, partial, 0xff, &again);
    PROMISE(twin != NULL && again == size && memcmp(o, twin, size) == 0);
    if (json != NULL)
        same_metadata(o, json);
    same_identity(o, root);
    selected_by_its_labels(o);
    // It may be moved.
    memset(twin, 0x5a, size);
    PROMISE(kedge_object_copy(o, twin, size, NULL) == KEDGE_OK);
    // There is nothing in it that nothing names.
    PROMISE(kedge__record_squeeze(kind, twin, size) == size && memcmp(o, twin, size) == 0);
    memset(o, 0x5a, size);
    whole_record(kind, twin, size);
    free(twin);
    free(o);
}

// Of an object that is there twice, jansson has the last; here, as with Go's decoder, its members
// are those of both.
static bool has_twins(kedge_str item)
{
    json_error_t error;
    json_t *json = json_loadb(item.ptr, item.len, JSON_REJECT_DUPLICATES, &error);
    bool refused = json == NULL && json_error_code(&error) == json_error_duplicate_key;
    json_decref(json);
    return refused;
}

static void take_item(kedge_str item)
{
    struct kedge_json doc;
    size_t count = item.len / 2 + 1;
    struct kedge_json_token *tokens = malloc(count * sizeof *tokens);
    char *text = malloc(item.len);
    bool limit;
    PROMISE(tokens != NULL && text != NULL);
    memcpy(text, item.ptr, item.len);
    // What the sieve kept, the reader can read.
    PROMISE(kedge_json_parse(&doc, text, item.len, tokens, count) == KEDGE_OK);
    json_t *json = strict_load(item, &limit);
    PROMISE(json != NULL || limit);
    json_t *comparable = has_twins(item) ? NULL : json;
    as_record(kedge_json_root(&doc), false, comparable);
    as_record(kedge_json_root(&doc), true, comparable);
    json_decref(json);
    free(tokens);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static char item[8192], envelope[64];
    struct fuzz_input in;
    struct kedge_sieve s;
    if (!fuzz_open(&in, bytes, len))
        return 0;
    struct kedge_sieve_options o = {.identity = KEDGE__IDENTITY};
    o.shape = (enum kedge_sieve_shape)fuzz_choose(&in, 3);
    kind = fuzz_kinds[fuzz_choose(&in, FUZZ_KINDS)];
    o.tables[0] = &kedge__meta_table;
    o.tables[1] = kind->table;
    o.envelope = o.shape == KEDGE_SIEVE_WATCH ? &type_table : NULL;
    o.item_buf = item;
    o.item_cap = sizeof item;
    o.envelope_buf = envelope;
    o.envelope_cap = sizeof envelope;
    PROMISE(kedge_sieve_init(&s, &o) == KEDGE_OK);
    kedge_err err = KEDGE_OK;
    for (size_t at = 0, used; err == KEDGE_OK && at < in.data.len; at += used) {
        enum kedge_sieve_event event;
        size_t piece = fuzz_piece(&in, in.data.len - at);
        err = kedge_sieve_feed(&s, in.data.ptr + at, piece, &used, &event);
        if (event == KEDGE_SIEVE_ITEM && !s.unusable)
            take_item(s.item);
    }
    return 0;
}

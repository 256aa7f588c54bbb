// SPDX-License-Identifier: Apache-2.0
// status.c - any bytes as a Status, as an error reply brings it: sieved, read, judged; and the same
// bytes as the text of a reply that has none. Every text in it ends, is UTF-8, and is the beginning
// of what jansson reads; an object without a code is no Status and changes nothing.
#include <stdlib.h>

#include "kedge/sieve.h"
#include "kedge/status.h"
#include "object/project.h"
#include "sieve_jansson.h"

#include "fuzz.h"

typedef bool predicate(const struct kedge_status *s);

static predicate *const predicates[] = {
    kedge_status_is_bad_request,
    kedge_status_is_unauthorized,
    kedge_status_is_forbidden,
    kedge_status_is_not_found,
    kedge_status_is_method_not_supported,
    kedge_status_is_not_acceptable,
    kedge_status_is_conflict,
    kedge_status_is_gone,
    kedge_status_is_unsupported_media_type,
    kedge_status_is_invalid,
    kedge_status_is_internal_error,
    kedge_status_is_service_unavailable,
    kedge_status_is_timeout,
};

static void is_text(const char *text, size_t size)
{
    PROMISE(memchr(text, '\0', size) != NULL);
    json_t *json = json_string(text); // NULL: no UTF-8
    PROMISE(json != NULL);
    json_decref(json);
}

static void begins(const char *text, json_t *json)
{
    size_t len = strlen(text);
    if (json_is_string(json) && len > 0)
        PROMISE(len <= json_string_length(json) && memcmp(text, json_string_value(json), len) == 0);
}

static void judged(const struct kedge_status *s)
{
    int32_t seconds = -1;
    int32_t true_ones = 0;
    for (size_t i = 0; i < sizeof predicates / sizeof predicates[0]; i++)
        true_ones += predicates[i](s);
    // By the reason or by the code, so one of them at most.
    PROMISE(true_ones <= 1);
    PROMISE(!kedge_status_is_gone(s) || !kedge_status_is_expired(s));
    if (kedge_status_suggests_delay(s, &seconds))
        PROMISE(seconds >= 0);
}

static void texts(const struct kedge_status *s)
{
    is_text(s->reason, sizeof s->reason);
    is_text(s->message, sizeof s->message);
    is_text(s->name, sizeof s->name);
    is_text(s->group, sizeof s->group);
    is_text(s->kind, sizeof s->kind);
    is_text(s->uid, sizeof s->uid);
    for (size_t i = 0; i < KEDGE_STATUS_CAUSES; i++) {
        const struct kedge_status_cause *c = &s->causes[i];
        is_text(c->reason, sizeof c->reason);
        is_text(c->field, sizeof c->field);
        is_text(c->message, sizeof c->message);
        PROMISE(i < s->cause_count || (c->reason[0] == '\0' && c->field[0] == '\0'));
    }
}

// The bytes as the body of a reply, and then the object in it, if it counts.
static void reply(kedge_json_value root, kedge_str text, int code)
{
    struct kedge_status s, before;
    memset(&s, 0, sizeof s);
    struct kedge_status_response r = {.code = code, .verb = "POST", .group = text, .body = text};
    r.resource = r.name = text;
    r.is_text = true;
    kedge_status_from_response(&s, &r);
    texts(&s);
    judged(&s);
    before = s;
    if (!kedge_status_read_reply(&s, root)) {
        PROMISE(memcmp(&s, &before, sizeof s) == 0);
        return;
    }
    PROMISE(s.from_server && kedge_json_text_is(kedge_json_get(root, "kind"), KEDGE_STR("Status")));
    PROMISE(!s.success || (code >= 200 && code <= 206));
    texts(&s);
    judged(&s);
}

static void read(kedge_json_value root, kedge_str text, int code)
{
    struct kedge_status s, before;
    bool limit;
    memset(&s, 0, sizeof s);
    kedge_status_from_code(&s, code);
    judged(&s);
    before = s;
    if (!kedge_status_read(&s, root)) {
        PROMISE(memcmp(&s, &before, sizeof s) == 0);
        return;
    }
    PROMISE(s.from_server);
    texts(&s);
    judged(&s);
    json_t *json = strict_load(text, &limit);
    if (json != NULL && strcmp(s.message, before.message) != 0)
        begins(s.message, json_object_get(json, "message"));
    if (json != NULL && strcmp(s.reason, before.reason) != 0)
        begins(s.reason, json_object_get(json, "reason"));
    json_decref(json);
}

static void take_item(kedge_str item, unsigned code)
{
    struct kedge_json doc;
    size_t count = item.len / 2 + 1;
    struct kedge_json_token *tokens = malloc(count * sizeof *tokens);
    PROMISE(tokens != NULL);
    PROMISE(kedge_json_parse(&doc, item.ptr, item.len, tokens, count) == KEDGE_OK);
    read(kedge_json_root(&doc), item, (int)code * 8);
    reply(kedge_json_root(&doc), item, (int)code * 8);
    free(tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static char item[4096];
    struct fuzz_input in;
    struct kedge_sieve s;
    if (!fuzz_open(&in, bytes, len))
        return 0;
    struct kedge_sieve_options o = {.shape = KEDGE_SIEVE_OBJECT};
    o.tables[0] = &kedge__status_table;
    o.tables[1] = &kedge__reply_table;
    o.item_buf = item;
    o.item_cap = sizeof item;
    PROMISE(kedge_sieve_init(&s, &o) == KEDGE_OK);
    kedge_err err = KEDGE_OK;
    for (size_t at = 0, used; err == KEDGE_OK && at < in.data.len; at += used) {
        enum kedge_sieve_event event;
        size_t piece = fuzz_piece(&in, in.data.len - at);
        err = kedge_sieve_feed(&s, in.data.ptr + at, piece, &used, &event);
        if (event == KEDGE_SIEVE_ITEM)
            take_item(s.item, in.choice);
    }
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// http.c - any bytes as an HTTP response: however they are cut, the same head, the same body, the
// same warnings, the same end or the same failure at the same place; slices lie inside what was
// given. What warnings say is UTF-8 without control characters.
#include <jansson.h>

#include "kedge/http.h"
#include "kedge/warning.h"

#include "fuzz.h"
#include "guard.h"

struct told {
    struct kedge_http_response head; // as it was at HEAD
    struct kedge_http_response r;
    bool has_head;
    bool ended;
    kedge_err err;
    kedge_err finish;
    size_t used;
    size_t body_len;
    size_t warnings_len;
    char warnings[FUZZ_MAX]; // what they say, joined
    char body[FUZZ_MAX];
};

static void take_body(struct told *t, kedge_str body, const char *piece, size_t used)
{
    PROMISE(body.len > 0 && body.len <= used);
    PROMISE(body.ptr >= piece && body.ptr + body.len <= piece + used);
    memcpy(t->body + t->body_len, body.ptr, body.len);
    t->body_len += body.len;
}

static void keep_text(struct told *t, kedge_str text, const char *value, size_t len)
{
    PROMISE(text.ptr >= value && text.ptr + text.len <= value + len);
    json_t *json = json_stringn(text.ptr, text.len); // NULL: no UTF-8
    PROMISE(json != NULL);
    json_decref(json);
    for (size_t i = 0; i < text.len; i++)
        PROMISE((unsigned char)text.ptr[i] >= 0x20 && text.ptr[i] != 0x7f);
    memcpy(t->warnings + t->warnings_len, text.ptr, text.len);
    t->warnings_len += text.len;
}

static void take_warning(struct told *t, kedge_str value)
{
    struct kedge_warnings all;
    struct kedge_warning w;
    PROMISE(!t->has_head && !t->ended && value.ptr == t->r.line);
    PROMISE(value.len > 0 && value.len <= KEDGE_HTTP_LINE);
    PROMISE(t->r.status == 101 || t->r.status >= 200);
    kedge_warnings_init(&all, t->r.line, value.len, value.len == KEDGE_HTTP_LINE);
    while (kedge_warnings_next(&all, &w)) {
        PROMISE(w.code >= 0 && w.code <= 999 && w.agent.len > 0);
        keep_text(t, w.agent, t->r.line, value.len);
        keep_text(t, w.text, t->r.line, value.len);
    }
}

static void take_event(struct told *t, enum kedge_http_event event)
{
    if (event == KEDGE_HTTP_HEAD) {
        PROMISE(!t->has_head && !t->ended);
        PROMISE(t->r.status >= 101 && t->r.status <= 999);
        PROMISE(memchr(t->r.location, '\0', sizeof t->r.location) != NULL);
        t->has_head = true;
        t->head = t->r;
    }
    if (event == KEDGE_HTTP_END)
        t->ended = true;
    PROMISE(t->has_head || (event != KEDGE_HTTP_BODY && event != KEDGE_HTTP_END));
}

// Gives one piece until it is used up. False: the response has ended or failed.
static bool take_piece(struct told *t, const char *piece, size_t len)
{
    for (size_t at = 0;;) {
        enum kedge_http_event event;
        kedge_str body = {NULL, 0};
        size_t used = (size_t)-1;
        t->err = kedge_http_feed(&t->r, piece + at, len - at, &used, &event, &body);
        PROMISE(used <= len - at);
        t->used += used;
        if (t->err != KEDGE_OK)
            return false;
        if (event == KEDGE_HTTP_BODY)
            take_body(t, body, piece + at, used);
        if (event == KEDGE_HTTP_WARNING)
            take_warning(t, body);
        at += used;
        take_event(t, event);
        if (event == KEDGE_HTTP_MORE)
            PROMISE(at == len);
        if (event == KEDGE_HTTP_MORE || event == KEDGE_HTTP_END)
            return event == KEDGE_HTTP_MORE;
    }
}

// What failed stays failed; what has ended stays ended.
static void stays(struct told *t)
{
    enum kedge_http_event event;
    kedge_str body;
    size_t used = 1;
    kedge_err err = kedge_http_feed(&t->r, "HTTP/1.1 200 OK\r\n", 17, &used, &event, &body);
    PROMISE(err == t->err && used == 0);
    PROMISE(err != KEDGE_OK || event == KEDGE_HTTP_END);
    PROMISE((err != KEDGE_OK) == (t->r.problem[0] != '\0'));
}

static void tell(struct told *t, struct fuzz_input in)
{
    memset(t, 0, offsetof(struct told, warnings));
    kedge_http_response_init(&t->r);
    bool more = true;
    for (size_t at = 0; more && at < in.data.len;) {
        size_t len = fuzz_piece(&in, in.data.len - at);
        more = take_piece(t, in.data.ptr + at, len);
        at += len;
    }
    if (!more)
        stays(t);
    t->finish = kedge_http_finish(&t->r);
    PROMISE(t->err == KEDGE_OK || t->finish == t->err);
    PROMISE(!t->ended || t->finish == KEDGE_OK);
}

static void same_head(const struct kedge_http_response *a, const struct kedge_http_response *b)
{
    PROMISE(a->status == b->status && a->keep_alive == b->keep_alive);
    PROMISE(a->chunked == b->chunked && a->has_length == b->has_length);
    PROMISE(a->content_length == b->content_length && a->content_length <= INT64_MAX);
    PROMISE(a->retry_after == b->retry_after && a->retry_after >= -1);
    PROMISE(a->date == b->date && a->content == b->content);
    PROMISE(a->aggregated == b->aggregated && a->encoded == b->encoded);
    PROMISE(strcmp(a->location, b->location) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct told whole, pieces;
    struct fuzz_input in;
    if (!fuzz_open(&in, bytes, len))
        return 0;
    tell(&whole, fuzz_whole(&in));
    tell(&pieces, in);
    PROMISE(whole.err == pieces.err && whole.finish == pieces.finish);
    PROMISE(whole.used == pieces.used && whole.ended == pieces.ended);
    PROMISE(whole.has_head == pieces.has_head);
    PROMISE(strcmp(whole.r.problem, pieces.r.problem) == 0);
    if (whole.has_head)
        same_head(&whole.head, &pieces.head);
    PROMISE(whole.warnings_len == pieces.warnings_len);
    PROMISE(memcmp(whole.warnings, pieces.warnings, whole.warnings_len) == 0);
    PROMISE(whole.body_len == pieces.body_len);
    PROMISE(memcmp(whole.body, pieces.body, whole.body_len) == 0);
    PROMISE(!whole.ended || !whole.head.has_length || whole.body_len == whole.head.content_length ||
            whole.head.status == 204 || whole.head.status == 304 || whole.head.status == 101);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// status_response.c - a reply to a request as a Status: the server's own, or client-go's generic
// error. A program that only watches gets by without it.
#include "base/line.h"
#include "object/project.h"
#include "json/utf8.h"

static const struct kedge_field reply_fields[] = {
    {"kind\0", {NULL}, 0, KEDGE_FIELD_SIEVED, 0},
    {"apiVersion\0", {NULL}, 0, KEDGE_FIELD_SIEVED, 0},
    {"status\0", {NULL}, 0, KEDGE_FIELD_SIEVED, 0},
};
const struct kedge_table kedge__reply_table = {reply_fields,
                                               sizeof reply_fields / sizeof reply_fields[0], 0};

// Of a body: client-go looks at the first, this shows the second at most.
enum { BODY_MAX = 2048, SHOWN_MAX = 128 };

// Texts from outside ------------------------------------------------------------------------------

// Bytes of the character that `s` begins with; 0 if it is none, or a NUL.
static size_t character(kedge_str s)
{
    struct kedge__utf8 u = {0, 0, 0};
    unsigned char c = (unsigned char)s.ptr[0];
    if (c < 0x80)
        return c != '\0';
    if (!kedge__utf8_first(&u, c))
        return 0;
    size_t n = 1;
    while (u.need > 0) {
        if (n == s.len || !kedge__utf8_next(&u, (unsigned char)s.ptr[n++]))
            return 0;
    }
    return n;
}

// As Go's %q does with these, so that a message stays one line.
static char escape_of(char c)
{
    switch (c) {
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return c == '"' || c == '\\' ? c : '\0';
    }
}

// Appends whole characters of `s`, at most `max` bytes of it.
static void put_text(struct kedge__line *l, kedge_str s, size_t max, bool quoted)
{
    size_t n;
    for (; s.len > 0; s.ptr += n, s.len -= n) {
        n = character(s);
        kedge_str c = {n > 0 ? s.ptr : "?", n > 0 ? n : 1};
        n = c.len;
        char escape = quoted ? escape_of(c.ptr[0]) : '\0';
        if (n > max || n + (escape != '\0') > l->cap - 1 - l->len)
            return;
        max -= n;
        if (escape != '\0') {
            kedge__line_byte(l, '\\');
            kedge__line_byte(l, escape);
        } else {
            kedge__line_str(l, c);
        }
    }
}

static void copy_text(char *buf, size_t cap, kedge_str s)
{
    struct kedge__line l;
    kedge__line_init(&l, buf, cap);
    put_text(&l, s, cap, false);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static kedge_str text_of(const struct kedge_status_response *r)
{
    if (!r->is_text)
        return KEDGE_STR("unknown");
    kedge_str s = {r->body.ptr, r->body.len < BODY_MAX ? r->body.len : BODY_MAX};
    while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    for (; s.len > 0 && is_blank(s.ptr[0]); s.ptr++)
        s.len--;
    return s;
}

// The generic error -------------------------------------------------------------------------------

// What client-go says to a code; for 403 and 415 the body's text says it.
static const struct {
    uint16_t code;
    const char *message;
} messages[] = {
    {409, "the server reported a conflict"},
    {404, "the server could not find the requested resource"},
    {400, "the server rejected our request for an unknown reason"},
    {401, "the server has asked for the client to provide credentials"},
    {406, "the server was unable to respond with a content type that the client supports"},
    {405, "the server does not allow this method on the requested resource"},
    {422, "the server rejected our request due to an error in our request"},
    {503, "the server is currently unable to handle the request"},
    {504, "the server was unable to return a response in the time allotted, but may still be "
          "processing the request"},
    {429, "the server has received too many requests and has asked us to try again later"},
};

static const char *message_of(int code)
{
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        if (messages[i].code == code)
            return messages[i].message;
    }
    return NULL;
}

static void put_message(struct kedge__line *l, int code, kedge_str text)
{
    const char *message = message_of(code);
    bool unsaid = text.len == 0 || kedge_str_is(text, "unknown");
    if (code == 403 || code == 415 || (code == 406 && !unsaid)) {
        put_text(l, text, SHOWN_MAX, false);
    } else if (message != NULL) {
        kedge__line_text(l, message);
    } else if (code >= 500) {
        kedge__line_text(l, "an error on the server (\"");
        put_text(l, text, SHOWN_MAX, true);
        kedge__line_text(l, "\") has prevented the request from succeeding");
    } else {
        kedge__line_text(l, "the server responded with the status code ");
        kedge__line_int(l, code);
        kedge__line_text(l, " but did not return more information");
    }
}

// " (get deployments.apps web)"
static void put_request(struct kedge__line *l, const struct kedge_status_response *r)
{
    if (r->resource.len == 0)
        return;
    kedge__line_text(l, " (");
    for (const char *c = r->verb; c != NULL && *c != '\0'; c++)
        kedge__line_byte(l, (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c));
    kedge__line_byte(l, ' ');
    put_text(l, r->resource, l->cap, false);
    if (r->group.len > 0)
        kedge__line_byte(l, '.');
    put_text(l, r->group, l->cap, false);
    if (r->name.len > 0)
        kedge__line_byte(l, ' ');
    put_text(l, r->name, l->cap, false);
    kedge__line_byte(l, ')');
}

static void set_cause(struct kedge_status *s, const char *reason, kedge_str message)
{
    s->cause_count = 1;
    copy_text(s->causes[0].reason, sizeof s->causes[0].reason, kedge_str_of(reason));
    copy_text(s->causes[0].message, sizeof s->causes[0].message, message);
}

void kedge_status_from_response(struct kedge_status *s, const struct kedge_status_response *r)
{
    struct kedge__line l;
    kedge_str text = text_of(r);
    kedge_status_from_code(s, r->code);
    if (r->code == 409 && r->verb != NULL && strcmp(r->verb, "POST") == 0)
        copy_text(s->reason, sizeof s->reason,
                  kedge_str_of(kedge_reason_text(KEDGE_REASON_ALREADY_EXISTS)));
    kedge__line_init(&l, s->message, sizeof s->message);
    put_message(&l, r->code, text);
    put_request(&l, r);
    if (r->resource.len > 0)
        copy_text(s->group, sizeof s->group, r->group);
    copy_text(s->kind, sizeof s->kind, r->resource);
    copy_text(s->name, sizeof s->name, r->name);
    if (r->retry_after > 0)
        s->retry_after_seconds = r->retry_after;
    set_cause(s, KEDGE_CAUSE_UNEXPECTED_SERVER_RESPONSE, text);
}

void kedge_status_internal_error(struct kedge_status *s, const char *problem)
{
    struct kedge__line l;
    kedge_status_from_code(s, 500);
    kedge__line_init(&l, s->message, sizeof s->message);
    kedge__line_text(&l, "Internal error occurred: ");
    put_text(&l, kedge_str_of(problem), l.cap, false);
    set_cause(s, "", kedge_str_of(problem));
}

// The server's own --------------------------------------------------------------------------------

// apiVersion may be missing: very old servers left it out.
static bool is_status(kedge_json_value object)
{
    kedge_json_value version = kedge_json_get(object, "apiVersion");
    return kedge_json_text_is(kedge_json_get(object, "kind"), KEDGE_STR("Status")) &&
           (kedge_json_type(version) == KEDGE_JSON_ABSENT ||
            kedge_json_text_is(version, KEDGE_STR("")) ||
            kedge_json_text_is(version, KEDGE_STR("v1")) ||
            kedge_json_text_is(version, KEDGE_STR("meta.k8s.io/v1")));
}

bool kedge_status_read_reply(struct kedge_status *s, kedge_json_value object)
{
    kedge_json_value status = kedge_json_get(object, "status");
    bool good = s->code >= 200 && s->code <= 206;
    if (!is_status(object) || (!good && !kedge_json_text_is(status, KEDGE_STR("Failure"))))
        return false;
    memset(s, 0, sizeof *s);
    kedge__status_take(s, object);
    s->success = kedge_json_text_is(status, KEDGE_STR("Success"));
    return true;
}

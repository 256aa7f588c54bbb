// SPDX-License-Identifier: Apache-2.0
// status.c - reads a Status and judges it.
#include "kedge/status.h"

#include <string.h>

#include "object/project.h"
#include "json/cursor.h"

static const struct kedge_field status_fields[] = {
    {"code\0", {NULL}, 0, KEDGE_FIELD_SIEVED, 0},
    {"reason\0", {NULL}, 0, KEDGE_FIELD_SIEVED, 0},
    {"message\0", {NULL}, 0, KEDGE_FIELD_SIEVED, 0},
    {"details\0", {NULL}, 0, KEDGE_FIELD_SIEVED, 0},
};
const struct kedge_table kedge__status_table = {status_fields, 4, 0};

// In the order of the enum, each ended by a NUL.
static const char reason_names[] =
    "BadRequest\0Unauthorized\0Forbidden\0NotFound\0MethodNotAllowed\0NotAcceptable\0Conflict\0Gone"
    "\0"
    "UnsupportedMediaType\0Invalid\0InternalError\0ServiceUnavailable\0Timeout\0TooManyRequests\0"
    "RequestEntityTooLarge\0AlreadyExists\0Expired\0ServerTimeout\0StorageReadError\0";

enum { REASONS = KEDGE_REASON_STORAGE_READ_ERROR + 1 };

// The code of a reply from which a reason follows, and which stands for it where there is none; 0:
// none.
static const uint16_t reason_codes[REASONS] = {
    [KEDGE_REASON_BAD_REQUEST] = 400,
    [KEDGE_REASON_UNAUTHORIZED] = 401,
    [KEDGE_REASON_FORBIDDEN] = 403,
    [KEDGE_REASON_NOT_FOUND] = 404,
    [KEDGE_REASON_METHOD_NOT_ALLOWED] = 405,
    [KEDGE_REASON_NOT_ACCEPTABLE] = 406,
    [KEDGE_REASON_CONFLICT] = 409,
    [KEDGE_REASON_GONE] = 410,
    [KEDGE_REASON_UNSUPPORTED_MEDIA_TYPE] = 415,
    [KEDGE_REASON_INVALID] = 422,
    [KEDGE_REASON_INTERNAL_ERROR] = 500,
    [KEDGE_REASON_SERVICE_UNAVAILABLE] = 503,
    [KEDGE_REASON_TIMEOUT] = 504,
    [KEDGE_REASON_TOO_MANY_REQUESTS] = 429,
    [KEDGE_REASON_REQUEST_ENTITY_TOO_LARGE] = 413,
};

const char *kedge_reason_text(enum kedge_reason reason)
{
    return kedge_enum_text(reason_names, (unsigned)reason);
}

// A reply without a Status: its code tells the reason, but that of 410 and 413 does not.
static enum kedge_reason reason_of_code(int code)
{
    for (unsigned i = 1; i < REASONS; i++) {
        if (code > 0 && reason_codes[i] == code && i != KEDGE_REASON_GONE &&
            i != KEDGE_REASON_REQUEST_ENTITY_TOO_LARGE)
            return (enum kedge_reason)i;
    }
    return code > 500 ? KEDGE_REASON_INTERNAL_ERROR : KEDGE_REASON_UNKNOWN;
}

void kedge_status_from_code(struct kedge_status *s, int code)
{
    static const char message[] = "the server refused, without a Status";
    memset(s, 0, sizeof *s);
    s->code = code;
    const char *reason = kedge_reason_text(reason_of_code(code));
    memcpy(s->reason, reason, strlen(reason) + 1);
    memcpy(s->message, message, sizeof message);
}

// Reading -----------------------------------------------------------------------------------------

// Where a text may be cut so that no character is: at or before `len`.
static size_t whole_characters(const char *text, size_t len)
{
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

// Writes the text, cut to `cap` - 1 bytes, and a NUL; leaves `buf` alone if there is no text.
static void read_text(char *buf, size_t cap, kedge_json_value v)
{
    if (kedge_json_type(v) != KEDGE_JSON_TEXT)
        return;
    size_t len = kedge_json_text(v, buf, cap);
    len = len < cap ? len : whole_characters(buf, cap - 1);
    buf[len] = '\0';
}

static bool contains(kedge_str text, kedge_str part)
{
    for (size_t i = 0; text.len >= part.len && i <= text.len - part.len; i++) {
        if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
            return true;
    }
    return false;
}

// Older servers say it in words alone.
static bool says_too_large(kedge_json_value message)
{
    return contains(kedge_json_raw(message), KEDGE_STR("Too large resource version"));
}

static void read_member(char *buf, size_t cap, kedge_json_value object, const char *key)
{
    read_text(buf, cap, kedge_json_get(object, key));
}

static void read_cause(struct kedge_status_cause *to, kedge_json_value cause)
{
    memset(to, 0, sizeof *to);
    read_member(to->reason, sizeof to->reason, cause, "reason");
    read_member(to->field, sizeof to->field, cause, "field");
    read_member(to->message, sizeof to->message, cause, "message");
}

static void read_causes(struct kedge_status *s, kedge_json_value causes)
{
    bool timeout = kedge_status_is_timeout(s);
    size_t count = kedge_json_type(causes) == KEDGE_JSON_ARRAY ? kedge_json_count(causes) : 0;
    kedge_json_value cause = causes;
    kedge__json_enter(&cause);
    for (size_t i = 0; i < count; i++, kedge__json_step(&cause)) {
        bool in_words = timeout && says_too_large(kedge_json_get(cause, "message"));
        if (in_words || kedge_json_text_is(kedge_json_get(cause, "reason"),
                                           KEDGE_STR(KEDGE_CAUSE_RESOURCE_VERSION_TOO_LARGE)))
            s->version_too_large = true;
        if (i < KEDGE_STATUS_CAUSES)
            read_cause(&s->causes[i], cause);
    }
    s->cause_count = (uint16_t)(count < UINT16_MAX ? count : UINT16_MAX);
}

// 0: there is none.
static int32_t code_of(kedge_json_value object)
{
    int64_t n;
    bool is_one = kedge_json_int64(kedge_json_get(object, "code"), &n) && n > 0 && n <= INT32_MAX;
    return is_one ? (int32_t)n : 0;
}

static void read_details(struct kedge_status *s, kedge_json_value details)
{
    int64_t n;
    read_member(s->name, sizeof s->name, details, "name");
    read_member(s->group, sizeof s->group, details, "group");
    read_member(s->kind, sizeof s->kind, details, "kind");
    read_member(s->uid, sizeof s->uid, details, "uid");
    if (kedge_json_int64(kedge_json_get(details, "retryAfterSeconds"), &n) && n >= 0)
        s->retry_after_seconds = (int32_t)(n < INT32_MAX ? n : INT32_MAX);
    read_causes(s, kedge_json_get(details, "causes"));
}

void kedge__status_take(struct kedge_status *s, kedge_json_value object)
{
    kedge_json_value message = kedge_json_get(object, "message");
    int32_t code = code_of(object);
    if (code > 0)
        s->code = code;
    s->from_server = true;
    read_member(s->reason, sizeof s->reason, object, "reason");
    read_text(s->message, sizeof s->message, message);
    if (kedge_status_is_timeout(s))
        s->version_too_large = says_too_large(message);
    read_details(s, kedge_json_get(object, "details"));
}

bool kedge_status_read(struct kedge_status *s, kedge_json_value object)
{
    if (code_of(object) == 0)
        return false;
    kedge__status_take(s, object);
    return true;
}

// Judging -----------------------------------------------------------------------------------------

enum kedge_reason kedge_status_reason(const struct kedge_status *s)
{
    unsigned i = REASONS - 1;
    while (i > 0 && strcmp(s->reason, kedge_reason_text((enum kedge_reason)i)) != 0)
        i--;
    return (enum kedge_reason)i;
}

bool kedge_status_has_cause(const struct kedge_status *s, const char *type)
{
    for (size_t i = 0; i < s->cause_count && i < KEDGE_STATUS_CAUSES; i++) {
        if (strcmp(s->causes[i].reason, type) == 0)
            return true;
    }
    return false;
}

static bool is(const struct kedge_status *s, enum kedge_reason reason)
{
    enum kedge_reason said = kedge_status_reason(s);
    if (said == reason)
        return true;
    if (reason_codes[reason] == 0 || s->code != reason_codes[reason])
        return false;
    // Of these two the code counts whatever the reason.
    return said == KEDGE_REASON_UNKNOWN || reason == KEDGE_REASON_TOO_MANY_REQUESTS ||
           reason == KEDGE_REASON_REQUEST_ENTITY_TOO_LARGE;
}

bool kedge_status_is_bad_request(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_BAD_REQUEST);
}

bool kedge_status_is_unauthorized(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_UNAUTHORIZED);
}

bool kedge_status_is_forbidden(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_FORBIDDEN);
}

bool kedge_status_is_not_found(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_NOT_FOUND);
}

bool kedge_status_is_method_not_supported(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_METHOD_NOT_ALLOWED);
}

bool kedge_status_is_not_acceptable(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_NOT_ACCEPTABLE);
}

bool kedge_status_is_conflict(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_CONFLICT);
}

bool kedge_status_is_gone(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_GONE);
}

bool kedge_status_is_unsupported_media_type(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_UNSUPPORTED_MEDIA_TYPE);
}

bool kedge_status_is_invalid(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_INVALID);
}

bool kedge_status_is_internal_error(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_INTERNAL_ERROR);
}

bool kedge_status_is_service_unavailable(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_SERVICE_UNAVAILABLE);
}

bool kedge_status_is_timeout(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_TIMEOUT);
}

bool kedge_status_is_already_exists(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_ALREADY_EXISTS);
}

bool kedge_status_is_expired(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_EXPIRED);
}

bool kedge_status_is_server_timeout(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_SERVER_TIMEOUT);
}

bool kedge_status_is_storage_read_error(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_STORAGE_READ_ERROR);
}

bool kedge_status_is_too_many_requests(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_TOO_MANY_REQUESTS);
}

bool kedge_status_is_request_entity_too_large(const struct kedge_status *s)
{
    return is(s, KEDGE_REASON_REQUEST_ENTITY_TOO_LARGE);
}

bool kedge_status_is_too_large_version(const struct kedge_status *s)
{
    return s->version_too_large;
}

bool kedge_status_suggests_delay(const struct kedge_status *s, int32_t *seconds)
{
    *seconds = s->retry_after_seconds;
    return s->retry_after_seconds > 0 || is(s, KEDGE_REASON_SERVER_TIMEOUT);
}

// SPDX-License-Identifier: Apache-2.0
// status.c - reads a Status and judges it.
#include "kedge/status.h"

#include <string.h>

#include "object/project.h"

static const struct kedge_field cause_fields[] = {
    {"reason\0", NULL, NULL, 0, KEDGE_FIELD_SIEVED, 0},
    {"message\0", NULL, NULL, 0, KEDGE_FIELD_SIEVED, 0},
    {"field\0", NULL, NULL, 0, KEDGE_FIELD_SIEVED, 0},
};
static const struct kedge_table cause_table = {cause_fields,
                                               sizeof cause_fields / sizeof cause_fields[0], 0};

enum { CODE, REASON, MESSAGE, RETRY_AFTER, CAUSES, ROWS };

static const struct kedge_field status_fields[ROWS] = {
    {"code\0", NULL, NULL, 0, KEDGE_FIELD_SIEVED, 0},
    {"reason\0", NULL, NULL, 0, KEDGE_FIELD_SIEVED, 0},
    {"message\0", NULL, NULL, 0, KEDGE_FIELD_SIEVED, 0},
    {"details\0retryAfterSeconds\0", NULL, NULL, 0, KEDGE_FIELD_SIEVED, 0},
    {"details\0causes\0", &cause_table, NULL, 0, KEDGE_FIELD_LIST, 0},
};
const struct kedge_table kedge__status_table = {status_fields, ROWS, 0};

// Kubernetes' own reasons, and the code of a reply from which each follows, and which stands for it
// where there is none; 0: none.
enum reason {
    BAD_REQUEST,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    CONFLICT,
    GONE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID,
    INTERNAL_ERROR,
    SERVICE_UNAVAILABLE,
    TIMEOUT,
    TOO_MANY_REQUESTS,
    REQUEST_ENTITY_TOO_LARGE,
    ALREADY_EXISTS,
    EXPIRED,
    SERVER_TIMEOUT,
    STORAGE_READ_ERROR,
    REASONS
};

// In the order of the enum, each ended by a NUL.
static const char reason_names[] =
    "BadRequest\0Unauthorized\0Forbidden\0NotFound\0MethodNotAllowed\0NotAcceptable\0Conflict\0Gone"
    "\0"
    "UnsupportedMediaType\0Invalid\0InternalError\0ServiceUnavailable\0Timeout\0TooManyRequests\0"
    "RequestEntityTooLarge\0AlreadyExists\0Expired\0ServerTimeout\0StorageReadError\0";

static const uint16_t reason_codes[REASONS] = {
    [BAD_REQUEST] = 400,
    [UNAUTHORIZED] = 401,
    [FORBIDDEN] = 403,
    [NOT_FOUND] = 404,
    [METHOD_NOT_ALLOWED] = 405,
    [NOT_ACCEPTABLE] = 406,
    [CONFLICT] = 409,
    [GONE] = 410,
    [UNSUPPORTED_MEDIA_TYPE] = 415,
    [INVALID] = 422,
    [INTERNAL_ERROR] = 500,
    [SERVICE_UNAVAILABLE] = 503,
    [TIMEOUT] = 504,
    [TOO_MANY_REQUESTS] = 429,
    [REQUEST_ENTITY_TOO_LARGE] = 413,
};

static const char *name_of(enum reason reason)
{
    return kedge_enum_text(reason_names, (unsigned)reason + 1);
}

// A reply without a Status: its code tells the reason, but that of 410 and 413 does not.
static const char *reason_of_code(int code)
{
    for (int i = 0; i < REASONS; i++) {
        if (code > 0 && reason_codes[i] == code && i != GONE && i != REQUEST_ENTITY_TOO_LARGE)
            return name_of((enum reason)i);
    }
    return code > 500 ? name_of(INTERNAL_ERROR) : "";
}

void kedge_status_from_code(struct kedge_status *s, int code)
{
    static const char message[] = "the server refused, without a Status";
    memset(s, 0, sizeof *s);
    s->code = code;
    const char *reason = reason_of_code(code);
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

static void read_causes(struct kedge_status *s, kedge_json_value causes)
{
    bool timeout = kedge_status_is_timeout(s);
    size_t count = kedge_json_type(causes) == KEDGE_JSON_ARRAY ? kedge_json_count(causes) : 0;
    kedge_json_value cause = kedge_json_first(causes);
    for (size_t i = 0; i < count; i++, cause = kedge_json_next(cause)) {
        kedge_json_value reason = kedge_json_get(cause, "reason");
        bool in_words = timeout && says_too_large(kedge_json_get(cause, "message"));
        if (in_words || kedge_json_text_is(reason, KEDGE_STR("ResourceVersionTooLarge")))
            s->version_too_large = true;
        if (i > 0)
            continue;
        read_text(s->cause_reason, sizeof s->cause_reason, reason);
        read_text(s->cause_field, sizeof s->cause_field, kedge_json_get(cause, "field"));
    }
    s->cause_count = (uint16_t)(count < UINT16_MAX ? count : UINT16_MAX);
}

static kedge_json_value found_value(kedge_json_value object, const struct kedge__found *found,
                                    int row)
{
    kedge_json_value v = {object.doc, found->at[row]};
    return v;
}

bool kedge_status_read(struct kedge_status *s, kedge_json_value object)
{
    struct kedge__found found;
    int64_t n;
    kedge__find(&found, &kedge__status_table, ROWS, object);
    if (!kedge_json_int64(found_value(object, &found, CODE), &n) || n <= 0 || n > INT32_MAX)
        return false;
    s->code = (int32_t)n;
    s->from_server = true;
    read_text(s->reason, sizeof s->reason, found_value(object, &found, REASON));
    read_text(s->message, sizeof s->message, found_value(object, &found, MESSAGE));
    if (kedge_json_int64(found_value(object, &found, RETRY_AFTER), &n) && n >= 0)
        s->retry_after_seconds = (int32_t)(n < INT32_MAX ? n : INT32_MAX);
    if (kedge_status_is_timeout(s))
        s->version_too_large = says_too_large(found_value(object, &found, MESSAGE));
    read_causes(s, found_value(object, &found, CAUSES));
    return true;
}

// Judging -----------------------------------------------------------------------------------------

static bool is_known(kedge_str reason)
{
    for (const char *name = reason_names; *name != '\0'; name += strlen(name) + 1) {
        if (kedge_str_is(reason, name))
            return true;
    }
    return false;
}

static bool is(const struct kedge_status *s, enum reason reason)
{
    kedge_str said = kedge_str_of(s->reason);
    if (kedge_str_is(said, name_of(reason)))
        return true;
    if (reason_codes[reason] == 0 || s->code != reason_codes[reason])
        return false;
    // Of these two the code counts whatever the reason.
    bool any = reason == TOO_MANY_REQUESTS || reason == REQUEST_ENTITY_TOO_LARGE;
    return any || !is_known(said);
}

bool kedge_status_is_bad_request(const struct kedge_status *s)
{
    return is(s, BAD_REQUEST);
}

bool kedge_status_is_unauthorized(const struct kedge_status *s)
{
    return is(s, UNAUTHORIZED);
}

bool kedge_status_is_forbidden(const struct kedge_status *s)
{
    return is(s, FORBIDDEN);
}

bool kedge_status_is_not_found(const struct kedge_status *s)
{
    return is(s, NOT_FOUND);
}

bool kedge_status_is_method_not_supported(const struct kedge_status *s)
{
    return is(s, METHOD_NOT_ALLOWED);
}

bool kedge_status_is_not_acceptable(const struct kedge_status *s)
{
    return is(s, NOT_ACCEPTABLE);
}

bool kedge_status_is_conflict(const struct kedge_status *s)
{
    return is(s, CONFLICT);
}

bool kedge_status_is_gone(const struct kedge_status *s)
{
    return is(s, GONE);
}

bool kedge_status_is_unsupported_media_type(const struct kedge_status *s)
{
    return is(s, UNSUPPORTED_MEDIA_TYPE);
}

bool kedge_status_is_invalid(const struct kedge_status *s)
{
    return is(s, INVALID);
}

bool kedge_status_is_internal_error(const struct kedge_status *s)
{
    return is(s, INTERNAL_ERROR);
}

bool kedge_status_is_service_unavailable(const struct kedge_status *s)
{
    return is(s, SERVICE_UNAVAILABLE);
}

bool kedge_status_is_timeout(const struct kedge_status *s)
{
    return is(s, TIMEOUT);
}

bool kedge_status_is_already_exists(const struct kedge_status *s)
{
    return is(s, ALREADY_EXISTS);
}

bool kedge_status_is_expired(const struct kedge_status *s)
{
    return is(s, EXPIRED);
}

bool kedge_status_is_server_timeout(const struct kedge_status *s)
{
    return is(s, SERVER_TIMEOUT);
}

bool kedge_status_is_storage_read_error(const struct kedge_status *s)
{
    return is(s, STORAGE_READ_ERROR);
}

bool kedge_status_is_too_many_requests(const struct kedge_status *s)
{
    return is(s, TOO_MANY_REQUESTS);
}

bool kedge_status_is_request_entity_too_large(const struct kedge_status *s)
{
    return is(s, REQUEST_ENTITY_TOO_LARGE);
}

bool kedge_status_is_too_large_version(const struct kedge_status *s)
{
    return s->version_too_large;
}

bool kedge_status_suggests_delay(const struct kedge_status *s, int32_t *seconds)
{
    *seconds = s->retry_after_seconds;
    return s->retry_after_seconds > 0 || is(s, SERVER_TIMEOUT);
}

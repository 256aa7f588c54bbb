// SPDX-License-Identifier: Apache-2.0
// status.c - the words of a real server's refusals.
#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *failure(int code, const char *reason, json_t *details, const char *format,
                       va_list args)
{
    json_t *status = json_pack("{s:s, s:s, s:{}, s:s}", "kind", "Status", "apiVersion", "v1",
                               "metadata", "status", "Failure");
    json_object_set_new(status, "message", json_vsprintf(format, args));
    if (reason)
        json_object_set_new(status, "reason", json_string(reason));
    if (details)
        json_object_set_new(status, "details", details);
    json_object_set_new(status, "code", json_integer(code));
    return status;
}

json_t *status_failure(int code, const char *reason, json_t *details, const char *message, ...)
{
    va_list args;
    va_start(args, message);
    json_t *status = failure(code, reason, details, message, args);
    va_end(args);
    return status;
}

int status_code(const json_t *status)
{
    return (int)json_integer_value(json_object_get(status, "code"));
}

json_t *status_bad_request(const char *message, ...)
{
    va_list args;
    va_start(args, message);
    json_t *status = failure(400, "BadRequest", NULL, message, args);
    va_end(args);
    return status;
}

json_t *status_bad_version(const char *text)
{
    return status_bad_request("resourceVersion: Invalid value: \"%s\": strconv.ParseUint: parsing "
                              "\"%s\": invalid syntax",
                              text, text);
}

json_t *status_unauthorized(void)
{
    return status_failure(401, "Unauthorized", NULL, "Unauthorized");
}

json_t *status_method(void)
{
    return status_failure(405, "MethodNotAllowed", json_object(),
                          "the server does not allow this method on the requested resource");
}

json_t *status_not_acceptable(void)
{
    return status_failure(406, "NotAcceptable", json_object(),
                          "406: Not Acceptable\n\nAvailable representations: application/json, "
                          "application/yaml, application/vnd.kubernetes.protobuf, "
                          "application/json;stream=watch, "
                          "application/vnd.kubernetes.protobuf;stream=watch");
}

json_t *status_media_type(const char *accepted)
{
    return status_failure(415, "UnsupportedMediaType", NULL,
                          "the body of the request was in an unknown format - accepted media types "
                          "include: %s",
                          accepted);
}

static json_t *details_of(const struct kind *kind, const char *name)
{
    json_t *details = json_object();
    if (*name)
        json_object_set_new(details, "name", json_string(name));
    if (*kind->group)
        json_object_set_new(details, "group", json_string(kind->group));
    json_object_set_new(details, "kind", json_string(kind->plural));
    return details;
}

// "deployments.apps \"web\""
static char *quoted(const struct kind *kind, const char *name)
{
    struct text t = {0};
    kind_resource(kind, &t);
    text_format(&t, " \"%s\"", name);
    return t.bytes;
}

json_t *status_not_found(const struct kind *kind, const char *name)
{
    char *what = quoted(kind, name);
    json_t *status = status_failure(404, "NotFound", details_of(kind, name), "%s not found", what);
    free(what);
    return status;
}

json_t *status_exists(const struct kind *kind, const char *name)
{
    char *what = quoted(kind, name);
    json_t *status =
        status_failure(409, "AlreadyExists", details_of(kind, name), "%s already exists", what);
    free(what);
    return status;
}

json_t *status_conflict(const struct kind *kind, const char *name, const char *why)
{
    char *what = quoted(kind, name);
    json_t *status = status_failure(409, "Conflict", details_of(kind, name),
                                    "Operation cannot be fulfilled on %s: %s", what, why);
    free(what);
    return status;
}

// A real server names the kind here, not the resource.
json_t *status_precondition(const struct kind *kind, const char *name, const char *why)
{
    json_t *details = json_pack("{s:s}", "name", name);
    if (*kind->group)
        json_object_set_new(details, "group", json_string(kind->group));
    json_object_set_new(details, "kind", json_string(kind->name));
    return status_failure(409, "Conflict", details,
                          "Operation cannot be fulfilled on %s%s%s \"%s\": %s", kind->name,
                          *kind->group ? "." : "", kind->group, name, why);
}

json_t *status_invalid(const struct kind *kind, const char *name, const char *field,
                       const char *reason, const char *what)
{
    json_t *details = json_object();
    if (*name)
        json_object_set_new(details, "name", json_string(name));
    if (*kind->group)
        json_object_set_new(details, "group", json_string(kind->group));
    json_object_set_new(details, "kind", json_string(kind->name));
    json_object_set_new(
        details, "causes",
        json_pack("[{s:s, s:s, s:s}]", "reason", reason, "message", what, "field", field));
    return status_failure(422, "Invalid", details, "%s%s%s \"%s\" is invalid: %s: %s", kind->name,
                          *kind->group ? "." : "", kind->group, name, field, what);
}

json_t *status_invalid_options(const char *field, const char *what)
{
    struct text t = {0};
    text_format(&t, "Forbidden: %s", what);
    json_t *details =
        json_pack("{s:s, s:s, s:[{s:s, s:s, s:s}]}", "group", "meta.k8s.io", "kind", "ListOptions",
                  "causes", "reason", "FieldValueForbidden", "message", t.bytes, "field", field);
    json_t *status = status_failure(
        422, "Invalid", details, "ListOptions.meta.k8s.io \"\" is invalid: %s: %s", field, t.bytes);
    text_free(&t);
    return status;
}

json_t *status_expired(const char *message, const char *next)
{
    json_t *status = status_failure(410, "Expired", NULL, "%s", message);
    if (next)
        json_object_set_new(json_object_get(status, "metadata"), "continue", json_string(next));
    return status;
}

json_t *status_too_old(uint64_t asked, uint64_t oldest)
{
    return status_failure(410, "Expired", NULL, "too old resource version: %llu (%llu)",
                          (unsigned long long)asked, (unsigned long long)oldest);
}

json_t *status_too_large(uint64_t asked, uint64_t present)
{
    json_t *details =
        json_pack("{s:[{s:s, s:s}], s:i}", "causes", "reason", "ResourceVersionTooLarge", "message",
                  "Too large resource version", "retryAfterSeconds", 1);
    return status_failure(504, "Timeout", details,
                          "Timeout: Too large resource version: %llu, current: %llu",
                          (unsigned long long)asked, (unsigned long long)present);
}

json_t *status_success(const struct kind *kind, const char *name, const char *uid)
{
    json_t *details = details_of(kind, name);
    json_object_set_new(details, "uid", json_string(uid));
    return json_pack("{s:s, s:s, s:{}, s:s, s:o}", "kind", "Status", "apiVersion", "v1", "metadata",
                     "status", "Success", "details", details);
}

json_t *status_of_code(int code, int retry_after_s)
{
    static const struct {
        int code;
        const char *reason, *message;
    } known[] = {
        {400, "BadRequest", "the server rejected our request"},
        {401, "Unauthorized", "Unauthorized"},
        {403, "Forbidden", "forbidden: the mock was told so"},
        {404, "NotFound", "the server could not find the requested resource"},
        {409, "Conflict", "the object has been modified"},
        {410, "Expired", "The resourceVersion for the provided list is too old."},
        {429, "TooManyRequests", "Too many requests, please try again later."},
        {500, "InternalError", "Internal error occurred: the mock was told so"},
        {503, "ServiceUnavailable", "the server is currently unable to handle the request"},
        {504, "Timeout", "Timeout: request did not complete within the requested timeout"},
    };
    const char *reason = NULL, *message = "the mock was told so";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].code != code)
            continue;
        reason = known[i].reason;
        message = known[i].message;
    }
    json_t *details = retry_after_s ? json_pack("{s:i}", "retryAfterSeconds", retry_after_s) : NULL;
    return status_failure(code, reason, details, "%s", message);
}

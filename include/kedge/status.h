// SPDX-License-Identifier: Apache-2.0
// kedge/status.h - why the API server refused: its Status, cut to fixed sizes.
//
//     if (kedge_status_is_not_found(&status)) ...
//
// The predicates judge as client-go's do: by the reason where it is one of Kubernetes' own, by the
// code where there is none. So a 410 with the reason Expired is expired, but not gone.
#ifndef KEDGE_STATUS_H
#define KEDGE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include <kedge/limits.h>
#include <kedge/reader.h>

#ifdef __cplusplus
extern "C" {
#endif

// Kubernetes' own reasons (metav1.StatusReason), each with the code it comes with as a rule.
enum kedge_reason {
    KEDGE_REASON_UNKNOWN, // none, or one that is not among these
    KEDGE_REASON_BAD_REQUEST,
    KEDGE_REASON_UNAUTHORIZED,
    KEDGE_REASON_FORBIDDEN,
    KEDGE_REASON_NOT_FOUND,
    KEDGE_REASON_METHOD_NOT_ALLOWED,
    KEDGE_REASON_NOT_ACCEPTABLE,
    KEDGE_REASON_CONFLICT,
    KEDGE_REASON_GONE,
    KEDGE_REASON_UNSUPPORTED_MEDIA_TYPE,
    KEDGE_REASON_INVALID,
    KEDGE_REASON_INTERNAL_ERROR,
    KEDGE_REASON_SERVICE_UNAVAILABLE,
    KEDGE_REASON_TIMEOUT,
    KEDGE_REASON_TOO_MANY_REQUESTS,
    KEDGE_REASON_REQUEST_ENTITY_TOO_LARGE,
    KEDGE_REASON_ALREADY_EXISTS,    // 409
    KEDGE_REASON_EXPIRED,           // 410
    KEDGE_REASON_SERVER_TIMEOUT,    // 500
    KEDGE_REASON_STORAGE_READ_ERROR // 500
};

// The types of causes (metav1.CauseType) that matter most; the server may send others.
#define KEDGE_CAUSE_FIELD_VALUE_NOT_FOUND      "FieldValueNotFound"
#define KEDGE_CAUSE_FIELD_VALUE_REQUIRED       "FieldValueRequired"
#define KEDGE_CAUSE_FIELD_VALUE_DUPLICATE      "FieldValueDuplicate"
#define KEDGE_CAUSE_FIELD_VALUE_INVALID        "FieldValueInvalid"
#define KEDGE_CAUSE_FIELD_VALUE_NOT_SUPPORTED  "FieldValueNotSupported"
#define KEDGE_CAUSE_FIELD_MANAGER_CONFLICT     "FieldManagerConflict"
#define KEDGE_CAUSE_RESOURCE_VERSION_TOO_LARGE "ResourceVersionTooLarge"
#define KEDGE_CAUSE_NAMESPACE_TERMINATING      "NamespaceTerminating"
// The reply was no Status: `message` is its text. Made here, as in client-go.
#define KEDGE_CAUSE_UNEXPECTED_SERVER_RESPONSE "UnexpectedServerResponse"

// One of the things that were wrong.
struct kedge_status_cause {
    char reason[32];   // its type: "FieldValueInvalid", ...
    char field[64];    // "spec.replicas"; "" if it is about none
    char message[128]; // for people
};

// A value; copy it as you like. All texts are NUL-terminated UTF-8, cut between two characters
// where they are longer than what is here.
struct kedge_status {
    int32_t code;                // as in HTTP; 0: none
    int32_t retry_after_seconds; // what the server asks for; 0: nothing
    uint16_t cause_count;        // of causes the server sent, of which the first are kept
    bool version_too_large;      // the resource version asked for lies in the server's future
    bool from_server;            // a Status was read; else the rest was made from the reply
    bool success;                // its status is Success: it is no error
    char reason[32];             // "NotFound", ...; "" if unknown
    char message[256];           // for people
    char name[64];               // of what it is about; "" if it does not say, also below
    char group[64];              // "apps"
    char kind[64];               // "deployments": servers put the resource here more often
    char uid[40];
    // All zeros from cause_count on.
    struct kedge_status_cause causes[KEDGE_STATUS_CAUSES];
};

// Makes a Status from the code of an HTTP reply that has none, as client-go does: 404 is NotFound,
// 409 Conflict (of a create it is AlreadyExists: set the reason), 500 and above InternalError
// unless there is a better name. The message is a general one.
void kedge_status_from_code(struct kedge_status *s, int code);

// Reads a Status object, as it comes in error replies and ERROR events, over what `s` holds: a
// member that is absent or too odd leaves what was there. An object without a `code` is no Status:
// false, and `s` is unchanged.
bool kedge_status_read(struct kedge_status *s, kedge_json_value object);

// A reply that is no success, as far as it is known without a Status. Zero means unset; all is
// borrowed until the call returns.
struct kedge_status_response {
    int code;
    const char *verb;    // the method: "GET", "POST", ...; NULL: ""
    kedge_str group;     // of the resource asked for; empty: the core group
    kedge_str resource;  // "deployments"; empty: a path that names none
    kedge_str name;      // of the object; empty: none
    kedge_str body;      // what came of it; no more than its first 2048 bytes are looked at
    bool is_text;        // Content-Type was missing or text/: the body is for people
    int32_t retry_after; // seconds, of the header; 0 or less: none
};

// Makes client-go's generic error (errors.NewGenericServerResponse): the reason that the code
// tells, with 409 in reply to a POST as AlreadyExists; 410, 413 and what is below 400 tell none.
// The message names the request; the body's text, "unknown" where it is none, is put in, up to 128
// bytes of it, where client-go does so, and into the one cause,
// KEDGE_CAUSE_UNEXPECTED_SERVER_RESPONSE. What of it is no UTF-8 becomes '?'. Callable from a
// handler, as all of these.
void kedge_status_from_response(struct kedge_status *s, const struct kedge_status_response *r);

// Reads the object of a reply over what kedge_status_from_response made; s->code is the reply's.
// True: `s` is the server's Status now, and nothing of what it was before remains; s->success tells
// whether it is an error. False: the object does not count, and `s` is unchanged.
//
// A Status has kind Status, and apiVersion v1 or none. Behind a code of 200 to 206 each counts, so
// one that does not say Success is an error all the same. Behind any other code only one that says
// Failure does; else the generic error stands.
bool kedge_status_read_reply(struct kedge_status *s, kedge_json_value object);

// A failure of our own, as client-go puts it where a reply cannot be understood at all, for one
// because its Content-Type is no media type: InternalError, code 500, "Internal error occurred: "
// and the problem, which is the message of the one cause, too. `problem` is borrowed until it
// returns.
void kedge_status_internal_error(struct kedge_status *s, const char *problem);

// Which of Kubernetes' own reasons it is.
enum kedge_reason kedge_status_reason(const struct kedge_status *s);

// "NotFound", ...; "" for KEDGE_REASON_UNKNOWN and what is no reason. Static storage, never NULL.
const char *kedge_reason_text(enum kedge_reason reason);

// True if one of the causes kept is of that type.
bool kedge_status_has_cause(const struct kedge_status *s, const char *type);

// By the reason; by the code if the reason is not one of Kubernetes' own.
bool kedge_status_is_bad_request(const struct kedge_status *s);            // 400
bool kedge_status_is_unauthorized(const struct kedge_status *s);           // 401
bool kedge_status_is_forbidden(const struct kedge_status *s);              // 403
bool kedge_status_is_not_found(const struct kedge_status *s);              // 404
bool kedge_status_is_method_not_supported(const struct kedge_status *s);   // 405
bool kedge_status_is_not_acceptable(const struct kedge_status *s);         // 406
bool kedge_status_is_conflict(const struct kedge_status *s);               // 409
bool kedge_status_is_gone(const struct kedge_status *s);                   // 410, and not Expired
bool kedge_status_is_unsupported_media_type(const struct kedge_status *s); // 415
bool kedge_status_is_invalid(const struct kedge_status *s);                // 422
bool kedge_status_is_internal_error(const struct kedge_status *s);         // 500
bool kedge_status_is_service_unavailable(const struct kedge_status *s);    // 503
bool kedge_status_is_timeout(const struct kedge_status *s);                // 504

// By the reason alone.
bool kedge_status_is_already_exists(const struct kedge_status *s);
bool kedge_status_is_expired(const struct kedge_status *s); // the version is too old: list anew
bool kedge_status_is_server_timeout(const struct kedge_status *s);
bool kedge_status_is_storage_read_error(const struct kedge_status *s);

// By the reason, or by the code whatever the reason.
bool kedge_status_is_too_many_requests(const struct kedge_status *s);        // 429
bool kedge_status_is_request_entity_too_large(const struct kedge_status *s); // 413

// The version asked for is newer than what the server has.
bool kedge_status_is_too_large_version(const struct kedge_status *s);

// True if the server says when to ask again; then *seconds is it (0: at once).
bool kedge_status_suggests_delay(const struct kedge_status *s, int32_t *seconds);

#ifdef __cplusplus
}
#endif
#endif

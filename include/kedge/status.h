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

#include <kedge/reader.h>

#ifdef __cplusplus
extern "C" {
#endif

// A value; copy it as you like. All texts are NUL-terminated UTF-8.
struct kedge_status {
    int32_t code;                // as in HTTP; 0: none
    int32_t retry_after_seconds; // what the server asks for; 0: nothing
    uint16_t cause_count;        // of causes the server sent, of which the first is kept
    bool version_too_large;      // the resource version asked for lies in the server's future
    bool from_server;            // a Status was read; else the rest was made from the code alone
    char reason[32];             // "NotFound", ...; "" if unknown
    char message[256];           // for people; cut between two characters
    char cause_reason[32];       // "FieldValueInvalid", ...; "" if there is no cause
    char cause_field[64];        // "spec.replicas"; "" if there is none
};

// Makes a Status from the code of an HTTP reply that has none, as client-go does: 404 is NotFound,
// 409 Conflict (of a create it is AlreadyExists: set the reason), 500 and above InternalError
// unless there is a better name. The message is a general one.
void kedge_status_from_code(struct kedge_status *s, int code);

// Reads a Status object, as it comes in error replies and ERROR events, over what `s` holds: a
// member that is absent or too odd leaves what was there. An object without a `code` is no Status:
// false, and `s` is unchanged.
bool kedge_status_read(struct kedge_status *s, kedge_json_value object);

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

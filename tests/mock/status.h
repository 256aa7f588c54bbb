// SPDX-License-Identifier: Apache-2.0
// status.h - the Status bodies by which an API server refuses. Each call gives a new reference;
// NULL in their place means that nothing is wrong.
#ifndef MOCK_STATUS_H
#define MOCK_STATUS_H

#include <jansson.h>
#include <stdint.h>

#include "store.h"

json_t *status_failure(int code, const char *reason, json_t *details, const char *message, ...);
int status_code(const json_t *status);

json_t *status_bad_request(const char *message, ...);
json_t *status_bad_version(const char *text);
json_t *status_unauthorized(void);
json_t *status_method(void);
json_t *status_not_acceptable(void);
json_t *status_media_type(const char *accepted);
json_t *status_not_found(const struct kind *kind, const char *name);
json_t *status_exists(const struct kind *kind, const char *name);
json_t *status_conflict(const struct kind *kind, const char *name, const char *why);
json_t *status_precondition(const struct kind *kind, const char *name, const char *why);
// One field of an object or of ListOptions; reason as FieldValueInvalid.
json_t *status_invalid(const struct kind *kind, const char *name, const char *field,
                       const char *reason, const char *what);
json_t *status_invalid_options(const char *field, const char *what);
json_t *status_expired(const char *message, const char *next);
json_t *status_too_old(uint64_t asked, uint64_t oldest);
json_t *status_too_large(uint64_t asked, uint64_t present);
json_t *status_success(const struct kind *kind, const char *name, const char *uid);
// Any code, as faults ask for it.
json_t *status_of_code(int code, int retry_after_s);

#endif

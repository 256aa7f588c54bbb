// SPDX-License-Identifier: Apache-2.0
// http_fields.h - what the headers say that kedge wants.
#ifndef KEDGE_NET_HTTP_FIELDS_H
#define KEDGE_NET_HTTP_FIELDS_H

#include "kedge/http.h"

enum kedge__http_field {
    KEDGE__HTTP_UNWANTED,
    KEDGE__HTTP_CONNECTION,
    KEDGE__HTTP_CONTENT_ENCODING,
    KEDGE__HTTP_CONTENT_LENGTH,
    KEDGE__HTTP_CONTENT_TYPE,
    KEDGE__HTTP_DATE,
    KEDGE__HTTP_LOCATION,
    KEDGE__HTTP_RETRY_AFTER,
    KEDGE__HTTP_TRANSFER_ENCODING,
    KEDGE__HTTP_WARNING // handed out, not taken
};

// The longest name of these: what is longer is unwanted.
#define KEDGE__HTTP_NAME_MAX 17

enum kedge__http_field kedge__http_field_of(kedge_str name);

// As kedge_http_response_init; read_type stays as it is.
void kedge__http_response_again(struct kedge_http_response *r);

// Takes one header into the response. NULL, or what is wrong with it.
const char *kedge__http_field_take(struct kedge_http_response *r, enum kedge__http_field field,
                                   kedge_str value);

// What reads a Content-Type, for the response's read_type.
void kedge__http_read_type(struct kedge_http_response *r, kedge_str value);

// What the headers together get wrong, or NULL.
const char *kedge__http_fields_check(const struct kedge_http_response *r);

bool kedge__http_field_seen(const struct kedge_http_response *r, enum kedge__http_field field);

// True if `c` may stand in a header's name or a method (RFC 9110, token).
bool kedge__http_is_token(char c);

// True if `c` may stand in a header's value.
bool kedge__http_is_text(char c);

#endif

// SPDX-License-Identifier: Apache-2.0
// tls_error.h - mbedTLS's error numbers in our errors and words. Included by tls*.c only.
#ifndef KEDGE_NET_TLS_ERROR_H
#define KEDGE_NET_TLS_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "kedge/err.h"

// Why a certificate was refused, by mbedTLS's MBEDTLS_X509_BADCERT_* flags. Never NULL.
const char *kedge__tls_flags_text(uint32_t flags);

// What an alert of the peer says. Never NULL.
const char *kedge__tls_alert_text(unsigned char alert);

// What an error of mbedTLS means, and in *problem why. Never KEDGE_OK.
kedge_err kedge__tls_error(int ret, const char **problem);

// True if an error of mbedTLS says that an allocation failed.
bool kedge__tls_is_memory(int ret);

// True if it says that there are no random bytes.
bool kedge__tls_is_entropy(int ret);

#endif

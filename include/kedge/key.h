// SPDX-License-Identifier: Apache-2.0
// kedge/key.h - an object's key: "namespace/name", or "name" for a cluster-scoped kind. What a
// workqueue holds.
#ifndef KEDGE_KEY_H
#define KEDGE_KEY_H

#include <kedge/object.h>

#ifdef __cplusplus
extern "C" {
#endif

// Bytes of the longest key, with its NUL: no namespace is longer than 63, no name than 253.
#define KEDGE_KEY_MAX (63 + 1 + 253 + 1)

// Writes the object's key with a NUL. All calls here may be made from a handler and any thread.
//
// KEDGE_ERR_FULL      `cap` is too small: `buf` is "" then, if it has a byte
// KEDGE_ERR_ARGUMENT  the object or buf is NULL
kedge_err kedge_object_key(const struct kedge_object *o, char *buf, size_t cap);

// Takes a key apart, as client-go does: what is before the one slash is the namespace; without a
// slash it is empty. Both texts are borrowed from `key` and not NUL-terminated.
//
// KEDGE_ERR_ARGUMENT  key, namespace_ or name is NULL; or the key has more than one slash
//                     (client-go's "unexpected key format"), and both are empty then
kedge_err kedge_key_split(const char *key, kedge_str *namespace_, kedge_str *name);

#ifdef __cplusplus
}
#endif
#endif

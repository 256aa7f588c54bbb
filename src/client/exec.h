// SPDX-License-Identifier: Apache-2.0
// exec.h - a credential plugin: what it is told (exec_credential.c), what it answers (the same),
// and when it is run (exec.c).
#ifndef KEDGE_CLIENT_EXEC_H
#define KEDGE_CLIENT_EXEC_H

#include "client/client_priv.h"

// The most bytes that a plugin may write; taken from the arena once, where there is a plugin.
#ifndef KEDGE_EXEC_OUTPUT
#define KEDGE_EXEC_OUTPUT 16384
#endif

// Values of an answer: each object, key and value counts.
#define KEDGE__EXEC_TOKENS 96

// "KUBERNETES_EXEC_INFO={...}", in the arena, or NULL: a failure is recorded.
const char *kedge__exec_info(struct kedge_client *c, const struct kedge_config *config,
                             bool interactive);

// What a plugin answered.
struct kedge__exec_credential {
    const char *token; // NULL: none
    kedge_str certificate;
    kedge_str key;
    kedge_timestamp expires; // 0: never
};

// Reads an ExecCredential of that version out of `len` bytes at `text`, one byte of room behind
// them. Texts are unescaped where they stand. NULL, or what is wrong: static storage.
const char *kedge__exec_read(char *text, size_t len, const char *api_version,
                             struct kedge__exec_credential *out);

#endif

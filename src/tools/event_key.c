// SPDX-License-Identifier: Apache-2.0
// event_key.c - what makes two events the same, in 64 bits. Whoever chooses texts cannot choose
// those of another event's key: it depends on a secret.
#include "base/hash.h"
#include "tools/event_priv.h"

void kedge__event_key_add(struct kedge__event_key *key, const uint32_t secret[2], const char *text)
{
    const char *bytes = text != NULL ? text : "";
    size_t len = strlen(bytes) + 1; // with its NUL
    for (int i = 0; i < 2; i++)
        key->half[i] = kedge__hash_keyed(secret[i], key->half[i], bytes, len);
}

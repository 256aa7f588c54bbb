// SPDX-License-Identifier: Apache-2.0
// build_bytes.c - bytes, as base64.
#include "object/build_priv.h"

#include "base/base64.h"

static void write_bytes(struct kedge_writer *w, const struct kedge__value *v)
{
    size_t len = 0;
    kedge__base64_encode(v->text, NULL, 0, &len);
    char *at = kedge_writer_room(w, len + 2);
    if (at == NULL)
        return;
    at[0] = '"';
    kedge__base64_encode(v->text, at + 1, len, &len);
    at[len + 1] = '"';
}

void kedge_build_bytes(struct kedge_build *b, kedge_member m, kedge_str bytes)
{
    struct kedge__value v = {write_bytes, bytes, 0};
    kedge__build_set(b, m, KEDGE__TYPE(BASE64), NULL, false, &v);
}

void kedge_build_entry_bytes(struct kedge_build *b, kedge_member m, const char *key,
                             kedge_str bytes)
{
    struct kedge__value v = {write_bytes, bytes, 0};
    struct kedge__place place;
    const struct kedge_field *row;
    if (!kedge__build_find(b, m, KEDGE__TYPE(BASE64_MAP), &place, &row))
        return;
    place.key = key;
    if (key == NULL || key[0] == '\0')
        kedge__build_fail(b, KEDGE_ERR_ARGUMENT, &place, "the entry has no key");
    else
        b->put(b, &place, &v);
}

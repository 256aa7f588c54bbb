// SPDX-License-Identifier: Apache-2.0
// identity.c - what is left of an object that is too much: its name, namespace, uid and version.
#include "kedge/sieve.h"
#include "object/project.h"

static const struct kedge_field identity_rows[KEDGE__IDENTITY] = {
    {.path = "metadata\0name\0", .type = KEDGE_FIELD_TEXT},
    {.path = "metadata\0namespace\0", .type = KEDGE_FIELD_TEXT},
    {.path = "metadata\0uid\0", .type = KEDGE_FIELD_TEXT},
    {.path = "metadata\0resourceVersion\0", .type = KEDGE_FIELD_TEXT},
};
const struct kedge_table kedge__identity_table = {identity_rows, KEDGE__IDENTITY, 0};

kedge_err kedge__identity_parse(struct kedge_json *doc, kedge_str text, void *buf, size_t cap,
                                struct kedge_json_token *tokens, size_t count)
{
    struct kedge_sieve sieve;
    struct kedge_sieve_options options = {
        .shape = KEDGE_SIEVE_OBJECT,
        .tables = {&kedge__identity_table},
        .identity = KEDGE__IDENTITY,
        .item_buf = buf,
        .item_cap = cap,
    };
    enum kedge_sieve_event event = KEDGE_SIEVE_MORE;
    size_t used = 0;
    kedge_err err = kedge_sieve_init(&sieve, &options);
    if (err == KEDGE_OK)
        err = kedge_sieve_feed(&sieve, text.ptr, text.len, &used, &event);
    if (err != KEDGE_OK || event != KEDGE_SIEVE_ITEM)
        return err != KEDGE_OK ? err : KEDGE_ERR_JSON;
    return kedge_json_parse(doc, sieve.item.ptr, sieve.item.len, tokens, count);
}

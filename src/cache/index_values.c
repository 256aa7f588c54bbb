// SPDX-License-Identifier: Apache-2.0
// index_values.c - ready-made functions of indices.
#include "kedge/index.h"

void kedge_index_namespace(const void *ctx, const struct kedge_object *obj,
                           struct kedge_index_values *out)
{
    (void)ctx;
    kedge_index_value(out, kedge_text_str(&obj->namespace_));
}

void kedge_index_label(const void *ctx, const struct kedge_object *obj,
                       struct kedge_index_values *out)
{
    const struct kedge_text *value = kedge_map_get(&obj->labels, ctx);
    if (value != NULL)
        kedge_index_value(out, kedge_text_str(value));
}

void kedge_index_owner(const void *ctx, const struct kedge_object *obj,
                       struct kedge_index_values *out)
{
    (void)ctx;
    char uid[KEDGE_UID_TEXT];
    for (size_t i = 0; i < obj->owner_references.count; i++) {
        const struct kedge_owner_reference *owner =
            KEDGE_AT(struct kedge_owner_reference, &obj->owner_references, i);
        kedge_index_value(out, kedge_uid_str(&owner->uid, uid));
    }
}

// SPDX-License-Identifier: Apache-2.0
// dynamic_form.c - metadata, or less, of objects.
#include "client/accept.h"
#include "client/dynamic_priv.h"

static const struct kedge_field metadata_rows[] = {
    {.path = KEDGE_PATH("metadata", "name"), .type = KEDGE_FIELD_TEXT},
    {.path = KEDGE_PATH("metadata", "namespace"), .type = KEDGE_FIELD_TEXT},
    {.path = KEDGE_PATH("metadata", "uid"), .type = KEDGE_FIELD_TEXT},
    {.path = KEDGE_PATH("metadata", "resourceVersion"), .type = KEDGE_FIELD_TEXT},
    {.path = KEDGE_PATH("apiVersion"), .type = KEDGE_FIELD_TEXT},
    {.path = KEDGE_PATH("kind"), .type = KEDGE_FIELD_TEXT},
    {.path = KEDGE_PATH("metadata"), .type = KEDGE_FIELD_RAW},
    {.path = KEDGE_PATH("metadata", "managedFields"), .type = KEDGE_FIELD_DROP},
};
static const struct kedge_table metadata_table = {
    metadata_rows, sizeof metadata_rows / sizeof metadata_rows[0], 0};

const struct kedge_dynamic_form kedge_dynamic_metadata = {
    KEDGE__ACCEPT_METADATA, KEDGE__ACCEPT_METADATA_LIST, &metadata_table};
const struct kedge_dynamic_form kedge_dynamic_identity = {KEDGE__ACCEPT_METADATA,
                                                          KEDGE__ACCEPT_METADATA_LIST, NULL};

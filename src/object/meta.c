// SPDX-License-Identifier: Apache-2.0
// meta.c - the metadata that every record has, and what the library reads of an object before it is
// one.
#include "object/project.h"

#define META(member)  offsetof(struct kedge_object, member)
#define OWNER(member) offsetof(struct kedge_owner_reference, member)

static const struct kedge_field owner_fields[] = {
    {"apiVersion\0", {NULL}, OWNER(api_version), KEDGE_FIELD_TEXT, 0},
    {"kind\0", {NULL}, OWNER(kind), KEDGE_FIELD_TEXT, 0},
    {"name\0", {NULL}, OWNER(name), KEDGE_FIELD_TEXT, 0},
    {"uid\0", {NULL}, OWNER(uid), KEDGE_FIELD_UID, 0},
    {"controller\0", {NULL}, OWNER(controller), KEDGE_FIELD_BOOL, 0},
};
static const struct kedge_table owner_table = {owner_fields,
                                               sizeof owner_fields / sizeof owner_fields[0],
                                               sizeof(struct kedge_owner_reference)};

// The identity first; see KEDGE__IDENTITY.
enum { NAME, INITIAL_EVENTS_END = 10, ROWS };

static const struct kedge_field meta_fields[ROWS] = {
    {"metadata\0name\0", {NULL}, META(name), KEDGE_FIELD_TEXT, 0},
    {"metadata\0namespace\0", {NULL}, META(namespace_), KEDGE_FIELD_TEXT, 0},
    {"metadata\0uid\0", {NULL}, META(uid), KEDGE_FIELD_UID, 0},
    {"metadata\0resourceVersion\0", {NULL}, META(resource_version), KEDGE_FIELD_TEXT, 0},
    {"metadata\0generation\0", {NULL}, META(generation), KEDGE_FIELD_INT64, 0},
    {"metadata\0creationTimestamp\0", {NULL}, META(creation_timestamp), KEDGE_FIELD_TIME, 0},
    {"metadata\0deletionTimestamp\0", {NULL}, META(deletion_timestamp), KEDGE_FIELD_TIME, 0},
    {"metadata\0finalizers\0", {NULL}, META(finalizers), KEDGE_FIELD_TEXT_LIST, 0},
    {"metadata\0ownerReferences\0", {&owner_table}, META(owner_references), KEDGE_FIELD_LIST, 0},
    {"metadata\0labels\0", {NULL}, META(labels), KEDGE_FIELD_TEXT_MAP, 0},
    {"metadata\0annotations\0k8s.io/initial-events-end\0", {NULL}, 0, KEDGE_FIELD_SIEVED, 0},
};
const struct kedge_table kedge__meta_table = {meta_fields, ROWS, sizeof(struct kedge_object)};

// A NUL would end the text early, and make of it somebody else's.
static bool read_text(kedge_json_value object, int at, char *buf, size_t cap)
{
    kedge_json_value value = {object.doc, at};
    size_t len = kedge_json_text(value, NULL, 0);
    bool fits = len < cap;
    buf[0] = '\0';
    if (fits && len > 0)
        buf[kedge_json_text(value, buf, len)] = '\0';
    return fits && strlen(buf) == len;
}

void kedge__identity_read(struct kedge__identity *id, kedge_json_value object)
{
    // In the order of the rows.
    char *const texts[] = {id->name, id->namespace_, id->uid, id->resource_version};
    static const uint8_t caps[] = {sizeof id->name, sizeof id->namespace_, sizeof id->uid,
                                   sizeof id->resource_version};
    struct kedge__found found;
    kedge__find(&found, &kedge__meta_table, ROWS, object);
    id->unusable = false;
    for (int row = NAME; row < KEDGE__IDENTITY; row++) {
        if (!read_text(object, found.at[row], texts[row], caps[row]))
            id->unusable = true;
    }
    kedge_json_value end = {object.doc, found.at[INITIAL_EVENTS_END]};
    id->initial_events_end = kedge_json_text_is(end, KEDGE_STR("true"));
}

// SPDX-License-Identifier: Apache-2.0
// kedge/kind.h - a kind is a table, written once.
//
// <the developer of src/object completes the macros; this is their intended use>
//
//     #define SENSOR(TEXT_, ...)   see below
//
//     #define KEDGE_ROWS_sensor(F, L, E)                                                  \
//         F(INT32, spec_interval_seconds, "spec", "intervalSeconds")                      \
//         F(TEXT, spec_unit, "spec", "unit")                                              \
//         F(TEXT_LIST, spec_tags, "spec", "tags")
//     KEDGE_DECLARE_KIND(sensor)      // struct kedge_sensor, kedge_as_sensor, kedge_kind_sensor
//     KEDGE_DEFINE_KIND(sensor, "edge.example.com", "v1", "sensors", "Sensor", KEDGE_NAMESPACED)
//
// From it come the struct, the accessor, the sieve's field list and the projection.
#ifndef KEDGE_KIND_H
#define KEDGE_KIND_H

#include <kedge/fields.h>
#include <kedge/object.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    KEDGE_CLUSTER_SCOPED = 0,
    KEDGE_NAMESPACED     = 1,
    KEDGE_SECRET         = 2 // bytes that a record leaves are wiped
};

struct kedge_kind {
    const char *group;    // "" for the core group
    const char *version;  // "v1"
    const char *resource; // "deployments"
    const char *kind;     // "Deployment"
    uint32_t flags;
    const struct kedge_table *table; // the kind's own rows
    uint32_t *tag;                   // 4 bytes of RAM: see kedge_kind_tag
};

// A number that names the kind and its table: equal only for equal tables, also after a restart.
// Never 0. Computed at the first call.
uint32_t kedge_kind_tag(const struct kedge_kind *kind);

// The object as that kind's struct, or NULL if it is of another kind.
const void *kedge_object_as(const struct kedge_object *o, const struct kedge_kind *kind);

#ifdef __cplusplus
}
#endif
#endif

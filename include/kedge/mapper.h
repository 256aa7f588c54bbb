// SPDX-License-Identifier: Apache-2.0
// kedge/mapper.h - which resource a name means: client-go's REST mapper and short names, in fixed
// memory.
//
//     struct kedge_mapper *mapper = kedge_mapper_new(rest, 8);
//     struct kedge_mapping m;
//     if (kedge_mapper_find(mapper, "deploy", &m) == KEDGE_OK)
//         printf("/apis/%s/%s/%s\n", m.group, m.version, m.resource);   // apps v1 deployments
//     else
//         puts(kedge_mapper_error_text(mapper));
//
// A name that was not asked for before is looked up in what the server says now
// (kedge/discovery.h), read once as it streams; only the answer is kept, `capacity` of them, then
// the one not asked for longest makes room. So a name that is not found was not there when asked: a
// resource that is added later is found, without a reset. Calls wait, as kedge_rest_read does.
#ifndef KEDGE_MAPPER_H
#define KEDGE_MAPPER_H

#include <stdbool.h>
#include <stddef.h>

#include <kedge/err.h>
#include <kedge/rest.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_mapper;

// A resource. The caller's own, and may be copied.
struct kedge_mapping {
    char group[128]; // "": core
    char version[64];
    char resource[64]; // plural, as in paths
    char singular[64];
    char kind[64];
    bool namespaced;
    unsigned verbs; // a bit for each: see kedge_mapping_can
};

// True if the server has that verb for it (KEDGE_APPLY is patch).
static inline bool kedge_mapping_can(const struct kedge_mapping *m, enum kedge_verb verb)
{
    return m != NULL && ((m->verbs >> verb) & 1U) != 0;
}

// Makes a mapper in the arena of the rest's kedge, with room for `capacity` answers (about 470
// bytes each; 0: none is kept). It borrows `rest`, as kedge_discovery_new does. NULL on failure:
// KEDGE_ERR_MEMORY.
struct kedge_mapper *kedge_mapper_new(struct kedge_rest *rest, size_t capacity);

// Finds what a user means by "deployments", "Deployment" (any case), "deploy", "deployments.apps",
// "deployments.v1.apps" or "ingresses.networking" (the beginning of a group), as kubectl does:
//   - the name of a resource, plural or singular, beats a short name, and that a kind of that name;
//     with a version named, what has that version; an exact group beats one that begins so
//   - then the first group in the server's order, core before all others, and in it the preferred
//     version
// If a short name could mean something else too, kedge_mapper_warning says so.
//
// KEDGE_OK             *out is it
// KEDGE_ERR_NOT_FOUND  the server has nothing of that name (client-go's NoMatch). Group versions
//                      that could not be read are named in the text
// KEDGE_ERR_AMBIGUOUS  two resources of one group version have that name
// KEDGE_ERR_TOO_LONG   a name of the answer does not fit struct kedge_mapping
// KEDGE_ERR_ARGUMENT   no text; by parts also what can be no group or version
// Otherwise as kedge_discovery_groups. Then *out is as it was.
kedge_err kedge_mapper_find(struct kedge_mapper *m, const char *text, struct kedge_mapping *out);

// The same by parts (ResourceFor): `resource` plural, singular or short; group and version may be
// NULL or "": any.
kedge_err kedge_mapper_resource(struct kedge_mapper *m, const char *group, const char *version,
                                const char *resource, struct kedge_mapping *out);

// The resource of a kind (RESTMapping): the group exactly, "" or NULL is core; `version` NULL or
// "": the preferred one, or the first that has the kind.
kedge_err kedge_mapper_kind(struct kedge_mapper *m, const char *group, const char *version,
                            const char *kind, struct kedge_mapping *out);

// Forgets all answers: after a resource has changed its version, scope or names. NULL does nothing.
void kedge_mapper_reset(struct kedge_mapper *m);

// What else the last look-up's short name could mean, as a sentence; "" if nothing. An answer that
// was kept does not warn again. Good until the next call; never NULL.
const char *kedge_mapper_warning(const struct kedge_mapper *m);

// What the last call failed with, in words; "" if it did not. Good until the next call; never NULL.
const char *kedge_mapper_error_text(const struct kedge_mapper *m);

#ifdef __cplusplus
}
#endif
#endif

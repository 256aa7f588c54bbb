// SPDX-License-Identifier: Apache-2.0
// controller_map.c - ready-made map functions and predicates of sources.
#include "base/context.h"
#include "kedge/controller.h"
#include "kedge/kind.h"

static bool is_of_kind(const struct kedge_owner_reference *owner, const struct kedge_kind *kind)
{
    kedge_str version = kedge_text_str(&owner->api_version);
    const char *slash = version.len > 0 ? memchr(version.ptr, '/', version.len) : NULL;
    kedge_str group = {version.ptr, slash != NULL ? (size_t)(slash - version.ptr) : 0};
    return kedge_str_is(group, kind->group) &&
           kedge_str_is(kedge_text_str(&owner->kind), kind->kind);
}

static void map_owner(const struct kedge_kind *kind, const struct kedge_object *obj,
                      const struct kedge_owner_reference *owner, struct kedge_controller_keys *out)
{
    if (owner == NULL || !is_of_kind(owner, kind))
        return;
    bool namespaced = (kind->flags & KEDGE_NAMESPACED) != 0;
    kedge_controller_key(out, namespaced ? kedge_text_str(&obj->namespace_) : KEDGE_STR(""),
                         kedge_text_str(&owner->name));
}

void kedge_controller_map_controller(const void *ctx, const struct kedge_object *obj,
                                     struct kedge_controller_keys *out)
{
    map_owner(ctx, obj, kedge_controller_of(obj), out);
}

void kedge_controller_map_owners(const void *ctx, const struct kedge_object *obj,
                                 struct kedge_controller_keys *out)
{
    for (size_t i = 0; i < obj->owner_references.count; i++)
        map_owner(ctx, obj, KEDGE_AT(struct kedge_owner_reference, &obj->owner_references, i), out);
}

static void map_label(const char *label, kedge_str namespace_, const struct kedge_object *obj,
                      struct kedge_controller_keys *out)
{
    const char *value = kedge_label(obj, label);
    if (value != NULL && value[0] != '\0')
        kedge_controller_key(out, namespace_, kedge_str_of(value));
}

void kedge_controller_map_label(const void *ctx, const struct kedge_object *obj,
                                struct kedge_controller_keys *out)
{
    map_label(ctx, kedge_text_str(&obj->namespace_), obj, out);
}

void kedge_controller_map_label_cluster(const void *ctx, const struct kedge_object *obj,
                                        struct kedge_controller_keys *out)
{
    map_label(ctx, KEDGE_STR(""), obj, out);
}

// New, gone, or not known well enough to tell.
static bool passes(const struct kedge_object *old, const struct kedge_object *obj)
{
    return old == NULL || obj == NULL || (old != obj && kedge_is_partial(old)) ||
           (old != obj && kedge_is_partial(obj));
}

bool kedge_controller_generation_changed(const void *ctx, const struct kedge_object *old,
                                         const struct kedge_object *obj)
{
    (void)ctx;
    return passes(old, obj) || old->generation != obj->generation;
}

bool kedge_controller_version_changed(const void *ctx, const struct kedge_object *old,
                                      const struct kedge_object *obj)
{
    (void)ctx;
    return passes(old, obj) || !kedge_str_eq(kedge_text_str(&old->resource_version),
                                             kedge_text_str(&obj->resource_version));
}

// SPDX-License-Identifier: Apache-2.0
// erase.c - delete: preconditions, finalizers, and what goes with the object.
#include <stdio.h>
#include <string.h>

#include "priv.h"

static json_t *check_preconditions(const struct kind *kind, const struct revision *old,
                                   const json_t *options)
{
    const char *uid = mock__path_string(options, "preconditions.uid");
    const char *version = mock__path_string(options, "preconditions.resourceVersion");
    char present[24];
    snprintf(present, sizeof present, "%llu", (unsigned long long)old->version);
    if (*version && !mock__same(version, present))
        return status_precondition(kind, old->name, version, old->version);
    if (!*uid || mock__same(uid, old->uid))
        return NULL;
    struct text why = {0};
    text_format(&why,
                "the UID in the precondition (%s) does not match the UID in record (%s). The "
                "object might have been deleted and then recreated",
                uid, old->uid);
    json_t *refusal = status_conflict(kind, old->name, why.bytes);
    text_free(&why);
    return refusal;
}

// Everything in a namespace goes with it.
static void empty_namespace(struct mock *mock, const char *namespace)
{
    for (size_t i = 0; i < mock->resource_count; i++) {
        struct resource *r = &mock->resources[i];
        for (size_t n = r->kind.namespaced ? r->count : 0; n > 0; n--)
            if (mock__same(r->items[n - 1]->namespace, namespace))
                revision_drop(write__vanish(mock, r, r->items[n - 1]));
    }
}

// The object with its time of deletion, as finalizers, kubelets and namespaces need it.
static struct revision *mark_deleted(struct mock *mock, const struct write *write,
                                     struct revision *old, int64_t grace_s)
{
    json_t *present = revision_object(old), *object = object_open(present);
    json_t *metadata = json_object_get(object, "metadata");
    json_decref(present);
    if (!json_object_get(metadata, "deletionTimestamp")) {
        json_object_set_new(metadata, "deletionTimestamp", write__timestamp(mock));
        json_object_set_new(metadata, "deletionGracePeriodSeconds", json_integer(grace_s));
        if (mock__same(write->resource->kind.plural, "namespaces"))
            json_object_set_new(object, "status", json_pack("{s:s}", "phase", "Terminating"));
        struct write trusted = *write;
        trusted.trusted = true;
        old = write__commit(mock, &trusted, object);
    } else {
        revision_hold(old);
    }
    json_decref(object);
    return old;
}

static bool has_finalizers(const struct revision *state)
{
    json_t *object = revision_object(state);
    bool has = json_array_size(mock__path(object, "metadata.finalizers")) > 0;
    json_decref(object);
    return has;
}

struct written write_delete(struct mock *mock, const struct write *write, const json_t *options)
{
    struct resource *r = write->resource;
    struct revision *old = resource_find(r, write->namespace, write->name);
    if (!old)
        return (struct written){.refusal = status_not_found(&r->kind, write->name)};
    json_t *refusal = check_preconditions(&r->kind, old, options);
    if (refusal)
        return (struct written){.refusal = refusal};
    if (write->dry_run)
        return (struct written){.state = revision_hold(old), .deleted = true};
    if (!write->trusted && has_finalizers(old))
        return (struct written){.state = mark_deleted(mock, write, old, 0)};
    bool namespace = mock__same(r->kind.plural, "namespaces"),
         pod = mock__same(r->kind.plural, "pods");
    bool scheduled = pod && *json_string_value(json_object_get(old->fields, "spec.nodeName"));
    if (!write->trusted && (namespace || scheduled))
        revision_drop(mark_deleted(mock, write, old, pod ? 30 : 0));
    if (namespace)
        empty_namespace(mock, write->name);
    // The kubelet and the namespace controller of this cluster are quick.
    old = resource_find(r, write->namespace, write->name);
    return (struct written){.state = write__vanish(mock, r, old), .deleted = true};
}

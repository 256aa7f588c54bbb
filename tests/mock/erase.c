// SPDX-License-Identifier: Apache-2.0
// erase.c - delete: preconditions, finalizers, and what goes with the object.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "priv.h"

static json_t *check_preconditions(const struct kind *kind, const struct revision *old,
                                   const json_t *options)
{
    const char *uid = mock__path_string(options, "preconditions.uid");
    const char *version = mock__path_string(options, "preconditions.resourceVersion");
    char present[24];
    struct text why = {0};
    snprintf(present, sizeof present, "%llu", (unsigned long long)old->version);
    if (*uid && !mock__same(uid, old->uid))
        text_format(&why,
                    "the UID in the precondition (%s) does not match the UID in record (%s). The "
                    "object might have been deleted and then recreated",
                    uid, old->uid);
    else if (*version && !mock__same(version, present))
        text_format(&why,
                    "the ResourceVersion in the precondition (%s) does not match the "
                    "ResourceVersion in record (%s). The object might have been modified",
                    version, present);
    json_t *refusal = why.len ? status_precondition(kind, old->name, why.bytes) : NULL;
    text_free(&why);
    return refusal;
}

json_t *write_check_delete(const struct write *write, const struct revision *state,
                           const json_t *options)
{
    static const struct kind shown = {.group = "meta.k8s.io", .name = "DeleteOptions"};
    const char *policy = mock__path_string(options, "propagationPolicy");
    struct text what = {0};
    if (!*policy || mock__has_word("Foreground Background Orphan", policy))
        return check_preconditions(&write->resource->kind, state, options);
    text_format(&what,
                "Unsupported value: \"%s\": supported values: \"Foreground\", \"Background\", "
                "\"Orphan\", \"nil\"",
                policy);
    json_t *refusal =
        status_invalid(&shown, "", "propagationPolicy", "FieldValueNotSupported", what.bytes);
    text_free(&what);
    return refusal;
}

// ---- what goes with an object --------------------------------------------------------------

static bool is_owned(const json_t *object, const char *uid)
{
    json_t *owners = mock__path(object, "metadata.ownerReferences"), *owner;
    size_t i;
    json_array_foreach(owners, i,
                       owner) if (mock__same(mock__path_string(owner, "uid"), uid)) return true;
    return false;
}

// The object without the owner that is gone.
static void disown(struct mock *mock, struct resource *r, const json_t *object, const char *uid)
{
    json_t *copy = object_open(object), *left = json_array(), *owner;
    json_t *metadata = json_object_get(copy, "metadata");
    size_t i;
    json_array_foreach(json_object_get(metadata, "ownerReferences"), i, owner)
    {
        if (!mock__same(mock__path_string(owner, "uid"), uid))
            json_array_append(left, owner);
    }
    if (json_array_size(left))
        json_object_set(metadata, "ownerReferences", left);
    else
        json_object_del(metadata, "ownerReferences");
    struct write write = {.resource = r,
                          .namespace = mock__path_string(object, "metadata.namespace"),
                          .name = mock__path_string(object, "metadata.name"),
                          .subresource = "",
                          .manager = "kube-controller-manager",
                          .trusted = true};
    revision_drop(write__commit(mock, &write, copy));
    json_decref(left);
    json_decref(copy);
}

// One dependent of a uid is let go, or deleted; false: there is none.
static bool collect_one(struct mock *mock, struct resource *r, const char *uid, bool orphan)
{
    for (size_t i = 0; i < r->count; i++) {
        struct revision *state = r->items[i];
        if (!strstr(state->text, uid))
            continue;
        json_t *object = revision_object(state);
        bool owned = is_owned(object, uid);
        if (owned &&
            (orphan || json_array_size(mock__path(object, "metadata.ownerReferences")) > 1))
            disown(mock, r, object, uid);
        else if (owned)
            revision_drop(write__vanish(mock, r, state));
        json_decref(object);
        if (owned)
            return true;
    }
    return false;
}

enum { COLLECTED_MAX = 10000 };

// The garbage collector, which is quick here: dependents go, and theirs. An owner is named by its
// uid; those that still have work are a list.
static void collect_dependents(struct mock *mock, const char *uid, bool orphan)
{
    json_t *uids = json_pack("[s]", uid);
    for (size_t at = 0; at < json_array_size(uids) && at < COLLECTED_MAX; at++) {
        const char *owner = json_string_value(json_array_get(uids, at));
        for (size_t i = 0; i < mock->resource_count; i++) {
            struct resource *r = mock->resources[i];
            uint64_t seen = resource_end(r);
            while (collect_one(mock, r, owner, orphan))
                continue;
            for (; seen < resource_end(r); seen++) {
                const struct change *change = resource_change(r, seen);
                if (change->deleted)
                    json_array_append_new(uids, json_string(change->after->uid));
            }
        }
    }
    json_decref(uids);
}

// Everything in a namespace goes with it.
static void empty_namespace(struct mock *mock, const char *namespace)
{
    for (size_t i = 0; i < mock->resource_count; i++) {
        struct resource *r = mock->resources[i];
        for (size_t n = r->kind.namespaced ? r->count : 0; n > 0; n--)
            if (mock__same(r->items[n - 1]->namespace, namespace))
                revision_drop(write__vanish(mock, r, r->items[n - 1]));
    }
}

// The object with its time of deletion, as finalizers, kubelets and namespaces need it.
static struct revision *mark_deleted(struct mock *mock, const struct write *write,
                                     struct revision *old, int64_t grace_s, const char *finalizer)
{
    json_t *present = revision_object(old), *object = object_open(present);
    json_t *metadata = json_object_get(object, "metadata");
    json_decref(present);
    json_t *present_grace = json_object_get(metadata, "deletionGracePeriodSeconds");
    if (!json_object_get(metadata, "deletionTimestamp") ||
        grace_s < json_integer_value(present_grace)) {
        struct text t = {0};
        text_time(&t, mock__unix_ms(mock) + grace_s * 1000);
        json_object_set_new(metadata, "deletionTimestamp", json_string(t.bytes));
        text_free(&t);
        json_object_set_new(metadata, "deletionGracePeriodSeconds", json_integer(grace_s));
        if (finalizer) {
            json_t *all = json_object_get(metadata, "finalizers");
            all = json_is_array(all) ? json_copy(all) : json_array();
            json_array_append_new(all, json_string(finalizer));
            json_object_set_new(metadata, "finalizers", all);
        }
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

// How long the kubelet lets a pod's containers end; 0: there is none that must be asked.
static int64_t grace_of(const struct revision *pod, const json_t *options)
{
    json_t *asked = json_object_get(options, "gracePeriodSeconds");
    json_t *object = revision_object(pod);
    json_t *own = mock__path(object, "spec.terminationGracePeriodSeconds");
    bool runs = *mock__path_string(object, "spec.nodeName") &&
                !mock__has_word("Succeeded Failed", mock__path_string(object, "status.phase"));
    int64_t grace = json_is_integer(own) ? json_integer_value(own) : 30;
    if (json_is_integer(asked))
        grace = json_integer_value(asked) < 0 ? 1 : json_integer_value(asked);
    json_decref(object);
    return runs ? grace : 0;
}

static struct written gone(struct mock *mock, const struct write *write, struct revision *told,
                           const json_t *options)
{
    struct resource *r = write->resource;
    struct revision *old = resource_find(r, write->namespace, write->name);
    const char *policy = mock__path_string(options, "propagationPolicy");
    bool orphan = mock__same(policy, "Orphan");
    char *uid = mock__copy_string(old->uid);
    if (!write->trusted && mock__same(policy, "Foreground")) // they go first
        collect_dependents(mock, uid, false);
    old = write__vanish(mock, r, resource_find(r, write->namespace, write->name));
    if (!write->trusted)
        collect_dependents(mock, uid, orphan);
    free(uid);
    if (!told)
        return (struct written){.state = old, .deleted = true};
    revision_drop(old);
    return (struct written){.state = told};
}

struct written write_delete(struct mock *mock, const struct write *write, const json_t *options)
{
    struct resource *r = write->resource;
    struct revision *old = resource_find(r, write->namespace, write->name);
    const char *policy = mock__path_string(options, "propagationPolicy");
    const char *finalizer = mock__same(policy, "Foreground") ? "foregroundDeletion"
                            : mock__same(policy, "Orphan")   ? "orphan"
                                                             : NULL;
    if (!old)
        return (struct written){.refusal = status_not_found(&r->kind, write->name)};
    json_t *refusal = write_check_delete(write, old, options);
    if (refusal)
        return (struct written){.refusal = refusal};
    if (write->dry_run)
        return (struct written){.state = revision_hold(old), .deleted = true};
    if (!write->trusted && has_finalizers(old))
        return (struct written){.state = mark_deleted(mock, write, old, 0, finalizer)};
    bool namespace = mock__same(r->kind.plural, "namespaces");
    int64_t grace = mock__same(r->kind.plural, "pods") ? grace_of(old, options) : 0;
    struct revision *told = NULL;
    // The kubelet, the namespace controller and the garbage collector of this cluster are quick.
    if (!write->trusted && (namespace || grace || finalizer))
        told = mark_deleted(mock, write, old, grace, finalizer);
    if (namespace)
        empty_namespace(mock, write->name);
    if (told && grace && mock->options.kubelets)
        return (struct written){.state = told};
    return gone(mock, write, told, options);
}

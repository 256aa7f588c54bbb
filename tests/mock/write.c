// SPDX-License-Identifier: Apache-2.0
// write.c - create and update, as the registry of a real server does them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "priv.h"

static struct written refused(json_t *status)
{
    return (struct written){.refusal = status};
}

size_t write__history(const struct mock *mock)
{
    return mock->options.history ? mock->options.history : 10000;
}

int64_t mock__unix_ms(const struct mock *mock)
{
    return mock->options.epoch_ms + mock->now;
}

json_t *write__timestamp(const struct mock *mock)
{
    struct text t = {0};
    text_time(&t, mock__unix_ms(mock));
    json_t *time = json_string(t.bytes);
    text_free(&t);
    return time;
}

static json_t *new_uid(struct mock *mock)
{
    struct text t = {0};
    text_uuid(&t, &mock->random);
    json_t *uid = json_string(t.bytes);
    text_free(&t);
    return uid;
}

void write__version(json_t *metadata, uint64_t version)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)version);
    json_object_set_new(metadata, "resourceVersion", json_string(digits));
}

static void set_managers(const struct mock *mock, const struct write *write, json_t *object)
{
    json_t *metadata = json_object_get(object, "metadata");
    if (mock->options.no_managed_fields) {
        json_object_del(metadata, "managedFields");
        return;
    }
    struct revision *old = resource_find(write->resource, mock__path_string(metadata, "namespace"),
                                         mock__path_string(metadata, "name"));
    json_t *live = old ? revision_object(old) : NULL;
    json_t *entries =
        write->managed ? json_incref(write->managed) : managers_update(mock, write, live, object);
    if (json_array_size(entries))
        json_object_set(metadata, "managedFields", entries);
    else
        json_object_del(metadata, "managedFields");
    json_decref(entries);
    json_decref(live);
}

// Stores the object as its next version; the object is arranged here, once.
struct revision *write__commit(struct mock *mock, const struct write *write, json_t *object)
{
    struct resource *r = write->resource;
    uint64_t version = write->dry_run ? mock->version : mock->version + 1;
    if (!write->dry_run)
        write__version(json_object_get(object, "metadata"), version);
    set_managers(mock, write, object);
    json_t *arranged = object_arrange(&r->kind, object, write->trusted);
    struct revision *state = revision_new(&r->kind, arranged, version);
    json_decref(arranged);
    if (write->dry_run)
        return state;
    mock->version = version;
    revision_hold(state);
    resource_put(r, state, write__history(mock));
    extra_defined(mock, r, state);
    return state;
}

// ---- checks --------------------------------------------------------------------------------

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_subdomain(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        bool edge = !i || i + 1 == len || name[i - 1] == '.' || name[i + 1] == '.';
        if (!is_lower_or_digit(name[i]) && (edge || (name[i] != '-' && name[i] != '.')))
            return false;
    }
    return len > 0 && len <= 253;
}

static json_t *check_name(const struct kind *kind, const char *name)
{
    if (is_subdomain(name))
        return NULL;
    struct text what = {0};
    text_format(&what,
                "Invalid value: \"%s\": a lowercase RFC 1123 subdomain must consist of lower case "
                "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
                "character (e.g. 'example.com', regex used for validation is "
                "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
                name);
    json_t *refusal = status_invalid(kind, name, "metadata.name", "FieldValueInvalid", what.bytes);
    text_free(&what);
    return refusal;
}

// kind and apiVersion may be missing, but not be those of something else.
static json_t *check_type(const struct kind *kind, const json_t *object)
{
    const char *name = mock__path_string(object, "kind");
    const char *version = mock__path_string(object, "apiVersion");
    struct text api = {0};
    json_t *refusal = NULL;
    kind_api_version(kind, &api);
    if (*version && !mock__same(version, api.bytes))
        refusal = status_bad_request("the API version in the data (%s) does not match the expected "
                                     "API version (%s)",
                                     version, api.bytes);
    else if (*name && !mock__same(name, kind->name))
        refusal = status_bad_request("%s in version \"%s\" cannot be handled as a %s: the kind in "
                                     "the data does not match the expected kind",
                                     name, kind->version, kind->name);
    text_free(&api);
    return refusal;
}

static json_t *check_place(const struct write *write, const json_t *object)
{
    const char *namespace = mock__path_string(object, "metadata.namespace");
    const char *name = mock__path_string(object, "metadata.name");
    if (*namespace && !mock__same(namespace, write->namespace))
        return status_bad_request("the namespace of the provided object does not match the "
                                  "namespace sent on the request");
    if (*write->name && *name && !mock__same(name, write->name))
        return status_bad_request("the name of the object (%s) does not match the name on the URL "
                                  "(%s)",
                                  name, write->name);
    return NULL;
}

static json_t *check_namespace(const struct mock *mock, const struct write *write)
{
    if (!mock->options.system_namespaces || write->trusted || !*write->namespace)
        return NULL;
    const struct resource *namespaces = mock__resource(mock, "namespaces");
    if (resource_find(namespaces, "", write->namespace))
        return NULL;
    return status_not_found(&namespaces->kind, write->namespace);
}

// ---- create --------------------------------------------------------------------------------

static void generate_name(struct mock *mock, json_t *metadata)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    struct text name = {0};
    text_format(&name, "%.58s", mock__path_string(metadata, "generateName"));
    for (int i = 0; i < 5; i++)
        text_add(&name, &letters[mock__random(&mock->random) % (sizeof letters - 1)], 1);
    json_object_set_new(metadata, "name", json_string(name.bytes));
    text_free(&name);
}

static void set_new_status(const struct write *write, json_t *object)
{
    const struct kind *kind = &write->resource->kind;
    if (write->trusted)
        return;
    if (kind->new_status)
        json_object_set_new(object, "status",
                            mock__parse(kind->new_status, strlen(kind->new_status), NULL));
    else if (kind->custom)
        json_object_del(object, "status");
}

static void set_new_namespace_spec(const struct kind *kind, json_t *object)
{
    if (!mock__same(kind->plural, "namespaces"))
        return;
    json_t *metadata = json_object_get(object, "metadata");
    json_t *labels = json_object_get(metadata, "labels");
    labels = json_is_object(labels) ? json_copy(labels) : json_object();
    json_object_set_new(metadata, "labels", labels);
    json_object_set(labels, "kubernetes.io/metadata.name", json_object_get(metadata, "name"));
    if (!json_object_get(object, "spec"))
        json_object_set_new(object, "spec", json_pack("{s:[s]}", "finalizers", "kubernetes"));
    if (!json_object_get(object, "status"))
        json_object_set_new(object, "status", json_pack("{s:s}", "phase", "Active"));
}

// stringData of a Secret becomes data.
static void encode_string_data(json_t *object)
{
    json_t *plain = json_object_get(object, "stringData"), *value;
    const char *key;
    if (!json_is_object(plain))
        return;
    json_t *data = json_object_get(object, "data");
    data = json_is_object(data) ? json_copy(data) : json_object();
    json_object_foreach(plain, key, value)
    {
        struct text t = {0};
        text_base64(&t, json_string_value(value), json_string_length(value));
        json_object_set_new(data, key, json_string(t.len ? t.bytes : ""));
        text_free(&t);
    }
    json_object_set_new(object, "data", data);
    json_object_del(object, "stringData");
}

static void set_new_metadata(struct mock *mock, const struct write *write, json_t *metadata)
{
    if (!write->trusted || !json_object_get(metadata, "uid"))
        json_object_set_new(metadata, "uid", new_uid(mock));
    if (!write->trusted || !json_object_get(metadata, "creationTimestamp"))
        json_object_set_new(metadata, "creationTimestamp", write__timestamp(mock));
    if (write->resource->kind.generations &&
        (!write->trusted || !json_object_get(metadata, "generation")))
        json_object_set_new(metadata, "generation", json_integer(1));
    if (*write->namespace)
        json_object_set_new(metadata, "namespace", json_string(write->namespace));
    if (!write->trusted)
        json_object_del(metadata, "deletionTimestamp");
}

static json_t *check_new(struct mock *mock, const struct write *write, json_t *metadata)
{
    const struct kind *kind = &write->resource->kind;
    if (!write->trusted && *mock__path_string(metadata, "resourceVersion"))
        return status_failure(500, NULL, NULL,
                              "resourceVersion should not be set on objects to be created");
    if (!*mock__path_string(metadata, "name") && *mock__path_string(metadata, "generateName"))
        generate_name(mock, metadata);
    const char *name = mock__path_string(metadata, "name");
    if (!*name)
        return status_invalid(kind, "", "metadata.name", "FieldValueRequired",
                              "Required value: name or generateName is required");
    json_t *refusal = write->trusted ? NULL : check_name(kind, name);
    if (refusal)
        return refusal;
    return resource_find(write->resource, write->namespace, name) ? status_exists(kind, name)
                                                                  : NULL;
}

struct written write_create(struct mock *mock, const struct write *write, json_t *object)
{
    json_t *refusal = check_type(&write->resource->kind, object);
    if (!refusal)
        refusal = check_place(write, object);
    if (!refusal)
        refusal = check_namespace(mock, write);
    if (refusal)
        return refused(refusal);
    object = object_open(object);
    json_t *metadata = json_object_get(object, "metadata");
    if (*write->name && !*mock__path_string(metadata, "name"))
        json_object_set_new(metadata, "name", json_string(write->name));
    struct written done = {.refusal = check_new(mock, write, metadata), .created = true};
    if (!done.refusal) {
        set_new_status(write, object);
        set_new_metadata(mock, write, metadata);
        set_new_namespace_spec(&write->resource->kind, object);
        encode_string_data(object);
        done.state = write__commit(mock, write, object);
    }
    json_decref(object);
    return done;
}

// ---- update --------------------------------------------------------------------------------

static json_t *check_update(const struct write *write, const struct revision *old,
                            const json_t *object)
{
    const struct kind *kind = &write->resource->kind;
    const char *uid = mock__path_string(object, "metadata.uid");
    const char *version = mock__path_string(object, "metadata.resourceVersion");
    char present[24];
    struct text why = {0};
    if (write->trusted)
        return NULL;
    snprintf(present, sizeof present, "%llu", (unsigned long long)old->version);
    if (*uid && !mock__same(uid, old->uid)) {
        text_format(&why, "Precondition failed: UID in precondition: %s, UID in object meta: %s",
                    uid, old->uid);
        json_t *refusal = status_conflict(kind, old->name, why.bytes);
        text_free(&why);
        return refusal;
    }
    if (!*version && kind->versioned)
        return status_invalid(kind, old->name, "metadata.resourceVersion", "FieldValueInvalid",
                              "Invalid value: 0: must be specified for an update");
    if (*version && !mock__same(version, "0") && !mock__same(version, present))
        return status_conflict(kind, old->name,
                               "the object has been modified; please apply your changes to the "
                               "latest version and try again");
    return NULL;
}

static void keep(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);
    if (value)
        json_object_set(to, key, value);
    else
        json_object_del(to, key);
}

// What a client cannot change comes from the old object.
static void carry_over(const struct write *write, const json_t *old, json_t *object)
{
    static const char *const fixed[] = {"name",
                                        "namespace",
                                        "uid",
                                        "creationTimestamp",
                                        "generation",
                                        "deletionTimestamp",
                                        "deletionGracePeriodSeconds"};
    json_t *metadata = json_object_get(object, "metadata");
    const json_t *before = json_object_get(old, "metadata");
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (!write->trusted || !json_object_get(metadata, fixed[i]))
            keep(metadata, before, fixed[i]);
    if (write->resource->kind.status && !write->trusted &&
        !mock__same(write->subresource, "status"))
        keep(object, old, "status");
}

static bool spec_differs(const struct kind *kind, const json_t *a, const json_t *b)
{
    if (!kind->custom)
        return !json_equal(json_object_get(a, "spec"), json_object_get(b, "spec"));
    json_t *left = json_copy((json_t *)(uintptr_t)a), *right = json_copy((json_t *)(uintptr_t)b);
    static const char *const beside[] = {"metadata", "status", "kind", "apiVersion"};
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        json_object_del(left, beside[i]);
        json_object_del(right, beside[i]);
    }
    bool differs = !json_equal(left, right);
    json_decref(left);
    json_decref(right);
    return differs;
}

static void count_generation(const struct write *write, const json_t *old, json_t *object)
{
    if (!write->resource->kind.generations || !spec_differs(&write->resource->kind, old, object))
        return;
    json_int_t before = json_integer_value(mock__path(old, "metadata.generation"));
    json_t *metadata = json_object_get(object, "metadata");
    if (json_integer_value(json_object_get(metadata, "generation")) <= before)
        json_object_set_new(metadata, "generation", json_integer(before + 1));
}

// The object that an update through a subresource means.
static json_t *composed(const struct write *write, const json_t *old, const json_t *object)
{
    json_t *result = object_open(*write->subresource ? old : object);
    if (mock__same(write->subresource, "status")) {
        keep(result, object, "status");
    } else if (mock__same(write->subresource, "scale")) {
        json_t *spec = json_object_get(result, "spec");
        json_object_set_new(result, "spec", json_is_object(spec) ? json_copy(spec) : json_object());
        json_object_set(json_object_get(result, "spec"), "replicas",
                        mock__path(object, "spec.replicas"));
    } else {
        encode_string_data(result);
    }
    carry_over(write, old, result);
    return result;
}

struct revision *write__vanish(struct mock *mock, struct resource *r, struct revision *old)
{
    json_t *object = revision_object(old), *last = object_open(object);
    extra_undefined(mock, r, object);
    write__version(json_object_get(last, "metadata"), ++mock->version);
    struct revision *tombstone = revision_new(&r->kind, last, mock->version);
    json_decref(last);
    json_decref(object);
    resource_delete(r, tombstone, write__history(mock));
    return revision_hold(tombstone);
}

// False where an applier comes or a client takes owners away, though the content is the same.
static bool same_managers(const struct write *write, const json_t *before, const json_t *next)
{
    json_t *old = mock__path(before, "metadata.managedFields");
    json_t *sent = mock__path(next, "metadata.managedFields");
    if (write->managed)
        return json_equal(write->managed, old) ||
               json_array_size(write->managed) + json_array_size(old) == 0;
    return write->trusted || *write->subresource || !sent || json_equal(sent, old);
}

struct written write_update(struct mock *mock, const struct write *write, json_t *object)
{
    struct resource *r = write->resource;
    struct revision *old = resource_find(r, write->namespace, write->name);
    if (!old)
        return write->trusted || mock__same(r->kind.plural, "leases")
                   ? write_create(mock, write, object)
                   : refused(status_not_found(&r->kind, write->name));
    json_t *refusal = mock__same(write->subresource, "scale") ? NULL : check_type(&r->kind, object);
    if (!refusal)
        refusal = check_place(write, object);
    if (!refusal)
        refusal = check_update(write, old, object);
    if (refusal)
        return refused(refusal);
    json_t *before = revision_object(old);
    json_t *next = composed(write, before, object);
    count_generation(write, before, next);
    json_t *clean = object_arrange(&r->kind, next, write->trusted);
    struct written done = {0};
    bool leaving = mock__path(clean, "metadata.deletionTimestamp") &&
                   !json_integer_value(mock__path(clean, "metadata.deletionGracePeriodSeconds")) &&
                   !json_array_size(mock__path(clean, "metadata.finalizers"));
    if (object_same(before, clean) && same_managers(write, before, clean))
        done.state = revision_hold(old);
    else
        done.state = write__commit(mock, write, clean);
    if (leaving && !write->trusted && !write->dry_run) {
        revision_drop(done.state);
        done.deleted = true;
        done.state = write__vanish(mock, r, resource_find(r, write->namespace, write->name));
    }
    json_decref(clean);
    json_decref(next);
    json_decref(before);
    return done;
}

// SPDX-License-Identifier: Apache-2.0
// store.h - kinds, revisions of objects, and the history of each resource.
#ifndef MOCK_STORE_H
#define MOCK_STORE_H

#include "mock.h"
#include "text.h"

// What the server knows about a kind of object.
struct kind {
    const char *group; // "" for core
    const char *version;
    const char *plural;
    const char *singular;
    const char *name;       // Deployment
    const char *short_name; // words
    const char *category;   // words
    bool namespaced;
    bool custom;            // keys come sorted, items say their kind
    bool status;            // has /status
    bool scale;             // has /scale
    const char *more;       // its other subresources, as words; NULL: none
    bool generations;       // metadata.generation counts changes of the spec
    bool versioned;         // an update must say its resourceVersion
    const char *top;        // the known keys beside apiVersion, kind, metadata; NULL: any
    const char *fields;     // selectable fields beside metadata.name and .namespace
    const char *shell;      // what a bookmark's object carries beside its metadata
    const char *new_status; // the status of a new object, as JSON; NULL: as the client said
};

// One state of one object; immutable and shared by the store, the history and running lists.
struct revision {
    int refs;
    uint64_t version;
    char *key; // namespace/name or name: the order of lists
    char *namespace;
    char *name;
    char *uid;
    json_t *labels; // NULL or an object
    json_t *fields; // values of kind->fields
    json_t *tree;   // the object, or NULL where it must be parsed again
    char *text;     // the whole object
    size_t len;
    size_t shared; // bytes from '{' that say kind and apiVersion, which items of lists leave out
};

// One event: before NULL: added; deleted: after is the last content with the event's version.
struct change {
    uint64_t version;
    struct revision *before, *after;
    bool deleted;
};

struct resource {
    struct kind kind;
    bool gone;               // its CustomResourceDefinition was deleted
    bool stale;              // its server cannot be reached
    char *owned[7];          // the strings of a custom kind
    struct revision **items; // sorted by key
    size_t count, cap;
    struct change *changes; // a ring; sequence numbers first .. first + change_count - 1
    size_t change_cap, change_count;
    uint64_t first;
    uint64_t oldest; // watches from an older version have expired
};

// The states of a resource's objects at one version.
struct snapshot {
    struct revision **items; // each with a reference
    size_t count;
    size_t cap;
};

extern const struct kind mock__kinds[];
extern const size_t mock__kind_count;

void resource_init(struct resource *r, const struct kind *kind, uint64_t version);
void resource_init_crd(struct resource *r, const struct mock_crd *crd, uint64_t version);
void resource_free(struct resource *r);

// "apps/v1", "v1"
void kind_api_version(const struct kind *kind, struct text *out);
// "deployments.apps", "pods"
void kind_resource(const struct kind *kind, struct text *out);
bool kind_has_field(const struct kind *kind, const char *field);

// Makes the revision of an arranged object (it must have a name), which stays as it is.
struct revision *revision_new(const struct kind *kind, json_t *object, uint64_t version);
// The same of an object that is written already.
struct revision *revision_of_text(const struct kind *kind, const struct mock_item *item,
                                  uint64_t version);
struct revision *revision_hold(struct revision *r);
void revision_drop(struct revision *r);
// A reference to the object, which nobody may change: other revisions share its parts.
json_t *revision_object(const struct revision *r);
void revision_key(struct text *out, const char *namespace, const char *name);

struct revision *resource_find(const struct resource *r, const char *namespace, const char *name);
// The index of the first item whose key is not less than key.
size_t resource_search(struct revision *const *items, size_t count, const char *key);

// Put a new state (the reference is taken over), or delete, and remember the change.
void resource_put(struct resource *r, struct revision *state, size_t history);
void resource_delete(struct resource *r, struct revision *tombstone, size_t history);
const struct change *resource_change(const struct resource *r, uint64_t sequence);
uint64_t resource_end(const struct resource *r); // the sequence number of the next change
uint64_t resource_after(const struct resource *r, uint64_t version); // of the first newer change
void resource_forget(struct resource *r, uint64_t oldest);

struct snapshot resource_snapshot(const struct resource *r, uint64_t version);
void resource_rewind(struct resource *r, uint64_t version);
void snapshot_free(struct snapshot *s);

#endif

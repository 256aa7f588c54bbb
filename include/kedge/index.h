// SPDX-License-Identifier: Apache-2.0
// kedge/index.h - finds the objects of a cache by values that you name: pods by node, by owner, by
// label.
//
//     static void nodes(const void *ctx, const struct kedge_object *obj,
//                       struct kedge_index_values *out)
//     {
//         kedge_index_value(out, kedge_text_str(&kedge_as_pod(obj)->spec_node_name));
//     }
//     static struct kedge_index by_node = { .name = "node", .values = nodes };
//     static struct kedge_index by_app = { .name = "app", .values = kedge_index_label,
//                                          .ctx = "app.kubernetes.io/name" };
//
//     kedge_informer_add_index(pods, &by_node);
//     ...
//     struct kedge_iter it = kedge_lister_by_index(pods, "node", "edge-1");
//     for (const struct kedge_object *obj; (obj = kedge_iter_next(&it)) != NULL;)
//         printf("%s\n", kedge_name(obj));
//
// An index follows the cache exactly: what a handler is told of is indexed as it is told. It costs
// the heap 32 bytes for each value of each object, which count as the informer's own; an object
// whose values find no room is treated as one without room itself. Values are not stored: the
// function is called again where they are compared.
#ifndef KEDGE_INDEX_H
#define KEDGE_INDEX_H

#include <kedge/informer.h>
#include <kedge/lister.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_index_values;

// Gives the object one more value; to be called by an index's function, none to many times. The
// same value twice counts once; an empty one is a value. `value` is read before it returns.
void kedge_index_value(struct kedge_index_values *out, kedge_str value);

// Yours: it costs no arena, and must live, at its place, as long as its informer. Zero it, fill in
// what you want, leave the private part alone.
struct kedge_index {
    const char *name; // borrowed; no other index of the informer has it

    // Tells the values of an object, by kedge_index_value. It must do nothing else, and tell the
    // same of the same object each time: it is called while a step is under way, and by listers,
    // with KEDGE_THREADS=1 with the lock held. Of a partial object (kedge_is_partial) only name,
    // namespace, uid and version are there.
    void (*values)(const void *ctx, const struct kedge_object *obj, struct kedge_index_values *out);
    const void *ctx;

    // Private.
    struct kedge_index *next;
    struct kedge_informer *informer;
    uint32_t root; // a slot of the heap; 0: no value
    uint8_t number;
};

// Joins `index` to the informer, before or after start, also in a handler. What the cache holds is
// indexed before it returns; on any error nothing was added.
//
// KEDGE_ERR_ARGUMENT  informer or index is NULL, or the index has no name or no function
// KEDGE_ERR_EXISTS    it is joined already, here or elsewhere, or another one has its name
// KEDGE_ERR_STATE     the informer was stopped
// KEDGE_ERR_FULL      the heap has no room for the values of the objects it holds, or the informer
//                     has 255 indices
// KEDGE_WAIT          there is room, but in pieces, which the next polls move together: try again
kedge_err kedge_informer_add_index(struct kedge_informer *informer, struct kedge_index *index);

// Ready-made functions.

// The object's namespace, "" for a cluster-scoped kind. A list of one namespace walks over the
// objects of this one only, where it was added; without it over all, with the same result.
#define KEDGE_NAMESPACE_INDEX "namespace"
void kedge_index_namespace(const void *ctx, const struct kedge_object *obj,
                           struct kedge_index_values *out);

// The value of the label whose key is `ctx`, a text; none where the object does not have it.
void kedge_index_label(const void *ctx, const struct kedge_object *obj,
                       struct kedge_index_values *out);

// The uid of each of its owners, as text.
void kedge_index_owner(const void *ctx, const struct kedge_object *obj,
                       struct kedge_index_values *out);

// ---------------------------------------------------------------- reading

// Begins a walk over the objects that have the value in the index of that name (client-go's
// ByIndex). `value` is borrowed until the walk ends. It may go on after a poll, as any walk: what
// is there with that value throughout comes exactly once. An unknown index has no objects; see
// kedge_iter_error. Callable from a handler.
struct kedge_iter kedge_lister_by_index(const struct kedge_informer *informer, const char *index,
                                        const char *value);

// Begins a walk over the objects that share any value of that index with `obj`, each once
// (client-go's Index); `obj` itself is among them if it is cached. It is borrowed until the walk
// ends: copy it (kedge_object_copy) where the walk is to go on after a poll.
struct kedge_iter kedge_lister_index_of(const struct kedge_informer *informer, const char *index,
                                        const struct kedge_object *obj);

// Why a walk has no objects: KEDGE_ERR_NOT_FOUND where it asked for an index that the informer does
// not have, and KEDGE_ERR_ARGUMENT where informer, index or what was to be compared is NULL. Writes
// a sentence into `text` (may be NULL): "Index with name node does not exist". KEDGE_OK otherwise,
// and "".
kedge_err kedge_iter_error(const struct kedge_iter *it, char *text, size_t cap);

// A walk over the values of an index; a value, to be copied as you like.
struct kedge_value_iter {
    // Private.
    const struct kedge_informer *informer;
    const struct kedge_index *index;
    uint32_t hash[2];
    bool begun;
};

// Begins a walk over the values that the cached objects have in that index (client-go's
// ListIndexFuncValues), in no order. None where there is no such index. It may go on after a poll:
// a value that is there throughout comes exactly once.
struct kedge_value_iter kedge_lister_index_values(const struct kedge_informer *informer,
                                                  const char *index);

// Writes the next value into `buf` with a NUL; a longer one is cut to `cap` - 1 bytes. *len, if not
// NULL, is how long the value is. False at the end, or if `it` or `buf` is NULL or `cap` 0.
bool kedge_value_next(struct kedge_value_iter *it, char *buf, size_t cap, size_t *len);

#ifdef __cplusplus
}
#endif
#endif

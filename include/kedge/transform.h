// SPDX-License-Identifier: Apache-2.0
// kedge/transform.h - a last change to an object before an informer stores it.
//
//     static void shorten(void *ctx, struct kedge_change *change)
//     {
//         struct kedge_pod *pod = (struct kedge_pod *)kedge_change_object(change);
//         pod->object.generation = 0;
//         kedge_change_remove_pair(change, &pod->object.labels, KEDGE_STR("pod-template-hash"));
//         kedge_change_set_pair(change, &pod->object.labels, KEDGE_STR("at"), KEDGE_STR("edge"));
//         kedge_change_set_text(change, &pod->spec_node_name, KEDGE_STR("here"));
//     }
//
//     struct kedge_informer_options options = {.transform = shorten, .transform_room = 32};
//
// A transform sees every object that arrives, also partial ones and the final state of what was
// deleted, before `keep` does; what is deleted unseen is not changed again. It may see one again
// that found no room. Equal objects must get equal changes. Handlers, listers and indices see only
// what it has made. Name and namespace may be changed: the new ones are the key then.
//
// A record is one block, and texts in it may be shared, so a text is never written over: a new one
// goes behind all others, into transform_room, and never beyond object_max. When the transform
// returns, what is not used of that room is given back, and so is what members held that were
// cleared or have new values; not all of it where that has left more than a hundred gaps. Numbers
// and times are yours to assign; a quantity is set by its call.
//
// These calls are for the change that a transform was given, until it returns.
#ifndef KEDGE_TRANSFORM_H
#define KEDGE_TRANSFORM_H

#include <kedge/object.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_change;

// The object, to be changed in place: its kind's struct begins with it.
struct kedge_object *kedge_change_object(struct kedge_change *change);

// Gives a text of the object, wherever in it, a new value, which is copied: len + 1 bytes of room,
// none for an empty one.
//
// KEDGE_ERR_FULL      there is no room: the text is as it was. The object is stored, changed as far
//                     as there was room, and the informer's state says so: `untransformed` counts
//                     it for good; `reason` and `text` name it until the list is whole or a watch
//                     opens
// KEDGE_ERR_ARGUMENT  the member is not of this object; or it is uid or resourceVersion, which must
//                     stay, or the name, and the value is empty or has more than 253 bytes or a
//                     NUL, or the namespace, and it has more than 63
kedge_err kedge_change_set_text(struct kedge_change *change, const struct kedge_text *member,
                                kedge_str text);

// Gives a quantity of the object a new value, in thousandths: up to 10 bytes of room, none for 0
// and for those that clusters have most. Errors as above.
kedge_err kedge_change_set_quantity(struct kedge_change *change,
                                    const struct kedge_quantity *member, int64_t thousandths);

// Empties a member of the object. KEDGE_ERR_ARGUMENT as above.
kedge_err kedge_change_clear_text(struct kedge_change *change, const struct kedge_text *member);
kedge_err kedge_change_clear_text_list(struct kedge_change *change,
                                       const struct kedge_text_list *member);
kedge_err kedge_change_clear_list(struct kedge_change *change, const struct kedge_list *member);
kedge_err kedge_change_clear_map(struct kedge_change *change, const struct kedge_text_map *member);

// Gives a label, or another pair of a map, a value: adds the pair if its key is not there. A new
// pair takes up to 15 bytes of room and its texts; what lies behind the map's other pairs moves
// then, so pointers into the object that were taken before are good no longer.
//
// KEDGE_ERR_FULL      there is no room: the map is as it was, the rest as above
// KEDGE_ERR_ARGUMENT  the map is not of this object, or the key is empty
kedge_err kedge_change_set_pair(struct kedge_change *change, const struct kedge_text_map *map,
                                kedge_str key, kedge_str value);

// Takes a pair away; those behind it move up.
//
// KEDGE_ERR_NOT_FOUND  there is none of that key
// KEDGE_ERR_ARGUMENT   the map is not of this object
kedge_err kedge_change_remove_pair(struct kedge_change *change, const struct kedge_text_map *map,
                                   kedge_str key);

#ifdef __cplusplus
}
#endif
#endif

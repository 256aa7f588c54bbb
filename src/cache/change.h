// SPDX-License-Identifier: Apache-2.0
// change.h - what an informer's own transform and filter make of an object.
#ifndef KEDGE_CACHE_CHANGE_H
#define KEDGE_CACHE_CHANGE_H

#include "cache/informer_priv.h"
#include "kedge/transform.h"

struct kedge_change {
    struct kedge_object *object;
    size_t end;     // where the room behind the record ends
    size_t room;    // bytes that are left of it
    size_t lacking; // of them, in all; 0: there was enough
    const struct kedge_kind *kind;
    // Where a member has left bytes that nothing names any more: kedge__record_squeeze. A program
    // that empties none does not link it.
    size_t (*squeeze)(const struct kedge_kind *kind, struct kedge_object *o, size_t size);
};

// Bytes that a record of `size` may grow by.
size_t kedge__change_room(const struct kedge_informer *inf, size_t size);

// Lets the informer's transform change the record of a slot that was just added, with
// kedge__change_room bytes behind it, and gives back what it does not use.
void kedge__change_apply(struct kedge_informer *inf, uint32_t slot);

// The member to be written, or NULL if it does not lie in the object.
void *kedge__change_member(const struct kedge_change *change, const void *member);

// Takes `need` bytes of the room behind the record. NULL: there are not as many.
unsigned char *kedge__change_take(struct kedge_change *change, size_t need);

// Whether the informer keeps such an object.
bool kedge__change_keeps(const struct kedge_informer *inf, uint32_t slot);

#endif

// SPDX-License-Identifier: Apache-2.0
// weight.h - where the bytes of a record go.
#ifndef WEIGHT_H
#define WEIGHT_H

#include "kedge/kind.h"

// The pod of `make bench` as a server has stored it: with five labels, two containers, four
// conditions and an owner.
extern const char weighed_pod[];

struct weight {
    size_t slot;       // the heap's slot
    size_t header;     // its block's header
    size_t head;       // struct kedge_object, but for what stands below
    size_t members;    // the kind's own members, likewise
    size_t elements;   // of lists, likewise
    size_t pairs;      // of maps
    size_t uids;       // with what they lead to
    size_t times;      // wherever they are
    size_t quantities; // with what they lead to
    size_t identity;   // texts: name, namespace, resourceVersion
    size_t labels;     // ... of the labels
    size_t owners;     // ... of the owner references
    size_t texts;      // ... of the kind's own rows
    size_t padding;    // between members, between arrays, and at the end
    size_t tail;       // of the padding: what is at the end
    size_t words;      // how many texts are words, and so cost nothing
};

// Weighs a record. `text` is called with each text that it holds, the row whose it is, and its
// bytes, without those that an earlier call had: a text may be the end of another one. May be NULL.
void weigh(struct weight *w, const struct kedge_kind *kind, const struct kedge_object *o,
           void (*text)(void *ctx, const struct kedge_field *field, kedge_str text, size_t bytes),
           void *ctx);

// The sum, but for `tail` and `words`: what the heap takes for the object.
size_t weight_sum(const struct weight *w);

void weight_add(struct weight *sum, const struct weight *w);

#endif

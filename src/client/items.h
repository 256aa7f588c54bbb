// SPDX-License-Identifier: Apache-2.0
// items.h - objects out of the body of a reply, one at a time: the sink of every room that reads
// objects.
//
//     struct kedge__items items = {.rest = rest, .kind = &kedge_kind_pod, .each = each, .ctx = me};
//     kedge__items_begin(&items, KEDGE_SIEVE_LIST);
//     kedge_rest_stream(rest, &request, kedge__items_sink, &items);
//     kedge__items_finish(&items)         // the body was whole
//
// Typed objects become records in the kedge_rest's room, raw ones stay as the sieve's compact text;
// both are good until `each` returns, and of a single object (KEDGE_SIEVE_OBJECT) until the next
// request.
#ifndef KEDGE_CLIENT_ITEMS_H
#define KEDGE_CLIENT_ITEMS_H

#include "client/rest_priv.h"
#include "kedge/object.h"
#include "object/project.h"

// What has come.
struct kedge__item {
    const struct kedge_object *object; // typed; NULL: raw, or a watch's ERROR and the like
    kedge_str json;                    // the sieved text: of raw objects all but managedFields
    kedge_json_value value;            // the same, tokenised; absent if it has too many tokens
    kedge_str type;                    // of a watch's event: "ADDED", ...; else empty
    bool partial;                      // over a limit: only its identity is there
    size_t enough;                     // with `partial`: bytes of text that would do; 0: unknown
};

// Where an object's text and tokens go.
struct kedge__room {
    char *buf;
    size_t cap;
    struct kedge_json_token *tokens;
    size_t token_count;
};

struct kedge__items {
    struct kedge_rest *rest;
    const struct kedge_kind *kind;       // NULL: raw
    const struct kedge_table *tables[2]; // instead of what `kind` says; the first holds what
                                         // survives an overflow. Then items are raw
    uint16_t identity;                   // rows of it; with `tables` only
    bool identity_only;                  // raw: keep no more of an object than its identity
    bool shrinks;                        // raw: one with too many tokens becomes partial, too
    struct kedge__room room;             // of raw objects; zero: the kedge_rest's own
    // Anything but KEDGE_OK ends the request with just that; but in the loop, after KEDGE_WAIT the
    // item is offered again.
    kedge_err (*each)(void *ctx, const struct kedge__item *item);
    void *ctx;

    // Out.
    uint64_t count;
    enum kedge_sieve_shape shape;
    bool ended; // the list or object is complete
    kedge_err err;

    // The run of bytes is offered again, from its begin: so many of it were taken, and the item
    // behind them waits.
    size_t taken;
    bool waits;
};

// Makes the kedge_rest's sieve ready for a body of that shape. Call it before the request; the
// request's failure to begin is told by the request. Where one is under way already, nothing is
// touched.
void kedge__items_begin(struct kedge__items *items, enum kedge_sieve_shape shape);

// The sink; `ctx` is the struct kedge__items.
//
// KEDGE_WAIT          `each` said so: give the same bytes again
// KEDGE_ERR_JSON      the body is not what it should be, or a typed object is of another kind;
//                     kedge__rest_say was told why
// KEDGE_ERR_TOO_LONG  what is around the items does not fit
// KEDGE_ERR_API       the object is a Status that says Failure: it is the kedge_rest's status now
// what `each` answers
kedge_err kedge__items_sink(void *ctx, kedge_str bytes);

// After a request that ended well: KEDGE_OK if the body was whole; KEDGE_ERR_API if it was no list
// but a Status that says Failure, which is the kedge_rest's status now; else KEDGE_ERR_JSON, also
// for what calls itself something that is no list, such as a Table. Said.
kedge_err kedge__items_finish(struct kedge__items *items);

// The identity of an item, in `each`; of a raw one with more tokens than there are, too.
// KEDGE_ERR_JSON: it has none.
kedge_err kedge__items_identity(const struct kedge__items *items, const struct kedge__item *item,
                                struct kedge__identity *id);

// After a list: a text of its metadata ("resourceVersion", "continue") into `buf`, NUL-terminated,
// "" if absent. KEDGE_ERR_TOO_LONG: it does not fit; buf is "".
kedge_err kedge__items_metadata(const struct kedge__items *items, const char *key, char *buf,
                                size_t cap);

#endif

// SPDX-License-Identifier: Apache-2.0
// watch_priv.h - the insides of a watch, and where its events go.
//
//     kedge_rest -> items -> watch ----------------> outlet -> handler, or who asks for the next
//                              \-> retry watcher -> outlet ->
#ifndef KEDGE_CLIENT_WATCH_PRIV_H
#define KEDGE_CLIENT_WATCH_PRIV_H

#include "client/items.h"
#include "kedge/watch.h"

// Bytes of a resource version, as in struct kedge__identity.
#define KEDGE__VERSION 64

enum kedge__outlet_state {
    KEDGE__OUTLET_CLOSED, // not started, or stopped
    KEDGE__OUTLET_EMPTY,
    KEDGE__OUTLET_HELD,  // an event waits to be asked for
    KEDGE__OUTLET_GIVEN, // it was, and its object is still looked at
    KEDGE__OUTLET_FREE   // the next one was asked for
};

struct kedge__outlet {
    struct kedge_rest *rest;
    struct kedge_watch_handler handler; // without on_event: they are asked for
    enum kedge__outlet_state state;
    bool ended;
    kedge_err err;                  // what it ended with
    struct kedge_watch_event event; // HELD, GIVEN
    struct kedge_json doc;          // of its value
    char version[KEDGE__VERSION];   // of it
};

// Opens it, for events to that handler; NULL: to who asks. KEDGE_ERR_ARGUMENT: without on_event.
kedge_err kedge__outlet_open(struct kedge__outlet *o, const struct kedge_watch_handler *handler);

// Drops what is held; nothing more comes.
void kedge__outlet_close(struct kedge__outlet *o);

// KEDGE_OK: it is taken. KEDGE_WAIT: offer it again; all it points to stays as it is until then.
kedge_err kedge__outlet_take(struct kedge__outlet *o, const struct kedge_watch_event *event);

// Gives an event that cannot be offered again: the last, of which nothing is in a buffer of the
// kedge_rest.
void kedge__outlet_put(struct kedge__outlet *o, const struct kedge_watch_event *event);

// The stream under it has ended, though an event was not taken yet (a certificate was renewed).
// True: somebody looks, or has looked, at it, so it counts as taken, at o->version. One that was
// only held is dropped: behind the version before it, it comes again.
bool kedge__outlet_lost(struct kedge__outlet *o);

// Tells the end. May be started again in it.
void kedge__outlet_end(struct kedge__outlet *o, kedge_err err);

// kedge_watch_next.
kedge_err kedge__outlet_next(struct kedge__outlet *o, struct kedge_watch_event *event,
                             kedge_time timeout);

// Who takes the events of a watch.
struct kedge__watch_taker {
    // KEDGE_WAIT: offered again; else goes on, if the watch was not stopped meanwhile.
    kedge_err (*take)(void *ctx, const struct kedge_watch_event *event);
    // It has ended, and does not run any more unless there is a `last`: then an ERROR event of our
    // own is to be told before, and kedge_watch_stop called behind it.
    void (*end)(void *ctx, kedge_err err, const struct kedge_watch_event *last);
    void *ctx;
};

struct kedge_watch {
    struct kedge_rest *rest;
    struct kedge__items items;
    struct kedge__watch_taker taker;
    bool running;
    bool foreign;                 // what comes is not JSON
    bool unknown;                 // an event is of no known type
    unsigned runs;                // starts, so that one is told from the next
    char version[KEDGE__VERSION]; // of the event at hand
    struct kedge_status status;   // of an ERROR at hand
    struct kedge__outlet outlet;  // of a watch that is its own
};

// kedge_watch_start, for that taker.
kedge_err kedge__watch_begin(struct kedge_watch *w, const struct kedge_watch_options *options,
                             const struct kedge__watch_taker *taker);

// An ERROR event of our own, that tells w->status.
void kedge__watch_error(const struct kedge_watch *w, struct kedge_watch_event *event);

// Until conditions are met, of any source.
struct kedge__until {
    struct kedge_rest *rest;
    struct kedge__outlet *outlet;
    const kedge_until_condition *conditions;
    size_t count;
    void *ctx;
};
kedge_err kedge__until(const struct kedge__until *u, kedge_time timeout,
                       struct kedge_watch_event *event);

#endif

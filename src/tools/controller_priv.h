// SPDX-License-Identifier: Apache-2.0
// controller_priv.h - the insides of a controller.
//
//     sources (handlers, and walks over what was there) -> workqueue -> reconcile
#ifndef KEDGE_TOOLS_CONTROLLER_PRIV_H
#define KEDGE_TOOLS_CONTROLLER_PRIV_H

#include "base/context.h"
#include "kedge/controller.h"

enum kedge__controller_phase {
    KEDGE__CONTROLLER_NEW,     // sources may be joined
    KEDGE__CONTROLLER_SYNCING, // what happens is of no interest: everything will be walked over
    KEDGE__CONTROLLER_RUNNING,
    KEDGE__CONTROLLER_DRAINING, // takes no more keys
    KEDGE__CONTROLLER_OVER
};

struct kedge_controller {
    struct kedge *k;
    struct kedge_controller_options options;
    struct kedge_workqueue *queue;
    struct kedge_controller_source *sources;
    size_t room; // new keys that one event may need, of whatever source
    kedge_time sync_until;
    uint8_t phase;    // enum kedge__controller_phase; with threads: under the lock
    unsigned workers; // threads that reconcile; 0: the loop does
    struct kedge_controller_report figures; // but what is asked for when it is reported
};

struct kedge_controller_keys {
    struct kedge_controller *c;
};

// controller_source.c

// Adds what a walk over the caches finds, as long as there is room, a bounded amount. True if it
// got anywhere.
bool kedge__controller_walk(struct kedge_controller *c);
void kedge__controller_begin_walks(struct kedge_controller *c);
// Gives the sources back to their owner.
void kedge__controller_part(struct kedge_controller *c);

// controller_work.c

// Reconciles that key, which was taken out of the queue.
void kedge__controller_reconcile(struct kedge_controller *c, const char *key, unsigned worker);

#endif

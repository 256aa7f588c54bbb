// SPDX-License-Identifier: Apache-2.0
// kedge/node_lease.h - the heartbeat of a node: its Lease in kube-node-lease, renewed on time.
//
//     struct kedge_node_lease *lease =
//         kedge_node_lease_new(client, &(struct kedge_node_lease_options){.node = "edge-1"});
//     kedge_node_lease_start(lease);
//
// As the kubelet: the Lease has the node's name, is good for 40 s and renewed every 10 s; it is
// created when it is not there, and again when it was lost. What the
// cluster takes for dead is a node whose Lease was not renewed for a time of its own, whatever the
// Lease says: node-monitor-grace-period of the kube-controller-manager, 50 s since Kubernetes 1.32,
// 40 s before. It has a connection of its own, which takes no token of the
// client's bucket, so that no list, no watch and no other request stands before it; and it goes on
// while the program waits in a request call (kedge_api_list, ...). What holds it up is a program
// that does not poll: a handler that computes for long.
//
// What it writes is the time of renewal, and the owner reference that ties the Lease to the Node:
// what else is in the Lease stays. A write counts on the version that was read, so that one that
// was delayed on its way can never set a newer one back.
//
// It needs a calendar (kedge_wall_clock): while there is none it asks the server, and that is how a
// device with clock_from_server gets one.
//
// All of this may be called anywhere, also in a handler, by the thread that polls.
#ifndef KEDGE_NODE_LEASE_H
#define KEDGE_NODE_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/client.h>
#include <kedge/err.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_node_lease;

#define KEDGE_NODE_LEASE_NAMESPACE "kube-node-lease"
#define KEDGE_NODE_LEASE_DURATION  (40 * KEDGE_SECOND)

// Zero means the default.
struct kedge_node_lease_options {
    const char *node; // the node's name, up to 253 bytes, copied; NULL: the environment's NODE_NAME
    kedge_time duration; // ms, for whole seconds from 4 s on: how long a renewal is good; 40 s. It
                         // is renewed every quarter of it. Of more than 40 s: only where the
                         // cluster's node-monitor-grace-period was raised as well
    size_t buffer;       // bytes of the connection's buffer: a request's head must fit; 4,096

    // Told of each renewal from the loop, so not while the program waits in a request call but
    // right after it; of several since then, once. `gap`: ms from the renewal told before to this
    // one; 0: it is the first. May do what a handler may. NULL: nobody is told.
    void (*on_renewed)(void *ctx, kedge_time gap);
    // Told of a Lease that was renewed once and is not there any more, as when somebody deletes the
    // Node that owns it; from the loop, and as on_renewed may be late. It is created again, without
    // an owner: kedge_node_lease_set_owner sets one, once it is known to be there. NULL: nobody is
    // told.
    void (*on_lost)(void *ctx);
    void *ctx;
};

// Makes one in the arena, with its connection; about 9 KiB, and what TLS takes. NULL on failure:
// KEDGE_ERR_MEMORY, KEDGE_ERR_CONFIG (no node is named), KEDGE_ERR_ARGUMENT (name or duration).
struct kedge_node_lease *kedge_node_lease_new(struct kedge_client *client,
                                              const struct kedge_node_lease_options *options);

// Renews it from now on, in the loop. KEDGE_OK also if it runs already.
//
// KEDGE_ERR_ARGUMENT  lease is NULL
// otherwise           the first failure of a constructor
kedge_err kedge_node_lease_start(struct kedge_node_lease *lease);

// Ends it and closes the connection; no call-back follows. The Lease stays as it is on the server,
// as a kubelet's does: it runs out. NULL does nothing.
void kedge_node_lease_stop(struct kedge_node_lease *lease);

// Whose the Lease is: the uid of the Node object, copied. With the next renewal a Lease that has no
// owner gets it, and goes with the Node when that is deleted. "" or NULL: nobody's, the default,
// and so again once the Lease was lost. KEDGE_ERR_ARGUMENT: lease is NULL, or the uid has over 63
// bytes.
kedge_err kedge_node_lease_set_owner(struct kedge_node_lease *lease, const char *node_uid);

struct kedge_node_lease_state {
    bool is_renewed;    // once at least
    kedge_time renewed; // when last, on kedge's clock: the moment its request was begun
    kedge_time left;    // ms until a lease renewed then runs out; 0: it has, or never was
    uint64_t renewals;  // in all
    uint64_t failures;  // requests that failed, in all; a conflict is none
    kedge_err reason;   // of the last request, if it failed; KEDGE_OK after a renewal
    const char *text;   // the same in words, never NULL; good until the next poll
};
// Fills in *state. KEDGE_ERR_ARGUMENT if either is NULL.
kedge_err kedge_node_lease_state(const struct kedge_node_lease *lease,
                                 struct kedge_node_lease_state *state);

#ifdef __cplusplus
}
#endif
#endif

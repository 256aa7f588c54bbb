// SPDX-License-Identifier: Apache-2.0
// kedge/node_agent.h - a node for Kubernetes without a kubelet: what is left of one when the
// containers are taken out.
//
//     static struct kedge_node_facts facts = {...};           // kedge/node_status.h
//     static const struct kedge_pod_handler runtime = {.on_add = run, .on_terminate = end, ...};
//
//     struct kedge_node_agent *agent = kedge_node_agent_new(
//         client, &(struct kedge_node_agent_options){
//                     .node = {.node = "edge-1", .facts = &facts},
//                     .factory = factory, .pods = &runtime, .pod_max = 4});
//     if (kedge_node_agent_start(agent) != KEDGE_OK)
//         return kedge_posix_fail(k);
//     return kedge_run(k) == KEDGE_OK ? 0 : kedge_posix_fail(k);
//
// It registers the Node and reports its status (kedge/node_status.h), renews the node's Lease
// (kedge/node_lease.h), follows the pods that are bound to the node, and tells the program, which
// "runs" them, whatever that is: a motor, a task of an RTOS, a process. What became of them the
// program says by kedge_pod_status_set and kedge_pod_status_ended on kedge_node_agent_pods(agent);
// see kedge/pod_status.h. Each of the three can be used without the others.
//
//     a pod is bound          on_add
//     it is changed           on_update
//     it is to end            on_terminate, with the time that is left for it; again if that is cut
//     ... and has             kedge_pod_status_ended: its last status is sent, then it is deleted
//     it is gone              on_remove: whatever is left of it goes at once
//     it ends by itself       a status Succeeded or Failed and kedge_pod_status_ended: that is all
//
// Connections: one for the Lease, one for everything else that is written, one for the informer. A
// node that was not heard of for the cluster's grace (node-monitor-grace-period of its
// kube-controller-manager: 50 s, before Kubernetes 1.32 40 s) is said to be dead: so the status is
// reported anew with the first renewal of the Lease, and with each that comes half its duration or
// more after the one before.
//
// Nothing here waits; everything may be called anywhere, also in a handler, by the thread that
// polls.
#ifndef KEDGE_NODE_AGENT_H
#define KEDGE_NODE_AGENT_H

#include <kedge/factory.h>
#include <kedge/node_lease.h>
#include <kedge/node_status.h>
#include <kedge/pod_status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_node_agent;

// Who runs the pods. Each is called from the loop, and may do what a handler of an informer may;
// `pod` is good until it returns. Keep its uid (kedge_uid), by which the pod is told from one that
// takes its name later. Each may be NULL.
struct kedge_pod_handler {
    // A pod is this node's, and is to run. After a restart of the agent also one that ran before.
    // One that is too large for a record (kedge_is_partial) has no spec here: it cannot be run. Nor
    // has it a phase or a time of deletion, so it comes here even if it is over or is to end: let
    // no pod be larger than the informer's limit (object_max), or say of it that it Failed.
    void (*on_add)(void *ctx, const struct kedge_object *pod);

    // It has changed, and is still to run; also if only its status has, by what was told of it.
    void (*on_update)(void *ctx, const struct kedge_object *old, const struct kedge_object *pod);

    // It is to end within `grace` ms (1,000 at least): then call kedge_pod_status_ended. It is
    // called again if the time was cut short. It may be a pod that on_add was never called for,
    // because it was to end already when the agent started: then there is nothing to be ended but
    // what ran before; nothing at all if it is over, but its deletion waits for
    // kedge_pod_status_ended all the same. From here on there are no updates.
    void (*on_terminate)(void *ctx, const struct kedge_object *pod, kedge_time grace);

    // It is gone: as the end of the above, or at once, where somebody has deleted it by force or
    // another pod has taken its name. Nothing can be told of it any more. A pod that has ended by
    // itself (a status Succeeded or Failed, then kedge_pod_status_ended, while nobody deletes it)
    // is forgotten as soon as the server knows, and its object stays there: on_remove is not called
    // for it, so whatever is left of it goes when that is said. If it is being deleted later on and
    // something holds it (a finalizer), on_terminate may come for it once more.
    void (*on_remove)(void *ctx, const struct kedge_object *pod);

    void *ctx;
};

// Zero means the default. What it points to outlives the agent.
struct kedge_node_agent_options {
    struct kedge_node_status_options node; // `rest` is the agent's own
    kedge_time lease_duration;             // as in kedge_node_lease_options, which says what the
                                           // cluster needs for one of more than 40 s

    // For pods. No factory: no pods.
    struct kedge_factory *factory; // of the same client, and not yet started
    const struct kedge_pod_handler *pods;
    size_t pod_max;    // that run at once; 16. One more is refused: it Failed, OutOfpods. Say the
                       // same number as the node's resource "pods"
    size_t status_max; // as in kedge_pod_status_options
    // What the pods are kept as, and given to the handlers: as in kedge_pod_status_options. NULL is
    // kedge_kind_pod, which has no commands, arguments, environment or volumes: declare a kind of
    // your own with those that your device knows (examples/node_agent.c does).
    const struct kedge_kind *pod_kind;
};

// Makes one in the arena, with all its parts: some 40 KiB for 16 pods, and what TLS takes for three
// connections. NULL on failure, as those say.
struct kedge_node_agent *kedge_node_agent_new(struct kedge_client *client,
                                              const struct kedge_node_agent_options *options);

// Starts all of it, in the loop, and the factory. KEDGE_OK also if it runs already.
//
// KEDGE_ERR_ARGUMENT  agent is NULL
// otherwise           as kedge_factory_start, or the first failure of a constructor
kedge_err kedge_node_agent_start(struct kedge_node_agent *agent);

// Ends it: the informer stops, connections close, pods are forgotten. Node, Lease and pods stay on
// the server. A start goes on, with an on_add for every pod. In on_registered, `node` is gone then.
// NULL does nothing.
void kedge_node_agent_stop(struct kedge_node_agent *agent);

// The parts. NULL of a NULL agent; the last two also where there is no factory.
struct kedge_node_status *kedge_node_agent_status(struct kedge_node_agent *agent);
struct kedge_node_lease *kedge_node_agent_lease(struct kedge_node_agent *agent);
struct kedge_pod_status_manager *kedge_node_agent_pods(struct kedge_node_agent *agent);
struct kedge_informer *kedge_node_agent_informer(struct kedge_node_agent *agent);

#ifdef __cplusplus
}
#endif
#endif

// SPDX-License-Identifier: Apache-2.0
// kedge/pod_status.h - the status of the pods that run here, brought to the server.
//
//     struct kedge_pod_status_manager *pods = kedge_pod_status_manager_new(client, NULL);
//     kedge_pod_status_add(pods, pod);                       // it is ours
//     kedge_pod_status_set(pods, uid, &(struct kedge_pod_status){
//         .phase = KEDGE_POD_RUNNING, .pod_ip = "10.1.2.4", .start_time = kedge_wall_clock(k),
//         .containers = &running, .container_count = 1});
//
// As the kubelet's status manager: of each pod the newest status is kept, in fixed memory, and sent
// until the server has it; a newer one takes the place of one that has not been sent. Sent is a
// strategic merge patch of pods/status, so conditions of others stay. It holds the pod's uid and
// the version that is known here, so
//   - nothing is written to a pod that took another's name: its uid is another
//   - a status that was delayed on its way cannot set a newer one back: the version has gone on. A
//     kubelet leaves that to luck
// After a conflict the pod is read and the status sent again at once, after another failure with
// pauses of up to 10 s, for ever: until the server has it, or says that the pod is gone.
//
// A pod that is being deleted stays on the server until its node says that it has ended:
// kedge_pod_status_ended. Then its last status is sent, and only after that it is deleted, with
// grace period 0 and its uid as precondition.
//
// kedge/node_agent.h does all of this for the pods of a node. Nothing here waits; everything may be
// called anywhere, also in a handler, by the thread that polls.
#ifndef KEDGE_POD_STATUS_H
#define KEDGE_POD_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/client.h>
#include <kedge/kinds/core.h>
#include <kedge/rest.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kedge_container_phase {
    KEDGE_CONTAINER_WAITING,
    KEDGE_CONTAINER_RUNNING,
    KEDGE_CONTAINER_TERMINATED
};

// A container, as it is. NULL and 0: nothing is said.
struct kedge_pod_status_container {
    const char *name; // as in the pod's spec
    const char *image;
    const char *image_id;
    const char *container_id;    // "bare://1"
    const char *reason;          // WAITING ("ContainerCreating"), TERMINATED ("Completed", "Error")
    const char *message;         // the same
    kedge_timestamp started_at;  // RUNNING, TERMINATED
    kedge_timestamp finished_at; // TERMINATED
    enum kedge_container_phase phase;
    int32_t restart_count;
    int32_t exit_code; // TERMINATED
    bool ready;
};

struct kedge_pod_status_condition {
    const char *type;
    enum kedge_condition_status status;
    const char *reason;
    const char *message;
};

// What is to be told of a pod. NULL and 0: nothing is said.
struct kedge_pod_status {
    enum kedge_pod_phase phase; // must be given
    const char *reason;         // a word: "Evicted"
    const char *message;
    const char *host_ip;
    const char *pod_ip;
    kedge_timestamp start_time; // when this node took it on
    // Initialized, ContainersReady and Ready follow from phase and containers, as the kubelet has
    // it, where they are not among these. At most KEDGE_POD_CONDITIONS.
    const struct kedge_pod_status_condition *conditions;
    size_t condition_count;
    const struct kedge_pod_status_container *containers;
    size_t container_count;
    const struct kedge_pod_status_container *init_containers;
    size_t init_container_count;
};

#define KEDGE_POD_CONDITIONS 8

struct kedge_pod_status_manager;

// Zero means the default.
struct kedge_pod_status_options {
    size_t pods;       // that may be there at once; 16
    size_t status_max; // bytes of one status as JSON; 1,024. Each pod costs it, and some 700 more
    // As in kedge_node_status_options: a connection to share.
    struct kedge_rest *rest;
    // What the pods are records of that are shown here; NULL: kedge_kind_pod. It may be a kind of
    // your own of v1, pods, with other rows, if these are among them:
    //     ENUM(K, pod_phase, status_phase, "status", "phase")
    //     LIST(K, condition, status_conditions, "status", "conditions")   // may be left out: then
    //         // each condition has a new transition time when the program starts anew
    const struct kedge_kind *pod_kind;
};

// Makes one in the arena. `options` may be NULL. NULL on failure: KEDGE_ERR_MEMORY, or
// KEDGE_ERR_ARGUMENT of a pod_kind that lacks a row, which the error text names.
struct kedge_pod_status_manager *
kedge_pod_status_manager_new(struct kedge_client *client,
                             const struct kedge_pod_status_options *options);

// Ends what is under way and forgets all pods. A connection of its own is closed. NULL does
// nothing.
void kedge_pod_status_manager_stop(struct kedge_pod_status_manager *m);

// Takes a pod on; from then on its uid names it. Its record is looked at, not kept.
//
// KEDGE_ERR_EXISTS    it is there already
// KEDGE_ERR_FULL      there are as many as options.pods
// KEDGE_ERR_TOO_LONG  its uid, version or namespace is longer than 63 bytes, its name than 253
// KEDGE_ERR_ARGUMENT  m or pod is NULL, or pod has no name, namespace or uid
kedge_err kedge_pod_status_add(struct kedge_pod_status_manager *m, const struct kedge_object *pod);

// Tells of a pod as the server has it now: its version, whether it is being deleted, and whether
// somebody has overwritten its phase, which is then sent again; but if they say that it has
// Succeeded or Failed, that holds. For the handlers of an informer.
// KEDGE_ERR_NOT_FOUND: its uid is not here. KEDGE_ERR_ARGUMENT: one is NULL.
kedge_err kedge_pod_status_seen(struct kedge_pod_status_manager *m, const struct kedge_object *pod);

// The pod's status is this from now on. It is copied. One that says what was said last is not sent
// again.
//
// KEDGE_ERR_NOT_FOUND  there is no pod of that uid here, or the server has it no more
// KEDGE_ERR_STATE      the pod has Succeeded or Failed, and this says that it has not
// KEDGE_ERR_TOO_LONG   it is longer than status_max: nothing changed
// KEDGE_ERR_ARGUMENT   m, uid or status is NULL, no phase or one that is none, of the pod or a
//                      container, too many conditions, a text that is not UTF-8
kedge_err kedge_pod_status_set(struct kedge_pod_status_manager *m, const char *uid,
                               const struct kedge_pod_status *status);

// The pod has ended here: its containers are gone, and what they held. If it is being deleted, now
// or later, it is deleted for good, behind its last status. KEDGE_ERR_NOT_FOUND,
// KEDGE_ERR_ARGUMENT.
kedge_err kedge_pod_status_ended(struct kedge_pod_status_manager *m, const char *uid);

// The pod is gone, or none of ours any more: nothing more is sent. KEDGE_ERR_NOT_FOUND,
// KEDGE_ERR_ARGUMENT.
kedge_err kedge_pod_status_remove(struct kedge_pod_status_manager *m, const char *uid);

// True while something of that pod is still to be sent; uid NULL: of any pod.
bool kedge_pod_status_is_pending(const struct kedge_pod_status_manager *m, const char *uid);

struct kedge_pod_status_facts {
    size_t pods;      // that are here
    size_t pending;   // of them, with something to send
    uint64_t sent;    // statuses that the server took
    uint64_t deleted; // pods
    uint64_t conflicts;
    uint64_t failures; // of requests, in all; a conflict is none
    kedge_err reason;  // of the last request, if it failed
    const char *text;  // the same in words, never NULL; good until the next poll
};
// Fills in *facts. KEDGE_ERR_ARGUMENT if either is NULL.
kedge_err kedge_pod_status_facts(const struct kedge_pod_status_manager *m,
                                 struct kedge_pod_status_facts *facts);

#ifdef __cplusplus
}
#endif
#endif

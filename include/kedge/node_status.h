// SPDX-License-Identifier: Apache-2.0
// kedge/node_status.h - registers a Node, and keeps its status on the server what the program says.
//
//     static const struct kedge_node_resource resources[] = {{"cpu", "1", NULL},
//                                                            {"memory", "320Ki", "128Ki"},
//                                                            {"pods", "4", NULL}};
//     static struct kedge_node_facts facts = {.resources = resources, .resource_count = 3};
//     struct kedge_node_status *status = kedge_node_status_new(
//         client, &(struct kedge_node_status_options){.node = "edge-1", .facts = &facts});
//     kedge_node_status_start(status);
//     ...
//     facts.not_ready = "the pump does not turn";
//     kedge_node_status_changed(status);
//
// As the kubelet: the Node is created with its labels, taints and first status; one that is there
// already gets the labels that it lacks, and the status. From then on the facts are looked at every
// 10 s and whenever the program says so; they are sent when they have changed, and every 5 minutes
// in any case. A report that finds no Node, or another one of that name, registers it again, which
// a kubelet leaves to its next start. Sent is a strategic merge patch of nodes/status: what others
// keep there (conditions of a network plugin, say) stays.
//
// Three conditions of pressure and Ready are always told. Before each report the Node is read: a
// condition that is what the server has keeps the time of its last transition there, also over a
// restart of the device; one that is not (somebody called the node's Ready Unknown, say) has
// changed with this report.
//
// It needs the rights to get, create and patch its Node and to patch nodes/status, as system:node
// has them, and a calendar, as kedge/node_lease.h says. Nothing here waits; everything may be
// called anywhere, also in a handler, by the thread that polls.
#ifndef KEDGE_NODE_STATUS_H
#define KEDGE_NODE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/client.h>
#include <kedge/kinds/core.h>
#include <kedge/rest.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_node_status;

// A label: "topology.kubernetes.io/zone", "shed".
struct kedge_node_label {
    const char *key;
    const char *value;
};

struct kedge_node_taint {
    const char *key;
    const char *value; // NULL: none
    enum kedge_taint_effect effect;
};

struct kedge_node_host_address {
    enum kedge_node_address_type type;
    const char *address;
};

// How much there is of something ("cpu", "memory", "pods", "ephemeral-storage",
// "example.com/pump"), and how much of it pods may have; quantities, as "250m" and "128Ki".
struct kedge_node_resource {
    const char *name;
    const char *capacity;
    const char *allocatable; // NULL: all of it
};

// A condition of the program's own.
struct kedge_node_condition {
    const char *type; // "ReadonlyFilesystem"
    enum kedge_condition_status status;
    const char *reason; // a word: "FilesystemIsReadOnly"
    const char *message;
};

// At most so many of the program's own.
#define KEDGE_NODE_CONDITIONS 8

// What is to be told of the node. Zero and NULL mean that there is nothing to tell.
struct kedge_node_facts {
    const char *not_ready; // why the node cannot run pods, for people; NULL: it is Ready
    bool memory_pressure;
    bool disk_pressure;
    bool pid_pressure;
    const struct kedge_node_condition *conditions; // KEDGE_NODE_CONDITIONS at most
    size_t condition_count;
    const struct kedge_node_host_address *addresses;
    size_t address_count;
    // One that is taken out of the list stays on the server until the Node is registered anew.
    const struct kedge_node_resource *resources;
    size_t resource_count;

    // nodeInfo; each may be NULL.
    const char *machine_id;
    const char *system_uuid;
    const char *boot_id;
    const char *kernel_version;
    const char *os_image;
    const char *container_runtime_version; // "bare://1.0"
    const char *kubelet_version;           // of the agent: "v1.36.0-kedge"; clusters compare it
    const char *operating_system;          // "linux", or your own; also a label
    const char *architecture;              // "arm", as Go names them; also a label
};

// Zero means the default. What it points to outlives the kedge_node_status; the facts may change.
struct kedge_node_status_options {
    const char *node; // its name, up to 253 bytes, copied; NULL: the environment's NODE_NAME
    const struct kedge_node_facts *facts; // must be given

    // Labels beside kubernetes.io/hostname, kubernetes.io/os, kubernetes.io/arch.
    const struct kedge_node_label *labels;
    size_t label_count;
    const struct kedge_node_taint *taints; // of a Node that is created; else its own stay
    size_t taint_count;
    const char *provider_id; // the same
    bool unschedulable;      // the same: it is cordoned from its beginning

    // The connection to use, with no request of anybody else's that lasts; NULL: one of its own
    // (about 20 KiB, and what TLS takes).
    struct kedge_rest *rest;
    size_t body_max; // bytes of the Node as JSON as it is created, or the patch; 3,072

    // Called from the loop before each look at the facts, every 10 s: brings them up to date. NULL:
    // the program calls kedge_node_status_changed by itself.
    void (*refresh)(void *ctx);
    // Called from the loop when the Node is registered: it is there, with that uid. `node` is good
    // until it returns. NULL: nobody is told.
    void (*on_registered)(void *ctx, const struct kedge_object *node);
    void *ctx;
};

// Makes one in the arena. NULL on failure: KEDGE_ERR_MEMORY, KEDGE_ERR_CONFIG (no node is named),
// KEDGE_ERR_ARGUMENT (no facts, too many conditions, a name too long).
struct kedge_node_status *kedge_node_status_new(struct kedge_client *client,
                                                const struct kedge_node_status_options *options);

// Registers and reports from now on, in the loop. KEDGE_OK also if it runs already.
//
// KEDGE_ERR_ARGUMENT  status is NULL
// otherwise           the first failure of a constructor
kedge_err kedge_node_status_start(struct kedge_node_status *status);

// Ends it; the Node stays. A connection of its own is closed: in on_registered, `node` is gone
// then. NULL does nothing.
void kedge_node_status_stop(struct kedge_node_status *status);

// The facts have changed: they are looked at soon. `always`: they are sent even if they are as they
// were last sent, as after a time in which the cluster may have taken the node for dead and said so
// in its status. NULL does nothing.
void kedge_node_status_changed(struct kedge_node_status *status, bool always);

struct kedge_node_report {
    bool is_registered;
    uint64_t reports;    // of the status that the server took, in all, with the first
    uint64_t failures;   // requests that failed, in all
    kedge_time reported; // when the last was taken, on kedge's clock; 0: never
    kedge_err reason;    // of the last request, if it failed
    const char *text;    // the same in words, never NULL; good until the next poll
};
// Fills in *report. KEDGE_ERR_ARGUMENT if either is NULL.
kedge_err kedge_node_status_report(const struct kedge_node_status *status,
                                   struct kedge_node_report *report);

#ifdef __cplusplus
}
#endif
#endif

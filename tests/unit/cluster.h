// SPDX-License-Identifier: Apache-2.0
// cluster.h - the whole way in one process: the mock API server, virtual time, a kedge with
// informers, and handlers that remember what they were told.
//
//     struct cluster c;
//     cluster_open(&c, &(struct cluster_options){.memory = 256 * 1024});
//     mock_fill(c.mock, 60, 5);
//     struct recorder r;
//     struct kedge_informer *d = cluster_informer(&c, &kedge_kind_deployment, NULL, &r);
//     cluster_start(&c);
//     cluster_run(&c, 5 * KEDGE_SECOND);
//     cluster_assert_equal(&c, d, &r);
//     cluster_close(&c);
#ifndef CLUSTER_H
#define CLUSTER_H

#include "kedge/kedge.h"
#include "mock_port.h"

#define RECORDERS_MAX 8

// What a handler was told, folded: a sorted list of the objects that should exist by it.
struct recorded {
    char *key; // namespace/name
    char *uid;
    char *version;
};

// Fails the test when it is told what cannot be: an add of what is there, an update or a delete of
// what is not (but see `unknown_deletes`), a version that goes back.
struct recorder {
    struct kedge_handler handler; // first
    struct recorded *objects;
    size_t count;
    unsigned adds, initial_adds, updates, resyncs, deletes, tombstones;
    unsigned unknown_deletes;
    bool busy; // not ready
    bool versions_may_go_back;
    unsigned ready_asked;
};

struct cluster_options {
    size_t memory; // 0: 256 KiB
    uint64_t seed;
    kedge_time resync;
    size_t object_max;
    struct mock_options mock;
};

struct cluster {
    struct mock *mock;
    struct mock_port port;
    unsigned char *memory;
    struct kedge *k;
    struct kedge_client *client;
    struct kedge_factory *factory;
    struct recorder *recorders[RECORDERS_MAX];
    size_t recorder_count;
};

void cluster_open(struct cluster *c, const struct cluster_options *options);
struct kedge_informer *cluster_informer(struct cluster *c, const struct kedge_kind *kind,
                                        const struct kedge_informer_options *options,
                                        struct recorder *r);

// Opens a cluster as it is without options, with so many Deployments in so many namespaces, and an
// informer of them.
struct kedge_informer *cluster_of_deployments(struct cluster *c, size_t count, size_t namespaces,
                                              const struct kedge_informer_options *options,
                                              struct recorder *r);

// Makes a recorder for one more handler; it is the caller who adds it.
void cluster_recorder(struct cluster *c, struct recorder *r);

void cluster_start(struct cluster *c);

// Starts, and ends the test if the informer is not settled within `ms`.
void cluster_start_and_settle(struct cluster *c, struct kedge_informer *inf, kedge_time ms);

// An informer's options: it lists, in client-go's pages, and then watches; never a WatchList.
extern const struct kedge_informer_options cluster_lists;

// Polls for `ms` of virtual time.
void cluster_run(struct cluster *c, kedge_time ms);

// True if the informer is CURRENT, its cache is the server's, and every handler has been told.
bool cluster_settled(struct cluster *c, struct kedge_informer *inf);

// Polls until the informer is CURRENT at the server's version, or `ms` have passed: false.
bool cluster_settle(struct cluster *c, struct kedge_informer *inf, kedge_time ms);

// The cache holds just what the server does, uid by uid and version by version; and so says what
// the recorder was told. `r` may be NULL.
void cluster_assert_equal(struct cluster *c, struct kedge_informer *inf, const struct recorder *r);

// Shuts down, checks that nothing is left, frees everything.
void cluster_close(struct cluster *c);

void recorder_init(struct recorder *r);
void recorder_free(struct recorder *r);

struct kedge_informer_state cluster_state(const struct kedge_informer *inf);
enum kedge_informer_phase cluster_phase(const struct kedge_informer *inf);

// A Deployment as JSON, in static storage: `extra` goes into its spec as it stands, or is NULL.
const char *deployment(const char *namespace_, const char *name, int replicas, const char *extra);

#endif

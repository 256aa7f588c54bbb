// SPDX-License-Identifier: Apache-2.0
// kedge/lease_candidate.h - who would lead, where the server chooses (coordinated leader election,
// alpha): client-go's LeaseCandidate.
//
//     struct kedge_lease_candidate_options me = {
//         .namespace_ = "default",
//         .name = "node-1_6f0c",              // the identity of the elector
//         .lease_name = "gardener",
//         .binary_version = "1.4.0",
//         .emulation_version = "1.4.0",
//         .strategy = "OldestEmulationVersion",
//     };
//     struct kedge_lease_candidate *candidate = kedge_lease_candidate_new(client, &me);
//     kedge_lease_candidate_start(candidate);
//
// Beside it runs an elector (kedge/leader_election.h) that is `coordinated`. The LeaseCandidate
// (coordination.k8s.io/v1beta1) is made where there is none, and else renewed: when it is started,
// every 5 minutes, and when the server asks for it (pingTime), which it does before it chooses, and
// waits for 5 s. As client-go's, it is watched for that; where the server refuses a watch, it is
// looked at every `period`. What it needs: get, create, update and watch of leasecandidates.
//
// All is driven by the loop, and goes on while the program waits in a request call. It calls
// nothing of the program's.
#ifndef KEDGE_LEASE_CANDIDATE_H
#define KEDGE_LEASE_CANDIDATE_H

#include <kedge/client.h>
#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_lease_candidate;

// Zero means the default where there is one. Texts are borrowed, and outlive the candidate.
struct kedge_lease_candidate_options {
    const char *namespace_;
    const char *name;
    const char *lease_name;        // of the Lease that it stands for
    const char *binary_version;    // "1.4.0": semantic, without "v"
    const char *emulation_version; // the same; NULL: none
    const char *strategy;          // how the server chooses
    kedge_time period;             // ms between requests, but one that is asked for; 2 s
    kedge_time request_timeout;    // of each request, opening the connection too, ms; 5 s
    size_t candidate_max; // bytes of it as JSON, without managedFields: 512 at least; 1,024
    size_t buffer;        // of the connection: a request's head must fit, with the token; 4,096
};

// Makes one in the arena of the client's kedge: some 17 KiB. `options` are copied. It asks nothing
// yet. NULL on failure: KEDGE_ERR_MEMORY, KEDGE_ERR_ARGUMENT (kedge_error_text names the member).
struct kedge_lease_candidate *
kedge_lease_candidate_new(struct kedge_client *client,
                          const struct kedge_lease_candidate_options *options);

// Stands from now on.
//
// KEDGE_ERR_STATE     it does already
// KEDGE_ERR_STOPPED   kedge_stop was called
// KEDGE_ERR_ARGUMENT  candidate is NULL
kedge_err kedge_lease_candidate_start(struct kedge_lease_candidate *candidate);

// Ends what is under way. The LeaseCandidate stays; the server takes it away in time. Safe in any
// call-back, and where it does not run. NULL does nothing.
void kedge_lease_candidate_stop(struct kedge_lease_candidate *candidate);

// The same, and closes the connection: before kedge_client_free.
void kedge_lease_candidate_close(struct kedge_lease_candidate *candidate);

// Why the last request did not succeed, in words; "" if it did. Never NULL; good until the next
// poll or request that waits. Of a NULL candidate: that.
const char *kedge_lease_candidate_error_text(const struct kedge_lease_candidate *candidate);

#ifdef __cplusplus
}
#endif
#endif

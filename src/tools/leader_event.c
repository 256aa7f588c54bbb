// SPDX-License-Identifier: Apache-2.0
// leader_event.c - what an elector tells of becomes an Event about its Lease.
#include "kedge/event_recorder.h"
#include "kedge/leader_election.h"

void kedge_leader_event_record(void *recorder, const struct kedge_leader_event *event)
{
    struct kedge_object_reference lease = {
        .group = "coordination.k8s.io",
        .version = "v1",
        .kind = "Lease",
        .namespace_ = event->namespace_,
        .name = event->name,
        .uid = event->uid,
        .resource_version = event->resource_version,
    };
    // The recorder counts and logs what it cannot take.
    (void)kedge_event_record_for(recorder, &lease, KEDGE_EVENT_NORMAL, "LeaderElection",
                                 event->message);
}

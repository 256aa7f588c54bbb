// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/coordination.h - the kinds of coordination.k8s.io/v1.
#ifndef KEDGE_KINDS_COORDINATION_H
#define KEDGE_KINDS_COORDINATION_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// coordination.k8s.io/v1 Lease -------------------------------------------------------------------

#define KEDGE_ROWS_lease(FIELD, LIST, ENUM, K)                                   \
    FIELD(K, TEXT, spec_holder_identity, "spec", "holderIdentity")               \
    FIELD(K, INT32, spec_lease_duration_seconds, "spec", "leaseDurationSeconds") \
    FIELD(K, MICRO_TIME, spec_acquire_time, "spec", "acquireTime")               \
    FIELD(K, MICRO_TIME, spec_renew_time, "spec", "renewTime")                   \
    FIELD(K, INT32, spec_lease_transitions, "spec", "leaseTransitions")          \
    FIELD(K, TEXT, spec_strategy, "spec", "strategy")                            \
    FIELD(K, TEXT, spec_preferred_holder, "spec", "preferredHolder")
KEDGE_DECLARE_KIND(lease)

#ifdef __cplusplus
}
#endif
#endif

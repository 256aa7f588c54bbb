// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(admission_mutation)
KEDGE_DEFINE_KIND(mutatingadmissionpolicy, "admissionregistration.k8s.io", "v1",
                  "mutatingadmissionpolicies", "MutatingAdmissionPolicy", KEDGE_CLUSTER_SCOPED)

// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(mutatingadmissionpolicybinding, "admissionregistration.k8s.io", "v1",
                  "mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding",
                  KEDGE_CLUSTER_SCOPED)

// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(validatingadmissionpolicybinding, "admissionregistration.k8s.io", "v1",
                  "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding",
                  KEDGE_CLUSTER_SCOPED)

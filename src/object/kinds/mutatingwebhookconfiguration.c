// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(mutatingwebhookconfiguration, "admissionregistration.k8s.io", "v1",
                  "mutatingwebhookconfigurations", "MutatingWebhookConfiguration",
                  KEDGE_CLUSTER_SCOPED)

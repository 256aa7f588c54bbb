// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(validatingwebhookconfiguration, "admissionregistration.k8s.io", "v1",
                  "validatingwebhookconfigurations", "ValidatingWebhookConfiguration",
                  KEDGE_CLUSTER_SCOPED)

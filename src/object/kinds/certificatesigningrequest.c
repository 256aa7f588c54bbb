// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_KIND(certificatesigningrequest, "certificates.k8s.io", "v1",
                  "certificatesigningrequests", "CertificateSigningRequest", KEDGE_CLUSTER_SCOPED)

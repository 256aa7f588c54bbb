// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(admission_validation)
KEDGE_DEFINE_ITEM(admission_audit_annotation)
KEDGE_DEFINE_ITEM(admission_expression_warning)
KEDGE_DEFINE_KIND(validatingadmissionpolicy, "admissionregistration.k8s.io", "v1",
                  "validatingadmissionpolicies", "ValidatingAdmissionPolicy", KEDGE_CLUSTER_SCOPED)

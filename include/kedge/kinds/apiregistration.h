// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/apiregistration.h - the kinds of apiregistration.k8s.io/v1.
#ifndef KEDGE_KINDS_APIREGISTRATION_H
#define KEDGE_KINDS_APIREGISTRATION_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// apiregistration.k8s.io/v1 APIService ------------------------------------------------------------

// No service: kube-apiserver serves it itself.
#define KEDGE_ROWS_apiservice(FIELD, LIST, ENUM, K)                                \
    FIELD(K, TEXT, spec_group, "spec", "group")                                    \
    FIELD(K, TEXT, spec_version, "spec", "version")                                \
    FIELD(K, TEXT, spec_service_namespace, "spec", "service", "namespace")         \
    FIELD(K, TEXT, spec_service_name, "spec", "service", "name")                   \
    FIELD(K, INT32, spec_service_port, "spec", "service", "port")                  \
    FIELD(K, BOOL, spec_insecure_skip_tls_verify, "spec", "insecureSkipTLSVerify") \
    FIELD(K, BASE64, spec_ca_bundle, "spec", "caBundle")                           \
    FIELD(K, INT32, spec_group_priority_minimum, "spec", "groupPriorityMinimum")   \
    FIELD(K, INT32, spec_version_priority, "spec", "versionPriority")              \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(apiservice)

#ifdef __cplusplus
}
#endif
#endif

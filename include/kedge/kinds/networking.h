// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/networking.h - the kinds of networking.k8s.io/v1.
#ifndef KEDGE_KINDS_NETWORKING_H
#define KEDGE_KINDS_NETWORKING_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// networking.k8s.io/v1 Ingress --------------------------------------------------------------------

#define KEDGE_VALUES_ingress_path_type(VALUE) \
    VALUE(KEDGE_PATH_EXACT, "Exact")          \
    VALUE(KEDGE_PATH_PREFIX, "Prefix")        \
    VALUE(KEDGE_PATH_IMPLEMENTATION_SPECIFIC, "ImplementationSpecific")
KEDGE_DECLARE_ENUM(ingress_path_type)

// The backend is a service, its port named or numbered, or else a resource.
#define KEDGE_ROWS_ingress_path(FIELD, LIST, ENUM, K)                                    \
    FIELD(K, TEXT, path, "path")                                                         \
    ENUM(K, ingress_path_type, path_type, "pathType")                                    \
    FIELD(K, TEXT, backend_service_name, "backend", "service", "name")                   \
    FIELD(K, TEXT, backend_service_port_name, "backend", "service", "port", "name")      \
    FIELD(K, INT32, backend_service_port_number, "backend", "service", "port", "number") \
    FIELD(K, TEXT, backend_resource_api_group, "backend", "resource", "apiGroup")        \
    FIELD(K, TEXT, backend_resource_kind, "backend", "resource", "kind")                 \
    FIELD(K, TEXT, backend_resource_name, "backend", "resource", "name")
KEDGE_DECLARE_ITEM(ingress_path)

// An empty host: every host.
#define KEDGE_ROWS_ingress_rule(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, host, "host")                      \
    LIST(K, ingress_path, http_paths, "http", "paths")
KEDGE_DECLARE_ITEM(ingress_rule)

#define KEDGE_ROWS_ingress_tls(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT_LIST, hosts, "hosts")              \
    FIELD(K, TEXT, secret_name, "secretName")
KEDGE_DECLARE_ITEM(ingress_tls)

#define KEDGE_ROWS_ingress_port_status(FIELD, LIST, ENUM, K) \
    FIELD(K, INT32, port, "port")                            \
    ENUM(K, protocol, protocol, "protocol")                  \
    FIELD(K, TEXT, error, "error")
KEDGE_DECLARE_ITEM(ingress_port_status)

#define KEDGE_ROWS_ingress_load_balancer(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, ip, "ip")                                   \
    FIELD(K, TEXT, hostname, "hostname")                       \
    LIST(K, ingress_port_status, ports, "ports")
KEDGE_DECLARE_ITEM(ingress_load_balancer)

#define KEDGE_ROWS_ingress(FIELD, LIST, ENUM, K)                                                   \
    FIELD(K, TEXT, annotation_class, "metadata", "annotations", "kubernetes.io/ingress.class")     \
    FIELD(K, TEXT, spec_ingress_class_name, "spec", "ingressClassName")                            \
    FIELD(K, TEXT, spec_default_backend_service_name, "spec", "defaultBackend", "service", "name") \
    FIELD(K, TEXT, spec_default_backend_service_port_name, "spec", "defaultBackend", "service",    \
          "port", "name")                                                                          \
    FIELD(K, INT32, spec_default_backend_service_port_number, "spec", "defaultBackend", "service", \
          "port", "number")                                                                        \
    FIELD(K, TEXT, spec_default_backend_resource_api_group, "spec", "defaultBackend", "resource",  \
          "apiGroup")                                                                              \
    FIELD(K, TEXT, spec_default_backend_resource_kind, "spec", "defaultBackend", "resource",       \
          "kind")                                                                                  \
    FIELD(K, TEXT, spec_default_backend_resource_name, "spec", "defaultBackend", "resource",       \
          "name")                                                                                  \
    LIST(K, ingress_tls, spec_tls, "spec", "tls")                                                  \
    LIST(K, ingress_rule, spec_rules, "spec", "rules")                                             \
    LIST(K, ingress_load_balancer, status_load_balancer_ingress, "status", "loadBalancer",         \
         "ingress")
KEDGE_DECLARE_KIND(ingress)

// networking.k8s.io/v1 IngressClass ---------------------------------------------------------------

#define KEDGE_VALUES_ingressclass_scope(VALUE)   \
    VALUE(KEDGE_INGRESSCLASS_CLUSTER, "Cluster") \
    VALUE(KEDGE_INGRESSCLASS_NAMESPACE, "Namespace")
KEDGE_DECLARE_ENUM(ingressclass_scope)

#define KEDGE_ROWS_ingressclass(FIELD, LIST, ENUM, K)                            \
    FIELD(K, TEXT, annotation_is_default_class, "metadata", "annotations",       \
          "ingressclass.kubernetes.io/is-default-class")                         \
    FIELD(K, TEXT, spec_controller, "spec", "controller")                        \
    FIELD(K, TEXT, spec_parameters_api_group, "spec", "parameters", "apiGroup")  \
    FIELD(K, TEXT, spec_parameters_kind, "spec", "parameters", "kind")           \
    FIELD(K, TEXT, spec_parameters_name, "spec", "parameters", "name")           \
    FIELD(K, TEXT, spec_parameters_namespace, "spec", "parameters", "namespace") \
    ENUM(K, ingressclass_scope, spec_parameters_scope, "spec", "parameters", "scope")
KEDGE_DECLARE_KIND(ingressclass)

// networking.k8s.io/v1 NetworkPolicy --------------------------------------------------------------

// A port is a number or a container port's name; absent: every port. With end_port, a range.
#define KEDGE_ROWS_networkpolicy_port(FIELD, LIST, ENUM, K) \
    ENUM(K, protocol, protocol, "protocol")                 \
    FIELD(K, SCALAR, port, "port")                          \
    FIELD(K, INT32, end_port, "endPort")
KEDGE_DECLARE_ITEM(networkpolicy_port)

// Pods (a selector without labels and expressions: all) or addresses. Pods of the namespaces
// selected; but where namespace_selector is "" (absent, and not "{}"), of the policy's own.
#define KEDGE_ROWS_networkpolicy_peer(FIELD, LIST, ENUM, K)                                      \
    FIELD(K, TEXT_MAP, pod_selector_match_labels, "podSelector", "matchLabels")                  \
    LIST(K, label_expression, pod_selector_match_expressions, "podSelector", "matchExpressions") \
    FIELD(K, RAW, namespace_selector, "namespaceSelector")                                       \
    FIELD(K, TEXT_MAP, namespace_selector_match_labels, "namespaceSelector", "matchLabels")      \
    LIST(K, label_expression, namespace_selector_match_expressions, "namespaceSelector",         \
         "matchExpressions")                                                                     \
    FIELD(K, TEXT, ip_block_cidr, "ipBlock", "cidr")                                             \
    FIELD(K, TEXT_LIST, ip_block_except, "ipBlock", "except")
KEDGE_DECLARE_ITEM(networkpolicy_peer)

// No ports: every port; no peers: every peer.
#define KEDGE_ROWS_networkpolicy_ingress(FIELD, LIST, ENUM, K) \
    LIST(K, networkpolicy_port, ports, "ports")                \
    LIST(K, networkpolicy_peer, from, "from")
KEDGE_DECLARE_ITEM(networkpolicy_ingress)

#define KEDGE_ROWS_networkpolicy_egress(FIELD, LIST, ENUM, K) \
    LIST(K, networkpolicy_port, ports, "ports")               \
    LIST(K, networkpolicy_peer, to, "to")
KEDGE_DECLARE_ITEM(networkpolicy_egress)

#define KEDGE_ROWS_networkpolicy(FIELD, LIST, ENUM, K)                                       \
    FIELD(K, TEXT_MAP, spec_pod_selector_match_labels, "spec", "podSelector", "matchLabels") \
    LIST(K, label_expression, spec_pod_selector_match_expressions, "spec", "podSelector",    \
         "matchExpressions")                                                                 \
    FIELD(K, TEXT_LIST, spec_policy_types, "spec", "policyTypes")                            \
    LIST(K, networkpolicy_ingress, spec_ingress, "spec", "ingress")                          \
    LIST(K, networkpolicy_egress, spec_egress, "spec", "egress")
KEDGE_DECLARE_KIND(networkpolicy)

// networking.k8s.io/v1 IPAddress ------------------------------------------------------------------

// The name is the address.
#define KEDGE_ROWS_ipaddress(FIELD, LIST, ENUM, K)                              \
    FIELD(K, TEXT, spec_parent_ref_group, "spec", "parentRef", "group")         \
    FIELD(K, TEXT, spec_parent_ref_resource, "spec", "parentRef", "resource")   \
    FIELD(K, TEXT, spec_parent_ref_namespace, "spec", "parentRef", "namespace") \
    FIELD(K, TEXT, spec_parent_ref_name, "spec", "parentRef", "name")
KEDGE_DECLARE_KIND(ipaddress)

// networking.k8s.io/v1 ServiceCIDR ----------------------------------------------------------------

#define KEDGE_ROWS_servicecidr(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT_LIST, spec_cidrs, "spec", "cidrs") \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(servicecidr)

#ifdef __cplusplus
}
#endif
#endif

// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/discovery.h - the kinds of discovery.k8s.io/v1.
#ifndef KEDGE_KINDS_DISCOVERY_H
#define KEDGE_KINDS_DISCOVERY_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// discovery.k8s.io/v1 EndpointSlice ---------------------------------------------------------------

#define KEDGE_VALUES_endpointslice_address_type(VALUE) \
    VALUE(KEDGE_ADDRESS_IPV4, "IPv4")                  \
    VALUE(KEDGE_ADDRESS_IPV6, "IPv6")                  \
    VALUE(KEDGE_ADDRESS_FQDN, "FQDN")
KEDGE_DECLARE_ENUM(endpointslice_address_type)

#define KEDGE_ROWS_endpointslice_hint(FIELD, LIST, ENUM, K) FIELD(K, TEXT, name, "name")
KEDGE_DECLARE_ITEM(endpointslice_hint)

// ready and serving are "true", "false" or "" (absent: not known, to be taken for true).
#define KEDGE_ROWS_endpointslice_endpoint(FIELD, LIST, ENUM, K)         \
    FIELD(K, TEXT_LIST, addresses, "addresses")                         \
    FIELD(K, SCALAR, conditions_ready, "conditions", "ready")           \
    FIELD(K, SCALAR, conditions_serving, "conditions", "serving")       \
    FIELD(K, BOOL, conditions_terminating, "conditions", "terminating") \
    FIELD(K, TEXT, hostname, "hostname")                                \
    FIELD(K, TEXT, node_name, "nodeName")                               \
    FIELD(K, TEXT, zone, "zone")                                        \
    FIELD(K, TEXT, target_ref_kind, "targetRef", "kind")                \
    FIELD(K, TEXT, target_ref_namespace, "targetRef", "namespace")      \
    FIELD(K, TEXT, target_ref_name, "targetRef", "name")                \
    FIELD(K, UID, target_ref_uid, "targetRef", "uid")                   \
    LIST(K, endpointslice_hint, hints_for_zones, "hints", "forZones")   \
    LIST(K, endpointslice_hint, hints_for_nodes, "hints", "forNodes")
KEDGE_DECLARE_ITEM(endpointslice_endpoint)

#define KEDGE_ROWS_endpointslice_port(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                            \
    ENUM(K, protocol, protocol, "protocol")                 \
    FIELD(K, INT32, port, "port")                           \
    FIELD(K, TEXT, app_protocol, "appProtocol")
KEDGE_DECLARE_ITEM(endpointslice_port)

// The service is the label kubernetes.io/service-name.
#define KEDGE_ROWS_endpointslice(FIELD, LIST, ENUM, K)               \
    ENUM(K, endpointslice_address_type, address_type, "addressType") \
    LIST(K, endpointslice_endpoint, endpoints, "endpoints")          \
    LIST(K, endpointslice_port, ports, "ports")
KEDGE_DECLARE_KIND(endpointslice)

#ifdef __cplusplus
}
#endif
#endif

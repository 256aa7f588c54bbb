// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/resource.h - the kinds of resource.k8s.io/v1: dynamic resource allocation.
#ifndef KEDGE_KINDS_RESOURCE_H
#define KEDGE_KINDS_RESOURCE_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// Its expression is in CEL.
#define KEDGE_ROWS_dra_selector(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, cel_expression, "cel", "expression")
KEDGE_DECLARE_ITEM(dra_selector)

#define KEDGE_VALUES_dra_taint_effect(VALUE)         \
    VALUE(KEDGE_DRA_TAINT_NONE, "None")              \
    VALUE(KEDGE_DRA_TAINT_NO_SCHEDULE, "NoSchedule") \
    VALUE(KEDGE_DRA_TAINT_NO_EXECUTE, "NoExecute")
KEDGE_DECLARE_ENUM(dra_taint_effect)

#define KEDGE_VALUES_dra_toleration_operator(VALUE) \
    VALUE(KEDGE_DRA_TOLERATION_EQUAL, "Equal")      \
    VALUE(KEDGE_DRA_TOLERATION_EXISTS, "Exists")
KEDGE_DECLARE_ENUM(dra_toleration_operator)

// toleration_seconds: "" where it is absent, which means for ever.
#define KEDGE_ROWS_dra_toleration(FIELD, LIST, ENUM, K)     \
    FIELD(K, TEXT, key, "key")                              \
    ENUM(K, dra_toleration_operator, operator_, "operator") \
    FIELD(K, TEXT, value, "value")                          \
    ENUM(K, dra_taint_effect, effect, "effect")             \
    FIELD(K, SCALAR, toleration_seconds, "tolerationSeconds")
KEDGE_DECLARE_ITEM(dra_toleration)

#define KEDGE_VALUES_dra_allocation_mode(VALUE) \
    VALUE(KEDGE_DRA_EXACT_COUNT, "ExactCount")  \
    VALUE(KEDGE_DRA_ALL, "All")
KEDGE_DECLARE_ENUM(dra_allocation_mode)

// capacity_requests: quantities as the server writes them; kedge_quantity_parse reads one.
#define KEDGE_ROWS_dra_sub_request(FIELD, LIST, ENUM, K)            \
    FIELD(K, TEXT, name, "name")                                    \
    FIELD(K, TEXT, device_class_name, "deviceClassName")            \
    LIST(K, dra_selector, selectors, "selectors")                   \
    ENUM(K, dra_allocation_mode, allocation_mode, "allocationMode") \
    FIELD(K, INT64, count, "count")                                 \
    LIST(K, dra_toleration, tolerations, "tolerations")             \
    FIELD(K, TEXT_MAP, capacity_requests, "capacity", "requests")
KEDGE_DECLARE_ITEM(dra_sub_request)

// Either one request, or the first of several that can be met.
#define KEDGE_ROWS_dra_request(FIELD, LIST, ENUM, K)                                   \
    FIELD(K, TEXT, name, "name")                                                       \
    FIELD(K, TEXT, exactly_device_class_name, "exactly", "deviceClassName")            \
    LIST(K, dra_selector, exactly_selectors, "exactly", "selectors")                   \
    ENUM(K, dra_allocation_mode, exactly_allocation_mode, "exactly", "allocationMode") \
    FIELD(K, INT64, exactly_count, "exactly", "count")                                 \
    FIELD(K, BOOL, exactly_admin_access, "exactly", "adminAccess")                     \
    LIST(K, dra_toleration, exactly_tolerations, "exactly", "tolerations")             \
    FIELD(K, TEXT_MAP, exactly_capacity_requests, "exactly", "capacity", "requests")   \
    LIST(K, dra_sub_request, first_available, "firstAvailable")
KEDGE_DECLARE_ITEM(dra_request)

#define KEDGE_ROWS_dra_constraint(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT_LIST, requests, "requests")           \
    FIELD(K, TEXT, match_attribute, "matchAttribute")
KEDGE_DECLARE_ITEM(dra_constraint)

// opaque_parameters: what the driver makes of it, as JSON.
#define KEDGE_ROWS_dra_claim_config(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT_LIST, requests, "requests")             \
    FIELD(K, TEXT, opaque_driver, "opaque", "driver")     \
    FIELD(K, RAW, opaque_parameters, "opaque", "parameters")
KEDGE_DECLARE_ITEM(dra_claim_config)

// resource.k8s.io/v1 DeviceClass ------------------------------------------------------------------

#define KEDGE_ROWS_dra_class_config(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, opaque_driver, "opaque", "driver")     \
    FIELD(K, RAW, opaque_parameters, "opaque", "parameters")
KEDGE_DECLARE_ITEM(dra_class_config)

#define KEDGE_ROWS_deviceclass(FIELD, LIST, ENUM, K)           \
    LIST(K, dra_selector, spec_selectors, "spec", "selectors") \
    LIST(K, dra_class_config, spec_config, "spec", "config")   \
    FIELD(K, TEXT, spec_extended_resource_name, "spec", "extendedResourceName")
KEDGE_DECLARE_KIND(deviceclass)

// resource.k8s.io/v1 ResourceClaim ----------------------------------------------------------------

#define KEDGE_ROWS_dra_result(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, request, "request")              \
    FIELD(K, TEXT, driver, "driver")                \
    FIELD(K, TEXT, pool, "pool")                    \
    FIELD(K, TEXT, device, "device")                \
    FIELD(K, BOOL, admin_access, "adminAccess")     \
    LIST(K, dra_toleration, tolerations, "tolerations")
KEDGE_DECLARE_ITEM(dra_result)

#define KEDGE_VALUES_dra_config_source(VALUE)       \
    VALUE(KEDGE_DRA_CONFIG_FROM_CLASS, "FromClass") \
    VALUE(KEDGE_DRA_CONFIG_FROM_CLAIM, "FromClaim")
KEDGE_DECLARE_ENUM(dra_config_source)

#define KEDGE_ROWS_dra_allocation_config(FIELD, LIST, ENUM, K) \
    ENUM(K, dra_config_source, source, "source")               \
    FIELD(K, TEXT_LIST, requests, "requests")                  \
    FIELD(K, TEXT, opaque_driver, "opaque", "driver")          \
    FIELD(K, RAW, opaque_parameters, "opaque", "parameters")
KEDGE_DECLARE_ITEM(dra_allocation_config)

#define KEDGE_ROWS_dra_consumer(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, api_group, "apiGroup")             \
    FIELD(K, TEXT, resource, "resource")              \
    FIELD(K, TEXT, name, "name")                      \
    FIELD(K, UID, uid, "uid")
KEDGE_DECLARE_ITEM(dra_consumer)

#define KEDGE_ROWS_dra_device_status(FIELD, LIST, ENUM, K)                      \
    FIELD(K, TEXT, driver, "driver")                                            \
    FIELD(K, TEXT, pool, "pool")                                                \
    FIELD(K, TEXT, device, "device")                                            \
    LIST(K, condition, conditions, "conditions")                                \
    FIELD(K, RAW, data, "data")                                                 \
    FIELD(K, TEXT, network_data_interface_name, "networkData", "interfaceName") \
    FIELD(K, TEXT_LIST, network_data_ips, "networkData", "ips")                 \
    FIELD(K, TEXT, network_data_hardware_address, "networkData", "hardwareAddress")
KEDGE_DECLARE_ITEM(dra_device_status)

#define KEDGE_ROWS_resourceclaim(FIELD, LIST, ENUM, K)                                         \
    LIST(K, dra_request, spec_devices_requests, "spec", "devices", "requests")                 \
    LIST(K, dra_constraint, spec_devices_constraints, "spec", "devices", "constraints")        \
    LIST(K, dra_claim_config, spec_devices_config, "spec", "devices", "config")                \
    LIST(K, dra_result, status_allocation_devices_results, "status", "allocation", "devices",  \
         "results")                                                                            \
    LIST(K, dra_allocation_config, status_allocation_devices_config, "status", "allocation",   \
         "devices", "config")                                                                  \
    LIST(K, node_selector_term, status_allocation_node_selector_terms, "status", "allocation", \
         "nodeSelector", "nodeSelectorTerms")                                                  \
    FIELD(K, TIME, status_allocation_allocation_timestamp, "status", "allocation",             \
          "allocationTimestamp")                                                               \
    LIST(K, dra_consumer, status_reserved_for, "status", "reservedFor")                        \
    LIST(K, dra_device_status, status_devices, "status", "devices")
KEDGE_DECLARE_KIND(resourceclaim)

// resource.k8s.io/v1 ResourceClaimTemplate --------------------------------------------------------

#define KEDGE_ROWS_resourceclaimtemplate(FIELD, LIST, ENUM, K)                              \
    FIELD(K, TEXT_MAP, spec_metadata_labels, "spec", "metadata", "labels")                  \
    LIST(K, dra_request, spec_spec_devices_requests, "spec", "spec", "devices", "requests") \
    LIST(K, dra_constraint, spec_spec_devices_constraints, "spec", "spec", "devices",       \
         "constraints")                                                                     \
    LIST(K, dra_claim_config, spec_spec_devices_config, "spec", "spec", "devices", "config")
KEDGE_DECLARE_KIND(resourceclaimtemplate)

// resource.k8s.io/v1 ResourceSlice ----------------------------------------------------------------

#define KEDGE_ROWS_dra_taint(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, key, "key")                     \
    FIELD(K, TEXT, value, "value")                 \
    ENUM(K, dra_taint_effect, effect, "effect")    \
    FIELD(K, TIME, time_added, "timeAdded")
KEDGE_DECLARE_ITEM(dra_taint)

// counters: a JSON object, by name {"value": a quantity}.
#define KEDGE_ROWS_dra_counter_set(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                         \
    FIELD(K, RAW, counters, "counters")
KEDGE_DECLARE_ITEM(dra_counter_set)

#define KEDGE_ROWS_dra_counter_consumption(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, counter_set, "counterSet")                    \
    FIELD(K, RAW, counters, "counters")
KEDGE_DECLARE_ITEM(dra_counter_consumption)

// attributes and capacity are JSON objects: by name {"string": ...}, {"int": ...}, {"bool": ...},
// {"version": ...}; and {"value": a quantity}.
#define KEDGE_ROWS_dra_device(FIELD, LIST, ENUM, K)                                       \
    FIELD(K, TEXT, name, "name")                                                          \
    FIELD(K, RAW, attributes, "attributes")                                               \
    FIELD(K, RAW, capacity, "capacity")                                                   \
    LIST(K, dra_counter_consumption, consumes_counters, "consumesCounters")               \
    FIELD(K, TEXT, node_name, "nodeName")                                                 \
    FIELD(K, BOOL, all_nodes, "allNodes")                                                 \
    LIST(K, node_selector_term, node_selector_terms, "nodeSelector", "nodeSelectorTerms") \
    LIST(K, dra_taint, taints, "taints")                                                  \
    FIELD(K, BOOL, allow_multiple_allocations, "allowMultipleAllocations")
KEDGE_DECLARE_ITEM(dra_device)

#define KEDGE_ROWS_resourceslice(FIELD, LIST, ENUM, K)                                    \
    FIELD(K, TEXT, spec_driver, "spec", "driver")                                         \
    FIELD(K, TEXT, spec_pool_name, "spec", "pool", "name")                                \
    FIELD(K, INT64, spec_pool_generation, "spec", "pool", "generation")                   \
    FIELD(K, INT64, spec_pool_resource_slice_count, "spec", "pool", "resourceSliceCount") \
    FIELD(K, TEXT, spec_node_name, "spec", "nodeName")                                    \
    FIELD(K, BOOL, spec_all_nodes, "spec", "allNodes")                                    \
    FIELD(K, BOOL, spec_per_device_node_selection, "spec", "perDeviceNodeSelection")      \
    LIST(K, node_selector_term, spec_node_selector_terms, "spec", "nodeSelector",         \
         "nodeSelectorTerms")                                                             \
    LIST(K, dra_device, spec_devices, "spec", "devices")                                  \
    LIST(K, dra_counter_set, spec_shared_counters, "spec", "sharedCounters")
KEDGE_DECLARE_KIND(resourceslice)

#ifdef __cplusplus
}
#endif
#endif

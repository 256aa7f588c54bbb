// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/core.h - the kinds of the core group, v1.
#ifndef KEDGE_KINDS_CORE_H
#define KEDGE_KINDS_CORE_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// v1 Pod -----------------------------------------------------------------------------------------

#define KEDGE_VALUES_pod_phase(VALUE)       \
    VALUE(KEDGE_POD_PENDING, "Pending")     \
    VALUE(KEDGE_POD_RUNNING, "Running")     \
    VALUE(KEDGE_POD_SUCCEEDED, "Succeeded") \
    VALUE(KEDGE_POD_FAILED, "Failed")       \
    VALUE(KEDGE_POD_UNKNOWN, "Unknown")
KEDGE_DECLARE_ENUM(pod_phase)

#define KEDGE_VALUES_restart_policy(VALUE)       \
    VALUE(KEDGE_RESTART_ALWAYS, "Always")        \
    VALUE(KEDGE_RESTART_ON_FAILURE, "OnFailure") \
    VALUE(KEDGE_RESTART_NEVER, "Never")
KEDGE_DECLARE_ENUM(restart_policy)

#define KEDGE_VALUES_pod_qos_class(VALUE)     \
    VALUE(KEDGE_QOS_GUARANTEED, "Guaranteed") \
    VALUE(KEDGE_QOS_BURSTABLE, "Burstable")   \
    VALUE(KEDGE_QOS_BEST_EFFORT, "BestEffort")
KEDGE_DECLARE_ENUM(pod_qos_class)

#define KEDGE_ROWS_container_port(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                        \
    FIELD(K, INT32, container_port, "containerPort")    \
    FIELD(K, INT32, host_port, "hostPort")              \
    ENUM(K, protocol, protocol, "protocol")
KEDGE_DECLARE_ITEM(container_port)

// CPU in thousandths is CPU in millicores; memory in thousandths of a byte: kedge/quantity.h.
#define KEDGE_ROWS_container(FIELD, LIST, ENUM, K)                                   \
    FIELD(K, TEXT, name, "name")                                                     \
    FIELD(K, TEXT, image, "image")                                                   \
    ENUM(K, restart_policy, restart_policy, "restartPolicy")                         \
    LIST(K, container_port, ports, "ports")                                          \
    FIELD(K, QUANTITY, resources_requests_cpu, "resources", "requests", "cpu")       \
    FIELD(K, QUANTITY, resources_requests_memory, "resources", "requests", "memory") \
    FIELD(K, QUANTITY, resources_limits_cpu, "resources", "limits", "cpu")           \
    FIELD(K, QUANTITY, resources_limits_memory, "resources", "limits", "memory")
KEDGE_DECLARE_ITEM(container)

// Which of waiting, running and terminated it is: its reason or time is there.
#define KEDGE_ROWS_container_status(FIELD, LIST, ENUM, K)                             \
    FIELD(K, TEXT, name, "name")                                                      \
    FIELD(K, TEXT, image, "image")                                                    \
    FIELD(K, BOOL, ready, "ready")                                                    \
    FIELD(K, BOOL, started, "started")                                                \
    FIELD(K, INT32, restart_count, "restartCount")                                    \
    FIELD(K, TEXT, state_waiting_reason, "state", "waiting", "reason")                \
    FIELD(K, TIME, state_running_started_at, "state", "running", "startedAt")         \
    FIELD(K, TEXT, state_terminated_reason, "state", "terminated", "reason")          \
    FIELD(K, INT32, state_terminated_exit_code, "state", "terminated", "exitCode")    \
    FIELD(K, INT32, state_terminated_signal, "state", "terminated", "signal")         \
    FIELD(K, TIME, state_terminated_finished_at, "state", "terminated", "finishedAt") \
    FIELD(K, TEXT, last_state_terminated_reason, "lastState", "terminated", "reason") \
    FIELD(K, TIME, last_state_terminated_finished_at, "lastState", "terminated", "finishedAt")
KEDGE_DECLARE_ITEM(container_status)

#define KEDGE_ROWS_readiness_gate(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, condition_type, "conditionType")
KEDGE_DECLARE_ITEM(readiness_gate)

#define KEDGE_ROWS_pod(FIELD, LIST, ENUM, K)                                                     \
    FIELD(K, TEXT, spec_node_name, "spec", "nodeName")                                           \
    ENUM(K, restart_policy, spec_restart_policy, "spec", "restartPolicy")                        \
    FIELD(K, TEXT, spec_service_account_name, "spec", "serviceAccountName")                      \
    FIELD(K, BOOL, spec_host_network, "spec", "hostNetwork")                                     \
    FIELD(K, INT32, spec_priority, "spec", "priority")                                           \
    LIST(K, container, spec_init_containers, "spec", "initContainers")                           \
    LIST(K, container, spec_containers, "spec", "containers")                                    \
    LIST(K, readiness_gate, spec_readiness_gates, "spec", "readinessGates")                      \
    ENUM(K, pod_phase, status_phase, "status", "phase")                                          \
    FIELD(K, TEXT, status_reason, "status", "reason")                                            \
    FIELD(K, TEXT, status_pod_ip, "status", "podIP")                                             \
    FIELD(K, TEXT, status_host_ip, "status", "hostIP")                                           \
    FIELD(K, TEXT, status_nominated_node_name, "status", "nominatedNodeName")                    \
    FIELD(K, TIME, status_start_time, "status", "startTime")                                     \
    ENUM(K, pod_qos_class, status_qos_class, "status", "qosClass")                               \
    LIST(K, condition, status_conditions, "status", "conditions")                                \
    LIST(K, container_status, status_init_container_statuses, "status", "initContainerStatuses") \
    LIST(K, container_status, status_container_statuses, "status", "containerStatuses")
KEDGE_DECLARE_KIND(pod)

// v1 Node ----------------------------------------------------------------------------------------

#define KEDGE_VALUES_taint_effect(VALUE)                      \
    VALUE(KEDGE_TAINT_NO_SCHEDULE, "NoSchedule")              \
    VALUE(KEDGE_TAINT_PREFER_NO_SCHEDULE, "PreferNoSchedule") \
    VALUE(KEDGE_TAINT_NO_EXECUTE, "NoExecute")
KEDGE_DECLARE_ENUM(taint_effect)

#define KEDGE_ROWS_taint(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, key, "key")                 \
    FIELD(K, TEXT, value, "value")             \
    ENUM(K, taint_effect, effect, "effect")
KEDGE_DECLARE_ITEM(taint)

#define KEDGE_VALUES_node_address_type(VALUE)     \
    VALUE(KEDGE_NODE_HOSTNAME, "Hostname")        \
    VALUE(KEDGE_NODE_INTERNAL_IP, "InternalIP")   \
    VALUE(KEDGE_NODE_EXTERNAL_IP, "ExternalIP")   \
    VALUE(KEDGE_NODE_INTERNAL_DNS, "InternalDNS") \
    VALUE(KEDGE_NODE_EXTERNAL_DNS, "ExternalDNS")
KEDGE_DECLARE_ENUM(node_address_type)

#define KEDGE_ROWS_node_address(FIELD, LIST, ENUM, K) \
    ENUM(K, node_address_type, type, "type")          \
    FIELD(K, TEXT, address, "address")
KEDGE_DECLARE_ITEM(node_address)

#define KEDGE_ROWS_node(FIELD, LIST, ENUM, K)                                                  \
    FIELD(K, TEXT, spec_pod_cidr, "spec", "podCIDR")                                           \
    FIELD(K, TEXT_LIST, spec_pod_cidrs, "spec", "podCIDRs")                                    \
    FIELD(K, TEXT, spec_provider_id, "spec", "providerID")                                     \
    FIELD(K, BOOL, spec_unschedulable, "spec", "unschedulable")                                \
    LIST(K, taint, spec_taints, "spec", "taints")                                              \
    FIELD(K, QUANTITY, status_capacity_cpu, "status", "capacity", "cpu")                       \
    FIELD(K, QUANTITY, status_capacity_memory, "status", "capacity", "memory")                 \
    FIELD(K, QUANTITY, status_capacity_pods, "status", "capacity", "pods")                     \
    FIELD(K, QUANTITY, status_allocatable_cpu, "status", "allocatable", "cpu")                 \
    FIELD(K, QUANTITY, status_allocatable_memory, "status", "allocatable", "memory")           \
    FIELD(K, QUANTITY, status_allocatable_pods, "status", "allocatable", "pods")               \
    LIST(K, node_address, status_addresses, "status", "addresses")                             \
    LIST(K, condition, status_conditions, "status", "conditions")                              \
    FIELD(K, TEXT, status_node_info_machine_id, "status", "nodeInfo", "machineID")             \
    FIELD(K, TEXT, status_node_info_system_uuid, "status", "nodeInfo", "systemUUID")           \
    FIELD(K, TEXT, status_node_info_boot_id, "status", "nodeInfo", "bootID")                   \
    FIELD(K, TEXT, status_node_info_kernel_version, "status", "nodeInfo", "kernelVersion")     \
    FIELD(K, TEXT, status_node_info_os_image, "status", "nodeInfo", "osImage")                 \
    FIELD(K, TEXT, status_node_info_container_runtime_version, "status", "nodeInfo",           \
          "containerRuntimeVersion")                                                           \
    FIELD(K, TEXT, status_node_info_kubelet_version, "status", "nodeInfo", "kubeletVersion")   \
    FIELD(K, TEXT, status_node_info_operating_system, "status", "nodeInfo", "operatingSystem") \
    FIELD(K, TEXT, status_node_info_architecture, "status", "nodeInfo", "architecture")
KEDGE_DECLARE_KIND(node)

// v1 Namespace -----------------------------------------------------------------------------------

#define KEDGE_VALUES_namespace_phase(VALUE) \
    VALUE(KEDGE_NAMESPACE_ACTIVE, "Active") \
    VALUE(KEDGE_NAMESPACE_TERMINATING, "Terminating")
KEDGE_DECLARE_ENUM(namespace_phase)

#define KEDGE_ROWS_namespace(FIELD, LIST, ENUM, K) \
    ENUM(K, namespace_phase, status_phase, "status", "phase")
KEDGE_DECLARE_KIND(namespace)

// v1 Service -------------------------------------------------------------------------------------

#define KEDGE_VALUES_service_type(VALUE)               \
    VALUE(KEDGE_SERVICE_CLUSTER_IP, "ClusterIP")       \
    VALUE(KEDGE_SERVICE_NODE_PORT, "NodePort")         \
    VALUE(KEDGE_SERVICE_LOAD_BALANCER, "LoadBalancer") \
    VALUE(KEDGE_SERVICE_EXTERNAL_NAME, "ExternalName")
KEDGE_DECLARE_ENUM(service_type)

#define KEDGE_VALUES_session_affinity(VALUE) \
    VALUE(KEDGE_AFFINITY_NONE, "None")       \
    VALUE(KEDGE_AFFINITY_CLIENT_IP, "ClientIP")
KEDGE_DECLARE_ENUM(session_affinity)

// target_port: the port's number in digits, or its name.
#define KEDGE_ROWS_service_port(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                      \
    ENUM(K, protocol, protocol, "protocol")           \
    FIELD(K, INT32, port, "port")                     \
    FIELD(K, SCALAR, target_port, "targetPort")       \
    FIELD(K, INT32, node_port, "nodePort")
KEDGE_DECLARE_ITEM(service_port)

#define KEDGE_ROWS_service_ingress(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, ip, "ip")                             \
    FIELD(K, TEXT, hostname, "hostname")
KEDGE_DECLARE_ITEM(service_ingress)

#define KEDGE_ROWS_service(FIELD, LIST, ENUM, K)                                \
    ENUM(K, service_type, spec_type, "spec", "type")                            \
    FIELD(K, TEXT, spec_cluster_ip, "spec", "clusterIP")                        \
    FIELD(K, TEXT_LIST, spec_cluster_ips, "spec", "clusterIPs")                 \
    FIELD(K, TEXT_LIST, spec_external_ips, "spec", "externalIPs")               \
    FIELD(K, TEXT, spec_external_name, "spec", "externalName")                  \
    ENUM(K, session_affinity, spec_session_affinity, "spec", "sessionAffinity") \
    FIELD(K, TEXT_MAP, spec_selector, "spec", "selector")                       \
    LIST(K, service_port, spec_ports, "spec", "ports")                          \
    LIST(K, service_ingress, status_load_balancer_ingress, "status", "loadBalancer", "ingress")
KEDGE_DECLARE_KIND(service)

// v1 ConfigMap -----------------------------------------------------------------------------------

// binary_data: decoded.
#define KEDGE_ROWS_configmap(FIELD, LIST, ENUM, K)  \
    FIELD(K, TEXT_MAP, data, "data")                \
    FIELD(K, BASE64_MAP, binary_data, "binaryData") \
    FIELD(K, BOOL, immutable, "immutable")
KEDGE_DECLARE_KIND(configmap)

// v1 Secret --------------------------------------------------------------------------------------

// data: decoded. Where such a record was, nothing is left of it.
#define KEDGE_ROWS_secret(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, type, "type")                \
    FIELD(K, BASE64_MAP, data, "data")          \
    FIELD(K, BOOL, immutable, "immutable")
KEDGE_DECLARE_KIND(secret)

// v1 Event ---------------------------------------------------------------------------------------

#define KEDGE_ROWS_event(FIELD, LIST, ENUM, K)                                  \
    FIELD(K, TEXT, type, "type")                                                \
    FIELD(K, TEXT, reason, "reason")                                            \
    FIELD(K, TEXT, message, "message")                                          \
    FIELD(K, TEXT, action, "action")                                            \
    FIELD(K, INT32, count, "count")                                             \
    FIELD(K, TIME, first_timestamp, "firstTimestamp")                           \
    FIELD(K, TIME, last_timestamp, "lastTimestamp")                             \
    FIELD(K, TIME, event_time, "eventTime")                                     \
    FIELD(K, INT32, series_count, "series", "count")                            \
    FIELD(K, TIME, series_last_observed_time, "series", "lastObservedTime")     \
    FIELD(K, TEXT, involved_object_api_version, "involvedObject", "apiVersion") \
    FIELD(K, TEXT, involved_object_kind, "involvedObject", "kind")              \
    FIELD(K, TEXT, involved_object_namespace, "involvedObject", "namespace")    \
    FIELD(K, TEXT, involved_object_name, "involvedObject", "name")              \
    FIELD(K, TEXT, involved_object_uid, "involvedObject", "uid")                \
    FIELD(K, TEXT, involved_object_field_path, "involvedObject", "fieldPath")   \
    FIELD(K, TEXT, source_component, "source", "component")                     \
    FIELD(K, TEXT, source_host, "source", "host")                               \
    FIELD(K, TEXT, reporting_component, "reportingComponent")                   \
    FIELD(K, TEXT, reporting_instance, "reportingInstance")
KEDGE_DECLARE_KIND(event)

#ifdef __cplusplus
}
#endif
#endif

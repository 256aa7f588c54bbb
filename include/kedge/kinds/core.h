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

#define KEDGE_ROWS_node(FIELD, LIST, ENUM, K)                                                    \
    FIELD(K, TEXT, spec_pod_cidr, "spec", "podCIDR")                                             \
    FIELD(K, TEXT_LIST, spec_pod_cidrs, "spec", "podCIDRs")                                      \
    FIELD(K, TEXT, spec_provider_id, "spec", "providerID")                                       \
    FIELD(K, BOOL, spec_unschedulable, "spec", "unschedulable")                                  \
    LIST(K, taint, spec_taints, "spec", "taints")                                                \
    FIELD(K, QUANTITY, status_capacity_cpu, "status", "capacity", "cpu")                         \
    FIELD(K, QUANTITY, status_capacity_memory, "status", "capacity", "memory")                   \
    FIELD(K, QUANTITY, status_capacity_pods, "status", "capacity", "pods")                       \
    FIELD(K, QUANTITY, status_allocatable_cpu, "status", "allocatable", "cpu")                   \
    FIELD(K, QUANTITY, status_allocatable_memory, "status", "allocatable", "memory")             \
    FIELD(K, QUANTITY, status_allocatable_pods, "status", "allocatable", "pods")                 \
    FIELD(K, QUANTITY, status_allocatable_ephemeral_storage, "status", "allocatable",            \
          "ephemeral-storage")                                                                   \
    FIELD(K, INT32, status_kubelet_port, "status", "daemonEndpoints", "kubeletEndpoint", "Port") \
    LIST(K, node_address, status_addresses, "status", "addresses")                               \
    LIST(K, condition, status_conditions, "status", "conditions")                                \
    FIELD(K, TEXT, status_node_info_machine_id, "status", "nodeInfo", "machineID")               \
    FIELD(K, TEXT, status_node_info_system_uuid, "status", "nodeInfo", "systemUUID")             \
    FIELD(K, TEXT, status_node_info_boot_id, "status", "nodeInfo", "bootID")                     \
    FIELD(K, TEXT, status_node_info_kernel_version, "status", "nodeInfo", "kernelVersion")       \
    FIELD(K, TEXT, status_node_info_os_image, "status", "nodeInfo", "osImage")                   \
    FIELD(K, TEXT, status_node_info_container_runtime_version, "status", "nodeInfo",             \
          "containerRuntimeVersion")                                                             \
    FIELD(K, TEXT, status_node_info_kubelet_version, "status", "nodeInfo", "kubeletVersion")     \
    FIELD(K, TEXT, status_node_info_operating_system, "status", "nodeInfo", "operatingSystem")   \
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
    FIELD(K, INT32, node_port, "nodePort")            \
    FIELD(K, TEXT, app_protocol, "appProtocol")
KEDGE_DECLARE_ITEM(service_port)

#define KEDGE_ROWS_service_ingress(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, ip, "ip")                             \
    FIELD(K, TEXT, hostname, "hostname")
KEDGE_DECLARE_ITEM(service_ingress)

#define KEDGE_VALUES_traffic_policy(VALUE)  \
    VALUE(KEDGE_TRAFFIC_CLUSTER, "Cluster") \
    VALUE(KEDGE_TRAFFIC_LOCAL, "Local")
KEDGE_DECLARE_ENUM(traffic_policy)

#define KEDGE_ROWS_service(FIELD, LIST, ENUM, K)                                              \
    ENUM(K, service_type, spec_type, "spec", "type")                                          \
    FIELD(K, TEXT, spec_cluster_ip, "spec", "clusterIP")                                      \
    FIELD(K, TEXT_LIST, spec_cluster_ips, "spec", "clusterIPs")                               \
    FIELD(K, TEXT_LIST, spec_external_ips, "spec", "externalIPs")                             \
    FIELD(K, TEXT, spec_external_name, "spec", "externalName")                                \
    ENUM(K, session_affinity, spec_session_affinity, "spec", "sessionAffinity")               \
    FIELD(K, TEXT_MAP, spec_selector, "spec", "selector")                                     \
    FIELD(K, INT32, spec_session_affinity_timeout_seconds, "spec", "sessionAffinityConfig",   \
          "clientIP", "timeoutSeconds")                                                       \
    ENUM(K, traffic_policy, spec_internal_traffic_policy, "spec", "internalTrafficPolicy")    \
    ENUM(K, traffic_policy, spec_external_traffic_policy, "spec", "externalTrafficPolicy")    \
    FIELD(K, INT32, spec_health_check_node_port, "spec", "healthCheckNodePort")               \
    FIELD(K, BOOL, spec_publish_not_ready_addresses, "spec", "publishNotReadyAddresses")      \
    FIELD(K, TEXT, spec_load_balancer_class, "spec", "loadBalancerClass")                     \
    FIELD(K, TEXT_LIST, spec_load_balancer_source_ranges, "spec", "loadBalancerSourceRanges") \
    LIST(K, service_port, spec_ports, "spec", "ports")                                        \
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

#define KEDGE_ROWS_event(FIELD, LIST, ENUM, K)                                    \
    FIELD(K, TEXT, type, "type")                                                  \
    FIELD(K, TEXT, reason, "reason")                                              \
    FIELD(K, TEXT, message, "message")                                            \
    FIELD(K, TEXT, action, "action")                                              \
    FIELD(K, INT32, count, "count")                                               \
    FIELD(K, TIME, first_timestamp, "firstTimestamp")                             \
    FIELD(K, TIME, last_timestamp, "lastTimestamp")                               \
    FIELD(K, MICRO_TIME, event_time, "eventTime")                                 \
    FIELD(K, INT32, series_count, "series", "count")                              \
    FIELD(K, MICRO_TIME, series_last_observed_time, "series", "lastObservedTime") \
    FIELD(K, TEXT, involved_object_api_version, "involvedObject", "apiVersion")   \
    FIELD(K, TEXT, involved_object_kind, "involvedObject", "kind")                \
    FIELD(K, TEXT, involved_object_namespace, "involvedObject", "namespace")      \
    FIELD(K, TEXT, involved_object_name, "involvedObject", "name")                \
    FIELD(K, UID, involved_object_uid, "involvedObject", "uid")                   \
    FIELD(K, TEXT, involved_object_field_path, "involvedObject", "fieldPath")     \
    FIELD(K, TEXT, source_component, "source", "component")                       \
    FIELD(K, TEXT, source_host, "source", "host")                                 \
    FIELD(K, TEXT, reporting_component, "reportingComponent")                     \
    FIELD(K, TEXT, reporting_instance, "reportingInstance")
KEDGE_DECLARE_KIND(event)

// v1 Endpoints -----------------------------------------------------------------------------------

#define KEDGE_ROWS_endpoints_address(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, ip, "ip")                               \
    FIELD(K, TEXT, hostname, "hostname")                   \
    FIELD(K, TEXT, node_name, "nodeName")                  \
    FIELD(K, TEXT, target_ref_kind, "targetRef", "kind")   \
    FIELD(K, TEXT, target_ref_name, "targetRef", "name")
KEDGE_DECLARE_ITEM(endpoints_address)

#define KEDGE_ROWS_endpoints_port(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                        \
    FIELD(K, INT32, port, "port")                       \
    ENUM(K, protocol, protocol, "protocol")             \
    FIELD(K, TEXT, app_protocol, "appProtocol")
KEDGE_DECLARE_ITEM(endpoints_port)

#define KEDGE_ROWS_endpoints_subset(FIELD, LIST, ENUM, K)                \
    LIST(K, endpoints_address, addresses, "addresses")                   \
    LIST(K, endpoints_address, not_ready_addresses, "notReadyAddresses") \
    LIST(K, endpoints_port, ports, "ports")
KEDGE_DECLARE_ITEM(endpoints_subset)

// The server calls it deprecated: what is new reads EndpointSlices.
#define KEDGE_ROWS_endpoints(FIELD, LIST, ENUM, K) LIST(K, endpoints_subset, subsets, "subsets")
KEDGE_DECLARE_KIND(endpoints)

// v1 PersistentVolume ----------------------------------------------------------------------------

#define KEDGE_VALUES_volume_mode(VALUE)          \
    VALUE(KEDGE_VOLUME_FILESYSTEM, "Filesystem") \
    VALUE(KEDGE_VOLUME_BLOCK, "Block")
KEDGE_DECLARE_ENUM(volume_mode)

#define KEDGE_VALUES_reclaim_policy(VALUE) \
    VALUE(KEDGE_RECLAIM_RETAIN, "Retain")  \
    VALUE(KEDGE_RECLAIM_DELETE, "Delete")  \
    VALUE(KEDGE_RECLAIM_RECYCLE, "Recycle")
KEDGE_DECLARE_ENUM(reclaim_policy)

#define KEDGE_VALUES_persistentvolume_phase(VALUE) \
    VALUE(KEDGE_VOLUME_PENDING, "Pending")         \
    VALUE(KEDGE_VOLUME_AVAILABLE, "Available")     \
    VALUE(KEDGE_VOLUME_BOUND, "Bound")             \
    VALUE(KEDGE_VOLUME_RELEASED, "Released")       \
    VALUE(KEDGE_VOLUME_FAILED, "Failed")
KEDGE_DECLARE_ENUM(persistentvolume_phase)

// Of the sources of volumes those that have no driver of their own any more are left out. Capacity
// in thousandths of a byte: kedge/quantity.h.
#define KEDGE_ROWS_persistentvolume(FIELD, LIST, ENUM, K)                                  \
    FIELD(K, TEXT, annotation_provisioned_by, "metadata", "annotations",                   \
          "pv.kubernetes.io/provisioned-by")                                               \
    FIELD(K, QUANTITY, spec_capacity_storage, "spec", "capacity", "storage")               \
    FIELD(K, TEXT_LIST, spec_access_modes, "spec", "accessModes")                          \
    ENUM(K, reclaim_policy, spec_persistent_volume_reclaim_policy, "spec",                 \
         "persistentVolumeReclaimPolicy")                                                  \
    FIELD(K, TEXT, spec_storage_class_name, "spec", "storageClassName")                    \
    ENUM(K, volume_mode, spec_volume_mode, "spec", "volumeMode")                           \
    FIELD(K, TEXT_LIST, spec_mount_options, "spec", "mountOptions")                        \
    FIELD(K, TEXT, spec_volume_attributes_class_name, "spec", "volumeAttributesClassName") \
    FIELD(K, TEXT, spec_claim_ref_namespace, "spec", "claimRef", "namespace")              \
    FIELD(K, TEXT, spec_claim_ref_name, "spec", "claimRef", "name")                        \
    FIELD(K, UID, spec_claim_ref_uid, "spec", "claimRef", "uid")                           \
    FIELD(K, TEXT, spec_csi_driver, "spec", "csi", "driver")                               \
    FIELD(K, TEXT, spec_csi_volume_handle, "spec", "csi", "volumeHandle")                  \
    FIELD(K, BOOL, spec_csi_read_only, "spec", "csi", "readOnly")                          \
    FIELD(K, TEXT, spec_csi_fs_type, "spec", "csi", "fsType")                              \
    FIELD(K, TEXT, spec_nfs_server, "spec", "nfs", "server")                               \
    FIELD(K, TEXT, spec_nfs_path, "spec", "nfs", "path")                                   \
    FIELD(K, TEXT, spec_local_path, "spec", "local", "path")                               \
    FIELD(K, TEXT, spec_host_path_path, "spec", "hostPath", "path")                        \
    LIST(K, node_selector_term, spec_node_affinity_required_node_selector_terms, "spec",   \
         "nodeAffinity", "required", "nodeSelectorTerms")                                  \
    ENUM(K, persistentvolume_phase, status_phase, "status", "phase")                       \
    FIELD(K, TEXT, status_reason, "status", "reason")                                      \
    FIELD(K, TEXT, status_message, "status", "message")                                    \
    FIELD(K, TIME, status_last_phase_transition_time, "status", "lastPhaseTransitionTime")
KEDGE_DECLARE_KIND(persistentvolume)

// v1 PersistentVolumeClaim -----------------------------------------------------------------------

#define KEDGE_VALUES_persistentvolumeclaim_phase(VALUE) \
    VALUE(KEDGE_CLAIM_PENDING, "Pending")               \
    VALUE(KEDGE_CLAIM_BOUND, "Bound")                   \
    VALUE(KEDGE_CLAIM_LOST, "Lost")
KEDGE_DECLARE_ENUM(persistentvolumeclaim_phase)

#define KEDGE_ROWS_persistentvolumeclaim(FIELD, LIST, ENUM, K)                                  \
    FIELD(K, TEXT, annotation_selected_node, "metadata", "annotations",                         \
          "volume.kubernetes.io/selected-node")                                                 \
    FIELD(K, TEXT, annotation_storage_provisioner, "metadata", "annotations",                   \
          "volume.kubernetes.io/storage-provisioner")                                           \
    FIELD(K, TEXT_LIST, spec_access_modes, "spec", "accessModes")                               \
    FIELD(K, QUANTITY, spec_resources_requests_storage, "spec", "resources", "requests",        \
          "storage")                                                                            \
    FIELD(K, QUANTITY, spec_resources_limits_storage, "spec", "resources", "limits", "storage") \
    FIELD(K, TEXT, spec_storage_class_name, "spec", "storageClassName")                         \
    ENUM(K, volume_mode, spec_volume_mode, "spec", "volumeMode")                                \
    FIELD(K, TEXT, spec_volume_name, "spec", "volumeName")                                      \
    FIELD(K, TEXT, spec_volume_attributes_class_name, "spec", "volumeAttributesClassName")      \
    FIELD(K, TEXT_MAP, spec_selector_match_labels, "spec", "selector", "matchLabels")           \
    LIST(K, label_expression, spec_selector_match_expressions, "spec", "selector",              \
         "matchExpressions")                                                                    \
    FIELD(K, TEXT, spec_data_source_ref_api_group, "spec", "dataSourceRef", "apiGroup")         \
    FIELD(K, TEXT, spec_data_source_ref_kind, "spec", "dataSourceRef", "kind")                  \
    FIELD(K, TEXT, spec_data_source_ref_name, "spec", "dataSourceRef", "name")                  \
    ENUM(K, persistentvolumeclaim_phase, status_phase, "status", "phase")                       \
    FIELD(K, TEXT_LIST, status_access_modes, "status", "accessModes")                           \
    FIELD(K, QUANTITY, status_capacity_storage, "status", "capacity", "storage")                \
    FIELD(K, QUANTITY, status_allocated_resources_storage, "status", "allocatedResources",      \
          "storage")                                                                            \
    FIELD(K, TEXT, status_current_volume_attributes_class_name, "status",                       \
          "currentVolumeAttributesClassName")                                                   \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(persistentvolumeclaim)

// v1 PodTemplate ---------------------------------------------------------------------------------

#define KEDGE_ROWS_podtemplate(FIELD, LIST, ENUM, K)                                             \
    FIELD(K, TEXT_MAP, template_metadata_labels, "template", "metadata", "labels")               \
    FIELD(K, TEXT, template_spec_service_account_name, "template", "spec", "serviceAccountName") \
    FIELD(K, TEXT_MAP, template_spec_node_selector, "template", "spec", "nodeSelector")          \
    ENUM(K, restart_policy, template_spec_restart_policy, "template", "spec", "restartPolicy")   \
    LIST(K, template_container, template_spec_init_containers, "template", "spec",               \
         "initContainers")                                                                       \
    LIST(K, template_container, template_spec_containers, "template", "spec", "containers")
KEDGE_DECLARE_KIND(podtemplate)

// v1 ReplicationController -----------------------------------------------------------------------

#define KEDGE_ROWS_replicationcontroller(FIELD, LIST, ENUM, K)                                  \
    FIELD(K, INT32, spec_replicas, "spec", "replicas")                                          \
    FIELD(K, INT32, spec_min_ready_seconds, "spec", "minReadySeconds")                          \
    FIELD(K, TEXT_MAP, spec_selector, "spec", "selector")                                       \
    FIELD(K, TEXT_MAP, spec_template_metadata_labels, "spec", "template", "metadata", "labels") \
    LIST(K, template_container, spec_template_spec_containers, "spec", "template", "spec",      \
         "containers")                                                                          \
    FIELD(K, INT64, status_observed_generation, "status", "observedGeneration")                 \
    FIELD(K, INT32, status_replicas, "status", "replicas")                                      \
    FIELD(K, INT32, status_fully_labeled_replicas, "status", "fullyLabeledReplicas")            \
    FIELD(K, INT32, status_ready_replicas, "status", "readyReplicas")                           \
    FIELD(K, INT32, status_available_replicas, "status", "availableReplicas")                   \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(replicationcontroller)

// v1 ResourceQuota -------------------------------------------------------------------------------

#define KEDGE_VALUES_scope_operator(VALUE) \
    VALUE(KEDGE_SCOPE_IN, "In")            \
    VALUE(KEDGE_SCOPE_NOT_IN, "NotIn")     \
    VALUE(KEDGE_SCOPE_EXISTS, "Exists")    \
    VALUE(KEDGE_SCOPE_DOES_NOT_EXIST, "DoesNotExist")
KEDGE_DECLARE_ENUM(scope_operator)

#define KEDGE_ROWS_resourcequota_scope(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, scope_name, "scopeName")                  \
    ENUM(K, scope_operator, operator_, "operator")           \
    FIELD(K, TEXT_LIST, values, "values")
KEDGE_DECLARE_ITEM(resourcequota_scope)

// hard, used: by resource, quantities as the server writes them; kedge_quantity_parse reads one.
#define KEDGE_ROWS_resourcequota(FIELD, LIST, ENUM, K)                                           \
    FIELD(K, TEXT_MAP, spec_hard, "spec", "hard")                                                \
    FIELD(K, TEXT_LIST, spec_scopes, "spec", "scopes")                                           \
    LIST(K, resourcequota_scope, spec_scope_selector_match_expressions, "spec", "scopeSelector", \
         "matchExpressions")                                                                     \
    FIELD(K, TEXT_MAP, status_hard, "status", "hard")                                            \
    FIELD(K, TEXT_MAP, status_used, "status", "used")
KEDGE_DECLARE_KIND(resourcequota)

// v1 LimitRange ----------------------------------------------------------------------------------

#define KEDGE_VALUES_limit_type(VALUE)        \
    VALUE(KEDGE_LIMIT_POD, "Pod")             \
    VALUE(KEDGE_LIMIT_CONTAINER, "Container") \
    VALUE(KEDGE_LIMIT_PERSISTENTVOLUMECLAIM, "PersistentVolumeClaim")
KEDGE_DECLARE_ENUM(limit_type)

// By resource, as in a ResourceQuota.
#define KEDGE_ROWS_limitrange_item(FIELD, LIST, ENUM, K)  \
    ENUM(K, limit_type, type, "type")                     \
    FIELD(K, TEXT_MAP, min, "min")                        \
    FIELD(K, TEXT_MAP, max, "max")                        \
    FIELD(K, TEXT_MAP, default_, "default")               \
    FIELD(K, TEXT_MAP, default_request, "defaultRequest") \
    FIELD(K, TEXT_MAP, max_limit_request_ratio, "maxLimitRequestRatio")
KEDGE_DECLARE_ITEM(limitrange_item)

#define KEDGE_ROWS_limitrange(FIELD, LIST, ENUM, K) \
    LIST(K, limitrange_item, spec_limits, "spec", "limits")
KEDGE_DECLARE_KIND(limitrange)

// v1 ServiceAccount ------------------------------------------------------------------------------

#define KEDGE_ROWS_serviceaccount_secret(FIELD, LIST, ENUM, K) FIELD(K, TEXT, name, "name")
KEDGE_DECLARE_ITEM(serviceaccount_secret)

// automount_service_account_token: true where it is absent, so ask KEDGE_HAS first.
#define KEDGE_ROWS_serviceaccount(FIELD, LIST, ENUM, K)                    \
    LIST(K, serviceaccount_secret, secrets, "secrets")                     \
    LIST(K, serviceaccount_secret, image_pull_secrets, "imagePullSecrets") \
    FIELD(K, BOOL, automount_service_account_token, "automountServiceAccountToken")
KEDGE_DECLARE_KIND(serviceaccount)

#ifdef __cplusplus
}
#endif
#endif

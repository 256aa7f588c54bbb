// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/storage.h - the kinds of storage.k8s.io/v1.
#ifndef KEDGE_KINDS_STORAGE_H
#define KEDGE_KINDS_STORAGE_H

#include <kedge/kinds/core.h>

#ifdef __cplusplus
extern "C" {
#endif

// storage.k8s.io/v1 StorageClass ------------------------------------------------------------------

#define KEDGE_VALUES_volume_binding_mode(VALUE) \
    VALUE(KEDGE_BINDING_IMMEDIATE, "Immediate") \
    VALUE(KEDGE_BINDING_WAIT_FOR_FIRST_CONSUMER, "WaitForFirstConsumer")
KEDGE_DECLARE_ENUM(volume_binding_mode)

#define KEDGE_ROWS_storageclass_topology_label(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, key, "key")                                       \
    FIELD(K, TEXT_LIST, values, "values")
KEDGE_DECLARE_ITEM(storageclass_topology_label)

#define KEDGE_ROWS_storageclass_topology(FIELD, LIST, ENUM, K) \
    LIST(K, storageclass_topology_label, match_label_expressions, "matchLabelExpressions")
KEDGE_DECLARE_ITEM(storageclass_topology)

#define KEDGE_ROWS_storageclass(FIELD, LIST, ENUM, K)                      \
    FIELD(K, TEXT, annotation_is_default_class, "metadata", "annotations", \
          "storageclass.kubernetes.io/is-default-class")                   \
    FIELD(K, TEXT, provisioner, "provisioner")                             \
    FIELD(K, TEXT_MAP, parameters, "parameters")                           \
    ENUM(K, reclaim_policy, reclaim_policy, "reclaimPolicy")               \
    FIELD(K, TEXT_LIST, mount_options, "mountOptions")                     \
    FIELD(K, BOOL, allow_volume_expansion, "allowVolumeExpansion")         \
    ENUM(K, volume_binding_mode, volume_binding_mode, "volumeBindingMode") \
    LIST(K, storageclass_topology, allowed_topologies, "allowedTopologies")
KEDGE_DECLARE_KIND(storageclass)

// storage.k8s.io/v1 VolumeAttachment --------------------------------------------------------------

#define KEDGE_ROWS_volumeattachment(FIELD, LIST, ENUM, K)                                        \
    FIELD(K, TEXT, spec_attacher, "spec", "attacher")                                            \
    FIELD(K, TEXT, spec_node_name, "spec", "nodeName")                                           \
    FIELD(K, TEXT, spec_source_persistent_volume_name, "spec", "source", "persistentVolumeName") \
    FIELD(K, BOOL, status_attached, "status", "attached")                                        \
    FIELD(K, TEXT_MAP, status_attachment_metadata, "status", "attachmentMetadata")               \
    FIELD(K, TIME, status_attach_error_time, "status", "attachError", "time")                    \
    FIELD(K, TEXT, status_attach_error_message, "status", "attachError", "message")              \
    FIELD(K, INT32, status_attach_error_error_code, "status", "attachError", "errorCode")        \
    FIELD(K, TIME, status_detach_error_time, "status", "detachError", "time")                    \
    FIELD(K, TEXT, status_detach_error_message, "status", "detachError", "message")              \
    FIELD(K, INT32, status_detach_error_error_code, "status", "detachError", "errorCode")
KEDGE_DECLARE_KIND(volumeattachment)

// storage.k8s.io/v1 CSIDriver ---------------------------------------------------------------------

#define KEDGE_VALUES_csidriver_fs_group_policy(VALUE)                \
    VALUE(KEDGE_FS_GROUP_READ_WRITE_ONCE, "ReadWriteOnceWithFSType") \
    VALUE(KEDGE_FS_GROUP_FILE, "File")                               \
    VALUE(KEDGE_FS_GROUP_NONE, "None")
KEDGE_DECLARE_ENUM(csidriver_fs_group_policy)

// expiration_seconds: 0 where it is absent, which means an hour.
#define KEDGE_ROWS_csidriver_token_request(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, audience, "audience")                         \
    FIELD(K, INT64, expiration_seconds, "expirationSeconds")
KEDGE_DECLARE_ITEM(csidriver_token_request)

#define KEDGE_ROWS_csidriver(FIELD, LIST, ENUM, K)                                    \
    FIELD(K, BOOL, spec_attach_required, "spec", "attachRequired")                    \
    FIELD(K, BOOL, spec_pod_info_on_mount, "spec", "podInfoOnMount")                  \
    FIELD(K, TEXT_LIST, spec_volume_lifecycle_modes, "spec", "volumeLifecycleModes")  \
    FIELD(K, BOOL, spec_storage_capacity, "spec", "storageCapacity")                  \
    ENUM(K, csidriver_fs_group_policy, spec_fs_group_policy, "spec", "fsGroupPolicy") \
    LIST(K, csidriver_token_request, spec_token_requests, "spec", "tokenRequests")    \
    FIELD(K, BOOL, spec_requires_republish, "spec", "requiresRepublish")              \
    FIELD(K, BOOL, spec_se_linux_mount, "spec", "seLinuxMount")                       \
    FIELD(K, INT64, spec_node_allocatable_update_period_seconds, "spec",              \
          "nodeAllocatableUpdatePeriodSeconds")                                       \
    FIELD(K, BOOL, spec_service_account_token_in_secrets, "spec", "serviceAccountTokenInSecrets")
KEDGE_DECLARE_KIND(csidriver)

// storage.k8s.io/v1 CSINode -----------------------------------------------------------------------

// allocatable_count: 0 where it is absent (no limit is known), and where there is room for none.
#define KEDGE_ROWS_csinode_driver(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                        \
    FIELD(K, TEXT, node_id, "nodeID")                   \
    FIELD(K, TEXT_LIST, topology_keys, "topologyKeys")  \
    FIELD(K, INT32, allocatable_count, "allocatable", "count")
KEDGE_DECLARE_ITEM(csinode_driver)

#define KEDGE_ROWS_csinode(FIELD, LIST, ENUM, K) \
    LIST(K, csinode_driver, spec_drivers, "spec", "drivers")
KEDGE_DECLARE_KIND(csinode)

// storage.k8s.io/v1 CSIStorageCapacity ------------------------------------------------------------

// Capacity in thousandths of a byte: kedge/quantity.h. Absent: not known. Without a node_topology
// no node has it, with "{}" every node.
#define KEDGE_ROWS_csistoragecapacity(FIELD, LIST, ENUM, K)                                        \
    FIELD(K, RAW, node_topology, "nodeTopology")                                                   \
    FIELD(K, TEXT_MAP, node_topology_match_labels, "nodeTopology", "matchLabels")                  \
    LIST(K, label_expression, node_topology_match_expressions, "nodeTopology", "matchExpressions") \
    FIELD(K, TEXT, storage_class_name, "storageClassName")                                         \
    FIELD(K, QUANTITY, capacity, "capacity")                                                       \
    FIELD(K, QUANTITY, maximum_volume_size, "maximumVolumeSize")
KEDGE_DECLARE_KIND(csistoragecapacity)

// storage.k8s.io/v1 VolumeAttributesClass ---------------------------------------------------------

#define KEDGE_ROWS_volumeattributesclass(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, driver_name, "driverName")                  \
    FIELD(K, TEXT_MAP, parameters, "parameters")
KEDGE_DECLARE_KIND(volumeattributesclass)

#ifdef __cplusplus
}
#endif
#endif

// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/autoscaling.h - the kinds of autoscaling: v2, and the older v1.
#ifndef KEDGE_KINDS_AUTOSCALING_H
#define KEDGE_KINDS_AUTOSCALING_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// autoscaling/v2 HorizontalPodAutoscaler ---------------------------------------------------------

#define KEDGE_VALUES_hpa_metric_type(VALUE)                     \
    VALUE(KEDGE_METRIC_RESOURCE, "Resource")                    \
    VALUE(KEDGE_METRIC_CONTAINER_RESOURCE, "ContainerResource") \
    VALUE(KEDGE_METRIC_PODS, "Pods")                            \
    VALUE(KEDGE_METRIC_OBJECT, "Object")                        \
    VALUE(KEDGE_METRIC_EXTERNAL, "External")
KEDGE_DECLARE_ENUM(hpa_metric_type)

// What is there depends on the type. Quantities in thousandths: kedge/quantity.h.
#define KEDGE_ROWS_hpa_metric(FIELD, LIST, ENUM, K)                                               \
    ENUM(K, hpa_metric_type, type, "type")                                                        \
    FIELD(K, TEXT, resource_name, "resource", "name")                                             \
    FIELD(K, INT32, resource_target_average_utilization, "resource", "target",                    \
          "averageUtilization")                                                                   \
    FIELD(K, QUANTITY, resource_target_average_value, "resource", "target", "averageValue")       \
    FIELD(K, TEXT, container_resource_container, "containerResource", "container")                \
    FIELD(K, TEXT, container_resource_name, "containerResource", "name")                          \
    FIELD(K, INT32, container_resource_target_average_utilization, "containerResource", "target", \
          "averageUtilization")                                                                   \
    FIELD(K, QUANTITY, container_resource_target_average_value, "containerResource", "target",    \
          "averageValue")                                                                         \
    FIELD(K, TEXT, pods_metric_name, "pods", "metric", "name")                                    \
    FIELD(K, QUANTITY, pods_target_average_value, "pods", "target", "averageValue")               \
    FIELD(K, TEXT, object_described_object_kind, "object", "describedObject", "kind")             \
    FIELD(K, TEXT, object_described_object_name, "object", "describedObject", "name")             \
    FIELD(K, TEXT, object_metric_name, "object", "metric", "name")                                \
    FIELD(K, QUANTITY, object_target_value, "object", "target", "value")                          \
    FIELD(K, QUANTITY, object_target_average_value, "object", "target", "averageValue")           \
    FIELD(K, TEXT, external_metric_name, "external", "metric", "name")                            \
    FIELD(K, QUANTITY, external_target_value, "external", "target", "value")                      \
    FIELD(K, QUANTITY, external_target_average_value, "external", "target", "averageValue")
KEDGE_DECLARE_ITEM(hpa_metric)

#define KEDGE_ROWS_hpa_metric_status(FIELD, LIST, ENUM, K)                                       \
    ENUM(K, hpa_metric_type, type, "type")                                                       \
    FIELD(K, TEXT, resource_name, "resource", "name")                                            \
    FIELD(K, INT32, resource_current_average_utilization, "resource", "current",                 \
          "averageUtilization")                                                                  \
    FIELD(K, QUANTITY, resource_current_average_value, "resource", "current", "averageValue")    \
    FIELD(K, TEXT, container_resource_container, "containerResource", "container")               \
    FIELD(K, TEXT, container_resource_name, "containerResource", "name")                         \
    FIELD(K, INT32, container_resource_current_average_utilization, "containerResource",         \
          "current", "averageUtilization")                                                       \
    FIELD(K, QUANTITY, container_resource_current_average_value, "containerResource", "current", \
          "averageValue")                                                                        \
    FIELD(K, TEXT, pods_metric_name, "pods", "metric", "name")                                   \
    FIELD(K, QUANTITY, pods_current_average_value, "pods", "current", "averageValue")            \
    FIELD(K, TEXT, object_described_object_kind, "object", "describedObject", "kind")            \
    FIELD(K, TEXT, object_described_object_name, "object", "describedObject", "name")            \
    FIELD(K, TEXT, object_metric_name, "object", "metric", "name")                               \
    FIELD(K, QUANTITY, object_current_value, "object", "current", "value")                       \
    FIELD(K, QUANTITY, object_current_average_value, "object", "current", "averageValue")        \
    FIELD(K, TEXT, external_metric_name, "external", "metric", "name")                           \
    FIELD(K, QUANTITY, external_current_value, "external", "current", "value")                   \
    FIELD(K, QUANTITY, external_current_average_value, "external", "current", "averageValue")
KEDGE_DECLARE_ITEM(hpa_metric_status)

#define KEDGE_ROWS_horizontalpodautoscaler(FIELD, LIST, ENUM, K)                               \
    FIELD(K, TEXT, spec_scale_target_ref_api_version, "spec", "scaleTargetRef", "apiVersion")  \
    FIELD(K, TEXT, spec_scale_target_ref_kind, "spec", "scaleTargetRef", "kind")               \
    FIELD(K, TEXT, spec_scale_target_ref_name, "spec", "scaleTargetRef", "name")               \
    FIELD(K, INT32, spec_min_replicas, "spec", "minReplicas")                                  \
    FIELD(K, INT32, spec_max_replicas, "spec", "maxReplicas")                                  \
    LIST(K, hpa_metric, spec_metrics, "spec", "metrics")                                       \
    FIELD(K, INT32, spec_behavior_scale_up_stabilization_window_seconds, "spec", "behavior",   \
          "scaleUp", "stabilizationWindowSeconds")                                             \
    FIELD(K, INT32, spec_behavior_scale_down_stabilization_window_seconds, "spec", "behavior", \
          "scaleDown", "stabilizationWindowSeconds")                                           \
    FIELD(K, INT64, status_observed_generation, "status", "observedGeneration")                \
    FIELD(K, TIME, status_last_scale_time, "status", "lastScaleTime")                          \
    FIELD(K, INT32, status_current_replicas, "status", "currentReplicas")                      \
    FIELD(K, INT32, status_desired_replicas, "status", "desiredReplicas")                      \
    LIST(K, hpa_metric_status, status_current_metrics, "status", "currentMetrics")             \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(horizontalpodautoscaler)

// autoscaling/v1 HorizontalPodAutoscaler ---------------------------------------------------------

// The older form of the same objects: processor time alone.
#define KEDGE_ROWS_horizontalpodautoscaler_v1(FIELD, LIST, ENUM, K)                           \
    FIELD(K, TEXT, spec_scale_target_ref_api_version, "spec", "scaleTargetRef", "apiVersion") \
    FIELD(K, TEXT, spec_scale_target_ref_kind, "spec", "scaleTargetRef", "kind")              \
    FIELD(K, TEXT, spec_scale_target_ref_name, "spec", "scaleTargetRef", "name")              \
    FIELD(K, INT32, spec_min_replicas, "spec", "minReplicas")                                 \
    FIELD(K, INT32, spec_max_replicas, "spec", "maxReplicas")                                 \
    FIELD(K, INT32, spec_target_cpu_utilization_percentage, "spec",                           \
          "targetCPUUtilizationPercentage")                                                   \
    FIELD(K, INT64, status_observed_generation, "status", "observedGeneration")               \
    FIELD(K, TIME, status_last_scale_time, "status", "lastScaleTime")                         \
    FIELD(K, INT32, status_current_replicas, "status", "currentReplicas")                     \
    FIELD(K, INT32, status_desired_replicas, "status", "desiredReplicas")                     \
    FIELD(K, INT32, status_current_cpu_utilization_percentage, "status",                      \
          "currentCPUUtilizationPercentage")
KEDGE_DECLARE_KIND(horizontalpodautoscaler_v1)

#ifdef __cplusplus
}
#endif
#endif

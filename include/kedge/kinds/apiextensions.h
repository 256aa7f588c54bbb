// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/apiextensions.h - the kinds of apiextensions.k8s.io/v1.
#ifndef KEDGE_KINDS_APIEXTENSIONS_H
#define KEDGE_KINDS_APIEXTENSIONS_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// apiextensions.k8s.io/v1 CustomResourceDefinition ------------------------------------------------

#define KEDGE_VALUES_crd_scope(VALUE)   \
    VALUE(KEDGE_CRD_CLUSTER, "Cluster") \
    VALUE(KEDGE_CRD_NAMESPACED, "Namespaced")
KEDGE_DECLARE_ENUM(crd_scope)

#define KEDGE_VALUES_crd_conversion(VALUE)   \
    VALUE(KEDGE_CRD_CONVERSION_NONE, "None") \
    VALUE(KEDGE_CRD_CONVERSION_WEBHOOK, "Webhook")
KEDGE_DECLARE_ENUM(crd_conversion)

#define KEDGE_ROWS_crd_column(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                    \
    FIELD(K, TEXT, type, "type")                    \
    FIELD(K, TEXT, format, "format")                \
    FIELD(K, INT32, priority, "priority")           \
    FIELD(K, TEXT, json_path, "jsonPath")
KEDGE_DECLARE_ITEM(crd_column)

#define KEDGE_ROWS_crd_selectable_field(FIELD, LIST, ENUM, K) FIELD(K, TEXT, json_path, "jsonPath")
KEDGE_DECLARE_ITEM(crd_selectable_field)

// Without the schema, which is most of a definition. subresources_status is "{}" where there is
// one.
#define KEDGE_ROWS_crd_version(FIELD, LIST, ENUM, K)                                 \
    FIELD(K, TEXT, name, "name")                                                     \
    FIELD(K, BOOL, served, "served")                                                 \
    FIELD(K, BOOL, storage, "storage")                                               \
    FIELD(K, BOOL, deprecated, "deprecated")                                         \
    FIELD(K, TEXT, deprecation_warning, "deprecationWarning")                        \
    FIELD(K, RAW, subresources_status, "subresources", "status")                     \
    FIELD(K, TEXT, subresources_scale_spec_replicas_path, "subresources", "scale",   \
          "specReplicasPath")                                                        \
    FIELD(K, TEXT, subresources_scale_status_replicas_path, "subresources", "scale", \
          "statusReplicasPath")                                                      \
    FIELD(K, TEXT, subresources_scale_label_selector_path, "subresources", "scale",  \
          "labelSelectorPath")                                                       \
    LIST(K, crd_column, additional_printer_columns, "additionalPrinterColumns")      \
    LIST(K, crd_selectable_field, selectable_fields, "selectableFields")
KEDGE_DECLARE_ITEM(crd_version)

#define KEDGE_ROWS_customresourcedefinition(FIELD, LIST, ENUM, K)                                 \
    FIELD(K, TEXT, spec_group, "spec", "group")                                                   \
    FIELD(K, TEXT, spec_names_plural, "spec", "names", "plural")                                  \
    FIELD(K, TEXT, spec_names_singular, "spec", "names", "singular")                              \
    FIELD(K, TEXT_LIST, spec_names_short_names, "spec", "names", "shortNames")                    \
    FIELD(K, TEXT, spec_names_kind, "spec", "names", "kind")                                      \
    FIELD(K, TEXT, spec_names_list_kind, "spec", "names", "listKind")                             \
    FIELD(K, TEXT_LIST, spec_names_categories, "spec", "names", "categories")                     \
    ENUM(K, crd_scope, spec_scope, "spec", "scope")                                               \
    LIST(K, crd_version, spec_versions, "spec", "versions")                                       \
    ENUM(K, crd_conversion, spec_conversion_strategy, "spec", "conversion", "strategy")           \
    FIELD(K, TEXT, spec_conversion_webhook_client_config_url, "spec", "conversion", "webhook",    \
          "clientConfig", "url")                                                                  \
    FIELD(K, TEXT, spec_conversion_webhook_client_config_service_namespace, "spec", "conversion", \
          "webhook", "clientConfig", "service", "namespace")                                      \
    FIELD(K, TEXT, spec_conversion_webhook_client_config_service_name, "spec", "conversion",      \
          "webhook", "clientConfig", "service", "name")                                           \
    FIELD(K, TEXT, spec_conversion_webhook_client_config_service_path, "spec", "conversion",      \
          "webhook", "clientConfig", "service", "path")                                           \
    FIELD(K, INT32, spec_conversion_webhook_client_config_service_port, "spec", "conversion",     \
          "webhook", "clientConfig", "service", "port")                                           \
    FIELD(K, TEXT_LIST, spec_conversion_webhook_conversion_review_versions, "spec", "conversion", \
          "webhook", "conversionReviewVersions")                                                  \
    FIELD(K, TEXT, status_accepted_names_plural, "status", "acceptedNames", "plural")             \
    FIELD(K, TEXT, status_accepted_names_kind, "status", "acceptedNames", "kind")                 \
    FIELD(K, TEXT_LIST, status_stored_versions, "status", "storedVersions")                       \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(customresourcedefinition)

#ifdef __cplusplus
}
#endif
#endif

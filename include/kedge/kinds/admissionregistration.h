// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/admissionregistration.h - the kinds of admissionregistration.k8s.io/v1.
#ifndef KEDGE_KINDS_ADMISSIONREGISTRATION_H
#define KEDGE_KINDS_ADMISSIONREGISTRATION_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KEDGE_VALUES_admission_failure_policy(VALUE) \
    VALUE(KEDGE_FAILURE_IGNORE, "Ignore")            \
    VALUE(KEDGE_FAILURE_FAIL, "Fail")
KEDGE_DECLARE_ENUM(admission_failure_policy)

#define KEDGE_VALUES_admission_match_policy(VALUE) \
    VALUE(KEDGE_MATCH_EXACT, "Exact")              \
    VALUE(KEDGE_MATCH_EQUIVALENT, "Equivalent")
KEDGE_DECLARE_ENUM(admission_match_policy)

#define KEDGE_VALUES_admission_scope(VALUE)         \
    VALUE(KEDGE_ADMISSION_CLUSTER, "Cluster")       \
    VALUE(KEDGE_ADMISSION_NAMESPACED, "Namespaced") \
    VALUE(KEDGE_ADMISSION_ANY_SCOPE, "*")
KEDGE_DECLARE_ENUM(admission_scope)

#define KEDGE_VALUES_admission_reinvocation_policy(VALUE) \
    VALUE(KEDGE_REINVOCATION_NEVER, "Never")              \
    VALUE(KEDGE_REINVOCATION_IF_NEEDED, "IfNeeded")
KEDGE_DECLARE_ENUM(admission_reinvocation_policy)

// Which requests: "*" stands for all. A webhook's rules have no resource_names.
#define KEDGE_ROWS_admission_rule(FIELD, LIST, ENUM, K)  \
    FIELD(K, TEXT_LIST, operations, "operations")        \
    FIELD(K, TEXT_LIST, api_groups, "apiGroups")         \
    FIELD(K, TEXT_LIST, api_versions, "apiVersions")     \
    FIELD(K, TEXT_LIST, resources, "resources")          \
    FIELD(K, TEXT_LIST, resource_names, "resourceNames") \
    ENUM(K, admission_scope, scope, "scope")
KEDGE_DECLARE_ITEM(admission_rule)

// expression is in CEL, here and below.
#define KEDGE_ROWS_admission_match_condition(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                                   \
    FIELD(K, TEXT, expression, "expression")
KEDGE_DECLARE_ITEM(admission_match_condition)

#define KEDGE_ROWS_admission_variable(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                            \
    FIELD(K, TEXT, expression, "expression")
KEDGE_DECLARE_ITEM(admission_variable)

// admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration, MutatingWebhookConfiguration ----

#define KEDGE_VALUES_admission_side_effects(VALUE) \
    VALUE(KEDGE_SIDE_EFFECTS_UNKNOWN, "Unknown")   \
    VALUE(KEDGE_SIDE_EFFECTS_NONE, "None")         \
    VALUE(KEDGE_SIDE_EFFECTS_SOME, "Some")         \
    VALUE(KEDGE_SIDE_EFFECTS_NONE_ON_DRY_RUN, "NoneOnDryRun")
KEDGE_DECLARE_ENUM(admission_side_effects)

// Either an URL or a service. client_config_ca_bundle is the bytes of PEM. reinvocation_policy: of
// a mutating one.
#define KEDGE_ROWS_admission_webhook(FIELD, LIST, ENUM, K)                                  \
    FIELD(K, TEXT, name, "name")                                                            \
    FIELD(K, TEXT, client_config_url, "clientConfig", "url")                                \
    FIELD(K, TEXT, client_config_service_namespace, "clientConfig", "service", "namespace") \
    FIELD(K, TEXT, client_config_service_name, "clientConfig", "service", "name")           \
    FIELD(K, TEXT, client_config_service_path, "clientConfig", "service", "path")           \
    FIELD(K, INT32, client_config_service_port, "clientConfig", "service", "port")          \
    FIELD(K, BASE64, client_config_ca_bundle, "clientConfig", "caBundle")                   \
    LIST(K, admission_rule, rules, "rules")                                                 \
    ENUM(K, admission_failure_policy, failure_policy, "failurePolicy")                      \
    ENUM(K, admission_match_policy, match_policy, "matchPolicy")                            \
    FIELD(K, TEXT_MAP, namespace_selector_match_labels, "namespaceSelector", "matchLabels") \
    LIST(K, label_expression, namespace_selector_match_expressions, "namespaceSelector",    \
         "matchExpressions")                                                                \
    FIELD(K, TEXT_MAP, object_selector_match_labels, "objectSelector", "matchLabels")       \
    LIST(K, label_expression, object_selector_match_expressions, "objectSelector",          \
         "matchExpressions")                                                                \
    LIST(K, admission_match_condition, match_conditions, "matchConditions")                 \
    ENUM(K, admission_side_effects, side_effects, "sideEffects")                            \
    FIELD(K, INT32, timeout_seconds, "timeoutSeconds")                                      \
    FIELD(K, TEXT_LIST, admission_review_versions, "admissionReviewVersions")               \
    ENUM(K, admission_reinvocation_policy, reinvocation_policy, "reinvocationPolicy")
KEDGE_DECLARE_ITEM(admission_webhook)

#define KEDGE_ROWS_validatingwebhookconfiguration(FIELD, LIST, ENUM, K) \
    LIST(K, admission_webhook, webhooks, "webhooks")
KEDGE_DECLARE_KIND(validatingwebhookconfiguration)

#define KEDGE_ROWS_mutatingwebhookconfiguration(FIELD, LIST, ENUM, K) \
    LIST(K, admission_webhook, webhooks, "webhooks")
KEDGE_DECLARE_KIND(mutatingwebhookconfiguration)

// admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy ---------------------------------------

#define KEDGE_ROWS_admission_validation(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, expression, "expression")                  \
    FIELD(K, TEXT, message, "message")                        \
    FIELD(K, TEXT, message_expression, "messageExpression")   \
    FIELD(K, TEXT, reason, "reason")
KEDGE_DECLARE_ITEM(admission_validation)

#define KEDGE_ROWS_admission_audit_annotation(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, key, "key")                                      \
    FIELD(K, TEXT, value_expression, "valueExpression")
KEDGE_DECLARE_ITEM(admission_audit_annotation)

#define KEDGE_ROWS_admission_expression_warning(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, field_ref, "fieldRef")                             \
    FIELD(K, TEXT, warning, "warning")
KEDGE_DECLARE_ITEM(admission_expression_warning)

#define KEDGE_ROWS_validatingadmissionpolicy(FIELD, LIST, ENUM, K)                                 \
    ENUM(K, admission_failure_policy, spec_failure_policy, "spec", "failurePolicy")                \
    FIELD(K, TEXT, spec_param_kind_api_version, "spec", "paramKind", "apiVersion")                 \
    FIELD(K, TEXT, spec_param_kind_kind, "spec", "paramKind", "kind")                              \
    ENUM(K, admission_match_policy, spec_match_constraints_match_policy, "spec",                   \
         "matchConstraints", "matchPolicy")                                                        \
    FIELD(K, TEXT_MAP, spec_match_constraints_namespace_selector_match_labels, "spec",             \
          "matchConstraints", "namespaceSelector", "matchLabels")                                  \
    LIST(K, label_expression, spec_match_constraints_namespace_selector_match_expressions, "spec", \
         "matchConstraints", "namespaceSelector", "matchExpressions")                              \
    FIELD(K, TEXT_MAP, spec_match_constraints_object_selector_match_labels, "spec",                \
          "matchConstraints", "objectSelector", "matchLabels")                                     \
    LIST(K, label_expression, spec_match_constraints_object_selector_match_expressions, "spec",    \
         "matchConstraints", "objectSelector", "matchExpressions")                                 \
    LIST(K, admission_rule, spec_match_constraints_resource_rules, "spec", "matchConstraints",     \
         "resourceRules")                                                                          \
    LIST(K, admission_rule, spec_match_constraints_exclude_resource_rules, "spec",                 \
         "matchConstraints", "excludeResourceRules")                                               \
    LIST(K, admission_match_condition, spec_match_conditions, "spec", "matchConditions")           \
    LIST(K, admission_variable, spec_variables, "spec", "variables")                               \
    LIST(K, admission_validation, spec_validations, "spec", "validations")                         \
    LIST(K, admission_audit_annotation, spec_audit_annotations, "spec", "auditAnnotations")        \
    FIELD(K, INT64, status_observed_generation, "status", "observedGeneration")                    \
    LIST(K, admission_expression_warning, status_type_checking_expression_warnings, "status",      \
         "typeChecking", "expressionWarnings")                                                     \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(validatingadmissionpolicy)

// admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding --------------------------------

#define KEDGE_VALUES_parameter_not_found(VALUE)     \
    VALUE(KEDGE_PARAMETER_NOT_FOUND_ALLOW, "Allow") \
    VALUE(KEDGE_PARAMETER_NOT_FOUND_DENY, "Deny")
KEDGE_DECLARE_ENUM(parameter_not_found)

#define KEDGE_ROWS_validatingadmissionpolicybinding(FIELD, LIST, ENUM, K)                          \
    FIELD(K, TEXT, spec_policy_name, "spec", "policyName")                                         \
    FIELD(K, TEXT, spec_param_ref_name, "spec", "paramRef", "name")                                \
    FIELD(K, TEXT, spec_param_ref_namespace, "spec", "paramRef", "namespace")                      \
    FIELD(K, TEXT_MAP, spec_param_ref_selector_match_labels, "spec", "paramRef", "selector",       \
          "matchLabels")                                                                           \
    LIST(K, label_expression, spec_param_ref_selector_match_expressions, "spec", "paramRef",       \
         "selector", "matchExpressions")                                                           \
    ENUM(K, parameter_not_found, spec_param_ref_parameter_not_found_action, "spec", "paramRef",    \
         "parameterNotFoundAction")                                                                \
    ENUM(K, admission_match_policy, spec_match_resources_match_policy, "spec", "matchResources",   \
         "matchPolicy")                                                                            \
    FIELD(K, TEXT_MAP, spec_match_resources_namespace_selector_match_labels, "spec",               \
          "matchResources", "namespaceSelector", "matchLabels")                                    \
    LIST(K, label_expression, spec_match_resources_namespace_selector_match_expressions, "spec",   \
         "matchResources", "namespaceSelector", "matchExpressions")                                \
    FIELD(K, TEXT_MAP, spec_match_resources_object_selector_match_labels, "spec",                  \
          "matchResources", "objectSelector", "matchLabels")                                       \
    LIST(K, label_expression, spec_match_resources_object_selector_match_expressions, "spec",      \
         "matchResources", "objectSelector", "matchExpressions")                                   \
    LIST(K, admission_rule, spec_match_resources_resource_rules, "spec", "matchResources",         \
         "resourceRules")                                                                          \
    LIST(K, admission_rule, spec_match_resources_exclude_resource_rules, "spec", "matchResources", \
         "excludeResourceRules")                                                                   \
    FIELD(K, TEXT_LIST, spec_validation_actions, "spec", "validationActions")
KEDGE_DECLARE_KIND(validatingadmissionpolicybinding)

// admissionregistration.k8s.io/v1 MutatingAdmissionPolicy -----------------------------------------

#define KEDGE_VALUES_admission_patch_type(VALUE)                 \
    VALUE(KEDGE_PATCH_APPLY_CONFIGURATION, "ApplyConfiguration") \
    VALUE(KEDGE_PATCH_JSON_PATCH, "JSONPatch")
KEDGE_DECLARE_ENUM(admission_patch_type)

#define KEDGE_ROWS_admission_mutation(FIELD, LIST, ENUM, K)                            \
    ENUM(K, admission_patch_type, patch_type, "patchType")                             \
    FIELD(K, TEXT, apply_configuration_expression, "applyConfiguration", "expression") \
    FIELD(K, TEXT, json_patch_expression, "jsonPatch", "expression")
KEDGE_DECLARE_ITEM(admission_mutation)

#define KEDGE_ROWS_mutatingadmissionpolicy(FIELD, LIST, ENUM, K)                                   \
    ENUM(K, admission_failure_policy, spec_failure_policy, "spec", "failurePolicy")                \
    FIELD(K, TEXT, spec_param_kind_api_version, "spec", "paramKind", "apiVersion")                 \
    FIELD(K, TEXT, spec_param_kind_kind, "spec", "paramKind", "kind")                              \
    ENUM(K, admission_match_policy, spec_match_constraints_match_policy, "spec",                   \
         "matchConstraints", "matchPolicy")                                                        \
    FIELD(K, TEXT_MAP, spec_match_constraints_namespace_selector_match_labels, "spec",             \
          "matchConstraints", "namespaceSelector", "matchLabels")                                  \
    LIST(K, label_expression, spec_match_constraints_namespace_selector_match_expressions, "spec", \
         "matchConstraints", "namespaceSelector", "matchExpressions")                              \
    FIELD(K, TEXT_MAP, spec_match_constraints_object_selector_match_labels, "spec",                \
          "matchConstraints", "objectSelector", "matchLabels")                                     \
    LIST(K, label_expression, spec_match_constraints_object_selector_match_expressions, "spec",    \
         "matchConstraints", "objectSelector", "matchExpressions")                                 \
    LIST(K, admission_rule, spec_match_constraints_resource_rules, "spec", "matchConstraints",     \
         "resourceRules")                                                                          \
    LIST(K, admission_rule, spec_match_constraints_exclude_resource_rules, "spec",                 \
         "matchConstraints", "excludeResourceRules")                                               \
    LIST(K, admission_match_condition, spec_match_conditions, "spec", "matchConditions")           \
    LIST(K, admission_variable, spec_variables, "spec", "variables")                               \
    LIST(K, admission_mutation, spec_mutations, "spec", "mutations")                               \
    ENUM(K, admission_reinvocation_policy, spec_reinvocation_policy, "spec", "reinvocationPolicy")
KEDGE_DECLARE_KIND(mutatingadmissionpolicy)

// admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding ----------------------------------

#define KEDGE_ROWS_mutatingadmissionpolicybinding(FIELD, LIST, ENUM, K)                            \
    FIELD(K, TEXT, spec_policy_name, "spec", "policyName")                                         \
    FIELD(K, TEXT, spec_param_ref_name, "spec", "paramRef", "name")                                \
    FIELD(K, TEXT, spec_param_ref_namespace, "spec", "paramRef", "namespace")                      \
    FIELD(K, TEXT_MAP, spec_param_ref_selector_match_labels, "spec", "paramRef", "selector",       \
          "matchLabels")                                                                           \
    LIST(K, label_expression, spec_param_ref_selector_match_expressions, "spec", "paramRef",       \
         "selector", "matchExpressions")                                                           \
    ENUM(K, parameter_not_found, spec_param_ref_parameter_not_found_action, "spec", "paramRef",    \
         "parameterNotFoundAction")                                                                \
    ENUM(K, admission_match_policy, spec_match_resources_match_policy, "spec", "matchResources",   \
         "matchPolicy")                                                                            \
    FIELD(K, TEXT_MAP, spec_match_resources_namespace_selector_match_labels, "spec",               \
          "matchResources", "namespaceSelector", "matchLabels")                                    \
    LIST(K, label_expression, spec_match_resources_namespace_selector_match_expressions, "spec",   \
         "matchResources", "namespaceSelector", "matchExpressions")                                \
    FIELD(K, TEXT_MAP, spec_match_resources_object_selector_match_labels, "spec",                  \
          "matchResources", "objectSelector", "matchLabels")                                       \
    LIST(K, label_expression, spec_match_resources_object_selector_match_expressions, "spec",      \
         "matchResources", "objectSelector", "matchExpressions")                                   \
    LIST(K, admission_rule, spec_match_resources_resource_rules, "spec", "matchResources",         \
         "resourceRules")                                                                          \
    LIST(K, admission_rule, spec_match_resources_exclude_resource_rules, "spec", "matchResources", \
         "excludeResourceRules")
KEDGE_DECLARE_KIND(mutatingadmissionpolicybinding)

#ifdef __cplusplus
}
#endif
#endif

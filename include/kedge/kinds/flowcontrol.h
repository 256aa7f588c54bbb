// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/flowcontrol.h - the kinds of flowcontrol.apiserver.k8s.io/v1.
#ifndef KEDGE_KINDS_FLOWCONTROL_H
#define KEDGE_KINDS_FLOWCONTROL_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// flowcontrol.apiserver.k8s.io/v1 FlowSchema ------------------------------------------------------

#define KEDGE_VALUES_flow_subject_kind(VALUE) \
    VALUE(KEDGE_FLOW_SUBJECT_USER, "User")    \
    VALUE(KEDGE_FLOW_SUBJECT_GROUP, "Group")  \
    VALUE(KEDGE_FLOW_SUBJECT_SERVICEACCOUNT, "ServiceAccount")
KEDGE_DECLARE_ENUM(flow_subject_kind)

#define KEDGE_ROWS_flow_subject(FIELD, LIST, ENUM, K)                        \
    ENUM(K, flow_subject_kind, kind, "kind")                                 \
    FIELD(K, TEXT, user_name, "user", "name")                                \
    FIELD(K, TEXT, group_name, "group", "name")                              \
    FIELD(K, TEXT, service_account_namespace, "serviceAccount", "namespace") \
    FIELD(K, TEXT, service_account_name, "serviceAccount", "name")
KEDGE_DECLARE_ITEM(flow_subject)

#define KEDGE_ROWS_flow_resource_rule(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT_LIST, verbs, "verbs")                     \
    FIELD(K, TEXT_LIST, api_groups, "apiGroups")            \
    FIELD(K, TEXT_LIST, resources, "resources")             \
    FIELD(K, BOOL, cluster_scope, "clusterScope")           \
    FIELD(K, TEXT_LIST, namespaces, "namespaces")
KEDGE_DECLARE_ITEM(flow_resource_rule)

#define KEDGE_ROWS_flow_non_resource_rule(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT_LIST, verbs, "verbs")                         \
    FIELD(K, TEXT_LIST, non_resource_urls, "nonResourceURLs")
KEDGE_DECLARE_ITEM(flow_non_resource_rule)

#define KEDGE_ROWS_flow_rule(FIELD, LIST, ENUM, K)               \
    LIST(K, flow_subject, subjects, "subjects")                  \
    LIST(K, flow_resource_rule, resource_rules, "resourceRules") \
    LIST(K, flow_non_resource_rule, non_resource_rules, "nonResourceRules")
KEDGE_DECLARE_ITEM(flow_rule)

#define KEDGE_VALUES_flow_distinguisher(VALUE) \
    VALUE(KEDGE_FLOW_BY_USER, "ByUser")        \
    VALUE(KEDGE_FLOW_BY_NAMESPACE, "ByNamespace")
KEDGE_DECLARE_ENUM(flow_distinguisher)

#define KEDGE_ROWS_flowschema(FIELD, LIST, ENUM, K)                                              \
    FIELD(K, TEXT, spec_priority_level_configuration_name, "spec", "priorityLevelConfiguration", \
          "name")                                                                                \
    FIELD(K, INT32, spec_matching_precedence, "spec", "matchingPrecedence")                      \
    ENUM(K, flow_distinguisher, spec_distinguisher_method_type, "spec", "distinguisherMethod",   \
         "type")                                                                                 \
    LIST(K, flow_rule, spec_rules, "spec", "rules")                                              \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(flowschema)

// flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration --------------------------------------

#define KEDGE_VALUES_prioritylevel_type(VALUE)  \
    VALUE(KEDGE_PRIORITYLEVEL_EXEMPT, "Exempt") \
    VALUE(KEDGE_PRIORITYLEVEL_LIMITED, "Limited")
KEDGE_DECLARE_ENUM(prioritylevel_type)

#define KEDGE_VALUES_flow_limit_response(VALUE) \
    VALUE(KEDGE_FLOW_QUEUE, "Queue")            \
    VALUE(KEDGE_FLOW_REJECT, "Reject")
KEDGE_DECLARE_ENUM(flow_limit_response)

#define KEDGE_ROWS_prioritylevelconfiguration(FIELD, LIST, ENUM, K)                            \
    ENUM(K, prioritylevel_type, spec_type, "spec", "type")                                     \
    FIELD(K, INT32, spec_limited_nominal_concurrency_shares, "spec", "limited",                \
          "nominalConcurrencyShares")                                                          \
    FIELD(K, INT32, spec_limited_lendable_percent, "spec", "limited", "lendablePercent")       \
    FIELD(K, INT32, spec_limited_borrowing_limit_percent, "spec", "limited",                   \
          "borrowingLimitPercent")                                                             \
    ENUM(K, flow_limit_response, spec_limited_limit_response_type, "spec", "limited",          \
         "limitResponse", "type")                                                              \
    FIELD(K, INT32, spec_limited_limit_response_queuing_queues, "spec", "limited",             \
          "limitResponse", "queuing", "queues")                                                \
    FIELD(K, INT32, spec_limited_limit_response_queuing_hand_size, "spec", "limited",          \
          "limitResponse", "queuing", "handSize")                                              \
    FIELD(K, INT32, spec_limited_limit_response_queuing_queue_length_limit, "spec", "limited", \
          "limitResponse", "queuing", "queueLengthLimit")                                      \
    FIELD(K, INT32, spec_exempt_nominal_concurrency_shares, "spec", "exempt",                  \
          "nominalConcurrencyShares")                                                          \
    FIELD(K, INT32, spec_exempt_lendable_percent, "spec", "exempt", "lendablePercent")         \
    LIST(K, condition, status_conditions, "status", "conditions")
KEDGE_DECLARE_KIND(prioritylevelconfiguration)

#ifdef __cplusplus
}
#endif
#endif

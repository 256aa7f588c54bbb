// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/rbac.h - the kinds of rbac.authorization.k8s.io/v1.
#ifndef KEDGE_KINDS_RBAC_H
#define KEDGE_KINDS_RBAC_H

#include <kedge/kinds/common.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a Role and a ClusterRole allow.
#define KEDGE_ROWS_rbac_rule(FIELD, LIST, ENUM, K)       \
    FIELD(K, TEXT_LIST, verbs, "verbs")                  \
    FIELD(K, TEXT_LIST, api_groups, "apiGroups")         \
    FIELD(K, TEXT_LIST, resources, "resources")          \
    FIELD(K, TEXT_LIST, resource_names, "resourceNames") \
    FIELD(K, TEXT_LIST, non_resource_urls, "nonResourceURLs")
KEDGE_DECLARE_ITEM(rbac_rule)

#define KEDGE_VALUES_rbac_subject_kind(VALUE) \
    VALUE(KEDGE_RBAC_USER, "User")            \
    VALUE(KEDGE_RBAC_GROUP, "Group")          \
    VALUE(KEDGE_RBAC_SERVICEACCOUNT, "ServiceAccount")
KEDGE_DECLARE_ENUM(rbac_subject_kind)

// To whom a RoleBinding and a ClusterRoleBinding give it.
#define KEDGE_ROWS_rbac_subject(FIELD, LIST, ENUM, K) \
    ENUM(K, rbac_subject_kind, kind, "kind")          \
    FIELD(K, TEXT, api_group, "apiGroup")             \
    FIELD(K, TEXT, name, "name")                      \
    FIELD(K, TEXT, namespace_, "namespace")
KEDGE_DECLARE_ITEM(rbac_subject)

// rbac.authorization.k8s.io/v1 Role ---------------------------------------------------------------

#define KEDGE_ROWS_role(FIELD, LIST, ENUM, K) LIST(K, rbac_rule, rules, "rules")
KEDGE_DECLARE_KIND(role)

// rbac.authorization.k8s.io/v1 RoleBinding --------------------------------------------------------

#define KEDGE_ROWS_rolebinding(FIELD, LIST, ENUM, K)          \
    FIELD(K, TEXT, role_ref_api_group, "roleRef", "apiGroup") \
    FIELD(K, TEXT, role_ref_kind, "roleRef", "kind")          \
    FIELD(K, TEXT, role_ref_name, "roleRef", "name")          \
    LIST(K, rbac_subject, subjects, "subjects")
KEDGE_DECLARE_KIND(rolebinding)

// rbac.authorization.k8s.io/v1 ClusterRole --------------------------------------------------------

#define KEDGE_ROWS_clusterrole_selector(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT_MAP, match_labels, "matchLabels")           \
    LIST(K, label_expression, match_expressions, "matchExpressions")
KEDGE_DECLARE_ITEM(clusterrole_selector)

#define KEDGE_ROWS_clusterrole(FIELD, LIST, ENUM, K)                                          \
    LIST(K, rbac_rule, rules, "rules")                                                        \
    LIST(K, clusterrole_selector, aggregation_rule_cluster_role_selectors, "aggregationRule", \
         "clusterRoleSelectors")
KEDGE_DECLARE_KIND(clusterrole)

// rbac.authorization.k8s.io/v1 ClusterRoleBinding -------------------------------------------------

#define KEDGE_ROWS_clusterrolebinding(FIELD, LIST, ENUM, K)   \
    FIELD(K, TEXT, role_ref_api_group, "roleRef", "apiGroup") \
    FIELD(K, TEXT, role_ref_kind, "roleRef", "kind")          \
    FIELD(K, TEXT, role_ref_name, "roleRef", "name")          \
    LIST(K, rbac_subject, subjects, "subjects")
KEDGE_DECLARE_KIND(clusterrolebinding)

#ifdef __cplusplus
}
#endif
#endif

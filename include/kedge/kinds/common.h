// SPDX-License-Identifier: Apache-2.0
// kedge/kinds/common.h - what the tables of several kinds share.
#ifndef KEDGE_KINDS_COMMON_H
#define KEDGE_KINDS_COMMON_H

#include <kedge/kind.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KEDGE_VALUES_condition_status(VALUE) \
    VALUE(KEDGE_CONDITION_TRUE, "True")      \
    VALUE(KEDGE_CONDITION_FALSE, "False")    \
    VALUE(KEDGE_CONDITION_UNKNOWN, "Unknown")
KEDGE_DECLARE_ENUM(condition_status)

#define KEDGE_ROWS_condition(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, type, "type")                   \
    ENUM(K, condition_status, status, "status")    \
    FIELD(K, TEXT, reason, "reason")
KEDGE_DECLARE_ITEM(condition)

#define KEDGE_VALUES_protocol(VALUE) \
    VALUE(KEDGE_PROTOCOL_TCP, "TCP") \
    VALUE(KEDGE_PROTOCOL_UDP, "UDP") \
    VALUE(KEDGE_PROTOCOL_SCTP, "SCTP")
KEDGE_DECLARE_ENUM(protocol)

// An element of a label selector's matchExpressions.
#define KEDGE_VALUES_label_operator(VALUE) \
    VALUE(KEDGE_LABEL_IN, "In")            \
    VALUE(KEDGE_LABEL_NOT_IN, "NotIn")     \
    VALUE(KEDGE_LABEL_EXISTS, "Exists")    \
    VALUE(KEDGE_LABEL_DOES_NOT_EXIST, "DoesNotExist")
KEDGE_DECLARE_ENUM(label_operator)

#define KEDGE_ROWS_label_expression(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, key, "key")                            \
    ENUM(K, label_operator, operator_, "operator")        \
    FIELD(K, TEXT_LIST, values, "values")
KEDGE_DECLARE_ITEM(label_expression)

// What a pod template has of its containers.
#define KEDGE_ROWS_template_container(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, name, "name")                            \
    FIELD(K, TEXT, image, "image")
KEDGE_DECLARE_ITEM(template_container)

// What a node selector asks of a node's labels. Gt, Lt: one value, a whole number in digits.
#define KEDGE_VALUES_node_operator(VALUE)            \
    VALUE(KEDGE_NODE_IN, "In")                       \
    VALUE(KEDGE_NODE_NOT_IN, "NotIn")                \
    VALUE(KEDGE_NODE_EXISTS, "Exists")               \
    VALUE(KEDGE_NODE_DOES_NOT_EXIST, "DoesNotExist") \
    VALUE(KEDGE_NODE_GT, "Gt")                       \
    VALUE(KEDGE_NODE_LT, "Lt")
KEDGE_DECLARE_ENUM(node_operator)

#define KEDGE_ROWS_node_expression(FIELD, LIST, ENUM, K) \
    FIELD(K, TEXT, key, "key")                           \
    ENUM(K, node_operator, operator_, "operator")        \
    FIELD(K, TEXT_LIST, values, "values")
KEDGE_DECLARE_ITEM(node_expression)

// A node must meet all expressions of one of the terms; match_fields knows metadata.name alone.
#define KEDGE_ROWS_node_selector_term(FIELD, LIST, ENUM, K)         \
    LIST(K, node_expression, match_expressions, "matchExpressions") \
    LIST(K, node_expression, match_fields, "matchFields")
KEDGE_DECLARE_ITEM(node_selector_term)

#ifdef __cplusplus
}
#endif
#endif

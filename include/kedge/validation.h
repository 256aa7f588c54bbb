// SPDX-License-Identifier: Apache-2.0
// kedge/validation.h - what the API takes as a name, a label, a key: to be asked before it is sent.
//
//     const char *problem = kedge_label_value_problem("a b");
//     if (problem != NULL)
//         printf("the value of tier: %s\n", problem);
//
// Each gives NULL if the text is good, else what is wrong with it: static storage. NULL is no text,
// and never good. All may be called from anywhere. The rules are those of
// k8s.io/apimachinery/pkg/util/validation.
#ifndef KEDGE_VALIDATION_H
#define KEDGE_VALIDATION_H

#include <kedge/err.h>
#include <kedge/object.h>

#ifdef __cplusplus
extern "C" {
#endif

// A label's key: a name of 1 to 63 letters, digits, '-', '_' and '.' that begins
// and ends with a letter or digit; before it, if you like, a DNS subdomain and a '/'.
const char *kedge_label_key_problem(const char *text);

// A label's value: empty, or such a name.
const char *kedge_label_value_problem(const char *text);

// RFC 1123: 1 to 63 small letters, digits and '-', no '-' at either end. Namespaces.
const char *kedge_dns_label_problem(const char *text);

// RFC 1035: the same, and begins with a letter. Services.
const char *kedge_dns1035_label_problem(const char *text);

// 1 to 253 bytes: parts as in RFC 1123, of any length, joined by dots. Most objects' names.
const char *kedge_dns_subdomain_problem(const char *text);

// What may stand between the slashes of a path: not "." or "..", no '/' and no '%'. The empty text
// passes.
const char *kedge_path_segment_problem(const char *text);

// The name of a port: 1 to 15 small letters, digits and '-', at least one letter, no '-' at either
// end and no two of them together.
const char *kedge_port_name_problem(const char *text);

// A letter or '_', then letters, digits and '_'.
const char *kedge_c_identifier_problem(const char *text);

// A key of a ConfigMap or Secret: 1 to 253 letters, digits, '-', '_' and '.'; not "." or "..", nor
// beginning with "..".
const char *kedge_configmap_key_problem(const char *text);

// Annotations: every key is one as a label's, but that its DNS subdomain may have capitals, too;
// and all keys and values have 256 KiB at most.
const char *kedge_annotations_problem(const struct kedge_text_map *annotations);

// Compares two resourceVersions as numbers of any length: *order is less than 0, 0 or more than 0
// as a is older, equal or newer.
//
// KEDGE_ERR_ARGUMENT  one of them is none: empty, NULL, "0", not only digits, begins with 0
kedge_err kedge_resource_version_compare(const char *a, const char *b, int *order);

#ifdef __cplusplus
}
#endif
#endif

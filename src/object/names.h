// SPDX-License-Identifier: Apache-2.0
// names.h - what the API takes as a name.
#ifndef KEDGE_OBJECT_NAMES_H
#define KEDGE_OBJECT_NAMES_H

#include "kedge/text.h"

// What is wrong with a text that is none.
#define KEDGE__NO_LABEL_KEY                                                                     \
    "no label key: [DNS subdomain/]name, of at most 63 letters, digits, '-', '_' and '.', the " \
    "first and last a letter or digit"
#define KEDGE__NO_LABEL_VALUE                                                                    \
    "no label value: at most 63 letters, digits, '-', '_' and '.', the first and last a letter " \
    "or "                                                                                        \
    "digit"

// "", or at most 63 letters, digits, '-', '_' and '.', the first and last a letter or digit.
bool kedge__is_label_value(kedge_str s);

// A label's key: such a text, not empty, with or without a "prefix/" that is a DNS subdomain.
bool kedge__is_label_key(kedge_str s);

// An annotation's key: the same, but the prefix may have capitals, too.
bool kedge__is_annotation_key(kedge_str s);

// RFC 1123: at most 63 small letters, digits and '-', the first and last no '-'. Namespaces.
bool kedge__is_dns_label(kedge_str s);

// Parts like DNS labels of any length, joined by dots, together at most 253. Most objects' names.
bool kedge__is_dns_subdomain(kedge_str s);

// What may stand between the slashes of a path: not "." or "..", no '/' and no '%'.
bool kedge__is_path_segment(kedge_str s);

#endif

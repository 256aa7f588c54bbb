// SPDX-License-Identifier: Apache-2.0
// labels_order.h - a set of labels in the order of its keys.
#ifndef KEDGE_OBJECT_LABELS_ORDER_H
#define KEDGE_OBJECT_LABELS_ORDER_H

#include "kedge/labels.h"

// The label with the least key above `last` (NULL: the least of all); of two with one key the
// later. False: there is none.
bool kedge__labels_after(struct kedge_labels labels, const kedge_str *last,
                         struct kedge_label *least);

// As kedge_labels_text, but in the order of the keys, as a selector has its terms.
kedge_err kedge__labels_text_by_key(struct kedge_labels labels, char *buf, size_t cap, size_t *len);

#endif

// SPDX-License-Identifier: Apache-2.0
// labelled.h - objects whose labels are the words of a text, for what selects.
#ifndef FUZZ_LABELLED_H
#define FUZZ_LABELLED_H

#include "kedge/object.h"

// An object with the first words of the text as labels: each has the word `behind` it as its value.
// To be freed.
struct kedge_object *labelled(kedge_str text, size_t behind);

#endif

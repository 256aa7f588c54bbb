// SPDX-License-Identifier: Apache-2.0
// date.h - the API's Time as an object holds it.
#ifndef KEDGE_OBJECT_DATE_H
#define KEDGE_OBJECT_DATE_H

#include "kedge/time.h"

// Reads a time as kedge_timestamp_parse does, to the second: the fraction is dropped, and what is
// not between 1970 and 2106 becomes the nearest of the two. False if `text` is no time.
bool kedge__date_parse(kedge_str text, struct kedge_date *out);

#endif

// SPDX-License-Identifier: Apache-2.0
// cursor.h - a walk over elements or members in place. A value that is given back by value takes
// a place on the stack and a copy from there, each time.
#ifndef KEDGE_JSON_CURSOR_H
#define KEDGE_JSON_CURSOR_H

#include "kedge/reader.h"

// The first element or member in the container's place, if there is one, and the next in its own;
// else the absent value. False: it is absent.
bool kedge__json_enter(kedge_json_value *v);
bool kedge__json_step(kedge_json_value *v);

#endif

// SPDX-License-Identifier: Apache-2.0
// path.h - the steps of kedge_json_at, for who changes what lies at a path.
#ifndef KEDGE_JSON_PATH_H
#define KEDGE_JSON_PATH_H

#include "kedge/reader.h"

// True if the key is the place of an array's element: decimal, from 0, without leading zeros. Then
// *index is it.
bool kedge__path_index(const char *key, size_t *index);

// The value one key further; absent if there is none.
kedge_json_value kedge__path_step(kedge_json_value from, const char *key);

#endif

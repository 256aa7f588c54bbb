// SPDX-License-Identifier: Apache-2.0
// wipe.h - erases a secret so that no optimiser leaves it out.
#ifndef KEDGE_BASE_WIPE_H
#define KEDGE_BASE_WIPE_H

#include <stddef.h>

// Sets `len` bytes to zero, also where nobody reads them afterwards.
void kedge__wipe(void *memory, size_t len);

#endif

// SPDX-License-Identifier: Apache-2.0
// read.c - other threads at the caches; with KEDGE_THREADS=1 only.
#include "base/context.h"
#include "kedge/lister.h"

#if KEDGE_THREADS
void kedge_read_begin(const struct kedge *k)
{
    if (k != NULL)
        kedge__lock(k);
}

void kedge_read_end(const struct kedge *k)
{
    if (k != NULL)
        kedge__unlock(k);
}
#endif

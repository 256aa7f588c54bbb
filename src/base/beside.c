// SPDX-License-Identifier: Apache-2.0
// beside.c - waiting in a thread beside the one that polls; with KEDGE_THREADS=1 only.
#include "base/context.h"

#if KEDGE_THREADS
#define LOOK_UP (100 * KEDGE_MILLISECOND) // whether the kedge was stopped

kedge_err kedge__wait_beside(struct kedge *k, struct kedge_stream *s, uint8_t interest,
                             kedge_time until)
{
    kedge_time soon = kedge__after(kedge__clock(k), LOOK_UP);
    kedge_time deadline = (until < soon ? until : soon) - k->clock_ahead;
    while (s != NULL && s->below != NULL)
        s = s->below;
    struct kedge_wait w = {s, interest, 0};
    kedge__unlock(k);
    kedge_err err = k->port->wait_in_thread(k->port, &w, s != NULL ? 1 : 0, deadline);
    kedge__lock(k);
    return err;
}
#endif

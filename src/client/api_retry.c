// SPDX-License-Identifier: Apache-2.0
// api_retry.c - client-go's RetryOnConflict: DefaultRetry is 5 steps, 10 ms, factor 1, jitter 0.1.
#include "client/rest_priv.h"
#include "kedge/api.h"

#define STEPS  5
#define PAUSE  (10 * KEDGE_MILLISECOND)
#define JITTER 10 // percent

// With the lock held; lets go of it meanwhile.
static kedge_err wait_until(struct kedge_rest *rest, kedge_time until)
{
    struct kedge *k = rest->client->k;
    if (kedge__rest_is_beside(rest))
        return kedge__wait_beside(k, NULL, KEDGE_INTEREST_NONE, until);
    kedge_time deadline = until - k->clock_ahead;
    kedge__unlock(k);
    kedge_err err = k->port->wait(k->port, NULL, 0, deadline);
    kedge__lock(k);
    return err;
}

// Waits for so long, or until kedge_stop.
static kedge_err pause_for(struct kedge_rest *rest, struct kedge_backoff *pause)
{
    struct kedge *k = rest->client->k;
    kedge_err err = KEDGE_OK;
    kedge__lock(k);
    kedge_time now = kedge__clock(k);
    kedge_time until = now + kedge_backoff_next(pause, now);
    while (err == KEDGE_OK && k->stopped == 0 && now < until) {
        err = wait_until(rest, until);
        now = kedge__clock(k);
    }
    kedge__unlock(k);
    return err;
}

static bool is_conflict(const struct kedge_rest *rest, kedge_err err)
{
    return err == KEDGE_ERR_API && kedge_status_is_conflict(kedge_rest_status(rest));
}

kedge_err kedge_retry_on_conflict(struct kedge_rest *rest, kedge_err (*attempt)(void *ctx),
                                  void *ctx)
{
    struct kedge_backoff pause;
    if (rest == NULL || attempt == NULL)
        return KEDGE_ERR_ARGUMENT;
    struct kedge *k = rest->client->k;
    kedge__lock(k);
    uint64_t seed = kedge__random_next64(&rest->client->random);
    kedge__unlock(k);
    kedge_backoff_init(&pause, PAUSE, 0, 100, JITTER, KEDGE_FOREVER, seed);
    kedge_err err = attempt(ctx);
    for (int step = 1; step < STEPS && is_conflict(rest, err); step++) {
        kedge_err waited = pause_for(rest, &pause);
        if (waited != KEDGE_OK)
            return waited;
        if (k->stopped != 0)
            return err;
        err = attempt(ctx);
    }
    return err;
}

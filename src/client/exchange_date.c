// SPDX-License-Identifier: Apache-2.0
// exchange_date.c - the calendar of a device that has none: what the server's replies say.
//
// The first reply comes over a connection whose certificates could not be judged by their dates, so
// it is judged by the date in it, before a byte of its body is handed on, and only then is the date
// believed. config.h says how far that can be trusted.
#include "client/exchange.h"

static kedge_err check(struct kedge__connection *c, kedge_timestamp now, const char **problem)
{
    kedge_err err = KEDGE_OK;
    // A proxy's TLS lies under the server's.
    for (struct kedge_stream *s = c->stream; s != NULL && err == KEDGE_OK; s = s->below) {
        err = kedge_tls_check_dates(s, now);
        *problem = err != KEDGE_OK ? kedge_tls_problem(s) : NULL;
    }
    return err;
}

kedge_err kedge__exchange_judge_date(struct kedge__connection *c, kedge_time now,
                                     const char **problem)
{
    struct kedge *k = c->client->k;
    kedge_timestamp date = c->response.date;
    *problem = NULL;
    if (!c->client->clock_from_server)
        return KEDGE_OK;
    kedge_timestamp known = kedge_wall_clock(k);
    kedge_err err = check(c, known > 0 ? known : date, problem);
    if (err == KEDGE_OK && date > 0)
        kedge__wall_tell(k, date, c->asked, now);
    return err;
}

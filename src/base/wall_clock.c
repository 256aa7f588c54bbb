// SPDX-License-Identifier: Apache-2.0
// wall_clock.c - the calendar: the port's, or what a server has said on our clock.
//
// Who says at `date` that it is that time, and is heard at `now` in answer to what was asked at
// `asked`, leaves an interval for the truth: not before the second that was named, not later than
// its end and the whole way there and back. What we have is moved into it, and no farther: so
// neither the second that dates are cut to nor a slow answer makes the calendar jump.
#include "base/context.h"

kedge_timestamp kedge_wall_clock(struct kedge *k)
{
    if (k == NULL)
        return 0;
    kedge_timestamp own = k->port->wall_clock != NULL ? k->port->wall_clock(k->port) : 0;
    if (own > 0)
        return own;
    kedge__lock(k); // another thread's reply may tell it meanwhile
    kedge_timestamp told = k->wall_told ? k->wall_at_zero + kedge__clock(k) * 1000 : own;
    kedge__unlock(k);
    return told;
}

void kedge__wall_tell(struct kedge *k, kedge_timestamp date, kedge_time asked, kedge_time now)
{
    kedge_timestamp low = date - now * 1000;
    kedge_timestamp high = low + (KEDGE_SECOND + now - asked) * 1000;
    if (!k->wall_told)
        k->wall_at_zero = low + (high - low) / 2;
    else if (k->wall_at_zero < low)
        k->wall_at_zero = low;
    else if (k->wall_at_zero > high)
        k->wall_at_zero = high;
    k->wall_told = true;
}

// SPDX-License-Identifier: Apache-2.0
// clock.c - the two clocks.
#define _POSIX_C_SOURCE 200809L

#include "posix_priv.h"

#include <time.h>

// The clock that counts sleep as well, where there is one: a device that slept for an hour has old
// caches and old tokens.
#ifdef CLOCK_BOOTTIME
#define STEADY_CLOCK CLOCK_BOOTTIME
#else
#define STEADY_CLOCK CLOCK_MONOTONIC
#endif

kedge_time kedge__posix_clock(const struct kedge_port *port)
{
    (void)port;
    struct timespec t = {0, 0};
    // A kernel older than the headers may not know CLOCK_BOOTTIME; POSIX has the other.
    if (clock_gettime(STEADY_CLOCK, &t) != 0)
        clock_gettime(CLOCK_MONOTONIC, &t);
    return (kedge_time)t.tv_sec * KEDGE_SECOND + (kedge_time)(t.tv_nsec / 1000000);
}

kedge_timestamp kedge__posix_wall_clock(const struct kedge_port *port)
{
    (void)port;
    struct timespec t = {0, 0};
    clock_gettime(CLOCK_REALTIME, &t);
    return (kedge_timestamp)t.tv_sec * 1000000 + (kedge_timestamp)(t.tv_nsec / 1000);
}

// SPDX-License-Identifier: Apache-2.0
// kedge/time.h - durations and moments.
#ifndef KEDGE_TIME_H
#define KEDGE_TIME_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A duration, or a moment of the port's monotonic clock, in milliseconds.
typedef int64_t kedge_time;

#define KEDGE_MILLISECOND ((kedge_time)1)
#define KEDGE_SECOND      ((kedge_time)1000)
#define KEDGE_MINUTE      ((kedge_time)60000)
#define KEDGE_HOUR        ((kedge_time)3600000)

// No deadline: wait for ever.
#define KEDGE_FOREVER INT64_MAX

// A moment of the calendar: microseconds since 1970-01-01T00:00:00Z (the precision of the API's
// MicroTime). Times of the API (creationTimestamp, renewTime, ...) are kept as these.
typedef int64_t kedge_timestamp;

#ifdef __cplusplus
}
#endif
#endif

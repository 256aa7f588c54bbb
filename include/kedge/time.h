// SPDX-License-Identifier: Apache-2.0
// kedge/time.h - durations and moments.
#ifndef KEDGE_TIME_H
#define KEDGE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kedge/text.h>

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
// MicroTime). Objects have these where the API has a MicroTime: a Lease's renewTime.
typedef int64_t kedge_timestamp;

// A moment of the calendar in an object, to the second, as the API's Time (creationTimestamp,
// startTime): its fraction is dropped. What is not between 1970 and 2106-02-07T06:28:15Z is kept as
// the nearest of the two. A struct, so that nobody takes it for microseconds; it may be copied and
// assigned.
struct kedge_date {
    uint32_t seconds; // since 1970-01-01T00:00:00Z; 0: absent
};

// The same in microseconds: 0 stays 0.
static inline kedge_timestamp kedge_timestamp_of(struct kedge_date date)
{
    return (kedge_timestamp)date.seconds * 1000000;
}

// Reads RFC 3339 as Go does: "2026-11-23T04:16:24Z", "2026-11-23T05:16:24.123456+01:00"; T and Z in
// capitals, two digits each, the years 0000 to 9999, no leap second (60 is refused). Digits behind
// the microseconds are read and dropped. True if `text` is such a time; then *out is it, else it is
// not touched.
bool kedge_timestamp_parse(kedge_str text, kedge_timestamp *out);

// Room for every time and a NUL.
#define KEDGE_TIMESTAMP_TEXT 28

// Writes `t` as the API does, in UTC: "2026-11-23T04:16:24Z", or with `micro`
// "2026-11-23T04:16:24.123456Z" (its MicroTime; without, the fraction is dropped), and a NUL.
// Returns the length without the NUL; 0, and "", for a year outside 0000 to 9999.
size_t kedge_timestamp_format(kedge_timestamp t, bool micro, char buf[KEDGE_TIMESTAMP_TEXT]);

#ifdef __cplusplus
}
#endif
#endif

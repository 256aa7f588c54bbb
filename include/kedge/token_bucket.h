// SPDX-License-Identifier: Apache-2.0
// kedge/token_bucket.h - a client-side rate limit, as client-go's flowcontrol token bucket.
//
//     struct kedge_token_bucket b;
//     kedge_token_bucket_init(&b, 5.0f, 10);                  // 5 a second, 10 at once
//     send_at = now + kedge_token_bucket_take(&b, now);
//
// Starts full. Every taker is promised a token: who comes when there is none is told how long to
// wait for his, and later takers wait longer. Several clients may share one.
#ifndef KEDGE_TOKEN_BUCKET_H
#define KEDGE_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include <kedge/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kedge_token_bucket {
    // Private.
    int64_t interval; // one token's worth of time, in 1/1,048,576 ms; 0: no limit
    int64_t depth;    // `burst` tokens' worth
    int64_t level;    // what is there; negative: promised
    kedge_time filled;
    bool running;
};

// Makes a full bucket for `qps` tokens a second (0.001 to 1,000,000; outside it is brought inside)
// that holds `burst` of them. `qps` 0 is client-go's default of 5, negative is no limit; `burst` 0
// or less is 10.
void kedge_token_bucket_init(struct kedge_token_bucket *b, float qps, int burst);

// Takes one token and returns how many ms to wait for it, rounded up: 0 if there is one. `now` is
// of the port's clock; a clock that goes back adds nothing.
kedge_time kedge_token_bucket_take(struct kedge_token_bucket *b, kedge_time now);

// Takes one token if there is one now, and tells so. Else nothing changes.
bool kedge_token_bucket_try(struct kedge_token_bucket *b, kedge_time now);

// Gives a token back that was taken and not used, as when its wait was cancelled.
void kedge_token_bucket_put_back(struct kedge_token_bucket *b);

#ifdef __cplusplus
}
#endif
#endif

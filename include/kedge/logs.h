// SPDX-License-Identifier: Apache-2.0
// kedge/logs.h - the log of a container, whole or as it is written, in constant memory.
//
//     static kedge_err print(void *ctx, kedge_str bytes)
//     {
//         return fwrite(bytes.ptr, 1, bytes.len, stdout) == bytes.len ? KEDGE_OK : KEDGE_ERR_IO;
//     }
//
//     struct kedge_log_options log = {
//         .namespace_ = "default", .pod = "web-0", .follow = true, .tail_lines = KEDGE_JUST(10),
//     };
//     kedge_logs_stream(rest, &log, print, NULL);
//
// Bytes come as the container wrote them, cut anywhere; struct kedge_lines makes lines of them.
#ifndef KEDGE_LOGS_H
#define KEDGE_LOGS_H

#include <kedge/rest.h>

#ifdef __cplusplus
extern "C" {
#endif

// PodLogOptions of core/v1. Zero means unset; an unset number is told from 0 (KEDGE_JUST).
struct kedge_log_options {
    const char *namespace_;           // of the pod; required
    const char *pod;                  // its name; required
    const char *container;            // NULL: the only one; of several the server refuses (400)
    bool follow;                      // goes on as long as the container runs
    bool previous;                    // of the container before its last restart
    bool timestamps;                  // RFC 3339 and a blank before each line
    struct kedge_maybe tail_lines;    // only so many, from the end
    struct kedge_maybe since_seconds; // not older than that; at least 1. Or:
    kedge_timestamp since_time;       // not older than this moment, whole seconds; 0: unset
    struct kedge_maybe limit_bytes;   // ends after so many; at least 1
    // Only with all options unset that count lines: "Stdout" or "Stderr". NULL: both.
    const char *stream;
    // The server does not check who the node is that it asks.
    bool insecure_skip_tls_verify_backend;
};

// Makes the request and hands the log to `sink` as it comes, until it ends: the container has, or
// the server closes it. kedge_stop and the sink end it before. A log that is followed may be silent
// for any time; the port's keep-alive finds a peer that is gone.
//
// KEDGE_OK       the log has ended
// KEDGE_ERR_API  refused: kedge_rest_status is 400 BadRequest where the container is not there, has
//                not started or (`previous`) was not restarted, 404 where there is no pod
// KEDGE_ERR_ARGUMENT  no pod or namespace, or since_seconds and since_time are both set
// otherwise      as kedge_rest_stream; the log is cut off then
kedge_err kedge_logs_stream(struct kedge_rest *rest, const struct kedge_log_options *options,
                            kedge_sink sink, void *ctx);

// The same in the loop, as kedge_rest_start. kedge_rest_cancel ends it. Texts of the options are
// borrowed until the request has ended; the struct is not.
kedge_err kedge_logs_start(struct kedge_rest *rest, const struct kedge_log_options *options,
                           kedge_sink sink, void (*done)(void *ctx, kedge_err err), void *ctx);

// Lines out of bytes that are cut anywhere, of bounded length.
//
//     static char room[4096];
//     struct kedge_lines lines;
//     kedge_lines_init(&lines, room, sizeof room, line, me);
//     if (kedge_logs_stream(rest, &log, kedge_lines_sink, &lines) == KEDGE_OK)
//         kedge_lines_finish(&lines);
struct kedge_lines {
    // Private.
    char *buf;
    size_t cap;
    size_t len;   // bytes of the line at hand, in buf
    size_t taken; // of a run that is offered again
    bool full;    // what is in buf waits for being delivered
    bool more;    // `full`: and its line goes on
    kedge_err (*line)(void *ctx, kedge_str line, bool more);
    void *ctx;
};

// `line` is given each line without its newline. One that is longer than `cap` bytes comes in
// pieces of `cap`, each but its last with `more`. Anything but KEDGE_OK that it answers is what
// kedge_lines_sink answers; after KEDGE_WAIT the line comes again. The slice is good until it
// returns. `buf` is `cap` (at least 1) bytes of yours that outlive it.
void kedge_lines_init(struct kedge_lines *lines, char *buf, size_t cap,
                      kedge_err (*line)(void *ctx, kedge_str line, bool more), void *ctx);

// A kedge_sink; `ctx` is the struct kedge_lines.
kedge_err kedge_lines_sink(void *ctx, kedge_str bytes);

// No more bytes come: delivers a last line without a newline, if there is one. What `line` answers.
kedge_err kedge_lines_finish(struct kedge_lines *lines);

#ifdef __cplusplus
}
#endif
#endif

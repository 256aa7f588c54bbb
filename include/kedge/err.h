// SPDX-License-Identifier: Apache-2.0
// kedge/err.h - every way a call can end.
//
// KEDGE_OK is 0. Every other value is negative, has one meaning and one remedy, so an `int` result
// may be a count when it is not negative. KEDGE_WANT_READ and KEDGE_WANT_WRITE are answers, not
// failures: nothing was lost, call again when the stream is ready.
#ifndef KEDGE_ERR_H
#define KEDGE_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum kedge_err {
    KEDGE_OK = 0,
    KEDGE_WANT_READ = -1,        // call again when the stream can be read
    KEDGE_WANT_WRITE = -2,       // call again when the stream can be written
    KEDGE_WAIT = -3,             // call again later: something queued will make room
    KEDGE_ERR_ARGUMENT = -4,     // a bug of the caller: NULL, out of range, a name that is no name
    KEDGE_ERR_MEMORY = -5,       // the block given to kedge_init is too small: give more
    KEDGE_ERR_FULL = -6,         // a table or the heap is full: raise its limit or wait for deletes
    KEDGE_ERR_TOO_LONG = -7,     // a text or object is over its limit: raise the limit named
    KEDGE_ERR_NOT_FOUND = -8,    // there is no such object, file, key or context
    KEDGE_ERR_EXISTS = -9,       // there is already one of that name
    KEDGE_ERR_STALE = -10,       // the cache is known to be incomplete and cannot answer
    KEDGE_ERR_CONFIG = -11,      // the configuration is wrong: correct the place named
    KEDGE_ERR_NOT_IN_POD = -12,  // no in-cluster environment: give a kubeconfig
    KEDGE_ERR_FILE = -13,        // a file cannot be read: check path and permissions
    KEDGE_ERR_RESOLVE = -14,     // the host name has no address: check name and DNS
    KEDGE_ERR_CONNECT = -15,     // nobody accepts connections there: check address and network
    KEDGE_ERR_IO = -16,          // the connection broke: try again
    KEDGE_ERR_CLOSED = -17,      // the peer ended the stream in good order
    KEDGE_ERR_TLS = -18,         // the TLS handshake or a record failed
    KEDGE_ERR_CERTIFICATE = -19, // the server's certificate is not to be trusted: check CA and name
    KEDGE_ERR_HTTP = -20,        // the peer does not speak HTTP/1.1 as it should
    KEDGE_ERR_JSON = -21,        // the body is not the JSON it should be
    KEDGE_ERR_API = -22,         // the API server refused: look at the Status
    KEDGE_ERR_TIMEOUT = -23,     // the deadline passed
    KEDGE_ERR_STOPPED = -24,     // kedge_stop or a stop of the object ended it
    KEDGE_ERR_REENTRANT = -25,   // called from a handler, where it must not be
    KEDGE_ERR_STATE = -26, // too early or too late for this call (already started, not started)
    KEDGE_ERR_UNSUPPORTED = -27, // this build or this port does not have it
    KEDGE_ERR_ENTROPY = -28,     // the port has no random bytes
    KEDGE_ERR_PARTIAL = -29,     // some could not be had, the rest was told: see which, try again
    KEDGE_ERR_AMBIGUOUS = -30    // several have that name: name group or version too
} kedge_err;

// One sentence: what happened and what helps. Static storage; never NULL, also for unknown values.
const char *kedge_err_text(kedge_err err);

// The constant's own name, such as "KEDGE_ERR_FULL". Static storage; never NULL.
const char *kedge_err_name(kedge_err err);

#ifdef __cplusplus
}
#endif
#endif

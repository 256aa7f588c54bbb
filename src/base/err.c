// SPDX-License-Identifier: Apache-2.0
#include "kedge/err.h"

#include <stddef.h>

struct entry {
    const char *name;
    const char *text;
};

// In the order of the enum, KEDGE_OK first.
static const struct entry entries[] = {
    {"KEDGE_OK", "all is well"},
    {"KEDGE_WANT_READ", "nothing to read yet: call again when the stream can be read"},
    {"KEDGE_WANT_WRITE", "cannot write yet: call again when the stream can be written"},
    {"KEDGE_WAIT", "no room yet, but something queued will make some: call again later"},
    {"KEDGE_ERR_ARGUMENT", "an argument is NULL, out of range or malformed"},
    {"KEDGE_ERR_MEMORY", "the memory given to kedge_init is too small: give a larger block"},
    {"KEDGE_ERR_FULL", "a fixed table or the heap is full: raise its limit or wait for deletes"},
    {"KEDGE_ERR_TOO_LONG", "a text or an object is over its limit: raise that limit"},
    {"KEDGE_ERR_NOT_FOUND", "there is nothing of that name"},
    {"KEDGE_ERR_EXISTS", "there is already something of that name"},
    {"KEDGE_ERR_STALE", "the cache is known to be incomplete and cannot tell"},
    {"KEDGE_ERR_CONFIG", "the configuration is wrong"},
    {"KEDGE_ERR_NOT_IN_POD", "not running in a pod: give a kubeconfig"},
    {"KEDGE_ERR_FILE", "a file cannot be read: check its path and permissions"},
    {"KEDGE_ERR_RESOLVE", "the host name has no address: check the name and DNS"},
    {"KEDGE_ERR_CONNECT", "nobody accepts connections there: check address and network"},
    {"KEDGE_ERR_IO", "the connection broke"},
    {"KEDGE_ERR_CLOSED", "the peer closed the connection"},
    {"KEDGE_ERR_TLS", "TLS failed"},
    {"KEDGE_ERR_CERTIFICATE", "the server's certificate is not to be trusted: check CA and name"},
    {"KEDGE_ERR_HTTP", "the peer does not speak HTTP/1.1 as it should"},
    {"KEDGE_ERR_JSON", "the reply is not the JSON it should be"},
    {"KEDGE_ERR_API", "the API server refused: look at the status"},
    {"KEDGE_ERR_TIMEOUT", "the deadline passed"},
    {"KEDGE_ERR_STOPPED", "stopped"},
    {"KEDGE_ERR_REENTRANT", "must not be called from a handler"},
    {"KEDGE_ERR_STATE", "too early or too late for this call"},
    {"KEDGE_ERR_UNSUPPORTED", "not part of this build or this port"},
    {"KEDGE_ERR_ENTROPY", "the port has no random bytes"},
};

static const struct entry unknown = {"KEDGE_ERR_?", "no error of kedge has this number"};

static const struct entry *find(kedge_err err)
{
    int at = -(int)err;
    return at >= 0 && (size_t)at < sizeof entries / sizeof entries[0] ? &entries[at] : &unknown;
}

const char *kedge_err_text(kedge_err err)
{
    return find(err)->text;
}

const char *kedge_err_name(kedge_err err)
{
    return find(err)->name;
}

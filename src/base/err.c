// SPDX-License-Identifier: Apache-2.0
// err.c - the names and the texts are two lists, so that a program without one of them links only
// the other. In both, each is ended by a NUL, in the order of the enum, KEDGE_OK first.
#include "kedge/err.h"

#include <stddef.h>
#include <string.h>

static const char names[] = "KEDGE_OK\0"
                            "KEDGE_WANT_READ\0"
                            "KEDGE_WANT_WRITE\0"
                            "KEDGE_WAIT\0"
                            "KEDGE_ERR_ARGUMENT\0"
                            "KEDGE_ERR_MEMORY\0"
                            "KEDGE_ERR_FULL\0"
                            "KEDGE_ERR_TOO_LONG\0"
                            "KEDGE_ERR_NOT_FOUND\0"
                            "KEDGE_ERR_EXISTS\0"
                            "KEDGE_ERR_STALE\0"
                            "KEDGE_ERR_CONFIG\0"
                            "KEDGE_ERR_NOT_IN_POD\0"
                            "KEDGE_ERR_FILE\0"
                            "KEDGE_ERR_RESOLVE\0"
                            "KEDGE_ERR_CONNECT\0"
                            "KEDGE_ERR_IO\0"
                            "KEDGE_ERR_CLOSED\0"
                            "KEDGE_ERR_TLS\0"
                            "KEDGE_ERR_CERTIFICATE\0"
                            "KEDGE_ERR_HTTP\0"
                            "KEDGE_ERR_JSON\0"
                            "KEDGE_ERR_API\0"
                            "KEDGE_ERR_TIMEOUT\0"
                            "KEDGE_ERR_STOPPED\0"
                            "KEDGE_ERR_REENTRANT\0"
                            "KEDGE_ERR_STATE\0"
                            "KEDGE_ERR_UNSUPPORTED\0"
                            "KEDGE_ERR_ENTROPY\0"
                            "KEDGE_ERR_PARTIAL\0"
                            "KEDGE_ERR_AMBIGUOUS\0";

static const char texts[] =
    "all is well\0"
    "nothing to read yet: call again when the stream can be read\0"
    "cannot write yet: call again when the stream can be written\0"
    "no room yet, but something queued will make some: call again later\0"
    "an argument is NULL, out of range or malformed\0"
    "the memory given to kedge_init is too small: give a larger block\0"
    "a fixed table or the heap is full: raise its limit or wait for deletes\0"
    "a text or an object is over its limit: raise that limit\0"
    "there is nothing of that name\0"
    "there is already something of that name\0"
    "the cache is known to be incomplete and cannot tell\0"
    "the configuration is wrong\0"
    "not running in a pod: give a kubeconfig\0"
    "a file cannot be read: check its path and permissions\0"
    "the host name has no address: check the name and DNS\0"
    "nobody accepts connections there: check address and network\0"
    "the connection broke\0"
    "the peer closed the connection\0"
    "TLS failed\0"
    "the server's certificate is not to be trusted: check CA and name\0"
    "the peer does not speak HTTP/1.1 as it should\0"
    "the reply is not the JSON it should be\0"
    "the API server refused: look at the status\0"
    "the deadline passed\0"
    "stopped\0"
    "must not be called from a handler\0"
    "too early or too late for this call\0"
    "not part of this build or this port\0"
    "the port has no random bytes\0"
    "some could not be had: see which, and try again\0"
    "several have that name: name group or version too\0";

// The text of `err` in a list, or `unknown` if the list does not go so far.
static const char *find(const char *list, kedge_err err, const char *unknown)
{
    int at = -(int)err;
    for (; at > 0 && *list != '\0'; at--)
        list += strlen(list) + 1;
    return at == 0 && *list != '\0' ? list : unknown;
}

const char *kedge_err_text(kedge_err err)
{
    return find(texts, err, "no error of kedge has this number");
}

const char *kedge_err_name(kedge_err err)
{
    return find(names, err, "KEDGE_ERR_?");
}

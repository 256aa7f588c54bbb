// SPDX-License-Identifier: Apache-2.0
// node_priv.h - what the files of the node agent kit share.
#ifndef KEDGE_TOOLS_NODE_PRIV_H
#define KEDGE_TOOLS_NODE_PRIV_H

#include "client/rest_priv.h"
#include "kedge/api.h"
#include "kedge/writer.h"

#define KEDGE__NODE_NAME    254 // bytes of an object's name with its NUL
#define KEDGE__NODE_UID     64
#define KEDGE__VERSION_TEXT 64

// The name of the node that is given, else of the environment, copied into the arena. NULL: the
// kedge's first failure says why.
const char *kedge__node_name(struct kedge *k, const char *given);

// Takes a text whole or, where it does not fit `cap` bytes with its NUL, not at all: then "".
bool kedge__node_keep(char *buf, size_t cap, const char *text);

// "key":"text", or nothing where the text is NULL.
void kedge__node_put(struct kedge_writer *w, const char *key, const char *text);
// "key":"2026-...Z", or nothing where the time is 0.
void kedge__node_put_time(struct kedge_writer *w, const char *key, kedge_timestamp t, bool micro);

// The clock, for what the loop calls with the lock and the program without.
static inline kedge_time kedge__node_clock(struct kedge *k)
{
    kedge__lock(k);
    kedge_time now = kedge__clock(k);
    kedge__unlock(k);
    return now;
}

// Since when a condition is what it is.
struct kedge__since {
    uint32_t type; // a hash of the condition's name; 0: free
    uint8_t status;
    kedge_timestamp at; // 0: since before this start; the server knows it
};

// The place in which a condition of that type is remembered, or a free one, or else the last.
struct kedge__since *kedge__since_of(struct kedge__since *all, size_t count, const char *type);
// It is that now.
void kedge__since_note(struct kedge__since *since, unsigned status, kedge_timestamp now);

#endif

// SPDX-License-Identifier: Apache-2.0
// posix_priv.h - what the files of this port share. Include it after the feature macros.
#ifndef KEDGE_POSIX_PRIV_H
#define KEDGE_POSIX_PRIV_H

#include <kedge/posix.h>

#include <netinet/in.h>
#include <sys/socket.h>

// Addresses tried for one name, in the resolver's order.
#define ADDRESSES_MAX 8

union posix_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct posix_addresses {
    uint32_t count; // 0: the name has none
    union posix_address list[ADDRESSES_MAX];
};

// A stream's life:
//
//   CLOSED --open--> RESOLVING --> CONNECTING --> CONNECTED
//      ^  (a literal:  ............^)  | ^next address
//      +------- close, or open failed -+-----+
//
// `fd` is the look-up's while RESOLVING, the TCP socket's afterwards; so one poll serves both.
// A command's stream (exec.c): CLOSED, then CONNECTED while there may be output, then ENDING,
// without a descriptor, until the process has ended too.
enum posix_state { CLOSED, RESOLVING, CONNECTING, CONNECTED, ENDING };

struct posix_stream {
    struct kedge_stream stream;
    enum posix_state state;
    int fd; // -1: none
    uint16_t port;
    uint32_t next;       // the address to try next
    bool refused;        // an address answered, or the network did: it is no failure of ours
    kedge_time give_up;  // the connection as a whole
    kedge_time turn_end; // the address being tried, if there is another
    struct posix_addresses addresses;
};

extern const struct kedge_stream_ops kedge__posix_stream_ops;
void kedge__posix_stream_init(const struct kedge_port *port, struct kedge_stream *s);
// When an opening stream wants its open called though nothing came; else KEDGE_FOREVER.
kedge_time kedge__posix_stream_deadline(const struct posix_stream *s);

// Reads an address in figures. False if `host` is none.
bool kedge__posix_literal(const char *host, struct posix_addresses *out);
// Starts to look a name up and returns the descriptor that becomes readable when the answer is
// there, or -1. Closing it abandons the look-up.
int kedge__posix_lookup_start(const char *host);
// Takes the answer. False: not there yet. A failed look-up is an answer without addresses.
bool kedge__posix_lookup_take(int fd, struct posix_addresses *out);

kedge_err kedge__posix_wait(const struct kedge_port *port, struct kedge_wait *list, size_t count,
                            kedge_time deadline);
void kedge__posix_wake(const struct kedge_port *port);
bool kedge__posix_wake_open(struct kedge_posix_port *p);
void kedge__posix_wake_close(struct kedge_posix_port *p);

kedge_time kedge__posix_clock(const struct kedge_port *port);
kedge_timestamp kedge__posix_wall_clock(const struct kedge_port *port);
kedge_err kedge__posix_entropy(const struct kedge_port *port, void *buf, size_t len);
// Opens a file to read it, whatever signals come; -1 and errno if it cannot be.
int kedge__posix_open(const char *path);
int kedge__posix_file(const struct kedge_port *port, const char *path, size_t offset, void *buf,
                      size_t cap);
const char *kedge__posix_environment(const struct kedge_port *port, const char *name);

// exec.c
extern const struct kedge_port_processes kedge__posix_processes;

#if KEDGE_THREADS
kedge_err kedge__posix_wait_in_thread(const struct kedge_port *port, struct kedge_wait *list,
                                      size_t count, kedge_time deadline);
#define POSIX_WAIT_IN_THREAD kedge__posix_wait_in_thread
void kedge__posix_lock(const struct kedge_port *port, enum kedge_lock_op op);
#define POSIX_LOCK kedge__posix_lock
#else
#define POSIX_WAIT_IN_THREAD NULL
#define POSIX_LOCK           NULL
#endif

#endif

// SPDX-License-Identifier: Apache-2.0
// fake_port.h - a port for unit tests: virtual time, seeded randomness, and streams to a peer in
// memory, with every way a platform can be unkind.
//
//     struct fake_port p;
//     fake_port_init(&p, 1);
//     p.peer = &my_peer;                        // who answers connections; NULL: nobody listens
//     p.cruelty.read_max = 1;
//     struct kedge *k = kedge_init(memory, sizeof memory, &p.port);
//     ...
//     fake_port_check(&p);                      // every stream was closed
//
// wait() never sleeps: where nothing is ready it moves the clock to the next thing that happens.
// Where nothing ever will, it fails and sets `stuck`, so a test that waits for ever ends.
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kedge/loop.h"
#include "kedge/port.h"

// The clock of a fresh port: not 0, so that who confuses moments with durations is found out.
#define FAKE_PORT_START ((kedge_time)1000000)

enum fake_state {
    FAKE_OPEN,
    FAKE_CLOSED, // the peer closed in order, all its bytes were taken
    FAKE_RESET,  // the peer broke the connection off
};

// Who is at the other end. `ctx` is the port's peer_ctx, `connection` what `open` returned.
struct fake_peer {
    // A new connection, or NULL: refused.
    void *(*open)(void *ctx, const char *host, uint16_t port);
    // Takes bytes from the client and returns how many; 0: not now.
    size_t (*feed)(void *connection, const void *bytes, size_t len);
    // Gives up to `cap` bytes for the client; 0: none now.
    size_t (*output)(void *connection, void *buf, size_t cap);
    enum fake_state (*state)(void *connection);
    // The client closed; frees the connection.
    void (*close)(void *connection);
    // The clock is at `now`, and when to be called next (KEDGE_FOREVER: no need). Both may be NULL.
    void (*tick)(void *ctx, kedge_time now);
    kedge_time (*next)(void *ctx);
};

// The calls that can be made to fail.
enum fake_call {
    FAKE_CALL_OPEN = 1,  // answers KEDGE_ERR_CONNECT
    FAKE_CALL_READ = 2,  // KEDGE_ERR_IO, and the stream stays broken
    FAKE_CALL_WRITE = 4, // the same
    FAKE_CALL_WAIT = 8,  // KEDGE_ERR_IO
    FAKE_CALL_ENTROPY = 16,
    FAKE_CALL_FILE = 32, // KEDGE_ERR_FILE
    FAKE_CALL_STREAM = FAKE_CALL_OPEN | FAKE_CALL_READ | FAKE_CALL_WRITE
};

// May be changed at any time; zero is kind.
struct fake_cruelty {
    size_t read_max;   // bytes a read gives at most; 0: all there are
    size_t write_max;  // bytes a write takes at most
    bool random_sizes; // 1 to read_max (write_max) bytes by chance, in place of as many as can be
    unsigned block_every;   // each n-th read or write would block; 1 is treated as 2. 0: none
    unsigned connect_steps; // open would block so often
    bool no_such_host;      // open answers KEDGE_ERR_RESOLVE
    bool refuse;            // open answers KEDGE_ERR_CONNECT
    bool half_open;         // what is open falls silent: writes vanish, reads would block
    kedge_time keep_alive;  // a silent stream breaks after so many ms; 0: never
    bool early;             // every other wait that would move the clock returns at once

    unsigned fail_at;    // this call, counted from 1 in `calls`, fails; 0: none
    unsigned fail_count; // and so many after it; 0: only that one
    unsigned fail_only;  // enum fake_call, or'ed: what is counted and fails; 0: all
    bool mends; // a failed read or write leaves the stream as it was: who overlooks it is not
                // told again

    bool cut; // the peer's bytes end after `cut_at` of them, counted for each stream
    size_t cut_at;
    kedge_err cut_with; // KEDGE_ERR_CLOSED (also 0) or KEDGE_ERR_IO
    size_t flip_at;     // this byte of the peer, counted from 1, has a bit turned; 0: none
};

struct fake_file {
    const char *path;
    const char *bytes;
    size_t len;
    kedge_err err; // reading answers this; 0: the bytes
};

struct fake_variable {
    const char *name;
    const char *value; // NULL: unset
};

struct fake_port {
    struct kedge_port port; // first: give &p.port to kedge_init

    const struct fake_peer *peer;
    void *peer_ctx;
    struct fake_cruelty cruelty;
    const struct fake_file *files;
    size_t file_count;
    const struct fake_variable *variables;
    size_t variable_count;

    kedge_time now;       // the clock; from FAKE_PORT_START on
    kedge_timestamp wall; // the calendar at clock 0; as from the start 2026-01-01T00:00:00Z
    bool no_calendar;     // wall_clock answers 0

    // What happened.
    unsigned calls;        // that could fail (see fail_only)
    unsigned opens;        // connections made
    unsigned open_streams; // not closed
    unsigned waits;
    unsigned waits_max; // beyond it wait fails and sets stuck; starts at 1,000,000
    bool stuck;
    char host[256]; // of the last open
    uint16_t port_number;
    uint64_t bytes_read;
    uint64_t bytes_written;

    // Private.
    uint64_t random;
    unsigned transfers;
    bool woken;
    bool was_early;
};

// A port with nobody at the other end. Random numbers and sizes follow from the seed.
void fake_port_init(struct fake_port *p, uint64_t seed);

// Sets a variable of the environment in `variables`, which has room for so many, and makes them the
// port's. The texts are not copied.
void fake_port_set(struct fake_port *p, struct fake_variable *variables, size_t room,
                   const char *name, const char *value);

// Polls for `ms` of virtual time, over which nothing may fail.
void fake_port_run(struct fake_port *p, struct kedge *k, kedge_time ms);

// Moves the clock on and tells the peer.
void fake_port_advance(struct fake_port *p, kedge_time ms);

// Ends the test if a stream is still open.
void fake_port_check(const struct fake_port *p);

// A number below `bound` (at least 1), from the port's seed.
uint64_t fake_port_random(struct fake_port *p, uint64_t bound);

#endif

// SPDX-License-Identifier: Apache-2.0
// quiet_port.h - counts what the library allocates, by the sanitizer's hooks.
//
//     if (!quiet_port_hooks()) return 1;          // once, in main
//     quiet_port(&port);                          // before the kedge opens a stream
//     quiet_count(true);
//     ... the library at work ...
//     quiet_count(false);
//     assert_int_equal(quiet_counted().taken, 0);
//
// Whoever answers lives in the same process and allocates as it likes, so nothing is counted inside
// a stream's calls and the wait of the fake port.
#ifndef QUIET_PORT_H
#define QUIET_PORT_H

#include "fake_port.h"

struct quiet_counts {
    unsigned long taken;
    unsigned long given_back;
};

// False, and says so, where the sanitizer takes no hooks.
bool quiet_port_hooks(void);

// Wraps the port where it stands: a kedge keeps a pointer to it. One at a time.
void quiet_port(struct fake_port *p);

// Begins to count at nothing, and ends; the other goes on with what was counted.
void quiet_count(bool on);
void quiet_go_on(bool on);

struct quiet_counts quiet_counted(void);

#endif

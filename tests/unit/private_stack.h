// SPDX-License-Identifier: Apache-2.0
// private_stack.h - runs the library on a stack of its own, away from the server that it talks to,
// so that what it leaves behind can be searched: that stack, and every block that it frees.
//
//     private_stack_seek("geheim", 6);
//     private_stack_run(&fake, body, ctx);     // body(port, ctx): `port` is &fake.port
//     assert_int_equal(private_stack_found(), 0);
#ifndef PRIVATE_STACK_H
#define PRIVATE_STACK_H

#include "fake_port.h"

// First of all in main: starts the program anew, if need be, with all its functions bound. Binding
// one when it is first called saves the registers on the stack, with what was copied last in them.
void private_stack_bind(char **argv);

// One more text to look for from now on; `bytes` outlives it. NULL: none any more.
void private_stack_seek(const void *bytes, size_t len);

// True if one of the texts lies in the memory.
bool private_stack_holds(const volatile void *memory, size_t size);

// Runs `body` in a thread of its own. All calls of streams and waits are made by the caller's
// thread. Nothing in `body` may end the test: cmocka jumps, and would jump between threads.
void private_stack_run(struct fake_port *fake, void (*body)(struct kedge_port *port, void *ctx),
                       void *ctx);

// For `body`: runs `job` in the caller's thread.
void private_stack_outside(void (*job)(void *), void *arg);

// For `body`: whether the blocks that it frees are looked at (at first they are).
void private_stack_watch_frees(bool on);

// What the last run left: stacks that hold a text, and freed blocks that did.
struct private_stack_finds {
    unsigned stack;
    unsigned freed;
    size_t deepest; // bytes of stack that were used
};
struct private_stack_finds private_stack_found(void);

#endif

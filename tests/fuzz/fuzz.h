// SPDX-License-Identifier: Apache-2.0
// fuzz.h - what the fuzz targets share.
//
// The first two bytes of an input are choices, the rest is data. The first byte chooses among the
// variants of a target, the second how the data is cut into pieces. As characters, "00" is the
// first variant with all data in one piece, so a seed is "00" and any file.
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kedge/text.h"

// The most data that a target takes; what is longer is not looked at.
#define FUZZ_MAX ((size_t)256 << 10)

struct fuzz_input {
    kedge_str data; // ends where memory ends: one byte read beyond it is a crash
    unsigned choice;
    unsigned cut;
    uint32_t random; // private: of the next piece
};

// Takes an input apart. False: it has no data, or too much.
bool fuzz_open(struct fuzz_input *in, const uint8_t *bytes, size_t len);

// One of `count` variants; what is left of the choice is for the next call.
unsigned fuzz_choose(struct fuzz_input *in, unsigned count);

// The length of the next piece of the `left` bytes that are still to come: 1 to `left`, or 0 if
// there are none.
size_t fuzz_piece(struct fuzz_input *in, size_t left);

// The same input cut into one piece, to compare with.
struct fuzz_input fuzz_whole(const struct fuzz_input *in);

// Takes a line from the data: up to a line feed, which is taken too, or to the end.
kedge_str fuzz_line(kedge_str *data);

// Takes a part from the data: up to a line "%%", which is taken too, or to the end.
kedge_str fuzz_part(kedge_str *data);

// Ends the run: a promise was broken.
_Noreturn void fuzz_broken(const char *file, int line, const char *promise);
#define PROMISE(claim) ((claim) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #claim))

// The target itself; the name is libFuzzer's and AFL++'s. Always 0.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#endif

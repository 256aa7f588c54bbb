// SPDX-License-Identifier: Apache-2.0
// replay.c - runs a target over files, without any fuzzer: TARGET FILE...
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { FILE_MAX = 1 << 20 };

static void replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = malloc(FILE_MAX);
    if (f == NULL || bytes == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    size_t len = fread(bytes, 1, FILE_MAX, f);
    fclose(f);
    // A block of exactly its size: ASan sees a step outside.
    uint8_t *exact = malloc(len > 0 ? len : 1);
    if (exact == NULL)
        exit(2);
    memcpy(exact, bytes, len);
    free(bytes);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        // Printed before it runs: the last name is the one that failed.
        if (getenv("FUZZ_NAMES") != NULL)
            puts(argv[i]), fflush(stdout);
        replay(argv[i]);
    }
    printf("%d inputs\n", argc - 1);
    return 0;
}

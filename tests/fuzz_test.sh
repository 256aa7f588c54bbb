#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fuzz_test.sh: every fuzz target over its seeds, its corpus and every input that has ever broken a
# promise (tests/fuzz/found/). Needs no fuzzer: `make test` builds the targets with any compiler.

# shellcheck source=claims.sh
. "$(dirname "$0")/claims.sh"
cd "$root" || exit 1
programs=${BUILD:-build}/asan/tests/fuzz
export CMOCKA_TEST_ABORT=1

replays() {
    find "$dir/$target" -type f -print0 | FUZZ_NAMES=1 xargs -0 "$programs/$target" >"$dir/log" 2>&1 || {
        tail -n 40 "$dir/log"
        return 1
    }
}

targets=$(grep -l '^int LLVMFuzzerTestOneInput' tests/fuzz/*.c)
for file in $targets; do
    mkdir "$dir/$(basename "$file" .c)"
done
claim "there are seeds" "$programs/seeds" "$dir"
for file in $targets; do
    target=$(basename "$file" .c)
    [ ! -e "tests/fuzz/corpus/$target.tar.gz" ] ||
        tar -xzf "tests/fuzz/corpus/$target.tar.gz" -C "$dir/$target"
    find tests/fuzz/found -name "$target-*" -exec cp {} "$dir/$target" \; 2>/dev/null
    claim "$target keeps its promises over $(find "$dir/$target" -type f | wc -l) inputs" replays
done
claims_end

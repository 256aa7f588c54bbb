#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# pack.sh [TARGET...]: of what runs have added to build/fuzz/corpus/, keeps the inputs that reach
# what the seeds do not, in tests/fuzz/corpus/TARGET.tar.gz. Large ones are left out.

cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
work=$build/fuzz
export CMOCKA_TEST_ABORT=1
[ $# -gt 0 ] || set -- $(cd "$work/corpus" && echo ./*)
mkdir -p tests/fuzz/corpus
for target; do
    target=${target#./}
    dir=$(mktemp -d) || exit 1
    mkdir "$dir/seeds" "$dir/new" "$dir/small"
    find "$work/corpus/$target" -type f -size -3 -exec cp {} "$dir/small" \;
    cp "$work/seeds/$target"/* "$dir/seeds"
    cp "$dir/seeds"/* "$dir/new"
    "$work/tests/fuzz/$target" -merge=1 "$dir/new" "$dir/small" >"$work/$target.merge.log" 2>&1 ||
        { tail "$work/$target.merge.log"; exit 1; }
    for seed in "$dir/seeds"/*; do
        rm -f "$dir/new/$(basename "$seed")"
    done
    tar -C "$dir/new" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=644 \
        -cf - $(cd "$dir/new" && find . -type f) | gzip -9n >"tests/fuzz/corpus/$target.tar.gz"
    printf '%-11s %5d inputs %7d bytes packed\n' "$target" "$(find "$dir/new" -type f | wc -l)" \
        "$(wc -c <"tests/fuzz/corpus/$target.tar.gz")"
    rm -rf "$dir"
done

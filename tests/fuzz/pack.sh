#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# pack.sh TARGET...: of what runs have added to build/fuzz/corpus/, keeps the inputs that reach what
# the seeds do not, in tests/fuzz/corpus/TARGET.tar.gz. Inputs over 1 KiB are left out.

cd "$(dirname "$0")/../.." || exit 1
work=${BUILD:-build}/fuzz
export CMOCKA_TEST_ABORT=1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir -p tests/fuzz/corpus
for target; do
    rm -rf "${dir:?}"/*
    mkdir "$dir/new" "$dir/small"
    find "$work/corpus/$target" -type f -size -3 -exec cp {} "$dir/small" \;
    cp "$work/seeds/$target"/* "$dir/new"
    "$work/tests/fuzz/$target" -merge=1 "$dir/new" "$dir/small" >"$work/$target.merge.log" 2>&1 ||
        { tail "$work/$target.merge.log"; exit 1; }
    for seed in "$work/seeds/$target"/*; do
        rm -f "$dir/new/$(basename "$seed")"
    done
    packed=tests/fuzz/corpus/$target.tar.gz
    (cd "$dir/new" && find . -type f | LC_ALL=C sort |
        tar --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=644 -cf - -T -) | gzip -9n >"$packed"
    printf '%-11s %5d inputs %7d bytes packed\n' "$target" "$(find "$dir/new" -type f | wc -l)" \
        "$(wc -c <"$packed")"
done

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# mutants.sh [PATCH...]: plants one bug after the other (tests/unit/mutants/*.patch) and looks
# whether a story finds it within as many of them as the patch's head states: leader-*.patch are
# leader_story's, node-*.patch node_story's. `make story-mutants` runs it. A patch says in its first
# line what the bug is.

cd "$(dirname "$0")/../.." || exit 1
dir=${BUILD:-build}/story-mutants
plain=${BUILD:-build}
[ $# -gt 0 ] || set -- tests/unit/mutants/*.patch
passed=0
failed=0

# plant PATCH STORY: the mutant's program at $dir/story. All of a folder of the library is compiled
# anew that has a patched file: a header may be one.
plant() {
    rm -rf "$dir" && mkdir -p "$dir/src" || return 1
    folder=$(sed -n 's|^+++ b/src/\([a-z]*\)/.*|\1|p' "$1" | head -n 1)
    cp -r "src/$folder" "$dir/src/" && patch -s -p1 -d "$dir" <"$1" || return 1
    objects=
    for file in "$dir/src/$folder"/*.c; do
        # shellcheck disable=SC2086 # lists of flags
        ${CC:-cc} $STORY_FLAGS -w -I"$dir/src" -Iinclude -Isrc -c -o "${file%.c}.o" "$file" || return 1
        objects="$objects ${file%.c}.o"
    done
    # shellcheck disable=SC2086
    ${CC:-cc} -O2 -g ${LDFLAGS-} -o "$dir/story" "$plain/tests/unit/$2.o" $objects $STORY_LIBRARIES
}

for patch; do
    name=$(basename "$patch" .patch)
    story=${name%%-*}_story
    stories=$(sed -n 's/^found within: \([0-9]*\).*/\1/p' "$patch")
    if ! plant "$patch" "$story" >"$dir.log" 2>&1; then
        echo "$name: cannot be planted:"
        sed 's/^/    /' "$dir.log"
        failed=$((failed + 1))
    elif timeout 600 "$dir/story" "$stories" >"$dir.log" 2>&1; then
        printf '%-36s NOT FOUND within %s stories\n' "$name" "$stories"
        failed=$((failed + 1))
    elif ! grep -q 'seed [0-9]*: ' "$dir.log"; then
        printf '%-36s ended without a verdict\n' "$name"
        failed=$((failed + 1))
    else
        printf '%-36s found: %s\n' "$name" "$(sed -n 's/.*\(seed [0-9]*: \)/\1/p' "$dir.log" | head -n 1)"
        passed=$((passed + 1))
    fi
done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

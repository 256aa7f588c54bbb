#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# mutants.sh [PATCH...]: plants one bug after the other (tests/sim/mutants/*.patch) and looks whether
# the simulation finds it within the number of seeds that the patch's head states. `make mutants`
# runs it; MUTANTS="my/*.patch" are others'. A patch says in its first line what the bug is, and in
# a line "found within: N seeds" how many there may be (else 1,000).
#
# Only what is patched, or includes what is, is compiled anew: these objects stand in front of the
# library's.

cd "$(dirname "$0")/../.." || exit 1
dir=${BUILD:-build}/mutants
fast=${BUILD:-build}/fast
sim=$fast/tests/sim
[ $# -gt 0 ] || set -- tests/sim/mutants/*.patch
passed=0
failed=0
number=0

# What is to be compiled: the patched files, and those that include a patched header.
sources() {
    for file in $files; do
        case $file in
        *.c) echo "$file" ;;
        *.h) grep -rl --include='*.d' " $file" "$fast/src" | sed "s|^$fast/||; s|d\$|c|" ;;
        esac
    done | sort -u
}

# plant PATCH: the mutant's program at $dir/sim.
plant() {
    rm -rf "$dir" && mkdir -p "$dir" || return 1
    files=$(sed -n 's|^+++ b/\([^[:blank:]]*\).*|\1|p' "$1")
    for file in $files; do
        mkdir -p "$dir/$(dirname "$file")" && cp "$file" "$dir/$file" || return 1
    done
    patch -s -p1 -d "$dir" <"$1" || return 1
    objects=
    for file in $(sources); do
        [ -e "$dir/$file" ] || { mkdir -p "$dir/$(dirname "$file")" && cp "$file" "$dir/$file"; }
        object=$dir/${file%.c}.o
        # shellcheck disable=SC2086 # lists of flags
        ${CC:-cc} $SIM_FLAGS -w -I"$dir/src" -I"$dir/include" -I"${file%/*}" -Iinclude -Isrc -c -o "$object" \
            "$dir/$file" || return 1
        objects="$objects $object"
    done
    # shellcheck disable=SC2086
    ${CC:-cc} -O2 -g ${LDFLAGS-} -o "$dir/sim" $objects "$sim"/*.o $SIM_LIBRARIES
}

# The first of the written plans that fails, and how.
failing_plan() {
    for plan in tests/sim/plans/*.plan; do
        timeout 60 "$dir/sim" --plan "$plan" >"$dir.log" 2>/dev/null && continue
        echo "$(basename "$plan") $(sed -n 's/^FAILED: //p' "$dir.log" | cut -c1-70)"
        return
    done
}

for patch; do
    number=$((number + 1))
    name=$(basename "$patch" .patch)
    seeds=$(sed -n 's/^found within: \([0-9]*\).*/\1/p' "$patch")
    seeds=${seeds:-1000}
    if ! plant "$patch" >"$dir.log" 2>&1; then
        echo "$name: cannot be planted:"
        sed 's/^/    /' "$dir.log"
        failed=$((failed + 1))
        continue
    fi
    plan=$(failing_plan)
    if [ -n "$plan" ]; then
        printf '%3d of %d  %-28s found by %s\n' "$number" "$#" "$name" "$plan"
        passed=$((passed + 1))
    elif "$dir/sim" --seeds "$seeds" --until-failure >"$dir.log" 2>/dev/null; then
        printf '%3d of %d  %-28s NOT FOUND within %s seeds\n' "$number" "$#" "$name" "$seeds"
        failed=$((failed + 1))
    elif ! grep -q '^seed [0-9]*: ' "$dir.log"; then
        printf '%3d of %d  %-28s ended without a verdict\n' "$number" "$#" "$name"
        failed=$((failed + 1))
    else
        needed=$(sed -n 's/^\([0-9]*\) seeds in .*/\1/p' "$dir.log")
        why=$(sed -n 's/^seed [0-9]*: //p' "$dir.log" | head -n 1 | cut -c1-90)
        printf '%3d of %d  %-28s found after %s seeds: %s\n' "$number" "$#" "$name" "$needed" "$why"
        passed=$((passed + 1))
    fi
done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

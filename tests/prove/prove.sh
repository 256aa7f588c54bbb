#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# prove.sh [DRIVER...]: Frama-C's Eva over the drivers beside it (all of them by default), for a
# machine of 64 bits and one of 32. A driver's head names what is analysed with it, and how:
#
#     // with: src/net/fold.c           sources; more than one line is fine
#     // eva: -eva-slevel 100           options beside those below
#
# Good is a driver without an alarm, without an assertion that is not proved, and whose main comes to
# its end. PROVE_SRC is another tree to take the sources from, MACHINES other machines. What Frama-C
# said stays in build/prove/.

cd "$(dirname "$0")/../.." || exit 1
src=${PROVE_SRC:-.} logs=${BUILD:-build}/prove bad=0
options='-eva-no-print -eva-precision 2 -eva-interprocedural-splits -eva-split-limit 2000
    -eva-split-return auto -eva-no-alloc-returns-null -eva-alloc-builtin fresh
    -warn-invalid-pointer -warn-right-shift-negative -warn-left-shift-negative'

if ! command -v frama-c >/dev/null; then
    echo 'prove: there is no frama-c here (Debian: frama-c-base)'
    exit 77
fi
mkdir -p "$logs"

# of KEY FILE: what a driver's head says after KEY.
of() { sed -n "s|^// $1: ||p" "$2" | tr '\n' ' '; }

# prove DRIVER MACHINE: analyses, and prints a line of the table.
prove() {
    name=$(basename "$1" .c) log=$logs/$(basename "$1" .c).$2 begin=$(date +%s) result=good sources=''
    for file in $(of with "$1"); do sources="$sources $src/$file"; done
    # shellcheck disable=SC2046,SC2086 # lists of options and files, none with a blank
    timeout "${PROVE_SECONDS:-600}" frama-c -machdep "$2" \
        -cpp-extra-args="-I$src/include -I$src/src -Itests/prove" "$1" $sources \
        -eva $options $(of eva "$1") >"$log" 2>&1 || result='FAILED: it stopped'
    alarms=$(grep -c '^\[eva:alarm\]' "$log")
    grep -q 'show_each_end' "$log" || result='FAILED: the end is not reached'
    [ "$alarms" = 0 ] || result='FAILED: alarms'
    [ "$result" = good ] || bad=1
    functions=$(sed -n 's/^ *\([0-9]*\) functions analyzed.*/\1/p' "$log")
    statements=$(sed -n 's/.* \([0-9]*\) statements reached (out of \([0-9]*\)).*/\1 of \2/p' "$log")
    printf '%-16s %-11s %9s %15s %7s %4d s  %s\n' "$name" "$2" "$functions" "$statements" "$alarms" \
        $(($(date +%s) - begin)) "$result"
    [ "$result" = good ] || sed -n '/^\[eva:alarm\]\|rror/,+2p' "$log" | head -n 40
}

[ $# -gt 0 ] || set -- tests/prove/*.c
printf '%-16s %-11s %9s %15s %7s %6s\n' driver machine functions statements alarms time
for driver in "$@"; do
    for machine in ${MACHINES:-gcc_x86_64 gcc_x86_32}; do
        prove "$driver" "$machine"
    done
done
exit "$bad"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run_tests.sh PROGRAM...: runs test programs (cmocka) and test scripts (*.sh), two at a time. What
# each prints is kept in build/test-logs/ and shown if it fails. The last line is
# "N passed, N failed"; the exit status is 0 if all passed and each ran at least one test. A script
# counts as one test, or says how many it made by a last line "N passed, N failed"; exit status 77
# means that what it needs is not here: it is skipped, and said so.

logs=${BUILD:-build}/test-logs
seconds=${TEST_SECONDS:-150}

# Runs one program; its log ends with its exit status (124: TEST_SECONDS passed) and its time.
run_one() {
    log=$logs/$(basename "$1").log
    start=$(date +%s)
    timeout -k 5 "$seconds" "$1" >"$log" 2>&1 </dev/null
    echo "exit status $? after $(($(date +%s) - start)) s" >>"$log"
}

# count PATTERN FILE: the sum of the numbers N in lines "PATTERN ... N test(s)".
count() {
    sed -n "s/^\[  $1  \]\(.* \)\{0,1\}\([0-9][0-9]*\) test(s).*/\2/p" "$2" |
        awk '{ n += $1 } END { print n + 0 }'
}

# Adds one program's log to the sums.
judge() {
    name=$(basename "$1")
    log=$logs/$name.log
    status=$(sed -n '$s/^exit status \([0-9]*\) .*/\1/p' "$log")
    took=$(sed -n '$s/.* after //p' "$log")
    case $name in
    *.sh) judge_script ;;
    *) judge_program ;;
    esac
    passed=$((passed + ok))
    failed=$((failed + bad))
    if [ "$bad" -gt 0 ]; then
        printf '\n--- %s: %d passed, %d failed%s\n' "$name" "$ok" "$bad" "$why"
        tail -n 200 "$log" | sed 's/^/    /'
    else
        printf '%-24s %4d passed %6s%s\n' "$name" "$ok" "$took" "$why"
    fi
}

judge_program() {
    ok=$(count PASSED "$log")
    bad=$(count FAILED "$log")
    why=
    if [ "$bad" -eq 0 ] && [ "$status" != 0 ]; then
        ok=$(grep -c '^\[       OK \]' "$log")
        bad=1
        why=", ended with status $status"
        [ "$status" = 124 ] && why=", still running after $seconds s"
    elif [ "$bad" -eq 0 ] && [ "$ok" -eq 0 ]; then
        bad=1
        why=": it ran no test"
    fi
}

judge_script() {
    ok=1 bad=0 why=
    counts=$(tail -n 2 "$log" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
    case $status in
    0) ;;
    77) ok=0 why=", skipped: $(tail -n 2 "$log" | sed '2d; s/^skipped: //')" ;;
    *) ok=0 bad=1 why=", ended with status $status" ;;
    esac
    [ -n "$counts" ] || return 0
    ok=${counts% *}
    [ "$bad" = 1 ] && [ "${counts#* }" = 0 ] || bad=${counts#* }
}

if [ "${1-}" = --one ]; then
    run_one "$2"
    exit 0
fi

rm -rf "$logs"
mkdir -p "$logs" || exit 1
passed=0
failed=0
for program; do
    printf '%s\n' "$program"
done | xargs -P 2 -I '{}' "$0" --one '{}'
for program; do
    judge "$program"
done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh TARGET...: fuzzes the targets one after the other, for MINUTES in all, and says of each how
# often it ran, how fast, what it has covered and whether it crashed. The corpus grows in
# build/fuzz/corpus/, crashes are kept in build/fuzz/found/. `make fuzz` builds what this runs.

cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
programs=${FUZZ_BUILD:-$build/fuzz}/tests/fuzz
engine=${ENGINE:-libfuzzer}
work=$build/fuzz
seconds=$(echo "${MINUTES:-2} $#" | awk '{ s = int($1 * 60 / $2); print (s > 0 ? s : 1) }')
# What must abort to be seen; cmocka's checks are among it.
export CMOCKA_TEST_ABORT=1
export ASAN_OPTIONS="abort_on_error=1:symbolize=${SYMBOLIZE:-1}:${ASAN_OPTIONS-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS-}"
crashed=0
fine=0

# The longest input that helps, and the words of the format.
longest() {
    case $1 in
    quantity | time) echo 128 ;;
    selector | field_selector | selector_build | url | proxy) echo 1024 ;;
    sieve | reader | writer | status) echo 2048 ;;
    *) echo 6144 ;;
    esac
}
words() {
    case $1 in
    http | chunked | proxy) cat tests/fuzz/dictionaries/http.dict ;;
    informer) cat tests/fuzz/dictionaries/http.dict tests/fuzz/dictionaries/json.dict \
        tests/fuzz/dictionaries/kubernetes.dict ;;
    sieve | reader | writer | record | status | discovery)
        cat tests/fuzz/dictionaries/json.dict tests/fuzz/dictionaries/kubernetes.dict ;;
    kubeconfig) cat tests/fuzz/dictionaries/yaml.dict ;;
    tls) cat tests/fuzz/dictionaries/pem.dict ;;
    selector | field_selector | selector_build) cat tests/fuzz/dictionaries/selector.dict ;;
    *) cat tests/fuzz/dictionaries/words.dict ;;
    esac
}

# Seeds, and what earlier runs have found out; the corpus of the last run, where there is one.
prepare() {
    made=$work/seeds
    if [ ! -d "$made" ]; then
        for file in tests/fuzz/*.c; do
            mkdir -p "$made/$(basename "$file" .c)" || exit 1
        done
        "$build/asan/tests/fuzz/seeds" "$made" || exit 1
    fi
    for target; do
        corpus=$work/corpus/$target
        [ -d "$corpus" ] && continue
        mkdir -p "$corpus"
        cp "$made/$target"/* "$corpus"
        [ ! -e "tests/fuzz/corpus/$target.tar.gz" ] ||
            tar -xzf "tests/fuzz/corpus/$target.tar.gz" -C "$corpus"
    done
}

# The last numbers of a log: runs, runs a second, edges, inputs.
libfuzzer_numbers() {
    sed -n 's|^#\([0-9]*\).* cov: \([0-9]*\) .* corp: \([0-9]*\)/.* exec/s: \([0-9]*\) .*|\1 \4 \2 \3|p' "$1" |
        tail -n 1
}
afl_numbers() {
    awk '$1 == "execs_done" { n = $3 } $1 == "execs_per_sec" { s = int($3) }
        $1 == "edges_found" { e = $3 } $1 == "corpus_count" { c = $3 }
        END { if (n) print n, s, e, c }' "$work/afl/$target/default/fuzzer_stats" 2>/dev/null
}

libfuzzer_run() {
    "$programs/$target" -max_total_time="$seconds" -max_len="$(longest "$target")" -timeout=10 \
        -rss_limit_mb=2048 -dict="$work/$target.dict" -artifact_prefix="$work/found/$target-" \
        "$work/corpus/$target"
}
afl_run() {
    mkdir -p "$work/afl"
    AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_AUTORESUME=1 AFL_IGNORE_PROBLEMS=1 \
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 ASAN_OPTIONS="$ASAN_OPTIONS:symbolize=0:detect_leaks=0" \
        afl-fuzz -V "$seconds" -i "$work/corpus/$target" -o "$work/afl/$target" -m none -t 2000+ \
        -G "$(longest "$target")" -x "$work/$target.dict" -- "$programs/$target"
    ended=$?
    for file in "$work/afl/$target"/default/crashes/id* "$work/afl/$target"/default/hangs/id*; do
        [ ! -e "$file" ] || cp "$file" "$work/found/$target-crash-$(cksum <"$file" | tr ' ' -)"
    done
    return "$ended"
}

line() {
    numbers=$("${engine}_numbers" "$work/$target.log")
    echo "$target $1 ${numbers:-0 0 0 0}" |
        awk '{ printf "%-11s %5d s %10d runs %7d/s %6d edges %6d inputs", $1, $2, $3, $4, $5, $6 }'
}

# Shows every second how far it is, where somebody looks.
watch_run() {
    began=$(date +%s)
    while kill -0 "$1" 2>/dev/null; do
        sleep 1
        [ ! -t 1 ] || printf '\r%s ' "$(line $(($(date +%s) - began)))"
    done
    [ ! -t 1 ] || printf '\r'
    line $(($(date +%s) - began))
}

prepare "$@"
mkdir -p "$work/found" || exit 1
for target; do
    before=$(find "$work/found" -name "$target-*" | wc -l)
    words "$target" >"$work/$target.dict"
    "${engine}_run" >"$work/$target.log" 2>&1 &
    pid=$!
    trap 'kill $pid; exit 130' INT TERM
    watch_run "$pid"
    wait "$pid"
    status=$?
    found=$(($(find "$work/found" -name "$target-*" | wc -l) - before))
    if [ "$found" -gt 0 ] || [ "$status" != 0 ]; then
        crashed=$((crashed + 1))
        printf '  FAILED\n'
        grep -h -e 'broken promise' -e 'runtime error' -e '^==.*ERROR' "$work/$target.log" | head -n 3
        find "$work/found" -name "$target-*" -newer "$work/$target.dict"
    else
        fine=$((fine + 1))
        printf '  good\n'
    fi
done
echo "$fine passed, $crashed failed"
exit $((crashed > 0))

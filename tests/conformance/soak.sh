#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# soak.sh: MINUTES (60) of changes against a real kube-apiserver that something happens to every one
# to three minutes, and a kedge program that must not lose anything or grow. README.md says what is
# tried and measured. SEED=7 repeats the order of what happens, RATE=40 is changes a second.

set -u
# shellcheck source=env.sh
. "$(dirname "$0")/env.sh"

minutes=${MINUTES:-60}
rate=${RATE:-40}
seed=${SEED:-$$}
RANDOM=$seed
kinds="deployment pod configmap lease"
build=${BUILD-build}
case $build in
/*) ;;
*) build=$root/$build ;;
esac
program=$build/tests/soak
# As long as this a check may take: pauses after failures in a row grow to 30 s and as much again by
# jitter, as in client-go, and a check may begin before two of them.
patience=150
checks=0
unequal=0
faults=0
first_rss=
client_pid=
churn_pid=
apiserver_pid=
thaw_at=
restless_at=

# ---- what the client is asked ------------------------------------------------------------------

# ask: lets the client write its caches and counters.
ask() {
    rm -f "$dir/soak.state"
    kill -USR1 "$client_pid" 2>/dev/null || return 1
    within 10 test -e "$dir/soak.state"
}

# counter KEY: as of the client's last answer.
counter() { sed -n "s/^$1=//p" "$dir/soak.state"; }

# same KIND: does the cache that was written hold what the server does? One ConfigMap is too large
# for a record: name, uid and version must be right.
same() {
    "$drive" dump "$1" >"$dir/dump.txt" 2>>"$dir/dump.log" || return 1
    awk -F '\t' -v OFS='\t' -v kind="$1" 'kind == "configmap" && $2 == "large" {
        print $1, $2, $3, $4, "partial"; next } 1' "$dir/dump.txt" | LC_ALL=C sort >"$dir/$1.server"
    LC_ALL=C sort "$dir/$1.cache" >"$dir/$1.sorted"
    cmp -s "$dir/$1.server" "$dir/$1.sorted" && [ -s "$dir/$1.server" ]
}

# The server writes leases of its own; so all kinds are asked for anew each time.
all_same() {
    local kind
    ask || return 1
    for kind in $kinds; do
        same "$kind" || { different=$kind; return 1; }
    done
}

# progress TEXT: one line of figures.
progress() {
    local events
    events=$(($(counter adds) + $(counter updates) + $(counter deletes)))
    printf '# %3d min: %s; %d objects, %d events, %d lists, %d watches, %d failures; ' \
        $((SECONDS / 60)) "$1" "$(counter objects)" "$events" "$(counter lists)" \
        "$(counter watches)" "$(counter failures)"
    printf 'arena %d, heap %d, peak %d; RSS %d KiB (%d of it anonymous)\n' "$(counter arena_used)" \
        "$(counter heap_used)" "$(counter heap_peak)" "$(resident "$client_pid" Rss)" "$(resident "$client_pid" Anonymous)"
}

# look: stops the changes for a moment, in which cache, history and server must become the same.
look() {
    local began=$SECONDS
    if [ -n "$thaw_at" ]; then
        ask && progress "the server is frozen"
        return
    fi
    kill -STOP "$churn_pid"
    checks=$((checks + 1))
    if within $patience all_same; then
        progress "equal after $((SECONDS - began)) s"
    else
        unequal=$((unequal + 1))
        progress "NOT EQUAL"
        diff "$dir/$different.server" "$dir/$different.sorted" | head -n 6 | sed 's/^/#   /'
    fi
    [ -n "$restless_at" ] || kill -CONT "$churn_pid"
}

# note: the figures that those at the end are compared with.
note() {
    first_rss=$(resident "$client_pid" Rss)
    first_anonymous=$(resident "$client_pid" Anonymous)
    first_arena=$(counter arena_used)
    first_peak=$(counter heap_peak)
    first_at=$((SECONDS / 60))
}

# ---- what happens to the server ----------------------------------------------------------------

fault_kill() {
    stop_apiserver KILL
    sleep $((RANDOM % 6))
    start_apiserver
}

fault_term() {
    stop_apiserver TERM
    sleep $((RANDOM % 3))
    start_apiserver
}

fault_etcd() {
    stop_etcd
    sleep $((RANDOM % 4))
    start_etcd
    "$drive" wait
}

# The client sleeps through changes, a compaction and a restart: what it has missed, nobody can tell.
fault_compact() {
    kill -STOP "$client_pid"
    stop_apiserver KILL
    start_apiserver
    sleep 5
    "$drive" compact --etcd "$etcd_url" >>"$dir/compact.log" 2>&1
    stop_apiserver KILL
    start_apiserver
    kill -CONT "$client_pid"
}

# Connections stay, and nothing comes over them: ended in the main loop.
fault_freeze() {
    kill -STOP "$apiserver_pid"
    thaw_at=$((SECONDS + 100))
}

fault_quiet() {
    kill -STOP "$churn_pid"
    restless_at=$((SECONDS + 75))
}

# A round of all, in another order each time.
next_fault() {
    [ ${#round[@]} -gt 0 ] || round=(kill term etcd compact freeze quiet)
    local i=$((RANDOM % ${#round[@]}))
    fault=${round[i]}
    unset "round[i]"
    round=("${round[@]}")
}

strike() {
    local began=$SECONDS
    next_fault
    faults=$((faults + 1))
    count_of[$fault]=$((${count_of[$fault]-0} + 1))
    "fault_$fault"
    printf '#          %s, at %d s, %d s\n' "$fault" "$began" $((SECONDS - began))
}

later() { [ -n "$1" ] && [ $SECONDS -ge "$1" ]; }

# soak SECONDS
soak() {
    local end=$1 check_at=60 note_at=300 pause=60 strike_at
    # A short run compares its second half with its first, and waits less.
    [ "$end" -ge 600 ] || { note_at=$((end / 2)); pause=15; }
    strike_at=$pause
    while [ $SECONDS -lt "$end" ]; do
        kill -0 "$client_pid" 2>/dev/null || die "the client has ended by itself: $dir/client.log"
        if later "$thaw_at"; then
            kill -CONT "$apiserver_pid"
            thaw_at=
            later $strike_at && strike_at=$((SECONDS + pause))
            say "         the server goes on, at $SECONDS s"
        elif later "$restless_at"; then
            kill -CONT "$churn_pid"
            restless_at=
        elif later $check_at; then
            look
            [ -n "$first_rss" ] || ! later $note_at || note
            check_at=$((check_at + 60))
            later $check_at && check_at=$((SECONDS - SECONDS % 60 + 60))
        elif later $strike_at && [ -z "$thaw_at$restless_at" ] && [ $((end - SECONDS)) -gt 60 ]; then
            strike
            strike_at=$((SECONDS + pause + RANDOM % (2 * pause + 1)))
        fi
        sleep 1
    done
}

# ---- the run -----------------------------------------------------------------------------------

tidy() {
    stop_all
    [ "$failed" = 0 ] && [ -n "${done_all-}" ] && [ -z "${KEEP-}" ] && rm -rf "$dir"
}

said() { [ "$(grep -c "violation: $1" "$dir/client.log")" = "$2" ]; }

# grown LESS BEFORE AFTER
grown() { [ $(($3 - $2)) -lt "$1" ]; }

verdict() {
    local rss anonymous
    rss=$(resident "$client_pid" Rss)
    anonymous=$(resident "$client_pid" Anonymous)
    check "the caches were the server's objects at each of $checks checks" test "$unequal" = 0
    check "no add of what was there" said "an add" 0
    check "no update of what was not there" said "an update" 0
    check "no delete of what was not there, or of another" said "a delete" 0
    check "all that the handlers were told, folded, is what the caches hold" \
        test "$(counter violations)" = 0
    check "no event was skipped, no cache was ever too small" \
        test "$(counter skipped)/$(counter stale)" = 0/0
    check "the block: $first_arena bytes set aside after $first_at min, $(counter arena_used) at the end" \
        test "$first_arena" = "$(counter arena_used)"
    check "the objects in it: at most $first_peak bytes by then, $(counter heap_peak) by the end" \
        grown 65536 "$first_peak" "$(counter heap_peak)"
    check "the process: RSS $first_rss KiB after $first_at min, $rss KiB at the end" \
        grown 256 "$first_rss" "$rss"
    check "of it anonymous $first_anonymous KiB and $anonymous KiB" \
        grown 256 "$first_anonymous" "$anonymous"
    kill -TERM "$client_pid"
    check "the client ends in good order" wait "$client_pid"
}

command -v go >/dev/null || { [ -n "${KUBEBUILDER_ASSETS-}" ] && [ -x "$drive" ]; } ||
    { echo "skipped: needs Go, or KUBEBUILDER_ASSETS with etcd and kube-apiserver and a built drive"; exit 77; }
[ -x "$program" ] || die "$program is missing: use 'make soak', which builds it"
declare -A count_of
round=()
build_drive
build_server
prepare "$(mktemp -d "${TMPDIR:-/tmp}/kedge-soak.XXXXXX")"
trap tidy EXIT
trap 'done_all=1; exit 130' INT TERM
start_etcd
start_apiserver
"$drive" seed --count 400 --namespaces 4 || die "the server cannot be filled"
"$drive" kinds || die "the server cannot be filled"
# shellcheck disable=SC2086 # a list of words
spawn client "$program" --kubeconfig "$(user admin)" --out "$dir" $kinds
client_pid=$spawned
spawn churn "$drive" soak --rate "$rate" --count 400 --namespaces 4
churn_pid=$spawned
say "$("$assets/kube-apiserver" --version), $minutes min, SEED=$seed, logs in $dir"
SECONDS=0
soak $((minutes * 60))
thaw_at=
kill -CONT "$apiserver_pid"
look
[ -n "$first_rss" ] || note
verdict
end "$churn_pid" KILL
done_all=1
for fault in "${!count_of[@]}"; do say "$fault: ${count_of[$fault]} times"; done
say "$(grep changes "$dir/churn.log" | tail -n 1); $(counter bytes) bytes received"
say "$(counter adds) adds, $(counter updates) updates, $(counter deletes) deletes ($(counter tombstones) tombstones)"
[ "$failed" = 0 ] || say "logs are in $dir"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

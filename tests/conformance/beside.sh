# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# kedge and client-go side by side: beside.c and `drive informers` follow one server over wires to
# which the same things happen at the same time, while it changes, restarts, forgets. When all is
# quiet both must hold what the server holds, at the same versions, and what the handlers of both were
# told must fold to it. Variables that are not set here are those of env.sh and run.sh.
#
# SEED=7 repeats the changes, the faults and their order; ROUNDS and ROUND_SECONDS make it longer.

beside=$build/tests/beside
followed="pod pod:tier=front deployment deployment:tier=front configmap configmap:tier=front
namespace namespace:tier=front sensor sensor:tier=front"
sides="kedge client-go"
# As long as this it may take until both are quiet: pauses after failures in a row grow to 30 s in
# both, and as much again by jitter; and a silence of 90 s ends a watch over a frozen connection.
beside_patience=${PATIENCE:-150}
declare -A side_pid

# two_sides [OPTIONS OF beside...]: both programs begin, each at the end of its own wire.
two_sides() {
    local ports name
    # shellcheck disable=SC2046
    set -- $("$drive" ports 2) "$@"
    ports="$1 $2"
    shift 2
    spawn trouble "$drive" trouble --seed "$beside_seed" $beside_trouble "127.0.0.1:$port" \
        "127.0.0.1:${ports% *}" "127.0.0.1:${ports#* }"
    trouble_pid=$spawned
    within 5 accepts 127.0.0.1 "${ports% *}"
    for name in $sides; do
        rm -rf "${dir:?}/$name"
        mkdir -p "$dir/$name"
        : >"$dir/$name.log"
    done
    # shellcheck disable=SC2086 # a list of words
    spawn kedge "$beside" --kubeconfig "$(at admin "https://127.0.0.1:${ports% *}")" \
        --out "$dir/kedge" "$@" $followed
    side_pid[kedge]=$spawned
    # shellcheck disable=SC2086
    spawn client-go env KUBE_FEATURE_WatchListClient="${watch_list-true}" "$drive" informers \
        --kubeconfig "$(at admin "https://127.0.0.1:${ports#* }")" --out "$dir/client-go" $followed
    side_pid[client-go]=$spawned
    within 120 both_synced || say "not synced: $(tail -n 1 "$dir/kedge.log" "$dir/client-go.log")"
}

both_synced() { grep -q '^synced' "$dir/kedge.log" && grep -q '^synced' "$dir/client-go.log"; }

# side NAME KEY: a counter, as of the last answer.
side() { sed -n "s/^$2=//p" "$dir/$1/state"; }

ask_side() {
    rm -f "$dir/$1/state"
    kill -USR1 "${side_pid[$1]}" 2>/dev/null || return 1
    within 60 test -e "$dir/$1/state"
}

# quiet: without the objects that the server itself changes every few seconds, if any are named.
quiet() { grep -a -v -E "${beside_restless:-^\$}"; }

# holds NAME FILE: is that file of that side what $dir/server.txt is?
holds() {
    LC_ALL=C sort "$dir/$1/$2" | quiet >"$dir/$1.sorted"
    cmp -s "$dir/server.txt" "$dir/$1.sorted" || { differs_at="$1 $2"; return 1; }
}

# all_hold KIND[:SELECTOR] WHAT...: of both sides.
all_hold() {
    local what name
    for name in $sides; do
        for what in "${@:2}"; do
            holds "$name" "$1.$what" || return 1
        done
    done
}

# Server, caches and histories are the same, object by object and field by field.
sides_same() {
    local spec name selector
    for name in $sides; do
        ask_side "$name" || { differs_at="$name does not answer"; return 1; }
    done
    for spec in $followed; do
        selector=${spec#"${spec%%:*}"}
        "$drive" dump "${spec%%:*}" --selector "${selector#:}" | quiet >"$dir/server.txt"
        [ "${PIPESTATUS[0]}" = 0 ] || return 1
        [ -s "$dir/server.txt" ] || [ -n "${beside_empty-}" ] || { differs_at="the server, which has no $spec"; return 1; }
        all_hold "$spec" cache told || return 1
        # What a filter lets through is what a selector does.
        [ -z "$selector" ] || all_hold "${spec%%:*}" front || return 1
    done
}

# sides_equal: in the end, with a line of figures; or the seed and what differs.
sides_equal() {
    local began=$SECONDS name
    if ! within $beside_patience sides_same; then
        say "SEED=$beside_seed: $differs_at (<: the server, >: it)"
        diff "$dir/server.txt" "$dir/${differs_at%% *}.sorted" | head -n 6 | sed 's/^/#   /'
        cp -r "$dir/kedge" "$dir/kedge-$SECONDS"
        cp -r "$dir/client-go" "$dir/client-go-$SECONDS"
        return 1
    fi
    for name in $sides; do
        say "$(printf '%-9s %5d objects, %6d events (%d adds, %d updates, %d deletes, %d of them tombstones)' \
            "$name:" "$(side "$name" objects)" $(($(side "$name" adds) + $(side "$name" updates) + $(side "$name" deletes))) \
            "$(side "$name" adds)" "$(side "$name" updates)" "$(side "$name" deletes)" "$(side "$name" tombstones)")"
    done
    say "$(printf 'equal after %d s; kedge: %d lists, %d watches, %d failures' $((SECONDS - began)) \
        "$(side kedge lists)" "$(side kedge watches)" "$(side kedge failures)")"
}

# ---- what happens to the server in a round -------------------------------------------------------

strike_none() { :; }
strike_kill() { stop_apiserver KILL; sleep $((RANDOM % 3)); start_apiserver; }
strike_term() { stop_apiserver TERM; start_apiserver; }

strike_etcd() {
    stop_etcd
    sleep $((RANDOM % 3))
    start_etcd
    "$drive" wait
}

# Neither etcd nor the watch cache of the server knows any more what both have missed.
strike_compact() {
    kill -STOP "${side_pid[kedge]}" "${side_pid[client-go]}"
    sleep 3
    "$drive" compact --etcd "$etcd_url" >>"$dir/compact.log" 2>&1
    stop_apiserver KILL
    start_apiserver
    kill -CONT "${side_pid[kedge]}" "${side_pid[client-go]}"
}

# The custom kind is taken away with its objects; the next round defines it again.
strike_undefine() { "$drive" undefine >>"$dir/undefine.log" 2>&1; }

# round NUMBER STRIKE: changes and faults for some seconds, then quiet.
round() {
    local changes
    kill -USR2 "$trouble_pid"
    spawn mix "$drive" mix --seed $((beside_seed + 1000 * $1)) --seconds "$round_seconds"
    changes=$spawned
    sleep $((round_seconds / 3))
    "strike_$2"
    wait "$changes" || say "the changes ended: $(tail -n 1 "$dir/mix.log")"
    kill -USR1 "$trouble_pid"
    # What was taken away in this round is there again when both are compared.
    "$drive" mix --seconds 0 >/dev/null || say "nothing can be changed"
    check "round $1 ($2): cache and history of both are what the server holds, version by version" \
        sides_equal
}

sides_were_right() {
    check "kedge's handlers were told nothing that cannot be true" test "$(side kedge violations)" = 0
    check "nor were client-go's" test "$(side client-go violations)" = 0
    check "no object or event was left out" test "$(side kedge lost)" = 0
    for name in $sides; do
        kill -TERM "${side_pid[$name]}" 2>/dev/null
    done
    wait "${side_pid[kedge]}"
    check "kedge's program ends in good order" test $? = 0
    end "${side_pid[client-go]}" KILL
    end "$trouble_pid" KILL
    say "$(grep -c . "$dir/trouble.log") things happened to the connections"
}

# rounds STRIKES...: a round for each.
rounds() {
    local number=0 strike
    for strike in "$@"; do
        number=$((number + 1))
        round $number "$strike"
    done
    sides_were_right
}

# begin_beside SECONDS OPTIONS: of a round, and of drive trouble.
begin_beside() {
    beside_seed=${SEED:-$((RANDOM + 1))}
    RANDOM=$beside_seed
    round_seconds=${ROUND_SECONDS:-$1}
    beside_trouble=$2
    : >"$dir/trouble.log"
    say "SEED=$beside_seed"
    "$drive" mix --seed "$beside_seed" --seconds 1 >>"$dir/mix.log" 2>&1
}

scenario_beside() {
    begin_beside 9 "--pause 3s"
    two_sides
    rounds none kill compact
}

# apiserver_with FLAGS...: the server restarts with these.
apiserver_with() {
    stop_apiserver TERM
    # shellcheck disable=SC2034 # of start_apiserver
    apiserver_flags=$*
    start_apiserver
}

# Both sides list; the server knows no WatchList at all in the second half, and in the first they do
# not ask for it.
scenario_beside_lists() {
    begin_beside 8 "--pause 3s"
    watch_list=false two_sides --no-watch-list
    rounds none kill
    watch_list=false two_sides --page 20
    rounds compact
    apiserver_with --feature-gates=WatchList=false
    two_sides
    rounds none term
    apiserver_with
}

# ROUNDS of all, each time in another order.
scenario_beside_long() {
    local strikes=() number next=() i
    begin_beside 25 "--pause 4s --freeze"
    two_sides
    for ((number = 0; number < ${ROUNDS:-14}; number++)); do
        [ ${#next[@]} -gt 0 ] || next=(none kill term etcd compact undefine none)
        i=$((RANDOM % ${#next[@]}))
        strikes+=("${next[i]}")
        unset "next[i]"
        next=("${next[@]}")
    done
    rounds "${strikes[@]}"
}

# PODS pods, their number in the name: how long both need for the first list, and what they keep.
scenario_beside_10000() {
    local name followed=pod sides="kedge client-go"
    begin_beside 20 "--pause 4s"
    "$drive" pods --count "${PODS:-10000}" | sed 's/^/# /'
    for name in $sides; do
        lone_side "$name"
    done
    followed="pod pod:tier=front deployment configmap namespace sensor"
    two_sides --memory 48
    rounds none compact
}

# lone_side NAME: alone on the machine, straight to the server, with handlers that only count.
lone_side() {
    rm -rf "${dir:?}/$1"
    mkdir -p "$dir/$1"
    : >"$dir/$1.log"
    case $1 in
    kedge) spawn kedge "$beside" --bare --memory 16 --out "$dir/kedge" pod ;;
    *) spawn client-go "$drive" informers --bare --out "$dir/client-go" pod ;;
    esac
    side_pid[$1]=$spawned
    check "$1 holds ${PODS:-10000} pods" within 120 grep -q '^synced' "$dir/$1.log"
    sleep 2
    say "$1: $(grep '^synced' "$dir/$1.log"), RSS $(resident "$spawned" Rss) KiB, $(resident "$spawned" Anonymous) of it anonymous"
    ask_side "$1"
    "$drive" dump pod >"$dir/server.txt"
    check "and they are the server's" holds "$1" pod.cache
    end "$spawned" TERM
}

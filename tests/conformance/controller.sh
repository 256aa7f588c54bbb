# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# Two controllers that do the same, each for its own Stations: reconciler.c and `drive reconcile`.
# The same changes are made to both sides' Stations and ConfigMaps, while connections break and the
# server and etcd are killed. In the end what they have made must be what the Stations ask for, and
# the same. Variables that are not set here are those of env.sh, run.sh and beside.sh.

reconciler=$build/tests/reconciler

reconciled() { "$drive" stationed "$1" >"$dir/$1.reconciled" 2>"$dir/$1.problem"; }

both_reconciled() {
    reconciled kedge && reconciled client-go && cmp -s "$dir/kedge.reconciled" "$dir/client-go.reconciled"
}

both_equal() {
    within "${PATIENCE:-120}" both_reconciled && { say "$(wc -l <"$dir/kedge.reconciled") Stations on each side"; return; }
    tail -n 2 "$dir/kedge.reconciled" "$dir/client-go.reconciled" "$dir/kedge.problem" | sed 's/^/#   /'
    diff "$dir/kedge.reconciled" "$dir/client-go.reconciled" | head -n 6 | sed 's/^/#   /'
    return 1
}

# turn_of NUMBER SECONDS STRIKE
turn_of() {
    local changes
    kill -USR2 "$trouble_pid"
    spawn stations "$drive" stations --seed $((beside_seed + $1)) --seconds "$2"
    changes=$spawned
    sleep $(($2 / 3))
    "strike_$3"
    kill -USR1 "$trouble_pid"
    wait "$changes" || say "the changes ended: $(tail -n 1 "$dir/stations.log")"
    say "$(tail -n 1 "$dir/stations.log")"
    check "turn $1 ($3): both controllers have made the same, and what is wanted" both_equal
}

scenario_controller() {
    local ports
    beside_seed=${SEED:-$((RANDOM + 1))}
    say "SEED=$beside_seed"
    "$drive" stations --seconds 0 >/dev/null || return
    ports=$("$drive" ports 2 | tr '\n' ' ')
    # shellcheck disable=SC2046,SC2086 # lists of words
    spawn trouble "$drive" trouble --seed "$beside_seed" --pause 3s "127.0.0.1:$port" $(printf '127.0.0.1:%s ' $ports)
    trouble_pid=$spawned
    within 5 accepts 127.0.0.1 "${ports%% *}"
    : >"$dir/reconciler.log"
    spawn reconciler "$reconciler" --kubeconfig "$(at admin "https://127.0.0.1:${ports%% *}")" kedge
    local ours=$spawned
    set -- $ports
    spawn reconciler-go "$drive" reconcile --kubeconfig "$(at admin "https://127.0.0.1:$2")" client-go
    local theirs=$spawned
    turn_of 1 10 none
    turn_of 2 15 kill
    turn_of 3 15 etcd
    kill -TERM $ours
    wait $ours
    check "kedge's controller ends in good order" test $? = 0
    say "$(grep reconciles "$dir/reconciler.log")"
    end $theirs KILL
    end "$trouble_pid" KILL
}

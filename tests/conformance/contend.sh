# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# kedge's and client-go's leader election on one Lease, whose every version is written down: at no
# time two act, and the Lease is what client-go makes of it, whoever holds it. Variables that are not
# set here are those of env.sh and run.sh.

contender=$build/tests/contender
declare -A contender_pid

# contend IDENTITY [URL]: kedge-N or client-go-N begins to stand for election.
contend() {
    local config
    config=$(at admin "${2-https://127.0.0.1:$port}")
    : >"$dir/$1.log"
    case $1 in
    kedge*) spawn "$1" "$contender" --kubeconfig "$config" "$1" ;;
    *) spawn "$1" "$drive" contend --kubeconfig "$config" "$1" ;;
    esac
    contender_pid[$1]=$spawned
}

# The Lease as its last version has it.
lease_field() { tail -n 1 "$dir/contended.log" | cut -f "$1"; }
holds_lease() { [ "$(lease_field 2)" = "$1" ]; }

# leads IDENTITY SECONDS: it is the Lease's holder soon, and acts.
leads() {
    within "$2" holds_lease "$1" && within 5 grep -q "$1 act" "$dir/$1.log" && return
    say "the holder is '$(lease_field 2)'; $1 says: $(tail -n 1 "$dir/$1.log")"
    return 1
}

waits() { ! grep -q "$1 act" "$dir/$1.log"; }

# released IDENTITY NEXT: it gives the Lease up and ends well; the next one need not wait.
released() {
    kill -TERM "${contender_pid[$1]}"
    wait "${contender_pid[$1]}" || { say "$1 ended with $?"; return 1; }
    leads "$2" 4 && cut -f 2 "$dir/contended.log" | uniq | grep -q '^$' && grep -q "$1 stopped" "$dir/$1.log"
}

# The last change of the holder: so many ms after it was renewed last.
takeover_after() {
    awk -F'\t' '$2 != holder && NR > 1 { after = $5 - renewed } { holder = $2; renewed = $6 } END { print after + 0 }' "$dir/contended.log"
}

taken_after_its_time() {
    local after
    after=$(takeover_after)
    say "taken over $after ms after the last renewal"
    [ "$after" -ge 5000 ] && [ "$after" -le 9000 ]
}

scenario_contend() {
    local wire_port leader_wire
    spawn contended "$drive" lease
    sleep 1
    contend kedge-1
    check "kedge leads where nobody does" leads kedge-1 10
    contend client-go-1
    sleep 7
    check "client-go waits" waits client-go-1
    check "client-go tells who leads" grep -q "client-go-1 new kedge-1" "$dir/client-go-1.log"
    check "kedge gives the Lease up, and client-go has it at once" released kedge-1 client-go-1
    contend kedge-2
    sleep 7
    check "kedge waits" waits kedge-2
    check "kedge tells who leads" grep -q "kedge-2 new client-go-1" "$dir/kedge-2.log"
    check "client-go gives the Lease up, and kedge has it at once" released client-go-1 kedge-2

    contend client-go-2
    within 10 grep -q "new kedge-2" "$dir/client-go-2.log"
    kill -STOP "${contender_pid[kedge-2]}"
    check "kedge is frozen, and client-go takes over" leads client-go-2 15
    check "no sooner than the Lease says" taken_after_its_time
    kill -CONT "${contender_pid[kedge-2]}"
    check "kedge finds out that it leads no more" within 5 grep -q "kedge-2 stopped" "$dir/kedge-2.log"
    kill -STOP "${contender_pid[client-go-2]}"
    check "client-go is frozen, and kedge takes over" leads kedge-2 15
    check "no sooner than the Lease says" taken_after_its_time
    end "${contender_pid[client-go-2]}" KILL

    wire_port=$("$drive" ports 1)
    wire "127.0.0.1:$wire_port"
    leader_wire=$wire_pid
    contend kedge-3 "https://127.0.0.1:$wire_port"
    within 10 grep -q "new kedge-2" "$dir/kedge-3.log"
    check "kedge gives the Lease up, and another of its kind has it at once" released kedge-2 kedge-3
    contend client-go-3
    within 10 grep -q "new kedge-3" "$dir/client-go-3.log"
    kill -STOP "$leader_wire"
    check "kedge's wire is dead, and client-go takes over" leads client-go-3 15
    check "no sooner than the Lease says" taken_after_its_time
    check "kedge had stopped by itself" within 5 grep -q "kedge-3 stopped" "$dir/kedge-3.log"
    kill -CONT "$leader_wire"
    within 30 grep -q "new client-go-3" "$dir/kedge-3.log"
    check "it stands again, and has the Lease when client-go goes" released client-go-3 kedge-3
    end "${contender_pid[kedge-3]}" KILL
    check "never did two act at once, and the Lease was kept as client-go keeps it" judged
}

judged() {
    "$drive" judge "$dir/contended.log" "$dir"/kedge-[0-9]*.log "$dir"/client-go-[0-9]*.log >"$dir/judge.log" 2>&1
    local result=$?
    sed 's/^/#   /' "$dir/judge.log"
    return $result
}

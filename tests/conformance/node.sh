# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# The node agent: examples/node_agent as a node of the cluster, as kubectl sees it; and heartbeat.c,
# whose Lease is renewed while it waits for long lists over a slow wire. Variables that are not set
# here are those of env.sh and run.sh.

# field KIND NAME JSONPATH [NAMESPACE]
field() { kubectl -n "${4-default}" get "$1" "$2" -o "jsonpath={$3}" 2>/dev/null; }
# becomes SECONDS VALUE KIND NAME JSONPATH [NAMESPACE]
field_is() { [ "$(field "${@:2}")" = "$1" ]; }
becomes() {
    within "$1" field_is "${@:2}" && return
    say "it is '$(field "${@:3}")'"
    return 1
}

ready='.status.conditions[?(@.type=="Ready")].status'
node_lease() { field lease "$1" "$2" kube-node-lease; }
# When the Lease was renewed, in ms.
renewed_at() { date -d "$(node_lease "$1" .spec.renewTime)" +%s%3N 2>/dev/null || echo 0; }
renewed_after() { [ "$(renewed_at "$1")" -gt "$2" ]; }

bind_pod() {
    kubectl create -f - >/dev/null <<END
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"$1","namespace":"default"},"spec":{"nodeName":"edge-1",
"terminationGracePeriodSeconds":5,"containers":[{"name":"main","image":"example.com/one:1"},{"name":"side","image":"example.com/two:2"}]}}
END
}
pod_gone() { ! kubectl -n default get pod "$1" >/dev/null 2>&1; }

start_agent() {
    spawn node_agent "$programs/node_agent" --kubeconfig "$(user admin)" edge-1
    agent_pid=$spawned
}

a_node_is_registered() {
    start_agent
    check "the node is Ready" becomes 30 True node edge-1 "$ready"
    check "... with what it says it has" becomes 1 "1 64Mi 4 32Mi" node edge-1 \
        '.status.capacity.cpu} {.status.capacity.memory} {.status.capacity.pods} {.status.allocatable.memory'
    check "... its labels" becomes 1 "edge-1 linux arm" node edge-1 \
        '.metadata.labels.kubernetes\.io/hostname} {.metadata.labels.kubernetes\.io/os} {.metadata.labels.kubernetes\.io/arch'
    check "... its taint" becomes 1 "example.com/tiny:NoSchedule" node edge-1 '.spec.taints[0].key}:{.spec.taints[0].effect'
    check "its Lease is its own, for 40 s" becomes 15 "edge-1 40" lease edge-1 \
        '.spec.holderIdentity} {.spec.leaseDurationSeconds' kube-node-lease
    check "... and the Node owns it" becomes 25 "Node $(field node edge-1 .metadata.uid)" lease edge-1 \
        '.metadata.ownerReferences[0].kind} {.metadata.ownerReferences[0].uid' kube-node-lease
    check "... and it is renewed" within 15 renewed_after edge-1 "$(renewed_at edge-1)"
}

pods_are_run() {
    bind_pod first
    bind_pod second
    check "a pod that is bound to the node runs" becomes 20 "Running true,true" pod first \
        '.status.phase} {.status.containerStatuses[0].ready},{.status.containerStatuses[1].ready'
    check "... and is Ready" becomes 5 True pod first "$ready"
    check "another too" becomes 10 Running pod second .status.phase
    kubectl -n default delete pod first --wait=false >/dev/null
    check "one that is deleted is ended, and gone" within 20 pod_gone first
    check "the other still runs" becomes 1 Running pod second .status.phase
}

# The server is away for 12 s; a pod is bound, and one deleted, before the agent has seen it again.
the_server_goes() {
    local before
    stop_apiserver
    sleep 12
    start_apiserver
    before=$(date +%s%3N)
    bind_pod third
    kubectl -n default delete pod second --wait=false >/dev/null
    check "the server was away: the Lease is renewed again" within 40 renewed_after edge-1 "$before"
    check "... the new pod runs" becomes 60 Running pod third .status.phase
    check "... the deleted one is gone" within 30 pod_gone second
    check "... the node is Ready" becomes 1 True node edge-1 "$ready"
}

the_agent_dies() {
    local last
    end "$agent_pid" KILL
    last=$(renewed_at edge-1)
    sleep 13
    check "the agent is killed: the Lease gets old" test "$(renewed_at edge-1)" = "$last"
    start_agent
    check "... and is renewed when it comes back" within 20 renewed_after edge-1 "$last"
    check "... the pod still runs" becomes 10 Running pod third .status.phase
}

# Its Lease goes with it, where there is a garbage collector; here, by hand.
delete_node() {
    kubectl delete node edge-1 >/dev/null
    kubectl -n kube-node-lease delete lease edge-1 >/dev/null
}

a_node_is_deleted() {
    delete_node
    check "a Node that somebody deletes is registered again, Ready" becomes 20 True node edge-1 "$ready"
    check "... and owns the Lease" becomes 30 "$(field node edge-1 .metadata.uid)" lease edge-1 \
        '.metadata.ownerReferences[0].uid' kube-node-lease
    end "$agent_pid" KILL
    delete_node
    start_agent
    check "... also one that is deleted while the agent is away" becomes 40 True node edge-1 "$ready"
    check "... and owns the Lease" becomes 30 "$(field node edge-1 .metadata.uid)" lease edge-1 \
        '.metadata.ownerReferences[0].uid' kube-node-lease
    kill -TERM "$agent_pid"
    wait "$agent_pid"
    check "the agent ends in good order" test $? = 0
}

# Each list takes longer than the Lease lasts.
lists_do_not_hold_it_up() {
    local slow_port beat gap
    slow_port=$("$drive" ports 1)
    wire "127.0.0.1:$slow_port" 0s 200000
    : >"$dir/heartbeat.log"
    spawn heartbeat "$build/tests/heartbeat" --kubeconfig "$(at admin "https://127.0.0.1:$slow_port")" edge-2
    beat=$spawned
    within 15 renewed_after edge-2 0
    spawn renewals kubectl -n kube-node-lease get lease edge-2 --watch -o 'jsonpath={.spec.renewTime}{"\n"}'
    check "two long lists end" within 120 lists_listed 2
    kill -TERM "$beat"
    wait "$beat"
    check "the program ends in good order" test $? = 0
    gap=$(greatest_gap "$dir/renewals.log")
    say "$(tail -n 1 "$dir/heartbeat.log"); the server saw $(wc -l <"$dir/renewals.log") renewals, at most $gap ms apart"
    check "its Lease of 8 s was renewed all the time" test "$gap" -gt 0 -a "$gap" -lt 8000
}

lists_listed() { [ "$(grep -c '^listed [1-9][0-9][0-9][0-9]' "$dir/heartbeat.log")" -ge "$1" ]; }
greatest_gap() {
    local last=0 at gap=0 line
    while read -r line; do
        at=$(date -d "$line" +%s%3N) || continue
        [ $last = 0 ] || [ $((at - last)) -le $gap ] || gap=$((at - last))
        last=$at
    done <"$1"
    echo $gap
}

scenario_node() {
    if ! command -v kubectl >/dev/null; then
        say "node is skipped: it needs kubectl"
        return
    fi
    a_node_is_registered
    pods_are_run
    the_server_goes
    the_agent_dies
    a_node_is_deleted
    lists_do_not_hold_it_up
}

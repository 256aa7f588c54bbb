# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# Leader election: kedge's and client-go's electors on one Lease. Variables that are not set here are
# those of env.sh and run.sh.

# stand WHO IDENTITY [LEASE]: one more contender, of kedge or of go; its process id is in
# ${contender[IDENTITY]}, what it says in $dir/IDENTITY.log.
declare -A contender
stand() {
    local lease=${3-kedge-example}
    if [ "$1" = kedge ]; then
        spawn "$2" "$programs/leader" --kubeconfig "$KUBECONFIG" -n default -l "$lease" "$2"
    else
        spawn "$2" "$drive" leader --lease "$lease" "$2"
    fi
    contender[$2]=$spawned
}

# says IDENTITY LINE: has that contender said so?
says() { grep -q -x -e "$2" "$dir/$1.log"; }

# acts_only IDENTITY: of all that stand, that one has acted within two seconds, and nobody else.
acts_only() {
    local who line
    declare -A before
    for who in "${!contender[@]}"; do
        before[$who]=$(grep -c -x -e "$who acts" "$dir/$who.log")
    done
    sleep 2.5
    for who in "${!contender[@]}"; do
        line=$(($(grep -c -x -e "$who acts" "$dir/$who.log") - before[$who]))
        if [ "$who" = "$1" ]; then
            [ "$line" -gt 0 ] || { say "$who does not act"; return 1; }
        else
            [ "$line" = 0 ] || { say "$who acts, too"; return 1; }
        fi
    done
}

# lease_of NAME: the Lease as the server has it, one member a line, without what differs between
# two of the same history: names, versions, times.
lease_of() {
    "$drive" get "/apis/coordination.k8s.io/v1/namespaces/default/leases/$1" | sed -e 's/[,{}]/\n/g' |
        sed -e '/^$/d' -e '/"name":/d' -e '/"uid":/d' -e '/"resourceVersion":/d' -e '/"time":/d' \
            -e '/Timestamp":/d' -e '/"acquireTime":"/s/:".*/:.../' -e '/"renewTime":"/s/:".*/:.../' \
            -e '/"manager":/d' -e '/"holderIdentity":"./s/:".*/:.../'
}
member() {
    "$drive" get "/apis/coordination.k8s.io/v1/namespaces/default/leases/$1" |
        grep -o "\"$2\":\"*[^\",}]*" | sed -e "s/\"$2\":\"*//"
}
member_is() { [ "$(member "$1" "$2")" = "$3" ]; }

# same_leases: are those that each keeps the same, and not nothing?
same_leases() {
    lease_of by-client-go >"$dir/by-client-go"
    lease_of by-kedge >"$dir/by-kedge"
    grep -q '"f:leaseTransitions":' "$dir/by-kedge" && cmp "$dir/by-client-go" "$dir/by-kedge"
}

# leave_leading IDENTITY: ends it in good order.
leave_leading() {
    kill -INT "${contender[$1]}" && within 10 not kill -0 "${contender[$1]}" 2>/dev/null &&
        wait "${contender[$1]}"
}

# strike IDENTITY: it is killed; how long the Lease may last from then on is counted from $struck.
strike() {
    end "${contender[$1]}" KILL
    unset "contender[$1]"
    struck=$SECONDS
}

scenario_leader() {
    stand go go-1
    check "client-go leads where nobody does" within 20 says go-1 "go-1 leads"
    stand kedge kedge-1
    check "kedge sees it" within 20 says kedge-1 "the leader is go-1"
    check "... and stands back" acts_only go-1
    check "client-go steps down" leave_leading go-1
    unset "contender[go-1]"
    check "kedge follows before the Lease would expire" within 8 says kedge-1 "kedge-1 leads"
    check "... and counts it" member_is kedge-example leaseTransitions 1
    stand go go-2
    check "client-go sees it" within 20 says go-2 "the leader is kedge-1"
    check "... and stands back" acts_only kedge-1
    check "kedge steps down" leave_leading kedge-1
    unset "contender[kedge-1]"
    check "client-go follows before the Lease would expire" within 8 says go-2 "go-2 leads"
    check "... and counts it" member_is kedge-example leaseTransitions 2

    stand kedge kedge-2
    check "kedge sees that" within 20 says kedge-2 "the leader is go-2"
    strike go-2
    check "client-go is killed, and kedge takes over" within 30 says kedge-2 "kedge-2 leads"
    check "... when the Lease has expired, and no sooner" [ $((SECONDS - struck)) -ge 12 ]
    check "... and counts it" member_is kedge-example leaseTransitions 3
    stand go go-3
    check "client-go sees that" within 20 says go-3 "the leader is kedge-2"
    strike kedge-2
    check "kedge is killed, and client-go takes over" within 30 says go-3 "go-3 leads"
    check "... when the Lease has expired, and no sooner" [ $((SECONDS - struck)) -ge 12 ]

    # What each makes of a Lease, and of one that somebody writes into, is the same.
    stand go go-4 by-client-go
    stand kedge kedge-4 by-kedge
    check "each has a Lease to itself" within 20 says go-4 "go-4 leads"
    check "... both" within 20 says kedge-4 "kedge-4 leads"
    if command -v kubectl >/dev/null; then
        kubectl -n default annotate lease by-client-go by-kedge example.com/note='a "b"' >/dev/null
        kubectl -n default label lease by-client-go by-kedge tier=front >/dev/null
    fi
    sleep 5
    check "the Leases are the same, managed fields too" same_leases
    check "client-go releases its own" leave_leading go-4
    check "kedge releases its own" leave_leading kedge-4
    unset "contender[go-4]" "contender[kedge-4]"
    check "... and they are still the same" same_leases
    check "... and nobody's" member_is by-kedge holderIdentity ""

    # The server dies under a leader of each, and comes back too late for them.
    stand kedge kedge-5 by-client-go
    stand go go-5 by-kedge
    check "they change places" within 20 says kedge-5 "kedge-5 leads"
    check "... both" within 20 says go-5 "go-5 leads"
    stop_apiserver
    check "kedge leads no more when the server is gone" within 20 says kedge-5 "kedge-5 leads no more"
    check "... nor does client-go" within 20 says go-5 "go-5 leads no more"
    start_apiserver
    local who
    for who in "${!contender[@]}"; do
        end "${contender[$who]}" INT
    done
}

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [SCENARIO...]: the conformance run. Starts a kube-apiserver with etcd on loopback, lets
# drive change what it holds, and compares what kedge's informers hold with it, object by object.
# Without arguments all scenarios of `all` run, in that order; README.md says what each one is about,
# and names those that run for longer, when they are asked for by name.

set -u
# shellcheck source=env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=scenarios.sh
. "$here/scenarios.sh"

all="users refusals pages certificates kinds examples custom churn restart compaction continue cut late
incluster verbs clients events beside leader contend controller node history"
# Where make has built our programs.
build=${BUILD-build}
case $build in
/*) ;;
*) build=$root/$build ;;
esac
programs=$build/examples
# shellcheck source=verbs.sh
. "$here/verbs.sh"
# shellcheck source=clients.sh
. "$here/clients.sh"
# shellcheck source=leader.sh
. "$here/leader.sh"
# shellcheck source=events.sh
. "$here/events.sh"
# shellcheck source=beside.sh
. "$here/beside.sh"
# shellcheck source=kinds.sh
. "$here/kinds.sh"
# shellcheck source=contend.sh
. "$here/contend.sh"
# shellcheck source=controller.sh
. "$here/controller.sh"
# shellcheck source=node.sh
. "$here/node.sh"
cache_dump=$build/tests/cache_dump
count=2000
declare -A client_pid

# ---- what a scenario is made of ----------------------------------------------------------------

# words_of_refusal PATTERN COMMAND...: exit code 1, and such words.
words_of_refusal() {
    local pattern=$1 result
    shift
    "$@"
    result=$?
    [ $result = 1 ] && grep -q -E -- "$pattern" "$dir/words" && return
    say "exit code $result, nothing says '$pattern':"
    head -n 3 "$dir/words" | sed 's/^/#   /'
    return 1
}

# at USER URL: a kubeconfig of that user for another address of the server; prints its name.
at() {
    local file=$dir/pki/$1-${2//[^a-z0-9]/-}.kubeconfig
    sed "s|server: .*|server: $2|" "$(user "$1")" >"$file"
    echo "$file"
}

# client NAME ARGUMENTS...: an informer that goes on in the background.
client() {
    local name=$1
    shift
    : >"$dir/$name.log"
    spawn "$name" "$cache_dump" --out "$dir/$name.dump" "$@"
    client_pid[$name]=$spawned
}

# leave NAME: ends that client in good order; true if it exits with 0.
leave() {
    kill -TERM "${client_pid[$1]}" 2>/dev/null
    wait "${client_pid[$1]}" 2>/dev/null
}

# ask NAME: lets the client write its cache.
ask() {
    rm -f "$dir/$1.dump"
    kill -USR1 "${client_pid[$1]}" 2>/dev/null || return 1
    within 5 test -e "$dir/$1.dump"
}

# counter NAME KEY: as of the client's last dump.
counter() { sed -n "s/^# .*\b$2=\([^ ]*\).*/\1/p" "$dir/$1.dump"; }
asked() { ask "$1" && counter "$1" "$2"; }

synced() { grep -q '^synced' "$dir/$1.log"; }

# same NAME KIND [FLAGS OF drive dump...]: does the file that was written hold what the server does?
same() {
    local name=$1
    shift
    "$drive" dump "$@" >"$dir/server.txt" || return 1
    grep -v '^#' "$dir/$name.dump" | LC_ALL=C sort >"$dir/$name.txt"
    cmp -s "$dir/server.txt" "$dir/$name.txt"
}

asked_same() { ask "$1" && same "$@"; }

# equal NAME KIND [FLAGS...]: is the client's cache in the end the server's state, and was everything
# that its handler was told consistent?
equal() {
    if ! within 40 asked_same "$@"; then
        say "$1 differs (<: the server, >: the cache):"
        diff "$dir/server.txt" "$dir/$1.txt" | head -n 6 | sed 's/^/#   /'
        tail -n 3 "$dir/$1.log" | sed 's/^/#   /'
        return 1
    fi
    [ -s "$dir/server.txt" ] || { say "the server holds nothing: this compares nothing"; return 1; }
    [ "$(counter "$1" violations)" = 0 ] || { grep -m 3 violation "$dir/$1.log" | sed 's/^/# /'; false; }
}

# once NAME ARGUMENTS...: an informer that syncs, writes its cache, exits.
once() {
    local name=$1
    shift
    rm -f "$dir/$name.dump"
    timeout 60 "$cache_dump" --once --out "$dir/$name.dump" "$@" >"$dir/$name.log" 2>&1
}

# lists NAME KIND [ARGUMENTS OF cache_dump...]: syncs, and holds all that the server has.
lists() {
    local name=$1 kind=$2
    shift 2
    if ! once "$name" --kind "$kind" "$@"; then
        tail -n 3 "$dir/$name.log" | sed 's/^/#   /'
        return 1
    fi
    same "$name" "$kind" && [ -s "$dir/server.txt" ] && return
    diff "$dir/server.txt" "$dir/$name.txt" | head -n 6 | sed 's/^/#   /'
    return 1
}

# refused NAME PATTERN ARGUMENTS...: does not sync, says why, ends by itself and in good order.
refused() {
    local name=$1 pattern=$2 result
    shift 2
    once "$name" --timeout 3 "$@"
    result=$?
    [ $result = 1 ] || { say "exit code $result, not 1"; return 1; }
    [ ! -e "$dir/$name.dump" ] || { say "a cache was written"; return 1; }
    # With programs that were built with sanitizers, whose exit code is 1 too.
    grep -E 'Sanitizer|runtime error' "$dir/$name.log" && return 1
    grep -q -i -E -- "$pattern" "$dir/$name.log" && return
    say "nothing says '$pattern':"
    head -n 5 "$dir/$name.log" | sed 's/^/#   /'
    return 1
}

# serve NAME: the server goes on with that certificate.
serve() {
    cp "$dir/pki/server-$1.key" "$dir/pki/server.key"
    cp "$dir/pki/server-$1.crt" "$dir/pki/server.crt"
    "$drive" served "127.0.0.1:$port" "$dir/pki/server.crt"
}

# requests VERB CODE: how many of these the server has answered for Deployments.
requests() {
    "$drive" get /metrics | awk -v verb="verb=\"$1\"" -v code="code=\"$2\"" '
        /^apiserver_request_total/ && /resource="deployments"/ && index($0, verb) && index($0, code) {
            sum += $NF
        }
        END { print sum + 0 }'
}

# more TEXT BEFORE AFTER: has a counter grown?
more() { [ "${2:-0}" -gt "${1:-0}" ]; }

# wire LISTEN [DELAY [RATE]]: a forwarder from that address to the server, in $wire_pid.
wire() {
    local where=$1
    spawn wire "$drive" forward "$where" "127.0.0.1:$port" "${@:2}"
    wire_pid=$spawned
    where=${where%:*}
    within 5 accepts "${where//[][]/}" "${1##*:}"
}

accepts() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# ---- the run -----------------------------------------------------------------------------------

tidy() {
    stop_all
    [ -z "${incluster_folder-}" ] || rm -rf "$incluster_folder"
    [ "$failed" = 0 ] && [ -n "${done_all-}" ] && [ -z "${KEEP-}" ] && rm -rf "$dir"
}

# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $all
for scenario in "$@"; do
    # shellcheck disable=SC2086
    [ "$(type -t "scenario_$scenario")" = function ] || die "no scenario is called $scenario; there are:" $all
done
for program in "$cache_dump" "$beside" "$programs"/{deployment_list,deployment_watch,deployment_informer,sensor_watch}; do
    [ -x "$program" ] || die "$program is missing: use 'make conformance', which builds it"
done
build_drive
build_server
prepare "$(mktemp -d "${TMPDIR:-/tmp}/kedge-conformance.XXXXXX")"
trap tidy EXIT
trap 'done_all=1; exit 130' INT TERM
say "$("$assets/kube-apiserver" --version), logs in $dir"
start_etcd
start_apiserver
"$drive" grant || die "the server gives no rights"
"$drive" seed --count $count || die "the server cannot be filled"

for scenario in "$@"; do
    say "$scenario (at $SECONDS s)"
    "scenario_$scenario"
done
done_all=1
[ "$failed" = 0 ] || say "logs are in $dir"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

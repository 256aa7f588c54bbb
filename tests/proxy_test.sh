#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# proxy_test.sh: an informer of examples/ behind a proxy, on loopback: by kubeconfig and by the
# environment, with a user and without, let through and refused.

# shellcheck source=claims.sh
. "$(dirname "$0")/claims.sh"

# shellcheck disable=SC2154 # root and dir are from claims.sh
cd "$root" || exit 1
build=${BUILD:-build}/asan
informer=$build/examples/deployment_informer
MOCK_SERVER=${MOCK_SERVER:-$build/tests/mock_server} PKI=${PKI:-$build/tests/pki}
export MOCK_SERVER PKI
for program in "$informer" "$MOCK_SERVER" "$PKI" "$build/tests/mock_proxy"; do
    [ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
done

ends() {
    proxy_stop
    mock_stop
} 2>/dev/null

proxy_stop() {
    [ -z "$proxy" ] || { kill "$proxy" && wait "$proxy"; }
    proxy=
} 2>/dev/null

# proxy_start OPTIONS...: $port is its; what it answered is in $dir/proxy.log.
proxy_start() {
    proxy_stop
    : >"$dir/proxy.log"
    [ -p "$dir/hold" ] || mkfifo "$dir/hold"
    "$build/tests/mock_proxy" "$@" >"$dir/proxy.log" <"$dir/hold" &
    proxy=$!
    exec 5>"$dir/hold"
    until_true 20 test -s "$dir/proxy.log" || exit 1
    port=$(sed -n 1p "$dir/proxy.log")
}

# through URL: a kubeconfig whose cluster has this proxy-url, or none.
through() {
    if [ -n "$1" ]; then
        sed "s|^\( *\)server: .*|&\n\1proxy-url: $1|" "$dir/kubeconfig" >"$dir/config"
    else
        cp "$dir/kubeconfig" "$dir/config"
    fi
}

# said TEXT: the informer says so within some seconds.
said() {
    KUBECONFIG=$dir/config timeout 20 "$informer" >"$dir/said" 2>&1 &
    running=$!
    until_true 15 grep -q "$1" "$dir/said"
    found=$?
    kill "$running" && wait "$running"
    [ "$found" = 0 ] || cat "$dir/said"
    return "$found"
} 2>/dev/null

answered() {
    sed 1d "$dir/proxy.log" | grep -q "^$1 " || { cat "$dir/proxy.log"; return 1; }
}

proxy='' port=''
mock_start --deployments 5 --namespaces 1
claims_at_exit=ends
listed='add a deployment'

proxy_start
through "http://127.0.0.1:$port"
claim "an informer lists and watches through a proxy" said "$listed"
claim "... which was asked to CONNECT" answered 200
proxy_start --authorization "Basic $(printf me:geheim | base64)"
through "http://me:geheim@127.0.0.1:$port"
claim "a user and password let it through" said "$listed"
through "http://me:falsch@127.0.0.1:$port"
claim "a wrong password is told" said "the proxy 127.0.0.1:$port answered CONNECT with 407"
claim "... and no secret with it" sh -c "! grep -q falsch '$dir/said'"
proxy_start --refuse 403
through "http://127.0.0.1:$port"
claim "a refusal is told" said "the proxy 127.0.0.1:$port answered CONNECT with 403"
through ''
HTTPS_PROXY=http://127.0.0.1:$port
export HTTPS_PROXY
claim "the environment's is not for loopback" said "$listed"
through "http://127.0.0.1:1"
claim "a proxy that is not there is told" said "the proxy 127.0.0.1:1"
claims_end

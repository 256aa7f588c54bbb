#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# rss.sh - peak memory of a whole process: examples/deployment_informer with 1,000 Deployments over TLS,
# as the kernel counts it (VmHWM), mbedTLS, libyaml and the C library included.
#
#     tests/bench/rss.sh [DEPLOYMENTS]
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
count=${1:-1000}
work=$(mktemp -d)
server=
informer=
end() {
    for p in $informer $server; do
        kill "$p" 2>/dev/null || true
        wait "$p" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap end EXIT
trap 'exit 1' INT TERM

"$build/tests/pki" "$work" >/dev/null
"$build/tests/mock_server" --tls "$work" --token bench --deployments "$count" --namespaces 20 \
    --kubeconfig-out "$work/kubeconfig" >"$work/server.log" 2>&1 &
server=$!
tries=0
until [ -s "$work/kubeconfig" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { cat "$work/server.log"; exit 1; }
    sleep 0.1
done
"$build/examples/deployment_informer" --kubeconfig "$work/kubeconfig" >"$work/out" 2>&1 &
informer=$!
tries=0
until grep -q '^ *[0-9][0-9]*  ' "$work/out" || [ "$tries" -ge 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
    # The output is complete when the list of the namespace is flushed; the peak is there before.
    [ "$tries" -lt 30 ] || break
done
peak=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$informer/status")
bss=$(size "$build/examples/deployment_informer" | awk 'NR == 2 { print int($3 / 1024) }')
printf 'deployment_informer, %s Deployments over TLS: peak RSS %s KiB (of its %s KiB block, pages never touched do not count)\n' \
    "$count" "$peak" "$bss"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run_demo.sh: `make run`. Runs the informer example for RUN_SECONDS (15; 0: for ever) or until
# Ctrl-C. With $KUBECONFIG set it watches that cluster, in a pod the pod's; else a mock API server on
# loopback, with TLS and a token, that rolls, scales, adds and deletes some sixty Deployments.

build=${BUILD:-build}
seconds=${RUN_SECONDS:-15}
example=$build/examples/deployment_informer
token_file=/var/run/secrets/kubernetes.io/serviceaccount/token

say() { printf '# %s\n' "$*"; }

# Interrupts the example when its time is over. Ended by TERM, it takes its sleep with it.
stop_later() {
    trap - EXIT
    trap 'kill $sleeper; exit 0' TERM
    sleep "$seconds" &
    sleeper=$!
    wait "$sleeper"
    kill -INT "$example_pid"
    sleep 10 &
    sleeper=$!
    wait "$sleeper"
    echo "run: the example does not stop" >&2
    kill -KILL "$example_pid"
}

# In a session of its own, so that Ctrl-C ends the example first and the server after it.
start_mock() {
    "$build/tests/pki" "$dir/pki" || exit 1
    token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    setsid "$build/tests/mock_server" --tls "$dir/pki" --token "$token" --deployments 60 \
        --namespaces 5 --churn 400 --kubeconfig-out "$dir/kubeconfig" >"$dir/log" 2>&1 &
    server=$!
    tries=100
    until [ -s "$dir/kubeconfig" ]; do
        tries=$((tries - 1))
        if [ "$tries" = 0 ] || ! kill -0 "$server" 2>/dev/null; then
            cat "$dir/log" >&2
            echo "run: the mock API server does not start" >&2
            exit 1
        fi
        sleep 0.1
    done
}

clean_up() {
    status=$?
    [ -n "$timer" ] && kill "$timer" 2>/dev/null
    [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server"
    rm -rf "$dir"
    exit "$status"
}

[ -x "$example" ] || { echo "run: there is no $example: make examples" >&2; exit 1; }
dir=$(mktemp -d) || exit 1
server='' timer=''
trap clean_up EXIT
trap : INT TERM
if [ -n "${KUBECONFIG-}" ]; then
    say "the cluster of KUBECONFIG=$KUBECONFIG"
    set -- "$example"
elif [ -n "${KUBERNETES_SERVICE_HOST-}" ] && [ -r "$token_file" ]; then
    say "the cluster of this pod: $KUBERNETES_SERVICE_HOST"
    set -- "$example"
else
    start_mock
    say "the mock API server, $(sed -n 's/^ *server: *//p' "$dir/kubeconfig"); for a cluster of yours, set KUBECONFIG"
    set -- "$example" --kubeconfig "$dir/kubeconfig"
fi
[ "$seconds" = 0 ] || span="for $seconds s (RUN_SECONDS), or "
say "${span-}until Ctrl-C"
"$@" &
example_pid=$!
# A terminal's Ctrl-C reaches the example by itself.
trap 'kill -INT $example_pid' TERM
if [ "$seconds" != 0 ]; then
    stop_later &
    timer=$!
fi
while kill -0 "$example_pid" 2>/dev/null; do
    wait "$example_pid"
    result=$?
done
exit "$result"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# start.sh [DIR]: a kube-apiserver with etcd on loopback until Ctrl-C, for trying things by hand.
# DIR gets the kubeconfigs (DIR/pki/*.kubeconfig), the logs and etcd's data; by default a new folder.

set -u
# shellcheck source=env.sh
. "$(dirname "$0")/env.sh"

build_drive
build_server
prepare "${1:-$(mktemp -d "${TMPDIR:-/tmp}/kedge-conformance.XXXXXX")}"
trap 'stop_all' EXIT
trap 'exit 130' INT TERM
start_etcd
start_apiserver
"$drive" grant
say "ready: export KUBECONFIG=$KUBECONFIG"
say "other users: $dir/pki/*.kubeconfig; drive it with: $drive"
say "etcd is $etcd_url; Ctrl-C ends both and leaves $dir"
while kill -0 "$apiserver_pid" 2>/dev/null && kill -0 "$etcd_pid" 2>/dev/null; do
    sleep 1
done
die "a server ended by itself: see $dir/*.log"

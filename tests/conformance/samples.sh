#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# samples.sh [DIR]: how the replies of tests/data with an object or two of each kind were made. Every
# object of samples/ is created on a real kube-apiserver, its status is patched, and what the server
# then answers to the requests that the files name goes into DIR (by default tests/data/apiserver-1.36)
# as it comes, heads and all. The test `project` reads them: a new row of a kind wants a new field here.

set -u
# shellcheck source=env.sh
. "$(dirname "$0")/env.sh"
samples=$here/samples
into=${1:-$root/tests/data/apiserver-1.36}

# A field that is behind a gate is a field.
apiserver_flags='--feature-gates=CoordinatedLeaderElection=true,MaxUnavailableStatefulSet=true
    --runtime-config=coordination.k8s.io/v1beta1=true'

# ask PATH: the reply, as it came. (To curl by its own name the server sends JSON with indents.)
ask() {
    curl --silent --show-error --http1.1 --include --raw --user-agent kedge --cacert "$dir/pki/ca.crt" \
        --header "Authorization: Bearer $token" "https://127.0.0.1:$port$1"
}

make_object() {
    kubectl -n kedge-sample create -f "$1" >/dev/null || return 1
    ! grep -q '^status:' "$1" ||
        kubectl -n kedge-sample patch -f "$1" --subresource=status --type=merge --patch-file "$1" >/dev/null
}

build_drive
build_server
prepare "$(mktemp -d "${TMPDIR:-/tmp}/kedge-samples.XXXXXX")"
trap 'stop_all; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
start_etcd
start_apiserver
token=$(head -n 1 "$dir/pki/tokens.csv" | cut -d, -f1)
kubectl create namespace kedge-sample >/dev/null || die "no namespace"
kubectl label namespace kedge-sample resource.kubernetes.io/admin-access=true >/dev/null
for file in "$samples"/*.yaml; do
    make_object "$file" || failed=$((failed + 1))
done
[ "$failed" = 0 ] || die "$failed objects are not as they should be"
while read -r name path; do
    ask "$path" >"$into/$name.http" || die "$path: no reply"
    say "$name.http $(wc -c <"$into/$name.http")"
done < <(sed -n 's/^# GET //p' "$samples"/*.yaml)

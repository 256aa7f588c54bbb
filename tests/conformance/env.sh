# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Functions that start.sh, run.sh and soak.sh share: claims, build the programs, start and stop etcd
# and kube-apiserver on loopback. Every process that is started here is ended by `stop_all`.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/build/conformance
drive=$out/drive

say() { printf '# %s\n' "$*"; }
die() { printf 'conformance: %s\n' "$*" >&2; exit 1; }

passed=0
failed=0

# check TEXT COMMAND...: one claim.
check() {
    local text=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok - $text"
    else
        failed=$((failed + 1))
        echo "not ok - $text"
    fi
}

# within SECONDS COMMAND...: true as soon as the command is; false after that time.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}

# resident PID KEY: KiB, as the kernel counts page by page.
resident() { awk -v key="$2:" '$1 == key { print $2; exit }' "/proc/$1/smaps_rollup"; }

user() { echo "$dir/pki/$1.kubeconfig"; }

# newer BINARY FOLDER: is the binary newer than all that it is made from?
newer() {
    [ -x "$1" ] && [ -z "$(find "$here/go.mod" "$here/go.sum" "$here/$2" -newer "$1" -print -quit)" ]
}

go_build() {
    local package=$1 target=$2 flags=${3-}
    command -v go >/dev/null ||
        die "needs Go (see go.mod for the version; 1.21 or later fetches it): https://go.dev/dl"
    mkdir -p "$(dirname "$target")"
    (cd "$here" && CGO_ENABLED=0 nice -n 15 go build -trimpath -buildvcs=false \
        -ldflags "-s -w $flags" -o "$target" "./$package") || die "$package could not be built"
}

build_drive() { newer "$drive" drive || go_build drive "$drive"; }

# The folder with etcd and kube-apiserver: the one that is given, else our own, which is one
# program under two names.
build_server() {
    local name
    if [ -n "${KUBEBUILDER_ASSETS-}" ]; then
        assets=$KUBEBUILDER_ASSETS
        for name in etcd kube-apiserver; do
            [ -x "$assets/$name" ] || die "KUBEBUILDER_ASSETS=$assets has no $name"
        done
        return
    fi
    assets=$out/bin
    newer "$assets/server" server && return
    local version at=k8s.io/component-base/version
    version=$(awk '$1 == "k8s.io/kubernetes" { print $2; exit }' "$here/go.mod")
    say "building kube-apiserver $version and etcd: minutes, the first time"
    go_build server "$assets/server" "-X $at.gitVersion=$version -X $at.gitMajor=1 \
        -X $at.gitMinor=$(echo "$version" | cut -d. -f2) -X $at.gitTreeState=clean"
    ln -sf server "$assets/etcd"
    ln -sf server "$assets/kube-apiserver"
}

# prepare DIR: free ports, certificates and kubeconfigs in DIR. The ports stay the same over restarts.
prepare() {
    dir=$1
    mkdir -p "$dir"
    # shellcheck disable=SC2046
    set -- $("$drive" ports 3)
    etcd_url=http://127.0.0.1:$1
    peer_url=http://127.0.0.1:$2
    port=$3
    "$drive" pki "$dir/pki" "https://127.0.0.1:$port" || die "no certificates"
    export KUBECONFIG=$dir/pki/admin.kubeconfig
    etcd_data=$dir/etcd
    pids=
}

# spawn NAME COMMAND...: in the background, its output in a file; its process id in $spawned.
spawn() {
    local name=$1
    shift
    "$@" >>"$dir/$name.log" 2>&1 &
    spawned=$!
    pids="$pids $spawned"
}

# end PID [SIGNAL]: and wait until it is gone.
end() {
    [ -n "$1" ] || return 0
    kill "-${2:-TERM}" "$1" 2>/dev/null
    wait "$1" 2>/dev/null
    pids=" $pids "
    pids=${pids/ $1 / }
}

start_etcd() {
    spawn etcd "$assets/etcd" --name=conformance --data-dir="$etcd_data" --unsafe-no-fsync \
        --listen-client-urls="$etcd_url" --advertise-client-urls="$etcd_url" \
        --listen-peer-urls="$peer_url" --initial-advertise-peer-urls="$peer_url" \
        --initial-cluster="conformance=$peer_url" --log-level=warn
    etcd_pid=$spawned
}

# With $apiserver_flags besides, where there are any.
start_apiserver() {
    local pki=$dir/pki
    # shellcheck disable=SC2086 # a list of words
    spawn apiserver "$assets/kube-apiserver" --etcd-servers="$etcd_url" \
        --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$port" \
        --endpoint-reconciler-type=none --service-cluster-ip-range=10.0.0.0/24 \
        --tls-cert-file="$pki/server.crt" --tls-private-key-file="$pki/server.key" \
        --client-ca-file="$pki/ca.crt" --token-auth-file="$pki/tokens.csv" \
        --service-account-issuer=https://kubernetes.default.svc \
        --service-account-key-file="$pki/service-account.crt" \
        --service-account-signing-key-file="$pki/service-account.key" \
        --authorization-mode=RBAC --disable-admission-plugins=ServiceAccount \
        --shutdown-delay-duration=0 \
        --shutdown-watch-termination-grace-period=5s ${apiserver_flags-}
    apiserver_pid=$spawned
    "$drive" wait || { tail -n 20 "$dir/apiserver.log" >&2; die "kube-apiserver does not start"; }
}

# Killed as by a node that loses power, watches are cut; ended by TERM, the server ends them in good order.
stop_apiserver() { end "$apiserver_pid" "${1-KILL}"; apiserver_pid=; }
stop_etcd() { end "$etcd_pid" KILL; etcd_pid=; }

stop_all() {
    local pid
    for pid in ${pids-}; do
        kill -CONT "$pid" 2>/dev/null
        kill -KILL "$pid" 2>/dev/null
    done
    wait 2>/dev/null
    pids=
}

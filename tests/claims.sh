# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# claims.sh: what test scripts share. A script says `claim "what must be so" COMMAND...` again and
# again, and ends by `claims_end`. $dir is a folder of its own, gone when it ends.

# shellcheck disable=SC2034 # for the scripts that include this
root=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d) || exit 1
claims_passed=0
claims_failed=0
claims_at_exit=:
trap '$claims_at_exit; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

claim() {
    claims_name=$1
    shift
    if "$@"; then
        echo "good: $claims_name"
        claims_passed=$((claims_passed + 1))
    else
        echo "NOT SO: $claims_name"
        claims_failed=$((claims_failed + 1))
    fi
}

claims_end() {
    echo "$claims_passed passed, $claims_failed failed"
    exit $((claims_failed > 0))
}

# mock_start OPTIONS...: the mock API server with TLS and a token; its kubeconfig is
# $dir/kubeconfig. It ends with the script.
mock_start() {
    "${PKI:-${BUILD:-build}/tests/pki}" "$dir/pki" || exit 1
    "${MOCK_SERVER:-${BUILD:-build}/tests/mock_server}" --tls "$dir/pki" --token test --kubeconfig-out "$dir/kubeconfig" "$@" \
        >"$dir/mock.log" 2>&1 &
    mock_pid=$!
    claims_at_exit=mock_stop
    until_true 20 test -s "$dir/kubeconfig" || { cat "$dir/mock.log"; exit 1; }
}

mock_stop() {
    kill "$mock_pid" && wait "$mock_pid"
}

# printed PATTERN [TIMES]: at least so many lines of $dir/out, once if it is not said.
printed() { [ "$(grep -c -e "$1" "$dir/out")" -ge "${2:-1}" ]; }

# until_true SECONDS COMMAND...: tries it ten times a second.
until_true() {
    tries=$(($1 * 10))
    shift
    while ! "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tls_openssl_test.sh: our TLS against OpenSSL's server and OpenSSL's certificates, on loopback.

# shellcheck source=claims.sh
. "$(dirname "$0")/claims.sh"
# shellcheck source=tls/peers.sh
. "$root/tests/tls/peers.sh"

# said TEXT ARGUMENTS...: the client ends in so many words.
said() {
    text=$1
    shift
    timeout 30 "$dir/client" "$@" >"$dir/said" 2>&1
    grep -q "$text" "$dir/said" || { cat "$dir/said"; return 1; }
}
well() { said '^ERR_CLOSED, [1-9][0-9][0-9][0-9]* bytes' "$@"; }

names='subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n'
certify ca ecdsa 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n' ''
certify rsa-ca rsa 'basicConstraints=critical,CA:TRUE\n' ''
certify server ecdsa "${names}extendedKeyUsage=serverAuth\n" ca
certify rsa-server rsa "${names}extendedKeyUsage=serverAuth\n" rsa-ca
certify not-server ecdsa "${names}extendedKeyUsage=clientAuth\n" ca
certify client ecdsa 'extendedKeyUsage=clientAuth\n' ca
certify rsa-client rsa 'extendedKeyUsage=clientAuth\n' ca
certify stranger ecdsa 'extendedKeyUsage=clientAuth\n' rsa-ca
own="-cert $dir/server.pem -key $dir/server.key"

# each_version VERSION OPTION: all that holds in TLS 1.2 and 1.3 alike.
each_version() {
    # shellcheck disable=SC2086
    serve "$2" $own
    claim "$1: an ECDSA server, by name" well localhost "$port" "$dir/ca.pem"
    claim "$1: ... and by address" well 127.0.0.1 "$port" "$dir/ca.pem"
    claim "$1: another name is refused" said '^ERR_CERTIFICATE, 0 bytes.*host name' \
        -n example.com 127.0.0.1 "$port" "$dir/ca.pem"
    claim "$1: another address is refused" said '^ERR_CERTIFICATE, 0 bytes.*address' \
        -n 127.0.0.2 127.0.0.1 "$port" "$dir/ca.pem"
    claim "$1: another CA is refused" said '^ERR_CERTIFICATE, 0 bytes.*trusted CA' \
        localhost "$port" "$dir/rsa-ca.pem"
    claim "$1: insecure takes it" well -i -n example.com 127.0.0.1 "$port"
    serve "$2" -cert "$dir/rsa-server.pem" -key "$dir/rsa-server.key"
    claim "$1: an RSA server" well localhost "$port" "$dir/rsa-ca.pem"
    serve "$2" -cert "$dir/not-server.pem" -key "$dir/not-server.key"
    claim "$1: a certificate for clients is no server's" \
        said '^ERR_CERTIFICATE, 0 bytes.*extended key usage' localhost "$port" "$dir/ca.pem"

    # shellcheck disable=SC2086
    serve "$2" $own -Verify 1 -verify_return_error -CAfile "$dir/ca.pem"
    claim "$1: a client certificate, ECDSA" \
        well -c "$dir/client.pem" -k "$dir/client.key" localhost "$port" "$dir/ca.pem"
    claim "$1: a client certificate, RSA" \
        well -c "$dir/rsa-client.pem" -k "$dir/rsa-client.key" localhost "$port" "$dir/ca.pem"
    claim "$1: none, where one is required" \
        said '^ERR_TLS, 0 bytes: the peer refused: .*client certificate' \
        localhost "$port" "$dir/ca.pem"
    claim "$1: one of another CA" said '^ERR_TLS, 0 bytes: the peer refused: .*CA' \
        -c "$dir/stranger.pem" -k "$dir/stranger.key" localhost "$port" "$dir/ca.pem"
}

# resumes TIMES OPTIONS...: so many connections, all but the first resumed by a handshake of less than
# half its bytes.
resumes() {
    times=$1
    shift
    yes '' | timeout 30 "$dir/client" -t "$times" "$@" >"$dir/said" 2>&1
    awk -v times="$times" '
        / bytes$/ { n++; if ((n == 1) != ($1 == "full,") || (n > 1 && $2 * 2 > first)) bad = 1 }
        n == 1 { first = $2 + 0 == 0 ? first : $2 }
        /^ERR_CLOSED, [1-9][0-9][0-9]/ { well++ }
        END { exit bad || n != times || well != times }' "$dir/said" ||
        { cat "$dir/said"; return 1; }
}
# again OPTIONS...: another server at the place of the one before. It has other keys for tickets.
again() {
    stop_server
    : >"$dir/server.log"
    openssl s_server -accept "127.0.0.1:$port" -www "$@" >"$dir/server.log" 2>&1 </dev/null &
    server=$!
    until_true 10 grep -q '^ACCEPT' "$dir/server.log"
}
# twice WHAT TEXT BETWEEN... -- OPTIONS...: two connections, and BETWEEN is done between them. The
# second handshake is WHAT (a pattern), and its connection ends with TEXT.
twice() {
    what=$1 text=$2 between=
    shift 2
    while [ "$1" != -- ]; do
        between="$between $1"
        shift
    done
    shift
    rm -f "$dir/next" && mkfifo "$dir/next" && : >"$dir/said" || return 1
    timeout 30 "$dir/client" -t 2 "$@" <"$dir/next" >"$dir/said" 2>&1 &
    client=$!
    exec 4>"$dir/next"
    until_true 10 grep -q '^ERR_CLOSED' "$dir/said"
    # shellcheck disable=SC2086 # words
    $between
    echo >&4
    exec 4>&-
    wait "$client"
    [ "$(grep -c '^full' "$dir/said")" -ge 1 ] && [ "$(grep -c '^ERR_' "$dir/said")" = 2 ] &&
        { [ -z "$what" ] || sed 1,2d "$dir/said" | grep -q "^$what, "; } &&
        sed '$!d' "$dir/said" | grep -q "$text" || { cat "$dir/said"; return 1; }
}
# sessions VERSION OPTION
sessions() {
    # shellcheck disable=SC2086
    serve "$2" $own
    claim "$1: sessions are resumed" resumes 4 localhost "$port" "$dir/ca.pem"
    claim "$1: ... by address" resumes 2 127.0.0.1 "$port" "$dir/ca.pem"
    claim "$1: ... insecure" resumes 2 -i -n example.com 127.0.0.1 "$port"
    claim "$1: ... but not where that is switched off" \
        twice full '^ERR_CLOSED, [1-9]' true -- -f localhost "$port" "$dir/ca.pem"
    claim "$1: a server that refuses the ticket gets a full handshake" \
        twice full '^ERR_CLOSED, [1-9]' again "$2" "$own" -- localhost "$port" "$dir/ca.pem"
    claim "$1: ... and its changed certificate is judged" \
        twice '' '^ERR_CERTIFICATE, 0 bytes.*extended key usage' again "$2" \
        "-cert $dir/not-server.pem -key $dir/not-server.key" -- localhost "$port" "$dir/ca.pem"
    # shellcheck disable=SC2086
    serve "$2" $own
    claim "$1: ... and one of another CA is" \
        twice '' '^ERR_CERTIFICATE, 0 bytes.*trusted CA' again "$2" \
        "-cert $dir/rsa-server.pem -key $dir/rsa-server.key" -- localhost "$port" "$dir/ca.pem"
    # shellcheck disable=SC2086
    serve "$2" $own -Verify 1 -verify_return_error -CAfile "$dir/ca.pem"
    claim "$1: sessions with a client certificate are resumed" \
        resumes 2 -c "$dir/client.pem" -k "$dir/client.key" localhost "$port" "$dir/ca.pem"
}

each_version "TLS 1.2" -tls1_2
sessions "TLS 1.2" -tls1_2
# shellcheck disable=SC2086
serve -tls1_2 -no_ticket $own
claim "TLS 1.2: sessions are resumed by their id" resumes 2 localhost "$port" "$dir/ca.pem"
if has_tls13; then
    each_version "TLS 1.3" -tls1_3
    sessions "TLS 1.3" -tls1_3
else
    # shellcheck disable=SC2086
    serve -tls1_3 $own
    claim "a server of TLS 1.3 alone is refused by a library without it" \
        said '^ERR_TLS, 0 bytes: the peer refused: no common version' localhost "$port" "$dir/ca.pem"
fi
# shellcheck disable=SC2086
serve -tls1_1 -cipher ALL:@SECLEVEL=0 $own
claim "TLS 1.1 is refused" said '^ERR_TLS, 0 bytes' localhost "$port" "$dir/ca.pem"
claims_end

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

each_version "TLS 1.2" -tls1_2
if has_tls13; then
    each_version "TLS 1.3" -tls1_3
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

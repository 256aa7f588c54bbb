#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tls_openssl_test.sh: our TLS against OpenSSL's server and OpenSSL's certificates, on loopback.

# shellcheck source=claims.sh
. "$(dirname "$0")/claims.sh"
cd "$root" || exit 1
build=${BUILD:-build}/asan
command -v openssl >/dev/null || { echo "skipped: there is no openssl here"; exit 77; }
[ -e "$build/libkedge.a" ] || { echo "skipped: $build/libkedge.a is not built"; exit 77; }

# shellcheck disable=SC2086 # flags are lists
compiles() {
    ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -g -fsanitize=address,undefined \
        -fno-sanitize-recover=all -Iinclude ${CPPFLAGS-} -o "$dir/client" tests/tls/client.c \
        "$build/libkedge-posix.a" "$build/libkedge.a" ${LDFLAGS-} -lmbedtls -lmbedx509 -lmbedcrypto
}

# shellcheck disable=SC2086
has_tls13() {
    echo '#include <mbedtls/ssl.h>' | ${CC:-cc} ${CPPFLAGS-} -E -dM - |
        grep -q 'define MBEDTLS_SSL_PROTO_TLS1_3 *$'
}

# key NAME KIND: an RSA or ECDSA key.
key() {
    case $2 in
    rsa) openssl genrsa -out "$dir/$1.key" 2048 ;;
    *) openssl ecparam -name prime256v1 -genkey -noout -out "$dir/$1.key" ;;
    esac
} 2>>"$dir/openssl.log"

# certify NAME KIND EXTENSIONS ISSUER: key and certificate; issuer "": signed by itself.
certify() {
    key "$1" "$2"
    openssl req -new -key "$dir/$1.key" -subj "/CN=$1" -out "$dir/$1.csr" || exit 1
    printf '%b' "$3" >"$dir/$1.ext"
    signer="-signkey $dir/$1.key"
    [ -z "$4" ] || signer="-CA $dir/$4.pem -CAkey $dir/$4.key -CAcreateserial"
    # shellcheck disable=SC2086
    openssl x509 -req -in "$dir/$1.csr" -days 30 -extfile "$dir/$1.ext" $signer \
        -out "$dir/$1.pem" || exit 1
} 2>>"$dir/openssl.log"

# serve OPTIONS...: a server on a free port of loopback, in place of the one before.
serve() {
    stop_server
    : >"$dir/server.log" # or the port of the server before is found there
    openssl s_server -accept 127.0.0.1:0 -www "$@" >"$dir/server.log" 2>&1 </dev/null &
    server=$!
    if ! until_true 10 listens; then
        cat "$dir/server.log"
        exit 1
    fi
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$dir/server.log" | head -n 1)
}

# The line with the port is there, and whole.
listens() {
    grep -q '^ACCEPT .*:[1-9]' "$dir/server.log" && [ -z "$(tail -c 1 "$dir/server.log")" ]
}

stop_server() {
    [ -z "$server" ] || { kill "$server" && wait "$server"; }
    server=
} 2>/dev/null

# said TEXT ARGUMENTS...: the client ends in so many words.
said() {
    text=$1
    shift
    timeout 30 "$dir/client" "$@" >"$dir/said" 2>&1
    grep -q "$text" "$dir/said" || { cat "$dir/said"; return 1; }
}
well() { said '^ERR_CLOSED, [1-9][0-9][0-9][0-9]* bytes' "$@"; }

server=
claims_at_exit=stop_server
claim "the client compiles" compiles
[ "$claims_failed" = 0 ] || claims_end

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

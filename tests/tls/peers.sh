# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# peers.sh: what the scripts that test our TLS against OpenSSL share: the client, keys, certificates
# and servers on loopback. Included after claims.sh.

# shellcheck disable=SC2154 # root and dir are from claims.sh
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

# key NAME KIND: an RSA key of 2,048 bits ("rsa") or so many ("rsa1024"), or one of a curve ("ecdsa":
# P-256).
key() {
    case $2 in
    rsa) openssl genrsa -out "$dir/$1.key" 2048 ;;
    rsa*) openssl genrsa -out "$dir/$1.key" "${2#rsa}" ;;
    ecdsa) openssl ecparam -name prime256v1 -genkey -noout -out "$dir/$1.key" ;;
    *) openssl ecparam -name "$2" -genkey -noout -out "$dir/$1.key" ;;
    esac
} 2>>"$dir/openssl.log"

# certify NAME KIND EXTENSIONS ISSUER [OPTIONS...]: key and certificate, good for 30 days if OPTIONS
# do not say otherwise; issuer "": signed by itself.
certify() {
    name=$1 ext=$3 issuer=$4
    key "$1" "$2"
    shift 4
    openssl req -new -key "$dir/$name.key" -subj "/CN=$name" -out "$dir/$name.csr" || not_made
    printf '%b' "$ext" >"$dir/$name.ext"
    signer="-signkey $dir/$name.key"
    [ -z "$issuer" ] || signer="-CA $dir/$issuer.pem -CAkey $dir/$issuer.key -CAcreateserial"
    # shellcheck disable=SC2086
    openssl x509 -req -in "$dir/$name.csr" -days 30 -extfile "$dir/$name.ext" $signer \
        -out "$dir/$name.pem" "$@" || not_made
} 2>>"$dir/openssl.log"

not_made() {
    echo "no certificate for $name"
    tail -n 20 "$dir/openssl.log"
    exit 1
}

# serve OPTIONS...: a server of one page on a free port of loopback, in place of the one before.
# $port is its. type_to says what file descriptor 3 says, a line at a time, in place of the page.
serve() { type_to -www "$@" 3</dev/null; }
type_to() {
    stop_server
    : >"$dir/server.log" # or the port of the server before is found there
    openssl s_server -accept 127.0.0.1:0 "$@" >"$dir/server.log" 2>&1 <&3 &
    server=$!
    if ! until_true 10 listens; then
        cat "$dir/server.log"
        exit 1
    fi
    # shellcheck disable=SC2034 # for the scripts that include this
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

server=
# shellcheck disable=SC2034 # claims.sh looks at it
claims_at_exit=stop_server
claim "the client compiles" compiles
# shellcheck disable=SC2154
[ "$claims_failed" = 0 ] || claims_end

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tls_matrix_test.sh: what our TLS accepts and what it refuses, with OpenSSL's server as the peer, as
# a table: the case, what was expected of it, what was seen.

# shellcheck source=claims.sh
. "$(dirname "$0")/claims.sh"
# shellcheck source=tls/peers.sh
. "$root/tests/tls/peers.sh"

# row CASE ERROR WORDS OPTIONS...: the client ends with this error and these words. ERR_CLOSED means
# that all went well: the page came, and its end was announced. What is refused gave no byte.
row() {
    case=$1 expected=$2 words=$3
    shift 3
    # shellcheck disable=SC2086 # without a CA there is none
    timeout 30 "$dir/client" -n api.test "$@" 127.0.0.1 "$port" $ca >"$dir/said" 2>&1
    case $expected in
    ERR_CLOSED) bytes='[1-9][0-9]*' ;;
    ERR_IO) bytes='[0-9]*' ;;
    *) bytes=0 ;;
    esac
    verdict=good
    grep -q "^$expected, $bytes bytes: .*$words" "$dir/said" || verdict='NOT SO'
    printf '| %-6s | %-52s | %-15s | %s\n' "$verdict" "$version$case" "$expected" \
        "$(sed 's/, \([0-9]*\) bytes/ (\1)/; 2,$d' "$dir/said")"
    case $verdict in
    good) claims_passed=$((claims_passed + 1)) ;;
    *) claims_failed=$((claims_failed + 1)) ;;
    esac
}
well() { row "$1" ERR_CLOSED 'good order'; }
refused() { row "$1" ERR_CERTIFICATE "$2"; }
failed() { row "$1" ERR_TLS "$2"; }
title() { printf '|\n| %s\n' "$*"; }

# shown CERTIFICATE [CHAIN [OPTIONS...]]: a server that shows it, and sends the CHAIN's along.
shown() {
    certificate=$1 chain=${2-}
    shift $(($# < 2 ? 1 : 2))
    : >"$dir/chain.pem"
    for c in $chain; do cat "$dir/$c.pem" >>"$dir/chain.pem"; done
    [ -z "$chain" ] || set -- -cert_chain "$dir/chain.pem" "$@"
    serve "$protocol" -cert "$dir/$certificate.pem" -key "$dir/$certificate.key" "$@"
}

is_ca='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n'
for_test='subjectAltName=DNS:api.test\n'
serves="${for_test}extendedKeyUsage=serverAuth\n"
any=ALL:eNULL:aNULL:@SECLEVEL=0
version='' protocol=-tls1_2
certify ca ecdsa "$is_ca" ''
certify rsa-ca rsa "$is_ca" ''
certify good ecdsa "$serves" ca
certify ended ecdsa "$serves" ca -days -1
certify self ecdsa "$serves" ''
certify stranger-ca ecdsa "$is_ca" ''
certify stranger ecdsa "$serves" stranger-ca
certify bare ecdsa 'extendedKeyUsage=serverAuth\n' ca
certify client ecdsa "${for_test}extendedKeyUsage=clientAuth\n" ca
certify rsa1024 rsa1024 "$serves" ca
certify sha1 ecdsa "$serves" ca -sha1

# In the DER: a DNS name "api.test", a NUL, ".evil.test.x".
nul='subjectAltName=DER:30:17:82:15:61:70:69:2e:74:65:73:74:00:2e:65:76:69:6c:2e:74:65:73:74:2e:78\n'
certify lasting-ca ecdsa "$is_ca" '' -days 3000
certify brief-middle ecdsa "$is_ca" lasting-ca -days 5
certify lasting ecdsa "$serves" brief-middle -days 3000
certify named ecdsa 'subjectAltName=DNS:api.test,DNS:*.nodes.test,IP:10.0.0.1,IP:2001:db8::1\n' ca
certify 10.0.0.1 ecdsa 'extendedKeyUsage=serverAuth\n' ca
certify nul ecdsa "$nul" ca
certify star ecdsa 'subjectAltName=DNS:*,DNS:*.test,DNS:a*.test\n' ca
dates_and_names() {
    title "${version}dates"
    shown good
    well 'valid today'
    row 'expired by our clock' ERR_CERTIFICATE 'has expired' -w +2700000
    row 'not yet valid by our clock' ERR_CERTIFICATE 'not yet valid' -w -90000
    row 'a clock that starts in 1970' ERR_CERTIFICATE 'not yet valid' -w 60
    row 'no clock: mbedTLS judges, and it is valid' ERR_CLOSED '' -w 0
    shown ended
    refused 'expired by every clock' 'has expired'
    row 'no clock: mbedTLS judges, and it is expired' ERR_CERTIFICATE 'has expired' -w 0
    ca=$dir/lasting-ca.pem
    shown lasting brief-middle
    well 'an intermediate that is valid today'
    row 'an intermediate that has expired' ERR_CERTIFICATE 'has expired' -w +500000
    ca=$dir/ca.pem

    title "${version}names and addresses"
    shown named
    row 'the right name' ERR_CLOSED '' -n api.test
    row 'the wrong name' ERR_CERTIFICATE 'host name' -n web.test
    row 'the right IPv4 address' ERR_CLOSED '' -n 10.0.0.1
    row 'the wrong IPv4 address' ERR_CERTIFICATE 'address' -n 10.0.0.2
    row 'the right IPv6 address' ERR_CLOSED '' -n 2001:db8:0::1
    row 'the wrong IPv6 address' ERR_CERTIFICATE 'address' -n 2001:db8::2
    row 'a star is one label' ERR_CLOSED '' -n a.nodes.test
    row 'a star is not two labels' ERR_CERTIFICATE 'host name' -n a.b.nodes.test
    row 'a star is not the apex' ERR_CERTIFICATE 'host name' -n nodes.test
    row 'a star is not an empty label' ERR_CERTIFICATE 'host name' -n .nodes.test
    shown bare
    row 'the name in the common name only' ERR_CERTIFICATE 'host name' -n bare
    shown 10.0.0.1
    row 'the address in the common name only' ERR_CERTIFICATE 'address' -n 10.0.0.1
    shown nul
    row 'a NUL ends no name' ERR_CERTIFICATE '' -n api.test
    shown star
    row 'a star alone is no name' ERR_CERTIFICATE 'host name' -n localhost
    row 'a star is no part of a label' ERR_CERTIFICATE 'host name' -n api.nodes.test
}

certify middle ecdsa "$is_ca" ca
certify below ecdsa "$serves" middle
certify leaf ecdsa "${serves}basicConstraints=CA:FALSE\n" ca
certify below-leaf ecdsa "$serves" leaf
certify plain ecdsa "$for_test" ca
certify below-plain ecdsa "$serves" plain
certify no-sign-ca ecdsa 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\n' ca
certify below-no-sign ecdsa "$serves" no-sign-ca
certify last-ca ecdsa 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=keyCertSign\n' ca
certify below-last ecdsa "$serves" last-ca
certify second-ca ecdsa "$is_ca" last-ca
certify below-second ecdsa "$serves" second-ca
certify narrow-ca ecdsa "${is_ca}nameConstraints=critical,permitted;DNS:other.test\n" ca
certify below-narrow ecdsa "$serves" narrow-ca
certify odd ecdsa "${serves}1.2.3.4=critical,ASN1:UTF8String:x\n" ca
certify code ecdsa "${for_test}extendedKeyUsage=codeSigning\n" ca
certify unsaid-ca ecdsa "basicConstraints=critical,CA:TRUE\n$for_test" ca
certify client-ca ecdsa "${is_ca}extendedKeyUsage=clientAuth\n" ca
certify below-client-ca ecdsa "$serves" client-ca
certify any-ca ecdsa "${is_ca}extendedKeyUsage=anyExtendedKeyUsage\n" ca
certify below-any-ca ecdsa "$serves" any-ca
issuer=ca deep=''
for i in 1 2 3 4 5 6 7 8 9; do
    certify "deep-$i" ecdsa "$is_ca" "$issuer"
    issuer=deep-$i deep="deep-$i $deep"
done
certify deepest ecdsa "$serves" deep-9
many=$(awk 'BEGIN { for (i = 0; i < 800; i++) printf ",DNS:number-%d.of-a-long-list.test", i }')
certify huge ecdsa "subjectAltName=DNS:api.test$many\n" ca
chains_and_usage() {
    title "${version}chains"
    shown self
    refused 'signed by itself' 'trusted CA'
    shown stranger
    refused 'of an unknown CA' 'trusted CA'
    shown stranger stranger-ca
    refused 'of an unknown CA that is sent along' 'trusted CA'
    shown below middle
    well 'an intermediate, sent along'
    shown below
    refused 'an intermediate, missing' 'trusted CA'
    shown below stranger-ca
    refused 'a wrong intermediate' 'trusted CA'
    shown below-leaf leaf
    refused 'signed by a server, CA:FALSE' 'trusted CA'
    shown below-plain plain
    refused 'signed by a server without basicConstraints' 'trusted CA'
    shown below-no-sign no-sign-ca
    refused 'signed by a CA without keyCertSign' 'trusted CA'
    shown below-last last-ca
    well 'pathlen 0, a server below'
    shown below-second 'second-ca last-ca'
    refused 'pathlen 0, a CA below' 'trusted CA'
    shown below-narrow narrow-ca
    failed 'name constraints, critical: refused as unknown' 'cannot be parsed'
    shown odd
    failed 'a critical extension that nobody knows' 'cannot be parsed'
    shown deepest "$deep"
    refused 'nine intermediates' 'too long'
    shown huge
    failed 'a handshake message of more than 16 KiB' ''

    title "${version}usage"
    shown client
    refused 'for clients only' 'extended key usage'
    shown code
    refused 'for signing code only' 'extended key usage'
    shown unsaid-ca
    well 'a CA as a server, where no usage is said'
    shown below-client-ca client-ca
    refused 'of a CA that is for clients only' 'extended key usage'
    shown below-any-ca any-ca
    well 'of a CA for any extended usage'
}

certify rsa-server rsa "$serves" ca
certify rsa1024-ca rsa1024 "$is_ca" ''
certify below-rsa1024 ecdsa "$serves" rsa1024-ca
certify p192 prime192v1 "$serves" ca
certify p224 secp224r1 "$serves" ca
certify p192-ca prime192v1 "$is_ca" ''
certify below-p192 ecdsa "$serves" p192-ca
certify p384 secp384r1 "$serves" ca
certify p521 secp521r1 "$serves" ca
certify md5 rsa "$serves" rsa-ca -md5
certify rsa-sha1 rsa "$serves" rsa-ca -sha1
certify sha512 ecdsa "$serves" ca -sha512
# The second Oakley group (RFC 2409), of 1,024 bits.
cat >"$dir/dh.conf" <<END
asn1=SEQUENCE:dh
[dh]
p=INTEGER:0xFFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E\
3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7\
EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF
g=INTEGER:2
END
{
    echo '-----BEGIN DH PARAMETERS-----'
    openssl asn1parse -genconf "$dir/dh.conf" -noout -out "$dir/dh.der"
    openssl base64 -in "$dir/dh.der"
    echo '-----END DH PARAMETERS-----'
} >"$dir/dh.pem"
keys_and_versions() {
    title 'keys and signatures'
    shown rsa-server
    well 'RSA of 2,048 bits'
    shown p384
    well 'P-384'
    shown p521
    well 'P-521'
    shown sha512
    well 'signed with SHA-512'
    shown rsa1024 '' -cipher "$any"
    refused 'RSA of 1,024 bits' 'too weak'
    shown p192 '' -cipher "$any"
    failed 'a curve of 192 bits' ''
    shown p224 '' -cipher "$any"
    failed 'a curve of 224 bits' ''
    shown sha1 '' -cipher "$any"
    refused 'signed with SHA-1' 'weak hash'
    ca=$dir/rsa-ca.pem
    shown md5 '' -cipher "$any"
    refused 'RSA, signed with MD5' ''
    shown rsa-sha1 '' -cipher "$any"
    refused 'RSA, signed with SHA-1' 'weak hash'
    ca=$dir/rsa1024-ca.pem
    shown below-rsa1024 '' -cipher "$any"
    refused 'a CA of RSA with 1,024 bits' 'too weak'
    ca=$dir/p192-ca.pem
    shown below-p192 '' -cipher "$any"
    refused 'a CA on a curve of 192 bits' ''
    ca=$dir/ca.pem

    title 'versions and ciphers'
    own="-cert $dir/good.pem -key $dir/good.key"
    # shellcheck disable=SC2086
    {
        serve -tls1 -cipher "$any" $own
        failed 'TLS 1.0 only' ''
        serve -tls1_1 -cipher "$any" $own
        failed 'TLS 1.1 only' ''
        serve -tls1_2 -nocert -cipher aNULL:@SECLEVEL=0
        failed 'no certificate: anonymous ciphers' ''
        serve -tls1_2 -cipher eNULL:@SECLEVEL=0 $own
        failed 'no encryption: NULL ciphers' ''
        serve -tls1_2 -psk 1a2b3c -nocert -cipher PSK:@SECLEVEL=0
        failed 'a key that nobody agreed on: PSK' ''
        serve -tls1_2 -curves P-192:P-224 -cipher "$any" $own
        failed 'an exchange on a curve under 256 bits' ''
        serve -tls1_2 -sigalgs ECDSA+SHA224 -cipher "$any" $own
        failed 'an exchange signed with SHA-224' ''
        serve -tls1_2 -sigalgs ECDSA+SHA1 -cipher "$any" $own
        failed 'an exchange signed with SHA-1' ''
    }
    shown rsa-server '' -cipher DHE
    well 'a Diffie-Hellman group of 2,048 bits'
    shown rsa-server '' -dhparam "$dir/dh.pem" -cipher DHE:@SECLEVEL=0
    failed 'a Diffie-Hellman group of 1,024 bits' ''
}

was_asked() { grep -q '^GET /' "$dir/server.log"; }
connections() {
    title "${version}the connection"
    # Cut behind each record of the server in turn, until a run needs no more of them.
    shown good
    records=0
    seen=
    while [ "$seen" != ERR_CLOSED ] && [ "$records" -lt 40 ]; do
        timeout 30 "$dir/client" -r "$records" -n api.test 127.0.0.1 "$port" "$ca" >"$dir/said"
        seen=$(sed 's/,.*//' "$dir/said")
        [ "$seen" = ERR_CLOSED ] || row "cut behind $records records" ERR_IO '' -r "$records"
        records=$((records + 1))
    done
    row "all $((records - 1)) records" ERR_CLOSED 'good order' -r $((records - 1))
    [ "$protocol" = -tls1_2 ] || return

    # The server asks for another handshake ("r") once it has the request.
    mkfifo "$dir/typed"
    { until_true 10 was_asked && echo r; sleep 2; } >"$dir/typed" &
    type_to -tls1_2 -cert "$dir/good.pem" -key "$dir/good.key" 3<"$dir/typed"
    failed 'a renegotiation, asked for by the server' 'the peer refused'
    claim 'there was one handshake and no second' \
        test "$(grep -c '^CIPHER is' "$dir/server.log")" = 1
}

switched_off() {
    title 'switched off: insecure-skip-tls-verify'
    ca=
    for c in self stranger client ended bare rsa1024 sha1; do
        shown "$c" '' -cipher "$any"
        row "insecure takes: $c" ERR_CLOSED '' -i
    done
    serve -tls1_1 -cipher "$any" -cert "$dir/good.pem" -key "$dir/good.key"
    row 'insecure does not take TLS 1.1' ERR_TLS '' -i
    shown good
    row 'no CA, and not insecure' ERR_CERTIFICATE 'no CA'
    ca=$dir/ca.pem
    row 'insecure and a CA' ERR_CONFIG 'exclude' -i
}

ca=$dir/ca.pem
printf '| %-6s | %-52s | %-15s | %s\n' '' case expected 'seen (bytes)'
dates_and_names
chains_and_usage
keys_and_versions
connections
if has_tls13; then
    version='TLS 1.3: ' protocol=-tls1_3
    dates_and_names
    chains_and_usage
    connections
    version='' protocol=-tls1_2
fi
switched_off
claims_end

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# mbedtls36.sh: builds kedge against mbedTLS 3.6 and runs the tests of TLS, on a Debian whose own is
# 2.28. It takes the packages of Debian 13 (trixie) from the mirror that this machine's apt uses
# already and unpacks them under build/mbedtls36/; the system stays as it is. Exit status 77: that
# cannot be done here, and the last line says why.

cd "$(dirname "$0")/.." || exit 1
place=$PWD/${BUILD:-build}/mbedtls36
suite=trixie

cannot() {
    echo "skipped: $*"
    exit 77
}

# The mirror of the main archive: the first source of this Debian that is neither its security nor
# its updates.
mirror() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 !~ /[-\/]/ && $3 == "main" { print $1; exit }'
}

# apt, with all it reads and writes under $place/apt.
own_apt() {
    tool=$1
    shift
    "$tool" -q -o Dir::Etc::SourceList="$place/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State="$place/apt/state" -o Dir::State::Status="$place/apt/status" \
        -o Dir::Cache="$place/apt/cache" -o APT::Sandbox::User="$(id -un)" "$@"
}

# write_sources MIRROR
write_sources() {
    mkdir -p "$place/apt/state/lists/partial" "$place/apt/cache/archives/partial" || exit 1
    : >"$place/apt/status"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r "$keyring" ] && signed=" [signed-by=$keyring]" || signed=
    echo "deb$signed $1 $suite main" >"$place/apt/sources.list"
}

# The library packages' names carry their versions, so apt is asked what the -dev package needs.
packages() {
    echo libmbedtls-dev
    own_apt apt-cache depends libmbedtls-dev | sed -n 's/^ *Depends: \(libmbed[a-z0-9.-]*\)$/\1/p'
}

unpack() {
    list=$(packages)
    [ "$(echo "$list" | wc -w)" -ge 4 ] || cannot "$suite has no libmbedtls-dev on $1"
    # shellcheck disable=SC2086 # a list
    (cd "$place/apt" && rm -f ./*.deb && own_apt apt-get download $list) ||
        cannot "the packages of mbedTLS could not be fetched from $1"
    rm -rf "$place/root"
    for deb in "$place"/apt/*.deb; do
        dpkg -x "$deb" "$place/root" || exit 1
    done
}

fetch() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
        cannot "this is no Debian: there is no apt"
    from=$(mirror)
    [ -n "$from" ] || cannot "apt has no source of Debian's main archive"
    write_sources "$from"
    own_apt apt-get update >"$place/apt/log" 2>&1 && ! grep -q '^[EW]:' "$place/apt/log" || {
        cat "$place/apt/log"
        cannot "apt could not read $suite from $from"
    }
    unpack "$from"
}

[ -e "$place/root/usr/include/mbedtls/version.h" ] || fetch
lib=$(dirname "$(find "$place/root" -name libmbedtls.so | head -n 1)")
[ "$lib" != . ] || cannot "the packages hold no libmbedtls.so"
CPPFLAGS="-isystem $place/root/usr/include"
LDFLAGS="-L$lib -Wl,-rpath,$lib"
BUILD=${BUILD:-build}/mbedtls36/build
export CPPFLAGS LDFLAGS BUILD

version=$(echo '#include <mbedtls/version.h>' | ${CC:-cc} $CPPFLAGS -E -dM - |
    sed -n 's/^#define MBEDTLS_VERSION_STRING *"\(.*\)"/\1/p')
echo "mbedTLS $version, unpacked in ${place#"$PWD/"}/root"
case $version in
3.6.*) ;;
*) cannot "that is not 3.6" ;;
esac

tests=
for room in host tls tls_no_clock tls_session tls_sweeps; do
    tests="$tests $BUILD/asan/tests/unit/$room"
done
# shellcheck disable=SC2086 # a list
make -j2 BUILD="$BUILD" CPPFLAGS="$CPPFLAGS" LDFLAGS="$LDFLAGS" $tests \
    "$BUILD/asan/libkedge.a" "$BUILD/asan/libkedge-posix.a" || exit 1
# shellcheck disable=SC2086
exec tests/run_tests.sh tests/tls_openssl_test.sh tests/tls_matrix_test.sh $tests

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# setup.sh [--look] [library|all]: looks for what kedge needs to be built and tested, by compiling a
# two-line program for each. What is missing is installed with apt-get where that is allowed (root,
# or sudo without a password); elsewhere, and with --look, the one command to type is printed and
# the exit status is 1.
#
# `library` is what `make` needs, `all` (the default) what tests and examples need too. TLS=0 and
# KUBECONFIG_FILES=0 take mbedTLS and libyaml from the library's needs.

look=false
[ "${1-}" = --look ] && look=true && shift
what=${1:-all}
cc=${CC:-cc}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
missing=

# compiles COMPILER HEADER CODE [FLAGS...]: can a program that needs the header be linked?
compiles() {
    compiler=$1
    printf '#include <%s>\nint main(void) { %s }\n' "$2" "$3" >"$dir/try.c"
    shift 3
    # shellcheck disable=SC2086 # CPPFLAGS and LDFLAGS are lists
    $compiler ${CPPFLAGS-} -o "$dir/try" "$dir/try.c" ${LDFLAGS-} "$@" >"$dir/log" 2>&1
}

need() {
    missing="$missing $1"
}

look_for_all() {
    missing=
    # A library is only compiled: headers will do.
    only=
    [ "$what" = library ] && only=-c
    compiles "$cc" stdint.h 'return 0;' $only || {
        command -v "${cc%% *}" >/dev/null || need gcc
        need libc6-dev
        return
    }
    # Only a header, and the same for every machine: found by the compiler of this one.
    compiles "${HOSTCC:-cc}" jsmn.h 'return 0;' -c || need libjsmn-dev
    if [ "$what" = all ] || [ "${TLS:-1}" != 0 ]; then
        compiles "$cc" mbedtls/ssl.h 'mbedtls_ssl_init(0);' $only -lmbedtls -lmbedx509 -lmbedcrypto ||
            need libmbedtls-dev
    fi
    if [ "$what" = all ] || [ "${KUBECONFIG_FILES:-1}" != 0 ]; then
        compiles "$cc" yaml.h 'yaml_parser_delete(0);' $only -lyaml || need libyaml-dev
    fi
    [ "$what" = all ] || return 0
    compiles "$cc" stdint.h 'return 0;' -fsanitize=address,undefined || need "$(sanitizers)"
    compiles "$cc" jansson.h 'json_decref(json_object());' -ljansson || need libjansson-dev
    printf '#include <stdarg.h>\n#include <stddef.h>\n#include <setjmp.h>\n#include <stdint.h>\n' \
        >"$dir/cmocka_first.h"
    compiles "$cc" cmocka.h 'return (int)mock_type(int);' -include "$dir/cmocka_first.h" -lcmocka ||
        need libcmocka-dev
    command -v pkg-config >/dev/null || need pkg-config
}

# The package with the sanitizers' run-time library.
sanitizers() {
    case $("$cc" --version 2>/dev/null) in
    *clang*) echo "libclang-rt-$("$cc" -dumpversion | cut -d. -f1)-dev" ;;
    *) echo "libgcc-$("$cc" -dumpversion | cut -d. -f1)-dev" ;;
    esac
}

install_missing() {
    # shellcheck disable=SC2086 # a list of packages
    $1 env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y \
        --no-install-recommends $missing >"$dir/apt.log" 2>&1
}

# With an old or empty package list the first try fails, and the second finds what it needs.
install_all() {
    echo "kedge needs${missing}: installing with apt-get" >&2
    install_missing "$1" || {
        $1 apt-get -qq -o DPkg::Lock::Timeout=300 update >&2
        install_missing "$1"
    } || cat "$dir/apt.log" >&2
}

tell() {
    echo "kedge needs what is not here:$missing" >&2
    if [ -n "${CROSS_COMPILE-}" ]; then
        echo "For ${CROSS_COMPILE%-}, say where: CPPFLAGS=-I... LDFLAGS=-L..., or leave it out: TLS=0" \
            "KUBECONFIG_FILES=0" >&2
    elif ! command -v apt-get >/dev/null; then
        echo "These are Debian's names; install what this system calls them." >&2
    elif [ "$(id -u)" = 0 ]; then
        printf 'Type:\n\n    apt-get update && apt-get install -y%s\n\n' "$missing" >&2
    elif command -v sudo >/dev/null; then
        printf 'Type:\n\n    sudo apt-get update && sudo apt-get install -y%s\n\n' "$missing" >&2
    else
        printf "Type:\n\n    su -c 'apt-get update && apt-get install -y%s'\n\n" "$missing" >&2
    fi
    exit 1
}

look_for_all
[ -z "$missing" ] && exit 0
if ! $look && [ -z "${CROSS_COMPILE-}" ] && command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        install_all ""
    elif sudo -n true 2>/dev/null; then
        install_all "sudo -n"
    fi
    look_for_all
    [ -z "$missing" ] && exit 0
fi
tell

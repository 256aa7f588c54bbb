#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# build_test.sh: what the Makefile promises to the packager and to the program that links kedge.

# shellcheck source=claims.sh
. "$(dirname "$0")/claims.sh"
cd "$root" || exit 1
unset V MAKEFLAGS MFLAGS MAKELEVEL MAKECMDGOALS CROSS_COMPILE KINDS TLS KUBECONFIG_FILES THREADS LIMITS
cc=${CC:-cc}
export BUILD="$dir/build" CFLAGS=-O0
stage=$dir/stage

cat >"$dir/program.c" <<'END'
#include <kedge/kedge.h>
#include <kedge/posix.h>
#include <stdio.h>

static unsigned char memory[64 * 1024];

int main(void)
{
    struct kedge *k = kedge_init(memory, sizeof memory, kedge_posix());
    puts(kedge_error(k) == KEDGE_OK ? "linked " KEDGE_VERSION : kedge_error_text(k));
    return kedge_error(k) == KEDGE_OK ? 0 : 1;
}
END

# made ARGUMENTS...: runs make; what it says is in $dir/make.log.
made() {
    make "$@" >"$dir/make.log" 2>&1 || { tail -n 30 "$dir/make.log"; return 1; }
}
refused() { ! make "$@" >"$dir/make.log" 2>&1; }
said() { grep -q -e "$1" "$dir/make.log"; }
not_said() { ! said "$1"; }
flags() {
    PKG_CONFIG_SYSROOT_DIR=$stage PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 \
        PKG_CONFIG_LIBDIR=$stage/opt/kedge/lib/pkgconfig pkg-config --static "$@"
}
# shellcheck disable=SC2046 # flags are a list
linked() {
    $cc -std=c11 -Werror "$@" $(flags --cflags kedge-posix) -o "$dir/program" "$dir/program.c" \
        $(flags --libs kedge-posix) 2>"$dir/link.log"
}
not_linked() { ! linked "$@"; }
runs() { "$dir/program" | grep '^linked'; }
names_the_limit() { grep -q 'kedge_limits_threads_0_offset_bits_32' "$dir/link.log"; }
nothing_left() { [ -z "$(find "$stage" -type f)" ]; }
objects() { ar t "$BUILD/libkedge.a" | tr '\n' ' '; }
holds() { case " $(objects)" in *" $1 "*) ;; *) return 1 ;; esac }
lacks() { ! holds "$1"; }


cat >"$dir/one.c" <<'END'
#include <kedge/kinds.h>
int main(void) { return kedge_kind_tag(&KIND) == 0; }
END

# A library for each kind: that without any, and the one object file.
each_links_alone() {
    cp "$BUILD/libkedge.a" "$dir/without.a"
    for kind in src/object/kinds/*.c; do
        basename "$kind" .c
    done >"$dir/kinds"
    sed 's/$/.o/' "$dir/kinds" | xargs ar d "$dir/without.a" || return 1
    while read -r kind; do
        $cc -std=c11 -Iinclude -DKIND="kedge_kind_$kind" -o "$dir/one" "$dir/one.c" \
            "$BUILD/src/object/kinds/$kind.o" "$dir/without.a" 2>"$dir/link.log" && "$dir/one" || {
            echo "$kind:"
            cat "$dir/link.log"
            return 1
        }
    done <"$dir/kinds"
}

claim "installing works" made install DESTDIR="$stage" PREFIX=/opt/kedge
claim "making it again compiles nothing" made install DESTDIR="$stage" PREFIX=/opt/kedge
claim "... really nothing" not_said '^  CC '
if command -v pkg-config >/dev/null; then
    claim "a program links by pkg-config" linked
    claim "... and runs" runs
    claim "a program with other limits does not link" not_linked -DKEDGE_OFFSET_BITS=32
    claim "... and the linker names them" names_the_limit
fi
claim "each kind links without the others" each_links_alone
claim "uninstalling works" made uninstall DESTDIR="$stage" PREFIX=/opt/kedge
claim "... and leaves nothing" nothing_left

claim "all kinds may be asked for by that word" made -n KINDS=all
claim "... and these are more than one" said 'kinds/pod.c'
claim "an unknown kind is refused" refused KINDS="pod foo"
claim "... by name" said 'there is no "foo"'
claim "... with those there are" said 'there are:.* deployment .*pod'
claim "an unknown setting of TLS is refused" refused TLS=no

claim "a build without TLS, kubeconfig and other kinds works" \
    made TLS=0 KUBECONFIG_FILES=0 KINDS="node pod"
claim "... and keeps no object of before: tls.o" lacks tls.o
claim "... kubeconfig.o" lacks kubeconfig.o
claim "... deployment.o" lacks deployment.o
claim "... but takes what stands in: no_tls.o" holds no_tls.o
claim "... no_kubeconfig.o" holds no_kubeconfig.o
claim "... and the kinds named" holds pod.o
claim "... and does not compile again what did not change" not_said 'src/base/err.o'
claim "... and calls neither mbedTLS nor libyaml" sh -c "! nm -u '$BUILD/libkedge.a' | grep -E 'mbedtls|yaml'"

claim "other limits compile everything again" made THREADS=1 TLS=0 KUBECONFIG_FILES=0 KINDS=node
claim "... also what did not change" said 'src/base/err.o'
claims_end

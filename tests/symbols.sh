#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# symbols.sh [LIBRARY...]: libkedge.a calls nothing of an operating system. What its objects leave
# undefined is looked for: only string.h's functions, each other, mbedTLS from the TLS object and
# libyaml from the kubeconfig object. What it defines for all begins with kedge_.

nm=${CROSS_COMPILE-}nm
strings='mem(cpy|move|set|cmp|chr)|str(len|n?cmp|r?chr|str|c?spn|nlen|pbrk)'
# A room that needs a kind which was left out (KINDS=): who calls that room is told by the linker.
kinds='kedge_kind_[a-z]+'
# What compilers call by themselves: large divisions, stack protector, sanitizers, position
# independence.
compiler='_GLOBAL_OFFSET_TABLE_|__(aeabi|stack_chk|asan|ubsan|sanitizer|gnu_thumb1)_[a-z0-9_]*'
compiler="$compiler|__u?(div|mod)[sdt]i3|__[a-z]+[sdt][if][0-9]?"
bad=0

# wrong MESSAGE LINES: says each line, if there is any.
wrong() {
    [ -z "$2" ] && return
    printf '%s\n' "$2" | sed "s|^|$library: |; s|\$|: $1|"
    bad=1
}

# pick TYPES: "object symbol" for the symbols of these types.
pick() {
    "$nm" -A -g "$library" 2>/dev/null | sed 's/^[^ ]*:\([^:]*\.o\):/\1 /' |
        awk -v types="$1" 'index(types, $(NF - 1)) { print $1, $NF }'
}

for library in "${@:-${BUILD:-build}/libkedge.a}"; do
    [ -r "$library" ] || { echo "$library: is not there"; exit 1; }
    defined=$(pick TtDdBbRrCVWGS | awk '{ print $2 }' | sort -u)
    unknown=$(pick Uwv | awk -v defined="$defined" '
        BEGIN { n = split(defined, list, "\n"); for (i = 1; i <= n; i++) ours[list[i]] = 1 }
        !($2 in ours)' | grep -vE " ($strings|$compiler|$kinds)\$")
    wrong 'is not of string.h, mbedTLS or libyaml' \
        "$(printf '%s' "$unknown" | grep -vE '^tls[^ ]* (mbedtls|psa)_|^kubeconfig[^ ]* yaml_')"
    wrong 'does not begin with kedge_' "$(pick TDBRCVWGS | grep -v ' kedge_')"
done
[ "$bad" = 0 ] || exit 1
echo "no operating system in" "${@:-${BUILD:-build}/libkedge.a}"

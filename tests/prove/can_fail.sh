#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# can_fail.sh: plants mistakes, one at a time, in a copy of the sources, and looks whether prove.sh
# finds each. A proof that cannot fail says nothing.

cd "$(dirname "$0")/../.." || exit 1
command -v frama-c >/dev/null || exit 77
copy=$(mktemp -d) passed=0 failed=0
trap 'rm -rf "$copy"' EXIT

# plant DRIVER FILE OLD NEW: OLD, a line's part as sed matches it, becomes NEW.
plant() {
    rm -rf "$copy/src" "$copy/include"
    cp -r src include "$copy"
    sed -i "s|$3|$4|" "$copy/$2"
    if cmp -s "$2" "$copy/$2"; then
        result='FAILED: nothing was planted'
    elif PROVE_SRC=$copy BUILD=$copy MACHINES=gcc_x86_64 tests/prove/prove.sh \
        "tests/prove/$1.c" | grep -q 'FAILED: alarms'; then
        result=found
    else
        result='FAILED: not found'
    fi
    printf '%-14s %-26s %s: %s\n' "$1" "$2" "$4" "$result"
    if [ "$result" = found ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

plant http_response src/net/http.c 'r->line_len < sizeof r->line)' 'r->line_len <= sizeof r->line)'
plant http_response src/net/http.c 'r->line_len <= KEDGE__HTTP_NAME_MAX)' 'r->line_len <= 600)'
plant http_response src/net/http.c 'r->left < len ?' 'r->left > len ?'
plant http_fields src/net/http_fields.c 'i < form->len; i++' 'i < form->len + 12; i++'
plant http_fields src/net/http_fields.c 'sizeof r->location - 1 ? value.len' 'sizeof r->location + 1 ? value.len'
plant base64 src/base/base64.c 'in.len \&\& at < cap' 'in.len \&\& at <= cap'
plant base64 src/base/base64.c 'in.len - at < 3 ?' 'in.len - at < 2 ?'
plant record src/object/record.c 'if (i >= l->count)' 'if (i > l->count)'
plant record src/object/record.c 'i < l->count ? at' 'i <= l->count ? at'
plant runs src/json/text.c 'while (n < len \&\&' 'while (n <= len \&\&'
plant runs src/json/skip.c '(size_t)(end - p) >= sizeof(kedge__word)' '(size_t)(end - p) >= 4'
plant sieve src/json/keep.c 's->item_len < s->options.item_cap)' 's->item_len <= s->options.item_cap)'
plant sieve src/json/sieve.c 's->depth >= KEDGE_SIEVE_DEPTH' 's->depth > KEDGE_SIEVE_DEPTH'
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]

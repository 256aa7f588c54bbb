#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# security_test.sh: every test and every file that SECURITY.md names exists.

# shellcheck source=claims.sh
. "$(dirname "$0")/claims.sh"
cd "$root" || exit 1

# The names in backquotes, one a line: "src/net/tls.c", "tls.c: claim", "tls_matrix_test.sh: part".
quoted() { grep -o '`[^`]*`' SECURITY.md | tr -d '`' | LC_ALL=C sort -u; }

# is_test FILE CLAIM: a unit test that is run, or a text of a script.
is_test() {
    case $1 in
    *.c) grep -Eq "(cmocka_unit_test[a-z_]*|TEST)\($2[,)]" "tests/unit/$1" ;;
    *) grep -Fq "$2" "tests/$1" ;;
    esac
}

# A row of a table of attacks ends with a test, and names a file before it.
rows_are_whole() {
    awk -F'|' '/^\| attack|^\| where a secret/ { inside = 1 } /^$/ { inside = 0 }
        inside && !/^\|--/ && !/shown by/ && NF == 6 && $4 ~ /`src\// &&
            ($5 ~ /`[a-z_0-9]*\.(c|sh): / || $5 ~ /the same/) { good++; next }
        inside && !/^\|--/ && !/shown by/ { print "no file or no test:" $2; bad = 1 }
        END { exit bad || good < 40 }' SECURITY.md
}

quoted >"$dir/quoted"
claim 'each attack has a defence, a file and a test' rows_are_whole
while IFS= read -r name; do
    case $name in
    *.c:\ * | *.sh:\ *) claim "$name" is_test "${name%%: *}" "${name#*: }" ;;
    src/* | tests/*) claim "$name" test -e "$name" ;;
    esac
done <"$dir/quoted"
claims_end

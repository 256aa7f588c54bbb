#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# size.sh FOLDER: bytes by module of what `make size` compiled there with -Os: native/ (whole) and
# cortex-m4/ (without TLS and YAML). Code is .text and constants; stack is the deepest single frame.

# table TITLE FOLDER SIZE-PROGRAM
table() {
    [ -d "$2/src" ] || return
    printf '\n%s\n%-10s %8s %8s %8s %6s  %s\n' "$1" module code data bss stack 'deepest frame'
    {
        find "$2/src" -name '*.o' -exec "$3" {} + | sed '/filename/d'
        # "file.c:line:column:function	bytes	kind"
        find "$2/src" -name '*.su' -exec awk '{ print "su", $0, FILENAME }' {} +
    } | awk '
        { path = $NF; sub(/.*\/src\//, "", path); sub(/\/.*/, "", path) }
        $1 == "su" {
            n = split($2, at, ":")
            if ($3 + 0 > stack[path] + 0) { stack[path] = $3; who[path] = at[n] }
            next
        }
        /\.o/ { code[path] += $1; data[path] += $2; bss[path] += $3 }
        END {
            for (m in code) {
                printf "%-10s %8d %8d %8d %6d  %s\n", m, code[m], data[m], bss[m], stack[m], who[m]
                c += code[m]; d += data[m]; b += bss[m]
            }
            printf "%-10s %8d %8d %8d\n", "~all", c, d, b
        }' | LC_ALL=C sort | sed 's/^~all/all /'
}

table "x86-64, -Os, with what was chosen" "$1/native" size
table "Cortex-M4, -Os, without TLS and YAML" "$1/cortex-m4" arm-none-eabi-size
[ -d "$1/cortex-m4/src" ] || echo "no arm-none-eabi-gcc here: nothing for Cortex-M4"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# size.sh FOLDER...: bytes by module of what `make size` compiled with -Os: .../native (with what was
# chosen) and .../cortex-m4 (without TLS and YAML). Code is instructions and constants, stack the
# deepest single frame. The last line is what one program takes of it: the library's part of
# examples/deployment_informer when the linker has thrown away what is not called; for Cortex-M4 also
# with -flto.

# compiled FOLDER SUFFIX: what was made there of each source of the library.
compiled() {
    tr ' ' '\n' <"$1/parts" | sed -n "s|^\(src/.*\)\.c\$|$1/\1$2|p"
}

# table TITLE FOLDER COMPILER SIZE-PROGRAM
table() {
    printf '\n%s\n%-10s %8s %8s %8s %6s  %s\n' "$1" module code data bss stack 'deepest frame'
    {
        compiled "$2" .o | xargs "$4" | sed '/filename/d'
        # "file.c:line:column:function	bytes	kind"
        compiled "$2" .su | xargs awk '{ print "su", $0, FILENAME }'
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
    program "$2" "$3" "$4"
}

# The example with the library alone: port, C library and mbedTLS stay unresolved, which does not
# matter to the sizes. The example's own code and memory are taken off.
program() {
    example=$1/examples/deployment_informer
    "$2" -nostdlib -no-pie -Wl,--gc-sections,--unresolved-symbols=ignore-all,-e,main,-w \
        -o "$example" "$example.o" "$1/libkedge.a" 2>/dev/null || return 0
    "$3" "$example.o" "$example" | awk '
        FNR == 2 { code = $1; data = $2; bss = $3 }
        FNR == 3 { printf "%-10s %8d %8d %8d\n", "program", $1 - code, $2 - data, $3 - bss }'
}

# The same, compiled for Cortex-M4 and linked with -flto, which sees that much is called once.
program_lto() {
    sources=$(tr ' ' '\n' <"$1/parts" | grep '^src/.*\.c$')
    # shellcheck disable=SC2086 # a list of files without blanks
    arm-none-eabi-gcc -std=c11 -Os -flto -mcpu=cortex-m4 -mthumb -ffunction-sections -fdata-sections \
        -Iinclude -Isrc -isystem "${BUILD:-build}/jsmn" -nostdlib \
        -Wl,--gc-sections,--unresolved-symbols=ignore-all,-e,main,-w \
        -o "$1/examples/deployment_informer_lto" examples/deployment_informer.c $sources 2>/dev/null ||
        return 0
    arm-none-eabi-size "$1/examples/deployment_informer.o" "$1/examples/deployment_informer_lto" | awk '
        FNR == 2 { code = $1; data = $2; bss = $3 }
        FNR == 3 { printf "%-10s %8d %8d %8d\n", "with -flto", $1 - code, $2 - data, $3 - bss }'
}

for folder; do
    case $folder in
    */native) table "This machine, -Os, with what was chosen" "$folder" "${CC:-cc}" size ;;
    *)
        table "Cortex-M4, -Os, without TLS and YAML" "$folder" arm-none-eabi-gcc arm-none-eabi-size
        program_lto "$folder"
        ;;
    esac
done
case $* in
*cortex-m4*) ;;
*) echo "no arm-none-eabi-gcc here: nothing for Cortex-M4" ;;
esac

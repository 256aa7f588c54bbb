#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# views.sh [FILE.c...]: no struct of a record is copied by value. A record's texts and lists are
# offsets that count from the member itself, so a copy points nowhere: kedge_object_copy is the one
# way. In clang's syntax tree a copy is an LValueToRValue cast of the struct; this looks for casts of
# struct kedge_text, _list, _map, of struct kedge_uid, struct kedge_quantity and of every struct that holds one. src/object itself may.

cd "$(dirname "$0")/.." || exit 1
clang=${CLANG:-clang}
command -v "$clang" >/dev/null || { echo "needs clang"; exit 77; }
# shellcheck disable=SC2046 # none of these names has a blank
[ $# -gt 0 ] || set -- $(find src port examples tests/unit -name '*.c' -not -path 'src/object/*' |
    LC_ALL=C sort)

copies() {
    "$clang" -std=c11 -Iinclude -Isrc -Itests -Itests/unit -Itests/mock "-I${BUILD:-build}" \
        -w -fsyntax-only \
        -Xclang -ast-dump "$1" 2>/dev/null | awk -v file="$1" '
    BEGIN {
        view["kedge_text"] = view["kedge_text_list"] = view["kedge_text_map"] = view["kedge_list"] = 1
        view["kedge_uid"] = view["kedge_quantity"] = 1
    }
    # Where we are: a line names the file and the line only where they change.
    {
        places = $0
        gsub(/\047[^\047]*\047|"[^"]*"/, "", places)
        while (match(places, /[^ <,()]+:[0-9]+(:[0-9]+)?/)) {
            place = substr(places, RSTART, RLENGTH)
            places = substr(places, RSTART + RLENGTH)
            n = split(place, part, ":")
            if (part[1] == "col")
                continue
            if (part[1] != "line")
                where = part[1]
            line = part[2]
        }
    }
    /RecordDecl .* definition$/ { struct = $(NF - 1) }
    /FieldDecl / && match($0, /\047struct [a-z_0-9]+/) {
        if (view[substr($0, RSTART + 8, RLENGTH - 8)] && $0 !~ /\047struct [a-z_0-9]+ \*/)
            view[struct] = 1
    }
    /<LValueToRValue>/ && where == file && match($0, /\047(const )?struct [a-z_0-9]+\047/) {
        type = substr($0, RSTART, RLENGTH)
        gsub(/\047|const |struct /, "", type)
        if (view[type]) {
            printf "%s:%d: struct %s is copied by value\n", file, line, type
            bad = 1
        }
    }
    END { exit bad }'
}

bad=0
for file; do
    copies "$file" || bad=1
done
[ "$bad" = 0 ] || exit 1
echo "$# files copy no view by value"

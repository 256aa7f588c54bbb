#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# headers.sh: every public header compiles alone, as C11 and as C++17, without a warning; and all of
# them together. Without a C++ compiler, only C11, and it says so.

cd "$(dirname "$0")/.." || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
warnings='-Wall -Wextra -Wpedantic -Wconversion -Wundef -Werror'
headers=$(cd include && find kedge -name '*.h' | LC_ALL=C sort)
cxx=${CXX:-c++}
command -v "$cxx" >/dev/null || cxx=
bad=0

try() {
    # shellcheck disable=SC2086 # $warnings is a list
    "$@" $warnings ${CPPFLAGS-} -Iinclude -fsyntax-only || { echo "$header: does not compile ($1)"; bad=1; }
}

for header in $headers; do
    printf '#include <%s>\n' "$header" | tee -a "$dir/all.c" >"$dir/one.c"
    echo 'extern int something;' >>"$dir/one.c"
    try "${CC:-cc}" -std=c11 -x c "$dir/one.c"
    [ -z "$cxx" ] || try "$cxx" -std=c++17 -x c++ "$dir/one.c"
done
header="all together"
try "${CC:-cc}" -std=c11 -x c "$dir/all.c"
[ -z "$cxx" ] || try "$cxx" -std=c++17 -x c++ "$dir/all.c"
[ "$bad" = 0 ] || exit 1
echo "$(echo "$headers" | wc -l) headers compile alone as C11${cxx:+ and C++17}"
[ -n "$cxx" ] || echo "no C++ compiler here: C++17 was not tried"

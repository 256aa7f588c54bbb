#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# analyze.sh: gcc's analyzer over the library, the port and the mock API server. A warning is an error.

cd "$(dirname "$0")/../.." || exit 1
compiler=${ANALYZER:-gcc}
if ! echo 'int x;' | "$compiler" -fanalyzer -c -o /dev/null -x c - 2>/dev/null; then
    echo "analyze: $compiler has no -fanalyzer"
    exit 77
fi
find src port tests/mock -name '*.c' | LC_ALL=C sort | xargs -P 2 -n 1 sh -c '
    "$0" -std=c11 -O2 -fanalyzer -Werror -Iinclude -Isrc -Itests -Itests/mock -c -o /dev/null "$1"
' "$compiler"

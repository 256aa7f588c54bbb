#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# lint.sh: everything about the sources that needs no run. Each check is named, also one that is
# left out because its tool is not here (with LINT_ALL=1 that is a failure).

cd "$(dirname "$0")/.." || exit 1
warnings='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef'
ours=$(find src include port examples tests -name '*.[ch]' | LC_ALL=C sort)
library=$(find src port examples -name '*.c' | LC_ALL=C sort)
bad=0

# check NAME TOOL COMMAND...
check() {
    name=$1 tool=$2
    shift 2
    if ! command -v "$tool" >/dev/null; then
        echo "$name: left out, there is no $tool here"
        [ "${LINT_ALL-}" = 1 ] && bad=1
        return
    fi
    if "$@"; then
        echo "$name: good"
    else
        echo "$name: FAILED"
        bad=1
    fi
}

# shellcheck disable=SC2086 # lists of files and flags, none with a blank
{
format() { clang-format --dry-run -Werror $ours; }
tidy() {
    echo $library | xargs -n 4 -P 2 sh -c \
        'clang-tidy --quiet "$@" -- -std=c11 -Iinclude -Isrc '"$warnings"' 2>"$0"' /dev/null
}
cpp_check() {
    cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
        --suppress=missingInclude --suppress=missingIncludeSystem --error-exitcode=1 \
        -UKEDGE_LIMITS_FILE -Iinclude -Isrc src port examples
}
scripts() {
    find tests .ci -name '*.sh' -exec shellcheck --severity=warning -x -P tests -P tests/conformance \
        .ci/run {} +
}
}

# Every file that can carry a comment says its licence in its first lines.
licences() {
    find Makefile .clang-format .clang-tidy .ci src include port examples tests -type f \
        \( -name '*.[ch]' -o -name '*.sh' -o -name '*.go' -o -name '*.mk' -o -name '*.py' \
        -o -name Makefile -o -name run -o -name '.clang*' \) -exec awk '
        FNR == 1 { if (name && !found) { print name ": no SPDX-License-Identifier"; bad = 1 }
                   name = FILENAME; found = 0 }
        FNR <= 3 && /SPDX-License-Identifier: Apache-2.0/ { found = 1 }
        END { if (name && !found) { print name ": no SPDX-License-Identifier"; bad = 1 }
              exit bad }' {} +
}

# No file of the library is over 500 lines; no tab in C and no blank at the end of a line.
lines() {
    # shellcheck disable=SC2086
    wc -l $library | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines, at most 500"; b = 1 }
        END { exit b }' && ! grep -nE '	|[[:blank:]]$' $ours
}

check licences awk licences
check lines awk lines
check floors awk tests/floors.sh
check headers "${CC:-cc}" tests/headers.sh
check symbols nm tests/symbols.sh
check views clang tests/views.sh
check format clang-format format
check clang-tidy clang-tidy tidy
check cppcheck cppcheck cpp_check
check shellcheck shellcheck scripts
exit "$bad"

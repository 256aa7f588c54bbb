#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh PROGRAM...: runs the unit tests that `make coverage` has compiled in $BUILD and prints what
# of the library they ran. Fails when a test fails, or by table.py's judgement.

command -v gcovr >/dev/null || { echo "skipped: there is no gcovr here: apt-get install gcovr"; exit 77; }
find "$BUILD" -name '*.gcda' -delete
tests/run_tests.sh "$@" >"$BUILD/tests.log" || { cat "$BUILD/tests.log"; exit 1; }
gcovr --root . --filter src/ --filter port/ --object-directory "$BUILD" --json "$BUILD/report.json" "$BUILD" &&
    python3 tests/coverage/table.py "$BUILD/report.json" tests/coverage/excluded.txt

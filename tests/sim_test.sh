#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# sim_test.sh: the simulation under the sanitizers: its written plans, and some seeds (SIM_SEEDS).
# Many more, without sanitizers: make sim SEEDS=100000.

cd "$(dirname "$0")/.." || exit 1
sim=${SIMULATION:-build/asan/tests/sim/sim}
passed=0
failed=0

for plan in tests/sim/plans/*.plan; do
    if "$sim" --plan "$plan" >"${TMPDIR:-/tmp}/kedge_sim.$$" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$plan:"
    fi
    cat "${TMPDIR:-/tmp}/kedge_sim.$$"
done
rm -f "${TMPDIR:-/tmp}/kedge_sim.$$"
"$sim" --seeds "${SIM_SEEDS:-100}" 2>&1 && passed=$((passed + 1)) || failed=$((failed + 1))
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

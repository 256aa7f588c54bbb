#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# readme_test.sh: the README's first program does what the README says, as it stands there.

# shellcheck source=claims.sh
. "$(dirname "$0")/claims.sh"
cd "$root" || exit 1
[ -e README.md ] || { echo "no README.md"; exit 77; }
build=${BUILD:-build}/asan
warnings='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror'

# The first block of C that has a main.
awk '/^```c$/ { block = ""; inside = 1; next }
     /^```$/ { if (inside && block ~ /int main/) { printf "%s", block; exit } inside = 0 }
     inside { block = block $0 "\n" }' README.md >"$dir/program.c"

# shellcheck disable=SC2086 # flags are a list
compiles() {
    ${CC:-cc} -std=c11 $warnings -g -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude \
        -o "$dir/program" "$dir/program.c" "$build/libkedge-posix.a" "$build/libkedge.a" \
        -lmbedtls -lmbedx509 -lmbedcrypto -lyaml
}
still_runs() { kill -0 "$program"; }

claim "the README has a first program" test -s "$dir/program.c"
claim "it compiles without a warning" compiles
[ "$claims_failed" = 0 ] || claims_end
mock_start --deployments 10 --namespaces 2 --churn 100
# Lines at once, though it is no terminal.
ASAN_OPTIONS=verify_asan_link_order=0 KUBECONFIG=$dir/kubeconfig stdbuf -oL "$dir/program" >"$dir/out" 2>&1 &
program=$!
claim "it prints the ten Deployments it adds" until_true 20 printed '^add a deployment: ' 10
claim "... and then those of the namespace default" until_true 10 printed '^[a-z0-9-]*$' 1
claim "... and goes on: a Deployment that is made later is printed too" \
    until_true 20 printed '^add a deployment: ' 11
claim "... and runs until it is ended" still_runs
kill "$program"
wait "$program" 2>/dev/null
[ "$claims_failed" = 0 ] || tail -n 40 "$dir/out"
claims_end

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# workqueue.sh [SVG]: kedge's workqueue and client-go's, the same calls with the same 1,000, 10,000
# and 100,000 keys, in turns, as nanoseconds of the processor a call and a ratio; the best of each. With
# a name for it, gnuplot draws the time a call takes beside the number of keys. Needs Go and no
# server; exit status 77 without Go.

set -u
# shellcheck source=env.sh
. "$(dirname "$0")/env.sh"
kedge=${BUILD-$root/build}/tests/bench/workqueue
turns=${TURNS:-3}
command -v go >/dev/null || [ -x "$drive" ] || { say "skipped: client-go's half needs Go"; exit 77; }
build_drive
dir=$(mktemp -d "${TMPDIR:-/tmp}/kedge-workqueue.XXXXXX")
trap 'rm -rf "$dir"' EXIT

for ((turn = 1; turn <= turns; turn++)); do
    say "turn $turn of $turns: kedge" && "$kedge" >>"$dir/kedge" || die "kedge's half fails"
    say "turn $turn of $turns: client-go" && "$drive" workqueue >>"$dir/client-go" || die "client-go's half fails"
done

# best FILE: the least figure of each call and number of keys.
best() {
    awk '!/^#/ { k = $1 " " $2; if (!(k in best) || $3 < best[k]) best[k] = $3 }
        END { for (k in best) print k, best[k] }' "$1" | LC_ALL=C sort
}
best "$dir/kedge" >"$dir/kedge.best"
best "$dir/client-go" >"$dir/client-go.best"

awk 'FNR == NR { go[$1, $2] = $3; next }
    !/^bytes/ && ($1, $2) in go { printf "%-10s %7d  kedge %7.0f ns, %6.2f million a second  client-go %7.0f ns, %6.2f million a second  client-go takes %.2f times as long\n",
        $1, $2, $3, 1e3 / $3, go[$1, $2], 1e3 / go[$1, $2], go[$1, $2] / $3 }
    /^bytes/ && ($1, $2) in go { printf "%-11s %6d  kedge %7.0f bytes a key  client-go %7.0f  client-go needs %.2f times as many\n",
        $1, $2, $3, go[$1, $2], go[$1, $2] / $3 }' "$dir/client-go.best" "$dir/kedge.best" |
    sort -k1,1 -k2,2n

# From 1,000 to 100,000 keys a call that looks at all of them takes 100 times as long.
awk '!/^bytes/ { t[$1, $2] = $3; c[$1] } END { for (k in c) printf "%-10s with 100,000 keys takes %.1f times as long as with 1,000\n", k, t[k, 100000] / t[k, 1000] }' \
    "$dir/kedge.best" | LC_ALL=C sort | sed 's/^/kedge: /'

[ $# -gt 0 ] || exit 0
svg=$(realpath "$1")
cd "$dir" || exit 1
SVG=$svg gnuplot "$here/workqueue.gp" && say "$svg"

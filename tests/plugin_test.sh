#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# plugin_test.sh: an example, sanitized, with a kubeconfig whose user is a credential plugin, a
# shell script, against the mock API server over TLS.

# shellcheck source=claims.sh
. "$(dirname "$0")/claims.sh"
cd "$root" || exit 1
example=${BUILD:-build}/asan/examples/deployment_list
[ -x "$example" ] || { echo "there is no $example: make test"; exit 1; }
unset KUBECONFIG KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT

run() { timeout 30 "$example" --kubeconfig "$1" >"$dir/out" 2>&1 </dev/null; }
# What cannot succeed is tried again and again, so it is ended.
fails() { ! timeout 3 "$example" --kubeconfig "$1" >"$dir/out" 2>&1; }
# with COMMAND FILE: the mock's kubeconfig with a plugin in place of its token.
with() {
    sed "s|^\( *\)token: .*|\1exec: {apiVersion: client.authentication.k8s.io/v1, command: $1, \
interactiveMode: IfAvailable, installHint: \"ask your cluster's owner\", \
env: [{name: WHAT, value: $2}]}|" "$dir/kubeconfig" >"$dir/$2.config"
}

mock_start --deployments 30 --namespaces 3
token=$(sed -n 's/^ *token: "\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$dir/kubeconfig")
cat >"$dir/plugin" <<END
#!/bin/sh
echo run >>"$dir/runs"
echo "plugin: for \$WHAT" >&2
sleep 0.2
[ "\$WHAT" = broken ] && exit 3
cat <<JSON
{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
 "status": {"token": "$token"}}
JSON
END
chmod +x "$dir/plugin"

with ./plugin good
claim "a plugin beside the kubeconfig gives the token" run "$dir/good.config"
claim "... with which all are counted" printed '^30 deployments$'
claim "... its standard error passes through" printed '^plugin: for good$'
claim "... it was run once" [ "$(wc -l <"$dir/runs")" = 1 ]
with ./plugin broken
claim "a plugin that fails is no success" fails "$dir/broken.config"
claim "... and is named" printed "exec plugin $dir/./plugin: it failed"
with kedge-no-such-plugin missing
claim "one that is not there is no success" fails "$dir/missing.config"
claim "... and it is told how to get it" printed "executable not found; ask your cluster's owner"
[ "$claims_failed" = 0 ] || { echo "--- the last"; tail -n 40 "$dir/out"; }
claims_end

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kubectl_test.sh - kubectl against the mock API server, over TLS with a token.
#
#   KUBECTL       the kubectl to use (default: the one on PATH)
#   MOCK_SERVER   the server program  (default: build/tests/mock_server)
#   PKI           the program pki     (default: build/tests/pki)
#
# Needs bash's or dash's sh, coreutils and kubectl; without kubectl it says so and ends with status 77 (skipped).

kubectl=${KUBECTL:-kubectl}
server=${MOCK_SERVER:-build/tests/mock_server}
pki=${PKI:-build/tests/pki}

if ! command -v "$kubectl" >/dev/null 2>&1; then
    echo "skipped: there is no kubectl here ($kubectl); the package kubernetes-client has one"
    exit 77
fi

dir=$(mktemp -d) || exit 1
server_pid=
cleanup() {
    [ -n "$server_pid" ] && kill "$server_pid" 2>/dev/null
    [ -n "$server_pid" ] && wait "$server_pid" 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

"$pki" "$dir/pki" || exit 1
start_server() { # options
    "$server" --tls "$dir/pki" --seed 1 --seconds 300 --kubeconfig-out "$dir/kubeconfig" "$@" \
        >"$dir/server.out" 2>"$dir/server.err" &
    server_pid=$!
    tries=0
    until grep -q '^listening' "$dir/server.out" 2>/dev/null; do
        tries=$((tries + 1))
        if [ $tries -gt 100 ]; then
            echo "the mock server did not start:"
            cat "$dir/server.err"
            exit 1
        fi
        sleep 0.1
    done
}
start_server --token sesame --crd edge.example.com/v1/sensors/Sensor/namespaced

k() {
    timeout 60 "$kubectl" --kubeconfig "$dir/kubeconfig" --cache-dir "$dir/cache" "$@" \
        >"$dir/out" 2>"$dir/err"
}

passed=0
failed=0
check() { # claim, expected extended regular expression in the output
    if grep -Eq -- "$2" "$dir/out"; then
        passed=$((passed + 1))
        echo "ok $((passed + failed)) - $1"
    else
        failed=$((failed + 1))
        echo "not ok $((passed + failed)) - $1"
        sed 's/^/    out: /' "$dir/out"
        sed 's/^/    err: /' "$dir/err"
    fi
}

deployment() { # name, replicas, image
    cat <<EOF
apiVersion: apps/v1
kind: Deployment
metadata: {name: $1, labels: {app: $1}}
spec:
  replicas: $2
  selector: {matchLabels: {app: $1}}
  template:
    metadata: {labels: {app: $1}}
    spec:
      containers:
      - {name: main, image: "$3"}
      - {name: side, image: "side:1"}
EOF
}

k get namespaces
check "get namespaces lists the system's" '^kube-system +Active'

deployment web 2 web:1 >"$dir/web.yaml"
k create --validate=false -f "$dir/web.yaml"
check "create makes a Deployment" 'deployment.apps/web created'
k create --validate=false -f "$dir/web.yaml"
cp "$dir/err" "$dir/out"
check "create a second time says that it exists" 'AlreadyExists|already exists'

k get deployments
check "get prints a row with ready and wanted replicas" '^web +0/2 +0 +0 '
k get deployment web -o 'jsonpath={.spec.replicas} {.metadata.generation}'
check "get -o jsonpath reads the object" '^2 1$'
k get deployments -o name
check "get -o name names it" 'deployment.apps/web'

timeout 20 "$kubectl" --kubeconfig "$dir/kubeconfig" --cache-dir "$dir/cache" \
    get deployments -w -o name >"$dir/watch" 2>&1 &
watch_pid=$!
tries=0
until grep -q web "$dir/watch" || [ $tries -gt 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
done

k scale deployment web --replicas=5
check "scale answers" 'deployment.apps/web scaled'
k get deployment web -o 'jsonpath={.spec.replicas} {.metadata.generation}'
check "scale changed the replicas and the generation" '^5 2$'
k scale deployment web --current-replicas=4 --replicas=6
cp "$dir/err" "$dir/out"
check "scale refuses where the present number is another" '[Ee]xpected replicas to be 4, was 5'

k label deployment web tier=front
check "label answers" 'deployment.apps/web labeled'
k get deployments -l tier=front -o name
check "get -l finds it by the new label" 'deployment.apps/web'
k get deployments -l 'tier notin (front)' -o name
echo "[$(cat "$dir/out")]" >"$dir/count" && mv "$dir/count" "$dir/out"
check "get -l does not find it by another" '^\[\]$'
k get deployments --field-selector metadata.name=web -o name
check "get --field-selector finds it by name" 'deployment.apps/web'

deployment api 1 api:1 >"$dir/api.yaml"
k apply --validate=false -f "$dir/api.yaml"
check "apply creates" 'deployment.apps/api created'
deployment api 3 api:2 >"$dir/api.yaml"
k apply --validate=false -f "$dir/api.yaml"
check "apply changes" 'deployment.apps/api configured'
k get deployment api -o 'jsonpath={.spec.replicas} {.spec.template.spec.containers[*].image}'
check "apply merged the containers by name" '^3 api:2 side:1$'
k apply --validate=false -f "$dir/api.yaml"
check "apply of the same changes nothing" 'deployment.apps/api unchanged'

k patch deployment api --type=json -p '[{"op":"replace","path":"/spec/replicas","value":7}]'
check "a JSON patch answers" 'deployment.apps/api patched'
k get deployment api -o 'jsonpath={.spec.replicas}'
check "a JSON patch changed the replicas" '^7$'
k annotate deployment api note='quotes " and < >'
check "annotate answers" 'deployment.apps/api annotated'

cat >"$dir/sensor.yaml" <<EOF
apiVersion: edge.example.com/v1
kind: Sensor
metadata: {name: boiler}
spec: {threshold: 21.5}
EOF
k apply --validate=false -f "$dir/sensor.yaml"
check "apply makes a custom resource" 'sensor.edge.example.com/boiler created'
k get sensors
check "get prints a custom resource" '^boiler +[0-9]+s'

cat >"$dir/lost.yaml" <<EOF
apiVersion: v1
kind: ConfigMap
metadata: {name: lost, namespace: nowhere}
EOF
k create --validate=false -f "$dir/lost.yaml"
cp "$dir/err" "$dir/out"
check "an unknown namespace is refused" 'namespaces "nowhere" not found'

k delete deployment web
check "delete answers, and waits until it is gone" 'deployment.apps "web" deleted'
k get deployment web
cp "$dir/err" "$dir/out"
check "get after delete says NotFound" 'NotFound'

tries=0
until [ "$(grep -c web "$dir/watch")" -ge 4 ] || [ $tries -gt 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
kill "$watch_pid" 2>/dev/null
wait "$watch_pid" 2>/dev/null
grep -c 'deployment.apps/web' "$dir/watch" >"$dir/out"
check "get -w saw the object, its two changes and its end" '^4$'

# ---- what is known of the server: kinds, also such as come later
k api-resources
check "api-resources names a kind with its short names and categories" '^statefulsets +sts +apps/v1 +true +StatefulSet'
cat >"$dir/crd.yaml" <<EOF
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.home.example.com}
spec:
  group: home.example.com
  scope: Namespaced
  names: {plural: lamps, singular: lamp, kind: Lamp, shortNames: [lm]}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object}}
EOF
k create --validate=false -f "$dir/crd.yaml"
k wait --for=condition=Established crd/lamps.home.example.com --timeout=20s
check "a CustomResourceDefinition is established" 'lamps.home.example.com condition met'
printf 'apiVersion: home.example.com/v1\nkind: Lamp\nmetadata: {name: desk}\nspec: {on: true}\n' >"$dir/lamp.yaml"
k create --validate=false -f "$dir/lamp.yaml"
k get lm -o name
check "its kind is there at once, by its short name" '^lamp.home.example.com/desk$'
k delete crd lamps.home.example.com
k get --raw /apis/home.example.com/v1/lamps
cp "$dir/err" "$dir/out"
check "its kind goes with it" 'could not find the requested resource'

# ---- owners of fields
config() { # value
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\ndata: {key: "%s"}\n' "$1" >"$dir/shared.yaml"
}
config 1
k apply --server-side --validate=false --field-manager=one -f "$dir/shared.yaml"
check "apply --server-side creates" 'configmap/shared serverside-applied'
config 2
k apply --server-side --validate=false --field-manager=two -f "$dir/shared.yaml"
cp "$dir/err" "$dir/out"
check "apply --server-side meets the owner of a field" 'conflict with "one": .data.key'
k apply --server-side --validate=false --field-manager=two --force-conflicts --dry-run=server -f "$dir/shared.yaml"
k get configmap shared -o 'jsonpath={.data.key}'
check "a dry run on the server changes nothing" '^1$'
k apply --server-side --validate=false --field-manager=two --force-conflicts -f "$dir/shared.yaml"
k get configmap shared --show-managed-fields -o 'jsonpath={.data.key} {.metadata.managedFields[*].manager}'
check "apply --force-conflicts takes it over" '^2 two$'
k patch configmap shared --type=merge -p '{"dat":{}}'
cat "$dir/err" >>"$dir/out"
check "an unknown field is warned of" 'Warning: unknown field "dat"'
echo '{"text":"ConfigMap is old fashioned","resource":"configmaps"}' >"$dir/warn.json"
k create --raw /mock/warn -f "$dir/warn.json"
k get configmap shared
cp "$dir/err" "$dir/out"
check "a warning on demand is shown" 'Warning: ConfigMap is old fashioned'

# ---- subresources
cat >"$dir/pod.yaml" <<EOF
apiVersion: v1
kind: Pod
metadata: {name: talker, labels: {app: talker}}
spec: {containers: [{name: main, image: "a:1"}]}
EOF
k create --validate=false -f "$dir/pod.yaml"
pods=/api/v1/namespaces/default/pods
echo '{"kind":"Binding","apiVersion":"v1","metadata":{"name":"talker"},"target":{"kind":"Node","name":"n1"}}' >"$dir/binding.json"
k create --raw $pods/talker/binding -f "$dir/binding.json"
k get pods -o 'jsonpath={.items[?(@.metadata.name=="talker")].spec.nodeName}'
check "a binding puts the pod on a node" '^n1$'
k create --raw $pods/talker/binding -f "$dir/binding.json"
cp "$dir/err" "$dir/out"
check "a second binding conflicts" 'already assigned to node "n1"'
echo '{"pod":"talker","lines":["one","two","three"]}' >"$dir/log.json"
k create --raw /mock/log -f "$dir/log.json"
k logs talker --tail=2
check "logs --tail shows the last lines" '^three$'
timeout 20 "$kubectl" --kubeconfig "$dir/kubeconfig" --cache-dir "$dir/cache" \
    logs -f --tail=0 talker >"$dir/follow" 2>&1 &
follow_pid=$!
tries=0
until k get --raw /mock/state && grep -q '"logs":1' "$dir/out" || [ $tries -gt 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
echo '{"pod":"talker","line":"last words"}' >"$dir/log.json"
k create --raw /mock/log -f "$dir/log.json"
echo '{"kind":"Eviction","apiVersion":"policy/v1","metadata":{"name":"talker"}}' >"$dir/eviction.json"
k create --raw $pods/talker/eviction -f "$dir/eviction.json"
check "an eviction is a success" '"status":"Success"'
wait "$follow_pid"
echo "exit $? $(cat "$dir/follow")" >"$dir/out"
check "logs -f ends in order with the pod" '^exit 0 last words$'
printf 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n' >"$dir/account.yaml"
k create --validate=false -f "$dir/account.yaml"
echo '{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1"}' >"$dir/request.json"
k create --raw /api/v1/namespaces/default/serviceaccounts/robot/token -f "$dir/request.json"
token=$(sed -n 's/.*"token":"\([^"]*\)".*/\1/p' "$dir/out")
sed "s/sesame/$token/" "$dir/kubeconfig" >"$dir/robot"
k --kubeconfig "$dir/robot" get serviceaccounts -o name
check "the token of a service account is let in" '^serviceaccount/robot$'

sed 's/sesame/thistle/' "$dir/kubeconfig" >"$dir/wrong" && mv "$dir/wrong" "$dir/kubeconfig"
k get deployments
cp "$dir/err" "$dir/out"
check "a wrong token is refused" 'Unauthorized|must be logged in'

stop_server() { # claim
    kill -TERM "$server_pid"
    wait "$server_pid"
    echo "exit $?" >"$dir/out"
    cp "$dir/server.err" "$dir/err"
    server_pid=
    check "$1" '^exit 0$'
}
stop_server "the server stops in order on SIGTERM"

start_server --client-ca --deployments 30 --namespaces 3 --churn 5
k get deployments --all-namespaces -o name
check "a client certificate stands for a user" 'deployment.apps/'
k get deployments --all-namespaces --chunk-size=7 -o name
sort -u "$dir/out" | wc -l >"$dir/count" && mv "$dir/count" "$dir/out"
check "get in pages gets all of a busy cluster" '^ *(2[0-9]|3[0-9])$'
stop_server "the busy server stops in order, too"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

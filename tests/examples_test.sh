#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# examples_test.sh: the examples, sanitized, against the mock API server over TLS.

# shellcheck source=claims.sh
. "$(dirname "$0")/claims.sh"
cd "$root" || exit 1
examples=${BUILD:-build}/asan/examples
[ -x "$examples/deployment_list" ] || { echo "there is no $examples/deployment_list: make test"; exit 1; }
unset KUBECONFIG KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT

# start NAME ARGUMENTS...: an example in the background, its lines in $dir/out.
start() {
    program=$1
    shift
    ASAN_OPTIONS=verify_asan_link_order=0 stdbuf -oL "$examples/$program" "$@" >"$dir/out" 2>&1 &
    pid=$!
}
# stops: ends by Ctrl-C within ten seconds, with success.
stops() {
    kill -INT "$pid"
    until_true 10 gone || { kill -KILL "$pid"; return 1; }
    wait "$pid"
}
# stops_by_default: a program that has not asked for signals is ended by one.
stops_by_default() {
    kill -TERM "$pid"
    wait "$pid" 2>/dev/null
    [ $? = 143 ]
}
gone() { ! kill -0 "$pid" 2>/dev/null; }
run() {
    program=$1
    shift
    timeout 30 "$examples/$program" "$@" >"$dir/out" 2>&1
}
fails() { ! run "$@"; }
# edits OUT ARGUMENTS...; refused WORDS ARGUMENTS...: sensor_edit, beside what is in $dir/out.
edits() {
    out=$1
    shift
    timeout 30 "$examples/sensor_edit" "$@" >"$out" 2>&1
}
refused() {
    words=$1
    shift
    ! edits "$dir/refused" "$@" && grep -q -e "$words" "$dir/refused"
}
different_rows() { [ "$(sed -n '2,$p' "$dir/out" | awk 'NF == 6' | sort -u | wc -l)" = "$1" ]; }
show() { [ "$claims_failed" = "$before" ] || { echo "--- $1"; tail -n 60 "$dir/out"; }; }

before=0
mock_start --deployments 60 --namespaces 5
claim "deployment_list ends well" run deployment_list --kubeconfig "$dir/kubeconfig"
claim "... has counted 60" printed '^60 deployments$'
claim "... and printed a row for each" different_rows 60
show deployment_list
KUBECONFIG=$dir/kubeconfig
export KUBECONFIG
claim "it finds \$KUBECONFIG by itself" run deployment_list
claim "... and the same 60" printed '^60 deployments$'

before=$claims_failed
run deployment_list # for one that is there
# shellcheck disable=SC2046 # a namespace and a name
set -- $(awk 'NF == 6 && NR > 1 { print $1, $2; exit }' "$dir/out")
claim "deployment_scale sets the replicas" run deployment_scale "$1" "$2" 42
claim "... and says from which to which" printed "^$1/$2: [0-9]* -> 42 replicas\$"
claim "... once more" run deployment_scale "$1" "$2" 0
claim "... from there, down to none" printed "^$1/$2: 42 -> 0 replicas\$"
claim "what is not there cannot be scaled" fails deployment_scale "$1" nonsense 1
claim "... and the server's words are told" printed 'deployments.apps "nonsense" not found'
claim "replicas beyond 32 bits are refused" fails deployment_scale "$1" "$2" 99999999999
claim "... by the field's name" printed '^spec.replicas: the value does not fit 32 bits'
claim "replicas that are no number are refused" fails deployment_scale "$1" "$2" few
claim "... with the usage" printed '^usage: '
claim "without arguments there is the usage" fails deployment_scale
show deployment_scale

before=$claims_failed
claim "a kubeconfig that is not there is an error" fails deployment_list --kubeconfig "$dir/none"
claim "... that names the file" printed "$dir/none"
sed 's/token: .*/token: "wrong"/' "$dir/kubeconfig" >"$dir/unauthorized"
start deployment_list --kubeconfig "$dir/unauthorized"
claim "a wrong token is told" until_true 20 printed '401\|nauthorized'
claim "... and tried again, since the server may learn it" kill -0 "$pid"
claim "... until it is ended" stops_by_default
claim "what is no option is refused" fails deployment_list --nonsense
claim "... with the usage" printed '^usage: '
mock_stop

before=$claims_failed
rm "$dir/kubeconfig"
mock_start --deployments 60 --namespaces 5 --churn 40 --crd edge.example.com/v1/sensors/Sensor/namespaced
start deployment_informer --kubeconfig "$dir/kubeconfig"
claim "deployment_informer lists the namespace default from the cache" \
    until_true 20 printed '^deployments in namespace default:$'
claim "... after it added all" printed '^add a deployment: ' 60
claim "... with index numbers" printed '^   0  '
claim "it prints what changes, old -> new" until_true 20 printed '^update deployment: .* -> ' 5
claim "... what is added" until_true 30 printed '^add a deployment: .* - new$'
claim "... what is deleted" until_true 30 printed '^delete deployment: '
claim "it ends by Ctrl-C" stops
claim "... with the memory report" printed '^memory, bytes '
show deployment_informer

before=$claims_failed
start deployment_watch --kubeconfig "$dir/kubeconfig"
claim "deployment_watch prints what is there" until_true 20 printed '^EXISTING' 50
claim "... and what changes" until_true 20 printed '^MODIFIED' 5
claim "it ends by Ctrl-C" stops
show deployment_watch

before=$claims_failed
start any_informer --kubeconfig "$dir/kubeconfig" apps/v1 deployments spec replicas
claim "any_informer prints a field of what no table describes" \
    until_true 20 printed '^ADDED *[a-z0-9-]*/[a-z0-9-]* [0-9]*$' 50
claim "... and how it changes" until_true 20 printed '^MODIFIED .* [0-9]*$' 5
claim "it ends by Ctrl-C" stops
show any_informer

before=$claims_failed
start sensor_watch --kubeconfig "$dir/kubeconfig"
if command -v kubectl >/dev/null; then
    kubectl --kubeconfig "$dir/kubeconfig" create --validate=false -f - >/dev/null <<'END'
{"apiVersion": "edge.example.com/v1", "kind": "Sensor",
 "metadata": {"name": "one", "namespace": "default"},
 "spec": {"intervalSeconds": 5, "unit": "K", "tags": ["a", "b"]}}
END
    claim "sensor_watch prints a custom resource" \
        until_true 20 printed '^ADDED *default/one every 5 s, 2 tags$'
    claim "sensor_edit changes one field of it" \
        edits "$dir/edited" --kubeconfig "$dir/kubeconfig" one 30 'c"d'
    claim "... and says what it was" grep -q '^interval: 5 s -> 30 s$' "$dir/edited"
    claim "... and what it is" grep -q '^tags: a b c"d$' "$dir/edited"
    claim "... which the watch sees" until_true 20 printed '^MODIFIED *default/one every 30 s, 3 tags$'
    claim "... with all that it did not know of" [ "$(kubectl --kubeconfig "$dir/kubeconfig" \
        get sensors.edge.example.com one -n default -o 'jsonpath={.spec.unit}')" = K ]
    claim "of what is not there it says so" refused 'sensors.edge.example.com "two" not found' \
        --kubeconfig "$dir/kubeconfig" two 30
else
    sleep 1
fi
claim "sensor_watch ends by Ctrl-C" stops
show sensor_watch

if command -v kubectl >/dev/null; then
    before=$claims_failed
    sensors() { kubectl --kubeconfig "$dir/kubeconfig" --cache-dir "$dir/cache" -n default "$@"; }
    unit_is() { [ "$(sensors get configmap "$1" -o 'jsonpath={.data.unit}' 2>/dev/null)" = "$2" ]; }
    observed() {
        [ "$(sensors get sensors.edge.example.com "$1" -o 'jsonpath={.status.observedGeneration}')" = "$2" ]
    }
    start controller --kubeconfig "$dir/kubeconfig"
    claim "controller makes a ConfigMap for what is there" until_true 20 unit_is one K
    claim "... and says in the status what it has seen" until_true 20 observed one 2
    sensors create --validate=false -f - >/dev/null <<'END'
{"apiVersion": "edge.example.com/v1", "kind": "Sensor", "metadata": {"name": "two"},
 "spec": {"intervalSeconds": 7, "unit": "Pa"}}
END
    claim "it makes one for what comes" until_true 20 unit_is two Pa
    claim "... which the Sensor controls" [ "$(sensors get configmap two -o \
        'jsonpath={.metadata.ownerReferences[0].kind} {.metadata.ownerReferences[0].controller}')" = "Sensor true" ]
    sensors patch sensors.edge.example.com two --type=merge -p '{"spec": {"unit": "hPa"}}' >/dev/null
    claim "it follows what changes" until_true 20 unit_is two hPa
    claim "... and says so in the status" until_true 20 observed two 2
    sensors patch configmap two --type=merge -p '{"data": {"unit": "F", "note": "mine"}}' >/dev/null
    claim "it undoes what others do to what is its own" until_true 20 unit_is two hPa
    claim "... and leaves what is theirs" [ "$(sensors get configmap two -o 'jsonpath={.data.note}')" = mine ]
    sensors delete configmap two >/dev/null
    claim "it makes again what was deleted" until_true 20 unit_is two hPa
    claim "it ends by Ctrl-C" stops
    claim "... and tells how often it has worked, without a failure" \
        printed '^[0-9]* reconciles, 0 failures, the longest took [0-9]* ms$'
    show controller
fi

# same_as_kubectl ARGUMENTS...: kedge_get prints the names that kubectl prints, in the same order.
same_as_kubectl() {
    run kedge_get "$@" -o name || return 1
    kubectl --kubeconfig "$dir/kubeconfig" get "$@" -o name >"$dir/kubectl" 2>/dev/null
    sed '/^No resources found/d' "$dir/out" | cmp - "$dir/kubectl"
}
rows() { [ "$(grep -c . "$dir/out")" = "$1" ]; }
without() { ! printed "$1"; }
one_line() { rows 1 && printed "$1"; }

before=$claims_failed
claim "kedge_get finds a short name" run kedge_get deploy -A
claim "... and prints a row for each, with a head" printed "[0-9]s$" 40
claim "... which has a namespace" printed '^NAMESPACE  *NAME  *AGE$'
claim "it finds one of another resource by its name" run kedge_get ns/kube-system -o name
claim "... and prints it as kubectl does" one_line '^namespace/kube-system$'
claim "... also as two words" run kedge_get ns kube-system -o json
claim "... as JSON" one_line '"kind":"Namespace".*"name":"kube-system"'
claim "... without managedFields" without managedFields
claim "a name that is not there is an error" fails kedge_get deployments.apps none
claim "... as kubectl words it" \
    one_line '^Error from server (NotFound): deployments.apps "none" not found$'
claim "a resource that is not there too" fails kedge_get nothing
claim "... as kubectl words it" \
    one_line '^error: the server doesn.t have a resource type "nothing"$'
claim "a name in all namespaces is refused" fails kedge_get deploy none -A
claim "an empty list is told" run kedge_get pods -n default
claim "... as kubectl words it" one_line '^No resources found in default namespace.$'
claim "... and is a list as JSON" run kedge_get pods -o json
claim "... too" printed '"items":\['
claim "api-resources are told" run kedge_get api-resources
claim "... with short names and kinds" printed '^deployments  *deploy  *apps/v1  *true  *Deployment$'
claim "what is no option is refused" fails kedge_get deploy --nonsense
claim "... with the usage" printed '^usage: '
start kedge_get deploy -A -w -o name
claim "it watches" until_true 30 printed '^deployment.apps/' 70
claim "... and ends by Ctrl-C" stops
show kedge_get
mock_stop

before=$claims_failed
rm "$dir/kubeconfig"
mock_start --no-managed-fields
k() { kubectl --kubeconfig "$dir/kubeconfig" --cache-dir "$dir/cache" "$@" >/dev/null; }
# contend IDENTITY: one more in the background, its lines in $dir/IDENTITY.
contend() {
    ASAN_OPTIONS=verify_asan_link_order=0 stdbuf -oL "$examples/leader" "$1" >"$dir/$1" 2>&1 &
    pid=$!
}
said() { grep -q -e "$2" "$dir/$1"; }
claim "leader without an identity tells its usage" fails leader
claim "... and so for an option that it has not" fails leader --nonsense x y
contend first
first=$pid
claim "the first that stands leads" until_true 20 said first '^first leads$'
claim "... and acts" until_true 20 said first '^first acts$'
contend second
claim "the second sees who leads" until_true 20 said second '^the leader is first$'
kill -INT "$first"
claim "the first gives up when it is asked to" wait "$first"
claim "... and says so" said first '^first leads no more$'
claim "... and the second leads, long before the Lease would expire" until_true 10 said second '^second leads$'
kill -KILL "$pid"
wait "$pid" 2>/dev/null
contend third
claim "one that is killed leads on in the others' eyes" until_true 20 said third '^the leader is second$'
claim "... until its time is over" until_true 40 said third '^third leads$'
claim "... and ends by Ctrl-C" stops
before=$claims_failed

claim "deployment_wait gives up in time" fails deployment_wait --timeout 1 web
claim "... and says so" printed '^web: .*deadline'
claim "pod_logs tells that there is no pod" fails pod_logs talker
claim "... in the server's words" printed '404 NotFound: '
claim "what is no number is refused" fails pod_logs --tail many talker
claim "... with the usage" printed '^usage: '
if command -v kubectl >/dev/null; then
    start deployment_wait --timeout 30 web
    k create --validate=false -f - <<'END'
{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
 "spec": {"replicas": 2}}
END
    claim "deployment_wait sees the deployment come" until_true 20 printed '^web: 0 of 2 available$'
    k patch deployment web --subresource=status --type=merge \
        -p '{"status": {"observedGeneration": 1, "updatedReplicas": 2, "availableReplicas": 2}}'
    claim "... and ends when it is available" until_true 20 gone
    claim "... with success" wait "$pid"
    claim "... and says so" printed '^web is available$'
    show deployment_wait

    before=$claims_failed
    start deployment_events --kubeconfig "$dir/kubeconfig"
    claim "deployment_events waits for changes" until_true 20 printed '^watching all deployments$'
    for n in 3 4 3 4 0; do
        k scale deployment web --replicas "$n"
        claim "deployment_events sees $n replicas" until_true 20 printed "^default/web: replicas . -> $n\$"
    done
    events() { kubectl --kubeconfig "$dir/kubeconfig" get events -n default -o "$1" 2>/dev/null; }
    said() { events 'jsonpath={range .items[*]}{.involvedObject.name} {.type} {.count} {.message}{"\n"}{end}' |
        grep -q "$1"; }
    claim "... and the server has an event of it" until_true 20 said '^web Warning 1 replicas 4 -> 0$'
    claim "... which counts what happens twice" until_true 20 said '^web Normal 2 replicas 3 -> 4$'
    claim "it ends by Ctrl-C" stops
    claim "... and tells how many there were" printed '^5 events recorded: 4 new, 1 more of the same, 0 too'
    show deployment_events

    before=$claims_failed
    k create --validate=false -f - <<'END'
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "talker", "namespace": "default"},
 "spec": {"containers": [{"name": "main", "image": "a:1"}]}}
END
    echo '{"kind": "Binding", "apiVersion": "v1", "metadata": {"name": "talker"},
           "target": {"kind": "Node", "name": "n1"}}' >"$dir/binding"
    k create --raw /api/v1/namespaces/default/pods/talker/binding -f "$dir/binding"
    echo '{"pod": "talker", "lines": ["one", "two", "three"]}' >"$dir/lines"
    k create --raw /mock/log -f "$dir/lines"
    claim "pod_logs prints a log" run pod_logs talker
    claim "... all of it" cmp -s "$dir/out" - <<'END'
one
two
three
END
    claim "--tail prints the last lines" run pod_logs --tail 2 -c main -n default talker
    claim "... only" cmp -s "$dir/out" - <<'END'
two
three
END
    claim "--timestamps prints times" run pod_logs --timestamps --since 3600 talker
    claim "... before each line" printed '^20[0-9-]*T[0-9:.]*Z [a-z]*$' 3
    claim "a container that is not there is refused" fails pod_logs -c nobody talker
    claim "... in the server's words" printed '400 BadRequest: '
    claim "so is one that was never restarted, with -p" fails pod_logs -p talker
    start pod_logs -f --tail 1 talker
    claim "-f prints what is there" until_true 20 printed '^three$'
    echo '{"pod": "talker", "line": "last words"}' >"$dir/lines"
    k create --raw /mock/log -f "$dir/lines"
    claim "... and what comes" until_true 20 printed '^last words$'
    claim "it ends by Ctrl-C" stops
    show pod_logs
fi
mock_stop

before=$claims_failed
rm "$dir/kubeconfig"
mock_start --kubelets
start node_agent --kubeconfig "$dir/kubeconfig" edge-1
claim "node_agent registers a node" until_true 20 printed '^registered: edge-1, uid '
if command -v kubectl >/dev/null; then
    n() { kubectl --kubeconfig "$dir/kubeconfig" "$@"; }
    # has WANT ARGUMENTS...: what kubectl get says.
    has() {
        want=$1
        shift
        [ "$(n get "$@" 2>/dev/null)" = "$want" ]
    }
    claim "... which is Ready" until_true 10 has True node edge-1 \
        -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
    claim "... and has its Lease" until_true 10 has "edge-1 40" lease edge-1 -n kube-node-lease \
        -o 'jsonpath={.spec.holderIdentity} {.spec.leaseDurationSeconds}'
    n create --validate=false -f - >/dev/null <<'END'
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "lamp", "namespace": "default"},
 "spec": {"nodeName": "edge-1", "containers": [{"name": "light", "image": "on", "args": ["--slowly"],
  "env": [{"name": "COLOR", "value": "amber"}]}]}}
END
    claim "it runs a pod that is bound to it" until_true 20 printed '^run: default/lamp$'
    claim "... as its containers say" until_true 20 printed '^  light: on --slowly COLOR=amber$'
    claim "... and says so" until_true 10 has "Running true" pod lamp -n default \
        -o 'jsonpath={.status.phase} {.status.containerStatuses[0].ready}'
    n delete pod lamp -n default --wait=false >/dev/null
    claim "it ends one that is deleted" until_true 20 printed '^end: default/lamp, within [23][0-9] s$'
    claim "... and lets it go" until_true 20 printed '^gone: default/lamp$'
    claim "... from the server" until_true 10 has "" pods -n default -o name
fi
claim "it ends by Ctrl-C" stops
claim "... with the memory report" printed '^memory, bytes '
claim "without a name there is the usage" fails node_agent
show node_agent
mock_stop

before=$claims_failed
rm "$dir/kubeconfig"
mock_start --deployments 1200 --namespaces 5 --crd edge.example.com/v1/sensors/Sensor/namespaced
if command -v kubectl >/dev/null; then
    for arguments in deploy "deploy -A" "deployment.apps -n kube-system" "deploy -l app=web -A" ns \
        "ns --field-selector metadata.name=default" no sensors "sensors.edge -A" po "events -A"; do
        # shellcheck disable=SC2086 # several words
        claim "kedge_get $arguments prints what kubectl prints" same_as_kubectl $arguments
    done
fi
show kedge_get
claims_end

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016
#
# What the programs of examples/ see and do that find resources, write, wait and read logs, compared
# with kubectl; and credentials that change, are given by a plugin, or are somebody else's. Variables
# that are not set here are those of env.sh, run.sh and verbs.sh.

# get ARGUMENTS...: kedge_get; its output in $dir/reply, its words in $dir/words.
get() { timeout 60 "$programs/kedge_get" "$@" >"$dir/reply" 2>"$dir/words"; }

# run_program NAME ARGUMENTS...: another example in the same way.
run_program() { timeout 60 "$programs/$1" "${@:2}" >"$dir/reply" 2>"$dir/words"; }

# differs: what of $dir/reply is not as in $dir/expected.
differs() {
    diff "$dir/expected" "$dir/reply" | head -n 6 | sed 's/^/#   /'
    head -n 3 "$dir/words" | sed 's/^/#   /'
    return 1
}

# as_kubectl ARGUMENTS...: do both print the same, in the same order? It is not nothing.
as_kubectl() {
    kubectl get "$@" >"$dir/expected" 2>/dev/null
    if ! get "$@" || [ ! -s "$dir/expected" ] || ! cmp -s "$dir/expected" "$dir/reply"; then
        differs
    fi
}

# refused_as_kubectl ARGUMENTS...: of `get`, in kubectl's own words.
refused_as_kubectl() {
    kubectl get "$@" >/dev/null 2>"$dir/expected" && return 1
    words_of_refusal . get "$@" && cmp -s "$dir/expected" "$dir/words" && return
    diff "$dir/expected" "$dir/words" | sed 's/^/#   /'
    return 1
}

# One object of kinds that a server without controllers would have none of.
some_of_each() {
    local pod='{containers: [{name: c, image: "a:1"}]}'
    local set="{selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: $pod}}"
    local job="{template: {spec: {restartPolicy: Never, containers: [{name: c, image: 'a:1'}]}}}"
    local kind_spec
    kubectl create namespace clients
    while IFS='|' read -r kind_spec; do
        printf -- '---\n{metadata: {name: some, namespace: clients}, %s}\n' "$kind_spec"
    done >"$dir/some.yaml" <<END
apiVersion: apps/v1, kind: ReplicaSet, spec: $set
apiVersion: apps/v1, kind: DaemonSet, spec: $set
apiVersion: apps/v1, kind: StatefulSet, spec: $set
apiVersion: apps/v1, kind: ControllerRevision, revision: 1, data: {a: b}
apiVersion: batch/v1, kind: Job, spec: $job
apiVersion: batch/v1, kind: CronJob, spec: {schedule: "* * * * *", jobTemplate: {spec: $job}}
apiVersion: v1, kind: LimitRange, spec: {limits: []}
apiVersion: v1, kind: ResourceQuota, spec: {hard: {pods: "9"}}
apiVersion: v1, kind: PodTemplate, template: {spec: $pod}
apiVersion: v1, kind: ReplicationController, spec: {selector: {a: b}, template: {metadata: {labels: {a: b}}, spec: $pod}}
apiVersion: v1, kind: PersistentVolumeClaim, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
apiVersion: policy/v1, kind: PodDisruptionBudget, spec: {minAvailable: 1, selector: {matchLabels: {a: b}}}
apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, spec: {podSelector: {}}
apiVersion: networking.k8s.io/v1, kind: Ingress, spec: {defaultBackend: {service: {name: s, port: {number: 80}}}}
apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, endpoints: []
apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, spec: {maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}}
END
    while IFS='|' read -r kind_spec; do
        printf -- '---\n{metadata: {name: some}, %s}\n' "$kind_spec"
    done >>"$dir/some.yaml" <<END
apiVersion: networking.k8s.io/v1, kind: IngressClass, spec: {controller: example.org/c}
apiVersion: storage.k8s.io/v1, kind: StorageClass, provisioner: example.org/p
apiVersion: storage.k8s.io/v1, kind: CSIDriver, spec: {}
apiVersion: node.k8s.io/v1, kind: RuntimeClass, handler: h
END
    kubectl create -f "$dir/some.yaml"
}

# The columns namespace and name, where there is one, of all resources that can be listed.
every_resource() {
    local resource namespaced count=0 with=0
    local columns=:.metadata.namespace,:.metadata.name
    kubectl api-resources --verbs=list -o name 2>/dev/null >"$dir/resources"
    kubectl api-resources --verbs=list --namespaced -o name 2>/dev/null >"$dir/namespaced"
    while read -r resource; do
        same_names "$resource" || { say "$resource -o name differs"; return 1; }
        namespaced=$(grep -c -x -F -- "$resource" "$dir/namespaced")
        [ "$namespaced" = 1 ] || columns=:.metadata.name
        kubectl get "$resource" -A --no-headers -o custom-columns="$columns" 2>/dev/null |
            awk '{ print $1, $2 }' | sort >"$dir/expected"
        columns=:.metadata.namespace,:.metadata.name
        get "$resource" -A || { differs; return 1; }
        awk -v n="$namespaced" 'NR > 1 { print $1, n == 1 ? $2 : "" }' "$dir/reply" | sort >"$dir/columns"
        mv "$dir/columns" "$dir/reply"
        cmp -s "$dir/expected" "$dir/reply" || { say "$resource:"; differs; return 1; }
        count=$((count + 1))
        [ ! -s "$dir/expected" ] || with=$((with + 1))
    done <"$dir/resources"
    say "$count resources, $with of them with objects"
    [ $with -gt 30 ]
}

# Sorted: ComponentStatuses come in another order each time.
same_names() {
    kubectl get "$1" -A -o name 2>/dev/null | sort >"$dir/expected"
    get "$1" -A -o name || { differs; return 1; }
    sort -o "$dir/reply" "$dir/reply"
    cmp -s "$dir/expected" "$dir/reply" || differs
}

# The JSON of both, key for key; a program in kubectl's place cannot see managedFields.
same_json() {
    kubectl get "$@" -o json >"$dir/expected.json" 2>/dev/null && get "$@" -o json || return
    mv "$dir/reply" "$dir/reply.json"
    python3 - "$dir/expected.json" "$dir/reply.json" <<'END'
import json, sys
one, two = (json.load(open(name)) for name in sys.argv[1:])
sys.exit(not (one == two and one.get("items", one)))
END
}

# watched PATTERN: has kedge_get -w printed it?
watched() { grep -q -- "$1" "$dir/get-w.log"; }

scenario_clients() {
    local program
    command -v kubectl >/dev/null || { say "kubectl is not there: nothing to compare with"; return; }
    command -v python3 >/dev/null || { say "python3 is not there: JSON cannot be compared"; return; }
    for program in kedge_get deployment_scale deployment_wait sensor_edit pod_logs; do
        [ -x "$programs/$program" ] || die "$program is missing: make examples"
    done
    check "there are objects to look at" eval '"$drive" kinds && some_of_each >/dev/null'
    clients_get
    clients_custom
    clients_examples
    clients_exec
    clients_impersonation
    clients_memory
    clients_token
    clients_certificate
}

clients_get() {
    local one
    check "kedge_get finds the names and namespaces of every resource as kubectl does" every_resource
    check "short names: po" as_kubectl po -o name
    check "deploy, in one namespace" as_kubectl deploy -n conformance-3 -o name
    check "a singular: node" as_kubectl node -o name
    check "deployments.v1.apps" as_kubectl deployments.v1.apps -A -o name
    check "leases.coordination.k8s.io" as_kubectl leases.coordination.k8s.io -A -o name
    # Churn before this may have deleted any of them.
    one=$(kubectl get deploy -o name | head -n 1)
    check "one object: $one" as_kubectl "deploy/${one##*/}" -o name
    check "labels" as_kubectl deploy -A -l 'tier=front,app!=app-3' -o name
    check "labels by sets" as_kubectl deploy -A -l 'app in (app-1,app-2),!nothing' -o name
    check "fields" as_kubectl pods -A --field-selector spec.nodeName=node-03 -o name
    check "fields of Events" as_kubectl events -A --field-selector type=Warning -o name
    check "JSON of 2,000 Deployments, value for value" same_json deploy -A
    check "JSON of Pods" same_json pods -A
    check "JSON of one object" same_json deploy "${one##*/}"
    check "a resource that there is not is refused as by kubectl" refused_as_kubectl nothings
    check "and one that another group has, by its full name" \
        words_of_refusal 'a resource type "deployments.v1.batch"' get deployments.v1.batch
    check "and an object" refused_as_kubectl deploy none
    check "and a selector" words_of_refusal BadRequest get deploy -l 'a in'
}

clients_custom() {
    if ! kubectl get crd sensors.edge.example.com >/dev/null 2>&1; then
        check "a custom resource is not found before it is defined" refused_as_kubectl sensors
    fi
    "$drive" sensors
    check "and afterwards it is" within 10 as_kubectl sensors -o name
    check "JSON of it" same_json sensors
    spawn get-w "$programs/kedge_get" sensors -w -o name
    local watch=$spawned
    check "a watch begins with what is there" within 10 watched sensor-9
    "$drive" sensors
    check "and tells of what comes" within 10 watched 'sensor-1$'
    echo '{"apiVersion":"edge.example.com/v1","kind":"Sensor","metadata":{"name":"late"},"spec":{}}' >"$dir/body"
    kubectl create -f "$dir/body" >/dev/null
    check "of a new object" within 10 watched sensor.edge.example.com/late
    check "it ends in good order" ends_well "$watch"
}

scaled() { [ "$(kubectl -n clients get deploy scaled -o 'jsonpath={.spec.replicas} {.metadata.generation}')" = "$1" ]; }

# What is left of a Sensor if what sensor_edit may change is taken away.
rest_of_sensor() {
    kubectl get sensor sensor-3 -o json | sed -E '/"(resourceVersion|generation|intervalSeconds)"|"(tag|new) /d'
}

status_of_scaled() {
    kubectl -n clients patch deploy scaled --subresource status --type merge \
        -p '{"status":{"observedGeneration":'"$1"',"replicas":3,"updatedReplicas":3,"readyReplicas":3,"availableReplicas":3}}' \
        >/dev/null
}

rollout_of_kubectl() { kubectl -n clients rollout status deploy scaled --timeout "${1}s" >/dev/null 2>&1; }

clients_examples() {
    local waits
    deployment scaled 1
    kubectl -n clients create -f "$dir/body" >/dev/null
    check "deployment_scale says what it did" run_program deployment_scale clients scaled 3
    check "from which to which" has "clients/scaled: 1 -> 3 replicas"
    check "as kubectl sees" scaled "3 2"
    check "what is no number changes nothing" eval '! run_program deployment_scale clients scaled x && scaled "3 2"'
    check "replicas below 0 are refused in the server's words" \
        words_of_refusal '422 Invalid: .*spec.replicas' run_program deployment_scale clients scaled -4

    status_of_scaled 1
    check "deployment_wait waits while the status is of an older generation" \
        words_of_refusal deadline run_program deployment_wait -n clients --timeout 2 scaled
    check "as kubectl does" not rollout_of_kubectl 2
    spawn wait "$programs/deployment_wait" -n clients --timeout 30 scaled
    waits=$spawned
    sleep 1
    status_of_scaled 2
    check "and ends once it is available" wait "$waits"
    check "as kubectl does" rollout_of_kubectl 5

    rest_of_sensor >"$dir/before"
    check "sensor_edit changes a Sensor" run_program sensor_edit sensor-3 42 "new \"tag\""
    check "as kubectl sees" test "$(kubectl get sensor sensor-3 \
        -o 'jsonpath={.spec.intervalSeconds} {.spec.tags[3]}')" = '42 new "tag"'
    rest_of_sensor >"$dir/after"
    check "and all else stays" cmp "$dir/before" "$dir/after"
    check "one that there is not is refused" \
        words_of_refusal '404 NotFound: sensors.edge.example.com "none" not found' run_program sensor_edit none 1

    check "pod_logs: no kubelet, in the server's words" \
        words_of_refusal '500: .*https://.*containerLogs/default/pod-00/main' run_program pod_logs pod-00 -c main
    check "which are kubectl's" same_words_of_logs pod-00 -c main
    check "two containers and no name" \
        words_of_refusal '400 BadRequest: a container name must be specified' run_program pod_logs pod-00
    check "a container that there is not" \
        words_of_refusal '400 BadRequest: container zz is not valid' run_program pod_logs pod-00 -c zz
    check "a Pod that there is not" words_of_refusal '404 NotFound' run_program pod_logs none
}

# The resolver's own words come last, and need not be the same twice.
same_words_of_logs() {
    kubectl logs "$@" 2>&1 | sed 's/^Error from server: //; s/: dial.*//' >"$dir/expected"
    [ -s "$dir/expected" ] && grep -q -F -- "$(cat "$dir/expected")" "$dir/words"
}

# with CONFIG COMMAND...: by another kubeconfig.
# shellcheck disable=SC2030,SC2031
with() { (export KUBECONFIG=$1; shift; "$@"); }

clients_exec() {
    local config=$dir/pki/exec.kubeconfig
    # shellcheck disable=SC2016
    printf '%s\n' '#!/bin/sh' 'echo "$KUBERNETES_EXEC_INFO" >>"$(dirname "$0")/plugin.asked"' \
        'printf '\''{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}'\'' "$(cat "$(dirname "$0")/admin.token")"' \
        >"$dir/pki/plugin"
    chmod +x "$dir/pki/plugin"
    {
        sed '/^    token:/d' "$(user admin)"
        printf '    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}\n'
    } >"$config"
    check "a plugin gives the token, as to kubectl" with "$config" as_kubectl nodes -o name
    check "it is told the same as by kubectl" one_question
    check "an informer with it" lists exec deployment --kubeconfig "$config"
    sed 's|./plugin|./none|' "$config" >"$config.none"
    check "a plugin that there is not is told" \
        words_of_refusal 'exec plugin .*none: executable not found' with "$config.none" get nodes
    check "by an informer too" refused exec-none 'executable not found' --kubeconfig "$config.none"
    echo 'exit 3' >>"$dir/pki/plugin"
    check "so is one that fails" words_of_refusal 'exec plugin .*it failed' with "$config" get nodes
}

one_question() {
    [ "$(grep -c . "$dir/pki/plugin.asked")" = 2 ] || { sed 's/^/# /' "$dir/pki/plugin.asked"; return 1; }
    python3 - "$dir/pki/plugin.asked" <<'END'
import json, sys
one, two = (json.loads(line) for line in open(sys.argv[1]) if line.strip())
sys.exit(one != two)
END
}

clients_impersonation() {
    local config=$dir/pki/as.kubeconfig
    sed 's/^    token:/    as: restricted\n    token:/' "$(user admin)" >"$config"
    check "as: somebody else, who may see one namespace" with "$config" as_kubectl deploy -n default -o name
    check "and is refused the others, as by kubectl" with "$config" refused_as_kubectl deploy -A
    check "and other kinds" with "$config" refused_as_kubectl nodes
    sed -i 's/^    as: .*/    as: somebody\n    as-groups: [system:masters]/' "$config"
    check "as-groups" with "$config" as_kubectl nodes -o name
    check "an informer with it" lists as deployment --kubeconfig "$config"
}

# kedge_get_resident ARGUMENTS...: how much memory kedge_get has at most had, KiB.
kedge_get_resident() {
    /usr/bin/time -f '%M' -o "$dir/resident" "$programs/kedge_get" "$@" >"$dir/reply" 2>"$dir/words" &&
        cat "$dir/resident"
}

clients_memory() {
    local output few many
    [ -x /usr/bin/time ] || { say "/usr/bin/time is not there: memory not looked at"; return; }
    for output in name json; do
        # The smaller list has a large object too, whose text has its pages touched.
        few=$(kedge_get_resident deploy -n conformance-7 -o $output)
        many=$(kedge_get_resident deploy -A -o $output)
        say "-o $output: $few KiB for 200 Deployments, $many KiB for 2,000"
        check "memory is the same for 200 and 2,000" test "${few:-0}" -gt 0 -a $((many - few)) -le 256
    done
}

token_of() { kubectl -n clients create token reader --duration 1h --bound-object-kind Secret --bound-object-name "$1"; }
is_refused() { ! kubectl --kubeconfig "$(user nobody)" --token "$1" get deploy -n default -o name >/dev/null 2>&1; }

# A token that a Secret's end makes invalid; connections are cut once it is, amid events.
clients_token() {
    local wire_port config=$dir/pki/rotated.kubeconfig old changes
    kubectl -n clients create serviceaccount reader >/dev/null
    kubectl create clusterrolebinding clients-reader --clusterrole see-deployments \
        --serviceaccount clients:reader >/dev/null
    kubectl -n clients create secret generic one >/dev/null
    kubectl -n clients create secret generic two >/dev/null
    old=$(token_of one)
    printf '%s' "$old" >"$dir/pki/rotated.token"
    wire_port=$("$drive" ports 1)
    wire "127.0.0.1:$wire_port"
    sed -e "s|server: .*|server: https://127.0.0.1:$wire_port|" -e 's/admin.token/rotated.token/' \
        "$(user token-file)" >"$config"
    client rotated --kubeconfig "$config"
    within 30 synced rotated
    spawn churn "$drive" churn --seconds 25
    changes=$spawned
    token_of two >"$dir/pki/next.token"
    mv "$dir/pki/next.token" "$dir/pki/rotated.token"
    kubectl -n clients delete secret one >/dev/null
    check "a token is refused once its Secret is gone" within 20 is_refused "$old"
    end "$wire_pid" KILL
    wire "127.0.0.1:$wire_port"
    wait "$changes"
    check "an informer whose token file has changed goes on: the cache is right" equal rotated deployment
    check "nothing was lost on the way: one list" test "$(counter rotated lists)" = 1
    check "by another watch" more 1 "$(counter rotated watches)"
    check "with updates" more 100 "$(counter rotated updates)"
    check "it ends in good order" leave rotated
    end "$wire_pid" KILL
}

# replaced PAIR FOLDER: the client's files, each as by one who renames.
replaced() {
    cp "$dir/pki/$1.crt" "$2/next.crt" && cp "$dir/pki/$1.key" "$2/next.key" &&
        mv "$2/next.key" "$2/client.key" && mv "$2/next.crt" "$2/client.crt"
}

# The files are read every 5 minutes, as client-go does it.
clients_certificate() {
    local folder=$dir/pki/renewed changes
    if [ -z "${ROTATION-}" ]; then
        say "client certificates are read again every 5 minutes: not waited for; ROTATION=1 does"
        return
    fi
    mkdir "$folder"
    replaced client-rsa "$folder"
    sed -e 's|client-rsa|renewed/client|' "$(user client-rsa)" >"$dir/pki/renewed.kubeconfig"
    client renewed-files --kubeconfig "$dir/pki/renewed.kubeconfig"
    within 30 synced renewed-files
    replaced client-ecdsa "$folder"
    spawn churn "$drive" churn --seconds 305
    changes=$spawned
    wait "$changes"
    check "a client certificate that was replaced is in use after 5 minutes" \
        grep -q 'the client certificate was read again' "$dir/renewed-files.log"
    check "and the cache is right" equal renewed-files deployment
    check "nothing was lost on the way: one list" test "$(counter renewed-files lists)" = 1
    check "by another watch" more 1 "$(counter renewed-files watches)"
    check "it ends in good order" leave renewed-files
}

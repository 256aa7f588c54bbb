# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# What requests do: every verb of the REST client against the real server, compared with what kubectl
# does and sees. Variables that are not set here are those of env.sh and run.sh.

request=${build-build}/tests/request

# rest ARGUMENTS...: a request as the admin; the reply in $dir/reply, words in $dir/words.
rest() { "$request" --kubeconfig "$(user admin)" "$@" >"$dir/reply" 2>"$dir/words"; }

# said PATTERN COMMAND...: is refused, in such words?
said() {
    local pattern=$1
    shift
    words_of_refusal "^refused $pattern" "$@"
}

# has TEXT: does the reply hold it?
has() { grep -q -F -- "$1" "$dir/reply" || { head -c 300 "$dir/reply" | sed 's/^/#   /'; false; }; }

body() { printf '%s' "$1" >"$dir/body"; }

# deployment NAME REPLICAS [MORE OF SPEC]: as text in $dir/body.
deployment() {
    body '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"'"$1"'","labels":{"app":"'"$1"'"}},
        "spec":{"replicas":'"$2"',"selector":{"matchLabels":{"app":"verbs"}},"template":{"metadata":{"labels":
        {"app":"verbs"}},"spec":{"containers":[{"name":"c","image":"nginx:1"}]}}'"${3-}"'}}'
}

in_verbs() { rest "$1" apps/v1/deployments "${@:2}" -n verbs; }

# plain NAME: what kubectl sees of an object, without what must differ between two of them.
plain() {
    kubectl get deployment "$1" -n verbs -o json --show-managed-fields |
        sed -E '/"(uid|resourceVersion|creationTimestamp|time|name|app|manager)":/d'
}

same_objects() {
    plain "$1" >"$dir/one" && plain "$2" >"$dir/two" && [ -s "$dir/one" ] &&
        diff "$dir/one" "$dir/two" >"$dir/words" && return
    head -n 8 "$dir/words" | sed 's/^/#   /'
    return 1
}

# story NAME: created, patched three ways, applied, scaled, by kedge.
story() {
    deployment "$1" 2 && in_verbs create --body "$dir/body" --manager story || return
    body '{"spec":{"minReadySeconds":3,"revisionHistoryLimit":null}}'
    in_verbs patch "$1" --body "$dir/body" --manager story || return
    body '{"spec":{"template":{"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"1"}]}]}}}}'
    in_verbs patch "$1" --patch strategic --body "$dir/body" --manager story || return
    body '[{"op":"test","path":"/spec/replicas","value":2},{"op":"add","path":"/metadata/labels/tier","value":"x"}]'
    in_verbs patch "$1" --patch json --body "$dir/body" --manager story || return
    body '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"'"$1"'"},"spec":{"replicas":4}}'
    in_verbs apply "$1" --body "$dir/body" --manager story-apply --force 1 || return
    body '{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"'"$1"'","namespace":"verbs"},"spec":{"replicas":6}}'
    in_verbs update "$1" --sub scale --body "$dir/body" --manager story
}

# The same by kubectl.
kubectl_story() {
    local on="kubectl -n verbs"
    deployment "$1" 2 && $on create -f "$dir/body" --field-manager story &&
        $on patch deployment "$1" --type merge --field-manager story \
            -p '{"spec":{"minReadySeconds":3,"revisionHistoryLimit":null}}' &&
        $on patch deployment "$1" --field-manager story \
            -p '{"spec":{"template":{"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"1"}]}]}}}}' &&
        $on patch deployment "$1" --type json --field-manager story \
            -p '[{"op":"test","path":"/spec/replicas","value":2},{"op":"add","path":"/metadata/labels/tier","value":"x"}]' &&
        body '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"'"$1"'"},"spec":{"replicas":4}}' &&
        $on apply --server-side --force-conflicts --field-manager story-apply -f "$dir/body" &&
        body '{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"'"$1"'","namespace":"verbs"},"spec":{"replicas":6}}' &&
        $on replace --raw "/apis/apps/v1/namespaces/verbs/deployments/$1/scale?fieldManager=story" -f "$dir/body"
}

count_of() { kubectl get "$1" -n verbs -o name "${@:2}" | wc -l; }

# gone_from KIND NAME: does kubectl see it no more?
gone_from() { ! kubectl get "$1" "$2" -n verbs >/dev/null 2>&1; }

stored_nothing() { in_verbs create --body "$dir/body" --dry-run 1 && has '"name":"dry"' && gone_from deployment dry; }

flat_over() {
    "$request" --kubeconfig "$(user admin)" "$2" "$3" --times "$1" >/dev/null 2>"$dir/words" || return
    sed 's/^/# /' "$dir/words"
    # In the first tenth pages are touched for the first time; then nothing may come.
    awk '{ arena[NR] = $4; resident[NR] = $8 }
        END { exit !(NR == 2 && arena[1] == arena[2] && resident[2] - resident[1] <= 256) }' "$dir/words"
}

scenario_verbs() {
    command -v kubectl >/dev/null || { say "kubectl is not there: nothing to compare with"; return; }
    [ -x "$request" ] || die "$request is missing"
    kubectl create namespace verbs >/dev/null
    check "a story of create, three patches, apply and scale" story one
    check "the same by kubectl" eval 'kubectl_story two >"$dir/reply" 2>&1'
    check "and both objects are the same" same_objects one two

    deployment dry 1
    check "a dry run answers and stores nothing" stored_nothing
    body '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"w"},"dat":{"a":"b"}}'
    check "an unknown field is warned of" rest create v1/configmaps -n verbs --body "$dir/body"
    check "in the server's words" grep -q '^warning 299: unknown field "dat"' "$dir/words"
    check "and refused where it is to be strict" \
        said '400 BadRequest: .*unknown field' rest create v1/configmaps -n verbs --body "$dir/body" \
        --validation Strict --dry-run 1
    check "a list with a selector" in_verbs list -l app=one
    check "has that one" has '"name":"one"'
    check "and a field selector too" in_verbs list --field-selector metadata.name=two --limit 1
    check "a watch of two seconds" in_verbs watch --seconds 2 --version 0
    check "tells of what is there" has '{"type":"ADDED"'

    verbs_refused
    verbs_of_pods

    check "a wrong precondition keeps it" said '409 Conflict' in_verbs delete one --if-uid nobody
    check "deleted" in_verbs delete one --propagation Background
    check "and kubectl sees it no more" within 5 gone_from deployment one
    check "a collection is deleted by its labels" rest deletecollection apps/v1/deployments -n verbs -l app=two
    check "and nothing is left of it" within 5 gone_from deployment two
    check "memory is flat over 100,000 requests" flat_over 100000 get /version
    check "and over 5,000 lists of 2,000 Deployments in pages" \
        flat_over 100 list apps/v1/deployments
}

verbs_refused() {
    deployment one 1
    check "409 AlreadyExists" said '409 AlreadyExists' in_verbs create --body "$dir/body"
    check "404 NotFound" said '404 NotFound' in_verbs get none
    check "404 of a path" said '404 NotFound' rest get /no/such/path
    check "404 of a resource" said '404' rest list apps/v1/nothings
    body '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"one"},"spec":{"replicas":9}}'
    check "409 Conflict of an apply" said '409 Conflict: .*spec.replicas' \
        in_verbs apply one --body "$dir/body" --manager stranger
    deployment one 1
    sed -i 's/"metadata":{"name":"one"/"metadata":{"resourceVersion":"1","name":"one"/' "$dir/body"
    check "409 Conflict of an update with an old version" \
        said '409 Conflict' in_verbs update one --body "$dir/body"
    deployment Bad_Name 1
    check "422 Invalid" said '422 Invalid: .*metadata.name' in_verbs create --body "$dir/body"
    body '{'
    check "400 BadRequest" said '400 BadRequest' in_verbs create --body "$dir/body"
    check "400 of a selector" said '400 BadRequest' in_verbs list -l 'a in'
    body '{}'
    check "405 MethodNotAllowed" said '405 MethodNotAllowed' rest create /version --body "$dir/body"
    check "406 NotAcceptable" said '406 NotAcceptable' in_verbs list --accept text/csv
    check "415 UnsupportedMediaType" said '415 UnsupportedMediaType' \
        in_verbs create --body "$dir/body" --type text/plain
    check "401 Unauthorized" said '401 Unauthorized' \
        eval '"$request" --kubeconfig "$(user bad-token)" get /api/v1/nodes >"$dir/reply" 2>"$dir/words"'
    check "403 Forbidden" said '403 Forbidden' \
        eval '"$request" --kubeconfig "$(user restricted)" get /api/v1/nodes >"$dir/reply" 2>"$dir/words"'
    in_verbs get one --version 0
    "$drive" compact --etcd "$etcd_url" >"$dir/words"
    check "410 Expired" said '410 Expired' in_verbs list --version 1 --match Exact
    check "504 Timeout of a version to come" said '504 Timeout' \
        in_verbs list --version 99999999 --match NotOlderThan --retries -1
    dd if=/dev/zero bs=1M count=4 2>/dev/null | tr '\0' ' ' >"$dir/large"
    check "413 RequestEntityTooLarge" said '413 RequestEntityTooLarge' \
        in_verbs create --body "$dir/large"
}

verbs_of_pods() {
    body '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"x"}]}}'
    check "a pod is created" rest create v1/pods -n verbs --body "$dir/body"
    body '{"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"},"target":{"kind":"Node","name":"edge-1"}}'
    check "and bound to a node" rest create v1/pods p -n verbs --sub binding --body "$dir/body"
    check "only once" said '409 Conflict' rest create v1/pods p -n verbs --sub binding --body "$dir/body"
    body '{"status":{"phase":"Running"}}'
    check "its status is patched" rest patch v1/pods p -n verbs --sub status --body "$dir/body"
    check "as kubectl sees" test "$(kubectl get pod p -n verbs -o jsonpath='{.status.phase} {.spec.nodeName}')" = "Running edge-1"
    body '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"},"deleteOptions":{"gracePeriodSeconds":0}}'
    check "it is evicted" rest create v1/pods p -n verbs --sub eviction --body "$dir/body"
    check "and gone" within 5 gone_from pod p
    body '{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"agent"}}'
    check "a service account" rest create v1/serviceaccounts -n verbs --body "$dir/body"
    body '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":600}}'
    check "gives a token" rest create v1/serviceaccounts agent -n verbs --sub token --body "$dir/body"
    check "that is one" has '"token":"ey'
}

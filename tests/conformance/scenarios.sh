# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# What is tried, one function a scenario; run.sh has what they are made of, README.md says what each
# is about. Variables that are not set here are those of env.sh and run.sh.

scenario_users() {
    local wire_port
    check "2,000 Deployments are in the cache as on the server, field by field" \
        lists admin deployment --kubeconfig "$(user admin)"
    check "a list without pages gives the same" \
        lists unpaged deployment --kubeconfig "$(user admin)" --unpaged
    check "a token from a file" lists token-file deployment --kubeconfig "$(user token-file)"
    check "an RSA client certificate from files" \
        lists client-rsa deployment --kubeconfig "$(user client-rsa)"
    check "an ECDSA client certificate from -data fields" \
        lists client-data deployment --kubeconfig "$(user client-data)"
    check "the right CA as the second of two" lists both-cas deployment --kubeconfig "$(user both-cas)"
    check "tls-server-name" lists server-name deployment --kubeconfig "$(user server-name)"
    check "insecure-skip-tls-verify" lists insecure deployment --kubeconfig "$(user insecure)"
    check "the server by host name" \
        lists localhost deployment --kubeconfig "$(at admin "https://localhost:$port")"
    wire_port=$("$drive" ports 1)
    wire "[::1]:$wire_port"
    check "the server by IPv6 address" \
        lists ipv6 deployment --kubeconfig "$(at admin "https://[::1]:$wire_port")"
    end "$wire_pid" KILL
    check "\$KUBECONFIG with a file that does not exist before the one that does" \
        env_kubeconfig "$dir/nowhere:$(user admin)"
    check "a user with rights in one namespace sees that namespace" restricted_lists
    "$drive" dump deployment --selector tier=front,app!=app-3 >"$dir/selected.txt"
    check "a label selector leaves the rest on the server" selected_lists
}

env_kubeconfig() {
    KUBECONFIG=$1 once env && same env deployment
}

restricted_lists() {
    once restricted --kubeconfig "$(user restricted)" --namespace default &&
        same restricted deployment --namespace default && [ -s "$dir/server.txt" ]
}

selected_lists() {
    once selected --kubeconfig "$(user admin)" --selector 'tier=front,app!=app-3' &&
        same selected deployment --selector 'tier=front,app!=app-3' && [ -s "$dir/server.txt" ]
}

scenario_refusals() {
    local nobody_listens
    check "403 for a user without rights is said with the server's words" \
        refused forbidden 'deployments.apps is forbidden' --kubeconfig "$(user restricted)"
    check "401 for a wrong token" refused bad-token '401|unauthorized' --kubeconfig "$(user bad-token)"
    check "nobody is told apart" refused nobody '401|403|forbidden' --kubeconfig "$(user nobody)"
    check "401 for a client certificate of another CA" \
        refused client-other-ca '401|unauthorized' --kubeconfig "$(user client-other-ca)"
    check "a wrong CA" refused wrong-ca 'certificate' --kubeconfig "$(user wrong-ca)"
    check "a wrong tls-server-name" refused wrong-name 'name' --kubeconfig "$(user wrong-name)"
    nobody_listens=$("$drive" ports 1)
    check "nobody listens" refused nobody-listens 'refused|connect' \
        --kubeconfig "$(at admin "https://127.0.0.1:$nobody_listens")"
    check "plain HTTP to a TLS port" refused plain '400|http' \
        --kubeconfig "$(at admin "http://127.0.0.1:$port")"
    check "TLS to a port that speaks plain HTTP" refused plain-server 'tls' \
        --kubeconfig "$(at admin "${etcd_url/http:/https:}")"
    check "a kubeconfig that does not exist" refused no-file 'nowhere' --kubeconfig "$dir/nowhere"
}

scenario_pages() {
    local before
    before=$(requests LIST 200)
    check "a list in pages of 200 gives the same" \
        lists pages deployment --kubeconfig "$(user admin)" --page 200
    # The dump to compare with is one list more.
    check "it was asked for in pages" more $((before + 10)) "$(requests LIST 200)"
}

scenario_certificates() {
    serve ecdsa || return
    check "a server with an ECDSA certificate" lists ecdsa deployment --kubeconfig "$(user admin)"
    serve wrong-host
    check "a certificate for another host is refused" \
        refused wrong-host 'certificate|name' --kubeconfig "$(user admin)"
    check "with tls-server-name too, where that is not in it" \
        refused wrong-host-2 'certificate|name' --kubeconfig "$(user server-name)"
    check "and accepted where tls-server-name is what it is for" \
        once right-host --kubeconfig "$(user wrong-name)"
    serve other-ca
    check "a certificate of another CA is refused" \
        refused other-ca 'certificate' --kubeconfig "$(user admin)"
    serve expired
    check "an expired certificate is refused" refused expired 'expired' --kubeconfig "$(user admin)"
    client renewed --kubeconfig "$(user admin)"
    sleep 2
    check "an informer does not sync with an expired certificate" not synced renewed
    serve rsa
    check "and does by itself once the certificate is renewed" equal renewed deployment
    check "it ends in good order" leave renewed
}

not() { ! "$@"; }

# A program prints something for each of these lines of the server?
prints() { grep -q -- "$1" "$dir/$2.log"; }

scenario_examples() {
    check "deployment_list prints every Deployment" example_lists
    spawn deployment_watch "$programs/deployment_watch" --kubeconfig "$(user admin)"
    local watch=$spawned
    spawn deployment_informer "$programs/deployment_informer" --kubeconfig "$(user client-data)"
    local informer=$spawned
    check "deployment_informer prints what there is" within 30 prints deployment-1999 deployment_informer
    check "deployment_watch too" within 30 prints deployment-1999 deployment_watch
    "$drive" seed --count 2001
    check "deployment_informer prints a new Deployment" within 10 prints deployment-2000 deployment_informer
    check "deployment_watch too" within 10 prints deployment-2000 deployment_watch
    if command -v kubectl >/dev/null; then
        kubectl -n default scale deployment deployment-0010 --replicas=77 >/dev/null
        check "deployment_informer prints how kubectl scaled one" \
            within 10 prints 'deployment-0010.*77' deployment_informer
        kubectl -n default delete deployment deployment-2000 >/dev/null
        check "deployment_informer prints that kubectl deleted one" \
            within 10 prints 'delete.*deployment-2000' deployment_informer
    else
        say "no kubectl: not tried with it"
    fi
    check "deployment_informer ends in good order" ends_well "$informer"
    check "deployment_watch ends in good order" ends_well "$watch"
}

example_lists() {
    timeout 60 "$programs/deployment_list" --kubeconfig "$(user admin)" >"$dir/deployment_list.log" 2>&1 ||
        { tail -n 3 "$dir/deployment_list.log"; return 1; }
    "$drive" dump deployment | cut -f 2 | sort >"$dir/names.txt"
    grep -o 'deployment-[0-9]*' "$dir/deployment_list.log" | sort | cmp -s - "$dir/names.txt"
}

# ends_well PID: on SIGINT, within 5 s, with 0.
ends_well() {
    kill -INT "$1" && within 5 not kill -0 "$1" 2>/dev/null && wait "$1"
}

# The informer is there before its kind is.
scenario_custom() {
    spawn sensor_watch "$programs/sensor_watch" --kubeconfig "$(user admin)"
    local watch=$spawned
    sleep 1
    "$drive" sensors
    check "sensor_watch prints a custom resource, which was defined after it began" \
        within 30 prints 'default/sensor-9 every 19 s, 1 tags' sensor_watch
    "$drive" sensors
    check "it prints how one is made again" \
        within 10 prints 'ADDED *default/sensor-1 every 11 s, 1 tags' sensor_watch
    check "and that it is deleted" within 10 prints 'DELETED *default/sensor-1 ' sensor_watch
    check "it ends in good order" ends_well "$watch"
}

scenario_churn() {
    client churn --kubeconfig "$(user admin)"
    client churn-selected --kubeconfig "$(user client-rsa)" --selector tier=front
    client churn-namespace --kubeconfig "$(user restricted)" --namespace default --resync 2
    within 30 synced churn
    "$drive" churn --seconds 20 | sed 's/^/# /'
    check "after 20 s of changes the cache is the server's state" equal churn deployment
    check "also for a label selector" equal churn-selected deployment --selector tier=front
    check "also for one namespace" equal churn-namespace deployment --namespace default
    check "without a second list" test "$(counter churn lists)" = 1
    check "updates were told" more 1000 "$(counter churn updates)"
    check "resyncs were told" more 1000 "$(counter churn-namespace resyncs)"
    check "nothing was skipped" test "$(counter churn skipped)" = 0
    check "they end in good order" leave churn
    leave churn-selected
    leave churn-namespace
}

scenario_restart() {
    local seen
    client restart --kubeconfig "$(user client-data)"
    within 30 synced restart
    spawn churn "$drive" churn --seconds 15 --outage
    local changes=$spawned
    sleep 3
    stop_apiserver
    sleep 2
    start_apiserver
    sleep 4
    stop_apiserver
    start_apiserver
    wait "$changes"
    check "two restarts of the server amid changes leave the cache right" equal restart deployment
    seen=$(counter restart failures)
    check "the cut was seen" more 0 "$seen"
    check "it ends in good order" leave restart
}

# Both clients miss changes, deletions among them, of which the server can tell nothing afterwards.
scenario_compaction() {
    local wire_port before
    wire_port=$("$drive" ports 1)
    wire "127.0.0.1:$wire_port"
    client cut-off --kubeconfig "$(at admin "https://127.0.0.1:$wire_port")"
    client asleep --kubeconfig "$(user admin)"
    within 30 synced cut-off
    within 30 synced asleep
    before=$(asked asleep lists)
    kill -STOP "${client_pid[asleep]}"
    end "$wire_pid" KILL
    stop_apiserver
    start_apiserver
    "$drive" thin
    "$drive" compact --etcd "$etcd_url" | sed 's/^/# /'
    # What the new server's watch cache still knew is forgotten too.
    stop_apiserver
    start_apiserver
    kill -CONT "${client_pid[asleep]}"
    wire "127.0.0.1:$wire_port"
    check "410 after sleep: the cache is the server's state again" equal asleep deployment
    check "what vanished came as tombstones" more 100 "$(counter asleep tombstones)"
    check "by a new list" more "$before" "$(counter asleep lists)"
    check "410 after a cut: the same" equal cut-off deployment
    check "what vanished came as tombstones" more 100 "$(counter cut-off tombstones)"
    end "$wire_pid" KILL
    leave cut-off
    check "it ends in good order" leave asleep
}

# A list in small pages over a slow wire, 100 of them, loses its history on the way. The server looks
# every 15 s which of its snapshots are too old: the list lasts longer than that.
scenario_continue() {
    local before wire_port
    wire_port=$("$drive" ports 1)
    wire "127.0.0.1:$wire_port" 250ms
    before=$(requests LIST 410)
    client continue --kubeconfig "$(at admin "https://127.0.0.1:$wire_port")" --page 20
    sleep 2
    check "a list in pages is on its way" not synced continue
    "$drive" churn --seconds 1 | sed 's/^/# /'
    "$drive" compact --etcd "$etcd_url" | sed 's/^/# /'
    check "a list whose continue token expires comes to its end" within 60 synced continue
    check "and to the server's state" equal continue deployment
    check "the token did expire" more "$before" "$(requests LIST 410)"
    check "it ends in good order" leave continue
    end "$wire_pid" KILL
}

scenario_cut() {
    local wire_port
    wire_port=$("$drive" ports 1)
    wire "127.0.0.1:$wire_port"
    client cut --kubeconfig "$(at client-rsa "https://127.0.0.1:$wire_port")"
    within 30 synced cut
    spawn churn "$drive" churn --seconds 12
    local changes=$spawned
    for _ in 1 2 3 4; do
        sleep 2
        end "$wire_pid" KILL
        wire "127.0.0.1:$wire_port"
    done
    wait "$changes"
    check "connections cut amid events leave the cache right" equal cut deployment
    check "without a new list" test "$(counter cut lists)" = 1
    check "by new watches" more 2 "$(counter cut watches)"
    end "$wire_pid" KILL
    leave cut
}

scenario_late() {
    stop_apiserver
    client late --kubeconfig "$(user admin)"
    sleep 2
    start_apiserver
    check "an informer that was there before the server syncs" equal late deployment
    check "it ends in good order" leave late
}

scenario_incluster() {
    local account=/var/run/secrets/kubernetes.io/serviceaccount made
    if [ -e "$account" ] || [ ! -w /var/run ]; then
        say "in-cluster configuration not tried: $account is there or cannot be made"
        return
    fi
    made=/var/run/secrets
    [ -e $made ] && made=$made/kubernetes.io
    mkdir -p $account
    incluster_folder=$made
    "$drive" token >$account/token
    cp "$dir/pki/ca.crt" $account/ca.crt
    printf default >$account/namespace
    check "a pod's environment, service account token and CA are enough" in_pod
    check "also for deployment_list" list_in_pod
    rm -rf "$made"
    incluster_folder=
    check "without them the error says what is missing" not_in_pod
}

# shellcheck disable=SC2030,SC2031 # what is changed here is for one program only
in_pod() {
    (unset KUBECONFIG
     export KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=$port HOME=$dir
     once in-pod) && same in-pod deployment
}

# shellcheck disable=SC2030,SC2031
list_in_pod() {
    (unset KUBECONFIG
     export KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=$port HOME=$dir
     timeout 60 "$programs/deployment_list") | grep -q 'deployment-'
}

# shellcheck disable=SC2030,SC2031
not_in_pod() {
    (unset KUBECONFIG
     export HOME=$dir
     refused not-in-pod 'there is no .*/.kube/config')
}

# The server comes back with another history, in which versions begin again at 1.
scenario_history() {
    client history --kubeconfig "$(user admin)"
    within 30 synced history
    "$drive" churn --seconds 2 | sed 's/^/# /'
    check "before: the cache is the server's state" equal history deployment
    stop_apiserver
    stop_etcd
    etcd_data=$dir/etcd-$RANDOM
    start_etcd
    start_apiserver
    "$drive" grant
    "$drive" seed --count 300
    # A watch from the old version is silent for ever here. Two that end so, in good order, make the
    # client list again; the restarts only end them sooner than their own time limit would.
    for _ in 1 2 3; do
        sleep 4
        stop_apiserver TERM
        start_apiserver
    done
    check "a server with another history is found out, and the cache is its state" \
        equal history deployment
    check "what is no more came as tombstones" more 1000 "$(counter history tombstones)"
    leave history
}

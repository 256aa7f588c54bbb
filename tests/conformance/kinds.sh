# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# Every built-in kind: an informer each in one process, and client-go's dynamic informers beside it,
# while the objects of samples/ are made, changed and taken away. Each row of each kind's table must
# be what the server's object has there. Variables that are not set here are those of env.sh,
# run.sh and beside.sh.

# A field that is behind a gate is a field: as in samples.sh.
every_field='--feature-gates=CoordinatedLeaderElection=true,MaxUnavailableStatefulSet=true
    --runtime-config=coordination.k8s.io/v1beta1=true'

samples_are() { "$drive" samples "$1" "$here/samples" >>"$dir/samples.log" 2>&1 || { tail -n 1 "$dir/samples.log"; false; }; }

# Rows that no object has would be compared with nothing.
every_row_is_somewhere() {
    # shellcheck disable=SC2086 # a list of words
    "$drive" unseen $followed >"$dir/unseen.log" 2>&1 || { head -n 5 "$dir/unseen.log" | sed 's/^/#   /'; false; }
}

scenario_kinds() {
    local kind
    "$drive" kinds --large=false || return
    every_kind
    "$drive" kinds || return
    for kind in pod node namespace service secret lease event; do
        check "every $kind is in the cache as on the server" \
            lists "$kind" "$kind" --kubeconfig "$(user admin)"
    done
    check "a ConfigMap too large for a record is there by name, the others as on the server" \
        partial_lists
}

# Nothing is missing, and only the ConfigMap 'large' has no fields.
partial_lists() {
    once configmap --kind configmap --kubeconfig "$(user admin)" || return 1
    same configmap configmap
    [ "$(diff "$dir/server.txt" "$dir/configmap.txt" | grep -c '^>')" = 1 ] &&
        [ "$(grep -c "$(printf 'default\tlarge\t.*\tpartial$')" "$dir/configmap.txt")" = 1 ] &&
        [ "$(wc -l <"$dir/server.txt")" = "$(wc -l <"$dir/configmap.txt")" ] &&
        [ "$(counter configmap partial)" = 1 ]
}

every_kind() {
    local followed beside_trouble="" beside_seed=1 beside_empty="" beside_restless
    export KEDGE_TABLES=$dir/tables.json
    "$beside" --tables >"$KEDGE_TABLES"
    followed=$("$beside" --kinds)
    say "$(echo "$followed" | wc -l) kinds"
    # shellcheck disable=SC2086
    apiserver_with $every_field
    # Leases of the server's own, renewed every few seconds.
    beside_restless=$'^kube-system\t(apiserver-|leader-election-controller)'
    : >"$dir/trouble.log"
    two_sides --memory 16
    both_synced || { check "informers of all kinds begin" false; return; }
    check "an object or two of each kind can be made" samples_are make
    check "all kinds are as on the server, row by row, with client-go and with kedge" sides_equal
    check "each row of each kind's table has a value in an object of the server" every_row_is_somewhere
    check "the objects can be changed" samples_are change
    check "all kinds are as on the server after changes" sides_equal
    check "the objects can be taken away" samples_are remove
    beside_empty=1
    check "all kinds are as on the server when most objects are gone" sides_equal
    sides_were_right
    apiserver_with
}

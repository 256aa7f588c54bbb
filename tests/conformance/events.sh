# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# The recorders of events beside client-go's: both do what one script says, and the server must come
# to hold the same of both. Variables that are not set here are those of env.sh and run.sh.

# The script: events.c tells what a line is.
event_script() {
    tr '|' '\t' <<'END'
core|Normal|Pod|events|web|u-1|-|Started|hello
core|Warning|Pod|events|web|u-1|spec.containers{a}|TooHot|84 "degrees" in the \ room, 29°C outside: ☀
sleep|500
times|3
core|Normal|Pod|events|web|u-1|-|Started|hello
core|Normal|Pod|events|web|u-2|-|Started|hello
core|Normal|Node|-|node-1|node-1|-|Ready|a node has its events in default
core|Normal|Node|-|system:node|-|-|Ready|whose name is no DNS subdomain
sleep|500
core|Normal|Node|-|system:node|-|-|Ready|whose name is no DNS subdomain
core|Normal|Pod|events|Upper_Case|-|-|Ready|nor is this
times|14
core|Normal|Pod|events|many|u-1|-|Changed|message number #
times|30
core|Warning|Pod|events|spam|u-1|-|Again|and again
times|30
core|Normal|Pod|events|spam|u-1|-|Reason#|has a reason of its own
core|Normal|Pod|events|gone|u-1|-|Gone|will be deleted
sleep|1000
drop|Gone
core|Normal|Pod|events|gone|u-1|-|Gone|will be deleted
core|Normal|Pod|no-such-namespace|web|u-1|-|Started|nowhere
core|Normal|Pod|events|empty|u-1|-|Empty|
series|Normal|Pod|events|web|u-1|-|Started|Starting|hello
series|Warning|Pod|events|web|u-1|other|TooHot|Cooling|84 "degrees" in the \ room, 29°C outside: ☀
series|Normal|Node|-|node-1|node-1|-|Ready|Waiting|a node has its events in default
series|Normal|Node|-|system:node|-|-|Ready|Waiting|whose name is no DNS subdomain
sleep|1000
series|Normal|Pod|events|web|u-1|-|Started|Starting|hello again
series|Normal|Node|-|system:node|-|-|Ready|Waiting|again
sleep|500
series|Normal|Pod|events|web|u-1|-|Started|Starting|this only counts
series|Normal|Pod|no-such-namespace|web|u-1|-|Started|Starting|nowhere
sleep|2000
END
}

record_events() {
    event_script | timeout 60 "$build/tests/events" --kubeconfig "$(user admin)" --component kedge-events \
        --controller example.com/kedge --host "$(hostname)" --failures 2 >"$dir/events.log" 2>&1 && return
    tail -n 5 "$dir/events.log" | sed 's/^/#   /'
    return 1
}

same_events() {
    "$drive" eventdump --component kedge-events --controller example.com/kedge >"$dir/events.ours" &&
        "$drive" eventdump --component client-go-events --controller example.com/client-go >"$dir/events.theirs" &&
        [ -s "$dir/events.theirs" ] && cmp -s "$dir/events.ours" "$dir/events.theirs" && return
    diff "$dir/events.theirs" "$dir/events.ours" | head -n 8 | cut -c 1-600 | sed 's/^/#   /'
    return 1
}

scenario_events() {
    kubectl create namespace events >/dev/null
    check "client-go records what the script says" eval 'event_script | "$drive" events \
        --component client-go-events --controller example.com/client-go --host "$(hostname)" >"$dir/drive.log" 2>&1'
    check "kedge records it, and only what the server refuses fails" record_events
    check "the server holds the same events of both, but for names and times" same_events
    check "... more than 40" [ "$(wc -l <"$dir/events.ours")" -gt 40 ]
}

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# floors.sh: does every file include only what its floor of the house may know? The table of
# src/README.md, with the packages' headers fenced into the one file that may have each.

cd "$(dirname "$0")/.." || exit 1
# shellcheck disable=SC2046 # none of these names has a blank
awk '
BEGIN {
    # Which folders of src/ a folder knows.
    knows["base"] = "base"
    knows["json"] = "base json"
    knows["net"] = "base net"
    knows["queue"] = "base queue"
    knows["object"] = "base json object"
    knows["client"] = "base json net object client"
    knows["cache"] = "base json net object client cache"
    knows["tools"] = "base json net object client cache queue tools"
    knows["port"] = "base"
    # Which folder a public header belongs to.
    public("base", "backoff backoff_table err limits log loop port text time token_bucket version")
    public("json", "fields reader sieve writer")
    public("net", "http proxy stream tls url warning")
    public("object", "build field_selector heap key kind kinds labels object object_reference quantity resource selector selector_build status unstructured validation")
    public("client", "api client config discovery dynamic kubeconfig logs mapper rest retry_watcher watch")
    public("cache", "cache dynamic_informer factory index indexer informer lister reflector transform until_with_sync")
    public("queue", "rate_limiter workqueue")
    public("tools", "controller event_recorder event_selector event_series event_type leader_election lease_candidate node_agent node_lease node_status pod_status")
    public("port", "posix")
    public("all", "kedge")
    # The C library of a machine without operating system.
    n = split("float inttypes limits signal stdalign stdarg stdbool stddef stdint string", list)
    for (i = 1; i <= n; i++)
        plain[list[i] ".h"] = 1
    fence["jsmn"] = "src/json/reader.c"
    fence["mbedtls"] = fence["psa"] = "src/net/tls"
    fence["yaml"] = "src/client/kubeconfig"
}
function public(folder, names,    list, n, i) {
    n = split(names, list)
    for (i = 1; i <= n; i++)
        room["kedge/" list[i] ".h"] = folder
}
function has(words, word) { return index(" " words " ", " " word " ") > 0 }
function wrong(why) { printf "%s:%d: %s: %s\n", FILENAME, FNR, header, why; bad++ }

FNR == 1 {
    files++
    split(FILENAME, at, "/")
    folder = at[1] == "src" ? at[2] : at[1]
    if (at[1] == "include") {
        name = FILENAME
        sub("include/", "", name)
        folder = name ~ "^kedge/kinds/" ? "object" : room[name]
        if (folder == "") {
            printf "%s: tests/floors.sh does not know on which floor this header stands\n", name
            bad++
            folder = "all"
        }
    }
}
!/^[ \t]*#[ \t]*include/ { next }
{
    header = $0
    sub(/^[^<"]*[<"]/, "", header)
    sub(/[>"].*/, "", header)
    if (header ~ /^[ \t]*#/)
        next # a name given by -D
    top = header
    sub(/[\/.].*/, "", top)
    if (top in fence && (header == top ".h" || header ~ "^" top "/")) {
        if (index(FILENAME, fence[top]) != 1)
            wrong("only " fence[top] " may include it")
    } else if (header ~ "^kedge/") {
        target = header ~ "^kedge/kinds/" ? "object" : room[header]
        if (target == "")
            wrong("no such public header")
        else if (folder == "examples" || folder == "all" || folder == target)
            next
        else if (target == "all" || !has(knows[folder], target))
            wrong(folder " may know only: " knows[folder])
    } else if (at[1] == "src" && header ~ "/") {
        if (!has(knows[folder], top))
            wrong(folder " may know only: " knows[folder])
    } else if (at[1] == "src" && $0 ~ /"/) {
        next # of its own folder
    } else if ((at[1] == "src" || at[1] == "include") && folder != "port" && !(header in plain))
        wrong("not among the headers that every platform has")
    else if (at[1] == "examples" && $0 ~ /"/)
        wrong("an example includes public headers only")
    else if (at[1] == "port" && header ~ /\.\./)
        wrong("a port knows its own folder and public headers")
}
END {
    if (bad)
        exit 1
    printf "%d files keep to their floors\n", files
}' $(find src include port examples -name '*.[ch]' | LC_ALL=C sort)

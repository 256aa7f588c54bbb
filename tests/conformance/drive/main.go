// SPDX-License-Identifier: Apache-2.0

// Drive does to a real API server what the conformance run needs done: it makes
// the certificates and kubeconfigs, changes objects, compacts etcd, and prints
// what the server holds in the form in which cache_dump prints its cache.
package main

import (
	"flag"
	"fmt"
	"os"
	"sort"
)

type command struct {
	usage string
	run   func(flags *flag.FlagSet, args []string) error
}

var commands = map[string]command{
	"pki":       {"pki DIR SERVER-URL: keys, certificates, tokens and kubeconfig files", runPKI},
	"ports":     {"ports N: N free ports of the loopback, one a line", runPorts},
	"wait":      {"wait [--kubeconfig F]: until the server is ready", runWait},
	"seed":      {"seed: namespaces, and --count Deployments over them", runSeed},
	"churn":     {"churn: random changes for --seconds", runChurn},
	"soak":      {"soak: random changes of several kinds, --rate a second, until it is killed", runSoak},
	"thin":      {"thin: delete every --nth Deployment and roll the others", runThin},
	"kinds":     {"kinds: some objects of every other kind", runKinds},
	"samples":   {"samples make|change|remove FOLDER: an object or two of each kind", runSamples},
	"unseen":    {"unseen KIND-rows...: rows of $KEDGE_TABLES that no object has a value for", runUnseen},
	"sensors":   {"sensors: the custom resource of examples/sensor_watch.c, and some of it", runSensors},
	"token":     {"token: of the service account 'kedge', as a pod gets one", runToken},
	"workqueue": {"workqueue: what a call on client-go's workqueue takes", runWorkqueue},
	"get":       {"get PATH: what the server answers", runGet},
	"grant":     {"grant: the rights of the user 'restricted' and the service account 'kedge'", runGrant},
	"events":    {"events: records what a script says with client-go's recorders", runEvents},
	"eventdump": {"eventdump: the events of a --component and a --controller, without what differs", runDumpEvents},
	"dump":      {"dump KIND: the server's objects as sorted lines", runDump},
	"informers": {"informers [--out DIR] KIND[:SELECTOR]...: client-go's, which write what they hold at each SIGUSR1", runInformers},
	"mix":       {"mix: random changes of several kinds, a custom one too, in namespaces that come and go", runMix},
	"undefine":  {"undefine: the custom kind is taken away", runUndefine},
	"leader":    {"leader IDENTITY [--lease NAME]: stands for election as client-go does, until SIGTERM", runLeader},
	"pods":      {"pods: --count pods with their status", runPods},
	"trouble":   {"trouble TARGET LISTEN...: a forwarder that things happen to from SIGUSR2 to SIGUSR1", runTrouble},
	"contend":   {"contend IDENTITY: client-go's leader election, beside contender.c", runContend},
	"lease":     {"lease: each version of the contended Lease, until it is killed", runLease},
	"judge":     {"judge HISTORY LOG...: whether two led at once, and what the Lease says", runJudge},
	"reconcile": {"reconcile SIDE: client-go's controller of the Stations of that side", runReconciler},
	"stations":  {"stations: the same changes to both sides' Stations for --seconds", runStations},
	"stationed": {"stationed SIDE: what that side's controller has made of its Stations", runReconciled},
	"compact":   {"compact --etcd URL: forget etcd's history up to now", runCompact},
	"forward":   {"forward LISTEN TARGET [DELAY [RATE]]: a TCP forwarder, until it is killed", runForward},
	"served":    {"served HOST:PORT FILE: until the server shows the certificate in FILE", runServed},
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]].run == nil {
		usage()
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	if err := commands[os.Args[1]].run(flags, os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "drive %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func usage() {
	names := make([]string, 0, len(commands))
	for name := range commands {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(os.Stderr, "drive %s\n", commands[name].usage)
	}
	os.Exit(2)
}

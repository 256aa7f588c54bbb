// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// runLeader stands for election as client-go does, with the words and the durations of
// examples/leader.c, until SIGINT or SIGTERM, which gives the Lease up.
func runLeader(flags *flag.FlagSet, args []string) error {
	lease := flags.String("lease", "kedge-example", "name of the Lease, in the namespace default")
	_, client, err := connect(flags, args)
	if err != nil {
		return err
	}
	identity := flags.Arg(0)
	if identity == "" {
		return fmt.Errorf("an identity is needed")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  meta.ObjectMeta{Name: *lease, Namespace: "default"},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
		},
		LeaseDuration:   15 * time.Second,
		RenewDeadline:   10 * time.Second,
		RetryPeriod:     2 * time.Second,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) {
				fmt.Println(identity, "leads")
				for ctx.Err() == nil {
					fmt.Println(identity, "acts")
					time.Sleep(time.Second)
				}
			},
			OnStoppedLeading: func() { fmt.Println(identity, "leads no more") },
			OnNewLeader: func(leader string) {
				if leader == "" {
					fmt.Println("nobody leads")
				} else {
					fmt.Println("the leader is", leader)
				}
			},
		},
	})
	return nil
}

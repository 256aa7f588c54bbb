// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
)

// A soaker changes objects of several kinds, for hours, while the server comes and goes.
type soaker struct {
	churn
	dynamic dynamic.Interface
	made    atomic.Int64
	failed  atomic.Int64
}

// What makes the i-th object of the kinds beside Deployments.
var soaked = []struct {
	name   string // in kindsByName and, with the number, of the object
	create func(context.Context, *kubernetes.Clientset, int) error
}{
	{"pod", createPod}, {"configmap", createConfigMap}, {"lease", createLease},
}

// other changes an object that is no Deployment: updates most of all, and as many are made as deleted.
func (s *soaker) other(ctx context.Context, random *rand.Rand) error {
	kind, i, n := soaked[random.Intn(len(soaked))], random.Intn(perKind), random.Intn(1000)
	client := s.dynamic.Resource(kindsByName[kind.name].resource).Namespace("default")
	name := fmt.Sprintf("%s-%02d", kind.name, i)
	if kind.name == "configmap" {
		if name = fmt.Sprintf("config-map-%02d", i); i == perKind-1 {
			name = "large"
		}
	}
	switch random.Intn(8) {
	case 0:
		now := int64(0)
		return gone(client.Delete(ctx, name, meta.DeleteOptions{GracePeriodSeconds: &now}))
	case 1, 2:
		return kind.create(ctx, s.client, i)
	default:
		patch := fmt.Appendf(nil, `{"metadata":{"labels":{"example.org/round":"%d"}}}`, n)
		_, err := client.Patch(ctx, name, types.MergePatchType, patch, meta.PatchOptions{})
		return gone(err)
	}
}

func (s *soaker) work(random *rand.Rand) {
	// Whoever waits longer than this waits for a server that is stopped.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	step := s.other
	if random.Intn(2) == 0 {
		step = s.change
	}
	switch err := step(ctx, random); {
	case err == nil:
		s.made.Add(1)
	case !apierrors.IsConflict(err):
		s.failed.Add(1)
		time.Sleep(200 * time.Millisecond)
	}
}

// runSoak goes on until it is killed, and says each 10 s how many changes it has made.
func runSoak(flags *flag.FlagSet, args []string) error {
	rate := flags.Int("rate", 40, "changes a second")
	seed := flags.Int64("seed", time.Now().UnixNano(), "of the random changes")
	s := &soaker{}
	flags.IntVar(&s.count, "count", 400, "Deployments")
	flags.IntVar(&s.namespaces, "namespaces", 4, "as for seed")
	var err error
	if s.client, s.dynamic, err = connectDynamic(flags, args); err != nil {
		return err
	}
	if *rate <= 0 {
		return errors.New("the rate is a number of changes a second")
	}
	const workers = 6
	tickets := make(chan struct{})
	for w := range workers {
		random := rand.New(rand.NewSource(*seed + int64(w)))
		go func() {
			for range tickets {
				s.work(random)
			}
		}()
	}
	fmt.Printf("seed %d\n", *seed)
	said := time.Now()
	for range time.Tick(time.Second / time.Duration(*rate)) {
		// A change for which no worker is free is left out: a server that was away is not flooded.
		select {
		case tickets <- struct{}{}:
		default:
		}
		if time.Since(said) >= 10*time.Second {
			fmt.Printf("%d changes, %d failures\n", s.made.Load(), s.failed.Load())
			said = time.Now()
		}
	}
	return nil
}

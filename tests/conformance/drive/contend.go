// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"

	coordination "k8s.io/api/coordination/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// The other half of contender.c.

const contended = "contended"

var sayMutex sync.Mutex

func sayOf(at time.Time, identity, word string) {
	sayMutex.Lock()
	defer sayMutex.Unlock()
	fmt.Printf("%d %s %s\n", at.UnixMilli(), identity, word)
}

func runContend(flags *flag.FlagSet, args []string) error {
	_, client, err := connect(flags, args)
	if err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("give the identity")
	}
	identity := flags.Arg(0)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	config := leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{LeaseMeta: meta.ObjectMeta{Namespace: "default", Name: contended},
			Client: client.CoordinationV1(), LockConfig: resourcelock.ResourceLockConfig{Identity: identity}},
		LeaseDuration: 5 * time.Second, RenewDeadline: 4 * time.Second, RetryPeriod: 500 * time.Millisecond,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) {
				sayOf(time.Now(), identity, "started")
				for at := time.Now(); ctx.Err() == nil; at = time.Now() {
					sayOf(at, identity, "act")
					time.Sleep(20 * time.Millisecond)
				}
			},
			OnStoppedLeading: func() { sayOf(time.Now(), identity, "stopped") },
			OnNewLeader:      func(leader string) { sayOf(time.Now(), identity, "new "+leader) },
		},
	}
	for ctx.Err() == nil {
		leaderelection.RunOrDie(ctx, config)
	}
	return nil
}

// A turn is what the Lease was from one of its versions to the next.
type turn struct {
	version, holder string
	transitions     int32
	seconds         int32
	acquired        time.Time
	renewed         time.Time
}

func (t turn) String() string {
	return fmt.Sprintf("version %s: holder %q, transitions %d, %d s, acquired %s, renewed %s", t.version, t.holder,
		t.transitions, t.seconds, t.acquired.Format("15:04:05.000"), t.renewed.Format("15:04:05.000"))
}

func turnOf(l *coordination.Lease) turn {
	t := turn{version: l.ResourceVersion}
	if l.Spec.HolderIdentity != nil {
		t.holder = *l.Spec.HolderIdentity
	}
	if l.Spec.LeaseTransitions != nil {
		t.transitions = *l.Spec.LeaseTransitions
	}
	if l.Spec.LeaseDurationSeconds != nil {
		t.seconds = *l.Spec.LeaseDurationSeconds
	}
	if l.Spec.AcquireTime != nil {
		t.acquired = l.Spec.AcquireTime.Time
	}
	if l.Spec.RenewTime != nil {
		t.renewed = l.Spec.RenewTime.Time
	}
	return t
}

func leaseHistory(ctx context.Context, client *kubernetes.Clientset, out *bufio.Writer) error {
	w, err := client.CoordinationV1().Leases("default").Watch(ctx, meta.ListOptions{FieldSelector: "metadata.name=" + contended})
	if err != nil {
		return err
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		l, isLease := event.Object.(*coordination.Lease)
		if !isLease || event.Type == watch.Deleted {
			return fmt.Errorf("%s of %T", event.Type, event.Object)
		}
		t := turnOf(l)
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\t%d\n", t.version, t.holder, t.transitions, t.seconds,
			t.acquired.UnixMilli(), t.renewed.UnixMilli())
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// runLease prints each version of the contended Lease, until it is killed.
func runLease(flags *flag.FlagSet, args []string) error {
	_, client, err := connect(flags, args)
	if err != nil {
		return err
	}
	return leaseHistory(context.Background(), client, bufio.NewWriter(os.Stdout))
}

func readLines(file string, each func(words []string)) error {
	text, err := os.ReadFile(file)
	for _, l := range strings.Split(string(text), "\n") {
		if words := strings.Split(l, "\t"); len(words) > 1 {
			each(words)
		} else if words := strings.Fields(l); len(words) > 2 {
			each(words)
		}
	}
	return err
}

func number64(text string) (n int64) {
	_, _ = fmt.Sscan(text, &n)
	return n
}

// judgeTurns: transitions grow by one with each new holder and with nothing else, nobody takes what
// another holds before its time is over, and a time that was acquired stays.
func judgeTurns(turns []turn) (problems []string) {
	for i, t := range turns {
		if i == 0 {
			continue
		}
		last := turns[i-1]
		taken := t.holder != "" && t.holder != last.holder
		grown := t.transitions - last.transitions
		switch {
		case taken && grown != 1, !taken && grown != 0:
			problems = append(problems, fmt.Sprintf("transitions: %v, then %v", last, t))
		case taken && last.holder != "" && t.acquired.Sub(last.renewed) < time.Duration(last.seconds)*time.Second:
			problems = append(problems, fmt.Sprintf("taken too early: %v, then %v", last, t))
		case !taken && t.holder != "" && !t.acquired.Equal(last.acquired):
			problems = append(problems, fmt.Sprintf("acquired again by the same: %v, then %v", last, t))
		case t.holder == "" && t.seconds != 1:
			problems = append(problems, fmt.Sprintf("released with another duration than client-go's: %v", t))
		}
	}
	return problems
}

type act struct {
	at  int64
	who string
}

// judgeActs: nobody acts once another has taken the Lease. Who takes it stamps it before it writes.
func judgeActs(acts []act, turns []turn) (problems []string) {
	sort.Slice(acts, func(i, j int) bool { return acts[i].at < acts[j].at })
	next, holder, since := 0, "", int64(0)
	for _, a := range acts {
		for ; next < len(turns) && turns[next].acquired.UnixMilli() <= a.at; next++ {
			if turns[next].holder != "" {
				holder, since = turns[next].holder, turns[next].acquired.UnixMilli()
			}
		}
		// In the same millisecond, either may have been first.
		if holder != "" && holder != a.who && since < a.at {
			problems = append(problems, fmt.Sprintf("%s acts at %d, when %s has the Lease", a.who, a.at, holder))
		}
	}
	return problems
}

// runJudge reads what the contenders said (identities that are used for one start only) and the
// Lease's history.
func runJudge(_ *flag.FlagSet, args []string) error {
	if len(args) < 2 {
		return errors.New("give the Lease's history and the contenders' logs")
	}
	var turns []turn
	var acts []act
	err := readLines(args[0], func(w []string) {
		turns = append(turns, turn{w[0], w[1], int32(number64(w[2])), int32(number64(w[3])),
			time.UnixMilli(number64(w[4])), time.UnixMilli(number64(w[5]))})
	})
	for _, file := range args[1:] {
		err = errors.Join(err, readLines(file, func(w []string) {
			if w[2] == "act" {
				acts = append(acts, act{number64(w[0]), w[1]})
			}
		}))
	}
	if err != nil {
		return err
	}
	problems := append(judgeTurns(turns), judgeActs(acts, turns)...)
	for _, p := range problems[:min(len(problems), 5)] {
		fmt.Println(p)
	}
	terms := 0
	for i, a := range acts {
		if i == 0 || a.who != acts[i-1].who {
			terms++
		}
	}
	fmt.Printf("%d acts in %d terms, %d versions of the Lease, %d transitions\n", len(acts), terms, len(turns),
		turns[len(turns)-1].transitions)
	if len(problems) > 0 || terms == 0 {
		return fmt.Errorf("%d problems", len(problems))
	}
	return nil
}

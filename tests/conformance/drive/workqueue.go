// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/client-go/util/workqueue"
)

// What tests/bench/workqueue.c measures of kedge's, of client-go's: the same calls with the same keys.
const (
	workqueueRounds = 7
	workqueueDue    = 200 // ms
)

var workqueueCalls = []string{"add", "add_again", "get_done", "add_after"}

func workqueueKeys(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("namespace-%03d/pod-%05d", i%100, i)
	}
	return keys
}

func workOff(q workqueue.TypedInterface[string], n int) {
	for range n {
		key, _ := q.Get()
		q.Done(key)
	}
}

// processorTime is in ns, of all threads: those of the collector of garbage too.
func processorTime() float64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return float64(t.Nano())
}

func measureWorkqueue(n int, best map[string]float64) {
	keys := workqueueKeys(n)
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	defer q.ShutDown()
	timed := func(call string, run func()) {
		began := processorTime()
		run()
		each := (processorTime() - began) / float64(n)
		if best[call] == 0 || each < best[call] {
			best[call] = each
		}
	}
	addAll := func() {
		for _, key := range keys {
			q.Add(key)
		}
	}
	timed("add", addAll)
	timed("add_again", addAll)
	timed("get_done", func() { workOff(q, n) })
	timed("add_after", func() {
		for i, key := range keys {
			q.AddAfter(key, time.Duration(1+(i*7919+13)%n%workqueueDue)*time.Millisecond)
		}
	})
	workOff(q, n)
}

func heapInUse() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// bytesOfAKey is what the heap grows by for each key that is given to a queue, its text included.
func bytesOfAKey(n int, add func(q workqueue.TypedRateLimitingInterface[string], key string)) float64 {
	before := heapInUse()
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	for _, key := range workqueueKeys(n) {
		add(q, key)
	}
	// Those for later go through a channel.
	time.Sleep(100 * time.Millisecond)
	after := heapInUse()
	q.ShutDown()
	return (after - before) / float64(n)
}

func runWorkqueue(_ *flag.FlagSet, _ []string) error {
	fmt.Printf("# call, keys in the queue, ns a call (best of %d)\n", workqueueRounds)
	for _, n := range []int{1000, 10000, 100000} {
		best := map[string]float64{}
		for range workqueueRounds {
			measureWorkqueue(n, best)
		}
		for _, call := range workqueueCalls {
			fmt.Printf("%-11s %7d %8.1f\n", call, n, best[call])
		}
		fmt.Printf("%-11s %7d %8.1f\n", "bytes", n,
			bytesOfAKey(n, func(q workqueue.TypedRateLimitingInterface[string], key string) { q.Add(key) }))
		fmt.Printf("%-11s %7d %8.1f\n", "bytes_after", n,
			bytesOfAKey(n, func(q workqueue.TypedRateLimitingInterface[string], key string) { q.AddAfter(key, time.Hour) }))
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A wire is what connects clients with the server while things happen to connections: the same at
// every address it listens on, at the same time.
type wire struct {
	mutex   sync.Mutex
	random  *rand.Rand
	lines   [][]*connection // open ones, by the address they came to
	refused atomic.Int64    // until then, as Unix time in ns, new connections are closed
	calm    atomic.Bool
}

// A connection passes bytes on unless it holds them back, or is to break within the next ones.
type connection struct {
	near, far *net.TCPConn
	held      atomic.Int64 // until then, as Unix time in ns, nothing is passed on
	left      atomic.Int64 // bytes for the client until it breaks; negative: it does not
}

const never = int64(1) << 62

// reset ends both sides as a peer that is gone does: bytes that are under way are lost.
func (c *connection) reset() {
	_ = c.near.SetLinger(0)
	_ = c.far.SetLinger(0)
	c.close()
}

func (c *connection) close() {
	c.near.Close()
	c.far.Close()
}

func (c *connection) wait() {
	for time.Now().UnixNano() < c.held.Load() {
		time.Sleep(20 * time.Millisecond)
	}
}

func (c *connection) pass(to, from *net.TCPConn) {
	buf := make([]byte, 16*1024)
	for {
		n, err := from.Read(buf)
		c.wait()
		if left := c.left.Load(); to == c.near && left >= 0 && int64(n) >= left {
			_, _ = to.Write(buf[:left])
			c.reset()
			return
		} else if to == c.near && left >= 0 {
			c.left.Add(-int64(n))
		}
		if _, e := to.Write(buf[:n]); e != nil {
			return
		}
		if err != nil {
			_ = to.CloseWrite()
			return
		}
	}
}

func (w *wire) serve(line int, near *net.TCPConn, target string) {
	defer near.Close()
	if time.Now().UnixNano() < w.refused.Load() {
		_ = near.SetLinger(0)
		return
	}
	far, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	c := &connection{near: near, far: far.(*net.TCPConn)}
	c.left.Store(-1)
	w.mutex.Lock()
	w.lines[line] = append(w.lines[line], c)
	w.mutex.Unlock()
	var both sync.WaitGroup
	both.Go(func() { c.pass(c.far, c.near) })
	both.Go(func() { c.pass(c.near, c.far) })
	both.Wait()
	c.close()
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for i, other := range w.lines[line] {
		if other == c {
			w.lines[line] = append(w.lines[line][:i], w.lines[line][i+1:]...)
			return
		}
	}
}

var troubles = []struct {
	name string
	do   func(c *connection, random *rand.Rand)
}{
	{"cut", func(c *connection, _ *rand.Rand) { c.reset() }},
	{"closed", func(c *connection, _ *rand.Rand) { c.close() }},
	{"half-closed by the server", func(c *connection, _ *rand.Rand) { _ = c.near.CloseWrite() }},
	{"half-closed by the client", func(c *connection, _ *rand.Rand) { _ = c.far.CloseWrite() }},
	{"stalled", func(c *connection, random *rand.Rand) {
		c.held.Store(time.Now().Add(time.Duration(500+random.Intn(4000)) * time.Millisecond).UnixNano())
	}},
	{"cut within bytes", func(c *connection, random *rand.Rand) { c.left.Store(random.Int63n(5000)) }},
}

// strike lets one thing happen: to all connections, or to one of every address.
func (w *wire) strike(freeze bool) string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	i, which := w.random.Intn(len(troubles)+2), w.random.Intn(3)
	if i == len(troubles) || (i > len(troubles) && !freeze) {
		pause := time.Duration(300+w.random.Intn(2000)) * time.Millisecond
		w.refused.Store(time.Now().Add(pause).UnixNano())
		return fmt.Sprintf("refusing for %v", pause)
	}
	count, seed := 0, w.random.Int63()
	for _, line := range w.lines {
		random := rand.New(rand.NewSource(seed))
		if len(line) > 0 && which > 0 {
			j := random.Intn(len(line))
			line = line[j : j+1]
		}
		for _, c := range line {
			count++
			if i > len(troubles) {
				c.held.Store(never)
			} else {
				troubles[i].do(c, random)
			}
		}
	}
	if i > len(troubles) {
		return fmt.Sprintf("frozen: %d", count)
	}
	return fmt.Sprintf("%s: %d", troubles[i].name, count)
}

func (w *wire) listen(line int, address, target string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go w.serve(line, near.(*net.TCPConn), target)
		}
	}()
	return nil
}

// hear: SIGUSR2 begins the trouble, SIGUSR1 ends it. Connections that were frozen stay so.
func (w *wire) hear() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	for s := range signals {
		w.calm.Store(s == syscall.SIGUSR1)
	}
}

func runTrouble(flags *flag.FlagSet, args []string) error {
	seed := flags.Int64("seed", time.Now().UnixNano(), "of what happens")
	pause := flags.Duration("pause", 3*time.Second, "between two things, about")
	freeze := flags.Bool("freeze", false, "now and then a connection passes nothing on for ever")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() < 2 {
		return errors.New("give the target, and one or more addresses to listen on")
	}
	w := &wire{random: rand.New(rand.NewSource(*seed)), lines: make([][]*connection, flags.NArg()-1)}
	w.calm.Store(true)
	for i, address := range flags.Args()[1:] {
		if err := w.listen(i, address, flags.Arg(0)); err != nil {
			return err
		}
	}
	go w.hear()
	// Its own numbers for the pauses: how many connections are open does not change them.
	pauses := rand.New(rand.NewSource(*seed + 1))
	for {
		time.Sleep(*pause/2 + time.Duration(pauses.Int63n(int64(*pause))))
		if !w.calm.Load() {
			fmt.Printf("%s %s\n", time.Now().Format("15:04:05.000"), w.strike(*freeze))
		}
	}
}

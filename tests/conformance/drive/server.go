// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

func connect(flags *flag.FlagSet, args []string) (*rest.Config, *kubernetes.Clientset, error) {
	file := flags.String("kubeconfig", os.Getenv("KUBECONFIG"), "who asks, and where")
	if err := flags.Parse(args); err != nil {
		return nil, nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", *file)
	if err != nil {
		return nil, nil, err
	}
	config.QPS, config.Burst = -1, -1
	config.WarningHandler = rest.NoWarnings{}
	client, err := kubernetes.NewForConfig(config)
	return config, client, err
}

// connectDynamic is connect with the dynamic client besides.
func connectDynamic(flags *flag.FlagSet, args []string) (*kubernetes.Clientset, *dynamic.DynamicClient, error) {
	config, client, err := connect(flags, args)
	if err != nil {
		return nil, nil, err
	}
	custom, err := dynamic.NewForConfig(config)
	return client, custom, err
}

func runPorts(_ *flag.FlagSet, args []string) error {
	if len(args) != 1 {
		return errors.New("give the number of ports")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for range n {
		// All are held until the end, so that no two are the same.
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		fmt.Println(l.Addr().(*net.TCPAddr).Port)
	}
	return nil
}

// runWait answers when the server is ready and has made its own namespaces and roles.
func runWait(flags *flag.FlagSet, args []string) error {
	limit := flags.Duration("timeout", 2*time.Minute, "how long at most")
	_, client, err := connect(flags, args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	for {
		_, err = client.RESTClient().Get().AbsPath("/readyz").Timeout(5 * time.Second).DoRaw(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready after %v: %w", *limit, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func runGet(flags *flag.FlagSet, args []string) error {
	if len(args) == 0 {
		return errors.New("give a path such as /metrics, then the flags")
	}
	_, client, err := connect(flags, args[1:])
	if err != nil {
		return err
	}
	body, err := client.RESTClient().Get().AbsPath(args[0]).DoRaw(context.Background())
	_, _ = os.Stdout.Write(body)
	return err
}

// runCompact forgets all history, so that every older version is 'too old'. It says so where one
// API server tells the others; otherwise they would go on serving lists from snapshots of their own.
func runCompact(flags *flag.FlagSet, args []string) error {
	url := flags.String("etcd", "", "etcd's client URL")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{*url}, DialTimeout: 5 * time.Second})
	if err != nil {
		return err
	}
	defer client.Close()
	now, err := client.Get(ctx, "any key gives the revision")
	if err != nil {
		return err
	}
	if _, err = client.Put(ctx, "compact_rev_key", fmt.Sprint(now.Header.Revision)); err != nil {
		return err
	}
	if _, err = client.Compact(ctx, now.Header.Revision, clientv3.WithCompactPhysical()); err != nil {
		return err
	}
	fmt.Printf("compacted at %d\n", now.Header.Revision)
	return nil
}

// runForward is a wire that can be cut, by killing it, and that can be slow: what the client sends
// arrives later by a delay, and what the server sends at so many bytes a second.
func runForward(_ *flag.FlagSet, args []string) error {
	if len(args) < 2 || len(args) > 4 {
		return errors.New("give the address to listen on, the target and, perhaps, a delay and a rate")
	}
	var delay, each time.Duration
	var err error
	if len(args) > 2 {
		if delay, err = time.ParseDuration(args[2]); err != nil {
			return err
		}
	}
	if len(args) > 3 {
		rate, err := strconv.Atoi(args[3])
		if err != nil || rate < 1 {
			return fmt.Errorf("%s is no number of bytes a second", args[3])
		}
		each = time.Second * passed / time.Duration(rate)
	}
	listener, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	for {
		near, err := listener.Accept()
		if err != nil {
			return err
		}
		go forward(near, args[1], delay, each)
	}
}

func forward(near net.Conn, target string, delay, each time.Duration) {
	defer near.Close()
	far, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer far.Close()
	done := make(chan struct{}, 2)
	go func() { pass(far, near, delay); done <- struct{}{} }()
	go func() { pass(near, far, each); done <- struct{}{} }()
	<-done
}

// Bytes that are passed on at once.
const passed = 16 * 1024

func pass(to io.Writer, from io.Reader, delay time.Duration) {
	buf := make([]byte, passed)
	for {
		n, err := from.Read(buf)
		time.Sleep(delay)
		if _, e := to.Write(buf[:n]); e != nil || err != nil {
			return
		}
	}
}

// runServed answers when the server, which reads its files again by itself, shows a new certificate.
func runServed(_ *flag.FlagSet, args []string) error {
	if len(args) != 2 {
		return errors.New("give HOST:PORT and the certificate's file")
	}
	text, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return fmt.Errorf("%s is no PEM file", args[1])
	}
	for start := time.Now(); time.Since(start) < 90*time.Second; time.Sleep(200 * time.Millisecond) {
		shown, err := certificateOf(args[0])
		if err == nil && bytes.Equal(shown, block.Bytes) {
			return nil
		}
	}
	return errors.New("the server still shows another certificate after 90 s")
}

func certificateOf(address string) ([]byte, error) {
	// Only looks which certificate is shown, also one that nobody should trust.
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Raw, nil
}

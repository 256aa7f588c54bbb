// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/tools/record"
)

// What tests/conformance/events.c does with kedge's recorders, with client-go's. The script's lines
// are told there.
type recorders struct {
	clients   kubernetes.Interface
	component string
	core      record.EventRecorder
	series    events.EventRecorder
}

func word(text string) string {
	if text == "-" {
		return ""
	}
	return text
}

func (r *recorders) record(w []string) error {
	about := &core.ObjectReference{
		APIVersion: "v1", Kind: w[2], Namespace: word(w[3]), Name: w[4], UID: types.UID(word(w[5])),
	}
	switch {
	case w[0] == "core" && len(w) == 9:
		about.FieldPath = word(w[6])
		r.core.Event(about, w[1], w[7], w[8])
	case w[0] == "series" && len(w) == 10:
		if word(w[6]) == "" {
			r.series.Eventf(about, nil, w[1], w[7], w[8], "%s", w[9])
			break
		}
		related := &core.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: word(w[3]), Name: w[6]}
		r.series.Eventf(about, related, w[1], w[7], w[8], "%s", w[9])
	default:
		return fmt.Errorf("no such line: %v", w)
	}
	return nil
}

func (r *recorders) do(line string) error {
	w := strings.Split(line, "\t")
	switch {
	case len(w) == 2 && w[0] == "sleep":
		ms, err := strconv.Atoi(w[1])
		time.Sleep(time.Duration(ms) * time.Millisecond)
		return err
	case len(w) == 2 && w[0] == "drop":
		for _, namespace := range []string{"default", "events"} {
			err := r.clients.CoreV1().Events(namespace).DeleteCollection(context.Background(), meta.DeleteOptions{},
				meta.ListOptions{FieldSelector: "reason=" + w[1] + ",source=" + r.component})
			if err != nil {
				return err
			}
		}
		return nil
	case len(w) > 2:
		return r.record(w)
	}
	return fmt.Errorf("no such line: %s", line)
}

func (r *recorders) follow() error {
	times := 1
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		line := lines.Text()
		if line == "" {
			continue
		}
		if n, found := strings.CutPrefix(line, "times\t"); found {
			times, _ = strconv.Atoi(n)
			continue
		}
		for n := 1; n <= times; n++ {
			if err := r.do(strings.ReplaceAll(line, "#", strconv.Itoa(n))); err != nil {
				return err
			}
		}
		times = 1
	}
	return lines.Err()
}

func runEvents(flags *flag.FlagSet, args []string) error {
	component := flags.String("component", "client-go", "source.component")
	controller := flags.String("controller", "example.com/client-go", "reportingController")
	host := flags.String("host", "", "source.host")
	_, clients, err := connect(flags, args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	old := record.NewBroadcaster(record.WithContext(ctx))
	old.StartRecordingToSink(&typed.EventSinkImpl{Interface: clients.CoreV1().Events("")})
	recent := events.NewBroadcaster(&events.EventSinkImpl{Interface: clients.EventsV1()})
	if err := recent.StartRecordingToSinkWithContext(ctx); err != nil {
		return err
	}
	r := &recorders{
		clients:   clients,
		component: *component,
		core:      old.NewRecorder(scheme.Scheme, core.EventSource{Component: *component, Host: *host}),
		series:    recent.NewRecorder(scheme.Scheme, *controller),
	}
	return r.follow()
}

var (
	stamped = regexp.MustCompile(`^(.*)\.[0-9a-f]{16}$`)
	uuid    = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
)

// nameForm is what is left of a name without what must differ: the time, or all of a UUID.
func nameForm(name string) string {
	if m := stamped.FindStringSubmatch(name); m != nil {
		return m[1] + ".TIME"
	}
	if uuid.MatchString(name) {
		return "UUID"
	}
	return name
}

// plainEvent is an event without what must differ between two recorders: its own name and uid, times
// (whether there are any is left), and what the recorder is called.
func plainEvent(e *core.Event, names *strings.Replacer) (string, error) {
	plain := map[string]any{
		"name": nameForm(e.Name), "namespace": e.Namespace, "about": e.InvolvedObject, "related": e.Related,
		"type": e.Type, "reason": e.Reason, "action": e.Action, "message": e.Message, "count": e.Count,
		"source": e.Source, "controller": e.ReportingController, "instance": e.ReportingInstance,
		"timed": []bool{!e.FirstTimestamp.IsZero(), !e.LastTimestamp.IsZero(), !e.EventTime.IsZero(),
			!e.LastTimestamp.Before(&e.FirstTimestamp)},
		"nanoseconds": e.EventTime.Nanosecond()%1000000 != 0,
	}
	if e.Series != nil {
		plain["series"] = []any{e.Series.Count, !e.Series.LastObservedTime.IsZero()}
	}
	text, err := json.Marshal(plain)
	return names.Replace(string(text)), err
}

func runDumpEvents(flags *flag.FlagSet, args []string) error {
	component := flags.String("component", "client-go", "source.component")
	controller := flags.String("controller", "example.com/client-go", "reportingController")
	_, clients, err := connect(flags, args)
	if err != nil {
		return err
	}
	list, err := clients.CoreV1().Events("").List(context.Background(), meta.ListOptions{})
	if err != nil {
		return err
	}
	names := strings.NewReplacer(*controller, "CONTROLLER", *component, "COMPONENT")
	var lines []string
	for i := range list.Items {
		e := &list.Items[i]
		if e.Source.Component != *component && e.ReportingController != *controller {
			continue
		}
		line, err := plainEvent(e, names)
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	sort.Strings(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
	return nil
}

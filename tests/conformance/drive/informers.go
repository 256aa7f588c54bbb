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
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// The other half of beside.c: client-go's shared informers of the same kinds, which write the same
// files at each SIGUSR1.

// A told is what a handler was told, folded: it must always be a history that can be true, and in
// the end the cache. As history.c.
type told struct {
	name    string
	kind    kind
	bare    bool // only counts
	mutex   sync.Mutex
	entries map[string]entry

	adds, updates, deletes, tombstones, violations int
}

type entry struct{ uid, version, line string }

// fields is an object of a type as the map that its JSON would be.
func fields(o any) *unstructured.Unstructured {
	if u, ok := o.(*unstructured.Unstructured); ok {
		return u
	}
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		panic(err)
	}
	return &unstructured.Unstructured{Object: m}
}

func (t *told) violation(what string, o meta.Object) {
	t.violations++
	fmt.Fprintf(os.Stderr, "violation: %s: %s: %s/%s at %s\n", t.name, what, o.GetNamespace(), o.GetName(),
		o.GetResourceVersion())
}

func keyOf(o meta.Object) string { return o.GetNamespace() + "/" + o.GetName() }

func (t *told) store(o any) {
	if m := o.(meta.Object); !t.bare {
		t.entries[keyOf(m)] = entry{string(m.GetUID()), m.GetResourceVersion(), line(fields(o), t.kind)}
	}
}

func (t *told) OnAdd(o any, _ bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.adds++
	if _, there := t.entries[keyOf(o.(meta.Object))]; there {
		t.violation("an add of what was added before", o.(meta.Object))
	}
	t.store(o)
}

func (t *told) OnUpdate(old, o any) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.updates++
	if e, there := t.entries[keyOf(o.(meta.Object))]; t.bare {
		return
	} else if !there {
		t.violation("an update of what is not there", o.(meta.Object))
	} else if e.version != old.(meta.Object).GetResourceVersion() {
		t.violation("an update whose old object is not the one told last", old.(meta.Object))
	}
	t.store(o)
}

func (t *told) OnDelete(o any) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.deletes++
	if last, unknown := o.(cache.DeletedFinalStateUnknown); unknown {
		t.tombstones++
		o = last.Obj
	}
	e, there := t.entries[keyOf(o.(meta.Object))]
	switch {
	case t.bare:
	case !there:
		t.violation("a delete of what is not there", o.(meta.Object))
	case e.uid != string(o.(meta.Object).GetUID()):
		t.violation("a delete of another object of the same name", o.(meta.Object))
	}
	delete(t.entries, keyOf(o.(meta.Object)))
}

func (t *told) lines() []string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	lines := make([]string, 0, len(t.entries))
	for _, e := range t.entries {
		lines = append(lines, e.line)
	}
	return lines
}

// A followed is an informer with the histories of its handlers.
type followed struct {
	name     string // KIND or KIND:SELECTOR
	kind     kind
	informer cache.SharedIndexInformer
	all      *told
	front    *told // of what has the label tier=front; nil where there is a selector
}

func (f *followed) objects() []string {
	stored := f.informer.GetStore().List()
	lines := make([]string, 0, len(stored))
	for _, o := range stored {
		lines = append(lines, line(fields(o), f.kind))
	}
	return lines
}

func inFront(o any) bool {
	if last, unknown := o.(cache.DeletedFinalStateUnknown); unknown {
		o = last.Obj
	}
	return o.(meta.Object).GetLabels()["tier"] == "front"
}

func follow(spec string, client *kubernetes.Clientset, custom dynamic.Interface, bare bool) (*followed, error) {
	name, selector, _ := strings.Cut(spec, ":")
	k, known := kindNamed(name)
	if !known {
		return nil, fmt.Errorf("neither dump.go nor $KEDGE_TABLES has a kind %s", name)
	}
	f := &followed{name: spec, kind: k}
	tweak := func(o *meta.ListOptions) { o.LabelSelector = selector }
	if k.resource == sensors || k.rows != nil {
		f.informer = dynamicinformer.NewFilteredDynamicInformer(custom, k.resource, "", 0, cache.Indexers{}, tweak).Informer()
	} else {
		factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTweakListOptions(tweak))
		generic, err := factory.ForResource(k.resource)
		if err != nil {
			return nil, err
		}
		f.informer = generic.Informer()
	}
	f.all = &told{name: spec, kind: k, bare: bare, entries: map[string]entry{}}
	_, err := f.informer.AddEventHandler(f.all)
	if err == nil && selector == "" && !bare {
		f.front = &told{name: spec + ".front", kind: k, entries: map[string]entry{}}
		_, err = f.informer.AddEventHandler(cache.FilteringResourceEventHandler{FilterFunc: inFront, Handler: f.front})
	}
	return f, err
}

func writeLines(file string, lines []string) error {
	sort.Strings(lines)
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	buffer := bufio.NewWriter(out)
	for _, l := range lines {
		fmt.Fprintln(buffer, l)
	}
	return buffer.Flush()
}

// Whoever waits for the last file finds all of them whole.
func answer(dir string, all []*followed, synced time.Duration) error {
	var objects, adds, updates, deletes, tombstones, violations int
	for _, f := range all {
		files := map[string][]string{"cache": f.objects()}
		histories := []*told{f.all}
		if !f.all.bare {
			files["told"] = f.all.lines()
		}
		if f.front != nil {
			files["front"] = f.front.lines()
			histories = append(histories, f.front)
		}
		objects += len(files["cache"])
		for what, lines := range files {
			if err := writeLines(filepath.Join(dir, f.name+"."+what), lines); err != nil {
				return err
			}
		}
		for _, t := range histories {
			t.mutex.Lock()
			adds, updates, deletes = adds+t.adds, updates+t.updates, deletes+t.deletes
			tombstones, violations = tombstones+t.tombstones, violations+t.violations
			t.mutex.Unlock()
		}
	}
	text := fmt.Sprintf("objects=%d\nadds=%d\nupdates=%d\ndeletes=%d\ntombstones=%d\nviolations=%d\nsynced_ms=%d\n",
		objects, adds, updates, deletes, tombstones, violations, synced.Milliseconds())
	part := filepath.Join(dir, "part")
	if err := os.WriteFile(part, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(dir, "state"))
}

func runInformers(flags *flag.FlagSet, args []string) error {
	dir := flags.String("out", "", "the folder that gets the files")
	bare := flags.Bool("bare", false, "handlers only count")
	client, custom, err := connectDynamic(flags, args)
	if err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("give KIND or KIND:SELECTOR, one or more")
	}
	var all []*followed
	for _, spec := range flags.Args() {
		f, err := follow(spec, client, custom, *bare)
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	began := time.Now()
	have := make([]cache.InformerSynced, 0, len(all))
	for _, f := range all {
		have = append(have, f.informer.HasSynced)
		go f.informer.Run(context.Background().Done())
	}
	for !cache.WaitForCacheSync(context.Background().Done(), have...) {
	}
	synced := time.Since(began)
	fmt.Fprintf(os.Stderr, "synced after %d ms\n", synced.Milliseconds())
	for range asked {
		if err := answer(*dir, all, synced); err != nil {
			return err
		}
	}
	return nil
}

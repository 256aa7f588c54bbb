// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"sort"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// The other half of reconciler.c, and the changes that both have to follow.

var stations = schema.GroupVersionResource{Group: "conformance.example.com", Version: "v1", Resource: "stations"}

const finalizer = "conformance.example.com/configmap"

func stationDefinition() *unstructured.Unstructured {
	anything := object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	return &unstructured.Unstructured{Object: object{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": object{"name": "stations.conformance.example.com"},
		"spec": object{
			"group": stations.Group, "scope": "Namespaced",
			"names": object{"plural": "stations", "singular": "station", "kind": "Station", "listKind": "StationList"},
			"versions": []any{object{
				"name": stations.Version, "served": true, "storage": true, "subresources": object{"status": object{}},
				"schema": object{"openAPIV3Schema": object{
					"type": "object", "properties": object{"spec": anything, "status": anything}}},
			}},
		},
	}}
}

type reconciler struct {
	side       string
	custom     dynamic.Interface
	client     *kubernetes.Clientset
	queue      workqueue.TypedRateLimitingInterface[string]
	stations   cache.SharedIndexInformer
	configMaps cache.SharedIndexInformer
}

func (r *reconciler) wanted(s *unstructured.Unstructured) *core.ConfigMap {
	interval, _, _ := unstructured.NestedInt64(s.Object, "spec", "intervalSeconds")
	unit, _, _ := unstructured.NestedString(s.Object, "spec", "unit")
	yes := true
	return &core.ConfigMap{TypeMeta: meta.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: meta.ObjectMeta{Name: s.GetName(), Labels: map[string]string{"side": r.side},
			OwnerReferences: []meta.OwnerReference{{APIVersion: stations.Group + "/v1", Kind: "Station",
				Name: s.GetName(), UID: s.GetUID(), Controller: &yes, BlockOwnerDeletion: &yes}}},
		Data: map[string]string{"interval": fmt.Sprint(interval), "unit": unit}}
}

func (r *reconciler) reconcile(ctx context.Context, key string) error {
	o, there, err := r.stations.GetStore().GetByKey(key)
	if err != nil || !there {
		return err
	}
	s := o.(*unstructured.Unstructured)
	mine := r.custom.Resource(stations).Namespace(s.GetNamespace())
	maps := r.client.CoreV1().ConfigMaps(s.GetNamespace())
	if s.GetDeletionTimestamp() != nil {
		if err := gone(maps.Delete(ctx, s.GetName(), meta.DeleteOptions{})); err != nil {
			return err
		}
		_, err := mine.Patch(ctx, s.GetName(), types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), meta.PatchOptions{})
		return gone(err)
	}
	want := r.wanted(s)
	o, there, _ = r.configMaps.GetStore().GetByKey(key)
	has, _ := o.(*core.ConfigMap)
	owner := &meta.OwnerReference{}
	if there && meta.GetControllerOf(has) != nil {
		owner = meta.GetControllerOf(has)
	}
	if !there || owner.UID != s.GetUID() || has.Data["interval"] != want.Data["interval"] || has.Data["unit"] != want.Data["unit"] {
		text, err := json.Marshal(want)
		if err == nil {
			force := true
			_, err = maps.Patch(ctx, want.Name, types.ApplyPatchType, text, meta.PatchOptions{FieldManager: r.side, Force: &force})
		}
		if err != nil {
			return err
		}
	}
	observed, _, _ := unstructured.NestedInt64(s.Object, "status", "observedGeneration")
	if observed == s.GetGeneration() {
		return nil
	}
	patch := fmt.Appendf(nil, `{"status":{"observedGeneration":%d}}`, s.GetGeneration())
	_, err = mine.Patch(ctx, s.GetName(), types.MergePatchType, patch, meta.PatchOptions{}, "status")
	return gone(err)
}

func (r *reconciler) work(ctx context.Context) {
	for {
		key, over := r.queue.Get()
		if over {
			return
		}
		if err := r.reconcile(ctx, key); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", key, err)
			r.queue.AddRateLimited(key)
		} else {
			r.queue.Forget(key)
		}
		r.queue.Done(key)
	}
}

func (r *reconciler) follow(informer cache.SharedIndexInformer, key func(o any) string) error {
	add := func(o any) {
		if last, unknown := o.(cache.DeletedFinalStateUnknown); unknown {
			o = last.Obj
		}
		if k := key(o); k != "" {
			r.queue.Add(k)
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: add, DeleteFunc: add,
		UpdateFunc: func(old, o any) { add(old); add(o) }})
	return err
}

func runReconciler(flags *flag.FlagSet, args []string) error {
	client, custom, err := connectDynamic(flags, args)
	if err != nil {
		return err
	}
	r := &reconciler{side: flags.Arg(0), custom: custom, client: client,
		queue: workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())}
	tweak := func(o *meta.ListOptions) { o.LabelSelector = "side=" + r.side }
	r.stations = dynamicinformer.NewFilteredDynamicInformer(custom, stations, "", 0, cache.Indexers{}, tweak).Informer()
	r.configMaps = informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTweakListOptions(tweak)).
		Core().V1().ConfigMaps().Informer()
	err = errors.Join(
		r.follow(r.stations, func(o any) string { return keyOf(o.(meta.Object)) }),
		r.follow(r.configMaps, func(o any) string {
			if owner := meta.GetControllerOf(o.(meta.Object)); owner != nil && owner.Kind == "Station" {
				return o.(meta.Object).GetNamespace() + "/" + owner.Name
			}
			return ""
		}))
	if err != nil {
		return err
	}
	ctx := context.Background()
	go r.stations.Run(ctx.Done())
	go r.configMaps.Run(ctx.Done())
	cache.WaitForCacheSync(ctx.Done(), r.stations.HasSynced, r.configMaps.HasSynced)
	r.work(ctx)
	return nil
}

// The changes -------------------------------------------------------------------------------------

var sidesOfStations = []string{"kedge", "client-go"}

// change makes one change, the same to both sides' twins. What cannot be done, because the server is
// away or the controller was quicker, is left.
func change(ctx context.Context, random *rand.Rand, custom dynamic.ResourceInterface, client *kubernetes.Clientset, count int) int {
	i, what, value := random.Intn(count), random.Intn(10), random.Intn(1000)
	maps, made := client.CoreV1().ConfigMaps("stations"), 0
	for _, side := range sidesOfStations {
		name := fmt.Sprintf("%s-%d", side, i)
		var err error
		switch {
		case what < 3:
			_, err = custom.Create(ctx, &unstructured.Unstructured{Object: object{
				"apiVersion": stations.Group + "/v1", "kind": "Station",
				"metadata": object{"name": name, "namespace": "stations", "labels": object{"side": side}, "finalizers": []any{finalizer}},
				"spec":     object{"intervalSeconds": int64(value), "unit": "°C"}}}, meta.CreateOptions{})
		case what < 6:
			patch := fmt.Appendf(nil, `{"spec":{"intervalSeconds":%d,"unit":%q}}`, value, []string{"K", "°C", "°F"}[value%3])
			_, err = custom.Patch(ctx, name, types.MergePatchType, patch, meta.PatchOptions{})
		case what < 7:
			err = custom.Delete(ctx, name, meta.DeleteOptions{})
		case what < 8:
			err = maps.Delete(ctx, name, meta.DeleteOptions{})
		default:
			patch := fmt.Appendf(nil, `{"data":{"unit":"by hand %d"}}`, value)
			_, err = maps.Patch(ctx, name, types.MergePatchType, patch, meta.PatchOptions{})
		}
		if err == nil {
			made++
		}
	}
	return made
}

// level brings the Stations themselves to the same on both sides: the server may have been away
// between the two halves of a change.
func level(ctx context.Context, random *rand.Rand, custom dynamic.ResourceInterface, count int) error {
	for i := range count {
		patch := fmt.Appendf(nil, `{"spec":{"intervalSeconds":%d,"unit":"Pa"}}`, random.Intn(1000))
		there := 0
		for _, side := range sidesOfStations {
			s, err := custom.Patch(ctx, fmt.Sprintf("%s-%d", side, i), types.MergePatchType, patch, meta.PatchOptions{})
			if gone(err) != nil {
				return err
			}
			if err == nil && s.GetDeletionTimestamp() == nil {
				there++
			}
		}
		if there == 1 || i%5 == 0 {
			for _, side := range sidesOfStations {
				if err := gone(custom.Delete(ctx, fmt.Sprintf("%s-%d", side, i), meta.DeleteOptions{})); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func runStations(flags *flag.FlagSet, args []string) error {
	seed := flags.Int64("seed", 1, "of the changes")
	seconds := flags.Int("seconds", 10, "how long")
	count := flags.Int("count", 60, "Stations of each side at most")
	config, client, err := connect(flags, args)
	if err != nil {
		return err
	}
	config.Timeout = 3 * time.Second
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx := context.Background()
	_, err = dynamicClient.Resource(definitions).Create(ctx, stationDefinition(), meta.CreateOptions{})
	if existsAlready(err) != nil {
		return err
	}
	_, err = client.CoreV1().Namespaces().Create(ctx, &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: "stations"}}, meta.CreateOptions{})
	if existsAlready(err) != nil {
		return err
	}
	custom := dynamicClient.Resource(stations).Namespace("stations")
	for err = errors.New(""); err != nil; time.Sleep(100 * time.Millisecond) {
		_, err = custom.List(ctx, meta.ListOptions{Limit: 1})
	}
	random, made := rand.New(rand.NewSource(*seed)), 0
	for end := time.Now().Add(time.Duration(*seconds) * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		made += change(ctx, random, custom, client, *count)
	}
	fmt.Printf("%d changes\n", made)
	if *seconds == 0 {
		return nil
	}
	// The server may be slow, or away, for a while yet.
	for end := time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
		if err = level(ctx, random, custom, *count); err == nil || time.Now().After(end) {
			return err
		}
	}
}

// runReconciled prints what a side's controller has made of its Stations, as lines in which nothing
// is of that side alone; an error where it is not what it should be.
func runReconciled(flags *flag.FlagSet, args []string) error {
	client, custom, err := connectDynamic(flags, args)
	if err != nil {
		return err
	}
	ctx, side := context.Background(), flags.Arg(0)
	selector := meta.ListOptions{LabelSelector: "side=" + side}
	all, err := custom.Resource(stations).Namespace("stations").List(ctx, selector)
	if err != nil {
		return err
	}
	maps, err := client.CoreV1().ConfigMaps("stations").List(ctx, selector)
	if err != nil {
		return err
	}
	byName := map[string]*core.ConfigMap{}
	for i := range maps.Items {
		byName[maps.Items[i].Name] = &maps.Items[i]
	}
	var lines, problems []string
	for _, s := range all.Items {
		m := byName[s.GetName()]
		delete(byName, s.GetName())
		interval, _, _ := unstructured.NestedInt64(s.Object, "spec", "intervalSeconds")
		unit, _, _ := unstructured.NestedString(s.Object, "spec", "unit")
		observed, _, _ := unstructured.NestedInt64(s.Object, "status", "observedGeneration")
		switch {
		case s.GetDeletionTimestamp() != nil:
			problems = append(problems, s.GetName()+" is not gone yet")
		case m == nil:
			problems = append(problems, s.GetName()+" has no ConfigMap")
		case observed != s.GetGeneration():
			problems = append(problems, s.GetName()+"'s generation is not observed")
		case m.Data["interval"] != fmt.Sprint(interval) || m.Data["unit"] != unit || len(m.Data) != 2:
			problems = append(problems, s.GetName()+"'s ConfigMap is wrong")
		case len(m.OwnerReferences) != 1 || m.OwnerReferences[0].UID != s.GetUID():
			problems = append(problems, s.GetName()+"'s ConfigMap has another owner")
		}
		owners := ""
		if m != nil {
			for _, o := range m.OwnerReferences {
				owners += strings.TrimPrefix(o.Name, side) + " " + o.Kind + " " + o.APIVersion +
					fmt.Sprint(o.Controller != nil && *o.Controller, o.BlockOwnerDeletion != nil && *o.BlockOwnerDeletion)
			}
			lines = append(lines, fmt.Sprint(strings.TrimPrefix(s.GetName(), side), " ", interval, unit, " ", m.Data, " ", owners))
		}
	}
	for name := range byName {
		problems = append(problems, name+" is a ConfigMap that nobody wants")
	}
	sort.Strings(lines)
	for _, l := range append(lines, problems...) {
		fmt.Println(l)
	}
	if len(problems) > 0 || len(lines) == 0 {
		return fmt.Errorf("%d problems, %d Stations", len(problems), len(lines))
	}
	return nil
}

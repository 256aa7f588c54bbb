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

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
)

// A mixer makes random changes of several kinds, a custom one among them, in namespaces that come
// and go. Every change is one that may find its object, or its namespace, gone.
type mixer struct {
	client     *kubernetes.Clientset
	dynamic    dynamic.Interface
	count      int // objects of each kind
	namespaces int
}

// What is mixed: how an object begins, beside its metadata, and what changes it.
var mixed = []struct {
	name        string // in kindsByName, and with the number of the object
	begin       func(i int) object
	change      func(n int) string
	subresource []string
}{
	{"pod", func(i int) object {
		p := fields(&core.Pod{Spec: core.PodSpec{Containers: containers(i), NodeName: fmt.Sprintf("node-%d", i%7)}})
		return object{"apiVersion": "v1", "kind": "Pod", "spec": p.Object["spec"]}
	}, podStatus, []string{"status"}},
	{"deployment", func(i int) object {
		d := fields(&apps.Deployment{Spec: deployment(i, 1).Spec})
		return object{"apiVersion": "apps/v1", "kind": "Deployment", "spec": d.Object["spec"]}
	}, func(n int) string { return fmt.Sprintf(`{"spec":{"replicas":%d}}`, n%20) }, nil},
	{"configmap", func(i int) object {
		return object{"apiVersion": "v1", "kind": "ConfigMap", "data": object{"number": fmt.Sprint(i), "empty": ""}}
	}, func(n int) string {
		return fmt.Sprintf(`{"data":{"text":"line \"%d\"\nand é 𝄞 \\","k%d":"v","k%d":null}}`, n, n%5, (n+2)%5)
	}, nil},
	{"sensor", func(i int) object {
		o := sensor(i).Object
		delete(o, "metadata")
		return o
	}, func(n int) string {
		return fmt.Sprintf(`{"spec":{"intervalSeconds":%d,"tags":["a%d","b"]},"status":{"phase":"Round%d"}}`, n, n%3, n%4)
	}, nil},
}

func podStatus(n int) string {
	return fmt.Sprintf(`{"status":{"phase":%q,"podIP":"10.1.%d.%d","podIPs":[{"ip":"10.1.%d.%d"}],"hostIP":"192.0.2.%d",`+
		`"startTime":"2026-01-02T03:04:05Z","conditions":[{"type":"Ready","status":%q}],"containerStatuses":[{"name":"main",`+
		`"image":"i","imageID":"","ready":%v,"restartCount":%d,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}`,
		[]string{"Running", "Pending", "Failed", "Succeeded"}[n%4], n/250, n%250, n/250, n%250, n%250,
		[]string{"True", "False"}[n%2], n%2 == 0, n)
}

func (m *mixer) namespace(i int) string { return fmt.Sprintf("mixed-%d", i%m.namespaces) }

// A mixedObject is one object of one of these kinds, which need not be there.
type mixedObject struct {
	m    *mixer
	kind int // in mixed
	i    int
}

func (o mixedObject) name() string { return fmt.Sprintf("%s-%03d", mixed[o.kind].name, o.i) }

func (o mixedObject) of() dynamic.ResourceInterface {
	return o.m.dynamic.Resource(kindsByName[mixed[o.kind].name].resource).Namespace(o.m.namespace(o.i))
}

func (o mixedObject) create(ctx context.Context, n int) error {
	u := fields(&core.Namespace{}) // any map
	u.Object = mixed[o.kind].begin(o.i)
	u.SetName(o.name())
	if n%4 > 0 {
		u.SetLabels(map[string]string{"tier": []string{"front", "back"}[n%2], "app": fmt.Sprintf("app-%d", n%9)})
	}
	_, err := o.of().Create(ctx, u, meta.CreateOptions{})
	return existsAlready(err)
}

func (o mixedObject) patch(ctx context.Context, text string, subresource ...string) error {
	_, err := o.of().Patch(ctx, o.name(), types.MergePatchType, []byte(text), meta.PatchOptions{}, subresource...)
	return err
}

func (o mixedObject) remove(ctx context.Context) error {
	now := int64(0)
	return o.of().Delete(ctx, o.name(), meta.DeleteOptions{GracePeriodSeconds: &now})
}

// label moves it in and out of what a selector on `tier` selects.
func (o mixedObject) label(ctx context.Context, n int) error {
	return o.patch(ctx, `{"metadata":{"labels":{"tier":`+[]string{`"front"`, `"back"`, `null`}[n%3]+`}}}`)
}

// hold lets it stay on, with a deletionTimestamp, until letGo.
func (o mixedObject) hold(ctx context.Context) error {
	if err := o.patch(ctx, `{"metadata":{"finalizers":["example.org/hold"]}}`); err != nil {
		return err
	}
	return o.remove(ctx)
}

func (o mixedObject) letGo(ctx context.Context) error {
	return o.patch(ctx, `{"metadata":{"finalizers":null}}`)
}

func (m *mixer) makeNamespace(ctx context.Context, i int) error {
	n := &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: m.namespace(i), Labels: map[string]string{"tier": "front"}}}
	_, err := m.client.CoreV1().Namespaces().Create(ctx, n, meta.CreateOptions{})
	return existsAlready(err)
}

// drop deletes a namespace with all that is in it, as the namespace controller does, which does not
// run here.
func (m *mixer) drop(ctx context.Context, i int) error {
	namespaces, name, now := m.client.CoreV1().Namespaces(), m.namespace(i), int64(0)
	if err := namespaces.Delete(ctx, name, meta.DeleteOptions{}); err != nil && !apierrors.IsConflict(err) {
		return err
	}
	for k := range mixed {
		r := m.dynamic.Resource(kindsByName[mixed[k].name].resource).Namespace(name)
		err := r.DeleteCollection(ctx, meta.DeleteOptions{GracePeriodSeconds: &now}, meta.ListOptions{})
		if err != nil {
			return err
		}
		list, err := r.List(ctx, meta.ListOptions{})
		if err != nil {
			return err
		}
		for _, left := range list.Items {
			free := []byte(`{"metadata":{"finalizers":null}}`)
			_, err := r.Patch(ctx, left.GetName(), types.MergePatchType, free, meta.PatchOptions{})
			if gone(err) != nil {
				return err
			}
		}
	}
	n, err := namespaces.Get(ctx, name, meta.GetOptions{})
	if err != nil {
		return err
	}
	n.Spec.Finalizers = nil
	_, err = namespaces.Finalize(ctx, n, meta.UpdateOptions{})
	return err
}

func (m *mixer) step(ctx context.Context, random *rand.Rand, mine func(i int) int) error {
	o := mixedObject{m, random.Intn(len(mixed)), mine(random.Intn(m.count))}
	what := &mixed[o.kind]
	n := random.Intn(1000)
	switch random.Intn(26) {
	case 0, 1, 2, 3, 4, 5, 6, 7:
		return o.create(ctx, n)
	case 8, 9, 10, 11:
		return o.label(ctx, n)
	case 12:
		return o.remove(ctx)
	case 13:
		return o.hold(ctx)
	case 14:
		return o.letGo(ctx)
	case 15, 16: // the same name, and another object
		return errors.Join(o.remove(ctx), o.create(ctx, n))
	case 17: // more changes of one object than a client may see one by one
		for j := range 10 {
			if err := o.patch(ctx, what.change(n+j), what.subresource...); err != nil {
				return err
			}
		}
		return nil
	case 18:
		i := random.Intn(m.namespaces)
		if n%10 == 0 {
			return m.drop(ctx, i)
		}
		return m.makeNamespace(ctx, i)
	default:
		return o.patch(ctx, what.change(n), what.subresource...)
	}
}

// begin defines the custom kind, and makes the namespaces and a third of the objects.
func (m *mixer) begin(ctx context.Context) error {
	_, err := m.dynamic.Resource(definitions).Create(ctx, sensorDefinition(), meta.CreateOptions{})
	if existsAlready(err) != nil {
		return err
	}
	// A ConfigMap that is too large for a record would be compared by name only.
	if err := gone(m.client.CoreV1().ConfigMaps("default").Delete(ctx, "large", meta.DeleteOptions{})); err != nil {
		return err
	}
	if err := createSensor(ctx, m.dynamic.Resource(sensors).Namespace("default"), sensor(0)); err != nil {
		return err
	}
	for i := range m.namespaces {
		if err := m.makeNamespace(ctx, i); err != nil {
			return err
		}
	}
	return each(m.count/3*len(mixed), 8, func(i int) error {
		err := mixedObject{m, i % len(mixed), i / len(mixed)}.create(ctx, i/len(mixed))
		if apierrors.IsForbidden(err) { // a namespace that an earlier round left ending
			return nil
		}
		return gone(err)
	})
}

func mixerOf(flags *flag.FlagSet, args []string) (*mixer, error) {
	m := &mixer{}
	flags.IntVar(&m.count, "count", 120, "objects of each kind")
	flags.IntVar(&m.namespaces, "namespaces", 6, "that come and go")
	var err error
	m.client, m.dynamic, err = connectDynamic(flags, args)
	return m, err
}

// runMix changes what it finds for some seconds. Each worker has its own objects and its own random
// numbers, so that one seed makes the same changes of an object in the same order.
func runMix(flags *flag.FlagSet, args []string) error {
	seconds := flags.Float64("seconds", 10, "how long; 0: only what it begins with")
	seed := flags.Int64("seed", time.Now().UnixNano(), "of the random changes")
	rate := flags.Int("rate", 100, "changes a second")
	m, err := mixerOf(flags, args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	// The server may be away just then.
	for err = m.begin(ctx); err != nil && ctx.Err() == nil; err = m.begin(ctx) {
		time.Sleep(500 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	const workers = 4
	var made, missed, failed atomic.Int64
	end := time.Now().Add(time.Duration(*seconds * float64(time.Second)))
	err = each(workers, workers, func(w int) error {
		random := rand.New(rand.NewSource(*seed + int64(w)))
		for tick := time.NewTicker(workers * time.Second / time.Duration(*rate)); time.Now().Before(end); <-tick.C {
			// Whoever waits longer than this waits for a server that is stopped.
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			err := m.step(ctx, random, func(i int) int { return i - i%workers + w })
			cancel()
			switch status := apierrors.APIStatus(nil); {
			case err == nil:
				made.Add(1)
			case errors.As(err, &status) && status.Status().Code < 500:
				missed.Add(1)
			default:
				failed.Add(1)
			}
		}
		return nil
	})
	fmt.Printf("%d changes with seed %d; %d found nothing to change, %d no server\n", made.Load(), *seed,
		missed.Load(), failed.Load())
	return err
}

// runUndefine takes the custom kind away, with all its objects, and waits until it is gone.
func runUndefine(flags *flag.FlagSet, args []string) error {
	m, err := mixerOf(flags, args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	all := m.dynamic.Resource(sensors)
	if list, err := all.List(ctx, meta.ListOptions{}); err == nil {
		for _, o := range list.Items {
			_, err := all.Namespace(o.GetNamespace()).Patch(ctx, o.GetName(), types.MergePatchType,
				[]byte(`{"metadata":{"finalizers":null}}`), meta.PatchOptions{})
			if gone(err) != nil {
				return err
			}
		}
	}
	for {
		err := m.dynamic.Resource(definitions).Delete(ctx, "sensors.edge.example.com", meta.DeleteOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil && !apierrors.IsConflict(err) {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// runPods makes many pods, each with a status, as a cluster has them, in namespaces of 500.
func runPods(flags *flag.FlagSet, args []string) error {
	count := flags.Int("count", 10000, "pods")
	_, client, err := connect(flags, args)
	if err != nil {
		return err
	}
	ctx, began := context.Background(), time.Now()
	namespace := func(i int) string { return fmt.Sprintf("many-%d", i/500) }
	err = each((*count+499)/500, 4, func(i int) error {
		n := &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: namespace(i * 500)}}
		_, err := client.CoreV1().Namespaces().Create(ctx, n, meta.CreateOptions{})
		return existsAlready(err)
	})
	if err != nil {
		return err
	}
	err = each(*count, 16, func(i int) error {
		pod := &core.Pod{ObjectMeta: meta.ObjectMeta{Name: fmt.Sprintf("pod-%05d", i), Labels: labelsOf(i),
			Annotations: map[string]string{"example.org/text": "some words"}},
			Spec: core.PodSpec{Containers: containers(i), NodeName: fmt.Sprintf("node-%d", i%100)}}
		pods := client.CoreV1().Pods(namespace(i))
		if _, err := pods.Create(ctx, pod, meta.CreateOptions{}); existsAlready(err) != nil {
			return err
		}
		_, err := pods.Patch(ctx, pod.Name, types.MergePatchType, []byte(podStatus(i)), meta.PatchOptions{}, "status")
		return err
	})
	fmt.Printf("%d pods in %.1f s\n", *count, time.Since(began).Seconds())
	return err
}

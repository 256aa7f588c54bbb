// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
)

// namespaceOf is where Deployment `i` lives: `default`, conformance-1, ...
func namespaceOf(i, namespaces int) string {
	if i%namespaces == 0 {
		return "default"
	}
	return fmt.Sprintf("conformance-%d", i%namespaces)
}

func nameOf(i int) string { return fmt.Sprintf("deployment-%04d", i) }

// An annotation that JSON has to escape in every way, and now and then a large one.
func annotationsOf(i int) map[string]string {
	a := map[string]string{
		"example.org/text": "quote \" backslash \\ slash / tab \t newline \n bell \a é € 𝄞 <&>",
		"example.org/json": `{"metadata":{"name":"not this","labels":{"a":"b"}},"spec":[[[]]]}`,
	}
	if i%200 == 7 {
		a["example.org/large"] = strings.Repeat("0123456789abcde ", 10*1024)
	}
	return a
}

func labelsOf(i int) map[string]string {
	if i%50 == 3 {
		return nil
	}
	return map[string]string{
		"app": fmt.Sprintf("app-%d", i%17), "app.kubernetes.io/name": nameOf(i),
		"example.org/empty": "", "tier": []string{"front", "back"}[i%2],
	}
}

func deployment(i, namespaces int) *apps.Deployment {
	replicas := int32(i % 5)
	pod := map[string]string{"select": nameOf(i)}
	return &apps.Deployment{
		ObjectMeta: meta.ObjectMeta{
			Name: nameOf(i), Namespace: namespaceOf(i, namespaces),
			Labels: labelsOf(i), Annotations: annotationsOf(i),
		},
		Spec: apps.DeploymentSpec{
			Replicas: &replicas,
			Selector: &meta.LabelSelector{MatchLabels: pod},
			Template: core.PodTemplateSpec{
				ObjectMeta: meta.ObjectMeta{Labels: pod},
				Spec:       core.PodSpec{Containers: containers(i)},
			},
		},
	}
}

func containers(i int) []core.Container {
	first := core.Container{
		Name: "main", Image: fmt.Sprintf("registry.example.org/team/main:1.%d", i%30),
		Args: []string{"--name=" + nameOf(i), "--quote=\"'\\"},
		Env: []core.EnvVar{{Name: "POD", ValueFrom: &core.EnvVarSource{
			FieldRef: &core.ObjectFieldSelector{FieldPath: "metadata.name"}}}},
		Ports: []core.ContainerPort{{Name: "http", ContainerPort: 8080}},
		Resources: core.ResourceRequirements{Requests: core.ResourceList{
			"cpu": resource.MustParse("100m"), "memory": resource.MustParse("64Mi")}},
		ReadinessProbe: &core.Probe{ProbeHandler: core.ProbeHandler{HTTPGet: &core.HTTPGetAction{
			Path: "/healthz", Port: intstr.FromString("http")}}},
	}
	second := core.Container{Name: "side", Image: "registry.example.org/team/side@sha256:" +
		strings.Repeat("ab", 32)}
	if i%3 == 0 {
		return []core.Container{first, second}
	}
	return []core.Container{first}
}

// each runs `work` for 0 to n-1 with some workers, and gives the first error.
func each(n, workers int, work func(i int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	failures := make(chan error, workers)
	for range workers {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := work(int(i)); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failures)
	return <-failures
}

func existsAlready(err error) error {
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func gone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func runSeed(flags *flag.FlagSet, args []string) error {
	count := flags.Int("count", 2000, "Deployments")
	namespaces := flags.Int("namespaces", 10, "namespaces, `default` among them")
	_, client, err := connect(flags, args)
	if err != nil {
		return err
	}
	ctx := context.Background()
	err = each(*namespaces, 4, func(i int) error {
		n := &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: namespaceOf(i, *namespaces)}}
		_, err := client.CoreV1().Namespaces().Create(ctx, n, meta.CreateOptions{})
		return existsAlready(err)
	})
	if err != nil {
		return err
	}
	return each(*count, 16, func(i int) error {
		d := deployment(i, *namespaces)
		_, err := client.AppsV1().Deployments(d.Namespace).Create(ctx, d, meta.CreateOptions{})
		if existsAlready(err) != nil || i%4 != 0 {
			return existsAlready(err)
		}
		return report(ctx, client, d.Namespace, d.Name, int32(i%7))
	})
}

// report writes a status, which no controller does here.
func report(ctx context.Context, client *kubernetes.Clientset, namespace, name string, n int32) error {
	patch := fmt.Appendf(nil, `{"status":{"replicas":%d,"readyReplicas":%d,"updatedReplicas":%d,`+
		`"availableReplicas":%d,"conditions":[{"type":"Available","status":"True",`+
		`"reason":"MinimumReplicasAvailable","message":"Deployment has minimum \"availability\"."}]}}`,
		n+3, n+2, n+1, n)
	_, err := client.AppsV1().Deployments(namespace).
		Patch(ctx, name, types.MergePatchType, patch, meta.PatchOptions{}, "status")
	return gone(err)
}

// A churn makes random changes; every change is one that may find its object gone.
type churn struct {
	client     *kubernetes.Clientset
	namespaces int
	count      int
}

func (c *churn) patch(ctx context.Context, i int, text string) error {
	_, err := c.client.AppsV1().Deployments(namespaceOf(i, c.namespaces)).
		Patch(ctx, nameOf(i), types.StrategicMergePatchType, []byte(text), meta.PatchOptions{})
	return gone(err)
}

func (c *churn) roll(ctx context.Context, i, n int) error {
	return c.patch(ctx, i, fmt.Sprintf(`{"spec":{"template":{"spec":{"containers":[`+
		`{"name":"main","image":"registry.example.org/team/main:2.%d"}]}}}}`, n))
}

func (c *churn) scale(ctx context.Context, i, n int) error {
	text := fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, n%12)
	_, err := c.client.AppsV1().Deployments(namespaceOf(i, c.namespaces)).
		Patch(ctx, nameOf(i), types.MergePatchType, text, meta.PatchOptions{}, "scale")
	return gone(err)
}

func (c *churn) label(ctx context.Context, i, n int) error {
	value := fmt.Sprintf(`"%d"`, n)
	if n%3 == 0 {
		value = "null"
	}
	return c.patch(ctx, i, `{"metadata":{"labels":{"example.org/round":`+value+`}}}`)
}

func (c *churn) remove(ctx context.Context, i int) error {
	err := c.client.AppsV1().Deployments(namespaceOf(i, c.namespaces)).
		Delete(ctx, nameOf(i), meta.DeleteOptions{})
	return gone(err)
}

func (c *churn) create(ctx context.Context, i int) error {
	d := deployment(i, c.namespaces)
	_, err := c.client.AppsV1().Deployments(d.Namespace).Create(ctx, d, meta.CreateOptions{})
	return existsAlready(err)
}

// A finalizer first, then a delete: the object stays, with a deletionTimestamp, until it is let go.
func (c *churn) removeSlowly(ctx context.Context, i int) error {
	hold := `{"metadata":{"finalizers":["example.org/hold"]}}`
	if err := c.patch(ctx, i, hold); err != nil {
		return err
	}
	return c.remove(ctx, i)
}

func (c *churn) letGo(ctx context.Context, i int) error {
	return c.patch(ctx, i, `{"metadata":{"$deleteFromPrimitiveList/finalizers":["example.org/hold"]}}`)
}

func (c *churn) change(ctx context.Context, random *rand.Rand) error {
	i, n := random.Intn(c.count), random.Intn(1000)
	switch random.Intn(16) {
	case 0, 1, 2, 3:
		return c.roll(ctx, i, n)
	case 4, 5, 6:
		return c.scale(ctx, i, n)
	case 7, 8:
		return c.label(ctx, i, n)
	case 9, 10:
		return report(ctx, c.client, namespaceOf(i, c.namespaces), nameOf(i), int32(n%9))
	case 11:
		return c.remove(ctx, i)
	case 12:
		return c.removeSlowly(ctx, i)
	case 13:
		return c.letGo(ctx, i)
	default:
		return c.create(ctx, i)
	}
}

func churnOf(flags *flag.FlagSet, args []string) (*churn, error) {
	c := &churn{}
	flags.IntVar(&c.count, "count", 2000, "Deployments")
	flags.IntVar(&c.namespaces, "namespaces", 10, "as for seed")
	_, client, err := connect(flags, args)
	c.client = client
	return c, err
}

func runChurn(flags *flag.FlagSet, args []string) error {
	seconds := flags.Float64("seconds", 10, "how long")
	seed := flags.Int64("seed", time.Now().UnixNano(), "of the random changes")
	outage := flags.Bool("outage", false, "the server may go away meanwhile")
	c, err := churnOf(flags, args)
	if err != nil {
		return err
	}
	const workers = 4
	var changes atomic.Int64
	end := time.Now().Add(time.Duration(*seconds * float64(time.Second)))
	err = each(workers, workers, func(w int) error {
		random := rand.New(rand.NewSource(*seed + int64(w)))
		for time.Now().Before(end) {
			err := c.change(context.Background(), random)
			if err != nil && !*outage && !apierrors.IsConflict(err) {
				return err
			}
			if err != nil {
				time.Sleep(50 * time.Millisecond)
			}
			changes.Add(1)
		}
		return nil
	})
	fmt.Printf("%d changes with seed %d\n", changes.Load(), *seed)
	return err
}

// runThin makes changes that a client has to find out by comparing: deletions most of all.
func runThin(flags *flag.FlagSet, args []string) error {
	nth := flags.Int("nth", 5, "delete every n-th; roll every n-th after it")
	c, err := churnOf(flags, args)
	if err != nil {
		return err
	}
	return each(c.count, 16, func(i int) error {
		ctx := context.Background()
		switch i % *nth {
		case 0:
			return errors.Join(c.letGo(ctx, i), c.remove(ctx, i))
		case 1:
			return c.roll(ctx, i, 4000+i)
		}
		return nil
	})
}

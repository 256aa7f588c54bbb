// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// What is printed of a kind beside the metadata. A column is a path with dots; `[0]` takes
// the first of a list, `#` its length. A number that is absent is 0, a text that is absent is empty.
type kind struct {
	resource schema.GroupVersionResource
	columns  []column
}

type column struct {
	path   string
	absent string
}

func number(path string) column { return column{path, "0"} }
func text(path string) column   { return column{path, ""} }

var kindsByName = map[string]kind{
	"deployment": {schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}, []column{
		number("spec.replicas"), number("status.readyReplicas"), number("status.updatedReplicas"),
		number("status.availableReplicas"), text("spec.template.spec.containers.[0].image")}},
}

func runDump(flags *flag.FlagSet, args []string) error {
	namespace := flags.String("namespace", "", "only this one")
	selector := flags.String("selector", "", "only objects with these labels")
	if len(args) == 0 || kindsByName[args[0]].resource.Resource == "" {
		return fmt.Errorf("give a kind that the table in dump.go names, then the flags")
	}
	k := kindsByName[args[0]]
	config, _, err := connect(flags, args[1:])
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	list, err := client.Resource(k.resource).Namespace(*namespace).
		List(context.Background(), meta.ListOptions{LabelSelector: *selector})
	if err != nil {
		return err
	}
	lines := make([]string, 0, len(list.Items))
	for i := range list.Items {
		lines = append(lines, line(&list.Items[i], k.columns))
	}
	sort.Strings(lines)
	out := bufio.NewWriter(os.Stdout)
	for _, l := range lines {
		fmt.Fprintln(out, l)
	}
	return out.Flush()
}

func line(o *unstructured.Unstructured, columns []column) string {
	created, _, _ := unstructured.NestedString(o.Object, "metadata", "creationTimestamp")
	deleted, _, _ := unstructured.NestedString(o.Object, "metadata", "deletionTimestamp")
	parts := []string{o.GetNamespace(), o.GetName(), string(o.GetUID()), o.GetResourceVersion(),
		fmt.Sprint(o.GetGeneration()), created, deleted, labels(o.GetLabels())}
	for _, c := range columns {
		parts = append(parts, c.of(o.Object))
	}
	return strings.Join(parts, "\t")
}

func labels(m map[string]string) string {
	pairs := make([]string, 0, len(m))
	for k, v := range m {
		pairs = append(pairs, k+"="+v)
	}
	sort.Strings(pairs)
	return strings.Join(pairs, ",")
}

func (c column) of(object map[string]any) string {
	var value any = object
	for _, step := range strings.Split(c.path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			value = inList(v, step)
		default:
			return c.absent
		}
	}
	if value == nil {
		return c.absent
	}
	return fmt.Sprint(value)
}

func inList(list []any, step string) any {
	if step == "#" {
		return len(list)
	}
	if step == "[0]" && len(list) > 0 {
		return list[0]
	}
	return nil
}

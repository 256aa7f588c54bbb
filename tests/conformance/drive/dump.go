// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// What is printed of a kind beside the metadata.
type kind struct {
	resource schema.GroupVersionResource
	columns  []column
	rows     []row // instead of columns, where the kind's table says what is printed
}

// A column is a path with dots; `[0]` takes an element of a list, `#` its length.
type column struct {
	path   string
	format func(value any) string // of a value that is nil where it is absent
}

func number(path string) column   { return column{path, orElse("0")} }
func text(path string) column     { return column{path, orElse("")} }
func yes(path string) column      { return column{path, orElse("false")} }
func quantity(path string) column { return column{path, milli} }
func texts(path string) column    { return column{path, pairsOf(escape)} }
func binary(path string) column   { return column{path, pairsOf(hexOf)} }
func list(path string) column     { return column{path, elements} }

func legacy(resource string, columns ...column) kind {
	return kind{schema.GroupVersionResource{Version: "v1", Resource: resource}, columns, nil}
}

func group(name, resource string, columns ...column) kind {
	return kind{schema.GroupVersionResource{Group: name, Version: "v1", Resource: resource}, columns, nil}
}

var kindsByName = map[string]kind{
	"deployment": group("apps", "deployments",
		number("spec.replicas"), number("status.readyReplicas"), number("status.updatedReplicas"),
		number("status.availableReplicas"), text("spec.template.spec.containers.[0].image")),
	"pod": legacy("pods",
		text("spec.nodeName"), text("spec.restartPolicy"), text("spec.serviceAccountName"),
		text("status.phase"), text("status.podIP"), text("status.hostIP"), text("status.startTime"),
		text("status.qosClass"), number("spec.containers.#"), text("spec.containers.[0].name"),
		text("spec.containers.[0].image"), number("spec.containers.[0].ports.[0].containerPort"),
		text("spec.containers.[0].ports.[0].protocol"),
		quantity("spec.containers.[0].resources.requests.cpu"),
		quantity("spec.containers.[0].resources.requests.memory"),
		text("status.containerStatuses.[0].name"), yes("status.containerStatuses.[0].ready"),
		number("status.containerStatuses.[0].restartCount"),
		text("status.containerStatuses.[0].state.waiting.reason")),
	"node": legacy("nodes",
		text("spec.podCIDR"), text("spec.providerID"), yes("spec.unschedulable"),
		quantity("status.capacity.cpu"), quantity("status.capacity.memory"), quantity("status.capacity.pods"),
		quantity("status.allocatable.cpu"), quantity("status.allocatable.memory"),
		quantity("status.allocatable.pods"), text("status.nodeInfo.kubeletVersion"),
		text("status.nodeInfo.osImage"), text("status.nodeInfo.architecture"),
		text("status.addresses.[0].type"), text("status.addresses.[0].address"),
		text("status.conditions.[0].type"), text("status.conditions.[0].status"),
		text("status.conditions.[0].reason"), number("spec.taints.#")),
	"namespace": legacy("namespaces", text("status.phase")),
	"service": legacy("services",
		text("spec.type"), text("spec.clusterIP"), text("spec.sessionAffinity"), texts("spec.selector"),
		number("spec.ports.#"), text("spec.ports.[0].name"), text("spec.ports.[0].protocol"),
		number("spec.ports.[0].port"), text("spec.ports.[0].targetPort"),
		number("spec.ports.[0].nodePort"), text("spec.ports.[1].targetPort")),
	"configmap": legacy("configmaps", texts("data"), binary("binaryData"), yes("immutable")),
	"secret":    legacy("secrets", text("type"), binary("data"), yes("immutable")),
	"lease": group("coordination.k8s.io", "leases",
		text("spec.holderIdentity"), number("spec.leaseDurationSeconds"), text("spec.acquireTime"),
		text("spec.renewTime"), number("spec.leaseTransitions")),
	"sensor": {sensors, []column{
		number("spec.intervalSeconds"), text("spec.unit"), list("spec.tags"), text("status.phase")}, nil},
	"event": legacy("events",
		text("type"), text("reason"), text("message"), number("count"), text("firstTimestamp"),
		text("lastTimestamp"), text("involvedObject.kind"), text("involvedObject.namespace"),
		text("involvedObject.name"), text("source.component"), text("source.host")),
}

func runDump(flags *flag.FlagSet, args []string) error {
	namespace := flags.String("namespace", "", "only this one")
	selector := flags.String("selector", "", "only objects with these labels")
	if len(args) == 0 {
		return fmt.Errorf("give a kind, then the flags")
	}
	k, known := kindNamed(args[0])
	if !known {
		return fmt.Errorf("neither the table in dump.go nor $KEDGE_TABLES has %s", args[0])
	}
	_, client, err := connectDynamic(flags, args[1:])
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
		lines = append(lines, line(&list.Items[i], k))
	}
	sort.Strings(lines)
	out := bufio.NewWriter(os.Stdout)
	for _, l := range lines {
		fmt.Fprintln(out, l)
	}
	return out.Flush()
}

func line(o *unstructured.Unstructured, k kind) string {
	created, _, _ := unstructured.NestedString(o.Object, "metadata", "creationTimestamp")
	deleted, _, _ := unstructured.NestedString(o.Object, "metadata", "deletionTimestamp")
	parts := []string{o.GetNamespace(), o.GetName(), string(o.GetUID()), o.GetResourceVersion(),
		fmt.Sprint(o.GetGeneration()), created, deleted, labels(o.GetLabels())}
	return strings.Join(append(parts, valuesOf(o, k)...), "\t")
}

func labels(m map[string]string) string {
	values := make(map[string]any, len(m))
	for k, v := range m {
		values[k] = v
	}
	return pairsOf(escape)(values)
}

func pairsOf(value func(text string) string) func(any) string {
	return func(v any) string {
		m, _ := v.(map[string]any)
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for i, k := range keys {
			keys[i] = k + "=" + value(fmt.Sprint(m[k]))
		}
		return strings.Join(keys, ",")
	}
}

// escape hides what would end a column, a line or an escape.
func escape(text string) string {
	return strings.NewReplacer("\t", `\t`, "\n", `\n`, `\`, `\\`).Replace(text)
}

func hexOf(text string) string {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err.Error()
	}
	return hex.EncodeToString(raw)
}

func elements(v any) string {
	texts, _ := v.([]any)
	parts := make([]string, 0, len(texts))
	for _, t := range texts {
		parts = append(parts, escape(fmt.Sprint(t)))
	}
	return strings.Join(parts, ",")
}

func milli(v any) string {
	text, _ := v.(string)
	if text == "" {
		return "0"
	}
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(q.MilliValue())
}

func orElse(absent string) func(any) string {
	return func(v any) string {
		if v == nil {
			return absent
		}
		return escape(fmt.Sprint(v))
	}
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
			value = nil
		}
	}
	return c.format(value)
}

func inList(list []any, step string) any {
	if step == "#" {
		return len(list)
	}
	if i := int(step[1] - '0'); i < len(list) {
		return list[i]
	}
	return nil
}

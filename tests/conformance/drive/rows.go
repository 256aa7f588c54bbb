// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A row of a kind's table, as `beside --tables` prints it. What is printed here must be what rows.c
// prints of the record.
type row struct {
	Type  string
	Path  []string
	Names []string // of an enum
	Rows  []row    // of a list's elements
}

type table struct {
	Group, Version, Resource string
	Rows                     []row
}

var tables map[string]table

// kindNamed knows those of dump.go, and "pod-rows": all rows of the table of that kind in
// $KEDGE_TABLES.
func kindNamed(name string) (kind, bool) {
	if k, known := kindsByName[name]; known {
		return k, true
	}
	if text, err := os.ReadFile(os.Getenv("KEDGE_TABLES")); tables == nil && err == nil {
		if err := json.Unmarshal(text, &tables); err != nil {
			panic(err)
		}
	}
	t, known := tables[strings.TrimSuffix(name, "-rows")]
	return kind{schema.GroupVersionResource{Group: t.Group, Version: t.Version, Resource: t.Resource}, nil, t.Rows},
		known && strings.HasSuffix(name, "-rows")
}

func (r row) value(object map[string]any) any {
	var value any = object
	for _, key := range r.Path {
		m, _ := value.(map[string]any)
		value = m[key]
	}
	return value
}

func quoted(text string) string { return `"` + escape(text) + `"` }

func scalar(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// microseconds of a time, to the second or as it is: what a row's type keeps.
func microseconds(v any, to time.Duration) string {
	text, _ := v.(string)
	if text == "" {
		return "0"
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(t.Truncate(to).UnixMicro())
}

func sortedMap(v any, print func(v any) string) string {
	m, _ := v.(map[string]any)
	parts := make([]string, 0, len(m))
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		parts = append(parts, quoted(k)+":"+print(m[k]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func sequence(v any, print func(v any) string) string {
	list, _ := v.([]any)
	parts := make([]string, 0, len(list))
	for _, e := range list {
		parts = append(parts, print(e))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// canonical is JSON with sorted keys; "" of nothing.
func canonical(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return sortedMap(v, canonical)
	case []any:
		return sequence(v, canonical)
	case string:
		return quoted(v)
	}
	return scalar(v)
}

func quotedScalar(v any) string { return quoted(scalar(v)) }
func hexText(v any) string      { return hexOf(scalar(v)) }

func (r row) print(v any) string {
	switch r.Type {
	case "text", "scalar":
		return quotedScalar(v)
	case "bool":
		return orElse("false")(v)
	case "number":
		return orElse("0")(v)
	case "time":
		return microseconds(v, time.Second)
	case "microtime":
		return microseconds(v, time.Microsecond)
	case "quantity":
		if n, isNumber := v.(int64); isNumber {
			v = fmt.Sprint(n)
		}
		return milli(v)
	case "enum":
		if !slices.Contains(r.Names, scalar(v)) {
			return ""
		}
		return scalar(v)
	case "texts":
		return sequence(v, quotedScalar)
	case "map":
		return sortedMap(v, quotedScalar)
	case "bytesmap":
		return sortedMap(v, hexText)
	case "bytes":
		return hexText(v)
	case "raw":
		return canonical(v)
	case "list":
		return sequence(v, r.element)
	}
	return "no type " + r.Type
}

func (r row) element(v any) string {
	m, _ := v.(map[string]any)
	parts := make([]string, 0, len(r.Rows))
	for _, of := range r.Rows {
		if of.Type != "drop" {
			parts = append(parts, of.print(of.value(m)))
		}
	}
	return "(" + strings.Join(parts, ",") + ")"
}

// columnsOf is what rows.c prints behind the metadata.
func columnsOf(object map[string]any, rows []row) []string {
	parts := make([]string, 0, len(rows))
	for _, r := range rows {
		part := strings.Join(r.Path, ".")
		if v := r.value(object); v != nil {
			part += "=" + r.print(v)
		}
		if r.Type != "drop" {
			parts = append(parts, part)
		}
	}
	return parts
}

// A tally is which rows of a table have been seen with a value; two kinds may share the table of a
// list's elements, and it is the same then.
type tally map[string][]bool

func (t tally) of(rows []row) []bool {
	key := fmt.Sprint(rows)
	if t[key] == nil {
		t[key] = make([]bool, len(rows))
	}
	return t[key]
}

func (t tally) see(rows []row, object map[string]any) {
	seen := t.of(rows)
	for i, r := range rows {
		v := r.value(object)
		seen[i] = seen[i] || v != nil
		if list, isList := v.([]any); isList && r.Type == "list" {
			for _, e := range list {
				m, _ := e.(map[string]any)
				t.see(r.Rows, m)
			}
		}
	}
}

// missing prints the paths of rows that were not seen, and counts them.
func (t tally) missing(where string, rows []row) int {
	count := 0
	for i, seen := range t.of(rows) {
		r := rows[i]
		path := where + "." + strings.Join(r.Path, ".")
		if !seen && r.Type != "drop" {
			fmt.Println(path)
			count++
		}
		count += t.missing(path, r.Rows)
	}
	return count
}

// runUnseen prints the rows of the kinds' tables that no object of the server has a value for: a path
// that is misspelt would be among them.
func runUnseen(flags *flag.FlagSet, args []string) error {
	_, client, err := connectDynamic(flags, args)
	if err != nil {
		return err
	}
	all, count := tally{}, 0
	for _, name := range flags.Args() {
		k, known := kindNamed(name)
		if !known {
			return fmt.Errorf("no kind %s", name)
		}
		list, err := client.Resource(k.resource).List(context.Background(), meta.ListOptions{})
		if err != nil {
			return err
		}
		for _, o := range list.Items {
			all.see(k.rows, o.Object)
		}
	}
	for _, name := range flags.Args() {
		k, _ := kindNamed(name)
		count += all.missing(name, k.rows)
	}
	if count > 0 {
		return fmt.Errorf("%d rows that no object has", count)
	}
	return nil
}

func valuesOf(o *unstructured.Unstructured, k kind) []string {
	if k.rows != nil {
		return columnsOf(o.Object, k.rows)
	}
	parts := make([]string, 0, len(k.columns))
	for _, c := range k.columns {
		parts = append(parts, c.of(o.Object))
	}
	return parts
}

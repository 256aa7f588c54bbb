// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// The custom resource of examples/sensor_watch.c.
var (
	sensors     = schema.GroupVersionResource{Group: "edge.example.com", Version: "v1", Resource: "sensors"}
	definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
)

type object = map[string]any

func sensorDefinition() *unstructured.Unstructured {
	anything := object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	return &unstructured.Unstructured{Object: object{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": object{"name": "sensors.edge.example.com"},
		"spec": object{
			"group": sensors.Group, "scope": "Namespaced",
			"names": object{"plural": "sensors", "singular": "sensor", "kind": "Sensor", "listKind": "SensorList"},
			"versions": []any{object{
				"name": sensors.Version, "served": true, "storage": true,
				"schema": object{"openAPIV3Schema": object{
					"type": "object", "properties": object{"spec": anything, "status": anything}}},
			}},
		},
	}}
}

func sensor(i int) *unstructured.Unstructured {
	tags := []any{}
	for t := range i % 4 {
		tags = append(tags, fmt.Sprintf("tag \"%d\"", t))
	}
	return &unstructured.Unstructured{Object: object{
		"apiVersion": "edge.example.com/v1", "kind": "Sensor",
		"metadata": object{"name": fmt.Sprintf("sensor-%d", i), "namespace": "default"},
		"spec":     object{"intervalSeconds": int64(i + 10), "unit": "°C", "tags": tags},
		"status":   object{"phase": "Ready"},
	}}
}

// runSensors defines the kind, makes ten, changes the first and deletes the second.
func runSensors(flags *flag.FlagSet, args []string) error {
	_, client, err := connectDynamic(flags, args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err = client.Resource(definitions).Create(ctx, sensorDefinition(), meta.CreateOptions{})
	if existsAlready(err) != nil {
		return err
	}
	inDefault := client.Resource(sensors).Namespace("default")
	for i := range 10 {
		if err := createSensor(ctx, inDefault, sensor(i)); err != nil {
			return err
		}
	}
	patch := []byte(`{"spec":{"intervalSeconds":777}}`)
	if _, err := inDefault.Patch(ctx, "sensor-0", types.MergePatchType, patch, meta.PatchOptions{}); err != nil {
		return err
	}
	return gone(inDefault.Delete(ctx, "sensor-1", meta.DeleteOptions{}))
}

// The server answers 404 until it has taken in the new kind.
func createSensor(ctx context.Context, client dynamic.ResourceInterface, o *unstructured.Unstructured) error {
	for {
		_, err := client.Create(ctx, o, meta.CreateOptions{})
		if !apierrors.IsNotFound(err) {
			return existsAlready(err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
)

const sampleNamespace = "kedge-sample"

// A sample is an object of samples/, with the client for its kind.
type sample struct {
	object *unstructured.Unstructured
	client dynamic.ResourceInterface
}

func (s sample) patch(ctx context.Context, patch any, sub ...string) error {
	text, err := json.Marshal(patch)
	if err == nil {
		_, err = s.client.Patch(ctx, s.object.GetName(), types.MergePatchType, text, meta.PatchOptions{}, sub...)
	}
	return err
}

func (s sample) create(ctx context.Context) error {
	status := s.object.Object["status"]
	_, err := s.client.Create(ctx, s.object, meta.CreateOptions{})
	if err == nil && status != nil {
		err = s.patch(ctx, map[string]any{"status": status}, "status")
	}
	return existsAlready(err)
}

func (s sample) label(ctx context.Context, labels map[string]any) error {
	return s.patch(ctx, map[string]any{"metadata": map[string]any{"labels": labels}})
}

// remove leaves nothing behind that waits for a controller.
func (s sample) remove(ctx context.Context) error {
	now := int64(0)
	err := s.client.Delete(ctx, s.object.GetName(), meta.DeleteOptions{GracePeriodSeconds: &now})
	if err == nil {
		err = s.patch(ctx, map[string]any{"metadata": map[string]any{"finalizers": nil}})
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func readSamples(ctx context.Context, folder string, flags *flag.FlagSet, args []string) ([]sample, error) {
	client, dynamicClient, err := connectDynamic(flags, args)
	if err != nil {
		return nil, err
	}
	groups, err := restmapper.GetAPIGroupResources(client.Discovery())
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) {
		return nil, err
	}
	mapper := restmapper.NewDiscoveryRESTMapper(groups)
	namespace := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace",
		"metadata": map[string]any{"name": sampleNamespace,
			"labels": map[string]any{"resource.kubernetes.io/admin-access": "true"}}}}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	objects := []*unstructured.Unstructured{namespace}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		o := &unstructured.Unstructured{}
		if err := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096).Decode(&o.Object); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		objects = append(objects, o)
	}
	samples := make([]sample, 0, len(objects))
	for _, o := range objects {
		mapping, err := mapper.RESTMapping(o.GroupVersionKind().GroupKind(), o.GroupVersionKind().Version)
		if err != nil {
			return nil, err
		}
		s := sample{o, dynamicClient.Resource(mapping.Resource)}
		if mapping.Scope.Name() == "namespace" {
			s.client = dynamicClient.Resource(mapping.Resource).Namespace(sampleNamespace)
		}
		samples = append(samples, s)
	}
	return samples, nil
}

// runSamples makes the objects of samples/, changes them while somebody watches, or takes them away.
func runSamples(flags *flag.FlagSet, args []string) error {
	if len(args) < 2 {
		return errors.New("give make, change or remove, and the folder")
	}
	ctx := context.Background()
	samples, err := readSamples(ctx, args[1], flags, args[2:])
	if err != nil {
		return err
	}
	for i, s := range samples {
		switch args[0] {
		case "make":
			err = s.create(ctx)
		case "change":
			// In front and out again: by a label, twice, so that the second is an update of an update.
			err = errors.Join(s.label(ctx, map[string]any{"tier": "back", "turn": fmt.Sprint(rand.Intn(1000))}),
				s.label(ctx, map[string]any{"tier": []string{"front", "back"}[i%2]}))
		case "remove":
			if s.object.GetKind() != "Namespace" {
				err = s.remove(ctx)
			}
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", strings.ToLower(s.object.GetKind()), s.object.GetName(), err)
		}
	}
	fmt.Printf("%d objects\n", len(samples))
	return nil
}

// SPDX-License-Identifier: Apache-2.0

// One program that is etcd or kube-apiserver by the name it is called under, so
// that a folder with two links to it looks like any KUBEBUILDER_ASSETS folder.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(app.NewAPIServerCommand()))
	default:
		fmt.Fprintf(os.Stderr, "%s: call this program as etcd or as kube-apiserver\n", name)
		os.Exit(2)
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	auth "k8s.io/api/authentication/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	rbac "k8s.io/api/rbac/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
)

// How many objects of each kind `kinds` makes.
const perKind = 40

func named(i int, name string) meta.ObjectMeta {
	return meta.ObjectMeta{
		Name: fmt.Sprintf("%s-%02d", name, i), Namespace: "default",
		Labels: labelsOf(i), Annotations: annotationsOf(i),
	}
}

func createPod(ctx context.Context, client *kubernetes.Clientset, i int) error {
	pod := &core.Pod{ObjectMeta: named(i, "pod"), Spec: core.PodSpec{
		Containers: containers(i), NodeName: fmt.Sprintf("node-%02d", i%perKind)}}
	_, err := client.CoreV1().Pods("default").Create(ctx, pod, meta.CreateOptions{})
	if existsAlready(err) != nil {
		return err
	}
	state := `{"waiting":{"reason":"CrashLoopBackOff"}}`
	if i%4 == 3 {
		state = `{"running":{"startedAt":"2026-01-02T03:04:06Z"}}`
	}
	patch := fmt.Appendf(nil, `{"status":{"phase":%q,"podIP":"10.1.0.%d","podIPs":[{"ip":"10.1.0.%d"},{"ip":"fd00::%x"}],`+
		`"hostIP":"192.0.2.%d","startTime":"2026-01-02T03:04:05Z","conditions":[{"type":"Ready","status":%q}],`+
		`"containerStatuses":[{"name":"main","image":"i","imageID":"","ready":%v,"restartCount":%d,"state":%s}]}}`,
		[]string{"Running", "Pending", "Failed"}[i%3], i, i, i, i, []string{"True", "False"}[i%2], i%2 == 0, i, state)
	_, err = client.CoreV1().Pods("default").
		Patch(ctx, pod.Name, types.MergePatchType, patch, meta.PatchOptions{}, "status")
	return err
}

func createNode(ctx context.Context, client *kubernetes.Clientset, i int) error {
	node := &core.Node{ObjectMeta: named(i, "node"), Spec: core.NodeSpec{
		PodCIDR: fmt.Sprintf("10.%d.0.0/24", i), Unschedulable: i%2 == 0, ProviderID: "kedge://" + fmt.Sprint(i)}}
	node.Namespace = ""
	_, err := client.CoreV1().Nodes().Create(ctx, node, meta.CreateOptions{})
	if existsAlready(err) != nil {
		return err
	}
	patch := fmt.Appendf(nil, `{"status":{"capacity":{"cpu":"%d","memory":"%dKi","pods":"110"},"allocatable":`+
		`{"cpu":"%dm","memory":"%de3","pods":"100"},"nodeInfo":{"kubeletVersion":"v1.36.%d","osImage":"Debian \"12\"",`+
		`"architecture":"arm64","operatingSystem":"linux","kernelVersion":"6.1","containerRuntimeVersion":"containerd://2.1",`+
		`"machineID":"m","systemUUID":"s","bootID":"b","kubeProxyVersion":""},"addresses":[{"type":"InternalIP",`+
		`"address":"192.0.2.%d"},{"type":"Hostname","address":"n%d"}],"conditions":[{"type":"Ready","status":%q,"reason":`+
		`"KubeletReady","lastHeartbeatTime":"2026-01-02T03:04:05Z"}]}}`,
		i+1, i*1000+7, i*250+1, i+3, i, i, i, []string{"True", "Unknown"}[i%2])
	_, err = client.CoreV1().Nodes().
		Patch(ctx, node.Name, types.MergePatchType, patch, meta.PatchOptions{}, "status")
	return err
}

func createService(ctx context.Context, client *kubernetes.Clientset, i int) error {
	service := &core.Service{ObjectMeta: named(i, "service"), Spec: core.ServiceSpec{
		Type:     []core.ServiceType{core.ServiceTypeClusterIP, core.ServiceTypeNodePort, core.ServiceTypeLoadBalancer}[i%3],
		Selector: map[string]string{"select": nameOf(i), "tier": "front"},
		Ports: []core.ServicePort{
			{Name: "http", Port: 80, TargetPort: intstr.FromString("http")},
			{Name: "dns", Port: 53, TargetPort: intstr.FromInt32(5353), Protocol: core.ProtocolUDP}},
	}}
	if i%4 == 0 {
		service.Spec.Type, service.Spec.ClusterIP = core.ServiceTypeClusterIP, core.ClusterIPNone
	}
	_, err := client.CoreV1().Services("default").Create(ctx, service, meta.CreateOptions{})
	return existsAlready(err)
}

func createConfigMap(ctx context.Context, client *kubernetes.Clientset, i int) error {
	config := &core.ConfigMap{ObjectMeta: named(i, "config-map"), Data: map[string]string{
		"text": "line \"one\"\nline two \\ é 𝄞\n", "empty": "", "number": fmt.Sprint(i)},
		BinaryData: map[string][]byte{"bytes": {0, 1, 2, 254, 255, byte(i)}}}
	if i == perKind {
		config.Name = "large"
		config.Data["large"] = strings.Repeat("a large value; ", 50*1024)
	}
	_, err := client.CoreV1().ConfigMaps("default").Create(ctx, config, meta.CreateOptions{})
	return existsAlready(err)
}

func createSecret(ctx context.Context, client *kubernetes.Clientset, i int) error {
	secret := &core.Secret{ObjectMeta: named(i, "secret"), Type: core.SecretTypeOpaque, Data: map[string][]byte{
		"empty": {}, "one": {byte(i)}, "two": {0, byte(i)}, "text": fmt.Appendf(nil, "password %d", i)}}
	_, err := client.CoreV1().Secrets("default").Create(ctx, secret, meta.CreateOptions{})
	return existsAlready(err)
}

func createLease(ctx context.Context, client *kubernetes.Clientset, i int) error {
	holder, seconds, transitions := fmt.Sprintf("holder \"%d\"", i), int32(15+i), int32(i)
	at := meta.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, i*1001000, time.UTC))
	lease := &coordination.Lease{ObjectMeta: named(i, "lease"), Spec: coordination.LeaseSpec{
		HolderIdentity: &holder, LeaseDurationSeconds: &seconds, LeaseTransitions: &transitions,
		AcquireTime: &at, RenewTime: &at}}
	_, err := client.CoordinationV1().Leases("default").Create(ctx, lease, meta.CreateOptions{})
	return existsAlready(err)
}

func createEvent(ctx context.Context, client *kubernetes.Clientset, i int) error {
	at := meta.NewTime(time.Date(2026, 1, 2, 3, 4, i%60, 0, time.UTC))
	event := &core.Event{ObjectMeta: named(i, "event"),
		InvolvedObject: core.ObjectReference{Kind: "Pod", Namespace: "default", Name: fmt.Sprintf("pod-%02d", i)},
		Reason:         "BackOff", Message: fmt.Sprintf("Back-off \"restarting\" %d\n", i),
		Type: []string{core.EventTypeNormal, core.EventTypeWarning}[i%2], Count: int32(i),
		FirstTimestamp: at, LastTimestamp: at, Source: core.EventSource{Component: "kubelet", Host: "n"}}
	_, err := client.CoreV1().Events("default").Create(ctx, event, meta.CreateOptions{})
	return existsAlready(err)
}

func runKinds(flags *flag.FlagSet, args []string) error {
	large := flags.Bool("large", true, "with a ConfigMap that is too large for a record")
	_, client, err := connect(flags, args)
	if err != nil {
		return err
	}
	ctx := context.Background()
	creators := []func(context.Context, *kubernetes.Clientset, int) error{
		createNode, createPod, createService, createConfigMap, createSecret, createLease, createEvent}
	for _, create := range creators {
		err := each(perKind, 8, func(i int) error { return create(ctx, client, i) })
		if err != nil {
			return err
		}
	}
	if *large {
		return createConfigMap(ctx, client, perKind)
	}
	return nil
}

// runGrant lets the user 'restricted' see the Deployments of one namespace and nothing else, and the
// service account 'kedge' those of all.
func runGrant(flags *flag.FlagSet, args []string) error {
	_, client, err := connect(flags, args)
	if err != nil {
		return err
	}
	ctx := context.Background()
	name := meta.ObjectMeta{Name: "see-deployments"}
	rules := []rbac.PolicyRule{{APIGroups: []string{"apps"}, Resources: []string{"deployments"},
		Verbs: []string{"get", "list", "watch"}}}
	account := core.ServiceAccount{ObjectMeta: meta.ObjectMeta{Name: "kedge"}}
	steps := []func() error{
		func() error {
			_, err := client.RbacV1().Roles("default").
				Create(ctx, &rbac.Role{ObjectMeta: name, Rules: rules}, meta.CreateOptions{})
			return err
		},
		func() error {
			_, err := client.RbacV1().RoleBindings("default").Create(ctx, &rbac.RoleBinding{ObjectMeta: name,
				RoleRef:  rbac.RoleRef{APIGroup: rbac.GroupName, Kind: "Role", Name: name.Name},
				Subjects: []rbac.Subject{{Kind: rbac.UserKind, APIGroup: rbac.GroupName, Name: "restricted"}},
			}, meta.CreateOptions{})
			return err
		},
		func() error {
			_, err := client.RbacV1().ClusterRoles().
				Create(ctx, &rbac.ClusterRole{ObjectMeta: name, Rules: rules}, meta.CreateOptions{})
			return err
		},
		func() error {
			_, err := client.RbacV1().ClusterRoleBindings().Create(ctx, &rbac.ClusterRoleBinding{ObjectMeta: name,
				RoleRef:  rbac.RoleRef{APIGroup: rbac.GroupName, Kind: "ClusterRole", Name: name.Name},
				Subjects: []rbac.Subject{{Kind: rbac.ServiceAccountKind, Namespace: "default", Name: account.Name}},
			}, meta.CreateOptions{})
			return err
		},
		func() error {
			_, err := client.CoreV1().ServiceAccounts("default").Create(ctx, &account, meta.CreateOptions{})
			return err
		},
	}
	for _, step := range steps {
		if err := existsAlready(step()); err != nil {
			return err
		}
	}
	return nil
}

// runToken prints a token of the service account 'kedge', as a pod gets one.
func runToken(flags *flag.FlagSet, args []string) error {
	_, client, err := connect(flags, args)
	if err != nil {
		return err
	}
	request, err := client.CoreV1().ServiceAccounts("default").
		CreateToken(context.Background(), "kedge", &auth.TokenRequest{}, meta.CreateOptions{})
	if err == nil {
		fmt.Print(request.Status.Token)
	}
	return err
}

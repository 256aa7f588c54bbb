// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	api "k8s.io/client-go/tools/clientcmd/api"
)

// A key and its certificate, in memory and as PEM.
type pair struct {
	key     crypto.Signer
	cert    *x509.Certificate
	certPEM []byte
	keyPEM  []byte
}

func newRSA() (crypto.Signer, error)   { return rsa.GenerateKey(rand.Reader, 2048) }
func newECDSA() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

var serial int64 = 1

// issue signs `template` with `by`, or with its own key where `by` is nil.
func issue(template x509.Certificate, newKey func() (crypto.Signer, error), by *pair) (*pair, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	serial++
	template.SerialNumber = big.NewInt(serial)
	if template.NotAfter.IsZero() {
		template.NotBefore = time.Now().Add(-time.Hour)
		template.NotAfter = time.Now().Add(7 * 24 * time.Hour)
	}
	parent, signer := &template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	return newPair(key, der)
}

func newPair(key crypto.Signer, der []byte) (*pair, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	// The forms that kubeadm and openssl write: PKCS #1 and SEC 1.
	block := &pem.Block{}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		block.Type, block.Bytes = "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k)
	case *ecdsa.PrivateKey:
		block.Type = "EC PRIVATE KEY"
		if block.Bytes, err = x509.MarshalECPrivateKey(k); err != nil {
			return nil, err
		}
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &pair{key, cert, certPEM, pem.EncodeToMemory(block)}, nil
}

func authority(name string) x509.Certificate {
	return x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
}

func server() x509.Certificate {
	return x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
}

func wrongHost() x509.Certificate {
	c := server()
	c.DNSNames, c.IPAddresses = []string{"elsewhere.invalid"}, []net.IP{net.IPv4(192, 0, 2, 1)}
	return c
}

func expired() x509.Certificate {
	c := server()
	c.NotBefore = time.Now().Add(-48 * time.Hour)
	c.NotAfter = time.Now().Add(-24 * time.Hour)
	return c
}

func client(name string) x509.Certificate {
	return x509.Certificate{
		Subject:     pkix.Name{CommonName: name, Organization: []string{"system:masters"}},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

// Everything that the run needs, by file name.
func makePairs() (map[string]*pair, error) {
	pairs := map[string]*pair{}
	for _, c := range []struct {
		name, by string
		template x509.Certificate
		newKey   func() (crypto.Signer, error)
	}{
		{"ca", "", authority("kedge-conformance-ca"), newRSA},
		{"other-ca", "", authority("kedge-conformance-other-ca"), newRSA},
		{"server-rsa", "ca", server(), newRSA},
		{"server-ecdsa", "ca", server(), newECDSA},
		{"server-expired", "ca", expired(), newRSA},
		{"server-wrong-host", "ca", wrongHost(), newRSA},
		{"server-other-ca", "other-ca", server(), newRSA},
		{"client-rsa", "ca", client("admin-rsa"), newRSA},
		{"client-ecdsa", "ca", client("admin-ecdsa"), newECDSA},
		{"client-other-ca", "other-ca", client("admin-other"), newECDSA},
		{"service-account", "ca", client("service-account-signer"), newRSA},
	} {
		p, err := issue(c.template, c.newKey, pairs[c.by])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		pairs[c.name] = p
	}
	return pairs, nil
}

func newToken() string {
	b := make([]byte, 20)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

func runPKI(flags *flag.FlagSet, args []string) error {
	if len(args) != 2 {
		return errors.New("give the folder and the server's URL")
	}
	dir, url := args[0], args[1]
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	pairs, err := makePairs()
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	for name, p := range pairs {
		files[name+".crt"], files[name+".key"] = p.certPEM, p.keyPEM
	}
	files["server.crt"], files["server.key"] = files["server-rsa.crt"], files["server-rsa.key"]

	admin, restricted := newToken(), newToken()
	files["admin.token"], files["restricted.token"] = []byte(admin), []byte(restricted)
	files["tokens.csv"] = fmt.Appendf(nil,
		"%s,admin,uid-admin,\"system:masters\"\n%s,restricted,uid-restricted\n", admin, restricted)
	for name, user := range users(pairs, admin, restricted) {
		config, err := kubeconfig(url, user)
		if err != nil {
			return err
		}
		files[name+".kubeconfig"] = config
	}
	return writeAll(dir, files)
}

// What differs from user to user; the cluster's fields are those of ca.crt unless given.
type user struct {
	info    api.AuthInfo
	cluster api.Cluster
}

func users(pairs map[string]*pair, admin, restricted string) map[string]user {
	token := api.AuthInfo{Token: admin}
	return map[string]user{
		"admin":           {info: token, cluster: api.Cluster{CertificateAuthority: "ca.crt"}},
		"restricted":      {info: api.AuthInfo{Token: restricted}},
		"bad-token":       {info: api.AuthInfo{Token: newToken()}},
		"nobody":          {},
		"token-file":      {info: api.AuthInfo{TokenFile: "admin.token"}},
		"client-rsa":      {info: api.AuthInfo{ClientCertificate: "client-rsa.crt", ClientKey: "client-rsa.key"}},
		"client-data":     {info: dataOf(pairs["client-ecdsa"]), cluster: api.Cluster{CertificateAuthorityData: pairs["ca"].certPEM}},
		"client-other-ca": {info: dataOf(pairs["client-other-ca"])},
		"wrong-ca":        {info: token, cluster: api.Cluster{CertificateAuthority: "other-ca.crt"}},
		"both-cas":        {info: token, cluster: api.Cluster{CertificateAuthorityData: bytes.Join([][]byte{pairs["other-ca"].certPEM, pairs["ca"].certPEM}, nil)}},
		"server-name":     {info: token, cluster: api.Cluster{CertificateAuthority: "ca.crt", TLSServerName: "kubernetes.default.svc"}},
		"wrong-name":      {info: token, cluster: api.Cluster{CertificateAuthority: "ca.crt", TLSServerName: "elsewhere.invalid"}},
		"insecure":        {info: token, cluster: api.Cluster{InsecureSkipTLSVerify: true}},
	}
}

func dataOf(p *pair) api.AuthInfo {
	return api.AuthInfo{ClientCertificateData: p.certPEM, ClientKeyData: p.keyPEM}
}

func kubeconfig(url string, u user) ([]byte, error) {
	c := u.cluster
	c.Server = url
	if c.CertificateAuthority == "" && c.CertificateAuthorityData == nil && !c.InsecureSkipTLSVerify {
		c.CertificateAuthority = "ca.crt"
	}
	config := api.NewConfig()
	config.Clusters["conformance"] = &c
	config.AuthInfos["user"] = &u.info
	config.Contexts["conformance"] = &api.Context{Cluster: "conformance", AuthInfo: "user"}
	config.CurrentContext = "conformance"
	return clientcmd.Write(*config)
}

func writeAll(dir string, files map[string][]byte) error {
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// What a cluster needs of certificates, without a tool that may not be installed: a CA, the API server's serving
// certificate (good for 127.0.0.1 too, where the forwarder outside of the node's namespaces listens, so that no
// client needs a special setting) and the certificate by which the API server is known to the kubelet.
func makeCertificates(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: make-certificates FOLDER NAME_OR_ADDRESS…")
	}
	authority, err := newAuthority(args[0])
	if err != nil {
		return err
	}
	serving := template("kube-apiserver", x509.ExtKeyUsageServerAuth)
	for _, other := range args[1:] {
		if address := net.ParseIP(other); address != nil {
			serving.IPAddresses = append(serving.IPAddresses, address)
		} else {
			serving.DNSNames = append(serving.DNSNames, other)
		}
	}
	client := template("kube-apiserver-kubelet-client", x509.ExtKeyUsageClientAuth)
	client.Subject.Organization = []string{"system:masters"}
	return errors.Join(authority.issue("apiserver", serving), authority.issue("kubelet-client", client))
}

type authority struct {
	folder      string
	certificate *x509.Certificate
	key         crypto.Signer
}

func newAuthority(folder string) (*authority, error) {
	certificate := template("")
	// Who trusts several clusters tells their authorities apart by name alone.
	certificate.Subject.CommonName = "glidein-test-cluster-" + certificate.SerialNumber.Text(16)
	certificate.IsCA = true
	certificate.KeyUsage |= x509.KeyUsageCertSign
	self := &authority{folder: folder, certificate: certificate}
	return self, self.issue("ca", certificate)
}

func template(name string, usages ...x509.ExtKeyUsage) *x509.Certificate {
	now := time.Now()
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.AddDate(1, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           usages,
		BasicConstraintsValid: true,
	}
}

// Writes NAME.crt and NAME.key. The first certificate issued is the authority's own.
func (authority *authority) issue(name string, certificate *x509.Certificate) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if authority.key == nil {
		authority.key = key
	}
	signed, err := x509.CreateCertificate(rand.Reader, certificate, authority.certificate, key.Public(), authority.key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	path := filepath.Join(authority.folder, name)
	return errors.Join(writePEM(path+".crt", "CERTIFICATE", signed, 0o644), writePEM(path+".key", "EC PRIVATE KEY", private, 0o600))
}

func writePEM(path, kind string, content []byte, mode os.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), mode)
}

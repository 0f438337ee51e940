package natsbus_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/services/natsbus"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// nkey makes a key pair: the seed for us, the public key for the server.
func nkey(t *testing.T) (string, string) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return string(seed), public
}

func TestCredentials(t *testing.T) {
	seed, public := nkey(t)
	byPassword := startServer(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, JetStream: true,
		StoreDir: t.TempDir(), Username: "datalek", Password: "right:one"})
	byKey := startServer(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, JetStream: true,
		StoreDir: t.TempDir(), Nkeys: []*server.NkeyUser{{Nkey: public}}})
	host := func(s *server.Server) string { return strings.TrimPrefix(s.ClientURL(), "nats://") }
	for _, tt := range []struct {
		name string
		opts natsbus.Options
		want error
	}{
		{"a password in the address", natsbus.Options{URL: "nats://datalek:" + url.QueryEscape("right:one") + "@" + host(byPassword)}, nil},
		{"a password in a file", natsbus.Options{URL: byPassword.ClientURL(), CredentialsFile: write(t, "pw", "datalek:right:one\n")}, nil},
		{"a wrong password", natsbus.Options{URL: "nats://datalek:wrong@" + host(byPassword)}, fault.Forbidden},
		{"no password", natsbus.Options{URL: byPassword.ClientURL()}, fault.Forbidden},
		{"an nkey seed in a file", natsbus.Options{URL: byKey.ClientURL(), CredentialsFile: write(t, "seed", seed+"\n")}, nil},
		{"no nkey", natsbus.Options{URL: byKey.ClientURL()}, fault.Forbidden},
		{"a file that is none of the three", natsbus.Options{URL: byKey.ClientURL(), CredentialsFile: write(t, "odd", "secret words\nof two lines")}, fault.Invalid},
		{"a missing file", natsbus.Options{URL: byKey.ClientURL(), CredentialsFile: "/no/such/file"}, os.ErrNotExist},
		{"an address without a scheme", natsbus.Options{URL: "secret@host:4222"}, fault.Invalid},
		{"an address that cannot be read", natsbus.Options{URL: "nats://u:secret%@host"}, fault.Invalid},
		{"another kind of address", natsbus.Options{URL: "http://host:4222"}, fault.Invalid},
		{"no address and no server", natsbus.Options{}, fault.Invalid},
		{"a certificate without its key", natsbus.Options{URL: byKey.ClientURL(), CertFile: "x"}, fault.Invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := natsbus.Connect(within(t, 10*time.Second), tt.opts)
			if err == nil {
				closeBus(t, b)
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("connect: %v, want %v", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestRefusedSubjectIsToldInTheLog(t *testing.T) {
	s := startServer(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
		Users: []*server.User{{Username: "datalek", Password: "x", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: []string{">"}, Deny: []string{"job.mail.>"}},
		}}}})
	log := &journal{}
	b := connect(t, natsbus.Options{URL: strings.Replace(s.ClientURL(), "nats://", "nats://datalek:x@", 1), Log: log.logger()})
	publish(t, b, "draft", "a", "", "")
	// The caller sees a time-out only.
	if err := b.Publish(within(t, 300*time.Millisecond), "mail", "a", "", nil); !errors.Is(err, fault.Unavailable) {
		t.Errorf("publish: %v, want unavailable", err)
	}
	eventually(t, func() error {
		if !strings.Contains(log.String(), "the bus refuses us a subject") {
			return errTooFew
		}
		return nil
	})
}

func TestMutualTLS(t *testing.T) {
	ca, caKey := certificate(t, "ca", nil, nil)
	serverCert, serverKey := certificate(t, "server", ca, caKey)
	clientCert, clientKey := certificate(t, "client", ca, caKey)
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	s := startServer(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
		TLSTimeout: 5, TLSConfig: &tls.Config{
			MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
			Certificates: []tls.Certificate{{Certificate: [][]byte{serverCert.Raw}, PrivateKey: serverKey}},
		}})
	caFile := write(t, "ca.pem", pemOf(t, "CERTIFICATE", ca.Raw))
	der, err := x509.MarshalECPrivateKey(clientKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile := write(t, "cert.pem", pemOf(t, "CERTIFICATE", clientCert.Raw))
	keyFile := write(t, "key.pem", pemOf(t, "EC PRIVATE KEY", der))
	address := strings.Replace(s.ClientURL(), "nats://", "tls://", 1)

	b := connect(t, natsbus.Options{URL: address, CAFile: caFile, CertFile: certFile, KeyFile: keyFile})
	publish(t, b, "mail", "a", "", "x")
	for name, opts := range map[string]natsbus.Options{
		"without a certificate":     {URL: address, CAFile: caFile},
		"without its own authority": {URL: address, CertFile: certFile, KeyFile: keyFile},
	} {
		if _, err := natsbus.Connect(within(t, 500*time.Millisecond), opts); err == nil {
			t.Errorf("%s: connected", name)
		}
	}
}

// certificate makes one for loopback; without a parent it is an authority.
func certificate(t *testing.T, name string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if parent == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
		parent, parentKey = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func pemOf(t *testing.T, kind string, raw []byte) string {
	t.Helper()
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}))
}

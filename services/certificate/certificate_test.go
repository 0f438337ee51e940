package certificate_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"datalek/incidents/fault"
	"datalek/services/certificate"
	"datalek/services/devstack"
	"datalek/services/devstack/acmeserver"
)

// put writes a new certificate for a name, its key too when both is true, and
// returns the pool that trusts it.
func put(t *testing.T, folder, name string, both bool) *x509.CertPool {
	t.Helper()
	made, roots, err := devstack.SelfSigned(name)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, filepath.Join(folder, "cert.pem"), &pem.Block{Type: "CERTIFICATE", Bytes: made.Certificate[0]})
	if both {
		replace(t, filepath.Join(folder, "key.pem"), &pem.Block{Type: "PRIVATE KEY", Bytes: private})
	}
	return roots
}

func replace(t *testing.T, file string, block *pem.Block) {
	t.Helper()
	if err := os.WriteFile(file+".new", pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// shown is what a server shows to who asks for a name.
func shown(t *testing.T, config *tls.Config, name string) (*x509.Certificate, error) {
	t.Helper()
	here, there := net.Pipe()
	defer func() { _, _ = here.Close(), there.Close() }()
	server := tls.Server(there, config)
	go func() { _ = server.Handshake() }()
	client := tls.Client(here, &tls.Config{ServerName: name, InsecureSkipVerify: true}) // #nosec G402 -- it is looked at
	if err := client.Handshake(); err != nil {
		return nil, err
	}
	return client.ConnectionState().PeerCertificates[0], nil
}

func TestAChangedCertificateIsTakenOnceItIsWhole(t *testing.T) {
	folder, log := t.TempDir(), &strings.Builder{}
	put(t, folder, "een.example", true)
	f, err := certificate.NewFiles(filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"), slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	expect := func(what, want string) {
		t.Helper()
		got, err := shown(t, f.Config(), "een.example")
		if err != nil || got.Subject.CommonName != want {
			t.Errorf("%s: shown is %v, %v; want %s", what, got, err, want)
		}
	}
	expect("at first", "een.example")
	put(t, folder, "half.example", false)
	expect("with a key that does not fit", "een.example")
	expect("and again", "een.example")
	put(t, folder, "twee.example", true)
	expect("changed as a whole", "twee.example")
	if err := os.Remove(filepath.Join(folder, "key.pem")); err != nil {
		t.Fatal(err)
	}
	expect("with a key that is gone", "twee.example")
	if got := strings.Count(log.String(), "cannot be used"); got != 1 {
		t.Errorf("the log tells %d times of the key that did not fit, want 1:\n%s", got, log)
	}
	if _, err := certificate.NewFiles(filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a start without the key is taken")
	}
}

// settings is a store of settings in memory.
type settings struct {
	mu     sync.Mutex
	values map[string][]byte
	serial map[string]int64
}

func (s *settings) Setting(_ context.Context, key string) ([]byte, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[key], s.serial[key], nil
}

func (s *settings) PutSetting(_ context.Context, key string, value []byte, version int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serial[key] != version {
		return fault.Conflict
	}
	s.values[key], s.serial[key] = value, version+1
	return nil
}

func (s *settings) RemoveSetting(_ context.Context, key string, version int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serial[key] != version {
		return fault.Conflict
	}
	delete(s.values, key)
	delete(s.serial, key)
	return nil
}

// The authority asks over plain HTTP alone here: its questions over TLS go where
// nobody is.
func TestACertificateComesFromAnAuthorityAndIsKept(t *testing.T) {
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	var questions http.Handler
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = "praktijk.example" // as on port 80
		questions.ServeHTTP(w, r)
	}))
	t.Cleanup(door.Close)
	authority, err := acmeserver.Start(door.Listener.Addr().(*net.TCPAddr).Port, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = authority.Close() })
	store := &settings{values: map[string][]byte{}, serial: map[string]int64{}}
	var serial *big.Int
	for _, what := range []string{"asked of the authority", "after a restart"} {
		a, err := certificate.NewACME(certificate.Order{Domains: []string{"praktijk.example"}, Email: "post@praktijk.example", Directory: authority.Directory(), Client: authority.Client()}, store, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		questions = a.Challenges("https://praktijk.example")
		got, err := shown(t, a.Config(), "praktijk.example")
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if serial != nil && got.SerialNumber.Cmp(serial) != 0 {
			t.Errorf("%s: another certificate was asked for", what)
		}
		serial = got.SerialNumber
		if _, err := shown(t, a.Config(), "vreemd.example"); err == nil {
			t.Errorf("%s: a name that is not ours gets a certificate", what)
		}
	}
	if n := len(store.values); n != 2 {
		t.Errorf("%d values are kept, want the account's key and the certificate", n)
	}
}

func TestPlainHTTPLeadsToTheSameAddressOverTLS(t *testing.T) {
	a, err := certificate.NewACME(certificate.Order{Domains: []string{"praktijk.example"}}, &settings{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for method, want := range map[string]int{http.MethodGet: 301, http.MethodPost: 400} {
		w := httptest.NewRecorder()
		a.Challenges("https://praktijk.example").ServeHTTP(w, httptest.NewRequest(method, "http://elders.example/p/abc?taal=nl", nil))
		if w.Code != want {
			t.Errorf("%s is answered %d, want %d", method, w.Code, want)
		}
		if to := w.Header().Get("Location"); want == 301 && to != "https://praktijk.example/p/abc?taal=nl" {
			t.Errorf("it leads to %q", to)
		}
	}
}

func TestAnOrderThatCannotBeGivenSaysSo(t *testing.T) {
	for name, o := range map[string]certificate.Order{
		"no domain":                        {},
		"an address":                       {Domains: []string{"192.0.2.1"}},
		"a name without a dot":             {Domains: []string{"localhost"}},
		"a star":                           {Domains: []string{"*.praktijk.example"}},
		"a directory without TLS":          {Domains: []string{"praktijk.example"}, Directory: "http://authority.example/dir"},
		"a directory with a user":          {Domains: []string{"praktijk.example"}, Directory: "https://me:secret@authority.example/dir"},
		"a directory that is no address":   {Domains: []string{"praktijk.example"}, Directory: "authority"},
		"a directory that cannot be read ": {Domains: []string{"praktijk.example"}, Directory: "https://[secret"},
	} {
		if err := o.Check(); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (certificate.Order{Domains: []string{"datalek.praktijk.example"}, Directory: "https://127.0.0.1:14000/dir"}).Check(); err != nil {
		t.Error(err)
	}
}

package main_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"datalek/services/devstack"
)

// fort is "datalek serve" with TLS of its own, metrics, a clock that the test
// moves and a folder for temporary files that the test looks into.
type fort struct {
	demo        // base URL, clock and process; its folder holds all that the host leaves
	mail        *devstack.SMTPServer
	roots       *x509.CertPool
	link        string // path of the set-up link
	address     string
	metrics     string
	temp        string
	certificate string
	key         string
}

// startFort starts a fort whose mail server behaves so.
func startFort(t *testing.T, behave func(devstack.Event) devstack.Act) *fort {
	t.Helper()
	h := &fort{demo: demo{t: t, dir: t.TempDir(), out: &safeBuffer{}}}
	var err error
	if h.mail, err = devstack.StartSMTP(devstack.SMTPOptions{Behave: behave}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.mail.Close() })
	h.temp = filepath.Join(h.dir, "temp")
	h.address, h.metrics = freeAddr(t), freeAddr(t)
	h.certify()
	if err := os.Mkdir(h.temp, 0o700); err != nil {
		t.Fatal(err)
	}
	h.serve()
	t.Cleanup(func() {
		_ = h.cmd.Process.Kill() // it may have ended already
		<-h.ended                //nolint:errcheck // it was killed
	})
	return h
}

func (h *fort) certify() {
	h.t.Helper()
	made, roots, err := devstack.SelfSigned("127.0.0.1")
	if err != nil {
		h.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		h.t.Fatal(err)
	}
	h.roots, h.certificate, h.key = roots, filepath.Join(h.dir, "cert.pem"), filepath.Join(h.dir, "key.pem")
	for file, block := range map[string]*pem.Block{h.certificate: {Type: "CERTIFICATE", Bytes: made.Certificate[0]}, h.key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
}

var setupPrinted = regexp.MustCompile(`https://[^/\s]+(/setup/\S+)`)

// serve starts the program and waits until it answers.
func (h *fort) serve() {
	h.t.Helper()
	path, err := binary()
	if err != nil {
		h.t.Fatal(err)
	}
	before := len(h.out.String())
	h.cmd = exec.Command(path, "serve", "--addr", h.address, "--data", h.data(), "--key-file", filepath.Join(h.dir, "datalek.key"), "--smtp", "smtp://"+h.mail.Addr()+"?tls=none",
		"--tls-cert", h.certificate, "--tls-key", h.key, "--metrics-addr", h.metrics) // #nosec G204
	h.cmd.Args = append(h.cmd.Args, h.args...)
	h.cmd.Env = append(os.Environ(), "DATALEK_TEST_CLOCK="+h.clockFile(), "TMPDIR="+h.temp)
	h.cmd.Stdout, h.cmd.Stderr, h.ended = h.out, h.out, make(chan error, 1)
	if err := h.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, ended chan error) { ended <- cmd.Wait() }(h.cmd, h.ended)
	h.BaseURL = "https://" + h.address
	await(h.t, "the host answers", func() error {
		if printed := h.out.String()[before:]; strings.Contains(printed, "answers on "+h.BaseURL) {
			if found := setupPrinted.FindStringSubmatch(printed); found != nil {
				h.link = found[1]
			}
			return nil
		}
		return errNot("%s", h.out)
	})
}

// end asks the program to end, or kills it.
func (h *fort) end(signal syscall.Signal) {
	h.t.Helper()
	if err := h.cmd.Process.Signal(signal); err != nil {
		h.t.Fatal(err)
	}
	select {
	case err := <-h.ended:
		h.ended <- err // for whoever waits next
	case <-time.After(30 * time.Second):
		h.t.Fatalf("the host did not end\n%s", h.out)
	}
}

// browser is one that trusts the host's certificate.
func (h *fort) browser() *caller {
	c := newCaller(h.t, h.BaseURL)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: h.roots, MinVersion: tls.VersionTLS12}}
	h.t.Cleanup(transport.CloseIdleConnections)
	c.client.Transport = transport
	return c
}

// The account that the set-up link makes.
const (
	mia         = "mia@deproef.example"
	miaPassword = "een lange zin zonder zin"
)

func setupForm() url.Values {
	return url.Values{"account_name": {"Mia Proef"}, "login": {mia}, "password": {miaPassword}, "name": {"Praktijk De Proef"}, "authority": {"AP"}, "policy": {"refleact-48"},
		"language": {"nl"}, "time_zone": {"Europe/Amsterdam"}, "contact_name": {"Mia Proef"}, "contact_email": {mia}, "sender_email": {mia}, "warn_email": {mia}}
}

// setUp makes the account and stays logged in.
func (h *fort) setUp() *caller {
	h.t.Helper()
	c := h.browser()
	if r := c.post(h.link, setupForm()); r.Status != http.StatusSeeOther {
		h.t.Fatalf("set-up answered %d: %s", r.Status, r.Body)
	}
	return c
}

// logIn is a browser after the login page.
func (h *fort) logIn(password string) *caller {
	h.t.Helper()
	c := h.browser()
	if r := c.post("/login", url.Values{"login": {mia}, "password": {password}}); r.Status != http.StatusSeeOther {
		h.t.Fatalf("login answered %d: %s", r.Status, r.Body)
	}
	return c
}

// addStranger adds a second practice while the program stands still, and returns
// what is printed.
func (h *fort) addStranger() string {
	h.t.Helper()
	h.end(syscall.SIGTERM)
	path, err := binary()
	if err != nil {
		h.t.Fatal(err)
	}
	out, err := exec.Command(path, "practice", "add", "--data", h.data(), "--key-file", filepath.Join(h.dir, "datalek.key"), "--name", "Vreemdeling",
		"--contact", "Piet Vreemdeling", "--email", "piet@vreemd.example").CombinedOutput() // #nosec G204
	if err != nil {
		h.t.Fatalf("practice add: %v\n%s", err, out)
	}
	h.serve()
	return string(out)
}

package main_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"datalek/services/devstack"
	"datalek/services/devstack/acmeserver"
)

// A host without a proxy: it asks an authority for its certificate, answers under
// it, keeps it sealed, and needs no other after a restart.
func TestStoryOfACertificateFromAnAuthority(t *testing.T) {
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	address := freeAddr(t)
	port, err := strconv.Atoi(address[strings.LastIndex(address, ":")+1:])
	if err != nil {
		t.Fatal(err)
	}
	authority, err := acmeserver.Start(1, port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = authority.Close() })
	mail, err := devstack.StartSMTP(devstack.SMTPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mail.Close() })
	dir, plain := t.TempDir(), freeAddr(t)
	trusted := filepath.Join(dir, "authority.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.Roots, ServerName: "praktijk.example", MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
			DialContext: func(ctx context.Context, network, at string) (net.Conn, error) {
				to := address
				if strings.HasSuffix(at, ":80") {
					to = plain
				}
				return new(net.Dialer).DialContext(ctx, network, to)
			}, DisableKeepAlives: true}}
	var serial string
	for _, what := range []string{"asked for", "kept over a restart"} {
		end := startACME(t, dir, trusted, "--addr", address, "--acme-http-addr", plain, "--smtp", "smtp://"+mail.Addr()+"?tls=none", "--acme-directory", authority.Directory())
		var answer *http.Response
		await(t, "the certificate is "+what, func() (err error) {
			answer, err = ask(t, client, "https://praktijk.example/login")
			return err
		})
		shown := answer.TLS.PeerCertificates[0].SerialNumber.String()
		if serial != "" && shown != serial {
			t.Errorf("after a restart another certificate is shown")
		}
		serial = shown
		if answer.StatusCode != 200 || answer.ProtoMajor != 2 || answer.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("over TLS: %s %s, HSTS %q", answer.Proto, answer.Status, answer.Header.Get("Strict-Transport-Security"))
		}
		if over, err := ask(t, client, "http://praktijk.example/login?x=1"); err != nil || over.Header.Get("Location") != "https://praktijk.example/login?x=1" {
			t.Errorf("plain HTTP leads to %v, %v", over, err)
		}
		end()
	}
	for _, file := range filesIn(t, filepath.Join(dir, "data")) {
		raw, err := os.ReadFile(file) // #nosec G304 -- of the test
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "PRIVATE KEY") {
			t.Errorf("a private key lies readable in %s", filepath.Base(file))
		}
	}
}

// startACME starts a host under the name praktijk.example; what it returns ends it.
func startACME(t *testing.T, dir, trusted string, args ...string) func() {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out := &safeBuffer{}
	cmd := exec.Command(path, append([]string{"serve", "--data", filepath.Join(dir, "data"), "--key-file", filepath.Join(dir, "datalek.key"),
		"--acme-domain", "praktijk.example", "--acme-email", "post@praktijk.example"}, args...)...) // #nosec G204
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "SSL_CERT_FILE="+trusted), out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	await(t, "the host answers", func() error {
		if !strings.Contains(out.String(), "answers on https://praktijk.example\n") {
			return errNot("%s", out)
		}
		return nil
	})
	end := sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		if err := <-ended; err != nil || t.Failed() {
			t.Errorf("the host ended with %v:\n%s", err, out)
		}
	})
	t.Cleanup(end)
	return end
}

func ask(t *testing.T, client *http.Client, address string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, answer.Body) // it is looked at elsewhere
	return answer, answer.Body.Close()
}

// Over TLS too whoever is slow is cut off, before and after it stands.
func TestSlowConnectionsOverTLS(t *testing.T) {
	t.Parallel()
	h := startFort(t, nil)
	var slow sync.WaitGroup
	for name, begin := range map[string]string{"nothing at all": "", "half a handshake": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"} {
		slow.Go(func() {
			began := time.Now()
			if status := drip(t, h.address, begin, "", 20*time.Second); status != 0 || time.Since(began) > 20*time.Second {
				t.Errorf("%s: answered %d after %s", name, status, time.Since(began))
			}
		})
	}
	slow.Go(func() {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: h.roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		body, drop := io.Pipe()
		defer func() { _ = drop.Close() }()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.BaseURL+"/login", body)
		if err != nil {
			t.Error(err)
			return
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Errorf("a form over HTTP/2 that never ends: %v", err)
			return
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusUnprocessableEntity || answer.ProtoMajor != 2 {
			t.Errorf("a form over HTTP/2 that never ends is answered %s %s, want 422", answer.Proto, answer.Status)
		}
	})
	if r := h.browser().get("/login"); r.Status != 200 {
		t.Errorf("meanwhile others are answered %d", r.Status)
	}
	slow.Wait()
}

// A real browser reports what the policy stopped, and the metrics count it.
func TestABrowserReportsWhatThePolicyStopped(t *testing.T) {
	t.Parallel()
	h := startFort(t, nil)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("ignore-certificate-errors", true))...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	const script = `(() => { const s = document.createElement("script"); s.textContent = "window.broken = 1"; document.body.append(s); return "" + window.broken })()`
	if err := chromedp.Do(ctx, chromedp.Navigate(h.BaseURL+"/login")); err != nil {
		t.Fatal(err)
	}
	ran, err := chromedp.Run(ctx, chromedp.Evaluate[string](script))
	if err != nil || ran != "undefined" {
		t.Errorf("a script without the nonce ran: %q, %v", ran, err)
	}
	await(t, "the report is counted", func() error {
		if _, raw := h.raw(http.MethodGet, "http://"+h.metrics+"/metrics", nil); !strings.Contains(string(raw), `datalek_content_policy_reports_total{blocked="inline",directive="script-src-elem"} 1`) {
			return errNot("%s", raw)
		}
		return nil
	})
}

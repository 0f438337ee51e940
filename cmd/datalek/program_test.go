package main_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
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

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"datalek/incidents/tenant"
)

// binary builds the real program once for all tests of the package.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "datalek-binary-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "datalek")
	cmd := exec.Command("go", "build", "-o", path, ".") // #nosec G204
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	http.DefaultTransport = &asking{next: http.DefaultTransport}
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // a temporary folder
	}
	os.Exit(code)
}

// access is what the demo's ready file tells.
type access struct {
	BaseURL       string    `json:"base_url"`
	PracticeID    tenant.ID `json:"practice_id"`
	Login         string    `json:"login"`
	Password      string    `json:"password"`
	APIToken      string    `json:"api_token"`
	WebhookURL    string    `json:"webhook_url"`
	WebhookSecret string    `json:"webhook_secret"`
	MailboxURL    string    `json:"mailbox_url"`
	SMTPAddr      string    `json:"smtp_addr"`
}

// demo is the real program's demo in a process of its own, with a clock that
// the test moves. It keeps its port and data over restarts.
type demo struct {
	access
	t     testing.TB
	dir   string
	args  []string
	cmd   *exec.Cmd
	out   *safeBuffer
	ended chan error
	// appSecret is of the login's app with codes, once it has one.
	appSecret string
	codeUsed  time.Time // within the step of the last code
}

// startDemo starts the demo in a fresh folder and waits until it is ready.
func startDemo(t testing.TB, args ...string) *demo {
	t.Helper()
	d := &demo{t: t, dir: t.TempDir(), args: args}
	d.start("127.0.0.1:0")
	t.Cleanup(d.kill)
	return d
}

func (d *demo) start(addr string) {
	d.t.Helper()
	ready := filepath.Join(d.dir, "ready.json")
	_ = os.Remove(ready) // of the run before
	d.launch(nil, append([]string{"demo", "--addr", addr, "--data", d.data(), "--ready-file", ready}, d.args...)...)
	d.awaitReady(ready)
}

func (d *demo) awaitReady(file string) {
	d.t.Helper()
	await(d.t, "the demo is ready", func() error {
		select {
		case err := <-d.ended:
			d.t.Fatalf("the demo ended: %v\n%s", err, d.out)
		default:
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, &d.access)
	})
}

// restart ends the process and starts it again on the same port and data. With
// kill -9 nothing is saved on the way out.
func (d *demo) restart(hard bool) {
	d.t.Helper()
	if hard {
		d.kill()
	} else {
		d.stop()
	}
	d.start(strings.TrimPrefix(d.BaseURL, "http://"))
}

// stop asks the process to end and expects that it does so cleanly.
func (d *demo) stop() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	select {
	case err := <-d.ended:
		if err != nil {
			d.t.Fatalf("the demo did not end cleanly: %v\n%s", err, d.out)
		}
	case <-time.After(30 * time.Second):
		d.kill()
		d.t.Fatalf("the demo did not end in 30 seconds\n%s", d.out)
	}
	d.ended <- nil
}

func (d *demo) kill() {
	if d.cmd == nil {
		return
	}
	_ = d.cmd.Process.Kill() // it may have ended already
	err := <-d.ended
	d.ended <- err
}

func (d *demo) clockFile() string { return filepath.Join(d.dir, "clock") }

// moveClock sets the program's clock this far ahead of the machine's.
func (d *demo) moveClock(ahead time.Duration) {
	d.t.Helper()
	temp := d.clockFile() + ".new"
	if err := os.WriteFile(temp, []byte(ahead.String()), 0o600); err != nil {
		d.t.Fatal(err)
	}
	if err := os.Rename(temp, d.clockFile()); err != nil {
		d.t.Fatal(err)
	}
}

// now is the program's time.
func (d *demo) now() time.Time {
	raw, _ := os.ReadFile(d.clockFile()) // missing: not moved
	ahead, _ := time.ParseDuration(string(raw))
	return time.Now().Add(ahead)
}

// call makes one API call; into may be nil. It returns the status.
func (d *demo) call(method, path string, body, into any, headers ...string) int {
	d.t.Helper()
	status, raw := d.raw(method, d.BaseURL+"/api/v1"+path, body, append([]string{"Authorization", "Bearer " + d.APIToken}, headers...)...)
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			d.t.Fatalf("%s %s answered %d %s: %v", method, path, status, raw, err)
		}
	}
	return status
}

// must is call that expects a status.
func (d *demo) must(status int, method, path string, body, into any, headers ...string) {
	d.t.Helper()
	var raw json.RawMessage
	if got := d.call(method, path, body, &raw, headers...); got != status {
		d.t.Fatalf("%s %s answered %d, want %d: %s", method, path, got, status, raw)
	}
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			d.t.Fatalf("%s %s answered %s: %v", method, path, raw, err)
		}
	}
}

// raw makes one request and returns status and body.
func (d *demo) raw(method, url string, body any, headers ...string) (int, []byte) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, reader(d.t, body))
	if err != nil {
		d.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return answer.StatusCode, raw
}

func reader(t testing.TB, body any) io.Reader {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return http.NoBody
	case string:
		return strings.NewReader(b)
	case []byte:
		return bytes.NewReader(b)
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.NewReader(raw)
	}
}

// report posts a processor's report, signed with secret at the program's time.
func (d *demo) report(url, secret, id, body string) (int, string) {
	d.t.Helper()
	return d.reportAt(url, secret, id, body, d.now())
}

func (d *demo) reportAt(url, secret, id, body string, at time.Time) (int, string) {
	d.t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		d.t.Fatal(err)
	}
	signer, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		d.t.Fatal(err)
	}
	signature, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		d.t.Fatal(err)
	}
	status, raw := d.raw(http.MethodPost, url, body, "webhook-id", id, "webhook-timestamp", strconv.FormatInt(at.Unix(), 10), "webhook-signature", signature)
	return status, string(raw)
}

// await tries until try succeeds, for at most a minute.
func await(t testing.TB, what string, try func() error) {
	t.Helper()
	awaitWithin(t, time.Minute, what, try)
}

func awaitWithin(t testing.TB, limit time.Duration, what string, try func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// errNot makes an awaited condition's error.
func errNot(format string, args ...any) error { return fmt.Errorf(format, args...) }

// safeBuffer is what a process writes, read by the test at the same time.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// secretFile writes a secret into a file and returns its path.
func (d *demo) secretFile(name, secret string) string {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is one process of the real binary that tests kill, stop and pause. It
// keeps its addresses and its folder over restarts.
type program struct {
	t        testing.TB
	name     string
	data     string
	environ  []string
	more     []string // arguments beside those that settle gives
	args     []string
	addr     string
	metrics  string
	cmd      *exec.Cmd
	out      *safeBuffer // of all its lives
	ended    chan error
	answered bool    // once, at its addresses
	routine  float64 // goroutines before it had anything to do
}

// newProgram prepares a process of serve; nothing runs before start.
func newProgram(t testing.TB, name, data string, environ []string, args ...string) *program {
	t.Helper()
	p := &program{t: t, name: name, data: data, environ: environ, more: args, out: &safeBuffer{}}
	p.settle()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", name, lastOf(withoutRequests(p.out.String()), 6_000))
		}
	})
	return p
}

// settle gives the process its addresses.
func (p *program) settle() {
	p.addr, p.metrics = freeAddr(p.t), freeAddr(p.t)
	p.args = append([]string{"serve", "--addr", p.addr, "--metrics-addr", p.metrics, "--data", p.data}, p.more...)
}

// withoutRequests leaves out that a page was asked for.
func withoutRequests(log string) string {
	var kept strings.Builder
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"msg":"request"`) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func lastOf(text string, n int) string { return text[max(0, len(text)-n):] }

// start starts the process and waits for nothing.
func (p *program) start() {
	p.t.Helper()
	path, err := binary()
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd, p.ended = exec.Command(path, p.args...), make(chan error, 1) // #nosec G204
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = p.environ, p.out, p.out
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, ended chan error) { ended <- cmd.Wait() }(p.cmd, p.ended)
}

// serve starts the process and waits until it answers.
func (p *program) serve() {
	p.t.Helper()
	p.start()
	p.awaitUp()
}

func (p *program) url() string { return "http://" + p.addr }

// awaitUp waits until the process answers. One whose port another process took
// between its choice and its use begins again: elsewhere, or where the test knows
// it once it answered there.
func (p *program) awaitUp() {
	p.t.Helper()
	await(p.t, p.name+" answers", func() error {
		select {
		case err := <-p.ended:
			p.beginAgain(err)
		default:
		}
		_, err := fetch(p.url() + "/healthz")
		p.answered = p.answered || err == nil
		return err
	})
}

// beginAgain starts a process whose port was taken, and fails the test over one
// that ended for any other reason.
func (p *program) beginAgain(ended error) {
	p.t.Helper()
	p.ended <- ended
	if !strings.Contains(lastOf(p.out.String(), 300), "address already in use") {
		p.t.Fatalf("%s ended: %v", p.name, ended)
	}
	if !p.answered {
		p.settle()
	}
	p.start()
}

// awaitReady waits until all its checks are well.
func (p *program) awaitReady() {
	p.t.Helper()
	await(p.t, p.name+" is ready", func() error {
		_, err := fetch(p.url() + "/readyz")
		return err
	})
}

// countIdle counts the goroutines of a process that has nothing to do yet, once
// they grow no more.
func (p *program) countIdle() {
	p.t.Helper()
	await(p.t, p.name+" is idle", func() error {
		before := p.routine
		if p.routine = max(before, p.goroutines()); p.routine > before {
			time.Sleep(200 * time.Millisecond)
			return errNot("%.0f goroutines", p.routine)
		}
		return nil
	})
}

// fetch reads a page that must be answered 200.
func fetch(url string) (string, error) {
	answer, err := (&http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}).Get(url)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errNot("%s: %s", answer.Status, raw)
	}
	return string(raw), err
}

// goroutines reads how many the process has.
func (p *program) goroutines() float64 { p.t.Helper(); return p.metric("go_goroutines") }

func (p *program) metric(name string) float64 {
	p.t.Helper()
	var page string
	await(p.t, p.name+" tells its metrics", func() (err error) {
		page, err = fetch("http://" + p.metrics + "/metrics")
		return err
	})
	for line := range strings.SplitSeq(page, "\n") {
		if value, some := strings.CutPrefix(line, name+" "); some {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				p.t.Fatal(err)
			}
			return n
		}
	}
	p.t.Fatalf("%s has no metric %s", p.name, name)
	return 0
}

// kill ends the process with kill -9.
func (p *program) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended already
	err := <-p.ended
	p.ended <- err
}

// runs reports whether the process has not ended.
func (p *program) runs() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case err := <-p.ended:
		p.ended <- err
		return false
	default:
		return true
	}
}

func (p *program) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// stop asks the process to end, and expects that it does so cleanly.
func (p *program) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	select {
	case err := <-p.ended:
		p.ended <- err
		if err != nil {
			p.t.Errorf("%s did not end cleanly: %v", p.name, err)
		}
	case <-time.After(40 * time.Second):
		p.t.Errorf("%s did not end within 40 seconds", p.name)
		p.kill()
	}
}

// spare is how many goroutines more than at its start a process may keep: the
// store and the bus open a few when they are first used.
const spare = 24

// checkGoroutines expects that what the work has begun has ended.
func (p *program) checkGoroutines() {
	p.t.Helper()
	now, deadline := p.goroutines(), time.Now().Add(time.Minute)
	for ; now > p.routine+spare && time.Now().Before(deadline); now = p.goroutines() {
		time.Sleep(time.Second)
	}
	if now <= p.routine+spare {
		return
	}
	before := len(p.out.String())
	p.signal(syscall.SIGQUIT) // it tells them all
	p.ended <- <-p.ended
	dump := p.out.String()[before:]
	p.out = &safeBuffer{}
	p.t.Fatalf("%s has %.0f goroutines, and had %.0f when it began:\n%s", p.name, now, p.routine, dumped(dump))
}

// dumped counts the goroutines of a dump by where they were begun.
func dumped(log string) string {
	found := map[string]int{}
	for line := range strings.Lines(log) {
		if begun, some := strings.CutPrefix(line, "created by "); some {
			name, _, _ := strings.Cut(begun, " in goroutine")
			found[strings.TrimSpace(name)]++
		}
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintf(&text, "%5d %s\n", found[name], name)
	}
	return text.String()
}

// checkFolder expects no half-written or temporary file in the process's folder.
func (p *program) checkFolder() { p.t.Helper(); checkNoHalfFiles(p.t, p.data) }

// checkNoHalfFiles looks through a data folder of a program that has ended.
func checkNoHalfFiles(t testing.TB, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, within := entry.Name(), strings.TrimPrefix(path, folder)
		known := entry.IsDir() || strings.HasPrefix(within, "/nats/") || name == "datalek.db" || name == "datalek.key" || name == "store.lock"
		if !known || strings.HasPrefix(name, ".") || strings.Contains(name, "tmp") || strings.HasSuffix(name, ".new") || strings.Contains(within, "damaged") {
			t.Errorf("left behind: %s", within)
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Errorf("look through the data folder: %v", err)
	}
}

// try makes one call of the API that may find nobody there. It returns status 0 then.
func (p *program) try(token, method, path string, body any, headers ...string) (int, json.RawMessage) {
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := http.NewRequest(method, p.url()+path, reader(p.t, body))
	if err != nil {
		return 0, nil
	}
	if token != "" {
		headers = append(headers, "Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil
	}
	return answer.StatusCode, raw
}

package heartbeat_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datalek/services/heartbeat"
)

// monitor is a monitor outside that answers as told.
type monitor struct {
	*httptest.Server
	calls  atomic.Int64
	status atomic.Int64
	called chan struct{}
}

func newMonitor(t *testing.T) *monitor {
	m := &monitor{called: make(chan struct{}, 100)}
	m.status.Store(http.StatusOK)
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.calls.Add(1)
		if r.URL.Path != "/ping/geheim" {
			t.Errorf("called %s", r.URL.Path)
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(int(m.status.Load()))
		m.called <- struct{}{}
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *monitor) await(t *testing.T) {
	t.Helper()
	select {
	case <-m.called:
	case <-time.After(10 * time.Second):
		t.Fatal("the monitor was not called")
	}
}

// logBuffer is a log that a test reads while it is written.
type logBuffer struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.String()
}

func run(t *testing.T, o heartbeat.Options) *heartbeat.Beater {
	t.Helper()
	b, err := heartbeat.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { b.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return b
}

func TestTheMonitorHearsOfPassesAndOfNothingElse(t *testing.T) {
	m := newMonitor(t)
	b := run(t, heartbeat.Options{URL: m.URL + "/ping/geheim", Every: 300 * time.Millisecond})
	select {
	case <-m.called:
		t.Fatal("the monitor was called before any pass")
	case <-time.After(100 * time.Millisecond):
	}
	b.Passed()
	m.await(t)
	for range 20 { // passes of the same minute
		b.Passed()
	}
	select {
	case <-m.called:
		t.Error("the monitor was called of a pass that is past: the keeper may have died since")
	case <-time.After(600 * time.Millisecond):
	}
	b.Passed()
	m.await(t)
	if got := m.calls.Load(); got != 2 {
		t.Errorf("%d calls, want 2", got)
	}
}

func TestAFailingMonitorIsToldOfOnceAndStopsNothing(t *testing.T) {
	m := newMonitor(t)
	log := &logBuffer{}
	b := run(t, heartbeat.Options{URL: m.URL + "/ping/geheim", Every: time.Millisecond, Log: slog.New(slog.NewTextHandler(log, nil))})
	beat := func(status, times int) {
		m.status.Store(int64(status))
		for range times {
			before := m.calls.Load()
			for m.calls.Load() == before {
				b.Passed()
				time.Sleep(time.Millisecond)
			}
		}
	}
	beat(200, 2)
	beat(500, 4)
	beat(302, 3) // nobody follows it elsewhere
	beat(200, 3)
	m.CloseClientConnections()
	if got := log.String(); strings.Count(got, "does not take") != 1 || strings.Count(got, "takes the heartbeat again") != 1 {
		t.Errorf("the log tells\n%s\nwant each change once", got)
	}
	if strings.Contains(log.String(), "geheim") {
		t.Error("the log holds the secret of the address")
	}
}

func TestAMonitorThatHangsOrIsGoneIsCutOff(t *testing.T) {
	gone := make(chan struct{})
	hung := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-gone:
		}
	}))
	t.Cleanup(hung.Close)
	t.Cleanup(func() { close(gone) })
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, url := range map[string]string{"hung": hung.URL, "closed": closed.URL, "no such host": "http://monitor.invalid"} {
		log := &logBuffer{}
		b := run(t, heartbeat.Options{URL: url + "/ping/geheim", Every: time.Millisecond, Within: 50 * time.Millisecond, Log: slog.New(slog.NewTextHandler(log, nil))})
		for end := time.Now().Add(10 * time.Second); !strings.Contains(log.String(), "does not take"); {
			if b.Passed(); time.Now().After(end) {
				t.Fatalf("%s: the log does not tell", name)
			}
			time.Sleep(time.Millisecond)
		}
		if strings.Contains(log.String(), "geheim") {
			t.Errorf("%s: the log holds the secret of the address: %s", name, log)
		}
	}
}

func TestAnAddressThatCannotBeIsRefusedUnrepeated(t *testing.T) {
	for _, bad := range []string{"", "geheim", "ftp://h/geheim", "http:///geheim", "https://%zz/geheim"} {
		if _, err := heartbeat.New(heartbeat.Options{URL: bad}); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

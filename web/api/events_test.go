package api_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/api"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/webtest"
)

// house is the API of practice p1 with one token.
type house struct {
	*webtest.World
	t    *testing.T
	site string
}

func newHouse(t *testing.T, change func(*api.Options)) *house {
	t.Helper()
	h := &house{t: t, World: webtest.NewWorld(t, time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC))}
	h.Open(h.NewPractice("p1"), "anna")
	h.Must(h.Store.CreateToken(t.Context(), registry.Token{ID: "t-1", PracticeID: "p1", Hash: casework.HashToken("secret"), CreatedAt: h.Now()}))
	o := api.Options{Store: h.Store, Office: h.Office, Now: h.Now}
	if change != nil {
		change(&o)
	}
	h.site = h.Serve(page.Options{}, api.New(o))
	return h
}

// note puts an event into the practice's register.
func (h *house) note(id string) {
	h.t.Helper()
	head, err := h.Store.RegisterHead(h.t.Context(), "p1")
	h.Must(err)
	e := incidents.Event{ID: id, PracticeID: "p1", Kind: incidents.IncidentOpened, At: h.Now(), Actor: incidents.System()}
	h.Must(h.Store.AppendEntries(h.t.Context(), "p1", []register.Entry{register.Next(head, e, "")}))
}

// listen opens the stream and returns its lines. It ends with the test.
func (h *house) listen(after string) *bufio.Scanner {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.site+"/api/v1/events", nil)
	h.Must(err)
	req.Header.Set("Authorization", "Bearer secret")
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	res, err := http.DefaultClient.Do(req)
	h.Must(err)
	h.t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != http.StatusOK {
		h.t.Fatalf("the stream answers %s", res.Status)
	}
	return bufio.NewScanner(res.Body)
}

// next returns the next line with a prefix, without it.
func (h *house) next(lines *bufio.Scanner, prefix string) string {
	h.t.Helper()
	for lines.Scan() {
		if text, found := strings.CutPrefix(lines.Text(), prefix); found {
			return text
		}
	}
	h.t.Fatalf("the stream ended before %q", prefix)
	return ""
}

func TestAListenerCutOffBeforeTheFirstEventMissesNone(t *testing.T) {
	h := newHouse(t, nil)
	h.note("e-1")
	last := h.next(h.listen(""), "id: ")
	if last != "1" {
		t.Fatalf("a new listener stands after %q, want 1", last)
	}
	h.note("e-2") // nobody listens
	lines := h.listen(last)
	h.next(lines, "id: ")
	if got := h.next(lines, "id: "); got != "2" {
		t.Errorf("the first event is %q, want 2", got)
	}
	h.note("e-3")
	if got := h.next(lines, "id: "); got != "3" {
		t.Errorf("the next event is %q, want 3", got)
	}
}

// A token is asked for again, however long somebody listens.
func TestAStreamEndsByItself(t *testing.T) {
	h := newHouse(t, func(o *api.Options) { o.StreamLife = 50 * time.Millisecond })
	lines := h.listen("")
	for lines.Scan() {
		if text := lines.Text(); text != "" && text != ": still here" && !strings.HasPrefix(text, "id: ") {
			t.Errorf("the stream says %q", text)
		}
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream ended with %v", err)
	}
}

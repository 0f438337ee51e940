package main_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/services/devstack"

	"golang.org/x/net/html"
)

func anyControl(*html.Node) bool { return true }

// desk are the words of the desk, seen in a second window of the same person.
func (h *host) desk(p *person) string {
	h.t.Helper()
	r := newPlainReader(p.t, h.BaseURL)
	r.client = p.visitor.(*plainReader).client
	r.open("/")
	return r.words()
}

// heldMails are mails whose message the server has, and whose answer it owes.
type heldMails struct {
	arrived chan struct{}
	free    chan struct{}
}

// holdMails lets the mail server take clients' mails and say nothing until release.
func (h *host) holdMails() *heldMails {
	m := &heldMails{arrived: make(chan struct{}, 1000), free: make(chan struct{})}
	behave := func(e devstack.Event) devstack.Act {
		if e.Stage == devstack.AtDot && strings.HasPrefix(e.Address, "schijf") {
			m.arrived <- struct{}{}
			<-m.free
		}
		return devstack.Act{}
	}
	h.behave.Store(&behave)
	h.t.Cleanup(m.release)
	return m
}

func (m *heldMails) await(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-m.arrived:
		case <-time.After(30 * time.Second):
			t.Fatalf("not even %d mails are on their way", n)
		}
	}
}

func (m *heldMails) release() {
	select {
	case <-m.free:
	default:
		close(m.free)
	}
}

// signed posts a report with a right signature, and returns the answer and its body.
func (h *host) signed(id, body string) (*http.Response, string) {
	h.t.Helper()
	answer, raw := h.answer("POST", h.WebhookURL, body, h.signature(id, body)...)
	var told struct {
		Data struct{ Reference string }
	}
	if err := json.Unmarshal([]byte(body), &told); err == nil && answer.StatusCode == http.StatusAccepted {
		h.proof.acknowledge(told.Data.Reference)
	}
	return answer, raw
}

// answer makes one request, and returns the answer with its body read.
func (h *host) answer(method, url string, body any, headers ...string) (*http.Response, string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, reader(h.t, body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer, string(raw)
}

// refusesReport expects that a report is not acknowledged and may come again.
func (h *host) refusesReport(id, body string) {
	h.t.Helper()
	answer, raw := h.signed(id, body)
	h.isUnavailable("the report", answer, raw)
}

func (h *host) isUnavailable(what string, answer *http.Response, raw string) {
	h.t.Helper()
	var problem struct {
		Title     string
		Status    int
		Reference string
	}
	if err := json.Unmarshal([]byte(raw), &problem); err != nil || answer.StatusCode != 503 || problem.Status != 503 || problem.Reference == "" ||
		answer.Header.Get("Content-Type") != "application/problem+json" || answer.Header.Get("Retry-After") == "" {
		h.t.Errorf("%s is answered %s %s, Retry-After %q, want a 503 problem that says when to come again",
			what, answer.Status, raw, answer.Header.Get("Retry-After"))
	}
}

// refusesCalls expects 503 of everything on the API that writes, and that reading goes on.
func (h *host) refusesCalls() {
	h.t.Helper()
	for path, body := range writingCalls() {
		answer, raw := h.writingCall(path, body)
		h.isUnavailable("POST "+path, answer, raw)
	}
	h.must(200, "GET", "/incidents", nil, nil)
}

// takesCalls sends the same calls under the same keys, and expects that they are done.
func (h *host) takesCalls() {
	h.t.Helper()
	for path, body := range writingCalls() {
		if answer, raw := h.writingCall(path, body); answer.StatusCode != 201 {
			h.t.Errorf("POST %s with room again is answered %s %s", path, answer.Status, raw)
		}
	}
}

func writingCalls() map[string]any {
	return map[string]any{
		"/clients":   object{"external_id": "D-900", "name": "Schijfpersoon 900"},
		"/systems":   object{"id": "agenda", "name": "Agenda", "categories": []string{"appointments"}},
		"/incidents": object{"playbook": "lost-letter", "summary": "Brief weg.", "discovered_at": "2026-01-02T10:00:00Z", "aware_at": "2026-01-02T10:00:00Z", "aware_basis": "Hij kwam niet aan."},
	}
}

func (h *host) writingCall(path string, body any) (*http.Response, string) {
	h.t.Helper()
	return h.answer("POST", h.BaseURL+"/api/v1"+path, body, "Authorization", "Bearer "+h.APIToken, "Idempotency-Key", "full"+strings.ReplaceAll(path, "/", "-"))
}

// refusesLogin expects plain words instead of the login page once more.
func (h *host) refusesLogin() {
	h.t.Helper()
	r := newPlainReader(h.t.(*testing.T), h.BaseURL)
	r.open("/login")
	r.fill("E-mailadres", h.Login)
	r.fill("Wachtwoord", h.Password)
	r.click("Log in")
	if page := r.words(); r.status != 503 || !strings.Contains(page, "Dit lukt nu even niet") || strings.Contains(page, h.Password) {
		h.t.Errorf("the login is answered %d:\n%s", r.status, page)
	}
}

// takesReportOnce sends the report until it is acknowledged, again after that,
// and expects one incident with every clock.
func (h *host) takesReportOnce(id, body string) caseView {
	h.t.Helper()
	before := len(h.cases())
	answer, first := h.signed(id, body)
	again, second := h.signed(id, body)
	if answer.StatusCode != 202 || again.StatusCode != 202 || first != second {
		h.t.Fatalf("the report is answered %s %s and %s %s, want 202 and the same twice", answer.Status, first, again.Status, second)
	}
	var cases []caseView
	await(h.t, "the report is an incident", func() error {
		if cases = h.cases(); len(cases) != before+1 {
			return errNot("%d incidents", len(cases))
		}
		return nil
	})
	c := cases[slices.IndexFunc(cases, func(c caseView) bool { return c.Source == "webhook" })]
	kinds := map[string]bool{}
	for _, clock := range c.Clocks {
		kinds[clock.Kind] = true
	}
	if c.Source != "webhook" || !kinds["client"] || !kinds["authority"] || !kinds["contract"] {
		h.t.Errorf("the incident is %+v, want one from the webhook with three clocks", c)
	}
	var list struct{ Items []object }
	await(h.t, "the report is kept beside it", func() error {
		if h.must(200, "GET", "/reports?state=all", nil, &list); len(list.Items) != 1 {
			return errNot("%d reports, want one: %v", len(list.Items), list.Items)
		}
		return nil
	})
	return c
}

// clientMails are the mails to the clients that fill made.
func (h *host) clientMails() []letter {
	return slices.DeleteFunc(h.received(), func(l letter) bool { return !strings.HasPrefix(l.To, "schijf") })
}

// awaitAllTold expects that everybody is told, by as many mails at most, and
// that each 250 is an attempt.
func (h *host) awaitAllTold(notice string, people, most int) {
	h.t.Helper()
	await(h.t, "everybody is told", func() error {
		told := 0
		for _, d := range h.deliveries(notice) {
			if d.State == "sent" {
				told++
			}
		}
		if told != people {
			return errNot("%d told", told)
		}
		return nil
	})
	got := map[string]int{}
	mails := h.clientMails()
	for _, m := range mails {
		got[m.To]++
	}
	if len(got) != people || len(mails) > most {
		h.t.Errorf("%d people got %d mails, want %d people and at most %d mails: %v", len(got), len(mails), people, most, got)
	}
}

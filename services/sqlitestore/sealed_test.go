package sqlitestore_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/services/sqlitestore"
)

// secret stands in every name, address and free text of this test.
const secret = "Zonnebloemstraat"

func filled[T any]() T {
	var v T
	fill(&v, secret)
	return v
}

func TestNoPersonalDataStandsReadableInTheFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	for step, write := range personalWrites(s, t) {
		if err := write(); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	searchFiles(t, dir)
	if err := s.Close(); err != nil { // moves what is in the log into the file
		t.Fatal(err)
	}
	searchFiles(t, dir)
}

// personalWrites holds every method that takes personal data, each given some.
func personalWrites(s *sqlitestore.Store, t *testing.T) map[string]func() error {
	ctx := t.Context()
	words := map[string]string{"reason": secret}
	event := register.Event{ID: "e1", PracticeID: "p1", Kind: incidents.FactsChanged, At: noon(), Words: words}
	incident := incidentOf("p1", "i1")
	fillIncident(incident)
	return map[string]func() error{
		"practice": func() error {
			return s.CreatePractice(ctx, registry.Practice{ID: "p1", PublicCode: "code", Details: filled[registry.Details]()})
		},
		"practice changed": func() error {
			if err := s.CreatePractice(ctx, registry.Practice{ID: "p2", PublicCode: "code-2"}); err != nil {
				return err
			}
			_, err := s.UpdatePractice(ctx, "p2", func(p *registry.Practice) error { p.Details = filled[registry.Details](); return nil })
			return err
		},
		"system": func() error {
			_, err := s.PutSystem(ctx, registry.System{ID: "mailbox", PracticeID: "p1", Name: secret, Services: []string{secret}, Notes: register.Notes{event}})
			return err
		},
		"processor": func() error {
			_, err := s.PutProcessor(ctx, registry.Processor{ID: "microsoft-365", PracticeID: "p1", Name: secret})
			return err
		},
		"endpoint": func() error {
			return s.CreateEndpoint(ctx, registry.Endpoint{ID: "ep", TokenHash: "hash", PracticeID: "p1", Token: secret, Secrets: []registry.EndpointSecret{{Value: secret}}, PublicKeys: []string{secret}, Notes: register.Notes{event}})
		},
		"feed": func() error {
			return s.CreateFeed(ctx, registry.Feed{ID: "microsoft-365", PracticeID: "p1", Login: registry.FeedLogin{Tenant: secret, Client: secret, Secret: secret}})
		},
		"clients": func() error {
			_, err := s.PutClients(ctx, "p1", []registry.Client{{ID: "c1", Person: filled[registry.Person](), Notes: register.Notes{event}}})
			if err == nil {
				_, err = s.UpdateClient(ctx, "p1", "c1", func(c *registry.Client) error { c.Person.Name += secret; return nil })
			}
			return err
		},
		"receipt": func() error {
			r := receiptOf("r1")
			r.Raw = []byte(secret)
			_, _, err := s.SaveReceipt(ctx, r)
			return err
		},
		"return": func() error {
			_, _, err := s.SaveReturn(ctx, incidents.Return{ID: "rt1", RawHash: "h", Raw: []byte(secret), ReceivedAt: noon()})
			return err
		},
		"report": func() error {
			r := &incidents.Report{ID: "r1", PracticeID: "p1", Words: filled[incidents.ReportWords](), Clock: incidents.Clock{LateReason: secret}}
			r.Outbox.Pending = []register.Event{event}
			if err := s.CreateReport(ctx, r); err != nil {
				return err
			}
			_, err := s.UpdateReport(ctx, "p1", "r1", func(r *incidents.Report) error { r.Words.Reason += secret; return nil })
			return err
		},
		"incident": func() error {
			if err := s.CreateIncident(ctx, incident); err != nil {
				return err
			}
			_, err := s.UpdateIncident(ctx, "p1", "i1", func(i *incidents.Incident) error { i.Story.Summary += secret; return nil })
			return err
		},
		"affected": func() error {
			return s.SaveAffected(ctx, "p1", []incidents.Affected{{ID: "u-1", IncidentID: "i1", Version: 1, Email: secret + "@example.org"}})
		},
		"notice": func() error {
			n := &incidents.Notice{ID: "n1", PracticeID: "p1", IncidentID: "i1", Texts: filled[[]incidents.Text](), Sender: filled[registry.Sender]()}
			n.Outbox.Pending = []register.Event{event}
			if err := s.CreateNotice(ctx, n); err != nil {
				return err
			}
			_, err := s.UpdateNotice(ctx, "p1", "n1", func(n *incidents.Notice) error { n.Texts = filled[[]incidents.Text](); return nil })
			return err
		},
		"deliveries": func() error { return writeDeliveries(t, s) },
		"entries": func() error {
			return s.AppendEntries(ctx, "p1", []register.Entry{register.Next(register.Head{}, event, secret)})
		},
		"user": func() error {
			if err := s.CreateUser(ctx, registry.User{ID: "u1", Login: secret, Name: secret, Notes: register.Notes{event}}); err != nil {
				return err
			}
			_, err := s.UpdateUser(ctx, "u1", func(u *registry.User) error { u.Name += secret; return nil })
			return err
		},
		"token": func() error {
			return s.CreateToken(ctx, registry.Token{ID: "t1", PracticeID: "p1", Hash: "hash", Name: secret})
		},
		"session": func() error { return s.SaveSession(ctx, "hash", []byte(secret), noon()) },
		"draft": func() error {
			_, err := s.SaveDraft(ctx, incidents.Draft{ID: "d1", PracticeID: "p1", Answers: map[string][]string{secret: {secret}}})
			return err
		},
		"request": func() error {
			q := incidents.Request{PracticeID: "p1", Key: "key", At: noon(), Body: []byte(secret), Location: secret}
			if _, _, err := s.BeginRequest(ctx, q); err != nil {
				return err
			}
			return s.FinishRequest(ctx, q)
		},
		"setting": func() error { return s.PutSetting(ctx, "key", []byte(secret), 0) },
	}
}

// fillIncident puts the secret wherever a case keeps words.
func fillIncident(i *incidents.Incident) {
	i.CaseKey += secret
	fill(&i.Story, secret)
	fill(&i.Aware, secret)
	fill(&i.Decisions, secret)
	fill(&i.Filings, secret)
	i.ForAuthority = incidents.AuthorityAnswers{Given: map[string]string{"sector": secret}, Countries: secret}
	i.Traces = []incidents.TraceChoice{{Text: secret, Reason: secret}}
	fill(&i.Updates, secret)
	fill(&i.Steps, secret)
	fill(&i.Measures, secret)
	for n := range i.Clocks {
		i.Clocks[n].LateReason = secret
	}
	for n := range i.Outbox.Pending {
		i.Outbox.Pending[n].Words = map[string]string{secret: secret}
	}
}

func writeDeliveries(t *testing.T, s *sqlitestore.Store) error {
	ctx := t.Context()
	d := deliveryOf("n1", "d1")
	own := filled[incidents.Text]()
	d.Own = &own
	fill(&d.To, secret)
	if err := s.PutDeliveries(ctx, "p1", []incidents.Delivery{d}); err != nil {
		return err
	}
	rows, err := s.DeliveriesByIDs(ctx, "p1", []string{"d1"})
	if err != nil || len(rows) != 1 {
		return fmt.Errorf("read %d: %w", len(rows), err)
	}
	rows[0].Record(incidents.Answer{Kind: incidents.RefusedPerson, Server: secret, Text: secret, At: noon()}, time.Time{})
	if _, err := s.RecordDeliveries(ctx, "p1", rows); err != nil {
		return err
	}
	_, err = s.UpdateDelivery(ctx, "p1", "d1", func(d *incidents.Delivery) error { return d.Tell("phone", secret, "u1", noon(), noon()) })
	return err
}

// searchFiles looks for the secret in every file of the folder, plain and as
// part of base64.
func searchFiles(t *testing.T, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(paths) < 2 {
		t.Fatalf("files %v, %v", paths, err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range formsOf(secret) {
			if at := bytes.Index(bytes.ToLower(b), bytes.ToLower([]byte(form))); at >= 0 {
				t.Errorf("%s holds personal data near %q", filepath.Base(path), b[max(at-80, 0):min(at+40, len(b))])
			}
		}
	}
}

// formsOf returns a word as it stands plain, and the middle of its base64 at each
// of the three places where it can begin.
func formsOf(word string) []string {
	forms := []string{word}
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte("xxx"[:shift] + word))
		forms = append(forms, encoded[4:len(encoded)-4])
	}
	return forms
}

func TestTheSearchForPersonalDataFindsIt(t *testing.T) {
	for shift := range 3 {
		hidden := base64.StdEncoding.EncodeToString([]byte("abc"[:shift] + secret + "more"))
		found := false
		for _, form := range formsOf(secret) {
			found = found || bytes.Contains([]byte(hidden), []byte(form))
		}
		if !found {
			t.Errorf("%q hides the secret", hidden)
		}
	}
}

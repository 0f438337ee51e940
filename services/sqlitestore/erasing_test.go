package sqlitestore_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
	"datalek/services/record"
	"datalek/services/sqlitestore"
)

// clear seals nothing: what lies in the files can be read as by somebody with the
// key at hand.
type clear struct{}

func (clear) Seal(_ context.Context, _ tenant.ID, _, _, _ string, plain []byte) ([]byte, error) {
	return bytes.Clone(plain), nil
}

func (clear) Open(_ context.Context, _ tenant.ID, _, _, _ string, sealed []byte) ([]byte, error) {
	return bytes.Clone(sealed), nil
}

func (clear) Index(_ context.Context, practice tenant.ID, field, _ string) (string, error) {
	return string(practice) + field, nil
}

const (
	erasedName = "Willemijn Zonnebloem"
	erasedMail = "willemijn@zonnebloem.example"
)

// holding counts in how many files of the folder a text stands, plain or in base64.
func holding(t *testing.T, dir, text string) int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "datalek.db*"))
	if err != nil || len(paths) < 2 {
		t.Fatalf("files %v, %v", paths, err)
	}
	n := 0
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range formsOf(text) {
			n += bytes.Count(b, []byte(form))
		}
	}
	return n
}

// A person who stands in every kind of record is erased while the store is open. In
// the database and in its log of writes nothing of him is left, key at hand or not.
func TestNothingOfAnErasedPersonIsLeftInTheFiles(t *testing.T) {
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "data")
	s, err := sqlitestore.Open(ctx, dir, sqlitestore.Options{Seal: func(context.Context, record.Keyring) (record.Sealer, error) { return clear{}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	fillPerson(ctx, t, s)
	if holding(t, dir, erasedName) < 8 || holding(t, dir, erasedMail) < 4 {
		t.Fatalf("he stands in %d and %d places: the search does not find him", holding(t, dir, erasedName), holding(t, dir, erasedMail))
	}
	before, err := s.CountDeliveries(ctx, "p1", "n1")
	if err != nil {
		t.Fatal(err)
	}
	if err := request.Erase(ctx, s, "p1", "r1", noon()); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{erasedName, erasedMail, "0612345678", "Bloemenlaan 7"} {
		if n := holding(t, dir, text); n > 0 {
			t.Errorf("%q still stands in %d places", text, n)
		}
	}
	after, err := s.CountDeliveries(ctx, "p1", "n1")
	if err != nil || after[incidents.Sent] != before[incidents.Sent] || before[incidents.Sent] != 1 {
		t.Errorf("told %v before and %v after, %v", before, after, err)
	}
	entries, err := s.Entries(ctx, "p1", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := register.Verify(register.Head{}, entries); err != nil {
		t.Errorf("the chain is broken: %v", err)
	}
}

// fillPerson puts the person into every kind of record, and begins his erasure.
func fillPerson(ctx context.Context, t *testing.T, s *sqlitestore.Store) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(s.CreatePractice(ctx, registry.Practice{ID: "p1", PublicCode: "code", Language: "nl", TimeZone: "Europe/Amsterdam"}))
	c := registry.Client{ID: "c1", PracticeID: "p1", Language: "nl", Person: registry.Person{ExternalID: "V-1", Name: erasedName, Email: erasedMail, Phone: "0612345678", PostalAddress: "Bloemenlaan 7"}}
	_, err := s.PutClients(ctx, "p1", []registry.Client{c})
	ok(err)
	inc := incidentOf("p1", "i1")
	inc.Story.Summary, inc.State = "De map van "+erasedName+" lag open.", incidents.StateClosed
	inc.Story.Subjects.Emails, inc.Outbox = []string{erasedMail}, incidents.Outbox{}
	ok(s.CreateIncident(ctx, inc))
	about, _ := incidents.UnknownPerson("i1", erasedMail)
	ok(s.SaveAffected(ctx, "p1", []incidents.Affected{{ID: about, PracticeID: "p1", IncidentID: "i1", Version: 1, Email: erasedMail, Group: incidents.OtherPeople}}))
	ok(s.CreateNotice(ctx, &incidents.Notice{ID: "n1", PracticeID: "p1", IncidentID: "i1", State: incidents.NoticeIsSent, Texts: []incidents.Text{{Language: "nl", Body: "Beste " + erasedName}}}))
	d := deliveryOf("n1", "d1")
	d.Person, d.Reader, d.To = "c1", "c1", incidents.Reach{Name: erasedName, Email: erasedMail, Word: "Sprak met " + erasedName}
	ok(s.PutDeliveries(ctx, "p1", []incidents.Delivery{d}))
	d.Version = 1
	ok(d.Claim(noon(), time.Minute))
	saved, err := s.RecordDeliveries(ctx, "p1", []incidents.Delivery{d})
	ok(err)
	saved[0].Record(incidents.Answer{Kind: incidents.Accepted, Text: "250 queued for " + erasedMail, At: noon()}, noon())
	_, err = s.RecordDeliveries(ctx, "p1", saved)
	ok(err)
	ok(s.CreateQuestion(ctx, incidents.ReaderQuestion{ID: "q1", PracticeID: "p1", IncidentID: "i1", Person: "c1", Reader: "c1", AskedAt: noon(), Text: "Groet, " + erasedName}))
	ok(s.CreateReport(ctx, &incidents.Report{ID: "rep", PracticeID: "p1", State: incidents.Dismissed, ReceivedAt: noon(), Words: incidents.ReportWords{Text: "x", Name: erasedName, Reach: erasedMail}}))
	back := incidents.NewReturn("ret", "p1", incidents.ReturnByIMAP, []byte("To: "+erasedMail), noon())
	back.Settle(incidents.UnknownReturn, "", incidents.Key{}, noon())
	_, _, err = s.SaveReturn(ctx, back)
	ok(err)
	_, err = s.SaveDraft(ctx, incidents.Draft{ID: "dr", PracticeID: "p1", UserID: "u", UpdatedAt: noon(), Answers: map[string][]string{"who": {"c1"}, "what": {"Over " + erasedName}}})
	ok(err)
	kept := incidents.Request{PracticeID: "p1", Key: "k", At: noon()}
	_, _, err = s.BeginRequest(ctx, kept)
	ok(err)
	kept.Status, kept.Body = 201, []byte(`{"name":"`+erasedName+`"}`)
	ok(s.FinishRequest(ctx, kept))
	var head register.Head
	for n, words := range []string{"Anders.", erasedName + " belde.", "Ook anders."} {
		e := register.Next(head, register.Event{ID: string(rune('a' + n)), PracticeID: "p1", IncidentID: "i1", Kind: incidents.FactsChanged, At: noon(), Words: map[string]string{"reason": words}}, "00112233445566778899aabbccddeeff")
		ok(s.AppendEntries(ctx, "p1", []register.Entry{e}))
		head = e.Head()
	}
	r, err := request.File(request.New{ID: "r1", PracticeID: "p1", Kind: request.Erasure, ClientID: "c1", Channel: "phone", ReceivedAt: noon(),
		Person: request.Person{Name: erasedName, Words: "Wis " + erasedName}, DueOn: registry.Date{Year: 2027, Month: 4, Day: 1}, Zone: time.UTC}, noon())
	ok(err)
	ok(r.CheckIdentity("Bekende stem van "+erasedName, noon(), incidents.Actor{}))
	ok(r.BeginErasure(request.MarksOf(r.Person, &c), 30, noon(), incidents.Actor{}))
	r.Outbox.Pending = nil
	ok(s.CreateRightsRequest(ctx, r))
}

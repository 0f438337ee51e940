package mongostore_test

import (
	"bytes"
	"encoding/base64"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/services/mongostore"
)

// secret marks what must not lie readable in the database.
const secret = "GEHEIM"

// fillSecrets puts the mark wherever a person or free text stands.
func fillSecrets(t *testing.T, s *mongostore.Store) {
	t.Helper()
	ctx, now := t.Context(), time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)
	inc, err := incidents.Open(incidents.NewIncident{ID: "incident-1", PracticeID: "practice-1", Reference: "2027-1", CaseKey: secret + "-case", Source: incidents.FromForm,
		AwareAt: now, AwareBasis: secret, By: incidents.System(), Policy: registry.Policy{AuthorityHours: 72},
		Facts: incidents.Facts{Playbook: "outage", DiscoveredAt: now, Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController},
		Story: incidents.Story{Summary: secret, Recipients: []incidents.Recipient{{Email: secret + "@example.org", Kind: incidents.RecipientKnown}}}}, now)
	if err != nil {
		t.Fatal(err)
	}
	notice := incidents.NewNotice("notice-1", inc, incidents.ToClients, []incidents.Text{{Language: "nl", Subject: secret, Body: secret}}, nil, now, incidents.System())
	report, err := incidents.NewTriage("report-1", "practice-1", incidents.FromPublic, incidents.ReportWords{Text: secret, Name: secret, Reach: secret}, now, registry.Term{}, incidents.System())
	if err != nil {
		t.Fatal(err)
	}
	delivery := incidents.NewDelivery(notice, incidents.Recipiency{Person: "p", Reader: "p", Channel: registry.ByEmail, Name: secret, Email: secret, Phone: secret, Address: secret})
	delivery.Record(incidents.Answer{Kind: incidents.Later, Text: secret, At: now}, now)
	event := register.Event{ID: "event-1", PracticeID: "practice-1", At: now, Words: map[string]string{"reason": secret}}
	steps := map[string]func() error{
		"practice": func() error {
			return s.CreatePractice(ctx, registry.Practice{ID: "practice-1", Details: registry.Details{Name: secret, WarnEmail: secret}})
		},
		"system": func() error {
			_, err := s.PutSystem(ctx, registry.System{ID: "s", PracticeID: "practice-1", Name: secret})
			return err
		},
		"endpoint": func() error {
			return s.CreateEndpoint(ctx, registry.Endpoint{ID: "e", TokenHash: "h", Token: secret, Secrets: []registry.EndpointSecret{{Value: secret}}, PublicKeys: []string{secret}})
		},
		"feed": func() error {
			return s.CreateFeed(ctx, registry.Feed{ID: "f", PracticeID: "practice-1", Login: registry.FeedLogin{Secret: secret}})
		},
		"incident": func() error { return s.CreateIncident(ctx, inc) },
		"notice":   func() error { return s.CreateNotice(ctx, notice) },
		"report":   func() error { return s.CreateReport(ctx, report) },
		"delivery": func() error { return s.PutDeliveries(ctx, "practice-1", []incidents.Delivery{delivery}) },
		"entry": func() error {
			return s.AppendEntries(ctx, "practice-1", []register.Entry{register.Next(register.Head{}, event, secret)})
		},
		"user": func() error {
			return s.CreateUser(ctx, registry.User{ID: "u", Login: secret + "@example.org", Name: secret})
		},
		"session": func() error { return s.SaveSession(ctx, "session", []byte(secret), now) },
		"setting": func() error { return s.PutSetting(ctx, "setting", []byte(secret), 0) },
		"draft": func() error {
			_, err := s.SaveDraft(ctx, incidents.Draft{ID: "d", PracticeID: "practice-1", Answers: map[string][]string{"a": {secret}}})
			return err
		},
		"receipt": func() error {
			_, _, err := s.SaveReceipt(ctx, incidents.Receipt{ID: "r", DedupeKey: "k", Raw: []byte(secret)})
			return err
		},
		"request": func() error {
			return finish(t, s, incidents.Request{PracticeID: "practice-1", Key: "k", Body: []byte(secret), Status: 200})
		},
		"affected": func() error {
			return s.SaveAffected(ctx, "practice-1", []incidents.Affected{{ID: "u-1", IncidentID: "incident-1", Version: 1, Email: secret}})
		},
		"clients": func() error {
			_, err := s.PutClients(ctx, "practice-1", []registry.Client{{ID: "c", Person: registry.Person{ExternalID: secret, Name: secret, Email: secret + "@example.org", Phone: secret}}})
			return err
		},
	}
	for name, step := range steps {
		if err := step(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func finish(t *testing.T, s *mongostore.Store, r incidents.Request) error {
	t.Helper()
	if _, _, err := s.BeginRequest(t.Context(), incidents.Request{PracticeID: r.PracticeID, Key: r.Key}); err != nil {
		return err
	}
	return s.FinishRequest(t.Context(), r)
}

func TestNothingPersonalLiesReadableInTheDatabase(t *testing.T) {
	o := fresh(t, standinAt)
	fillSecrets(t, open(t, o))
	db := raw(t, standinAt, o.Database)
	names, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	marks := [][]byte{[]byte(secret), []byte("geheim"), []byte(base64.StdEncoding.EncodeToString([]byte(secret)))}
	documents := 0
	for _, name := range names {
		cursor, err := db.Collection(name).Find(t.Context(), bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		for cursor.Next(t.Context()) {
			documents++
			for _, mark := range marks {
				if bytes.Contains(cursor.Current, mark) {
					t.Errorf("%s: %q lies readable in %s", name, mark, cursor.Current)
				}
			}
		}
		if err := cursor.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if documents < 16 {
		t.Errorf("%d documents were looked at, want one of each kind", documents)
	}
}

func TestAFullCheckFindsADocumentThatWasChanged(t *testing.T) {
	o := fresh(t, standinAt)
	s := open(t, o)
	fillSecrets(t, s)
	if err := s.Check(t.Context(), true); err != nil {
		t.Fatalf("check: %v", err)
	}
	change := bson.D{{Key: "$set", Value: bson.D{{Key: "sealed", Value: []byte("not what was sealed")}}}}
	if _, err := raw(t, standinAt, o.Database).Collection("notices").UpdateOne(t.Context(), bson.D{}, change); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context(), false); err != nil {
		t.Errorf("the quick check reads no documents, but says %v", err)
	}
	if err := s.Check(t.Context(), true); err == nil {
		t.Error("the full check says nothing")
	}
}

package incidents_test

import (
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/roster"

	"github.com/google/go-cmp/cmp"
)

func actNow() incidents.Act {
	return incidents.Act{By: incidents.Actor{Kind: register.ActorAPI, ID: "token-1"}, At: time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)}
}

func mailbox() registry.System {
	return registry.System{ID: "mailbox", PracticeID: "p-1", Name: "Mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified}
}

// one returns the single event of a list.
func one(t *testing.T, notes register.Notes) incidents.Event {
	t.Helper()
	if len(notes) != 1 {
		t.Fatalf("%d events, want one", len(notes))
	}
	return notes[0]
}

func TestASystemIsToldByWhatItWasAndIs(t *testing.T) {
	was := mailbox()
	is := mailbox()
	is.Name, is.ProcessorID, is.Version, is.UpdatedAt = "Postvak", "microsoft-365", 3, actNow().At
	got := one(t, actNow().System(&was, is))
	want := incidents.Event{PracticeID: "p-1", Subject: "mailbox", Kind: incidents.SystemChanged, At: actNow().At, Actor: actNow().By,
		Facts: map[string]string{"fields": "held_by,name", "before/held_by": "", "after/held_by": "microsoft-365"},
		Words: map[string]string{"name": "Postvak", "before/name": "Mailbox", "after/name": "Postvak"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestAnUnchangedSaveIsNoEvent(t *testing.T) {
	was, firm, person := mailbox(), registry.Processor{ID: "f", PracticeID: "p-1", Name: "Firma"}, clientOfActs()
	is, sameFirm, samePerson := mailbox(), firm, person
	is.Version, is.UpdatedAt, sameFirm.Version, samePerson.UpdatedAt = 4, actNow().At, 2, actNow().At
	for name, notes := range map[string]register.Notes{"system": actNow().System(&was, is), "processor": actNow().Processor(&firm, sameFirm), "client": actNow().Client(&person, samePerson)} {
		if len(notes) != 0 {
			t.Errorf("%s: %+v", name, notes)
		}
	}
	p := registry.Practice{ID: "p-1", Details: registry.Details{Name: "Praktijk"}}
	after := p
	after.Version, after.PublicCode = 7, "other"
	if actNow().Settings(p, &after); len(after.Outbox.Pending) != 0 {
		t.Errorf("settings: %+v", after.Outbox.Pending)
	}
}

func TestTheKindSaysWhetherARowComesEndsOrIsTakenUpAgain(t *testing.T) {
	ended := mailbox()
	ended.EndedAt = actNow().At
	running := mailbox()
	for want, notes := range map[incidents.EventKind]register.Notes{
		incidents.SystemAdded:   actNow().System(nil, mailbox()),
		incidents.SystemEnded:   actNow().System(&running, ended),
		incidents.SystemResumed: actNow().System(&ended, mailbox()),
	} {
		if got := one(t, notes).Kind; got != want {
			t.Errorf("kind = %s, want %s", got, want)
		}
	}
}

func clientOfActs() registry.Client {
	return registry.Client{ID: "c-1", PracticeID: "p-1", Language: "nl", Relation: registry.RelationClient,
		Person:   registry.Person{ExternalID: "17", Name: "Zonnebloem", Email: "zon@example.org", Phone: "06", PostalAddress: "Laan 1"},
		Guidance: []registry.Guidance{{From: registry.Date{Year: 2026, Month: 1, Day: 5}}}}
}

func TestAPersonIsToldByHisIDAndTheNamesOfFieldsAlone(t *testing.T) {
	was, is, left := clientOfActs(), clientOfActs(), clientOfActs()
	is.Person.Name, is.Person.Email, is.BirthYear = "Maanbloem", "maan@example.org", 1980
	left.Guidance = []registry.Guidance{{From: was.Guidance[0].From, Until: registry.Date{Year: 2027, Month: 3, Day: 1}}}
	e := one(t, actNow().Client(&was, is))
	if got := e.Facts["fields"]; e.Kind != incidents.ClientChanged || got != "birth_year,email,name" {
		t.Errorf("%s of %q", e.Kind, got)
	}
	for want, notes := range map[incidents.EventKind]register.Notes{incidents.ClientAdded: actNow().Client(nil, was),
		incidents.ClientLeft: actNow().Client(&was, left), incidents.ClientReturned: actNow().Client(&left, was), incidents.ClientChanged: {e}} {
		e := one(t, notes)
		if e.Kind != want || e.Subject != "c-1" || len(e.Words) != 0 {
			t.Errorf("%+v, want %s of c-1 without words", e, want)
		}
		for _, text := range e.Facts {
			for _, secret := range []string{"bloem", "@", "Laan", "17", "1980"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s tells %q", e.Kind, text)
				}
			}
		}
	}
}

func TestSettingsTellCodesAndTheNamesOfTheRest(t *testing.T) {
	p := registry.Practice{ID: "p-1", Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam", Details: registry.Details{Name: "Praktijk", StandInName: "Bert", StandInMail: "bert@example.org"}}
	after := p
	after.Authority, after.Details.StandInName, after.Details.Contact.Phone = registry.GBA, "Carla", "06"
	actNow().Settings(p, &after)
	e := one(t, after.Outbox.Pending)
	want := map[string]string{"fields": "authority,contact,stand_in_name", "before/authority": "AP", "after/authority": "GBA"}
	if d := cmp.Diff(want, e.Facts); d != "" || len(e.Words) != 0 || e.Kind != incidents.SettingsChanged {
		t.Errorf("%s %v (-want +got)\n%s", e.Kind, e.Words, d)
	}
}

func TestAListIsToldInNumbers(t *testing.T) {
	j := roster.Import{ID: "i-1", PracticeID: "p-1", Format: roster.CSV, Count: roster.ImportCount{Read: 9, Added: 5, Changed: 2, Refused: 2}, Undo: roster.Undoing{Removed: 5, PutBack: 2}}
	if e := one(t, actNow().Import(incidents.ImportTaken, j)); e.Facts["read"] != "9" || e.Facts["refused"] != "2" || e.Subject != "i-1" {
		t.Errorf("%+v", e)
	}
	if e := one(t, actNow().Import(incidents.ImportUndone, j)); e.Facts["removed"] != "5" || e.Facts["put_back"] != "2" {
		t.Errorf("%+v", e)
	}
}

func TestAnAccountIsToldInEachOfItsPractices(t *testing.T) {
	u := registry.User{ID: "u-1", Memberships: []registry.Membership{{PracticeID: "p-1"}, {PracticeID: "p-2"}}}
	notes := actNow().Account(u, incidents.PasswordChanged, nil)
	if len(notes) != 2 || notes[0].PracticeID != "p-1" || notes[1].PracticeID != "p-2" || notes[1].Facts["user"] != "u-1" {
		t.Errorf("%+v", notes)
	}
}

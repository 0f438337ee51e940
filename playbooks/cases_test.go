package playbooks_test

import (
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// ownBook is the book of the program itself. Nothing changes a book, so that the
// tests may share one.
var ownBook = sync.OnceValues(func() (*playbooks.Book, error) { return playbooks.Load("") })

func load(t *testing.T) *playbooks.Book {
	t.Helper()
	book, err := ownBook()
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return book
}

// moment is a Monday in winter time, 14.30 in Amsterdam.
func moment() time.Time { return time.Date(2027, 3, 8, 13, 30, 0, 0, time.UTC) }

func instant(t time.Time) *time.Time { return &t }

func practice() registry.Practice {
	return registry.Practice{
		ID: "p1", Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam",
		Policy: registry.Policy{ID: "refleact-48", ClientHours: 48, AuthorityHours: 72, Formal: true,
			ClientThresholds: []int{50, 75, 90}, AuthorityThresholds: []int{24, 48, 60, 68, 71}},
		Details: registry.Details{
			Name: "Praktijk Voorbeeld",
			Contact: registry.ContactPerson{Name: "Ida Voorbeeld", Phone: "06 00000001", Email: "ida@post.example",
				Hours: "maandag tot en met vrijdag van 9 tot 17 uur"},
			Senders: []registry.Sender{{Email: "ida@post.example", Name: "Bureau Voorbeeld", System: "mailbox"}},
		},
	}
}

// flemish is a practice that says "je" and "beste", under the Belgian authority.
func flemish() registry.Practice {
	p := practice()
	p.Authority, p.TimeZone = registry.GBA, "Europe/Brussels"
	p.Policy.Formal, p.Policy.NameInMail, p.Policy.RetainMonths = false, true, 24
	p.Details.Contact.Hours = ""
	return p
}

// variation is a set of facts that a text is written from.
type variation struct {
	name     string
	practice registry.Practice
	incident *incidents.Incident
}

func blank(playbook string) *incidents.Incident {
	return &incidents.Incident{
		ID: "i1", PracticeID: "p1", Reference: "2027-0003", State: incidents.StateOpen,
		Aware: []incidents.Finding{{AwareAt: moment().Add(20 * time.Hour)}},
		Facts: incidents.Facts{Playbook: playbook, DiscoveredAt: moment().Add(19 * time.Hour),
			Unintelligible: incidents.UnintelligibleUnknown, Role: incidents.AsController},
		Story:  incidents.Story{Summary: "SUMMARY MUST NOT APPEAR"},
		Clocks: []incidents.Clock{{Kind: incidents.ClientClock}, {Kind: incidents.AuthorityClock}},
	}
}

// unreachableByPhone is a practice that gives no phone number.
func unreachableByPhone() registry.Practice {
	p := practice()
	p.Details.Contact.Phone, p.Details.Contact.Hours = "", ""
	return p
}

// variations returns a case of which nothing is known yet, one of which all is,
// one of a practice with the opposite customs, and one shared with another
// organisation by a practice without a phone.
func variations(playbook string) []variation {
	return []variation{
		{"nothing known yet", practice(), blank(playbook)},
		{"everything known", practice(), known(playbook)},
		{"familiar, Belgian, partly known", flemish(), partly(playbook)},
		{"joint, no phone, only possible", unreachableByPhone(), joint(playbook)},
	}
}

func known(playbook string) *incidents.Incident {
	inc := blank(playbook)
	f, s := &inc.Facts, &inc.Story
	inc.Assessment = incidents.Assessment{Wanted: 1, Done: 1, Counts: incidents.Counts{InGuidance: 40, Certain: 40, InScope: 40}}
	inc.Clocks[1].MetAt = moment().Add(24 * time.Hour)
	f.OccurredFrom, f.OccurredUntil = instant(moment()), instant(moment())
	s.MeasuresPlanned = "Wij sturen voortaan geen bijlagen meer zonder controle"
	s.MeasuresTaken = "Wij hebben uitgezocht hoe dit kon gebeuren."
	switch playbook {
	case "mis-sent-email":
		f.HandPicked, f.Categories = true, []registry.Category{registry.Name, registry.Contact, registry.Appointments}
		f.Unintelligible = incidents.UnintelligibleNo
		s.Subjects.Emails = []string{"anna@client.example"}
		s.Recipients = []incidents.Recipient{{Email: "stranger@other.example", Kind: incidents.RecipientTrusted}}
	case "group-mail-cc":
		f.HandPicked, f.Categories = true, []registry.Category{registry.Name, registry.Contact}
		f.Unintelligible = incidents.UnintelligibleNo
		for range 23 {
			s.Subjects.Emails = append(s.Subjects.Emails, "anna@client.example")
		}
		s.Recipients = []incidents.Recipient{{Email: "stranger@other.example", Kind: incidents.RecipientKnown}}
	case "lost-device":
		f.Systems, f.Categories = []string{"laptop", "client-file"}, []registry.Category{registry.Name, registry.Contact, registry.SessionNotes}
		f.Unintelligible = incidents.UnintelligibleYes
		s.MeasuresPlanned = "Wij leggen alleen nog apparaten met een tweede slot in de auto"
	case "phished-mailbox":
		f.Systems = []string{"mailbox"}
		f.Categories = []registry.Category{registry.Name, registry.Contact, registry.Correspondence, registry.Credentials, registry.Financial}
		f.OccurredUntil, f.AccessClosedAt = instant(moment().Add(19*time.Hour+45*time.Minute)), instant(moment().Add(19*time.Hour+45*time.Minute))
		f.Unintelligible = incidents.UnintelligibleNo
		s.MeasuresTaken = "- Wachtwoord veranderd\n- Alle sessies beëindigd\n* Regels voor doorsturen weggehaald"
		s.Consequences = "Wij zagen dat er drie valse e-mails zijn gestuurd"
	case "processor-breach", "outage":
		f.Systems, f.Categories = []string{"bookkeeping"}, []registry.Category{registry.Name, registry.PostalAddress, registry.NationalNumber, registry.Financial}
		f.OccurredUntil = instant(moment().Add(2 * time.Hour))
		f.Unintelligible = incidents.UnintelligiblePartly
		s.MeasuresTaken = "The server was taken offline."
		s.ProcessorSays = &incidents.ProcessorFacts{Measures: s.MeasuresTaken}
	case "mis-sent-letter", "lost-letter", "lost-paper":
		f.Categories, f.HandPicked = []registry.Category{registry.Name, registry.PostalAddress, registry.Reports}, playbook != "lost-paper"
		f.Systems, f.Unintelligible = []string{"paper"}, incidents.UnintelligibleNo
		s.Recipients = []incidents.Recipient{{Email: "stranger@other.example", Kind: incidents.RecipientTrusted}}
	default:
		f.Systems, f.Categories = []string{"client-file"}, []registry.Category{registry.Name, registry.Contact, registry.PostalAddress, registry.NationalNumber}
		f.OccurredUntil, f.Unintelligible = instant(moment().Add(2*time.Hour)), incidents.UnintelligibleNo
	}
	return inc
}

func joint(playbook string) *incidents.Incident {
	inc := partly(playbook)
	inc.Facts.Role = incidents.AsJoint
	inc.Assessment.Counts = incidents.Counts{Possible: 9, InScope: 9}
	return inc
}

func partly(playbook string) *incidents.Incident {
	inc := blank(playbook)
	inc.Assessment = incidents.Assessment{Wanted: 1, Done: 1, Counts: incidents.Counts{Certain: 3, Possible: 9, InScope: 12}}
	inc.Facts.OccurredFrom, inc.Facts.OccurredApprox = instant(moment()), true
	inc.Facts.Systems = []string{"mailbox", "agenda"}
	inc.Facts.Categories = []registry.Category{registry.Contact, registry.Appointments, registry.Health, registry.IdentityDocument, registry.PostalAddress}
	inc.Facts.BreachKinds = []incidents.BreachKind{incidents.Confidentiality, incidents.Availability, incidents.Integrity}
	inc.Facts.Unintelligible = incidents.UnintelligibleNo
	inc.Story.Recipients = []incidents.Recipient{{Email: "one@other.example", Kind: incidents.RecipientKnown}, {Email: "two@other.example", Kind: incidents.RecipientUnknown}}
	return inc
}

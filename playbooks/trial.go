package playbooks

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// tryAll writes every text once with everything known and once with nothing
// known, so that a fragment that cannot be written is found at the start and
// not in the middle of a breach.
func (b *Book) tryAll(faults *Faults) {
	for _, p := range trialPractices() {
		shared := false // the generic texts, tried once for all that share them
		for _, playbook := range b.Playbooks() {
			if shared && !playbook.HasOwnTexts {
				continue
			}
			shared = shared || !playbook.HasOwnTexts
			for _, inc := range trialCases(playbook.ID) {
				b.try(p, inc, faults)
			}
		}
		b.tryWarnings(p, faults)
	}
}

func (b *Book) try(p registry.Practice, inc *incidents.Incident, faults *Faults) {
	for _, language := range languages() {
		for _, audience := range []incidents.Audience{incidents.ToClients, incidents.ToFormerClients} {
			for _, reader := range incidents.TextKinds()[1:] {
				if _, err := b.TextFor(p, inc, audience, incidents.Voice{Language: language, For: reader}); err != nil {
					faults.addTemplate(textFile(language, templateOf(audience, reader)), err)
				}
			}
		}
	}
	for _, audience := range incidents.Audiences() {
		for _, language := range languages() {
			if _, err := b.texts(p, inc, audience, []incidents.Voice{{Language: language}}, sight{}); err != nil {
				faults.addTemplate(textFile(language, string(audience)), err)
			}
		}
	}
}

func (b *Book) tryWarnings(p registry.Practice, faults *Faults) {
	now := trialTime()
	inc := trialCases(order()[0])[0]
	for _, clock := range []incidents.ClockKind{incidents.ClientClock, incidents.AuthorityClock, incidents.ControllerClock,
		incidents.ClientUpdateClock, incidents.AuthorityUpdateClock} {
		for _, due := range []time.Time{now.Add(-time.Hour), now.Add(time.Hour)} {
			if _, err := b.Warning(p, inc, trialEvent(clock, due), now); err != nil {
				faults.addTemplate(textFile(textLanguage(p), warningFile), err)
			}
		}
	}
	report := &incidents.Report{ReceivedAt: now}
	if _, err := b.WarningForReport(p, report, trialEvent(incidents.ShadowClock, now.Add(time.Hour)), now); err != nil {
		faults.addTemplate(textFile(textLanguage(p), warningFile), err)
	}
}

func trialTime() time.Time { return time.Date(2027, 3, 8, 14, 0, 0, 0, time.UTC) }

func trialEvent(clock incidents.ClockKind, due time.Time) incidents.Event {
	return incidents.Event{Kind: incidents.ThresholdPassed, Facts: map[string]string{
		"clock": string(clock), "mark": "h24", "missed": "w50,h24,b24,due", "due_at": due.Format(time.RFC3339Nano)}}
}

// trialPractices are a Dutch and a Belgian practice with opposite choices.
func trialPractices() []registry.Practice {
	details := registry.Details{Name: "Praktijk", Contact: registry.ContactPerson{Name: "Contact", Email: "contact@example.org",
		Phone: "06 00000000", Hours: "9-17"}, Senders: []registry.Sender{{Email: "contact@example.org", Name: "Post", System: "mailbox"}}}
	return []registry.Practice{
		{Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam", Policy: registry.Policy{Formal: true}, Details: details},
		{Authority: registry.GBA, Language: "en", TimeZone: "Europe/Brussels", Policy: registry.Policy{NameInMail: true, RetainMonths: 12},
			Details: registry.Details{Name: "Practice", Contact: registry.ContactPerson{Name: "Contact", Email: "contact@example.org"}}},
	}
}

// trialCases are a case of which everything is known, and one of which nothing is.
func trialCases(playbook string) []*incidents.Incident {
	at := trialTime()
	few := 2
	known := &incidents.Incident{Reference: "2027-0001", Aware: []incidents.Finding{{AwareAt: at}},
		Facts: incidents.Facts{Playbook: playbook, OccurredFrom: &at, OccurredUntil: &at, DiscoveredAt: at.Add(time.Hour),
			Systems: []string{"mailbox", "agenda"}, Categories: registry.Categories(), Unintelligible: incidents.UnintelligiblePartly,
			BreachKinds: []incidents.BreachKind{incidents.Confidentiality, incidents.Integrity, incidents.Availability}, HandPicked: true},
		Story: incidents.Story{MeasuresTaken: "x", MeasuresPlanned: "x", Consequences: "x",
			Subjects:   incidents.Subjects{Emails: []string{"a@example.org", "b@example.org"}},
			Recipients: []incidents.Recipient{{Email: "c@example.org", Kind: incidents.RecipientKnown}}},
		Clocks: []incidents.Clock{{Kind: incidents.ClientClock, InScope: &few}, {Kind: incidents.AuthorityClock, MetAt: at}},
	}
	unknown := &incidents.Incident{Aware: []incidents.Finding{{AwareAt: at}},
		Facts: incidents.Facts{Playbook: playbook, DiscoveredAt: at, Unintelligible: incidents.UnintelligibleUnknown}}
	return []*incidents.Incident{known, unknown}
}

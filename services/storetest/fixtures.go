package storetest

import (
	"fmt"
	"time"

	"datalek/incidents"
	"datalek/incidents/law"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
	"datalek/incidents/tenant"
)

// The practices of the tests.
const (
	anna = "practice-anna"
	bert = "practice-bert"
)

// at is an instant some minutes into the tests' day, in whole milliseconds.
func at(minutes int) time.Time {
	return time.Date(2027, 3, 8, 9, 0, 0, 123_000_000, time.UTC).Add(time.Duration(minutes) * time.Minute)
}

func pointer[T any](v T) *T { return &v }

func user() incidents.Actor { return incidents.Actor{Kind: register.ActorUser, ID: "user-1"} }

func policyOf() registry.Policy {
	return registry.Policy{
		ID: "refleact-48", ClientHours: 48, ClientThresholds: []int{50, 75}, AuthorityHours: 72, AuthorityThresholds: []int{24, 48},
		NameInMail: true, RetainMonths: 24, Source: "privacy statement, 4.2",
		Telling:      []registry.Telling{{Relation: registry.RelationAccused, When: registry.TellByDecision, Source: "privacy statement, 3"}},
		FirstChannel: registry.ByPhone, Messengers: []string{"Signal", "Matrix"}, BarredSenders: []string{"gmail.com"},
		Retention: []registry.RetentionRule{
			{Systems: []string{"agenda"}, Relations: []registry.Relation{registry.RelationComplainant}, From: registry.FromCalendarYear, Months: 24, WithinMonths: 6, Source: "5.1",
				Action: registry.Pseudonymise, WithPermission: []registry.Category{registry.Name, registry.Contact}},
			{From: registry.UntilWithdrawal, Source: "5.2"},
		},
		Protections: []registry.Protection{{Kind: registry.DiskEncryption, Systems: []string{"mailbox"}, Source: "12.2"}, {Kind: registry.TLSProtection}},
		Secrecy:     true, RequestWeeks: 4, AuditSamples: true,
		Statements: []registry.Statement{{Words: map[string]string{"nl": "Een regel.", "en": "A rule."}, Source: "7"}},
		Sources:    map[string]string{registry.RuleClient: "privacy statement, 4.1"},
	}
}

func practiceOf(id string) registry.Practice {
	return registry.Practice{
		ID: tenant.ID(id), PublicCode: "code-of-" + id, Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam",
		Policy: policyOf(), CreatedAt: at(0),
		Retained: registry.Retained{Digest: "2027-03", Cleared: []registry.Clearing{{System: "agenda", Month: "2027-02", At: at(-10)}},
			Confirmed: []registry.Confirmation{{ID: "confirmation-1", System: "mailbox", Month: "2027-01", Rolling: true, Only: "client-1", At: at(-5), By: user(),
				Except: []registry.Spared{{Client: "client-2", Why: registry.ExemptLaw}}, DoneAt: at(-4), People: 3, Here: true, UndoneAt: at(-3)}}},
		Details: registry.Details{
			Name: "Praktijk Proef", Street: "Teststraat 1", Place: "Utrecht",
			Contact:   registry.ContactPerson{Name: "Proef Persoon", Phone: "030 000 00 00", Email: "contact@example.org", Hours: "maandag"},
			Senders:   []registry.Sender{{Email: "praktijk@example.org", Name: "Proef", System: "mailbox"}},
			WarnEmail: "warn@example.org", SecondEmail: "second@example.net", StandInName: "Waar Nemer", StandInMail: "standin@example.net", Sector: "Coaching", TradeNumber: "12345678",
			Coaches: map[string]string{"user-1": "Coach Een"},
		},
	}
}

func systemOf(practice tenant.ID, id string) registry.System {
	return registry.System{
		ID: id, PracticeID: practice, Name: "System " + id, ProcessorID: "microsoft-365", Services: []string{"Exchange Online"},
		Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified,
		EncryptedAtRest: pointer(false), UpdatedAt: at(1),
		Rules: []registry.HoldingRule{{Relations: []registry.Relation{registry.RelationClient}, Categories: []registry.Category{registry.Contact},
			Identifiability: registry.Pseudonymised, KeySystem: "paper", Note: "de sleutel ligt in de kluis"}, {}},
	}
}

func processorOf(practice tenant.ID, id string) registry.Processor {
	return registry.Processor{ID: id, PracticeID: practice, Name: "Processor " + id, ContractHours: pointer(24), Contract: "overeenkomst van 2025", Contact: "Hulp Lijn",
		Regions: []string{"West Europe"}, CustomerRefs: []string{"K-1001"}, SubProcessors: []string{"firm-below"}, Host: true, UpdatedAt: at(1)}
}

func endpointOf(practice tenant.ID, id string) registry.Endpoint {
	return registry.Endpoint{
		ID: id, TokenHash: "hash-of-" + id, ProcessorID: "microsoft-365", PracticeID: practice, Token: "token-of-" + id,
		Version: 1, Secrets: []registry.EndpointSecret{{Value: "whsec_two", CreatedAt: at(3)}, {Value: "whsec_one", CreatedAt: at(2), Until: at(9)}},
		PublicKeys: []string{"whpk_one"}, Door: registry.DoorAddress, CreatedAt: at(2), RevokedAt: at(8), LastAt: at(7),
		Claims: registry.TokenClaims{Issuer: "https://issuer.example", Audience: "datalek", Tenant: "tenant-1", Sender: "app-1", Subscriptions: []string{"subscription-1"}},
	}
}

// clientOf returns a client with everything filled in; number is his own number
// in the practice.
func clientOf(practice tenant.ID, id, number string) registry.Client {
	return registry.Client{
		ID: id, PracticeID: practice, Language: "nl", Relation: registry.RelationClient, BirthYear: 2010,
		Person: registry.Person{ExternalID: number, Name: "Klant " + number, Email: number + "@Example.org", Phone: "06 00 00 00 00",
			PostalAddress: "Teststraat 2\nUtrecht", OpenPGPKey: "key", Coach: "coach-1"},
		Guardians: []string{"client-parent"}, GuardiansAgreed: true, SharedMailAgreed: true, Channel: registry.ByEmail,
		Guidance: []registry.Guidance{
			{From: registry.Date{Year: 2025, Month: 2, Day: 28}, Until: registry.Date{Year: 2025, Month: 12, Day: 31}},
			{From: registry.Date{Year: 2026, Month: 3, Day: 1}},
		},
		Holdings: []registry.Holding{
			{System: "mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified, From: pointer(at(-90_000))},
			{System: "client-file", Categories: []registry.Category{}, Identifiability: registry.Pseudonymised, KeySystem: "paper",
				From: pointer(at(-80_000)), Until: pointer(at(-70_000)), DestroyedAt: pointer(at(-60_000))},
		},
		FirstContact: registry.Date{Year: 2025, Month: 1, Day: 9}, LastContact: registry.Date{Year: 2026, Month: 4, Day: 30},
		Without: []string{"agenda"}, Gone: []registry.Gone{{System: "paper", At: at(-50_000), Pseudonymised: true, Kept: []registry.Category{registry.Name}}},
		Exemptions: []registry.Exemption{{System: "agenda", Why: registry.ExemptDispute, At: at(-40_000)}}, KeepAgreed: registry.Date{Year: 2026, Month: 5, Day: 1}, Capacity: registry.WithParents, ImportID: "import-1",
		UpdatedAt: at(3),
	}
}

func receiptOf(id, dedupe string, received time.Time) incidents.Receipt {
	return incidents.Receipt{
		ID: id, DedupeKey: dedupe, ProcessorID: "microsoft-365", PracticeID: anna, ReceivedAt: received,
		Raw: []byte(`{"type":"processor.breach.reported"}`), RawHash: "hash-of-raw", Proof: "signature", StatusHash: "status-of-" + id, Headers: map[string]string{"content-type": "application/json", "ce-id": "e-1"}, SentAt: received.Add(-time.Second),
	}
}

func reportOf(practice tenant.ID, id string, received time.Time) *incidents.Report {
	r, err := incidents.NewTriage(id, practice, incidents.FromPublic,
		incidents.ReportWords{Text: "Ik denk dat er iets mis is", Name: "Iemand", Reach: "iemand@example.org", Reference: "R-1"},
		received, policyOf().AuthorityTerm(), incidents.System())
	if err != nil {
		panic("storetest: a report of the tests is refused: " + err.Error())
	}
	return r
}

// rulesOf are rules of law that a case keeps.
func rulesOf() law.Set {
	from := registry.Date{Year: 2018, Month: 5, Day: 25}
	return law.Set{
		{ID: "hours", Topic: law.TellAuthority, Says: map[string]string{"nl": "Binnen 72 uur.", "en": "Within 72 hours."}, From: from, Until: registry.Date{Year: 2030, Month: 12, Day: 31},
			Source: law.Source{Document: "Proefwet", Article: "33"}, Hours: 72, Starts: law.FromAwareness, Risk: law.AnyRisk},
		{ID: "ages", Topic: law.YoungPeople, Authority: registry.AP, Says: map[string]string{}, From: from, Beside: 12, Instead: 16, ByCapacity: true},
	}
}

// incidentOf returns a case with its clocks running and one event in its outbox.
func incidentOf(practice tenant.ID, id string, opened time.Time) *incidents.Incident {
	return incidentUnder(practice, id, opened, policyOf())
}

func incidentUnder(practice tenant.ID, id string, opened time.Time, policy registry.Policy) *incidents.Incident {
	inc, err := incidents.Open(incidents.NewIncident{
		ID: id, PracticeID: practice, Reference: "2027-" + id, CaseKey: "microsoft-365 " + id, ReportID: "report-1",
		Source: incidents.FromForm, AwareAt: opened, AwareBasis: "een klant belde", Policy: policy, Law: rulesOf(), By: user(),
		Facts: incidents.Facts{Playbook: "phished-mailbox", OccurredFrom: pointer(opened.Add(-time.Hour)), DiscoveredAt: opened,
			Systems: []string{"mailbox"}, Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController,
			Said: []risk.Said{{Question: "copied", Fact: risk.FactDisclosed, Value: string(risk.WasDisclosed)}}, Risk: risk.Answers{Own: []risk.Fact{risk.FactDisclosed}}},
		Story: incidents.Story{Summary: "Er is ingelogd op de mailbox.", Controller: "Stichting Proef", Answers: map[string]string{"phished-mailbox/mfa": "no"}, Recipients: []incidents.Recipient{{Email: "vreemd@example.net", Kind: incidents.RecipientUnknown}}},
	}, opened)
	if err != nil {
		panic("storetest: an incident of the tests is refused: " + err.Error())
	}
	return inc
}

// busyIncident returns a case in which everything that can happen has happened.
func busyIncident(practice tenant.ID, id string) *incidents.Incident {
	inc := incidentOf(practice, id, at(0))
	inc.Pace = 720 // as in a drill
	inc.Facts.Usual, inc.Facts.Steps = []incidents.BreachKind{incidents.Confidentiality}, []incidents.StepTime{{Step: "password", Within: time.Hour}}
	inc.StepsWarned, inc.StepsWarnedAt = []string{"phished-mailbox/password"}, at(70)
	inc.Join("report-2", incidents.ProcessorFacts{Stage: "update", Summary: "meer bekend", OccurredUntil: pointer(at(-5)),
		Categories: []registry.Category{registry.Health}, BreachKinds: []incidents.BreachKind{incidents.Confidentiality}}, at(1), incidents.System())
	steps := []error{
		inc.Override(incidents.Override{ClientID: "client-9", Include: true, Reason: "stond in een map", By: user()}, at(2)),
		inc.DecidePerson(incidents.PersonDecision{ClientID: "client-8", Ground: incidents.GroundReveals, Reason: "hij weet niet van de klacht", By: user()}, at(2)),
		inc.DecidePerson(incidents.PersonDecision{ClientID: "client-8", Tell: true, Reason: "hij weet het nu", By: user()}, at(3)),
		inc.Change(incidents.Change{AwareAt: pointer(at(-30)), Reason: "eerder gezien", By: user()}, at(3)),
		inc.Decide(incidents.Decision{Question: incidents.AboutPersons, Answer: incidents.Notify, Reason: "hoog risico", By: user()}, at(4)),
		inc.File(incidents.Filing{ID: "filing-1", Authority: registry.AP, Kind: incidents.FilingNew, FiledAt: at(5), Reference: "AP-1", By: user(), UpdateBy: at(3_000),
			LateGround: incidents.LateByInquiry, Form: "AP 2022-08", Answers: []incidents.FiledAnswer{{Question: "description", Text: "Er is ingelogd."}}}, at(6)),
		inc.AnswerAuthority(incidents.AuthorityAnswers{Given: map[string]string{"sector": "zorg"}, Persons: incidents.Amount{Min: pointer(1), Max: pointer(9)}, Abroad: pointer(true),
			Countries: "België", MainEstablishment: "NL"}, at(6), user()),
		inc.ChooseTraces([]incidents.TraceChoice{{Kind: "name", Text: "Voorbeeld", Keep: true, Reason: "zo heet de straat", By: user()}}, at(6)),
		inc.MarkStep(incidents.StepMark{Playbook: "phished-mailbox", Step: "password", State: incidents.StepIsDone, Text: "Verander het wachtwoord.", DueAt: at(60), By: user()}, at(6)),
		inc.MarkStep(incidents.StepMark{Playbook: "phished-mailbox", Step: "police", State: incidents.StepDoesNotApply, Text: "Doe aangifte.", DueAt: at(90), Reason: "geen diefstal", By: user()}, at(6)),
		inc.AddMeasure(incidents.Measure{Text: "Zet een tweede stap aan.", Owner: "Proef Persoon", DueOn: registry.Date{Year: 2027, Month: 4, Day: 1}, By: user()}, at(6)),
		inc.AddMeasure(incidents.Measure{Text: "Oefen met nepmail.", Lesson: "phished-mailbox/practise", By: user()}, at(6)),
		inc.EndMeasure("m2", "vorige week geoefend", false, at(6), user()),
		inc.Promise(incidents.NewUpdate{Audience: incidents.UpdateToClients, PromisedAt: at(4_000), Note: "wat het onderzoek oplevert", By: user()}, at(6)),
		inc.MoveUpdate("u2", at(5_000), "het duurt langer", at(6), user()),
		inc.KeepUpdate("u1", "aangevuld per telefoon", at(6), user()),
		inc.KeepUpdate("u2", "iedereen gebeld", at(6), user()),
	}
	for _, err := range steps {
		if err != nil {
			panic("storetest: a step of the busy incident is refused: " + err.Error())
		}
	}
	inc.Assessed(inc.Assessment.Wanted, incidents.Counts{InGuidance: 3, Certain: 3, InScope: 4, Undecided: 1, NotTold: 2}, 3, 0, at(7))
	inc.Fire(at(40 * 60))
	return inc
}

func affectedOf(practice tenant.ID, incident string, version int64, id string) incidents.Affected {
	return incidents.Affected{
		ID: id, PracticeID: practice, IncidentID: incident, Version: version, ClientID: id, Group: incidents.InGuidance, InScope: true,
		Certainty: incidents.Certain, Readers: []string{id, id + "-parent"},
		Reasons: []incidents.Reason{{Code: incidents.ReasonHeld, System: "mailbox", At: pointer(at(-10))},
			{Code: incidents.ReasonInGuidance, Day: registry.Date{Year: 2027, Month: 3, Day: 8}}},
	}
}

func textsOf() []incidents.Text {
	return []incidents.Text{{Language: "nl", Subject: "Bericht van uw praktijk", Body: "Geachte lezer,\n\nEr is iets gebeurd."},
		{Language: "en", Subject: "A message", Body: "Dear reader"},
		{Language: "nl", For: incidents.ForYoung, Subject: "Bericht over je gegevens", Body: "Hallo,\n\nEr is iets gebeurd."}}
}

func readerOf(person string) incidents.Recipiency {
	return incidents.Recipiency{Person: person, Reader: person, Language: "nl", For: incidents.ForYoung, Channel: registry.ByEmail, Name: "Klant " + person,
		Email: person + "@example.org", Phone: "06 00 00 00 00", Address: "Teststraat 2"}
}

func noticeOf(inc *incidents.Incident, id string) *incidents.Notice {
	return incidents.NewNotice(id, inc, incidents.ToClients, textsOf(), []incidents.Recipiency{readerOf("client-1")}, at(10), user())
}

// approve pins a draft of noticeOf.
func approve(n *incidents.Notice) error {
	return n.Approve(incidents.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, By: user(),
		Sender: registry.Sender{Email: "praktijk@example.net", Name: "Proef"}}, []incidents.Recipiency{readerOf("client-1")}, incidents.Facts{}, at(11))
}

func approvedNotice(inc *incidents.Incident, id string) *incidents.Notice {
	n := noticeOf(inc, id)
	if err := approve(n); err != nil {
		panic("storetest: the approval of a notice of the tests is refused: " + err.Error())
	}
	return n
}

func deliveryOf(n *incidents.Notice, person string) incidents.Delivery {
	return incidents.NewDelivery(n, readerOf(person))
}

func warningOf(practice tenant.ID, incident, key string) incidents.Delivery {
	return incidents.NewWarning(practice, incident, key, "warn@example.org", textsOf()[0])
}

func answerAt(when time.Time, kind incidents.AnswerKind) incidents.Answer {
	return incidents.Answer{Kind: kind, Stage: "data", Server: "mail.example.org:25", Code: 250, Text: "2.0.0 queued for someone@example.org", At: when}
}

func userOf(id, login string) registry.User {
	return registry.User{ID: id, Login: login, Name: "Gebruiker " + id, PasswordHash: "hash-of-" + id, Language: "nl",
		Memberships: []registry.Membership{{PracticeID: anna, Role: registry.RoleOwner}}, CreatedAt: at(0),
		Factors: registry.Factors{GraceUntil: at(60), AppSecret: "app-of-" + id, AppStep: 57_000_000, AppSince: at(1), RecoverySince: at(2),
			RecoveryHashes: []string{"hash-of-a-code", ""}, Passkeys: []registry.Passkey{{ID: []byte{1, 2}, Name: "Telefoon van " + id, PublicKey: []byte{3},
				Transports: []string{"internal"}, SignCount: 7, BackupEligible: true, BackedUp: true, CreatedAt: at(3), UsedAt: at(4)}}}}
}

func draftOf(practice tenant.ID, id string, updated time.Time) incidents.Draft {
	return incidents.Draft{ID: id, PracticeID: practice, UserID: "user-1", Kind: "incident", UpdatedAt: updated,
		Answers: map[string][]string{"playbook": {"phished-mailbox"}, "summary": {"Er is ingelogd"}}}
}

// eventOf returns the nth event of a case, with words that are to be sealed.
func eventOf(practice tenant.ID, incident string, n int) register.Event {
	return register.Event{
		ID: fmt.Sprintf("%s-%d", incident, n), PracticeID: practice, IncidentID: incident, Subject: "subject-1", Kind: incidents.FactsChanged,
		At: at(n), Actor: user(), Facts: map[string]string{"fields": "Summary"}, Words: map[string]string{"reason": "Klant belde terug"},
	}
}

// chainOf returns the entries that follow head, one for each event.
func chainOf(head register.Head, events []register.Event) []register.Entry {
	var entries []register.Entry
	for _, e := range events {
		entry := register.Next(head, e, "00112233445566778899aabbccddeeff")
		entries, head = append(entries, entry), entry.Head()
	}
	return entries
}

func eventsOf(practice tenant.ID, incident string, n int) []register.Event {
	var events []register.Event
	for i := range n {
		events = append(events, eventOf(practice, incident, i+1))
	}
	return events
}

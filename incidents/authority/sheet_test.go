package authority_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"datalek/incidents"
	"datalek/incidents/authority"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
)

func at(hours int) time.Time {
	return time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour)
}

func anna() incidents.Actor { return incidents.Actor{Kind: register.ActorUser, ID: "anna"} }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// record is a case of one kind, of which the summary and two kinds of data are known.
func record(t *testing.T, playbook string) authority.Record {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	must(t, err)
	from := at(-5)
	inc, err := incidents.Open(incidents.NewIncident{ID: "i1", PracticeID: "p1", Reference: "2027-0001", Source: incidents.FromForm, AwareAt: at(0), AwareBasis: "Gezien.",
		Policy: registry.Policy{ClientHours: 48, AuthorityHours: 72}, By: anna(),
		Facts: incidents.Facts{Playbook: playbook, DiscoveredAt: at(0), OccurredFrom: &from, OccurredApprox: true, Role: incidents.AsController, Unintelligible: incidents.UnintelligibleUnknown,
			Categories: []registry.Category{registry.Name, registry.Health}, BreachKinds: []incidents.BreachKind{incidents.Confidentiality}},
		Story: incidents.Story{Summary: "De tas met het schrift van Jan Proef is weg. Bel 06-12345678."}}, at(0))
	must(t, err)
	practice := registry.Practice{ID: "p1", Authority: registry.AP, Details: registry.Details{Name: "Praktijk Zon", Place: "Utrecht",
		Contact: registry.ContactPerson{Name: "Anna", Email: "anna@zon.example", Phone: "030 1234567"}}}
	return authority.Record{Incident: inc, Practice: practice, Zone: zone, Now: at(1)}
}

func sheet(t *testing.T, id authority.FormID, language string, r authority.Record) authority.Sheet {
	t.Helper()
	form, err := authority.LoadForm(id)
	must(t, err)
	return authority.Make(form, language, r)
}

func answer(t *testing.T, s authority.Sheet, key string) authority.Answer {
	t.Helper()
	all := s.Answers()
	n := slices.IndexFunc(all, func(a authority.Answer) bool { return a.Key == key })
	if n < 0 {
		t.Fatalf("the sheet does not ask %q", key)
	}
	return all[n]
}

func TestTheKindOfIncidentIsWrittenAsTheDutchFormNumbersIt(t *testing.T) {
	r := record(t, "own-playbook")
	for n, want := range []string{"", "1. E-mail met persoonsgegevens", "2. E-mail met ontvangers", "3. Brief of postpakket verstuurd", "4. Brief of postpakket geopend",
		"5. Brief of postpakket kwijt", "6. Autorisatie", "7. Netwerkmappen", "8. Apparaat", "9. Persoonsgegevens per ongeluk", "10. Hacking", "11. Persoonsgegevens toegevoegd", "12. Overig", ""} {
		r.IncidentType = n
		a := answer(t, sheet(t, authority.AP, "nl", r), "incident_type")
		if want == "" {
			if a.Mark != authority.Missing || a.Text != "" {
				t.Errorf("kind %d reads %+v", n, a)
			}
			continue
		}
		if !strings.HasPrefix(a.Text, want) || a.Mark != authority.Derived || a.UnseenWords {
			t.Errorf("question 5.2 reads %+v, want %q", a, want)
		}
		if a := answer(t, sheet(t, authority.GBA, "de", r), "incident_type"); a.Text == "" || strings.ContainsAny(a.Text[:1], "0123456789") {
			t.Errorf("the Belgian sheet numbers the kinds as the Dutch form does: %+v", a)
		}
	}
}

func TestWhenAndHowPersonsWereToldFollowsFromWhatWasRecorded(t *testing.T) {
	r := record(t, "lost-paper")
	for _, key := range []string{"told_at"} {
		for _, a := range sheet(t, authority.AP, "nl", r).Answers() {
			if a.Key == key {
				t.Errorf("nobody was told, and the sheet asks %+v", a)
			}
		}
	}
	r.Told.Note(at(5))
	r.Told.By("email")
	if a := answer(t, sheet(t, authority.AP, "nl", r), "told_at"); a.Text != "08-03-2027 15:00" || a.Mark != authority.Derived {
		t.Errorf("told at once: %+v", a)
	}
	r.Told.Note(at(3))
	for _, by := range []string{"phone", "letter", "phone", "pigeon"} {
		r.Told.By(by)
	}
	s := sheet(t, authority.AP, "nl", r)
	if a := answer(t, s, "told_at"); a.Text != "van 08-03-2027 13:00 tot en met 08-03-2027 15:00" {
		t.Errorf("told bit by bit: %+v", a)
	}
	if a := answer(t, s, "means"); a.Text != "Per e-mail\nPer brief\nAnders\nTelefonisch" || a.Mark != authority.Derived || a.UnseenWords {
		t.Errorf("the means: %+v", a)
	}
	if a := answer(t, sheet(t, authority.GBA, "fr", r), "means"); !strings.Contains(a.Text, "Par téléphone") {
		t.Errorf("in French: %+v", a)
	}
	raw, err := json.Marshal(authority.MakeTemplate(r))
	must(t, err)
	if !strings.Contains(string(raw), `"id":"told_at","state":"derived","codes":[],"text":null,"at":"2027-03-08T12:00:00Z","until":"2027-03-08T14:00:00Z"`) {
		t.Errorf("the template reads %s", raw)
	}
	must(t, r.Incident.AnswerAuthority(incidents.AuthorityAnswers{Given: map[string]string{"means": "Op het plein."}}, at(6), anna()))
	if a := answer(t, sheet(t, authority.AP, "nl", r), "means"); a.Text != "Op het plein." || a.Mark != authority.Recorded {
		t.Errorf("own words do not go before: %+v", a)
	}
}

func TestThePracticesOwnDetailsStandOnTheSheet(t *testing.T) {
	r := record(t, "lost-paper")
	r.Practice.Details.Sector, r.Practice.Details.TradeNumber = "Coaching", "12345678"
	s := sheet(t, authority.AP, "nl", r)
	if a, b := answer(t, s, "sector"), answer(t, s, "registration_number"); a.Text != "Coaching" || a.Free || b.Text != "12345678" || b.Mark != authority.Recorded {
		t.Errorf("sector %+v, number %+v", a, b)
	}
	r.Practice.Policy.Secrecy = true
	if a := answer(t, sheet(t, authority.GBA, "fr", r), "groups_more"); a.Text != "Les données relèvent du secret professionnel." || a.Mark != authority.Derived {
		t.Errorf("of a profession bound to secrecy the sheet says %+v", a)
	}
	must(t, r.Incident.AnswerAuthority(incidents.AuthorityAnswers{Given: map[string]string{"sector": "Zorg"}}, at(1), anna()))
	if a := answer(t, sheet(t, authority.AP, "nl", r), "sector"); a.Text != "Zorg" || !a.Free {
		t.Errorf("what was said of this case does not go before: %+v", a)
	}
}

func TestTheSheetNamesTheLeadingAuthorityWhereItMatters(t *testing.T) {
	yes := true
	for _, tt := range []struct {
		name    string
		answers incidents.AuthorityAnswers
		want    string
		mark    authority.Mark
	}{
		{"within one country", incidents.AuthorityAnswers{}, "", ""},
		{"abroad, and nobody said where the establishment is", incidents.AuthorityAnswers{Abroad: &yes}, "", authority.Missing},
		{"abroad, from Belgium", incidents.AuthorityAnswers{Abroad: &yes, MainEstablishment: "BE"}, "Gegevensbeschermingsautoriteit (België)", authority.Derived},
		{"from elsewhere", incidents.AuthorityAnswers{MainEstablishment: "DE"}, "De toezichthouder van het land van de hoofdvestiging:\nDE", authority.Derived},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := record(t, "lost-paper")
			must(t, r.Incident.AnswerAuthority(tt.answers, at(1), anna()))
			var got authority.Answer
			for _, a := range sheet(t, authority.AP, "nl", r).Answers() {
				if a.Key == "lead_authority" {
					got = a
				}
			}
			if got.Text != tt.want || got.Mark != tt.mark {
				t.Errorf("the sheet says %+v", got)
			}
		})
	}
}

func TestTheHoursOnTheSheetAreThoseOfTheCase(t *testing.T) {
	r := record(t, "lost-paper")
	a := answer(t, sheet(t, authority.AP, "nl", r), "late_reason")
	if a.Label != "Later dan 72 uur na ontdekking: waarom?" || a.UnseenLabel || a.Text != "Niet van toepassing: nog binnen 72 uur" {
		t.Errorf("question 4.5 reads %+v", a)
	}
	r.Incident.Clock(incidents.AuthorityClock).Within = 96 * time.Hour
	a = answer(t, sheet(t, authority.AP, "nl", r), "late_reason")
	if a.Label != "Later dan 96 uur na ontdekking: waarom?" || !a.UnseenLabel || a.Text != "Niet van toepassing: nog binnen 96 uur" {
		t.Errorf("with another term question 4.5 reads %+v", a)
	}
}

func TestTheDutchSheetFollowsTheOrderOfTheForm(t *testing.T) {
	s := sheet(t, authority.AP, "fr", record(t, "lost-paper"))
	if s.Language != "nl" || s.Form.Version != "AP 2022-08" || !s.Form.OfficialOrder {
		t.Errorf("the sheet is %s in %s", s.Form.Version, s.Language)
	}
	var numbers []string
	for _, a := range s.Answers() {
		if !slices.Contains(numbers, a.Number) {
			numbers = append(numbers, a.Number)
		}
	}
	want := "1.1 1.2 1.3 2.1.1 2.2.1 3.1.1 3.1.2 3.2.1 3.2.2 3.3 4.1.1 4.1.2 4.2 4.3 4.5 5.1 5.2 5.3 5.4 6.1 6.2 6.3.1 7.1 7.2 7.3 8.1 9.1 9.2 9.3 10.1.1 10.1.3 10.1.7 10.2 "
	if got := strings.Join(numbers, " "); got != want {
		t.Errorf("the questions stand in the order\n%q, want\n%q", got, want)
	}
}

func TestEveryLabelAndWordStandsInEveryLanguageOfItsForm(t *testing.T) {
	for _, id := range []authority.FormID{authority.AP, authority.GBA} {
		form, err := authority.LoadForm(id)
		must(t, err)
		for _, language := range form.Languages {
			s := authority.Make(form, language, full(t))
			for _, p := range s.Parts {
				if p.Title == "" {
					t.Errorf("%s %s: a section has no title", id, language)
				}
				for _, a := range p.Answers {
					if a.Label == "" || a.Mark != authority.Missing && strings.TrimSpace(a.Text) == "" || strings.Contains(a.Text, "\n\n") {
						t.Errorf("%s %s: %+v", id, language, a)
					}
				}
			}
		}
	}
}

func TestTheKindOfBreachFollowsFromThePlaybookUntilSomebodySays(t *testing.T) {
	r := record(t, "open-share")
	r.Incident.Facts.BreachKinds, r.KindSays = nil, []incidents.BreachKind{incidents.Confidentiality}
	if a := answer(t, sheet(t, authority.AP, "nl", r), "breach_kinds"); a.Mark != authority.Derived || a.Text == "" {
		t.Errorf("with nothing said it reads %+v, want it derived", a)
	}
	r.Incident.Facts.BreachKinds = []incidents.BreachKind{incidents.Availability}
	if a := answer(t, sheet(t, authority.AP, "nl", r), "breach_kinds"); a.Mark != authority.Recorded || strings.Contains(strings.ToLower(a.Text), "vertrouwelijk") {
		t.Errorf("once somebody said it reads %+v", a)
	}
}

// full is a case in which everything is answered.
func full(t *testing.T) authority.Record {
	t.Helper()
	r := record(t, "phished-mailbox")
	inc, yes, one, many := r.Incident, true, 1, 40
	r.IncidentType = 10
	for _, by := range []string{"email", "phone", "letter", "in_person", "message", "other"} {
		r.Told.Note(at(1))
		r.Told.By(by)
	}
	inc.Facts.Categories, inc.Facts.BreachKinds = registry.Categories(), []incidents.BreachKind{incidents.Confidentiality, incidents.Integrity, incidents.Availability}
	inc.Facts.Unintelligible, r.Processor = incidents.UnintelligiblePartly, "Microsoft"
	inc.Facts.Risk.PersonKinds = []risk.PersonKind{"clients", "patients", "children", "employees", "customers", "other"}
	given := map[string]string{}
	for _, key := range incidents.GivenKeys() {
		given[key] = "eigen antwoord op " + key
	}
	must(t, inc.AnswerAuthority(incidents.AuthorityAnswers{Given: given, Persons: incidents.Amount{Min: &one, Max: &many}, Records: incidents.Amount{Max: &many}, Abroad: &yes, Countries: "Duitsland", MainEstablishment: "NL"}, at(1), anna()))
	must(t, inc.Announce(incidents.Announcement{ID: "a1", Places: []incidents.Place{{Kind: incidents.OnWebsite, Where: "x"}, {Kind: incidents.OnDoor, Where: "x"}, {Kind: incidents.InNewspaper, Where: "x"}, {Kind: incidents.OnSocialMedia, Where: "x"}, {Kind: incidents.OtherPlace, Where: "x"}},
		From: at(0), Until: at(99), Why: "x", By: anna()}, at(1)))
	return r
}

func TestWhatLeakedIsNeverGuessed(t *testing.T) {
	r := record(t, "lost-device")
	r.Incident.Facts.Categories, r.Incident.Facts.BreachKinds = nil, nil
	s := sheet(t, authority.AP, "nl", r)
	for _, key := range []string{"categories", "special_categories", "breach_kinds", "severity", "records", "consequences", "protected"} {
		if a := answer(t, s, key); a.Mark != authority.Missing || a.Text != "" {
			t.Errorf("%s is answered: %+v", key, a)
		}
	}
}

func TestNumbersMayBeExactBoundedOrUnknown(t *testing.T) {
	n := func(v int) *int { return &v }
	for _, tt := range []struct {
		name string
		give incidents.Amount
		want string
		mark authority.Mark
	}{
		{"unknown", incidents.Amount{}, "", authority.Missing}, {"exact", incidents.Amount{Min: n(7), Max: n(7)}, "7", authority.Recorded},
		{"bounded", incidents.Amount{Min: n(7), Max: n(9)}, "tussen 7 en 9", authority.Recorded},
		{"from below", incidents.Amount{Min: n(7)}, "minstens 7", authority.Recorded}, {"from above", incidents.Amount{Max: n(9)}, "hoogstens 9", authority.Recorded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := record(t, "lost-device")
			must(t, r.Incident.AnswerAuthority(incidents.AuthorityAnswers{Persons: tt.give, Records: tt.give}, at(1), anna()))
			for _, key := range []string{"persons", "records"} {
				if a := answer(t, sheet(t, authority.AP, "nl", r), key); a.Text != tt.want || a.Mark != tt.mark {
					t.Errorf("%s: %+v", key, a)
				}
			}
		})
	}
	r := record(t, "lost-device")
	r.Incident.Assessed(r.Incident.Assessment.Wanted, incidents.Counts{InGuidance: 4, Former: 1, Certain: 3, Possible: 2, InScope: 4}, 5, 0, at(1))
	if a := answer(t, sheet(t, authority.AP, "nl", r), "persons"); a.Text != "tussen 3 en 5" || a.Mark != authority.Derived {
		t.Errorf("the people who were found: %+v", a)
	}
	r.Incident.Assessment.Counts = incidents.Counts{InGuidance: 2, Undecided: 1, NotTold: 1, Certain: 4}
	if a := answer(t, sheet(t, authority.AP, "nl", r), "persons"); a.Text != "4" {
		t.Errorf("whom nobody tells is affected all the same: %+v", a)
	}
	if err := r.Incident.AnswerAuthority(incidents.AuthorityAnswers{Persons: incidents.Amount{Min: n(9), Max: n(7)}, MainEstablishment: "nl", Given: map[string]string{"x": "y"}}, at(1), anna()); err == nil {
		t.Error("bounds in the wrong order, a country in small letters and an unknown question were taken")
	}
}

func TestOptionsWhoseWordingWasNotSeenAreMarked(t *testing.T) {
	s := sheet(t, authority.AP, "nl", full(t))
	if a := answer(t, s, "groups"); !a.UnseenWords {
		t.Errorf("the groups were not all seen: %+v", a)
	}
	if a := answer(t, s, "severity"); a.UnseenWords {
		t.Errorf("the four degrees were seen: %+v", a)
	}
	if a := answer(t, s, "completeness"); !a.UnseenLabel {
		t.Errorf("the closing question was not seen: %+v", a)
	}
	if a := answer(t, sheet(t, authority.GBA, "fr", full(t)), "groups"); a.UnseenWords {
		t.Error("a sheet that is ours throughout marks single words")
	}
}

func TestNothingPersonalLeavesUnasked(t *testing.T) {
	r := record(t, "lost-paper")
	open := func() (texts []string) {
		for _, f := range authority.Open(sheet(t, authority.AP, "nl", r), []string{"Jan Proef"}, r.Incident.Traces) {
			texts = append(texts, string(f.Kind)+" "+f.Text)
		}
		return texts
	}
	if got := strings.Join(open(), ", "); got != "name Jan Proef, phone 06-12345678" {
		t.Errorf("found %q", got)
	}
	if err := r.Incident.ChooseTraces([]incidents.TraceChoice{{Kind: "phone", Text: "06-12345678", Keep: true, By: anna()}}, at(1)); err == nil {
		t.Error("a number is kept without a reason")
	}
	must(t, r.Incident.ChooseTraces([]incidents.TraceChoice{{Kind: "name", Text: "Jan Proef", By: anna()}, {Kind: "phone", Text: "06-12345678", Keep: true, Reason: "van de politie", By: anna()}}, at(1)))
	if got := open(); len(got) > 0 {
		t.Errorf("%q is still open", got)
	}
	if a := answer(t, sheet(t, authority.AP, "nl", r), "description"); a.Text != "De tas met het schrift van [weggelaten] is weg. Bel 06-12345678." {
		t.Errorf("the description reads %q", a.Text)
	}
	raw, err := json.Marshal(authority.MakeTemplate(r))
	must(t, err)
	if strings.Contains(string(raw), "Jan Proef") || !strings.Contains(string(raw), "[left out]") {
		t.Errorf("the template reads %s", raw)
	}
	last := r.Incident.Outbox.Pending[len(r.Incident.Outbox.Pending)-1]
	if last.Kind != incidents.TraceSettled || last.Words["reason"] != "van de politie" || strings.Contains(last.Words["reason"]+last.Facts["kind"], "0612345678") {
		t.Errorf("the register keeps %+v", last)
	}
}

func TestAPartOfALongerWordStays(t *testing.T) {
	choices := []incidents.TraceChoice{{Text: "Jan"}, {Text: "Jan Proef"}}
	if got := authority.Clean("Jan Proef en Jan, niet Janssen of BeJan; Jan", choices, "X"); got != "X en X, niet Janssen of BeJan; X" {
		t.Errorf("cleaned to %q", got)
	}
}

func TestAFollowUpTellsWhatChanged(t *testing.T) {
	r := record(t, "lost-paper")
	first := sheet(t, authority.AP, "nl", r)
	if _, some := authority.Since(first, r.Incident.Filings); some {
		t.Error("there is a difference with no filing")
	}
	must(t, r.Incident.File(incidents.Filing{ID: "f1", Authority: registry.AP, Kind: incidents.FilingNew, FiledAt: at(1), Reference: "AP-77", By: anna(), Form: first.Form.Version, Answers: authority.Filed(first)}, at(1)))
	r.Incident.Story.Consequences, r.Incident.Facts.Categories = "Spam.", []registry.Category{registry.Name}
	second := sheet(t, authority.AP, "nl", r)
	var got []string
	changed, some := authority.Since(second, r.Incident.Filings)
	for _, d := range changed {
		got = append(got, d.Key)
	}
	if want := "special_categories consequences severity"; !some || strings.Join(got, " ") != want {
		t.Errorf("changed: %q, want %q", got, want)
	}
	if a := answer(t, second, "earlier_reference"); a.Text != "AP-77" {
		t.Errorf("the earlier number is %+v", a)
	}
	if a := answer(t, second, "notice_kind"); !strings.HasPrefix(a.Text, "Aanvulling") {
		t.Errorf("the kind of notice is %+v", a)
	}
}

func TestTheMainEstablishmentSaysWhoLeads(t *testing.T) {
	for country, want := range map[string]registry.Authority{"NL": registry.AP, "BE": registry.GBA, "DE": ""} {
		if lead, known := authority.Lead(incidents.AuthorityAnswers{MainEstablishment: country}); lead != want || !known {
			t.Errorf("%s is led by %q", country, lead)
		}
	}
	if _, known := authority.Lead(incidents.AuthorityAnswers{}); known {
		t.Error("an authority leads though nobody said where the establishment is")
	}
}

func TestLateFilingNeedsAReasonAndSomeGroundsAreNone(t *testing.T) {
	r := record(t, "lost-paper")
	late := incidents.Filing{ID: "f", Authority: registry.AP, Kind: incidents.FilingNew, FiledAt: at(80), LateGround: "sun", By: anna()}
	if err := r.Incident.File(late, at(81)); err == nil || !strings.Contains(err.Error(), "late_ground") || !strings.Contains(err.Error(), "late_reason") {
		t.Errorf("filing late answers %v", err)
	}
	late.LateGround, late.LateReason = incidents.LateByWeekend, "Het was zondag; toen is eerst gezocht."
	must(t, r.Incident.File(late, at(81)))
	if !late.LateGround.Rejected() || incidents.LateByInquiry.Rejected() {
		t.Error("the wrong grounds are rejected")
	}
	r.Now = at(81)
	if a := answer(t, sheet(t, authority.AP, "nl", r), "late_reason"); a.Text != late.LateReason || !a.Free {
		t.Errorf("question 4.5 reads %+v", a)
	}
}

func TestWhatFollowsFromAnAnswerStandsAsDerived(t *testing.T) {
	r := record(t, "lost-device")
	r.Incident.Facts.Unintelligible = incidents.UnintelligibleUnknown
	r.Incident.Facts.Said = []risk.Said{{Question: "encrypted", Fact: risk.FactUnintelligible, Value: "yes"}}
	a := answer(t, sheet(t, authority.AP, "nl", r), "protected")
	if a.Mark != authority.Derived || a.Text == "" {
		t.Errorf("the answer about encryption reads %+v, want it derived", a)
	}
	r.Incident.Facts.Unintelligible = incidents.UnintelligibleNo
	if b := answer(t, sheet(t, authority.AP, "nl", r), "protected"); b.Mark != authority.Recorded || b.Text == a.Text {
		t.Errorf("once it was recorded it reads %+v", b)
	}
}

func TestProposedEffectsGiveWayToThePractitionersOwnWords(t *testing.T) {
	r := record(t, "lost-device")
	r.Effects = map[string]string{"nl": "Iemand leest mee.", "fr": "Quelqu'un lit."}
	a := answer(t, sheet(t, authority.AP, "nl", r), "consequences")
	if a.Mark != authority.Derived || a.Text != "Iemand leest mee." {
		t.Errorf("proposed as %+v", a)
	}
	r.Incident.Story.Consequences = "Nepmails."
	if a := answer(t, sheet(t, authority.AP, "nl", r), "consequences"); a.Mark != authority.Recorded || a.Text != "Nepmails." {
		t.Errorf("own words read %+v", a)
	}
}

func TestTheSheetSaysWhetherTheProcessorToldInTime(t *testing.T) {
	r := full(t)
	r.Processor = "Contoso"
	since := time.Date(2027, 3, 4, 9, 0, 0, 0, time.UTC)
	judged := func(word incidents.PromptnessWord, late time.Duration) *incidents.Promptness {
		return &incidents.Promptness{Word: word, Since: since, ToldAt: since.Add(27 * time.Hour), Within: 24 * time.Hour, Late: late}
	}
	for _, tt := range []struct {
		promptness *incidents.Promptness
		mark       authority.Mark
		says       string
	}{
		{nil, authority.Recorded, "verwerker\nContoso"},
		{judged(incidents.ToldUnsaid, 0), authority.Recorded, "verwerker\nContoso"},
		{judged(incidents.ToldLate, 2*time.Hour+time.Minute), authority.Recorded, "verwerker\nContoso\nDe verwerker wist het naar eigen zeggen sinds 04-03-2027 10:00 en meldde het op 05-03-2027 13:00: 2 uur te laat volgens de afspraak van 24 uur"},
		{judged(incidents.ToldLate, 45*time.Minute+10*time.Second), authority.Recorded, "13:00: 45 min. te laat volgens"},
		{judged(incidents.ToldLate, time.Second), authority.Recorded, "13:00: 1 min. te laat volgens"},
		{judged(incidents.ToldOnTime, 0), authority.Recorded, "sinds 04-03-2027 10:00 en meldde het op 05-03-2027 13:00: op tijd"},
		{judged(incidents.ToldNoTerm, 0), authority.Recorded, "Er is geen termijn afgesproken"},
	} {
		r.Promptness = tt.promptness
		a := answer(t, sheet(t, authority.AP, "nl", r), "other_parties")
		if a.Mark != tt.mark || !strings.Contains(a.Text, tt.says) || strings.Contains(a.Text, "{") {
			t.Errorf("%+v: %s %q", tt.promptness, a.Mark, a.Text)
		}
	}
}

package intake_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
)

func TestClientsAreFoundByNameNumberAndAddress(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/mis-sent/new")
	for _, tt := range []struct {
		name, typed string
		want        []string
	}{
		{"part of a name, without its accent", "zoe", []string{"1 persoon gevonden.", "Zoë van den Proef", "nummer c-1 · zoe@example.org"}},
		{"two words in any order", "voorbeeld BRAM", []string{"1 persoon gevonden.", "Bram Voorbeeld"}},
		{"a name that several have", "voorbeeld", []string{"3 mensen gevonden.", "Bram Voorbeeld", "Carla Voorbeeld"}},
		{"a number", "c-3", []string{"Carla Voorbeeld"}},
		{"an address in capitals", "BRAM@example.org", []string{"Bram Voorbeeld"}},
		{"nobody", "xyz", []string{"Niemand gevonden."}},
		{"one letter", "x", []string{"Typ minstens twee letters"}},
		{"HTML", "<b>", []string{"1 persoon gevonden.", "<b>Dirk</b> Voorbeeld"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			to := anke.must(draft+"/about", "search", tt.typed, "act", "search")
			holds(t, anke.get(to), tt.want...)
			if strings.Contains(to, tt.typed) && len(tt.typed) > 1 {
				t.Errorf("the address tells what was searched: %s", to)
			}
		})
	}
}

func TestAChosenPersonStaysUntilTakenOut(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.must(draft+"/what", "playbook", "mis-sent-letter")
	to := anke.must(draft+"/whom", "search", "voorbeeld", "person", "c-1", "act", "search")
	shown := anke.get(to)
	holds(t, shown, "U koos", "Zoë van den Proef", "Gevonden: vink aan wie u bedoelt", "Bram Voorbeeld")
	if !strings.Contains(shown.body, `value="these" checked`) {
		t.Error("searching for somebody did not choose these people")
	}
	anke.must(draft+"/whom", "whom", "these", "person", "c-2", "emails", "Iemand Anders <iemand@example.org>; BRAM@example.org, bram@example.org")
	holds(t, anke.get(draft+"/check"), "Bram Voorbeeld (nummer c-2)", "iemand@example.org (geen cliënt in uw lijst)", "BRAM@example.org: dat is Bram Voorbeeld")
	if strings.Contains(anke.get(draft+"/check").text, "Zoë") {
		t.Error("a person taken out is still there")
	}
}

// pages of the short way, with what one fills in.
func short() [][]string {
	return [][]string{
		{"about", "person", "c-1"},
		append([]string{"to"}, "recipient_email_1", "bram@example.org", "recipient_kind_1", "known"),
		append([]string{"when"}, join(at("occurred_from", "5-3-2027 16:00"), at("discovered_at", "5-3-2027 17:30"), []string{"noticed", "recipient", "aware", "found"})...),
		{"content", "categories", "name", "categories", "session_notes", "summary", "Een verslag ging naar een andere cliënt.", "unintelligible", "no", "measures_taken", "Gebeld."},
	}
}

func TestTheShortWayTakesSixPages(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	to := anke.get("/mis-sent/new").to
	draft := to[:strings.LastIndex(to, "/")]
	pages := 0
	for _, step := range short() {
		if to != draft+"/"+step[0] {
			t.Fatalf("comes to %s, want %s", to, step[0])
		}
		to = anke.must(to, step[1:]...)
		pages++
	}
	check := anke.get(to)
	holds(t, check, "stap 5 van 5", "Over wie gaat het? Zoë van den Proef (nummer c-1)", "Bij wie kwam het terecht? bram@example.org · Iemand die u kent", "De ontvanger liet het mij weten.")
	filed := anke.get(anke.must(to))
	if pages += 2; pages > 6 {
		t.Errorf("%d pages, want at most 6", pages)
	}
	inc := w.incidents()[0]
	holds(t, filed, inc.Reference, "Er staan zo twee berichten voor u klaar", "het verzoek aan de ontvanger om de e-mail te wissen")
	if !strings.Contains(filed.body, `href="/incidents/`+inc.ID+`/notices"`) {
		t.Error("no link leads to the two messages")
	}
	if diff := cmp.Diff(incidents.Subjects{ExternalIDs: []string{"c-1"}}, inc.Story.Subjects); diff != "" {
		t.Errorf("about (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]incidents.Recipient{{Email: "bram@example.org", Kind: incidents.RecipientKnown}}, inc.Story.Recipients); diff != "" {
		t.Errorf("to (-want +got):\n%s", diff)
	}
	if inc.Facts.Playbook != "mis-sent-email" || !inc.Facts.HandPicked || inc.Facts.Systems != nil || !inc.AwareAt().Equal(inc.Facts.DiscoveredAt) {
		t.Errorf("facts = %+v", inc.Facts)
	}
}

func TestTheShortWayBeginsWithNow(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	body := anke.get(anke.begin("/mis-sent/new") + "/when").body
	for _, want := range []string{`name="discovered_at_time" type="text" inputmode="numeric" autocomplete="off" placeholder="" value="17:42"`, `value="self" checked`, `value="found" checked`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestWhomItWasAboutIsNeverWhomItWentTo(t *testing.T) {
	const want = "Zet het alleen bij de persoon over wie het ging, of alleen bij wie het kreeg."
	for _, tt := range []struct {
		name  string
		about []string
		to    string
	}{
		{"a typed address", []string{"emails", "zoe@example.org"}, "ZOE@example.org"},
		{"a chosen client's address", []string{"person", "c-1"}, "zoe@example.org"},
	} {
		t.Run(tt.name+", recipient last", func(t *testing.T) {
			w := newWorld(t)
			anke := w.anke()
			draft := anke.begin("/mis-sent/new")
			anke.must(draft+"/about", tt.about...)
			a := anke.fill(draft+"/to", "recipient_email_1", tt.to, "recipient_kind_1", "known")
			if a.status != http.StatusUnprocessableEntity {
				t.Errorf("status %d", a.status)
			}
			holds(t, a, want)
			if check := anke.fill(draft + "/check"); check.status != http.StatusUnprocessableEntity || len(w.incidents()) != 0 {
				t.Errorf("filing it: %d, %d incidents", check.status, len(w.incidents()))
			}
		})
		t.Run(tt.name+", recipient first", func(t *testing.T) {
			w := newWorld(t)
			anke := w.anke()
			draft := anke.begin("/mis-sent/new")
			anke.must(draft+"/to", "recipient_email_1", tt.to, "recipient_kind_1", "known")
			a := anke.fill(draft+"/about", tt.about...)
			if a.status != http.StatusUnprocessableEntity {
				t.Errorf("status %d", a.status)
			}
			holds(t, a, want)
		})
	}
}

func TestSeveralRecipientsFit(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.answers(draft)
	anke.must(draft+"/what", "playbook", "mis-sent-email")
	anke.must(draft+"/whom", "whom", "these", "person", "c-1")
	first := []string{"recipient_email_1", "a@example.org", "recipient_kind_1", "unknown"}
	more := anke.get(anke.must(draft+"/recipients", append(first, "act", "more")...))
	holds(t, more, "Ontvanger 2")
	anke.must(draft+"/recipients", append(first, "recipient_email_2", "b@example.org", "recipient_kind_2", "trusted")...)
	anke.must(draft + "/check")
	want := []incidents.Recipient{{Email: "a@example.org", Kind: incidents.RecipientUnknown}, {Email: "b@example.org", Kind: incidents.RecipientTrusted}}
	if diff := cmp.Diff(want, w.incidents()[0].Story.Recipients); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
}

func TestTheShortWayAsksWhatDecidesTheRiskAndTheWords(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/mis-sent/new")
	steps := short()
	steps[1] = append(steps[1], "answer_1", "mis-sent-email/read/yes", "answer_2", "mis-sent-email/deleted/yes")
	anke.must(draft+"/about", steps[0][1:]...)
	asked := anke.get(draft + "/to")
	holds(t, asked, "Is de e-mail gelezen? (niet verplicht)", "Heeft de ontvanger bevestigd dat alles gewist is? (niet verplicht)")
	if strings.Contains(asked.text, "Hoe kwam het adres erin?") {
		t.Error("the short way asks what decides nothing")
	}
	for _, s := range steps[1:] {
		anke.must(draft+"/"+s[0], s[1:]...)
	}
	holds(t, anke.get(draft+"/check"), "Is de e-mail gelezen? Ja")
	anke.must(draft + "/check")
	f := w.incidents()[0].RiskFacts()
	if f.Disclosed != "yes" || f.Deleted == nil || !*f.Deleted || f.Recipient != "known" {
		t.Errorf("weighed %+v, want that a known one read and deleted it", f.Answers)
	}
}

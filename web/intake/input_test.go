package intake_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
)

func TestBadInputIsExplainedAtTheFieldAndKept(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.must(draft+"/what", "playbook", "mis-sent-email")
	for _, tt := range []struct {
		name, step string
		pairs      []string
		want       string // the message
		field      string // where the summary's link leads
		kept       string // a value still on the page
	}{
		{"an empty story", "story", []string{"summary", "   "}, "Schrijf in een paar zinnen op wat er gebeurde.", "summary", ""},
		{"a story far too long", "story", []string{"summary", strings.Repeat("é", 5_001)}, "Gebruik hooguit 5000 tekens.", "summary", strings.Repeat("é", 5_001)},
		{"a story longer than can be kept", "story", []string{"summary", strings.Repeat("a", 101<<10)}, "Dit is veel te lang om te bewaren.", "summary", strings.Repeat("a", 101<<10)},
		{"control characters in the story", "story", []string{"summary", "Een \x07 bel"}, "onzichtbare tekens", "summary", "bel"},
		{"text that reads backwards", "story", []string{"summary", "Een \u202edraai"}, "onzichtbare tekens", "summary", "draai"},
		{"nothing said about when", "window", nil, "Kies wat klopt.", "occurred", ""},
		{"a day that does not exist", "window", join([]string{"occurred", "moment", "occurred_from_day", "30", "occurred_from_month", "2", "occurred_from_year", "2027", "occurred_from_time", "9:00"}),
			"Deze dag of tijd bestaat niet.", "occurred_from", "30"},
		{"no time", "window", []string{"occurred", "moment", "occurred_from_day", "3", "occurred_from_month", "2", "occurred_from_year", "2027"}, "Vul ook een tijd in", "occurred_from", "2027"},
		{"a time in words", "window", []string{"occurred", "moment", "occurred_from_day", "3", "occurred_from_month", "2", "occurred_from_year", "2027", "occurred_from_time", "kwart over"},
			"Vul een tijd in, zoals 14:30.", "occurred_from", "kwart over"},
		{"1970", "window", join([]string{"occurred", "moment"}, at("occurred_from", "1-1-1970 00:00")), "tussen 1990 en nu", "occurred_from", "1970"},
		{"the future", "window", join([]string{"occurred", "moment"}, at("occurred_from", "6-3-2027 00:00")), "tussen 1990 en nu", "occurred_from", "6"},
		{"the end before the start", "window", join([]string{"occurred", "span"}, at("occurred_from", "5-3-2027 09:00"), at("occurred_until", "4-3-2027 09:00")),
			"Het einde ligt voor het begin.", "occurred_until", "4"},
		{"one moment with an end", "window", join([]string{"occurred", "moment"}, at("occurred_from", "4-3-2027 09:00"), at("occurred_until", "4-3-2027 10:00")),
			"U koos één moment.", "occurred_until", "10:00"},
		{"a time that the clocks skipped", "window", join([]string{"occurred", "moment"}, at("occurred_from", "29-3-2026 02:30")), "Deze tijd bestond niet", "occurred_from", "02:30"},
		{"a time that came twice", "window", join([]string{"occurred", "moment"}, at("occurred_from", "25-10-2026 02:30")), "Kies of u de eerste of de tweede keer bedoelt.", "occurred_from", "02:30"},
		{"found out in the future", "found", at("discovered_at", "5-3-2027 18:42"), "tussen 1990 en nu", "discovered_at", "18:42"},
		{"found out on no day", "found", nil, "Vul een dag en een tijd in.", "discovered_at", ""},
		{"aware before the law", "aware", join([]string{"aware", "other", "aware_basis", "x"}, at("aware_at", "24-5-2018 12:00")), "vanaf 25 mei 2018", "aware_at", "2018"},
		{"aware in the future", "aware", join([]string{"aware", "other", "aware_basis", "x"}, at("aware_at", "8-3-2027 12:00")), "Dit ligt in de toekomst.", "aware_at", "12:00"},
		{"no reason for being sure", "aware", []string{"aware", "other", "aware_at_day", "5"}, "Schrijf op waardoor u het toen zeker wist.", "aware_basis", "5"},
		{"no system", "systems", nil, "Kies minstens één systeem", "systems", ""},
		{"a system of nobody", "systems", []string{"systems", "../../etc"}, "Kies systemen uit de lijst", "systems", ""},
		{"a system and not knowing", "systems", []string{"systems", "mailbox", "systems", "unknown"}, "Kies een van de twee.", "systems", ""},
		{"no kind of data", "data", nil, "Kies minstens één soort gegevens.", "categories", ""},
		{"a kind of data of nobody", "data", []string{"categories", "shoe-size"}, "Kies soorten gegevens uit de lijst.", "categories", ""},
		{"nobody", "whom", []string{"whom", "these"}, "Noem minstens één persoon", "emails", ""},
		{"everybody and somebody", "whom", []string{"whom", "all", "emails", "a@example.org"}, "Kies iedereen of deze mensen.", "whom", "a@example.org"},
		{"a line that is no address", "whom", []string{"whom", "these", "emails", "a@example.org\r\nJan Jansen"}, "Adres 2 in deze lijst is geen e-mailadres.", "emails", "Jan Jansen"},
		{"a header in an address", "whom", []string{"whom", "these", "emails", "a@example.org\nBcc: b@example.org"}, "Adres 2 in deze lijst", "emails", "Bcc: b@example.org"},
		{"a client of nobody", "whom", []string{"whom", "these", "person", "c-99"}, "hoort bij geen cliënt", "emails", ""},
		{"no recipient", "recipients", nil, "Vul in bij wie het terechtkwam", "recipient_email_1", ""},
		{"a header in the recipient", "recipients", []string{"recipient_email_1", "a@example.org\r\nBcc: b@example.org", "recipient_kind_1", "known"}, "Vul één e-mailadres in", "recipient_email_1", "Bcc: b@example.org"},
		{"a recipient of no kind", "recipients", []string{"recipient_email_1", "a@example.org"}, "Kies hoe goed u de ontvanger kent.", "recipient_kind_1", "a@example.org"},
		{"a recipient and not knowing", "recipients", []string{"recipient_email_1", "a@example.org", "recipient_kind_1", "known", "recipient_unknown", "yes"}, "Kies een van de twee.", "recipient_unknown", "a@example.org"},
		{"nothing said about encryption", "protected", nil, "Kies of de gegevens onleesbaar waren voor anderen.", "unintelligible", ""},
		{"far too many measures", "measures", []string{"measures_taken", strings.Repeat("x", 5_001)}, "Gebruik hooguit 5000 tekens.", "measures_taken", strings.Repeat("x", 5_001)},
		{"no kind chosen", "what", nil, "Kies wat er gebeurde.", "playbook", ""},
		{"a kind that does not exist", "what", []string{"playbook", "<script>"}, "Kies wat er gebeurde.", "playbook", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := anke.fill(draft+"/"+tt.step, tt.pairs...)
			if a.status != http.StatusUnprocessableEntity {
				t.Fatalf("status %d to %s", a.status, a.to)
			}
			if !strings.Contains(a.text, tt.want) || !strings.Contains(a.text, "Fout: ") {
				t.Errorf("the page lacks %q:\n%.3000s", tt.want, a.text)
			}
			if !strings.Contains(a.body, `<a href="#`+tt.field+`">`) || !strings.Contains(a.body, `id="`+tt.field+`"`) {
				t.Errorf("no link leads to %s", tt.field)
			}
			if !strings.Contains(html.UnescapeString(a.body), tt.kept) {
				t.Errorf("%.60q is gone", tt.kept)
			}
		})
	}
	if n := len(w.incidents()); n != 0 {
		t.Errorf("%d incidents were made of bad input", n)
	}
}

func TestHTMLInEveryFieldStaysText(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.answers(draft)
	const nasty = `"><script>alert(1)</script>`
	anke.must(draft+"/story", "summary", nasty)
	anke.must(draft+"/found", join(at("discovered_at", "5-3-2027 17:00"), []string{"discovered_how", nasty})...)
	anke.must(draft+"/aware", "aware", "found", "aware_basis", nasty)
	anke.must(draft+"/measures", "measures_taken", nasty, "measures_planned", nasty)
	anke.must(draft+"/whom", "whom", "these", "person", "c-4")
	anke.fill(draft+"/whom", "whom", "these", "person", "c-4", "emails", nasty, "search", nasty)
	for _, step := range []string{"story", "found", "aware", "whom", "measures", "check"} {
		body := anke.get(draft + "/" + step).body
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<b>Dirk") {
			t.Errorf("%s shows what was typed as HTML", step)
		}
		if !strings.Contains(body, "&lt;") {
			t.Errorf("%s does not show what was typed", step)
		}
	}
}

func TestTheHourThatCameTwiceIsAsked(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	asked := anke.fill(draft+"/found", at("discovered_at", "25-10-2026 02:30")...)
	holds(t, asked, "De eerste keer (zomertijd)", "De tweede keer (wintertijd)")
	anke.must(draft+"/found", append(at("discovered_at", "25-10-2026 02:30"), "discovered_at_fold", "second")...)
	holds(t, anke.get(draft+"/check"), "zondag 25 oktober 2026 om 02.30 uur (wintertijd), Nederlandse tijd")
}

func TestADayWithoutATimeCountsFromItsStart(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.answers(draft)
	anke.must(draft+"/aware", "aware", "other", "aware_basis", "Die dag belde de verwerker.", "aware_at_day", "4", "aware_at_month", "3", "aware_at_year", "2027")
	holds(t, anke.get(draft+"/check"), "donderdag 4 maart 2027 om 00.00 uur, Nederlandse tijd (geschat: alleen de dag was bekend)")
	filed := anke.get(anke.must(draft + "/check"))
	holds(t, filed, "vóór zaterdag 6 maart 2027 om 00.00 uur, Nederlandse tijd")
	got := w.incidents()[0].Aware[0]
	if want := time.Date(2027, 3, 3, 23, 0, 0, 0, time.UTC); !got.AwareAt.Equal(want) || !got.Estimated {
		t.Errorf("aware = %+v, want %s, estimated", got, want)
	}
}

func TestALateStartSaysSo(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.answers(draft)
	anke.must(draft+"/aware", join([]string{"aware", "other", "aware_basis", "Toen al."}, at("aware_at", "1-3-2027 09:00"))...)
	filed := anke.get(anke.must(draft + "/check"))
	holds(t, filed, "De cliënten hadden het moeten weten vóór woensdag 3 maart 2027 om 09.00 uur", "Melden moet nog steeds.")
}

func TestNotKnowingIsAnAnswer(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	draft := anke.begin("/incidents/new")
	anke.answers(draft)
	anke.must(draft+"/window", "occurred", "unknown")
	anke.must(draft+"/systems", "systems", "unknown")
	anke.must(draft+"/data", "categories", "unknown")
	anke.must(draft+"/protected", "unintelligible", "unknown")
	if n := strings.Count(anke.get(draft+"/check").text, "Dat weet ik (nog) niet"); n != 4 {
		t.Errorf("%d answers are unknown on the last page, want 4", n)
	}
	anke.must(draft + "/check")
	f := w.incidents()[0].Facts
	if f.Systems != nil || f.Categories != nil || f.OccurredFrom != nil || f.OccurredUntil != nil || f.Unintelligible != incidents.UnintelligibleUnknown {
		t.Errorf("facts = %+v", f)
	}
}

func TestAFormThatIsTooLargeIsRefused(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	a := anke.send("POST", anke.begin("/incidents/new")+"/story", url.Values{"summary": {strings.Repeat("a", 300<<10)}})
	if a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", a.status)
	}
}

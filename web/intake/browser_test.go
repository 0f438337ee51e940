package intake_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/web/webtest"
)

// TestPagesInABrowser looks at every page, also with its faults.
func TestPagesInABrowser(t *testing.T) {
	w := newWorld(t)
	pages := w.gallery()
	b := webtest.OpenBrowser(t, w.site)
	b.LogIn(t, w.anke().Visitor)
	for _, p := range pages {
		b.Look(t, p)
	}
}

// refused sends the last form of a page as it stands, by its first button.
const refused = `document.querySelector("main form button[type=submit]:not([name=act])").click()`

// shot is a page to look at; press sends its form as it stands first.
func shot(name, path string, press bool) webtest.View {
	v := webtest.View{Name: "intake-" + name, Path: path}
	if press {
		v.Act, v.Status = refused, 422
	}
	return v
}

// gallery fills forms and returns every page with something on it.
func (w *world) gallery() []webtest.View {
	anke, stranger := w.anke(), w.visitor()
	long := anke.begin("/incidents/new")
	anke.answers(long)
	mixed := anke.begin("/incidents/new")
	anke.must(mixed+"/what", "playbook", "mis-sent-email")
	anke.must(mixed+"/whom", "search", "voorbeeld", "person", "c-1", "act", "search")
	anke.fill(mixed+"/window", join([]string{"occurred", "span"}, at("occurred_from", "25-10-2026 02:30"), at("occurred_until", "24-10-2026 09:00"))...)
	brief := anke.begin("/mis-sent/new")
	for _, step := range short() {
		anke.must(brief+"/"+step[0], step[1:]...)
	}
	filed := anke.begin("/incidents/new")
	anke.answers(filed)
	told := anke.begin("/mis-sent/new")
	for _, step := range short() {
		anke.must(told+"/"+step[0], step[1:]...)
	}
	done, two := anke.must(filed+"/check"), anke.must(told+"/check")
	stranger.must("/p/code-p1", "text", "Ik kreeg een e-mail met een verslag van iemand anders. "+strings.Repeat("Er stonden namen in. ", 8), "name", "Jan de Vries", "reach", "06 12 34 56 78")
	anke.must("/triage/new", append(at("received_at", "3-3-2027 09:00"), "text", "Beste klant,\n\nEr was een lek bij ons.\n\nMet groet", "name", "Agenda BV", "reference", "INC-7")...)
	stranger.must("/p/code-p1", "text", "Reclame")
	old := w.reports()
	anke.send("POST", "/triage/"+old[0].ID+"/dismiss", url.Values{"reason": {"Het is reclame."}})
	w.pass(10 * time.Hour) // a session lasts twelve
	fresh := anke.begin("/incidents/new")
	var shots []webtest.View
	for _, step := range []string{"whose", "what", "story", "kind", "window", "found", "aware", "systems", "data", "whom", "protected", "measures", "check"} {
		shots = append(shots, shot("long-"+step, long+"/"+step, false))
	}
	for _, step := range []string{"about", "to", "when", "content", "check"} {
		shots = append(shots, shot("short-"+step, brief+"/"+step, false))
	}
	return append(shots, shot("new-whose-faults", fresh+"/whose", true), shot("new-what", fresh+"/what", false), shot("new-what-faults", fresh+"/what", true), shot("new-data", fresh+"/data", false),
		shot("window-faults", mixed+"/window", true), shot("whom-search", mixed+"/whom?search=1", false), shot("recipients", mixed+"/recipients?more=1", false),
		shot("recipients-faults", mixed+"/recipients", true), shot("check-faults", mixed+"/check", true), shot("filed", done, false), shot("filed-short", two, false), shot("drafts", "/incidents/drafts", false),
		shot("drop", "/incidents/drafts/"+long[len("/incidents/new/"):]+"/drop", false), shot("public", "/p/code-p1", false), shot("public-faults", "/p/code-p1", true),
		shot("thanks", "/p/code-p1/thanks", false), shot("triage", "/triage?show=all", false), shot("report", "/triage/"+old[2].ID, false),
		shot("report-dismissed", "/triage/"+old[0].ID, false), shot("paste", "/triage/new", false), shot("paste-faults", "/triage/new", true))
}

// TestMessagesInABrowser looks at what a supplier sent: with gaps and changes, and
// where nobody has anything to do.
func TestMessagesInABrowser(t *testing.T) {
	w := newWorld(t)
	w.azure()
	w.message("r-1", "p1", incidents.InTriage, incidents.Message{Kind: incidents.MessageUnknown, Format: "azure-common", Stage: "RCA",
		Title:   "Unauthorised access to mailbox data of customers in several regions",
		Claims:  []incidents.Claim{{Name: "eventTimestamp", At: friday.Add(-time.Hour)}, {Name: "submissionTimestamp", At: friday}},
		Links:   []string{"https://app.azure.com/h/0NIH-U2O/" + strings.Repeat("abcxyz", 12)},
		Missing: []string{"contact", "records", "subject_kinds"}, Changed: []string{"summary", "systems"}})
	w.message("r-2", "p1", incidents.KeptAside, incidents.Message{Kind: incidents.MessageBeside, Why: "maintenance", Title: "Nieuwe schijven"})
	w.message("r-3", "", incidents.KeptAside, incidents.Message{Kind: incidents.MessageTest})
	b := webtest.OpenBrowser(t, w.site)
	b.LogIn(t, w.anke().Visitor)
	for _, p := range []webtest.View{shot("message", "/triage/r-1", false), shot("message-aside", "/triage/r-2", false),
		shot("message-test", "/triage/r-3", false), shot("triage-aside", "/triage?show=aside", false)} {
		b.Look(t, p)
	}
}

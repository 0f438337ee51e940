package catalogue_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/web/webtest"
)

// day puts a day into the three fields of a form.
func day(form url.Values, name, d, m, y string) {
	form.Set(name+"_day", d)
	form.Set(name+"_month", m)
	form.Set(name+"_year", y)
}

func TestGuidanceIsAddedEndedReopenedAndRemoved(t *testing.T) {
	r := newRig(t)
	x := r.add("p1", person("N-1", "Jan Proef"))
	home := "/clients/" + x.ID
	press := func(path string) string {
		t.Helper()
		_, body := r.get(home)
		return r.follow(home+path, url.Values{"version": {version(t, body)}})
	}
	body := press("/guidance/1/end")
	webtest.Wants(t, body, "1 maart 2025 tot en met 8 maart 2027", "In begeleiding.", home+"/guidance/1/reopen")
	r.later(1)
	_, body = r.get(home)
	webtest.Wants(t, body, "Begeleiding is gestopt.")
	body = press("/guidance/1/reopen")
	webtest.Wants(t, body, "Sinds 1 maart 2025", home+"/guidance/1/end")

	_, body = r.get(home + "/guidance/new")
	form := filled(body)
	if form.Get("from_day") != "9" || form.Get("from_year") != "2027" {
		t.Errorf("the form begins with %v, want today", form)
	}
	day(form, "from", "1", "1", "2021")
	day(form, "until", "31", "12", "2021")
	body = r.follow(home+"/guidance/new", form)
	webtest.Wants(t, body, "1 januari 2021 tot en met 31 december 2021")
	webtest.Lacks(t, body, "/guidance/2/reopen") // another span runs

	_, body = r.get(home + "/guidance/2")
	form = filled(body)
	day(form, "until", "30", "11", "2021")
	r.follow(home+"/guidance/2", form)
	want := []registry.Guidance{{From: registry.Date{Year: 2025, Month: 3, Day: 1}},
		{From: registry.Date{Year: 2021, Month: 1, Day: 1}, Until: registry.Date{Year: 2021, Month: 11, Day: 30}}}
	if diff := cmp.Diff(want, r.stored(x.ID).Guidance); diff != "" {
		t.Errorf("guidance (-want +got):\n%s", diff)
	}
	press("/guidance/1/remove")
	if diff := cmp.Diff(want[1:], r.stored(x.ID).Guidance); diff != "" {
		t.Errorf("guidance (-want +got):\n%s", diff)
	}
}

func TestHoldingsByTheRulesBecomeAListByHandAndBack(t *testing.T) {
	r := newRig(t)
	r.systems()
	x := r.add("p1", person("N-1", "Jan Proef"))
	home := "/clients/" + x.ID
	_, body := r.get(home)
	webtest.Wants(t, body, "Volgens de regels van uw systemen", "Leerarchief zonder namen", "Sinds 1 maart 2025")
	webtest.Lacks(t, body, home+"/holdings/1")
	body = r.follow(home+"/holdings/by-hand", url.Values{"version": {version(t, body)}})
	webtest.Wants(t, body, "Dit hebt u zelf opgeschreven.", home+"/holdings/3")
	got := r.stored(x.ID)
	if got.HoldingsByRule || len(got.Holdings) != 3 {
		t.Fatalf("holdings by hand = %+v", got.Holdings)
	}
	_, body = r.get(home + "/holdings/by-rule")
	webtest.Wants(t, body, "De 3 regels die u zelf opschreef gaan weg.")
	r.follow(home+"/holdings/by-rule", url.Values{"version": {version(t, body)}})
	if got = r.stored(x.ID); !got.HoldingsByRule || len(got.Holdings) != 0 {
		t.Errorf("holdings by rule = %+v", got)
	}
}

func TestAHoldingIsAddedChangedAndRemoved(t *testing.T) {
	r := newRig(t)
	r.systems()
	start := person("N-1", "Jan Proef")
	start.HoldingsByRule = false
	x := r.add("p1", start)
	home := "/clients/" + x.ID
	_, body := r.get(home)
	webtest.Wants(t, body, "Hier staat niets.")
	_, body = r.get(home + "/holdings/new")
	webtest.Wants(t, body, "In welk systeem staat het?", home+"/holdings/new?system=archive")
	_, body = r.get(home + "/holdings/new?system=archive")
	form := filled(body)
	if form.Get("identifiability") != "pseudonymised" || form.Get("categories") != "session_notes" {
		t.Errorf("the form begins with %v, want what the system keeps", form)
	}
	form.Set("key_system", "key-list")
	day(form, "from", "1", "3", "2025")
	day(form, "until", "8", "3", "2026")
	day(form, "destroyed_at", "8", "3", "2027") // today
	body = r.follow(home+"/holdings/new", form)
	webtest.Wants(t, body, "Sleutellijst in de kluis", "Sinds 1 maart 2025, te bewaren tot en met 8 maart 2026", "Vernietigd op 8 maart 2027")
	at := func(y int, m time.Month, d, h int) *time.Time {
		moment := time.Date(y, m, d, h, 0, 0, 0, time.UTC)
		return &moment
	}
	gone := r.Now()
	want := []registry.Holding{{System: "archive", Categories: []registry.Category{registry.SessionNotes}, Identifiability: registry.Pseudonymised,
		KeySystem: "key-list", From: at(2025, 2, 28, 23), Until: at(2026, 3, 8, 23), DestroyedAt: &gone}}
	if diff := cmp.Diff(want, r.stored(x.ID).Holdings); diff != "" {
		t.Errorf("holdings (-want +got):\n%s", diff)
	}

	r.later(3)
	_, body = r.get(home + "/holdings/1")
	form = filled(body)
	form["categories"] = []string{"name"}
	form.Set("identifiability", "identified")
	r.follow(home+"/holdings/1", form)
	want[0].Categories, want[0].Identifiability, want[0].KeySystem = []registry.Category{registry.Name}, registry.Identified, ""
	if diff := cmp.Diff(want, r.stored(x.ID).Holdings); diff != "" {
		t.Errorf("a day that stayed lost its time (-want +got):\n%s", diff)
	}
	_, body = r.get(home + "/holdings/1")
	form = filled(body)
	day(form, "destroyed_at", "9", "3", "2027") // a day before today counts to its end
	r.follow(home+"/holdings/1", form)
	if got := r.stored(x.ID).Holdings[0].DestroyedAt; !got.Equal(time.Date(2027, 3, 9, 22, 59, 59, 999e6, time.UTC)) {
		t.Errorf("destroyed at %s, want the end of 9 March in Amsterdam", got)
	}
	_, body = r.get(home + "/holdings/1")
	r.follow(home+"/holdings/1/remove", url.Values{"version": {version(t, body)}})
	if got := r.stored(x.ID).Holdings; len(got) != 0 {
		t.Errorf("holdings = %+v, want none", got)
	}
	if res, _ := r.get(home + "/holdings/1"); res.StatusCode != 404 {
		t.Errorf("a line that is gone = %d, want 404", res.StatusCode)
	}
}

func TestAListThatWentAwayIsNotBroughtBackByAnOldPage(t *testing.T) {
	r := newRig(t)
	r.systems()
	x := r.add("p1", person("N-1", "Jan Proef"))
	form := url.Values{"version": {"1"}, "system": {"mailbox"}, "categories": {"name"}, "identifiability": {"identified"}}
	res, body := r.post("/clients/"+x.ID+"/holdings/new", form)
	if res.StatusCode != 409 || !strings.Contains(body, "intussen veranderd") {
		t.Errorf("status = %d, want 409 with words", res.StatusCode)
	}
	if got := r.stored(x.ID); !got.HoldingsByRule || len(got.Holdings) != 0 {
		t.Errorf("client = %+v", got)
	}
}

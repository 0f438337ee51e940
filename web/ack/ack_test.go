package ack_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/ack"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/webtest"
)

// rig is a practice with a case whose alarm asked the stand-in.
type rig struct {
	*webtest.World
	t       *testing.T
	inc     *incidents.Incident
	token   string
	visitor *webtest.Visitor // without an account
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t}
	p := r.NewPractice("p1")
	p.Policy.ClientThresholds = []int{75}
	p.Details.Senders = []registry.Sender{{Email: "post@lindehof.example"}}
	r.Open(p, "anna")
	var err error
	r.inc, err = r.Office.File(t.Context(), p, casework.NewCase{Source: incidents.FromForm, AwareAt: r.Now(), Basis: "Ik zag vreemde mails.",
		Facts: incidents.Facts{Playbook: "lost-device", DiscoveredAt: r.Now()}, Story: incidents.Story{Summary: "De telefoon van cliënt Geheim is weg."}},
		incidents.Actor{Kind: register.ActorUser, ID: "anna"})
	r.Must(err)
	r.Pass(36 * time.Hour)
	r.tend()
	r.Pass(2 * time.Hour)
	r.tend()
	r.token = incidents.AlarmToken("p1", r.inc.ID, "geheim-van-de-link")
	r.change(func(i *incidents.Incident) { i.LinkAlarm(incidents.ClientClock, "1", incidents.AlarmStandIn, r.token) })
	r.visitor = webtest.NewVisitor(t, r.Serve(page.Options{}, ack.New(ack.Options{Store: r.Store, Office: r.Office})))
	return r
}

func (r *rig) tend() { r.change(func(i *incidents.Incident) { i.Tend(r.Now()) }) }

func (r *rig) change(f func(*incidents.Incident)) {
	r.t.Helper()
	inc, err := r.Store.UpdateIncident(r.t.Context(), "p1", r.inc.ID, func(i *incidents.Incident) error { f(i); return nil })
	r.Must(err)
	r.inc = inc
}

func (r *rig) get(token string) (int, string) {
	res, body := r.visitor.Get("/ack/" + token).AndBody()
	return res.StatusCode, body
}

func (r *rig) press(token string) (int, string) {
	res, body := r.visitor.Post("/ack/"+token, url.Values{}).AndBody()
	return res.StatusCode, body
}

func (r *rig) expect(what string, status int, body string, wantStatus int, words ...string) {
	r.t.Helper()
	if status != wantStatus {
		r.t.Errorf("%s = %d, want %d", what, status, wantStatus)
	}
	for _, w := range words {
		if !strings.Contains(body, w) {
			r.t.Errorf("%s does not say %q:\n%s", what, w, body)
		}
	}
	for _, personal := range []string{"Lindehof", "Anna", "Geheim", "post@"} {
		if strings.Contains(body, personal) {
			r.t.Errorf("%s says %q", what, personal)
		}
	}
}

func TestOnlyThePressOfTheButtonCountsAndOnce(t *testing.T) {
	r := newRig(t)
	for range 3 { // as a mail scanner opens it
		status, body := r.get(r.token)
		r.expect("the page", status, body, http.StatusOK, "Hebt u deze waarschuwing gezien?", r.inc.Reference, "Vertellen aan de cliënten", "10 maart 2027", "Ik heb dit gezien")
	}
	if r.tend(); !r.inc.Alarmed() {
		t.Fatal("opening the page ended the alarm")
	}
	status, body := r.press(r.token)
	r.expect("the button", status, body, http.StatusOK, "Vastgelegd dat u dit gezien hebt", r.inc.Reference)
	for _, again := range []func(string) (int, string){r.get, r.press} {
		status, body := again(r.token)
		r.expect("the link again", status, body, http.StatusGone, "Deze waarschuwing is al gezien", "De waarnemer heeft dit gezien op")
	}
	if r.Pass(20 * time.Hour); len(r.climbed()) != 1 {
		t.Errorf("asked %v, want nobody after it was seen", r.climbed())
	}
}

// climbed lists the levels that the alarm asked after the first.
func (r *rig) climbed() []string {
	r.tend()
	var levels []string
	for _, e := range r.inc.Outbox.Pending {
		if e.Kind == incidents.AlarmStepped {
			levels = append(levels, e.Facts["level"])
		}
	}
	return levels
}

func TestALinkThatLeadsNowhereSaysSo(t *testing.T) {
	r := newRig(t)
	for _, token := range []string{"x", "a.b.c", "p1." + r.inc.ID + ".geraden", "p1." + r.inc.ID + ".", strings.Repeat("a", 2000)} {
		status, body := r.get(token)
		r.expect("a guess", status, body, http.StatusNotFound, "We kennen deze link niet")
		status, body = r.press(token)
		r.expect("a guess pressed", status, body, http.StatusNotFound, "We kennen deze link niet")
	}
	if r.tend(); !r.inc.Alarmed() {
		t.Error("a guess ended the alarm")
	}
}

func TestALinkOfWhatIsDoneSaysSo(t *testing.T) {
	r := newRig(t)
	r.change(func(i *incidents.Incident) {
		i.Assessed(1, incidents.Counts{InScope: 1, InGuidance: 1, Certain: 1}, 0, 0, r.Now())
		i.SetProgress(incidents.Progress{Told: 1, LastAt: r.Now()}, r.Now())
	})
	status, body := r.get(r.token)
	r.expect("the page", status, body, http.StatusGone, "Hier hoeft niemand meer iets aan te doen")
}

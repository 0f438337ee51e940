package stuck_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/account"
	"datalek/web/page"
	"datalek/web/stuck"
	"datalek/web/webtest"
)

// rig is the page over the real store, with Anna logged in to practice p1.
type rig struct {
	*webtest.World
	t       *testing.T
	visitor *webtest.Visitor
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t}
	p := r.NewPractice("p1")
	p.Details.Senders = []registry.Sender{{Email: "post@lindehof.example"}}
	r.Open(p, "anna")
	accounts := account.New(account.Options{Store: r.Store, Policies: r.Book, Hasher: account.NewHasher(1), SetupHash: account.HashToken("first"), Now: r.Now})
	r.visitor = webtest.NewVisitor(t, r.Serve(page.Options{}, accounts, stuck.New(stuck.Options{Store: r.Store, Office: r.Office})))
	r.visitor.LogIn("anna", "p1")
	return r
}

func (r *rig) put(practice tenant.ID, id, queue string, cause incidents.StuckCause) {
	r.t.Helper()
	r.Must(r.Store.PutStuck(r.t.Context(), incidents.Stuck{ID: id, PracticeID: practice, IncidentID: "gone", Queue: queue, Job: []byte("{}"), Cause: cause,
		Detail: "step: <b>" + id + "</b>", At: r.Now(), Attempts: 12}))
}

func (r *rig) get(path string) string {
	r.t.Helper()
	res, body := r.visitor.Get(path).AndBody()
	if res.StatusCode != http.StatusOK {
		r.t.Errorf("%s = %d, want 200", path, res.StatusCode)
	}
	return body
}

func (r *rig) press(path string) {
	r.t.Helper()
	if res, _ := r.visitor.Post(path, url.Values{}).AndBody(); res.StatusCode != http.StatusSeeOther {
		r.t.Errorf("%s = %d, want 303", path, res.StatusCode)
	}
}

func (r *rig) says(body string, words ...string) {
	r.t.Helper()
	for _, w := range words {
		if !strings.Contains(body, w) {
			r.t.Errorf("the page does not say %q:\n%s", w, body)
		}
	}
}

func TestStuckWorkIsSaidInPlainWordsAndTriedAgain(t *testing.T) {
	r := newRig(t)
	r.says(r.get("/stuck"), "Er blijft niets liggen")
	r.put("p1", "w1", "assess", incidents.StuckMissing)
	r.put("p1", "w2", "newer", "unheard")
	r.put("", "w3", "intake", incidents.StuckCrash)
	r.put("p2", "w4", "mail", incidents.StuckInvalid)
	body := r.get("/stuck")
	r.says(body, "Uitzoeken wie er geraakt is", "Iets wat hiervoor nodig is, is niet gevonden.", "na 12 keer proberen", "&lt;b&gt;w1&lt;/b&gt;",
		"Ander werk", "Het ging steeds mis.", "Van het programma zelf", "Een melding van een verwerker vastleggen", "Er zit een fout in het programma.")
	if strings.Contains(body, "w4") || strings.Contains(body, "wordt opnieuw geprobeerd") {
		t.Error("another practice's work stands on the page, or work is tried that nobody asked for")
	}
	r.press("/stuck/w1/again")
	r.press("/stuck/host/w3/again")
	r.press("/stuck/w4/again") // another practice's
	r.press("/stuck/none/again")
	r.says(r.get("/stuck"), "wordt opnieuw geprobeerd sinds")
	for place, want := range map[incidents.Key]bool{{PracticeID: "p1", ID: "w1"}: true, {ID: "w3"}: true, {PracticeID: "p2", ID: "w4"}: false, {PracticeID: "p1", ID: "w2"}: false} {
		v, err := r.Store.Stuck(t.Context(), place.PracticeID, place.ID)
		r.Must(err)
		if got := !v.AgainAt.IsZero(); got != want {
			t.Errorf("%v is tried again %t, want %t", place, got, want)
		}
	}
}

func TestTheListOfStuckWorkIsPaged(t *testing.T) {
	r := newRig(t)
	for n := range 30 {
		r.put("p1", fmt.Sprintf("w%02d", n), "draft", incidents.StuckOther)
	}
	body := r.get("/stuck")
	if n := strings.Count(body, "/again\""); n != 25 || !strings.Contains(body, "w24") {
		t.Errorf("%d rows on the first page, want 25", n)
	}
	body = r.get("/stuck?after=w24")
	if n := strings.Count(body, "/again\""); n != 5 || !strings.Contains(body, "w29") {
		t.Errorf("%d rows on the second page, want 5", n)
	}
}

package main_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/services/devstack"
)

// supplierHost is a served host with an address of its own, at which Microsoft
// reports to all practices that use it.
type supplierHost struct {
	*served
	address, secret string
}

func startSupplierHost(t *testing.T) *supplierHost {
	t.Helper()
	h := &supplierHost{served: newServed(t, devstack.SMTPOptions{})}
	h.addOwn(t, "Praktijk", "Anna", "bericht@praktijk.example")
	made := holds(t, []string{"processor", "address", "make", "microsoft-365", "--data", h.data()}, "Secret")
	h.address = regexp.MustCompile(`/webhooks/processors/\S+`).FindString(made)
	h.secret = regexp.MustCompile(`whsec_\S+`).FindString(made)
	return h
}

// uses lets a practice note Microsoft, which must report within a day, and what it
// keeps there.
func (h *supplierHost) uses(practice *demo) {
	h.t.Helper()
	practice.must(201, "POST", "/processors", object{"id": "microsoft-365", "name": "Microsoft", "contract_hours": 24}, nil)
	practice.must(201, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "processor": "microsoft-365", "services": []string{"mail"}, "categories": []string{"name"}}, nil)
}

// tells reports a breach of which Microsoft knew that long, and returns the path of
// its own page about it.
func (h *supplierHost) tells(reference string, known time.Duration) string {
	h.t.Helper()
	aware := h.now().Add(-known).UTC().Format(time.RFC3339)
	status, answer := h.report(h.BaseURL+h.address, h.secret, "m-"+reference, breach(reference, "initial", "Vreemden lazen mee.", `,"services":["mail"],"processorAwareAt":"`+aware+`"`))
	var taken struct {
		StatusURL string `json:"status_url"`
	}
	if err := json.Unmarshal([]byte(answer), &taken); err != nil || status != http.StatusAccepted {
		h.t.Fatalf("the report is answered %d %s: %v", status, answer, err)
	}
	u, err := url.Parse(taken.StatusURL)
	if err != nil || !strings.HasPrefix(u.Path, "/reported/") {
		h.t.Fatalf("the supplier's page is %q: %v", taken.StatusURL, err)
	}
	return u.Path
}

// reportedView is what the API says of one message of a supplier.
type reportedView struct {
	ID         string
	IncidentID *string `json:"incident_id"`
	ReceivedAt string  `json:"received_at"`
	Reference  *string
	Missing    []string
	Questions  []struct{ Point, Article, Text string }
	Lateness   *struct {
		Word        string
		By          *string
		AgreedHours *int `json:"agreed_hours"`
		TookSeconds *int `json:"took_seconds"`
		LateSeconds int  `json:"late_seconds"`
	}
	Message *struct {
		Format  *string
		Changed []string
		Because []struct{ Code string }
	}
}

// reported lists what Microsoft reported to a practice, newest first.
func (d *demo) reported() []reportedView {
	d.t.Helper()
	var list struct{ Items []reportedView }
	d.must(200, "GET", "/processors/microsoft-365/reports?limit=100", nil, &list)
	return list.Items
}

// awaitReported waits until a practice has that many messages, each in a case.
func (d *demo) awaitReported(n int) []reportedView {
	d.t.Helper()
	var all []reportedView
	await(d.t, "the practice has what the supplier reported", func() error {
		all = d.reported()
		if len(all) != n || slices.ContainsFunc(all, func(r reportedView) bool { return r.IncidentID == nil }) {
			return errNot("%d reports: %+v", len(all), all)
		}
		return nil
	})
	return all
}

// Story of a supplier's own page: its report reaches two practices; by its secret
// link it sees how many know and what is asked, and answers there; both practices
// see the answer as a later stage of their case, and how late the first one was.
func TestStorySuppliersOwnPage(t *testing.T) {
	h := startSupplierHost(t)
	other := h.addPractice("Praktijk Twee")
	h.serve()
	practices := []*demo{h.demo, h.as(other)}
	for _, p := range practices {
		h.uses(p)
	}
	link := h.tells("MS-2027-0042", 30*time.Hour)
	for _, p := range practices {
		checkLateness(t, p.awaitReported(1)[0])
	}
	guesses := []string{link + "x", "/reported/none", link[:len(link)-1]}
	for _, guess := range guesses {
		if status, body := h.raw("GET", h.BaseURL+guess, nil); status != http.StatusNotFound || !strings.Contains(string(body), "Deze link kennen wij niet") || strings.Contains(string(body), "0042") {
			t.Errorf("a wrong link is answered %d %s", status, body)
		}
	}

	supplier := &person{visitor: openBrowser(t, h.BaseURL, deskWidth), t: t, disturb: func() {}}
	supplier.open(link)
	supplier.awaits("Verstuur uw antwoord")
	supplier.sees("Verteld aan 2 klanten.", "Bij 2 klanten staat het in een dossier.", "MS-2027-0042", "Handtekening gecontroleerd", "Wat hebt u gedaan of gaat u doen?", "artikel 33(3)(d) AVG")
	if page := supplier.words(); strings.Contains(page, "Praktijk") {
		t.Errorf("the page names a practice: %s", page)
	}
	supplier.fill("Wat hebt u gedaan of gaat u doen?", "Alle wachtwoorden zijn gewist.")
	supplier.click("Verstuur uw antwoord")
	supplier.sees("Uw antwoord is bewaard en gaat naar uw klanten.", "Antwoord op de pagina van de leverancier")

	for _, p := range practices {
		all := p.awaitReported(2)
		answer, first := all[0], all[1]
		if answer.Message == nil || answer.Message.Format == nil || *answer.Message.Format != "answer" || *answer.IncidentID != *first.IncidentID || !slices.Contains(answer.Message.Changed, "measures_taken") {
			t.Errorf("the answer came as %+v", answer)
		}
		if slices.Contains(first.Missing, "measures") || len(first.Missing) == 0 {
			t.Errorf("of the case is missing %v after the answer", first.Missing)
		}
	}
	answer := h.reported()[0]
	anna := h.visit(t)
	anna.open("/triage/" + answer.ID)
	anna.sees("6 uur te laat volgens de afspraak van 24 uur.", "Dit veranderde in uw dossier", "Wat er is gedaan")
	anna.open("/incidents/" + *answer.IncidentID)
	anna.sees("Alle wachtwoorden zijn gewist.", "6 uur te laat volgens de afspraak van 24 uur.")
}

// checkLateness expects what the API says of a report that came six hours late and
// says little.
func checkLateness(t *testing.T, r reportedView) {
	t.Helper()
	if l := r.Lateness; l == nil || l.Word != "late" || l.By == nil || *l.By != "processorAwareAt" || l.AgreedHours == nil || *l.AgreedHours != 24 ||
		l.TookSeconds == nil || *l.TookSeconds-l.LateSeconds != 24*3600 || l.LateSeconds < 6*3600 || l.LateSeconds > 6*3600+300 {
		t.Errorf("lateness = %+v", l)
	}
	if !slices.Contains(r.Missing, "measures") || len(r.Questions) != len(r.Missing) {
		t.Fatalf("missing %v, questions %v", r.Missing, r.Questions)
	}
	for n, q := range r.Questions {
		if q.Point != r.Missing[n] || q.Article == "" || !strings.HasSuffix(q.Text, "?") {
			t.Errorf("the question about %s is %+v", r.Missing[n], q)
		}
	}
}

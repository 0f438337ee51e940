package supplier_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/supplier"
	"datalek/web/webtest"
)

// plain reads a message whose headers name its kind: what senders' forms are is
// tried elsewhere.
type plain struct{}

func (plain) Read(raw []byte, headers map[string]string, at time.Time) advisory.Advisory {
	if headers[advisory.AnswerHeader] != "" {
		form, _ := url.ParseQuery(string(raw))
		return advisory.Advisory{Kind: incidents.MessageReport, Format: advisory.Answer, Reference: headers[advisory.AnswerHeader], Measures: form.Get(advisory.FieldMeasures)}
	}
	return advisory.Advisory{Kind: incidents.MessageKind(headers["kind"]), Reference: "CH-1", StageSaid: "initial", Text: string(raw)}
}

type rig struct {
	*webtest.World
	t       *testing.T
	visitor *webtest.Visitor // nobody
	owner   *webtest.Visitor
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC))}
	r.Open(r.NewPractice("p1"), "anna")
	r.Open(r.NewPractice("p2"), "bert")
	day := 24
	for _, p := range []string{"p1", "p2"} {
		_, err := r.Store.PutProcessor(t.Context(), registry.Processor{ID: "contoso", PracticeID: tenant.ID(p), Name: "Contoso <b>", ContractHours: &day, UpdatedAt: r.Now()})
		r.Must(err)
	}
	site := r.Serve(page.Options{}, supplier.New(supplier.Options{Store: r.Store, Office: r.Office, Reader: plain{}, Now: r.Now, NewID: r.NewID}))
	r.visitor, r.owner = webtest.NewVisitor(t, site), webtest.NewVisitor(t, site)
	r.owner.LogIn("anna", "p1")
	return r
}

// receive keeps a message under the link "tok-<id>", fanned out to the practices.
func (r *rig) receive(id, kind string, practices ...string) {
	ctx := r.t.Context()
	_, _, err := r.Store.SaveReceipt(ctx, incidents.Receipt{ID: id, DedupeKey: id, ProcessorID: "contoso", ReceivedAt: r.Now(), Raw: []byte("Mail was read."), RawHash: "abc123",
		Headers: map[string]string{"kind": kind}, Proof: "signature", StatusHash: casework.HashToken("tok-" + id)})
	r.Must(err)
	if kind == "report" {
		r.Must(r.Store.FileReceipt(ctx, id, incidents.CaseHash("", "contoso", "CH-1")))
	}
	for _, p := range practices {
		words := incidents.ReportWords{Text: "Mail was read.", Reference: "CH-1", Message: incidents.Message{Kind: incidents.MessageKind(kind), Missing: []string{"when", "measures"},
			Claims: []incidents.Claim{{Name: incidents.ClaimAware, At: r.Now().Add(-27 * time.Hour)}}}}
		report, err := incidents.NewTriage("report-"+id, tenant.ID(p), incidents.FromWebhook, words, r.Now(), registry.Term{}, incidents.System())
		r.Must(err)
		report.ReceiptID, report.ProcessorID = id, "contoso"
		r.Must(r.Store.CreateReport(ctx, report))
	}
	r.Must(r.Store.AdvanceReceipt(ctx, id, "p2", r.Now()))
}

var formID = regexp.MustCompile(`name="_form" value="([^"]+)"`)

func TestASupplierSeesWhatBecameOfItsReportAndAnswers(t *testing.T) {
	r := newRig(t)
	r.receive("r-1", "report", "p1", "p2")
	a, body := r.visitor.Get("/reported/tok-r-1").AndBody()
	if a.StatusCode != 200 || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the page answered %d, %q", a.StatusCode, a.Header.Get("Cache-Control"))
	}
	webtest.Wants(t, body, "Verteld aan 2 klanten", "abc123", "Handtekening gecontroleerd", "UTC", "CH-1", "Wat hebt u gedaan of gaat u doen?", "artikel 33(3)(d) AVG", "artikel 28(2), 28(4) AVG")
	webtest.Lacks(t, body, "Lindehof", "Verzonnen")
	r.Pass(time.Minute)
	typed := url.Values{"_form": {formID.FindStringSubmatch(body)[1]}, "measures": {"All closed. <script>"}, "subjects": {"12"}}
	for range 2 { // pressed twice it is one
		if a := r.visitor.Post("/reported/tok-r-1", typed); a.StatusCode != 303 {
			t.Fatalf("answering = %d: %s", a.StatusCode, a.Body)
		}
	}
	kept, err := r.Store.ReceiptsOfCase(t.Context(), incidents.CaseHash("", "contoso", "CH-1"), 10)
	r.Must(err)
	if len(kept) != 2 || kept[1].Proof != "page" || kept[1].PracticeID != "" || !strings.Contains(string(kept[1].Raw), "measures=All+closed") || kept[1].Headers[advisory.AnswerHeader] != "CH-1" {
		t.Fatalf("kept %+v", kept)
	}
	_, body = r.visitor.Get("/reported/tok-r-1?answered=1").AndBody()
	webtest.Wants(t, body, "Antwoord op de pagina")
	webtest.Lacks(t, body, "Wat hebt u gedaan of gaat u doen?", "<script>")
}

func TestAnAnswerThatCannotBeIsRefusedWithWhatWasTyped(t *testing.T) {
	for name, tt := range map[string]struct {
		field, typed, says string
	}{
		"nothing":                     {"x", "y", "Beantwoord minstens"},
		"a number that is none":       {"subjects", "veel", "Vul een heel getal in"},
		"a time that is none":         {"occurred_from", "gisteren", "Vul een tijd in UTC in"},
		"a time to come":              {"occurred_from", "2037-03-01 10:00", "toekomst"},
		"a next update in the past":   {"next_update", "2027-03-01 10:00", "komende jaar"},
		"an address that is none":     {"contact_email", "desk", "e-mailadres"},
		"a text that is far too long": {"measures", strings.Repeat("x", 4_001), "4000"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.receive("r-1", "report", "p1")
			a := r.visitor.Post("/reported/tok-r-1", url.Values{tt.field: {tt.typed}})
			if a.StatusCode != 422 || !strings.Contains(strings.ReplaceAll(a.Body, ".000", "000"), tt.says) {
				t.Errorf("answered %d without %q:\n%s", a.StatusCode, tt.says, webtest.Words(a.Body))
			}
			if kept, err := r.Store.ReceiptsOfCase(t.Context(), incidents.CaseHash("", "contoso", "CH-1"), 10); err != nil || len(kept) != 1 {
				t.Errorf("kept %d, %v", len(kept), err)
			}
		})
	}
}

func TestALinkOpensItsOwnAndNothingAfterItsTime(t *testing.T) {
	r := newRig(t)
	r.receive("r-1", "report", "p1")
	r.receive("r-2", "test", "p1")
	for _, path := range []string{"/reported/none", "/reported/r-1", "/reported/" + casework.HashToken("tok-r-1"), "/reported/" + strings.Repeat("a", 300)} {
		if a := r.visitor.Get(path); a.StatusCode != 404 || !strings.Contains(a.Body, "kennen wij niet") {
			t.Errorf("%s = %d", path, a.StatusCode)
		}
		if a := r.visitor.Post(path, url.Values{"measures": {"x"}}); a.StatusCode != 404 {
			t.Errorf("answering at %s = %d", path, a.StatusCode)
		}
	}
	_, body := r.visitor.Get("/reported/tok-r-2").AndBody()
	webtest.Wants(t, body, "Proefbericht")
	webtest.Lacks(t, body, "Verstuur uw antwoord")
	if a := r.visitor.Post("/reported/tok-r-2", url.Values{"measures": {"x"}}); a.StatusCode != 409 {
		t.Errorf("answering a trial = %d", a.StatusCode)
	}
	r.Pass(casework.AnswerWithin - time.Second)
	if a := r.visitor.Get("/reported/tok-r-1"); a.StatusCode != 200 {
		t.Errorf("one second before its end = %d", a.StatusCode)
	}
	r.Pass(time.Second)
	if a := r.visitor.Get("/reported/tok-r-1"); a.StatusCode != 410 || strings.Contains(a.Body, "CH-1") {
		t.Errorf("at its end = %d", a.StatusCode)
	}
	if a := r.visitor.Post("/reported/tok-r-1", url.Values{"measures": {"x"}}); a.StatusCode != 410 {
		t.Errorf("answering after its end = %d", a.StatusCode)
	}
}

// What is open is said once a case, however often its supplier wrote about it.
func TestWhatIsOpenStandsOnceACase(t *testing.T) {
	r := newRig(t)
	inc, err := r.Office.File(t.Context(), r.Practice("p1"), casework.NewCase{Source: incidents.FromWebhook, AwareAt: r.Now(), Basis: "Gemeld.",
		Facts: incidents.Facts{Playbook: "processor-breach", DiscoveredAt: r.Now(), ProcessorID: "contoso"}, Story: incidents.Story{Summary: "Er lekte iets."}}, incidents.System())
	r.Must(err)
	for _, id := range []string{"r-1", "r-2", "r-3"} {
		r.receive(id, "report", "p1")
		if id != "r-3" {
			_, err := r.Store.UpdateReport(t.Context(), "p1", "report-"+id, func(report *incidents.Report) error { return report.Became(inc.ID, r.Now(), incidents.System()) })
			r.Must(err)
		}
	}
	_, body := r.owner.Get("/processors/contoso/reports").AndBody()
	if lists, cases := strings.Count(body, "Wat de leverancier heeft gedaan"), strings.Count(body, inc.Reference); lists != 2 || cases != 2 {
		t.Errorf("%d lists of what is open beside %d lines of the case, want one for the case and one for what has none:\n%s", lists, cases, body)
	}
}

func TestAPracticeSeesWhetherItsSupplierWasInTimeAndAsksAfterTheRest(t *testing.T) {
	r := newRig(t)
	r.receive("r-1", "report", "p1", "p2")
	r.receive("r-2", "test", "p1")
	a, body := r.owner.Get("/processors/contoso/reports").AndBody()
	if a.StatusCode != 200 {
		t.Fatalf("the list answered %d", a.StatusCode)
	}
	webtest.Wants(t, body, "3 uur te laat volgens de afspraak van 24 uur.", "Wat de leverancier heeft gedaan", "Proefbericht", "Contoso &lt;b&gt;")
	a, body = r.owner.Get("/processors/contoso/reports/report-r-1").AndBody()
	if a.StatusCode != 200 {
		t.Fatalf("the letter answered %d", a.StatusCode)
	}
	webtest.Wants(t, body, "3 uur te laat", "Beste Contoso &lt;b&gt;,", "Dear Contoso &lt;b&gt;,", "1. Wanneer begon het en wanneer hield het op? (artikel 33(3)(a) AVG)", "2. What did you do, or will you do? (GDPR Art. 33(3)(d))")
	for _, path := range []string{"/processors/none/reports", "/processors/contoso/reports/report-r-2", "/processors/contoso/reports/none", "/processors/none/reports/report-r-1"} {
		if a := r.owner.Get(path); a.StatusCode != 404 {
			t.Errorf("%s = %d, want 404", path, a.StatusCode)
		}
	}
}

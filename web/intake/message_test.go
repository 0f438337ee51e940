package intake_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

const raw = "{\"x\":\"\xff<script>alert(1)</script>\"}"

// message keeps a supplier's message as the workers do: for the practice alone, or
// for all (receipt of practice "").
func (w *world) message(id string, practice tenant.ID, state incidents.ReportState, m incidents.Message) *incidents.Report {
	w.t.Helper()
	sum := sha256.Sum256([]byte(raw))
	_, _, err := w.store.SaveReceipt(w.t.Context(), incidents.Receipt{ID: "receipt-" + id, DedupeKey: id, ProcessorID: "azure", PracticeID: practice, ReceivedAt: friday,
		Raw: []byte(raw), RawHash: hex.EncodeToString(sum[:]), Headers: map[string]string{"content-type": "application/json", "webhook-signature": "v1,geheim"}})
	w.ok(err)
	words := incidents.ReportWords{Text: "Vreemden lazen mail.\nNog meer <b>woorden</b>.", Reference: "0NIH-U2O", Message: m}
	by := incidents.Actor{Kind: "processor", ID: "azure"}
	r, err := incidents.NewAside(id, "p1", words, friday, by)
	if state == incidents.InTriage {
		r, err = incidents.NewTriage(id, "p1", incidents.FromWebhook, words, friday, registry.Term{Within: 72 * time.Hour}, by)
	}
	w.ok(err)
	r.ReceiptID, r.ProcessorID = "receipt-"+id, "azure"
	w.ok(w.store.CreateReport(w.t.Context(), r))
	return r
}

func (w *world) azure() {
	w.t.Helper()
	_, err := w.store.PutProcessor(w.t.Context(), registry.Processor{ID: "azure", PracticeID: "p1", Name: "Microsoft Azure", UpdatedAt: friday})
	w.ok(err)
}

func TestASuppliersMessageIsShownWithHowItCame(t *testing.T) {
	w := newWorld(t)
	w.azure()
	w.message("r-1", "p1", incidents.InTriage, incidents.Message{Kind: incidents.MessageUnknown, Format: "azure-common", Title: "Security advisory", Stage: "RCA",
		Claims: []incidents.Claim{{Name: "eventTimestamp", At: friday.Add(-time.Hour)}}, Links: []string{"https://status.example/a"},
		Missing: []string{"contact", "records"}, Changed: []string{"summary", "systems"}})
	anke := w.anke()
	holds(t, anke.get("/triage"), "Security advisory", "Microsoft Azure")
	a := anke.get("/triage/r-1")
	holds(t, a, "Microsoft Azure", "Onbekend: lees het zelf", "RCA", "Tijd volgens de afzender (eventTimestamp)", "16.42", "application/json", "https://status.example/a",
		"Wie u er meer over kan vertellen", "Om hoeveel gegevens het ongeveer gaat", "Dit veranderde in uw dossier", "In welke systemen", hashOf(raw))
	for _, never := range []string{"geheim", "<b>woorden</b>", `href="https://status.example`} {
		if strings.Contains(a.body, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	got := anke.get("/triage/r-1/raw")
	if got.status != http.StatusOK || got.body != raw || got.header.Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") || got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("raw = %d %q %v", got.status, got.body, got.header)
	}
	if other := w.as("p2").get("/triage/r-1/raw"); other.status != http.StatusNotFound {
		t.Errorf("another practice gets %d", other.status)
	}
}

func TestTheReportSaysWhyItReachedThisPractice(t *testing.T) {
	w := newWorld(t)
	w.azure()
	w.message("r-1", "", incidents.InTriage, incidents.Message{Kind: incidents.MessageReport, Because: []incidents.Cause{
		{Code: incidents.CauseUses}, {Code: incidents.CauseCustomer, Names: []string{"K-1001"}}, {Code: incidents.CauseRegionUnknown}}})
	first := w.anke().get("/triage/r-1")
	holds(t, first, "Waarom dit bij u kwam", "Omdat u Microsoft Azure gebruikt.", "Uw klantnummer staat in de melding: K-1001.",
		"U noteerde geen regio, daarom kreeg u de melding voor de zekerheid.")
	if !strings.Contains(first.body, `href="/processors/azure"`) {
		t.Error("it leads not to where the region can be noted")
	}
	if strings.Contains(first.body, "/processors/azure/reports/") {
		t.Error("it asks after what nothing lacked")
	}
	w.message("r-2", "", incidents.InTriage, incidents.Message{Kind: incidents.MessageReport, Because: []incidents.Cause{{Code: incidents.CauseVia, Names: []string{"Hosting BV"}}}})
	a := w.anke().get("/triage/r-2")
	holds(t, a, "Omdat u Hosting BV gebruikt. Die schakelt Microsoft Azure in.")
	if strings.Contains(a.body, "Noteer wat er nog niet staat") {
		t.Error("it asks for what nothing lacked")
	}
	for _, code := range []incidents.CauseCode{incidents.CauseOwnAddress, incidents.CauseCustomerUnknown, incidents.CauseRegion, incidents.CauseService, incidents.CauseServiceUnknown, incidents.CauseOpenCase} {
		w.message("r-"+string(code), "", incidents.InTriage, incidents.Message{Kind: incidents.MessageReport, Because: []incidents.Cause{{Code: code, Names: []string{"x"}}}})
		if a := w.anke().get("/triage/r-" + string(code)); strings.Contains(a.body, "intake.message") {
			t.Errorf("%s has no words", code)
		}
	}
}

// What a message leaves open is asked by a letter, of a supplier of the practice alone; a
// stage of our own contract is said in the reader's words.
func TestWhatAMessageLeavesOpenLeadsToTheLetterThatAsks(t *testing.T) {
	w := newWorld(t)
	open := incidents.Message{Kind: incidents.MessageReport, Stage: "initial", Missing: []string{"contact"}}
	w.message("r-1", "p1", incidents.InTriage, open)
	letter := `href="/processors/azure/reports/r-1"`
	anke := w.anke()
	if strings.Contains(anke.get("/triage/r-1").body, letter) {
		t.Error("a letter to nobody is offered")
	}
	w.azure()
	a := anke.get("/triage/r-1")
	if holds(t, a, "eerste melding"); !strings.Contains(a.body, letter) || strings.Contains(a.body, "<p>initial</p>") {
		t.Errorf("the page asks nothing, or says the stage in a word of ours:\n%s", a.body)
	}
	open.Kind, open.Stage = incidents.MessageUnknown, "Resolved"
	w.message("r-2", "p1", incidents.InTriage, open)
	if a := anke.get("/triage/r-2"); strings.Contains(a.body, "/reports/r-2") || !strings.Contains(a.body, "Resolved") {
		t.Error("what is no report is asked after, or the sender's word for its stage is lost")
	}
	holds(t, anke.get("/triage"), "Bericht van een leverancier dat datalek niet kon lezen")
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// What came for all practices of the host may name other customers.
func TestTheBytesOfAMessageToManyStayWithTheHost(t *testing.T) {
	w := newWorld(t)
	w.azure()
	w.message("r-1", "", incidents.InTriage, incidents.Message{Kind: incidents.MessageUnknown})
	anke := w.anke()
	a := anke.get("/triage/r-1")
	holds(t, a, "Dit bericht kwam voor meer praktijken tegelijk", hashOf(raw))
	if got := anke.get("/triage/r-1/raw"); got.status != http.StatusNotFound || strings.Contains(a.body, "/raw") {
		t.Errorf("raw = %d", got.status)
	}
}

func TestErasedBytesAreSaidToBeGone(t *testing.T) {
	w := newWorld(t)
	w.message("r-1", "p1", incidents.InTriage, incidents.Message{Kind: incidents.MessageUnknown})
	w.ok(w.store.EmptyReceipt(t.Context(), "receipt-r-1"))
	anke := w.anke()
	holds(t, anke.get("/triage/r-1"), "Het bericht zelf is gewist", hashOf(raw), "Een verwerker")
	if got := anke.get("/triage/r-1/raw"); got.status != http.StatusNotFound {
		t.Errorf("raw = %d", got.status)
	}
}

func TestWhatIsNoBreachStandsInAListOfItsOwn(t *testing.T) {
	w := newWorld(t)
	w.azure()
	anke := w.anke()
	holds(t, anke.get("/triage?show=aside"), "Geen andere berichten")
	w.message("r-1", "p1", incidents.KeptAside, incidents.Message{Kind: incidents.MessageBeside, Why: "maintenance", Title: "Nieuwe schijven"})
	w.message("r-2", "p1", incidents.KeptAside, incidents.Message{Kind: incidents.MessageTest})
	holds(t, anke.get("/triage"), "Niets om te bekijken")
	list := anke.get("/triage?show=aside")
	holds(t, list, "Nieuwe schijven", "Gepland onderhoud", "Proefbericht", "Microsoft Azure", "er loopt geen termijn")
	if strings.Contains(list.body, "dl-clock") {
		t.Error("a message that is no breach has a clock")
	}
	a := anke.get("/triage/r-2")
	holds(t, a, "Dit bericht is geen datalek", "Proefbericht")
	if strings.Contains(a.body, "dl-clock") || strings.Contains(a.body, "/dismiss") {
		t.Error("there is something to decide about a test message")
	}
	if res := anke.send("POST", "/triage/r-1/dismiss", map[string][]string{"reason": {"x"}}); res.status != http.StatusConflict && res.status != http.StatusForbidden {
		t.Errorf("dismissing what asks nothing = %d", res.status)
	}
}

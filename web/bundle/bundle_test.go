package bundle_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/casefile"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/web/bundle"
	"datalek/web/casework"
	"datalek/web/locales"
	"datalek/web/page"
	"datalek/web/webtest"
)

func TestOfADrillThereIsNoFileForAnAuthority(t *testing.T) {
	m := bundle.New(bundle.Options{Now: func() time.Time { return time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC) }})
	_, _, err := m.Prepare(t.Context(), registry.Practice{ID: "d1", Drill: registry.Drill{Of: "p1"}}, "i1", incidents.Actor{Kind: register.ActorUser, ID: "anna"}, "Anna")
	if !errors.Is(err, fault.Conflict) {
		t.Errorf("it answers %v", err)
	}
}

// An authority reads whether the supplier kept its contract: on the paper, and as data.
func TestTheFileSaysWhetherTheSupplierWasInTime(t *testing.T) {
	w := webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC))
	w.Open(w.NewPractice("p1"), "anna")
	id := reportedLate(t, w)
	words, err := page.LoadWords(locales.Files)
	w.Must(err)
	secret, key, err := register.NewHeadKey(rand.Reader)
	w.Must(err)
	signer, err := register.NewHeadSigner(secret)
	w.Must(err)
	var paper request.Paper
	m := bundle.New(bundle.Options{Store: w.Store, Words: words, Book: w.Book, Signer: signer, Key: key, Now: w.Now, Suppliers: w.Office.Suppliers,
		Print: func(_ io.Writer, p request.Paper, _ time.Time) error { paper = p; return nil }})
	_, write, err := m.Prepare(t.Context(), w.Practice("p1"), id, incidents.Actor{Kind: register.ActorUser, ID: "anna"}, "Anna")
	w.Must(err)
	var file bytes.Buffer
	w.Must(write(&file))

	want := request.PaperRow{Label: "Was de leverancier op tijd?", Value: "3 uur te laat volgens de afspraak van 24 uur.", Break: true}
	if !slices.Contains(paper.Parts[0].Rows, want) {
		t.Errorf("the paper says %+v", paper.Parts[0].Rows)
	}
	archive, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	w.Must(err)
	raw, err := archive.Open(casefile.CasePath)
	w.Must(err)
	var data struct {
		Promptness struct{ Word, Since, Within, Took, Late string } `json:"supplier_promptness"`
	}
	w.Must(json.NewDecoder(raw).Decode(&data))
	if p := data.Promptness; p.Word != "late" || p.Since != "2027-03-07T06:00:00Z" || p.Within != "24h0m0s" || p.Took != "27h0m0s" || p.Late != "3h0m0s" {
		t.Errorf("the data say %+v", p)
	}
}

// reportedLate files a case that a supplier reported three hours after its term.
func reportedLate(t *testing.T, w *webtest.World) string {
	t.Helper()
	day := 24
	_, err := w.Store.PutProcessor(t.Context(), registry.Processor{ID: "contoso", PracticeID: "p1", Name: "Contoso", ContractHours: &day, UpdatedAt: w.Now()})
	w.Must(err)
	words := incidents.ReportWords{Text: "Mail was read.", Reference: "CH-1", Message: incidents.Message{Kind: incidents.MessageReport,
		Claims: []incidents.Claim{{Name: incidents.ClaimAware, At: w.Now().Add(-27 * time.Hour)}}}}
	report, err := incidents.NewTriage("report-1", "p1", incidents.FromWebhook, words, w.Now(), registry.Term{}, incidents.System())
	w.Must(err)
	report.ProcessorID = "contoso"
	w.Must(w.Store.CreateReport(t.Context(), report))
	inc, err := w.Office.File(t.Context(), w.Practice("p1"), casework.NewCase{Source: incidents.FromWebhook, ReportID: report.ID, AwareAt: w.Now(), Basis: "Gemeld.",
		Facts: incidents.Facts{Playbook: "processor-breach", DiscoveredAt: w.Now(), ProcessorID: "contoso"}, Story: incidents.Story{Summary: "Er lekte iets."}},
		incidents.Actor{Kind: register.ActorProcessor, ID: "contoso"})
	w.Must(err)
	return inc.ID
}

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
	id := w.ReportedLate()
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

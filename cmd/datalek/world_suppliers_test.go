package main_test

import (
	"encoding/json"
	"net/url"
	"testing"
)

// makeSupplier lets a supplier report, which then has a page of its own, and gives
// another one more address.
func (w *world) makeSupplier(t *testing.T, d *demo) {
	t.Helper()
	var more struct{ ID string }
	d.must(201, "POST", "/processors/dossier-online/addresses", object{"door": "signed"}, &more)
	w.address = more.ID
	status, answer := d.report(d.WebhookURL, d.WebhookSecret, "world-supplier",
		`{"type":"processor.breach.reported","timestamp":"2027-03-05T16:42:10Z","data":{"reference":"MS-2027-0042","stage":"initial","summary":"Vreemden konden e-mails lezen."}}`)
	var taken struct {
		StatusURL string `json:"status_url"`
	}
	if err := json.Unmarshal([]byte(answer), &taken); err != nil || status != 202 {
		t.Fatalf("%d %s: %v", status, answer, err)
	}
	u, err := url.Parse(taken.StatusURL)
	if err != nil {
		t.Fatal(err)
	}
	w.reported = u.Path
	await(t, "the supplier's message is read", func() error {
		var page struct {
			Items []struct {
				ID, Reference string
			}
		}
		d.must(200, "GET", "/reports?state=all&limit=100", nil, &page)
		for _, r := range page.Items {
			if r.Reference == "MS-2027-0042" {
				w.supplied = "/processors/microsoft-365/reports/" + r.ID
				return nil
			}
		}
		return errNot("%d reports", len(page.Items))
	})
}

func (w *world) supplierPages() []view {
	return []view{{name: "reported", path: w.reported}, {name: "supplier-reports", path: "/processors/microsoft-365/reports"}, {name: "supplier-letter", path: w.supplied},
		{name: "message-centre-login", path: "/processors/microsoft-365/message-centre/login"}}
}

package main_test

import (
	"testing"
	"time"
)

// Story of a supplier that practices note after it reported: on a page or by the API,
// its report of the last 30 days becomes a case that counts from then, an older one
// does not, and the supplier's own promptness counts from when it told the host.
func TestStoryASupplierIsNotedLater(t *testing.T) {
	h := startSupplierHost(t)
	token := h.addPractice("Praktijk Twee")
	h.serve()
	h.tells("MS-OLD", time.Hour)
	h.pass(31 * 24 * time.Hour)
	link := h.tells("MS-NEW", 10*time.Hour)
	told := h.now()
	h.pass(24 * time.Hour)

	page, api := h.demo, h.as(token)
	p := h.visit(t)
	p.open("/processors/new")
	p.fill("Hoe heet het bedrijf?", "Microsoft 365")
	p.fill("Binnen hoeveel uur moet het bedrijf een datalek melden?", "24")
	p.click("Voeg deze verwerker toe")
	h.uses(api)
	if n := len(page.reported()) + len(api.reported()); n != 0 {
		t.Fatalf("%d reports while the practices still note", n)
	}
	h.pass(11 * time.Minute)
	noted := h.now()
	h.again() // killed meanwhile, it looks all the same, and at once
	for name, practice := range map[string]*demo{"by the page": page, "by the API": api} {
		r := practice.awaitReported(1)[0]
		because := r.Message.Because
		if *r.Reference != "MS-NEW" || len(because) == 0 || because[len(because)-1].Code != "noted_later" {
			t.Errorf("%s: the report is %+v", name, r)
		}
		if l := r.Lateness; l == nil || l.Word != "on_time" || l.TookSeconds == nil || *l.TookSeconds > 11*3600 || l.AgreedHours == nil {
			t.Errorf("%s: lateness = %+v; it told the host at %s", name, l, told)
		}
		if c := practice.cases(); len(c) != 1 || c[0].AwareAt.Before(noted.Add(-time.Minute)) {
			t.Errorf("%s: %+v, want one case that counts from %s", name, c, noted)
		}
	}
	p.open("/triage/" + page.reported()[0].ID)
	p.sees("De melding kwam binnen voordat u dit bedrijf of deze gegevens noteerde.", "Op tijd: na 10 uur.")
	p.open(link)
	p.sees("Verteld aan 2 klanten.")
}

package main_test

import (
	"testing"
	"time"
)

// makeAnnouncement tries one person in vain, and records the public announcement
// of the case whose systems nobody knows.
func (w *world) makeAnnouncement(t *testing.T, d *demo) {
	t.Helper()
	now := d.now().UTC()
	d.must(200, "POST", w.phone+"/tried", object{"by": "phone", "at": now.Format(time.RFC3339), "note": "Geen gehoor."}, nil)
	for _, incident := range []string{w.running, w.unsure} {
		var n noticeView
		d.must(201, "POST", incident+"/notices", object{"audience": "public"}, &n)
		d.must(202, "POST", "/notices/"+n.ID+"/approve", object{"text_hash": n.TextHash, "recipients_hash": n.RecipientsHash, "sender": "bericht@lindehof-post.example"}, nil)
	}
	d.must(201, "POST", w.unsure+"/announcements", object{"places": []object{{"kind": "website", "where": "www.lindehof.example/een-heel-lang-adres-van-een-pagina-over-het-datalek-van-maart"}},
		"from": now.Format(time.RFC3339), "until": now.AddDate(0, 1, 0).Format(time.RFC3339), "why": "Van deze mensen is geen adres meer bekend."}, nil)
}

func (w *world) callPages() []view {
	return []view{
		{name: "case-calls", path: w.running + "/calls"}, {name: "case-calls-done", path: w.running + "/calls?show=done"}, {name: "case-calls-print", path: w.running + "/calls/print"},
		{name: "case-calls-nobody", path: w.overdue + "/calls"}, {name: "announcement-form", path: w.running + "/announcement"}, {name: "announcement", path: w.unsure + "/announcement"},
		{name: "announcement-file", path: w.unsure + "/file"}, {name: "announcement-sheet", path: w.unsure + "/authority"},
		{name: "case-calls-open", path: w.running + "/calls", act: func(p *person) {
			p.unfold("Verteld")
			p.unfold("Geprobeerd, niet bereikt")
			p.unfold("Niet te bereiken")
		}},
		{name: "refused-tried", path: w.running + "/calls", status: 422, act: func(p *person) {
			p.unfold("Niet te bereiken")
			p.click("Leg vast: niet bereikt")
		}},
		refused("refused-announcement", w.running+"/announcement", "Leg de mededeling vast"), refused("refused-undo", w.unsure+"/announcement", "Neem de mededeling terug"),
	}
}

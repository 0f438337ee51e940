package notices_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"datalek/incidents"
	"datalek/web/webtest"
)

// TestTheCallListInABrowser looks at the list and the announcement in both
// languages, and at the list on paper.
func TestTheCallListInABrowser(t *testing.T) {
	r := newRig(t)
	r.former(3)
	id := r.approved()
	r.answer(id, 2, refused())
	r.answer(id, 8, accepted())
	mute := r.delivery(id, func(d incidents.Delivery) bool { return d.Why == incidents.WhyNoEmail })
	r.record(mute, "tried", url.Values{"by": {"phone"}, "at_local": {""}, "note": {"Geen gehoor."}})
	r.record(r.delivery(id, func(d incidents.Delivery) bool { return d.Why == incidents.WhyWish }), "told", url.Values{"by": {"letter"}, "at_local": {""}})
	r.approvedFor(incidents.ToPublic)
	b := webtest.OpenBrowser(t, r.site)
	b.LogIn(t, r.visitor)
	home := "/incidents/" + r.inc.ID
	unfold := `document.querySelectorAll(".dl-calls__row:first-child details").forEach(d => { d.open = true }); document.querySelector("form[action$=unreachable]").submit()`
	for _, language := range []string{"nl", "en"} {
		b.SetCookie(t, "taal", language)
		for _, v := range []webtest.View{
			{Name: "calls-" + language, Path: home + "/calls"},
			{Name: "calls-done-" + language, Path: home + "/calls?show=done"},
			{Name: "calls-print-" + language, Path: home + "/calls/print"},
			{Name: "calls-refused-" + language, Path: home + "/calls", Act: unfold, Status: 422},
			{Name: "announce-" + language, Path: home + "/announcement"},
			{Name: "announce-refused-" + language, Path: home + "/announcement", Act: `document.querySelector("form[action$=announcement]").submit()`, Status: 422},
		} {
			b.Look(t, v)
		}
	}
	b.SetCookie(t, "taal", "nl")
	t.Run("on paper without buttons", func(t *testing.T) { readPaper(t, b, home+"/calls/print") })
	t.Run("with a number for the thumb and room for it", func(t *testing.T) {
		b.Do(t, chromedp.EmulateViewport(webtest.Phone, 900))
		b.Open(t, home+"/calls")
		small := webtest.Evaluate[[]string](t, b, `[...document.querySelectorAll(".dl-calls__tel, .dl-calls__act > summary")].filter(e => e.getBoundingClientRect().height < 44).map(e => e.innerText)`)
		if tel := webtest.Evaluate[int](t, b, `document.querySelectorAll("a.dl-calls__tel[href^='tel:']").length`); tel != 5 || len(small) > 0 {
			t.Errorf("%d numbers to tap, want 5; too small for a thumb: %q", tel, small)
		}
	})
}

// readPaper prints a page on A4 and looks at the sheets.
func readPaper(t *testing.T, b *webtest.Browser, path string) {
	t.Helper()
	b.Open(t, path)
	var pdf []byte
	b.Do(t, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		yes := true
		printed, err := cdp.Call(ctx, target, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &yes})
		if err == nil {
			pdf = printed.Data
		}
		return err
	}))
	if folder := os.Getenv("DATALEK_TEST_PICTURES"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, "calls.pdf"), pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if sheets := len(regexp.MustCompile(`/Type\s*/Page[^s]`).FindAll(pdf, -1)); sheets < 1 || sheets > 5 {
		t.Errorf("%d sheets", sheets)
	}
	if !regexp.MustCompile(`/MediaBox \[0 0 59[45]`).Match(pdf) {
		t.Error("the paper is not A4")
	}
	asPrinted(t, b, "print")
	defer asPrinted(t, b, "")
	seen := webtest.Evaluate[[]string](t, b, `[...document.querySelectorAll("button, form, .govuk-button, .govuk-back-link, .dl-nav")].filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 80))`)
	if ticks := webtest.Evaluate[int](t, b, `[...document.querySelectorAll(".dl-tick")].filter(e => e.checkVisibility()).length`); ticks != 5 || len(seen) > 0 {
		t.Errorf("%d boxes on paper, want 5; and it shows %q", ticks, seen)
	}
}

// asPrinted lets the page look as it does on another medium, "" for the screen.
func asPrinted(t *testing.T, b *webtest.Browser, medium string) {
	t.Helper()
	b.Do(t, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium})
		return err
	}))
}

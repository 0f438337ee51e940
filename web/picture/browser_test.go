package picture_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"datalek/web/webtest"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestStyleGuideInABrowser looks at every page of the style guide, also at
// 200 % and on a small phone, and prints two.
func TestStyleGuideInABrowser(t *testing.T) {
	server := styleGuide(t)
	b := webtest.OpenBrowser(t, server.URL)
	for _, name := range []string{"home", "question", "parts", "clocks", "long"} {
		v := webtest.View{Name: name, Path: "/" + name, Endless: name == "long"}
		b.Look(t, v, webtest.Desk, webtest.Zoomed, webtest.Phone, webtest.Narrow)
	}
	keepPrint(t, b, "/home", "home.pdf")
	keepPrint(t, b, "/long", "long.pdf")
}

// TestScriptsAddTheirComforts checks what datalek.js and htmx give a page.
func TestScriptsAddTheirComforts(t *testing.T) {
	b := webtest.OpenBrowser(t, styleGuide(t).URL)
	for _, tt := range []struct {
		name, page, script string
		want               string
	}{
		{"the error summary has the focus", "question", `document.activeElement.className`, "govuk-error-summary"},
		{"the success banner has the focus", "home", `document.activeElement.className`, "dl-banner dl-banner--success"},
		{"a fault's link leads to its field", "question", `document.querySelector(".govuk-error-summary a").click(), document.activeElement.id`, "aware-month"},
		{"the button Nu fills the moment", "question", `document.querySelector("[data-now=aware]").click(),
			["", "-month", "-year", "-time"].map(p => document.getElementById("aware" + p).value).join(" ").replace(/[0-9]+/g, "n")`, "n n n n:n"},
		{"clocks are refreshed in place", "home", `new Promise(done => {
			const clocks = document.getElementById("clocks");
			clocks.replaceChildren("old");
			new MutationObserver(() => done(String(clocks.querySelectorAll(".dl-clock").length))).observe(clocks, {childList: true});
			document.dispatchEvent(new Event("visibilitychange"));
		})`, "2"},
		{"htmx runs under the strict policy", "home", `typeof htmx.process`, "function"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b.Open(t, "/"+tt.page)
			if got := webtest.Evaluate[string](t, b, tt.script); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// keepPrint prints a page as a reader would and checks that it prints at all.
func keepPrint(t *testing.T, b *webtest.Browser, path, name string) {
	t.Helper()
	b.Open(t, path)
	yes := true
	var pdf []byte
	b.Do(t, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		printed, err := cdp.Call(ctx, target, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &yes})
		if err == nil {
			pdf = printed.Data
		}
		return err
	}))
	if !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Fatalf("print %s gave %d bytes that are no PDF", name, len(pdf))
	}
	if folder := os.Getenv("DATALEK_TEST_PICTURES"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name), pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

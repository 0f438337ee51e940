package picture_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestStyleGuideInABrowser opens every page of the style guide at the widths
// of a desk, of a desk at 200 %, of a phone and of a small phone. No page may be wider than its window, break the
// content security policy or hold anything that axe objects to. With
// DATALEK_TEST_PICTURES set to a folder it leaves screenshots there.
func TestStyleGuideInABrowser(t *testing.T) {
	server, ctx := styleGuide(t), browser(t)
	axe, err := os.ReadFile("../testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"home", "question", "parts", "clocks", "long"} {
		for width, label := range map[int64]string{1280: "desk", 640: "zoom", 390: "phone", 320: "narrow"} {
			t.Run(name+" on a "+label, func(t *testing.T) {
				err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(server.URL+"/"+name))
				if err != nil {
					t.Fatal(err)
				}
				if wide := evaluate[int64](ctx, t, "document.documentElement.scrollWidth"); wide > width {
					t.Errorf("page is %d px wide in a window of %d px: %s", wide, width, evaluate[string](ctx, t, widest))
				}
				evaluate[bool](ctx, t, string(axe)+";true")
				for _, violation := range evaluate[[]string](ctx, t, runAxe) {
					t.Errorf("axe: %s", violation)
				}
				keepPicture(ctx, t, name+"-"+label+".png")
			})
		}
	}
	keepPrint(ctx, t, server.URL+"/home", "home.pdf")
	keepPrint(ctx, t, server.URL+"/long", "long.pdf")
}

// TestScriptsAddTheirComforts checks what datalek.js and htmx give a page.
func TestScriptsAddTheirComforts(t *testing.T) {
	server, ctx := styleGuide(t), browser(t)
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
			if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/"+tt.page)); err != nil {
				t.Fatal(err)
			}
			if got := evaluate[string](ctx, t, tt.script); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary)))`

const widest = `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".dl-scroll")).map(e => e.tagName + "." + (e.className.baseVal ?? e.className)).slice(0, 5).join(", ")`

func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func evaluate[T any](ctx context.Context, t *testing.T, script string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("evaluate %.60s: %v", script, err)
	}
	return value
}

func keepPicture(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	folder := os.Getenv("DATALEK_TEST_PICTURES")
	if folder == "" {
		return
	}
	shoot := chromedp.FullScreenshot(100)
	if strings.HasPrefix(name, "long") {
		shoot = chromedp.CaptureScreenshot() // a thousand rows are more than one picture holds
	}
	picture, err := chromedp.Run(ctx, shoot)
	if err != nil {
		t.Fatalf("screenshot %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

// keepPrint prints a page as a reader would and checks that it prints at all.
func keepPrint(ctx context.Context, t *testing.T, url, name string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	yes := true
	var pdf []byte
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		printed, err := cdp.Call(ctx, target, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &yes})
		if err == nil {
			pdf = printed.Data
		}
		return err
	}))
	if err != nil {
		t.Fatalf("print %s: %v", name, err)
	}
	if !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Fatalf("print %s gave %d bytes that are no PDF", name, len(pdf))
	}
	if folder := os.Getenv("DATALEK_TEST_PICTURES"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name), pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

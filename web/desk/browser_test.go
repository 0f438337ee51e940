package desk_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"datalek/incidents"
	"datalek/incidents/register"
)

// story fills the rig as a practice looks two days on: decisions taken, one
// case late, one fresh, a signal waiting, long words and long names.
func (r *rig) story() {
	r.t.Helper()
	p, err := r.store.Practice(r.t.Context(), "p1")
	r.must(err)
	_, err = r.office.Triage(r.t.Context(), p, incidents.FromPublic, incidents.ReportWords{Text: "Er is iets mis."}, incidents.Actor{Kind: register.ActorPublic})
	r.must(err)
	r.post(r.at("/risk"), url.Values{"answer": {"notify"}, "reason": {"Er stond veel in over de gezondheid van mensen."}})
	r.post(r.at("/measures"), url.Values{"measures_taken": {"Wachtwoord veranderd en alle sessies beëindigd.\nArbeidsongeschiktheidsverzekeringsmaatschappijvertegenwoordiger gebeld."}})
	r.now = r.now.Add(50 * time.Hour)
	r.file("p1")
	r.post("/enter", nil)
}

// TestPagesInABrowser opens every page of desk and account on a desk and on a
// phone. None may be wider than its window, break the content security policy
// or hold anything that axe objects to. With DATALEK_TEST_PICTURES set to a
// folder it leaves screenshots there.
func TestPagesInABrowser(t *testing.T) {
	r := newRig(t)
	r.story()
	axe, err := os.ReadFile("../testdata/axe.min.js")
	r.must(err)
	ctx := browser(t)
	for _, path := range []string{"/login", "/setup/first"} {
		r.look(ctx, path, string(axe))
	}
	r.must(chromedp.Do(ctx, chromedp.Navigate(r.site.URL+"/login")))
	evaluate[bool](ctx, t, `fetch("/enter", {method: "POST"}).then(r => r.ok)`)
	for _, path := range []string{"/", "/incidents", "/register", "/register/log", "/settings", "/settings/account", "/nowhere"} {
		r.look(ctx, path, string(axe))
	}
	for _, path := range append(pages(), "/affected?group=not_affected", "/delay/authority") {
		r.look(ctx, r.at(path), string(axe))
	}
	r.as(incidents.AsProcessor)
	r.look(ctx, r.at("/controller"), string(axe))
}

func (r *rig) look(ctx context.Context, path, axe string) {
	for width, label := range map[int64]string{1280: "desk", 390: "phone"} {
		r.t.Run(path+" on a "+label, func(t *testing.T) {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(r.site.URL+path)); err != nil {
				t.Fatal(err)
			}
			if wide := evaluate[int64](ctx, t, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("the page is %d px wide in a window of %d px: %s", wide, width, evaluate[string](ctx, t, widest))
			}
			if label == "desk" { // what axe looks at is the same at both widths
				evaluate[bool](ctx, t, axe+";true")
				for _, violation := range evaluate[[]string](ctx, t, runAxe) {
					t.Errorf("axe: %s", violation)
				}
			}
			keepPicture(ctx, t, strings.NewReplacer("/", "_", "?", "_", "=", "_").Replace(strings.Trim(strings.TrimPrefix(path, "/incidents/"), "/"))+"-"+label+".png")
		})
	}
}

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary)))`

const widest = `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".dl-scroll")).map(e => e.tagName + "." + (e.className.baseVal ?? e.className)).slice(0, 5).join(", ")`

func browser(t *testing.T) context.Context {
	t.Helper()
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
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
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("screenshot %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

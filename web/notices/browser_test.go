package notices_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// TestThePagesInABrowser opens every page at the widths of a desk and of a
// phone. None may be wider than its window or hold anything that axe objects
// to. With DATALEK_TEST_PICTURES set to a folder it leaves screenshots there.
func TestThePagesInABrowser(t *testing.T) {
	r := newRig(t)
	ctx := browser(t)
	axe, err := os.ReadFile("../testdata/axe.min.js")
	must(t, err)
	empty := r.file("p1")
	going, done := r.approved(), r.approved()
	draft, public := r.draft(incidents.ToClients), r.draft(incidents.ToPublic)
	r.answer(going, 5, accepted())
	r.answer(going, 1, refused())
	r.answer(going, 1, deferred())
	r.answer(done, 10, accepted())
	phone := r.delivery(going, func(d incidents.Delivery) bool { return d.Channel == registry.ByPhone })
	letter := r.delivery(going, func(d incidents.Delivery) bool { return d.Channel == registry.ByLetter })
	told := r.delivery(done, func(d incidents.Delivery) bool { return d.Channel == registry.ByPhone })
	_, err = r.office.Told(t.Context(), "p1", told.ID, word("phone", r.now()))
	must(t, err)
	form := r.approval(public)
	form.Set("mails", "0")
	r.send("POST", "/notices/"+public+"/approve", form)
	r.signIn(ctx)
	for _, tt := range []struct {
		name, path, act string
	}{
		{"list", "/incidents/" + r.inc.ID + "/notices", ""},
		{"list-empty", "/incidents/" + empty.ID + "/notices", ""},
		{"draft", "/notices/" + draft, ""},
		{"draft-editing", "/notices/" + draft, `const d = document.querySelector("#notice-nl").parentElement.querySelector("details"); d.open = true; d.querySelector("input[name=subject_nl]").value = ""; d.querySelector("form").submit()`},
		{"preview", "/notices/" + draft + "/preview?lang=nl", ""},
		{"readers", "/notices/" + draft + "/readers", ""},
		{"approve", "/notices/" + draft + "/approve", ""},
		{"approve-refused", "/notices/" + draft + "/approve", `document.querySelector("input[value='` + hit + `']").checked = true; document.querySelector("form.dl-interruption").submit()`},
		{"progress-going", "/notices/" + going + "/progress", ""},
		{"progress-done", "/notices/" + done + "/progress", ""},
		{"progress-public", "/notices/" + public + "/progress", ""},
		{"answers", "/notices/" + going + "/answers", ""},
		{"calls", "/notices/" + going + "/calls", ""},
		{"person-phone", "/deliveries/" + phone.ID, ""},
		{"person-faulty", "/deliveries/" + phone.ID, `document.querySelector("input[name=at_day]").value = "32"; document.querySelector("form[action$=told]").submit()`},
		{"person-letter", "/deliveries/" + letter.ID, ""},
		{"person-told", "/deliveries/" + told.ID, ""},
		{"telling", "/incidents/" + r.inc.ID + "/telling", ""},
		{"telling-empty", "/incidents/" + empty.ID + "/telling", ""},
	} {
		for width, label := range map[int64]string{1280: "desk", 390: "phone"} {
			t.Run(tt.name+" on a "+label, func(t *testing.T) {
				must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(r.server.URL+tt.path)))
				if tt.act != "" {
					act := chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
						_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => {`+tt.act+`})(); true`))
						return err
					})
					res, err := chromedp.RunResponse(ctx, act)
					must(t, err)
					if res.Status != 422 {
						t.Errorf("status %d, want 422", res.Status)
					}
				}
				if wide := evaluate[int64](ctx, t, "document.documentElement.scrollWidth"); wide > width {
					t.Errorf("page is %d px wide in a window of %d px", wide, width)
				}
				evaluate[bool](ctx, t, string(axe)+";true")
				for _, violation := range evaluate[[]string](ctx, t, runAxe) {
					t.Errorf("axe: %s", violation)
				}
				keepPicture(ctx, t, tt.name+"-"+label+".png")
			})
		}
	}
}

// TestProgressMovesByItself watches a page that is not reloaded.
func TestProgressMovesByItself(t *testing.T) {
	r := newRig(t)
	ctx := browser(t)
	id := r.approved()
	r.signIn(ctx)
	must(t, chromedp.Do(ctx, chromedp.Navigate(r.server.URL+"/notices/"+id+"/progress")))
	evaluate[bool](ctx, t, `window.same = true`)
	r.answer(id, 10, accepted())
	await(ctx, t, `window.same && document.querySelector("h1").textContent.startsWith("10 van 14")`)
}

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary)))`

// signIn gives the browser the session that the test's client has.
func (r *rig) signIn(ctx context.Context) {
	r.t.Helper()
	at, err := url.Parse(r.server.URL)
	must(r.t, err)
	must(r.t, chromedp.Do(ctx, chromedp.Navigate(r.server.URL+"/robots.txt")))
	for _, c := range append(r.client.Jar.Cookies(at), &http.Cookie{Name: "taal", Value: "nl"}) {
		params := network.SetCookieParams{Name: c.Name, Value: c.Value, URL: r.server.URL}
		must(r.t, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, network.SetCookie, params)
			return err
		})))
	}
}

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

// await waits until a condition holds on the page, also across a navigation.
func await(ctx context.Context, t *testing.T, condition string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](condition)); err != nil {
		t.Fatalf("await %.60s: %v", condition, err)
	}
}

func keepPicture(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	folder := os.Getenv("DATALEK_TEST_PICTURES")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(folder, strings.ReplaceAll(name, "/", "-")), picture, 0o600))
}

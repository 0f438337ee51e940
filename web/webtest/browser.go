package webtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// The widths of a window in CSS pixels at which pages are looked at.
const (
	Desk   = 1280
	Zoomed = 640 // a desk at 200 % (WCAG 2.2, 1.4.4)
	Phone  = 390
	Narrow = 320 // the least that pages must fit (WCAG 2.2, 1.4.10)
)

// patience bounds all that one test does in a browser.
const patience = 5 * time.Minute

// Browser is a real browser with one tab that ends with the test.
type Browser struct {
	ctx  context.Context
	site string
	axe  string

	mu     sync.Mutex
	faults []string
}

// OpenBrowser starts a browser for the site at an address. The test must lie
// in a folder of web, where it finds axe.
func OpenBrowser(t testing.TB, site string) *Browser {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join("..", "testdata", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	b := &Browser{ctx: ctx, site: site, axe: string(axe)}
	b.Do(t, chromedp.EmulateViewport(Desk, 900)) // the first step's context is the browser's
	go b.listen(chromedp.Console(ctx))
	t.Cleanup(func() { b.complain(t) }) // also what came after the last page was judged
	b.SetCookie(t, "taal", "nl")
	return b
}

// LogIn gives the browser the cookies that a visitor has.
func (b *Browser) LogIn(t testing.TB, v *Visitor) {
	t.Helper()
	for _, c := range v.Cookies().Cookies(nil) {
		b.SetCookie(t, c.Name, c.Value)
	}
}

// SetCookie gives the browser a cookie of the site.
func (b *Browser) SetCookie(t testing.TB, name, value string) {
	t.Helper()
	params := network.SetCookieParams{Name: name, Value: value, URL: b.site}
	b.Do(t, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.SetCookie, params)
		return err
	}))
}

// Open opens a page of the site.
func (b *Browser) Open(t testing.TB, path string) {
	t.Helper()
	b.Do(t, chromedp.Navigate(b.site+path))
}

// Do takes steps in the browser.
func (b *Browser) Do(t testing.TB, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		t.Fatalf("browser: %v", err)
	}
}

// Await waits until a condition holds on the page, also across a navigation.
func (b *Browser) Await(t testing.TB, condition string) {
	t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](condition)); err != nil {
		t.Fatalf("await %.60s: %v", condition, err)
	}
}

// Evaluate runs a script on the browser's page and returns its value.
func Evaluate[T any](t testing.TB, b *Browser, script string) T {
	t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("evaluate %.60s: %v", script, err)
	}
	return value
}

// View is one page to look at.
type View struct {
	Name, Path string
	// Act, when set, is a script that submits a form of the page first, which
	// answers with Status.
	Act    string
	Status int64
	// Endless pages are longer than a picture can be.
	Endless bool
}

// Look opens a page at each of the widths, those of a desk and a phone when
// none is named. It may neither be wider than its window, nor hold anything
// that axe objects to, nor complain on the console, where broken security
// policies show too. With DATALEK_TEST_PICTURES set to a folder it leaves a
// picture of each there.
func (b *Browser) Look(t *testing.T, v View, widths ...int64) {
	t.Helper()
	if len(widths) == 0 {
		widths = []int64{Desk, Phone}
	}
	for _, width := range widths {
		t.Run(fmt.Sprintf("%s at %d pixels", v.Name, width), func(t *testing.T) {
			b.Do(t, chromedp.EmulateViewport(width, 900))
			b.Open(t, v.Path)
			if v.Act != "" {
				b.submit(t, v)
			}
			b.judge(t, width)
			b.keep(t, v, width)
		})
	}
}

// submit runs the script of a view and checks the status of the page it leads to.
func (b *Browser) submit(t testing.TB, v View) {
	t.Helper()
	res, err := chromedp.RunResponse(b.ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => {`+v.Act+`})(); true`))
		return err
	}))
	if err != nil {
		t.Fatalf("submit on %s: %v", v.Path, err)
	}
	if res.Status != v.Status {
		t.Errorf("status %d, want %d", res.Status, v.Status)
	}
}

// runAxe leaves frames out: those of mails are sandboxed, let no script in, and
// their pages are looked at by themselves.
const runAxe = `axe.run(document, {iframes: false, resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary)))`

const widest = `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".dl-scroll")).map(e => e.tagName + "." + (e.className.baseVal ?? e.className)).slice(0, 5).join(", ")`

// judge finds fault with the page that is open.
func (b *Browser) judge(t testing.TB, width int64) {
	t.Helper()
	if wide := Evaluate[int64](t, b, "document.documentElement.scrollWidth"); wide > width {
		t.Errorf("the page is %d px wide in a window of %d px: %s", wide, width, Evaluate[string](t, b, widest))
	}
	if !Evaluate[bool](t, b, "!!window.axe") { // half a megabyte goes to each page once
		Evaluate[bool](t, b, b.axe+";true")
	}
	for _, violation := range Evaluate[[]string](t, b, runAxe) {
		t.Errorf("axe: %s", violation)
	}
	b.complain(t)
}

// keep leaves a picture of the page in the folder for pictures, when one is named.
func (b *Browser) keep(t testing.TB, v View, width int64) {
	t.Helper()
	folder := os.Getenv("DATALEK_TEST_PICTURES")
	if folder == "" {
		return
	}
	shoot := chromedp.FullScreenshot(100)
	if v.Endless {
		shoot = chromedp.CaptureScreenshot()
	}
	picture, err := chromedp.Run(b.ctx, shoot)
	if err != nil {
		t.Fatalf("take a picture of %s: %v", v.Path, err)
	}
	name := strings.NewReplacer("/", "_", "?", "_", "=", "_").Replace(strings.Trim(v.Name, "/"))
	//nolint:gosec // whoever runs the tests names the folder
	if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%d.png", name, width)), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

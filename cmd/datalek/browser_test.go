package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// The widths that pages are looked at.
const (
	deskWidth  = 1280
	phoneWidth = 390
)

// browser is a real browser with one tab, as a person uses it: what it clicks,
// it finds by the words that can be seen, and it clicks with the mouse. A page
// may neither write an error on the console nor break its content security
// policy; a test that fails leaves a picture of the last page in its artifacts.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu       sync.Mutex
	faults   []string
	expected int  // status of the page that is being opened, when it is an error page
	away     bool // the server is being restarted: lost connections are no fault
}

// openBrowser starts a browser whose window is as wide as told.
func openBrowser(t *testing.T, base string, width int64) *browser {
	t.Helper()
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("lang", "nl"))...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 18*time.Minute) // every step has a minute of its own
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, base: base}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)); err != nil { // the first step's context is the browser's
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.hear(m)
		}
	}()
	t.Cleanup(b.checkAtEnd)
	b.language("nl")
	return b
}

// hear keeps what a page complains about.
func (b *browser) hear(m chromedp.ConsoleMessage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kind := string(m.Type)
	switch {
	case kind != "error" && kind != "exception" && kind != "warning" && kind != "assert":
	case b.away && strings.Contains(m.Text, "net::ERR_"):
	case m.Source == "network" && (strings.Contains(m.Text, "status of 422") || b.expected > 0 && strings.Contains(m.Text, fmt.Sprintf("status of %d", b.expected))):
	default:
		b.faults = append(b.faults, fmt.Sprintf("%s %s: %s (%s)", kind, m.Source, m.Text, m.URL))
	}
}

// heard returns and forgets what pages complained about.
func (b *browser) heard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	faults := b.faults
	b.faults = nil
	return faults
}

func (b *browser) checkAtEnd() {
	for _, fault := range b.heard() {
		b.t.Errorf("the browser's console: %s", fault)
	}
	if b.t.Failed() && b.ctx.Err() == nil {
		b.keep(filepath.Join(b.t.ArtifactDir(), "last-page.png"))
	}
}

// keep writes a picture of the whole page.
func (b *browser) keep(path string) {
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(path, picture, 0o600)
	}
	if err != nil {
		b.t.Logf("no picture of the page: %v", err)
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("browser at %s: %v", b.path(), err)
	}
}

// eval runs a script and returns its value.
func eval[T any](b *browser, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("script %.80s: %v", script, err)
	}
	return value
}

// cookie sets a cookie of the site.
func (b *browser) cookie(name, value string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: b.base})
		return err
	}))
}

// language asks for pages in nl or en.
func (b *browser) language(code string) { b.cookie("taal", code) }

func (b *browser) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + path))
}

// path is the address of the page, without the site.
func (b *browser) path() string {
	at, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		return "nowhere"
	}
	return strings.TrimPrefix(at, b.base)
}

// words is what can be read on the page.
func (b *browser) words() string {
	b.t.Helper()
	return eval[string](b, `document.title + "\n" + document.body.innerText`)
}

// click presses the link or button with these words and waits for the page it
// leads to.
func (b *browser) click(words string) {
	b.t.Helper()
	b.press("clickable", words)
	b.arrive(fmt.Sprintf("%q leads to a new page", words))
}

// arrive waits until the page that was left is gone and the next is whole.
func (b *browser) arrive(what string) {
	b.t.Helper()
	await(b.t, what, func() error {
		ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
		defer cancel()
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!window.left && document.readyState === "complete"`))
		if err == nil && !there {
			err = errNot("the page is not whole yet")
		}
		return err // also one that the change of pages makes
	})
}

// choose presses the radio or checkbox with this label.
func (b *browser) choose(label string) {
	b.t.Helper()
	b.press("choice", label)
}

// unfold opens what is behind these words.
func (b *browser) unfold(words string) {
	b.t.Helper()
	b.press("summary", words)
}

// press clicks with the mouse where the element is seen; something that lies
// over it makes the test fail, as it would a person.
func (b *browser) press(kind, words string) {
	b.t.Helper()
	var at struct {
		X, Y  float64
		Fault string
	}
	b.find(fmt.Sprintf("spot(%s(%s))", kind, quoted(words)), &at)
	if at.Fault != "" {
		b.t.Fatalf("%s %q on %s: %s", kind, words, b.path(), at.Fault)
	}
	b.do(chromedp.MouseClickXY(at.X, at.Y))
}

// fill types into the field with this label, in place of what stands there.
func (b *browser) fill(label, value string) { b.t.Helper(); b.fillIn("", label, value) }

// fillIn is fill for a field of the group with this legend.
func (b *browser) fillIn(group, label, value string) {
	b.t.Helper()
	var got struct{ Fault string }
	b.find(fmt.Sprintf("ready(field(%s, %s))", quoted(group), quoted(label)), &got)
	if got.Fault != "" {
		b.t.Fatalf("field %q %q on %s: %s", group, label, b.path(), got.Fault)
	}
	if value == "" {
		eval[bool](b, `document.activeElement.value = "", true`)
		return
	}
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.InsertText, input.InsertTextParams{Text: value})
		return err
	}))
}

// find runs one of the finders; what it returns is JSON.
func (b *browser) find(call string, into any) {
	b.t.Helper()
	raw := eval[string](b, "(() => {"+finders+"return JSON.stringify("+call+")})()")
	if err := json.Unmarshal([]byte(raw), into); err != nil {
		b.t.Fatalf("%s answered %s: %v", call, raw, err)
	}
}

func quoted(words string) string {
	raw, _ := json.Marshal(words) // a string always can be
	return string(raw)
}

// finders find elements by the words that a person sees. Exact words come
// before words that merely begin so.
const finders = `
const plain = s => (s || "").replace(/\s+/g, " ").trim();
const shown = e => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().width > 0;
const best = (list, text, words) => list.find(e => plain(text(e)) === words) || list.find(e => plain(text(e)).startsWith(words));
const clickable = words => best([...document.querySelectorAll("a[href], button")].filter(shown), e => e.innerText, words);
const summary = words => best([...document.querySelectorAll("summary")].filter(shown), e => e.innerText, words);
const labels = () => [...document.querySelectorAll("label")].filter(shown);
const choice = words => best(labels().filter(e => e.control && /radio|checkbox/.test(e.control.type)), e => e.innerText, words);
const field = (group, words) => {
	let list = labels().filter(e => e.control && !/radio|checkbox/.test(e.control.type));
	if (group) list = list.filter(e => { const f = e.closest("fieldset"); return f && f.querySelector("legend") && plain(f.querySelector("legend").innerText).startsWith(group); });
	const label = best(list, e => e.innerText, words);
	return label && label.control;
};
const spot = e => {
	if (!e) return {fault: "not on the page"};
	if (e.disabled) return {fault: "cannot be pressed"};
	e.scrollIntoView({block: "center", behavior: "instant"});
	const r = e.getClientRects()[0], x = r.left + Math.min(r.width / 2, 40), y = r.top + r.height / 2;
	const top = document.elementFromPoint(x, y);
	if (!top || !(e.contains(top) || top.contains(e) || e.control === top)) return {fault: "lies under " + (top ? top.outerHTML.slice(0, 120) : "nothing")};
	if (e.matches("a, button")) window.left = true;
	return {x, y, fault: ""};
};
const ready = e => {
	if (!e) return {fault: "not on the page"};
	e.scrollIntoView({block: "center", behavior: "instant"});
	if (e.tagName === "SELECT") return {fault: "is a list to choose from"};
	e.focus();
	e.select();
	return {fault: document.activeElement === e ? "" : "cannot be typed in"};
};
`

// without runs act while the server may be away: what a page loses meanwhile
// is no fault of its own.
func (b *browser) without(act func()) {
	b.setAway(true)
	act()
	b.setAway(false)
}

func (b *browser) setAway(away bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.away = away
}

// expect names the status of the page that is opened next, when it is no 200.
func (b *browser) expect(status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = status
}

// keepIn keeps a picture in a folder, when one is named.
func (b *browser) keepIn(folder, name string) {
	if folder != "" {
		b.keep(filepath.Join(folder, name))
	}
}

package catalogue_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"datalek/incidents/registry"
)

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary)))`

const widest = `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + "." + (e.className.baseVal ?? e.className)).slice(0, 5).join(", ")`

// TestEveryPageInABrowser opens each page at the widths of a desk and a phone.
// No page may be wider than its window or hold anything that axe objects to.
// With DATALEK_TEST_PICTURES set to a folder it leaves screenshots there.
func TestEveryPageInABrowser(t *testing.T) {
	r := newRig(t)
	axe, err := os.ReadFile("../testdata/axe.min.js")
	r.must(err)
	ctx := browser(t)
	r.must(chromedp.Do(ctx, chromedp.Navigate(r.site.URL+"/login?taal=nl")))
	evaluate[bool](ctx, t, `fetch("/enter", {method: "POST"}).then(r => r.ok)`)
	for name, path := range map[string]string{"systems-empty": "/systems", "processors-empty": "/processors", "clients-empty": "/clients", "import": "/clients/import"} {
		r.look(ctx, view{name: name, path: path}, string(axe))
	}
	for _, v := range r.furnish() {
		r.look(ctx, v, string(axe))
	}
}

// view is a page to look at. act, when set, submits a form there first, which
// answers with status.
type view struct {
	name, path, act string
	status          int64
}

func (r *rig) furnish() []view {
	r.systems()
	r.must(r.office.EndSystem(r.t.Context(), "p1", "key-list", r.actor()))
	long := person("V-001", "Wilhelmina Arbeidsongeschiktheidsverzekeringsmaatschappijvertegenwoordiger van der Voorbeeld-Proefpersoon")
	long.Person.PostalAddress, long.Person.Phone, long.Person.Coach = "Verzonnenweg 1\n9999 ZZ Nergenshuizen", "+31 6 0000 0001", "Anna"
	long.Guidance = append([]registry.Guidance{{From: registry.Date{Year: 2021, Month: 1, Day: 4}, Until: registry.Date{Year: 2022, Month: 6, Day: 30}}}, long.Guidance...)
	ruled := r.add("p1", long)
	parent := person("V-002", "Ouder Voorbeeld")
	parent.Relation, parent.Guidance = registry.RelationParent, nil
	r.add("p1", parent)
	child := person("V-003", "Kind Voorbeeld")
	child.BirthYear, child.HoldingsByRule = 2018, false
	from, gone := r.now.AddDate(-2, 0, 0), r.now.AddDate(0, -1, 0)
	child.Holdings = []registry.Holding{
		{System: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified, From: &from, DestroyedAt: &gone},
		{System: "archive", Categories: []registry.Category{registry.SessionNotes}, Identifiability: registry.Pseudonymised, KeySystem: "key-list", Until: &gone}}
	handed := r.add("p1", child, "V-002")
	for n := range 60 {
		r.add("p1", person("W-"+fmt.Sprintf("%03d", n), "Voorbeeldcliënt "+fmt.Sprintf("%03d", n)))
	}
	const empty = `document.querySelectorAll("main form input:not([type=hidden]):not([type=checkbox]):not([type=radio]), main form textarea").forEach(e => e.value = "<b>x</b>".repeat(60)); document.querySelector("main form").submit()`
	return []view{
		{name: "systems", path: "/systems"}, {name: "system-new", path: "/systems/new"}, {name: "system", path: "/systems/mailbox"},
		{name: "system-ended", path: "/systems/key-list"}, {name: "system-faulty", path: "/systems/new", act: empty, status: 422},
		{name: "processors", path: "/processors"}, {name: "processor", path: "/processors/microsoft-365"},
		{name: "processor-faulty", path: "/processors/new", act: empty, status: 422},
		{name: "clients", path: "/clients"}, {name: "found", path: "/clients", act: `document.querySelector("[name=q]").value = "voorb"; document.querySelector(".dl-search").submit()`, status: 200},
		{name: "none-found", path: "/clients", act: `document.querySelector("[name=q]").value = "niemand"; document.querySelector(".dl-search").submit()`, status: 200},
		{name: "client", path: "/clients/" + ruled.ID}, {name: "client-by-hand", path: "/clients/" + handed.ID},
		{name: "client-new", path: "/clients/new"}, {name: "client-edit", path: "/clients/" + handed.ID + "/edit"},
		{name: "client-faulty", path: "/clients/new", act: empty, status: 422},
		{name: "guidance", path: "/clients/" + ruled.ID + "/guidance/1"}, {name: "guidance-faulty", path: "/clients/" + ruled.ID + "/guidance/new", act: empty, status: 422},
		{name: "holding-choose", path: "/clients/" + handed.ID + "/holdings/new"}, {name: "holding", path: "/clients/" + handed.ID + "/holdings/2"},
		{name: "by-rule", path: "/clients/" + handed.ID + "/holdings/by-rule"},
		{name: "import-faulty", path: "/clients/import", act: `document.querySelector("main form").submit()`, status: 422},
		{name: "import-preview", path: "/clients/import", act: `const files = new DataTransfer();
			files.items.add(new File(["naam;nummer;geboortedatum;startdatum\nEen Voorbeeld;N-1;x;1-3-2025\nTwee;N-1;;\n;N-3;;31-2-2025\n"], "list.csv"));
			document.getElementById("file").files = files.files; document.querySelector("main form").submit()`, status: 200},
	}
}

func (r *rig) look(ctx context.Context, v view, axe string) {
	for width, label := range map[int64]string{1280: "desk", 390: "phone"} {
		r.t.Run(v.name+" on a "+label, func(t *testing.T) {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(r.site.URL+v.path)); err != nil {
				t.Fatal(err)
			}
			if v.act != "" {
				act := chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
					_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => {`+v.act+`})(); true`))
					return err
				})
				res, err := chromedp.RunResponse(ctx, act)
				if err != nil {
					t.Fatal(err)
				}
				if res.Status != v.status {
					t.Errorf("status %d, want %d", res.Status, v.status)
				}
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
			keepPicture(ctx, t, v.name+"-"+label+".png")
		})
	}
}

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

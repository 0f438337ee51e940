package intake_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestPagesInABrowser opens every page, also with its faults, at the widths of a
// desk and a phone. No page may be wider than its window or hold anything that
// axe objects to. With DATALEK_TEST_PICTURES set to a folder it leaves
// screenshots there.
func TestPagesInABrowser(t *testing.T) {
	w := newWorld(t)
	pages := w.gallery()
	axe, err := os.ReadFile("../testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	ctx := browser(t, w.anke().cookies["datalek"], w.server.URL)
	for _, p := range pages {
		for width, label := range map[int64]string{1280: "desk", 390: "phone"} {
			t.Run(p.name+" on a "+label, func(t *testing.T) {
				if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(w.server.URL+p.path)); err != nil {
					t.Fatal(err)
				}
				if p.press {
					press(ctx, t)
				}
				if wide := evaluate[int64](ctx, t, "document.documentElement.scrollWidth"); wide > width {
					t.Errorf("page is %d px wide in a window of %d px", wide, width)
				}
				keepPicture(ctx, t, p.name+"-"+label+".png")
				if label == "phone" {
					return // the same elements as at a desk
				}
				evaluate[bool](ctx, t, string(axe)+";true")
				for _, violation := range evaluate[[]string](ctx, t, runAxe) {
					t.Errorf("axe: %s", violation)
				}
			})
		}
	}
}

// shot is one page to look at; press sends its form as it stands first.
type shot struct {
	name, path string
	press      bool
}

// gallery fills forms and returns every page with something on it.
func (w *world) gallery() []shot {
	anke, stranger := w.anke(), w.visitor()
	long := anke.begin("/incidents/new")
	anke.answers(long)
	mixed := anke.begin("/incidents/new")
	anke.must(mixed+"/what", "playbook", "mis-sent-email")
	anke.must(mixed+"/whom", "search", "voorbeeld", "person", "c-1", "act", "search")
	anke.fill(mixed+"/window", join([]string{"occurred", "span"}, at("occurred_from", "25-10-2026 02:30"), at("occurred_until", "24-10-2026 09:00"))...)
	brief := anke.begin("/mis-sent/new")
	for _, step := range short() {
		anke.must(brief+"/"+step[0], step[1:]...)
	}
	filed := anke.begin("/incidents/new")
	anke.answers(filed)
	told := anke.begin("/mis-sent/new")
	for _, step := range short() {
		anke.must(told+"/"+step[0], step[1:]...)
	}
	done, two := anke.must(filed+"/check"), anke.must(told+"/check")
	stranger.must("/p/code-p1", "text", "Ik kreeg een e-mail met een verslag van iemand anders. "+strings.Repeat("Er stonden namen in. ", 8), "name", "Jan de Vries", "reach", "06 12 34 56 78")
	anke.must("/triage/new", append(at("received_at", "3-3-2027 09:00"), "text", "Beste klant,\n\nEr was een lek bij ons.\n\nMet groet", "name", "Agenda BV", "reference", "INC-7")...)
	stranger.must("/p/code-p1", "text", "Reclame")
	old := w.reports()
	anke.send("POST", "/triage/"+old[0].ID+"/dismiss", url.Values{"reason": {"Het is reclame."}})
	w.pass(10 * time.Hour) // a session lasts twelve
	fresh := anke.begin("/incidents/new")
	var shots []shot
	for _, step := range []string{"what", "story", "window", "found", "aware", "systems", "data", "whom", "protected", "measures", "check"} {
		shots = append(shots, shot{"long-" + step, long + "/" + step, false})
	}
	for _, step := range []string{"about", "to", "when", "content", "check"} {
		shots = append(shots, shot{"short-" + step, brief + "/" + step, false})
	}
	return append(shots, shot{"new-what", fresh + "/what", false}, shot{"new-what-faults", fresh + "/what", true}, shot{"new-data", fresh + "/data", false},
		shot{"window-faults", mixed + "/window", true}, shot{"whom-search", mixed + "/whom?search=1", false}, shot{"recipients", mixed + "/recipients?more=1", false},
		shot{"recipients-faults", mixed + "/recipients", true}, shot{"check-faults", mixed + "/check", true}, shot{"filed", done, false}, shot{"filed-short", two, false}, shot{"drafts", "/incidents/drafts", false},
		shot{"drop", "/incidents/drafts/" + long[len("/incidents/new/"):] + "/drop", false}, shot{"public", "/p/code-p1", false}, shot{"public-faults", "/p/code-p1", true},
		shot{"thanks", "/p/code-p1/thanks", false}, shot{"triage", "/triage?show=all", false}, shot{"report", "/triage/" + old[2].ID, false},
		shot{"report-dismissed", "/triage/" + old[0].ID, false}, shot{"paste", "/triage/new", false}, shot{"paste-faults", "/triage/new", true})
}

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary)))`

// browser is logged in with a session.
func browser(t *testing.T, session, site string) context.Context {
	t.Helper()
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for name, value := range map[string]string{"datalek": session, "taal": "nl"} {
			if _, err := cdp.Call(ctx, target, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: site}); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

// press sends the last form of the page by its first button, and waits for the answer.
func press(ctx context.Context, t *testing.T) {
	t.Helper()
	evaluate[bool](ctx, t, `document.querySelector("main form button[type=submit]:not([name=act])").click(), true`)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.WaitVisible(".govuk-error-summary")); err != nil {
		t.Fatal(err)
	}
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

package mailbox_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"datalek/web"
	"datalek/web/mailbox"
	"datalek/web/page"
)

// TestTheMailboxInABrowser opens the pages at the widths of a desk and of a
// phone, hostile mail among them. None may be wider than its window, run a
// sender's script or hold anything that axe objects to. With
// DATALEK_TEST_PICTURES set to a folder it leaves screenshots there.
func TestTheMailboxInABrowser(t *testing.T) {
	var mails caught
	mails.add(notice)
	mails.add(hostile)
	server, err := web.New(web.Options{Page: page.Options{Store: nobody{}, Now: now, Demo: &page.Demo{MailboxURL: "/mailbox"}},
		Areas: []web.Area{mailbox.New(mailbox.Options{Mails: &mails})}})
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(server.Handler())
	t.Cleanup(site.Close)
	axe, err := os.ReadFile("../testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	ctx := browser(t)
	for name, path := range map[string]string{"list": "/mailbox", "notice": "/mailbox/0000000001", "hostile": "/mailbox/0000000002"} {
		for width, label := range map[int64]string{1280: "desk", 390: "phone"} {
			t.Run(name+" on a "+label, func(t *testing.T) {
				if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(site.URL+path)); err != nil {
					t.Fatal(err)
				}
				if wide := evaluate[int64](ctx, t, "document.documentElement.scrollWidth"); wide > width {
					t.Errorf("page is %d px wide in a window of %d px", wide, width)
				}
				if got := evaluate[int64](ctx, t, `document.querySelectorAll("main script, main img").length`); got != 0 {
					t.Errorf("%d elements of the sender's are on the page", got)
				}
				evaluate[bool](ctx, t, string(axe)+";true")
				for _, violation := range evaluate[[]string](ctx, t, runAxe) {
					t.Errorf("axe: %s", violation)
				}
				keepPicture(ctx, t, "mailbox-"+name+"-"+label+".png")
			})
		}
	}
}

const runAxe = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary)))`

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
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("screenshot %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

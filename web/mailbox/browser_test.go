package mailbox_test

import (
	"net/http/httptest"
	"testing"

	"datalek/web"
	"datalek/web/mailbox"
	"datalek/web/page"
	"datalek/web/webtest"
)

// TestTheMailboxInABrowser looks at the pages, hostile mail among them. No
// sender's script or image may be on them.
func TestTheMailboxInABrowser(t *testing.T) {
	var mails caught
	mails.add(notice)
	mails.add(hostile)
	server, err := web.New(web.Options{Page: page.Options{Store: webtest.Nobody{}, Now: now, Demo: &page.Demo{MailboxURL: "/mailbox"}},
		Areas: []web.Area{mailbox.New(mailbox.Options{Mails: &mails})}})
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(server.Handler())
	t.Cleanup(site.Close)
	b := webtest.OpenBrowser(t, site.URL)
	for name, path := range map[string]string{"mailbox-list": "/mailbox", "mailbox-notice": "/mailbox/0000000001", "mailbox-hostile": "/mailbox/0000000002"} {
		b.Look(t, webtest.View{Name: name, Path: path})
		if got := webtest.Evaluate[int64](t, b, `document.querySelectorAll("main script, main img").length`); got != 0 {
			t.Errorf("%d elements of the sender's are on %s", got, path)
		}
	}
}

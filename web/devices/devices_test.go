package devices_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/account"
	"datalek/web/devices"
	"datalek/web/page"
	"datalek/web/webtest"
)

// rig is the page over the real store, and the practice p1 of Anna.
type rig struct {
	*webtest.World
	t    *testing.T
	site string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{World: webtest.NewWorld(t, time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)), t: t}
	p := r.NewPractice("p1")
	p.Details.SecondEmail = "tweede@elders.example"
	r.Open(p, "anna")
	_, err := r.Store.UpdateUser(t.Context(), "anna", func(u *registry.User) error { u.Login = "anna@lindehof.example"; return nil })
	r.Must(err)
	accounts := account.New(account.Options{Store: r.Store, Policies: r.Book, Hasher: account.NewHasher(1), SetupHash: account.HashToken("first"), Now: r.Now})
	r.site = r.Serve(page.Options{NewDevice: r.Office.NewDevice}, accounts, devices.New(devices.Options{Store: r.Store}))
	return r
}

// browser is a visitor with a browser of its own, logged in.
func (r *rig) browser() *webtest.Visitor {
	r.t.Helper()
	v := webtest.NewVisitor(r.t, r.site)
	v.LogIn("anna", "p1")
	return v
}

func (r *rig) list(v *webtest.Visitor) string {
	r.t.Helper()
	res, body := v.Get("/settings/devices").AndBody()
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("the list = %d: %s", res.StatusCode, body)
	}
	return body
}

func (r *rig) inside(v *webtest.Visitor) bool {
	r.t.Helper()
	res, _ := v.Get("/settings/account").AndBody()
	return res.StatusCode == http.StatusOK
}

var ending = regexp.MustCompile(`/settings/devices/([A-Z2-7]+)/end`)

func TestOneDeviceIsLoggedOutAndTheOthersStay(t *testing.T) {
	r := newRig(t)
	here := r.browser()
	mine := ending.FindStringSubmatch(r.list(here))[1]
	r.Pass(time.Minute)
	there, third := r.browser(), r.browser()
	body := r.list(here)
	ids := ending.FindAllStringSubmatch(body, -1)
	if len(ids) != 3 || strings.Count(body, "Dit apparaat") != 1 {
		t.Fatalf("%d devices are listed, this one %d times", len(ids), strings.Count(body, "Dit apparaat"))
	}
	other := ids[slices.IndexFunc(ids, func(m []string) bool { return m[1] != mine })][1]
	if res, _ := here.Post("/settings/devices/"+other+"/end", nil).AndBody(); res.StatusCode != http.StatusSeeOther {
		t.Errorf("end = %d", res.StatusCode)
	}
	if in := []bool{r.inside(there), r.inside(third)}; in[0] == in[1] || !r.inside(here) {
		t.Errorf("logged in after one was ended: %v", in)
	}
	if res, _ := here.Post("/settings/devices/"+other+"/end", nil).AndBody(); res.StatusCode != http.StatusNotFound {
		t.Errorf("ending it again = %d, want 404", res.StatusCode)
	}
	here.Post("/settings/devices/others", nil).AndBody()
	var ended []string
	for _, e := range r.Waiting("p1") {
		if e.Kind == incidents.SessionsEnded {
			ended = append(ended, e.Facts["n"]+" by "+e.Actor.ID)
		}
	}
	if want := []string{"1 by anna", "1 by anna"}; !slices.Equal(ended, want) {
		t.Errorf("the register gets %v of logged-out devices, want %v", ended, want)
	}
	if r.inside(there) || r.inside(third) || !r.inside(here) {
		t.Error("another device is still logged in, or this one is not")
	}
	if res, _ := here.Post("/settings/devices/"+mine+"/end", nil).AndBody(); res.Header.Get("Location") != "/login" || r.inside(here) {
		t.Errorf("ending this one leads to %q", res.Header.Get("Location"))
	}
}

func TestASessionEndsByItselfAndIsSeenNowAndThen(t *testing.T) {
	r := newRig(t)
	v := r.browser()
	last := func() time.Time {
		u, err := r.Store.User(t.Context(), "anna")
		r.Must(err)
		return u.Sessions[0].LastSeen
	}
	first := last()
	r.Pass(2 * time.Minute)
	r.inside(v)
	if !last().Equal(first) {
		t.Error("each look is written down")
	}
	r.Pass(4 * time.Minute)
	r.inside(v)
	if !last().Equal(r.Now()) {
		t.Error("a look after some minutes is not written down")
	}
	r.Pass(13 * time.Hour)
	if r.inside(v) {
		t.Error("a session lasts for ever")
	}
	if body := r.list(r.browser()); len(ending.FindAllString(body, -1)) != 1 {
		t.Error("a session that is over is still listed")
	}
}

func TestLoggingOutTakesTheDeviceFromTheList(t *testing.T) {
	r := newRig(t)
	here, there := r.browser(), r.browser()
	there.Post("/logout", nil).AndBody()
	if n := len(ending.FindAllString(r.list(here), -1)); n != 1 {
		t.Errorf("%d devices are listed after logging out on one of two", n)
	}
}

// mails are the mails that were written: to whom, and what.
func (r *rig) mails() map[string]string {
	r.t.Helper()
	found := map[string]string{}
	due, err := r.Store.DueDeliveries(r.t.Context(), r.Now().Add(time.Hour), 100)
	r.Must(err)
	for _, d := range due {
		rows, err := r.Store.DeliveriesByIDs(r.t.Context(), "p1", []string{d.ID})
		r.Must(err)
		found[rows[0].To.Email] += rows[0].Own.Subject + "\n" + rows[0].Own.Body
	}
	return found
}

func TestANewDeviceIsMailedToTheAccountAndTheSecondAddress(t *testing.T) {
	r := newRig(t)
	first := r.browser()
	if len(r.mails()) != 0 {
		t.Error("the very first device is mailed")
	}
	first.LogIn("anna", "p1")
	if len(r.mails()) != 0 {
		t.Error("a known device is mailed")
	}
	r.browser()
	got := r.mails()
	if len(got) != 2 {
		t.Fatalf("mails go to %d addresses, want 2", len(got))
	}
	for _, to := range []string{"anna@lindehof.example", "tweede@elders.example"} {
		text := got[to]
		if !strings.Contains(text, "Nieuwe login") || !strings.Contains(text, "maandag 8 maart 2027") {
			t.Errorf("to %s goes %q", to, text)
		}
		for _, never := range []string{"Anna", "@", "http", "127.0.0.1", "Lindehof"} {
			if strings.Contains(text, never) {
				t.Errorf("the mail says %q: %s", never, text)
			}
		}
	}
	pending := r.Waiting("p1")
	if len(pending) != 1 || pending[0].Kind != incidents.DeviceAppeared || pending[0].Subject != "anna" {
		t.Errorf("the register gets %+v", pending)
	}
}

func TestTheMarkOfADeviceIsKeptAsAHash(t *testing.T) {
	r := newRig(t)
	v := r.browser()
	mark := v.Cookies().Value("datalek_device")
	u, err := r.Store.User(t.Context(), "anna")
	r.Must(err)
	if len(mark) < 26 || len(u.Devices) != 1 || strings.Contains(u.Devices[0].Hash, mark) || len(u.Devices[0].Hash) != 64 {
		t.Errorf("the mark %q is kept as %+v", mark, u.Devices)
	}
}

func TestADeviceIsNamedInOurOwnWords(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0":                                                           "Firefox, Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                      "Safari, macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1":    "Safari, iPhone",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":                               "Chrome, Android",
		"Mozilla/5.0 (Linux; Android 15; SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": "Samsung Internet, Android",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":              "Edge, Windows",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                             "Chrome, ChromeOS",
		"Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1":          "Chrome, iPad",
		"curl/8.5.0": "", "": "", "<script>alert(1)</script>Linux": "Linux", "Firefox/\r\nBcc: x@example.org": "Firefox",
	} {
		if got := page.DeviceName(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

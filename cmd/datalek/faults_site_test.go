package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datalek/incidents/tenant"
	"datalek/services/devstack"
)

// long reports whether the long form of the tests that try to break the program
// was asked for, and larger is the number that goes with the form.
func long() bool { return os.Getenv(longForm) != "" }

func larger(short, inLong int) int {
	if long() {
		return inLong
	}
	return short
}

// site is the real program under faults: its processes, its store, and a mail
// server that the test has in hand. Calls go through demo to its first web.
type site struct {
	*demo
	store    string     // sqlite or mongodb://…
	all      []*program // webs first
	webs     int
	post     *devstack.SMTPServer
	behave   atomic.Pointer[func(devstack.Event) devstack.Act]
	proof    *proof
	smtp     string // how the program names the mail server
	environ  []string
	keyFile  string
	registry string // folder of verify
	// since is how long ago what is filed was found: longer than the clock is set back.
	since time.Duration
}

// shape says what a site is made of. The zero value is one process on the default
// store with its own bus.
type shape struct {
	clients int
	store   string // empty: the default store
	bus     string // empty: in the process
	webs    int    // with a store elsewhere
	workers int
	post    devstack.SMTPOptions // its Behave is the site's
	smtp    func(addr string) string
	flags   []string
	environ []string
}

// startSite makes a practice with a system, a processor and clients, and serves it.
func startSite(t testing.TB, s shape) *site {
	t.Helper()
	w := newSite(t, s)
	for _, p := range w.all {
		p.serve()
	}
	for _, p := range w.all {
		p.awaitReady()
		p.countIdle()
	}
	w.fill(s.clients)
	return w
}

// newSite prepares a site whose processes do not run yet.
func newSite(t testing.TB, s shape) *site {
	t.Helper()
	w := &site{demo: &demo{t: t, dir: t.TempDir()}, store: s.store, proof: newProof(t)}
	w.startPost(s)
	w.environ = append(os.Environ(), append(s.environ, "DATALEK_TEST_CLOCK="+w.clockFile())...)
	if s.store == "" {
		w.store, w.registry = "sqlite", filepath.Join(w.dir, "data")
	} else {
		w.keyFile, w.registry = filepath.Join(w.dir, "key"), filepath.Join(w.dir, "verify")
		w.environ = append(w.environ, "DATALEK_TEST_MONGODB_STANDALONE=1", "DATALEK_STORE="+s.store, "DATALEK_KEY_FILE="+w.keyFile)
	}
	out := w.command("practice", "add", "--data", w.registry, "--name", "Praktijk Proef", "--contact", "Anna Voorbeeld", "--email", hostEmail, "--mailbox-system", "mailbox",
		"--other-sender", "bericht@lindehof-post.example", "--second-email", "anna.thuis@voorbeeldpost.example")
	w.PracticeID, w.APIToken = tenant.ID(practiceID.FindStringSubmatch(out)[1]), practiceToken.FindStringSubmatch(out)[1]
	w.Login, w.Password = hostEmail, practicePassword.FindStringSubmatch(out)[1]
	flags := append([]string{"--smtp", w.smtp}, s.flags...)
	if s.bus != "" {
		flags = append(flags, "--nats", s.bus)
	}
	if s.store == "" {
		w.add("all", w.registry, flags...)
	} else {
		for n := range s.webs {
			w.add(fmt.Sprintf("web-%d", n+1), "", append(flags, "--mode", "web")...)
		}
		for n := range s.workers {
			w.add(fmt.Sprintf("worker-%d", n+1), "", append(flags, "--mode", "worker")...)
		}
	}
	w.webs, w.BaseURL = max(s.webs, 1), w.all[0].url()
	w.proof.api = w.demo
	return w
}

func (w *site) add(name, data string, flags ...string) {
	if data == "" {
		data = filepath.Join(w.dir, name)
	}
	w.all = append(w.all, newProgram(w.t, name, data, w.environ, flags...))
}

// startPost starts the mail server; what it takes and does not answer is noted.
func (w *site) startPost(s shape) {
	w.t.Helper()
	s.post.Keep = 200_000
	s.post.Behave = w.proof.watch(func(e devstack.Event) devstack.Act {
		if behave := w.behave.Load(); behave != nil {
			return (*behave)(e)
		}
		return devstack.Act{}
	})
	var err error
	if w.post, err = devstack.StartSMTP(s.post); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = w.post.Close() })
	w.proof.boxes = append(w.proof.boxes, w.post)
	w.smtp = "smtp://" + w.post.Addr() + "?tls=none"
	if s.smtp != nil {
		w.smtp = s.smtp(w.post.Addr())
	}
}

// misbehaves lets the mail server behave so from now on; nil is well.
func (w *site) misbehaves(b func(devstack.Event) devstack.Act) {
	if b == nil {
		b = func(devstack.Event) devstack.Act { return devstack.Act{} }
	}
	w.behave.Store(&b)
}

// holdMails lets the mail server take clients' mails and say nothing until release.
func (w *site) holdMails() *heldMails {
	m := &heldMails{arrived: make(chan struct{}, 1000), free: make(chan struct{})}
	w.misbehaves(func(e devstack.Event) devstack.Act {
		if e.Stage == devstack.AtDot && !ownAddress(e.Address) {
			m.arrived <- struct{}{}
			<-m.free
		}
		return devstack.Act{}
	})
	w.t.Cleanup(m.release)
	return m
}

// command runs a command of the program that must go well.
func (w *site) command(args ...string) string {
	w.t.Helper()
	out, err := command(w.t.(*testing.T), w.environ[len(os.Environ()):], args...)
	if err != nil {
		w.t.Fatalf("datalek %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// fill gives the practice a system, a processor with its webhook, and clients.
func (w *site) fill(clients int) {
	w.t.Helper()
	var made struct {
		URL    string `json:"webhook_url"`
		Secret string `json:"webhook_secret"`
	}
	w.must(201, "POST", "/processors", object{"id": "microsoft-365", "name": "Microsoft", "contract_hours": 24}, &made)
	w.WebhookURL, w.WebhookSecret = made.URL, made.Secret
	w.must(201, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "processor": "microsoft-365", "services": []string{"mail"}, "categories": []string{"name", "contact"}}, nil)
	var list []object
	for n := range clients {
		list = append(list, object{"external_id": fmt.Sprintf("F-%05d", n+1), "name": fmt.Sprintf("Proefpersoon %05d", n+1), "language": []string{"nl", "en"}[n%2],
			"email": siteAddress(n + 1), "guidance": []object{{"from": "2025-01-01"}}})
	}
	for part := range slices.Chunk(list, 1000) {
		w.must(201, "POST", "/clients", part, nil)
	}
}

func siteAddress(n int) string { return fmt.Sprintf("f%05d@voorbeeldpost.example", n) }

// incidentBody is an incident about every client's data in the mailbox.
func (w *site) incidentBody() object {
	now := w.now().Add(-w.since).UTC().Format(time.RFC3339)
	return object{"playbook": "phished-mailbox", "summary": "Iemand las mee in de mailbox.", "discovered_at": now, "aware_at": now, "aware_basis": "Vreemde e-mail in Verzonden.",
		"systems": []string{"mailbox"}, "subjects": object{"all": true}, "unintelligible": "no"}
}

// insist makes a call until it is answered with one of the statuses, as who knows
// that a server may be away for a while.
func (w *site) insist(method, path string, body, into any, key string, statuses ...int) int {
	w.t.Helper()
	var last string
	deadline := time.Now().Add(3 * time.Minute)
	for n := 0; time.Now().Before(deadline); n++ {
		status, raw := w.all[n%w.webs].try(w.APIToken, method, "/api/v1"+path, body, header("Idempotency-Key", key)...)
		if slices.Contains(statuses, status) {
			if into != nil {
				if err := json.Unmarshal(raw, into); err != nil {
					w.t.Errorf("%s %s answered %d %s", method, path, status, raw)
				}
			}
			return status
		}
		last = fmt.Sprintf("%d %s", status, raw)
		time.Sleep(30 * time.Millisecond)
	}
	w.t.Errorf("%s %s is answered %s", method, path, last)
	return 0
}

// file files an incident, however often the web is away meanwhile.
func (w *site) file(key string) (incident string) {
	w.t.Helper()
	var filed struct{ ID string }
	w.insist("POST", "/incidents", w.incidentBody(), &filed, key, 201, 200)
	w.proof.fileIncident(filed.ID)
	return filed.ID
}

// approve approves the draft to an incident's clients, once it is there. Another
// assessment may change it in between; then the new one is approved.
func (w *site) approve(incident string) (notice string) {
	w.t.Helper()
	awaitWithin(w.t, 3*time.Minute, "the approval", func() error {
		var list struct{ Items []noticeView }
		w.insist("GET", "/incidents/"+incident+"/notices", nil, &list, "", 200)
		at := slices.IndexFunc(list.Items, func(n noticeView) bool { return n.Audience == "clients" })
		if at < 0 {
			return errNot("%d notices after %v", len(list.Items), w.happened(incident))
		}
		n := list.Items[at]
		if notice = n.ID; n.State != "draft" {
			return nil
		}
		if w.insist("POST", "/notices/"+n.ID+"/approve", object{"text_hash": n.TextHash, "recipients_hash": n.RecipientsHash, "sender": "bericht@lindehof-post.example"}, nil, "", 202, 409) != 202 {
			return errNot("it is another one meanwhile")
		}
		return nil
	})
	w.proof.approveNotice(incident)
	return notice
}

// happened are the kinds of what happened to an incident, and when.
func (w *site) happened(incident string) []string {
	w.t.Helper()
	var all []string
	var page struct{ Items []entryRow }
	w.insist("GET", "/incidents/"+incident+"/timeline?limit=100", nil, &page, "", 200)
	for _, e := range page.Items {
		all = append(all, e.At.Format("15:04:05 ")+e.Kind)
	}
	return all
}

// reportUntilTaken posts a processor's report until it is acknowledged.
func (w *site) reportUntilTaken(id string) {
	w.t.Helper()
	reference := "MS-" + id
	body := breach(reference, "initial", "Mail was read.", `,"services":["mail"]`)
	path := strings.TrimPrefix(w.WebhookURL, w.BaseURL)
	deadline := time.Now().Add(3 * time.Minute)
	for n := 0; time.Now().Before(deadline); n++ {
		status, raw := w.all[n%w.webs].try("", "POST", path, body, w.signature(id, body)...)
		if status == 202 {
			var answer struct {
				ID string `json:"report_id"`
			}
			if err := json.Unmarshal(raw, &answer); err != nil || answer.ID == "" {
				w.t.Errorf("a report is answered %s", raw)
			}
			w.proof.acknowledge(reference)
			return
		}
		if status >= 400 && status < 500 && status != 429 && status != 401 { // 401: the clock was stepped after it was signed
			w.t.Errorf("a report is answered %d %s", status, raw)
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	w.t.Error("a report is never acknowledged")
}

// pass lets the program's clock go on in steps until try succeeds: leases end and
// mails that were put off are tried again.
func (w *site) pass(what string, step time.Duration, try func() error) {
	w.t.Helper()
	w.passWithin(2*time.Minute, what, step, try)
}

func (w *site) passWithin(limit time.Duration, what string, step time.Duration, try func() error) {
	w.t.Helper()
	w.passUnless(func() bool { return false }, limit, what, step, try)
}

// patience is for how long the clock waits for what is under way. A step may be longer
// than a lease: a program that a busy machine holds up would lose one that it still has.
const patience = 20 * time.Second

// passUnless lets the clock go on while nothing is under way, or that takes too long.
func (w *site) passUnless(underway func() bool, limit time.Duration, what string, step time.Duration, try func() error) {
	w.t.Helper()
	ahead, deadline := time.Until(w.now()), time.Now().Add(limit)
	for moved := time.Now(); ; {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("waited in vain until %s: %v", what, err)
		}
		if stood := time.Since(moved); stood > patience || stood > 3*time.Second && !underway() {
			ahead += step
			w.moveClock(ahead)
			moved = time.Now()
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// settled waits until no mail of the notices is under way, letting time pass.
func (w *site) settled(notices ...string) {
	w.t.Helper()
	sending := func() bool {
		return slices.ContainsFunc(notices, func(n string) bool {
			return slices.ContainsFunc(w.proof.deliveries(n), func(d deliveryRow) bool { return d.State == "sending" })
		})
	}
	w.passUnless(sending, 3*time.Minute, "every mail is answered", 3*time.Minute, func() error { return w.unsettled(notices...) })
}

// unsettled says how many mails are still under way; nil when none is.
func (w *site) unsettled(notices ...string) error {
	for _, n := range notices {
		states := map[string]int{}
		for _, d := range w.proof.deliveries(n) {
			states[d.State]++
		}
		if states["queued"]+states["sending"]+states["deferred"] > 0 || len(states) == 0 {
			return errNot("%v", maps.Collect(maps.All(states)))
		}
	}
	return nil
}

// finish checks every promise, stops what runs and looks at what it leaves behind.
func (w *site) finish() {
	w.t.Helper()
	for _, p := range w.all {
		if !p.runs() {
			p.serve()
		}
	}
	w.proof.check()
	for _, p := range w.all {
		p.checkGoroutines()
	}
	for _, p := range slices.Backward(w.all) {
		p.stop()
		p.checkFolder()
	}
	if out := w.command("verify", "--data", w.registry); !strings.Contains(out, "chain whole") {
		w.t.Errorf("verify says %s", out)
	}
	w.t.Log(w.proof.summary())
}

// header is a header to send, none when it is empty.
func header(name, value string) []string {
	if value == "" {
		return nil
	}
	return []string{name, value}
}

package main_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datalek/incidents/tenant"
	"datalek/services/devstack"
)

// host is "datalek serve" with the default store, as one practice runs it: in a
// folder behind a fence, with a mail server that the test has in hand. Calls go
// through demo; the program's clock can be moved.
type host struct {
	*demo
	fence  *fence
	post   *devstack.SMTPServer
	locker *sql.DB // holds the database, see lockDatabase
	proof  *proof  // that nothing acknowledged is lost
	behave atomic.Pointer[func(devstack.Event) devstack.Act]
}

// hostEmail is the practitioner: her login, sender and address for warnings.
const hostEmail = "anna@lindehof.example"

var (
	practiceID       = regexp.MustCompile(`(?m)^Practice\s+(\S+)`)
	practicePassword = regexp.MustCompile(`(?m)^Password\s+(\S+)`)
	servesOn         = regexp.MustCompile(`answers on (http://\S+)`)
)

// startHost makes a practice with one system, a processor and a few clients, and serves it.
func startHost(t testing.TB, clients int) *host {
	t.Helper()
	h := &host{demo: &demo{t: t, dir: t.TempDir()}, fence: &fence{t: t}, proof: newProof(t)}
	var err error
	h.post, err = devstack.StartSMTP(devstack.SMTPOptions{Behave: h.proof.watch(func(e devstack.Event) devstack.Act {
		if behave := h.behave.Load(); behave != nil {
			return (*behave)(e)
		}
		return devstack.Act{}
	})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.post.Close() })
	h.proof.api, h.proof.others = h.demo, true
	h.proof.boxes = append(h.proof.boxes, h.post)
	h.addFirstPractice()
	h.serve("127.0.0.1:0")
	t.Cleanup(func() {
		h.kill()
		if t.Failed() {
			t.Logf("the program wrote:\n%s", h.out)
		}
	})
	h.fill(clients)
	return h
}

// database are the store's files, without the bus beside them.
func (h *host) database() []string {
	at := filepath.Join(h.data(), "datalek.db")
	return []string{at, at + "-wal", at + "-shm", at + "-journal"}
}

func (h *host) addFirstPractice() {
	h.t.Helper()
	out := h.run("practice", "add", "--data", h.data(), "--name", "Praktijk Proef", "--contact", "Anna Voorbeeld", "--email", hostEmail, "--mailbox-system", "mailbox",
		"--other-sender", "bericht@lindehof-post.example", "--second-email", "anna.thuis@voorbeeldpost.example")
	h.Login = hostEmail
	h.PracticeID, h.Password, h.APIToken = tenant.ID(practiceID.FindStringSubmatch(out)[1]), practicePassword.FindStringSubmatch(out)[1], practiceToken.FindStringSubmatch(out)[1]
}

// run runs a command of the program that must go well.
func (h *host) run(args ...string) string {
	h.t.Helper()
	path, err := binary()
	if err != nil {
		h.t.Fatal(err)
	}
	out, err := exec.Command(path, args...).CombinedOutput() // #nosec G204
	if err != nil {
		h.t.Fatalf("datalek %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// launch starts the program behind the fence without waiting for anything.
func (h *host) launch(addr string) {
	h.t.Helper()
	path, err := binary()
	if err != nil {
		h.t.Fatal(err)
	}
	h.cmd = exec.Command(path, "serve", "--addr", addr, "--data", h.data(), "--smtp", "smtp://"+h.post.Addr()+"?tls=none") // #nosec G204
	h.out, h.ended = &safeBuffer{}, make(chan error, 1)
	h.cmd.Env = append(os.Environ(), "DATALEK_TEST_CLOCK="+h.clockFile(), "DATALEK_TEST_DUMPABLE=1") // the fence looks into its memory
	h.cmd.Stdout, h.cmd.Stderr = h.out, h.out
	if err := h.fence.start(h.cmd); err != nil {
		h.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, ended chan error) { ended <- cmd.Wait() }(h.cmd, h.ended)
}

// serve starts the program and waits until it is ready.
func (h *host) serve(addr string) {
	h.t.Helper()
	h.launch(addr)
	await(h.t, "the program is ready", func() error {
		select {
		case err := <-h.ended:
			h.ended <- err
			h.t.Fatalf("the program ended: %v\n%s", err, h.out)
		default:
		}
		found := servesOn.FindStringSubmatch(h.out.String())
		if found == nil {
			return errNot("it does not answer yet")
		}
		h.BaseURL = found[1]
		if status, checks := h.ready(); status != 200 {
			return errNot("not ready: %v", checks)
		}
		return nil
	})
}

// serveAgain starts the program on its old address.
func (h *host) serveAgain() {
	h.t.Helper()
	h.serve(strings.TrimPrefix(h.BaseURL, "http://"))
}

// endsBy waits until the program has ended by itself, and returns what it wrote
// last; the exit must not be zero.
func (h *host) endsBy(limit time.Duration) string {
	h.t.Helper()
	select {
	case err := <-h.ended:
		h.ended <- err
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 {
			h.t.Errorf("it ended with %v, want exit code 1\n%s", err, h.out)
		}
	case <-time.After(limit):
		h.t.Fatalf("it did not end within %v\n%s", limit, h.out)
	}
	return h.out.String()
}

// fill gives the practice a system, a processor with its webhook, and clients.
func (h *host) fill(clients int) {
	h.t.Helper()
	var made struct {
		URL    string `json:"webhook_url"`
		Secret string `json:"webhook_secret"`
	}
	h.must(201, "POST", "/processors", object{"id": "microsoft-365", "name": "Microsoft", "contract_hours": 24}, &made)
	h.WebhookURL, h.WebhookSecret = made.URL, made.Secret
	h.must(201, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "processor": "microsoft-365", "services": []string{"mail"}, "categories": []string{"name", "contact"}}, nil)
	var list []object
	for n := range clients {
		list = append(list, object{"external_id": fmt.Sprintf("D-%03d", n+1), "name": fmt.Sprintf("Schijfpersoon %03d", n+1),
			"email": fmt.Sprintf("schijf%03d@voorbeeldpost.example", n+1), "guidance": []object{{"from": "2025-01-01"}}})
	}
	if clients > 0 {
		h.must(201, "POST", "/clients", list, nil)
	}
}

// ready asks /readyz.
func (h *host) ready() (status int, checks map[string]string) {
	h.t.Helper()
	status, raw := h.raw("GET", h.BaseURL+"/readyz", nil)
	var answer struct{ Checks map[string]string }
	if err := json.Unmarshal(raw, &answer); err != nil {
		h.t.Fatalf("/readyz answered %d %s", status, raw)
	}
	return status, answer.Checks
}

// awaitReadiness waits until the check reads so.
func (h *host) awaitReadiness(check, want string) {
	h.t.Helper()
	await(h.t, check+" is "+want, func() error {
		status, checks := h.ready()
		if checks[check] != want || (status == 200) != (len(h.down(checks)) == 0) {
			return errNot("%d %v", status, checks)
		}
		return nil
	})
}

func (h *host) down(checks map[string]string) (names []string) {
	for name, state := range checks {
		if state != "ok" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// incidentNow files an incident about every client's data in the mailbox.
func (h *host) incidentNow() object {
	now := h.now().UTC().Format(time.RFC3339)
	return object{"playbook": "phished-mailbox", "summary": "Iemand las mee in de mailbox.", "discovered_at": now, "aware_at": now, "aware_basis": "Vreemde e-mail in Verzonden.",
		"systems": []string{"mailbox"}, "subjects": object{"all": true}, "unintelligible": "no"}
}

// approveAll approves the draft to the clients of an incident.
func (h *host) approveAll(incident string) (notice string) {
	h.t.Helper()
	n := h.draftTo(incident, "clients")
	h.must(202, "POST", "/notices/"+n.ID+"/approve", object{"text_hash": n.TextHash, "recipients_hash": n.RecipientsHash, "sender": "bericht@lindehof-post.example"}, nil)
	h.proof.approveNotice(incident)
	return n.ID
}

func (h *host) draftTo(incident, audience string) (n noticeView) {
	h.t.Helper()
	await(h.t, "the draft to "+audience, func() error {
		var list struct{ Items []noticeView }
		h.must(200, "GET", "/incidents/"+incident+"/notices", nil, &list)
		at := slices.IndexFunc(list.Items, func(n noticeView) bool { return n.Audience == audience })
		if at < 0 {
			return errNot("%d notices", len(list.Items))
		}
		n = list.Items[at]
		return nil
	})
	return n
}

// deliveryView is one delivery with its attempts.
type deliveryView struct {
	ID         string
	ExternalID string `json:"external_id"`
	State      string
	Attempts   []struct {
		Code      int
		Text      string
		Stage     string
		MessageID string `json:"message_id"`
	}
}

func (h *host) deliveries(notice string) []deliveryView {
	h.t.Helper()
	var page struct{ Items []deliveryView }
	h.must(200, "GET", "/notices/"+notice+"/deliveries?limit=500", nil, &page)
	return page.Items
}

// received are the mails that the mail server took.
func (h *host) received() []letter {
	var out []letter
	for _, m := range h.post.Messages("", 0) {
		out = append(out, parseLetter(h.t, m.Raw))
	}
	return out
}

// checkWhole holds every promise against the program, stops it and looks at what
// it leaves behind: the register's chain is whole, no half file is left.
func (h *host) checkWhole() {
	h.t.Helper()
	h.proof.check()
	h.stop()
	if out := h.run("verify", "--data", h.data()); !strings.Contains(out, "chain whole") {
		h.t.Errorf("verify says %s", out)
	}
	checkNoHalfFiles(h.t, h.data())
}

// mails and mailsTo read the server's mails instead of the demo's folder.
func (h *host) mails() []letter { return h.received() }

func (h *host) mailsTo(address string) []letter {
	return slices.DeleteFunc(h.received(), func(l letter) bool { return l.To != address })
}

// mark remembers how much the program has written; linesSince returns the rest.
func (h *host) mark() int { return len(h.out.String()) }

func (h *host) linesSince(mark int) []string {
	return strings.Split(strings.TrimSpace(h.out.String()[mark:]), "\n")
}

// checkLog expects few lines, and no word of a person in any.
func (h *host) checkLog(mark int, over time.Duration, perSecond float64) {
	h.t.Helper()
	lines := h.linesSince(mark)
	if most := 30 + perSecond*over.Seconds(); float64(len(lines)) > most {
		h.t.Errorf("%d lines of log within %v, want at most %.0f:\n%s", len(lines), over.Round(time.Second), most, strings.Join(lines, "\n"))
	}
	for _, personal := range []string{"Schijfpersoon", "voorbeeldpost.example", "lindehof", "Anna", "meelas", "mailbox.", h.APIToken, h.Password, "panic", "goroutine "} {
		if at := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, personal) }); at >= 0 {
			h.t.Errorf("the log says %q:\n%s", personal, lines[at])
		}
	}
}

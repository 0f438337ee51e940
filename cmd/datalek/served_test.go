package main_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"datalek/incidents/tenant"
	"datalek/services/devstack"
)

// served is the program as a host serves it: "datalek serve" on a folder with one
// practice, with a mail server that the test has in hand and a clock that it moves.
// Flags that serve gets beside its own stand in args.
type served struct {
	*demo
	smtp    *devstack.SMTPServer
	mail    string   // the mail server as --smtp names it
	environ []string // beside the test's own
}

// newServed prepares a host with a mail server; nothing runs and no practice is there.
func newServed(t *testing.T, mail devstack.SMTPOptions) *served {
	t.Helper()
	h := &served{demo: &demo{t: t, dir: t.TempDir()}}
	mail.Folder = filepath.Join(h.data(), "mail") // where mails finds them
	var err error
	if h.smtp, err = devstack.StartSMTP(mail); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.smtp.Close() })
	h.mail = "smtp://" + h.smtp.Addr() + "?tls=none"
	t.Cleanup(func() {
		h.kill()
		if t.Failed() && h.out != nil {
			t.Logf("the program wrote:\n%s", lastOf(withoutRequests(h.out.String()), 6_000))
		}
	})
	return h
}

var (
	answersOn    = regexp.MustCompile(`answers on (\S+)`)
	printedLogin = regexp.MustCompile(`(?m)^Log in\s+(\S+)`)
)

// addOwn adds the practice whose login and token the test uses. more goes to
// "practice add".
func (h *served) addOwn(t *testing.T, name, contact, email string, more ...string) {
	t.Helper()
	out, err := command(t, []string{"DATALEK_TEST_CLOCK=" + h.clockFile()},
		append([]string{"practice", "add", "--data", h.data(), "--name", name, "--contact", contact, "--email", email}, more...)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h.PracticeID, h.APIToken = tenant.ID(practiceID.FindStringSubmatch(out)[1]), practiceToken.FindStringSubmatch(out)[1]
	h.Login, h.Password = printedLogin.FindStringSubmatch(out)[1], practicePassword.FindStringSubmatch(out)[1]
}

// serve starts the program at any free address, with these flags beside args, and
// waits until it is ready.
func (h *served) serve(flags ...string) {
	h.t.Helper()
	h.serveAt("127.0.0.1:0", flags...)
}

// again kills the program and starts it anew on its address.
func (h *served) again() {
	h.t.Helper()
	h.kill()
	h.serveAt(strings.TrimPrefix(h.BaseURL, "http://"))
}

func (h *served) serveAt(addr string, flags ...string) {
	h.t.Helper()
	args := append([]string{"serve", "--addr", addr, "--data", h.data(), "--smtp", h.mail}, h.args...)
	h.launch(h.environ, append(args, flags...)...)
	await(h.t, "the host answers", func() error {
		select {
		case err := <-h.ended:
			h.ended <- err
			h.t.Fatalf("the host ended: %v\n%s", err, h.out)
		default:
		}
		found := answersOn.FindStringSubmatch(h.out.String())
		if found == nil {
			return errNot("it wrote %s", h.out)
		}
		h.BaseURL = found[1]
		if status, raw := h.raw(http.MethodGet, h.BaseURL+"/readyz", nil); status != http.StatusOK {
			return errNot("%d %s", status, raw)
		}
		return nil
	})
}

// launch starts the real program on the demo's clock, and waits for nothing.
func (d *demo) launch(environ []string, args ...string) {
	d.t.Helper()
	path, err := binary()
	if err != nil {
		d.t.Fatal(err)
	}
	d.cmd, d.out, d.ended = exec.Command(path, args...), &safeBuffer{}, make(chan error, 1) // #nosec G204
	d.cmd.Env = append(append(os.Environ(), "DATALEK_TEST_CLOCK="+d.clockFile()), environ...)
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.out
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, ended chan error) { ended <- cmd.Wait() }(d.cmd, d.ended)
}

// data is the program's folder.
func (d *demo) data() string { return filepath.Join(d.dir, "data") }

// visit is somebody of the practice, logged in.
func (h *served) visit(t *testing.T) *person {
	t.Helper()
	p := &person{visitor: newPlainReader(t, h.BaseURL), t: t, disturb: func() {}}
	p.logIn(h.demo)
	return p
}

// fileRead files that somebody read a mailbox in which these clients are.
func (h *served) fileRead(clients ...string) (incident, reference string) {
	h.t.Helper()
	now := h.now().UTC().Truncate(time.Second).Format(time.RFC3339)
	var filed struct{ ID, Reference string }
	h.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Iemand las mee.", "discovered_at": now, "aware_at": now,
		"aware_basis": "Er stond vreemde mail in Verzonden.", "subjects": object{"external_ids": clients}, "unintelligible": "no"}, &filed)
	return "/incidents/" + filed.ID, filed.Reference
}

// tellClients approves the draft to the clients of an incident as it stands.
func (h *served) tellClients(t *testing.T, incident string) (notice string) {
	t.Helper()
	n := noticeTo(t, h.demo, incident, "clients")
	h.must(202, "POST", "/notices/"+n.ID+"/approve", object{"text_hash": n.TextHash, "recipients_hash": n.RecipientsHash}, nil)
	return n.ID
}

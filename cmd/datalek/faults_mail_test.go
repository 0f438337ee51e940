package main_test

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datalek/services/devstack"
)

// mailPeople is how many clients are told by a mail server that misbehaves.
func mailPeople() int { return larger(60, 600) }

// TestPeopleAreToldByAMailServerThatMisbehaves tells everybody, or lists him as
// not told, whatever the mail server does in the meantime.
func TestPeopleAreToldByAMailServerThatMisbehaves(t *testing.T) {
	for _, tt := range []struct {
		name    string
		behave  func(devstack.Event) devstack.Act
		refused int // people
		doubled int // at most
	}{
		{"it greylists", devstack.Greylist(1), 0, 0},
		{"it refuses every third recipient", devstack.RefuseEvery(3), mailPeople() / 3, 0},
		{"it drops the connection after DATA", devstack.DropAt(devstack.AtDot, 20), 0, 20},
		{"it drops the connection before the message", devstack.DropAt(devstack.AtData, 20), 0, 0},
		{"it cuts off after fifty mails", devstack.CutOff(50), 0, 0},
		{"it cuts off after each mail", devstack.CutOff(1), 0, 0},
		{"it is too busy for mails at first", firstTimes(20, devstack.Refuse(devstack.AtMail, 421, "4.3.2", "Too busy")), 0, 0},
		{"it has no room after DATA at first", firstTimes(20, devstack.Refuse(devstack.AtDot, 452, "4.3.1", "No room")), 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := startSite(t, shape{clients: mailPeople()})
			w.misbehaves(tt.behave)
			notice := w.approve(w.file("one"))
			w.settled(notice)
			w.checkStates(notice, tt.refused)
			w.tellByPhone(notice, 2)
			w.finish()
			if w.proof.doubled > tt.doubled {
				t.Errorf("%d mails went out twice, want at most %d", w.proof.doubled, tt.doubled)
			}
		})
	}
}

// tellByPhone records of so many refused people that somebody phoned them.
func (w *site) tellByPhone(notice string, people int) {
	w.t.Helper()
	for _, d := range w.proof.deliveries(notice) {
		if d.State == "refused" && people > 0 {
			people--
			w.proof.wordFor(*d.ExternalID)
			w.must(200, "POST", "/deliveries/"+d.ID+"/told", object{"by": "phone", "at": w.now().UTC().Format(time.RFC3339), "note": "Rustig gesprek."}, nil)
		}
	}
}

// firstTimes lets a behaviour act so often.
func firstTimes(n int64, behave func(devstack.Event) devstack.Act) func(devstack.Event) devstack.Act {
	var acted atomic.Int64
	return func(e devstack.Event) devstack.Act {
		act := behave(e)
		if act == (devstack.Act{}) || acted.Add(1) > n {
			return devstack.Act{}
		}
		return act
	}
}

// checkStates expects so many refused people, and all others told.
func (w *site) checkStates(notice string, refused int) {
	w.t.Helper()
	states := map[string]int{}
	for _, d := range w.proof.deliveries(notice) {
		states[d.State]++
	}
	if len(states) > 2 || states["refused"] != refused || states["sent"] == 0 {
		w.t.Errorf("the people are %v, want %d refused and all others told", states, refused)
	}
}

// TestAMailServerThatHangsIsCutOff lets the mail server fall silent once at each
// place of the talk: the program goes on with others, and comes back to these.
func TestAMailServerThatHangsIsCutOff(t *testing.T) {
	t.Parallel()
	stages := []devstack.Stage{devstack.AtGreeting, devstack.AtHello, devstack.AtAuth, devstack.AtMail, devstack.AtRcpt}
	if long() {
		stages = append(stages, devstack.AtData, devstack.AtDot) // five minutes: a message may take long
	}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := startSite(t, shape{clients: mailPeople(), flags: []string{"--smtp-password-file", password},
		post: devstack.SMTPOptions{Username: "anna", Password: "geheim"},
		smtp: func(addr string) string { return "smtp://anna@" + addr + "?tls=none" }})
	var hung []func(devstack.Event) devstack.Act
	for _, stage := range stages {
		hung = append(hung, firstTimes(1, devstack.HangAt(stage)))
	}
	w.misbehaves(devstack.InTurn(hung...))
	notice := w.approve(w.file("one"))
	await(t, "the others are told meanwhile", func() error {
		if n := w.post.Count(); n < mailPeople()-len(stages) {
			return errNot("%d mails", n)
		}
		return nil
	})
	awaitWithin(t, 7*time.Minute, "the silence is cut off", func() error {
		for _, d := range w.proof.deliveries(notice) {
			if d.State == "sending" {
				return errNot("one is under way")
			}
		}
		return nil
	})
	w.settled(notice)
	w.checkStates(notice, 0)
	w.finish()
}

// TestAMailServerThatMustNotBeTrustedTellsNobody meets a server without TLS, with
// an old certificate or a foreign one, and one that knows no login: nothing goes
// out, nobody is marked, and all are told once the server is mended.
func TestAMailServerThatMustNotBeTrustedTellsNobody(t *testing.T) {
	good, _, err := devstack.SelfSigned("localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	old, _, err := devstack.Expired("localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	foreign, _, err := devstack.SelfSigned("localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	roots, password := filepath.Join(dir, "roots.pem"), filepath.Join(dir, "password")
	var trusted []byte
	for _, c := range [][]byte{good.Certificate[0], old.Certificate[0]} {
		trusted = append(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c})...)
	}
	if err := os.WriteFile(roots, trusted, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(password, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	well := devstack.SMTPOptions{Security: devstack.StartTLS, Certificate: &good, Username: "anna", Password: "geheim"}
	for _, tt := range []struct {
		name string
		post func(o *devstack.SMTPOptions)
	}{
		{"it offers no TLS", func(o *devstack.SMTPOptions) { o.Security = devstack.Plain }},
		{"its certificate has expired", func(o *devstack.SMTPOptions) { o.Certificate = &old }},
		{"its certificate is nobody's", func(o *devstack.SMTPOptions) { o.Certificate = &foreign }},
		{"it refuses the login", func(o *devstack.SMTPOptions) { o.Password = "anders" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ill := well
			tt.post(&ill)
			w := startSite(t, shape{clients: 20, post: ill, flags: []string{"--smtp-password-file", password}, environ: []string{"SSL_CERT_FILE=" + roots},
				smtp: func(addr string) string { return "smtp://anna@" + addr }})
			notice := w.approve(w.file("one"))
			await(t, "the refusal is met", func() error {
				for _, d := range w.proof.deliveries(notice) {
					if len(d.Attempts) > 0 {
						return nil
					}
				}
				return errNot("no attempt")
			})
			for _, d := range w.proof.deliveries(notice) {
				if d.State != "deferred" && d.State != "queued" && d.State != "sending" {
					t.Errorf("somebody is %s by a server that must not be trusted", d.State)
				}
			}
			if n := w.post.Count(); n > 0 {
				t.Errorf("%d mails went to a server that must not be trusted", n)
			}
			w.mendPost(well)
			// Mails that are put off and let go between two looks of the sweep are
			// taken up after two minutes of the machine's time.
			w.passWithin(4*time.Minute, "every mail is answered", 3*time.Minute, func() error { return w.unsettled(notice) })
			w.checkStates(notice, 0)
			w.finish()
		})
	}
}

// mendPost puts a mail server that is well in the place of the one that is not.
func (w *site) mendPost(o devstack.SMTPOptions) {
	w.t.Helper()
	addr := w.post.Addr()
	if err := w.post.Close(); err != nil {
		w.t.Fatal(err)
	}
	o.Addr = addr
	w.startPost(shape{post: o})
}

// TestAMailServerThatTalksGarbageTellsNobodyTwiceUnmarked lets answers turn into
// garbage at every place of the talk: half lines, binary, endless lines.
func TestAMailServerThatTalksGarbageTellsNobodyTwiceUnmarked(t *testing.T) {
	t.Parallel()
	var g *garbler
	w := startSite(t, shape{clients: mailPeople(), smtp: func(addr string) string {
		g = startGarbler(t, addr)
		return "smtp://" + g.addr() + "?tls=none"
	}})
	g.proof = w.proof
	g.left.Store(int64(larger(24, 120)))
	notice := w.approve(w.file("one"))
	w.passWithin(4*time.Minute, "every mail is answered", 6*time.Minute, func() error { return w.unsettled(notice) })
	states := map[string]int{}
	for _, d := range w.proof.deliveries(notice) {
		states[d.State]++
	}
	if states["sent"] != mailPeople() {
		t.Errorf("the people are %v, want all told", states)
	}
	w.finish()
	if left := g.left.Load(); left > 0 {
		t.Errorf("%d answers were not garbled", left)
	}
}

// garbage is what comes instead of an answer.
func garbage() []string {
	return []string{"", "\r\n", "25", "abc\r\n", "250", "9999 ok\r\n", "\x00\xff\xfe\x80\r\n", "250-\r\n", "HTTP/1.1 200 OK\r\n\r\n",
		strings.Repeat("2", 100_000), "354 go\r\n354 go\r\n354 go\r\n", "-1 no\r\n"}
}

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"datalek/services/devstack"
)

// TestFirstRun starts the real program in a fresh folder, as a practice does,
// and goes from the link on the terminal to the first incident's page.
func TestFirstRun(t *testing.T) {
	base, link := startServe(t)
	g := &gallery{t: t, b: openBrowser(t, base, phoneWidth), axe: axeScript(t), keys: keyPattern(t)}
	p := &person{visitor: g.b, t: t, disturb: func() {}}
	p.open("/")
	p.sees("Inloggen", "Er is nog geen account")
	g.look(view{name: "login-fresh", path: "/login"})
	g.look(view{name: "setup", path: link})
	g.look(refused("refused-setup", link, "Maak account en praktijk"))
	g.look(view{name: "setup-wrong", path: "/setup/wrong", status: 404})
	fillSetup(p, link)
	p.click("Maak account en praktijk")
	p.sees("Uw account en praktijk staan klaar", "Praktijk De Proef")
	g.look(view{name: "systems-first", path: "/systems"})
	g.look(view{name: "clients-first", path: "/clients"})
	p.open("/")
	p.click("Uitloggen")
	p.sees("Inloggen")
	g.b.expect(404)
	p.open(link) // works once
	p.sees("Deze pagina is er niet")
	g.b.expect(0)
	p.open("/incidents")
	p.sees("Inloggen")
	p.fill("E-mailadres", "mia@deproef.example")
	p.fill("Wachtwoord", "een lange zin zonder zin")
	p.click("Log in")
	p.sees("Nog geen datalekken") // where one wanted to go
}

func fillSetup(p *person, link string) {
	p.t.Helper()
	p.open(link)
	p.fill("Uw naam", "Mia Proef")
	p.fill("E-mailadres", "mia@deproef.example")
	p.fill("Wachtwoord", "een lange zin zonder zin")
	p.fill("Naam van de praktijk", "Praktijk De Proef")
	p.choose("Autoriteit Persoonsgegevens (Nederland)")
	p.choose("Binnen 48 uur")
	p.fill("Naam", "Mia Proef")
	p.fill("E-mail", "mia@deproef.example")
	p.fill("Afzenderadres", "mia@deproef.example")
	p.fill("E-mailadres voor waarschuwingen", "mia@deproef.example")
}

// startServe runs "datalek serve" with a mail server, and returns its address
// and the path of the link that it prints.
func startServe(t *testing.T) (base, link string) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	caught, err := devstack.StartSMTP(devstack.SMTPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = caught.Close() })
	out, ended := &safeBuffer{}, make(chan error, 1)
	cmd := exec.Command(path, "serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"), "--smtp", "smtp://"+caught.Addr()+"?tls=none") // #nosec G204
	cmd.Env, cmd.Stdout, cmd.Stderr = os.Environ(), out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("serve did not end cleanly: %v\n%s", err, out)
			}
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			t.Errorf("serve did not end in 30 seconds\n%s", out)
		}
	})
	printed := regexp.MustCompile(`(http://[^/\s]+)(/setup/\S+)`)
	await(t, "the program answers", func() error {
		if found := printed.FindStringSubmatch(out.String()); found != nil && strings.Contains(out.String(), "answers on") {
			base, link = found[1], found[2]
			return nil
		}
		return errNot("%s", out)
	})
	return base, link
}

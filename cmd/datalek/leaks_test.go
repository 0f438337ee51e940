package main_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"datalek/services/devstack"
)

// leaks is the demo, driven through all that it does, with every word by which
// one of its made-up clients could be known.
type leaks struct {
	*demo
	mail  *devstack.SMTPServer
	words map[string]string // what each word is
	plain int               // bytes that were looked through
}

// A mail server that refuses says whom it refuses; what a form sends is wrong; a
// list holds nonsense; the program breaks off: whatever it prints, serves to
// those who watch it or puts on the bus names none of the demo's clients.
func TestTheWholeDemoNamesNoClientInAnyOutput(t *testing.T) {
	t.Parallel()
	x := &leaks{demo: startDemo(t), words: map[string]string{}}
	playStoryA(t, x.demo, &person{visitor: newPlainReader(t, x.BaseURL), t: t, disturb: func() {}})
	x.importList("Naam;Nummer;E-mail;Telefoon;Adres\nQuirijn Proefgeval;IM-1;quirijn@clienten.example;06 20202021;Proefweg 9\nKees Zonderling;IM-3;geen adres;;\n")
	(&world{}).makeRequests(t, x.demo)
	x.knowAll(t)
	x.bringErrors(t)
	x.stop()
	x.search(t, "what the demo prints", x.out.String())
	x.scan(t, "the bus", filepath.Join(x.dir, "data", "nats"))
	x.command(t, "verify", "--data", x.data())
	x.command(t, "clients", "imports", "--practice", string(x.PracticeID), "--data", x.data())
	x.command(t, "keys", "status", "--data", x.data())
	x.command(t, "backup", filepath.Join(x.dir, "copy.age"), "--data", x.data())
	x.command(t, "register", "key", "--data", x.data())

	metrics := x.serve(t)
	x.tellRefused(t)
	x.bringErrors(t)
	x.watch(t, "http://"+metrics+"/metrics", x.BaseURL+"/healthz", x.BaseURL+"/readyz")
	if err := x.cmd.Process.Signal(syscall.SIGQUIT); err != nil { // as a crash does, the runtime prints what every goroutine is at
		t.Fatal(err)
	}
	x.ended <- <-x.ended // it says that it was killed; the clean-up waits for it too
	if out := x.out.String(); !strings.Contains(out, "goroutine ") || !strings.Contains(out, `"route"`) {
		t.Errorf("neither log nor crash was printed:\n%.2000s", out)
	}
	x.search(t, "what the server prints", x.out.String())
	x.scan(t, "the bus of the server", filepath.Join(x.dir, "data", "nats"))
	if x.plain < 100_000 {
		t.Errorf("only %d bytes were looked through", x.plain)
	}
}

// knowAll learns every client's name, address and number.
func (x *leaks) knowAll(t *testing.T) {
	t.Helper()
	var list struct {
		Items []struct {
			Name, Email, Phone string
			PostalAddress      string `json:"postal_address"`
		}
	}
	x.must(200, "GET", "/clients?limit=500", nil, &list)
	for _, c := range list.Items {
		x.words[c.Name], x.words[c.Email], x.words[c.Phone], x.words[strings.ReplaceAll(c.Phone, " ", "")] = "a name", "an address", "a telephone", "a telephone"
		for line := range strings.Lines(c.PostalAddress) {
			x.words[strings.TrimSpace(line)] = "a street or town"
		}
	}
	x.words["Kees Zonderling"], x.words["Aldegonde"], x.words["aldegonde@"], x.words["Quirijn"], x.words[wrongAddress] = "a refused name", "who was erased", "who was erased", "an imported name", "a wrong reader"
	delete(x.words, "")
	if len(list.Items) < 61 || len(x.words) < 180 {
		t.Fatalf("%d clients with %d words", len(list.Items), len(x.words))
	}
}

// serve starts the real server on what the demo left, behind a mail server that
// refuses everybody by name, and returns where its figures stand.
func (x *leaks) serve(t *testing.T) string {
	t.Helper()
	var err error
	if x.mail, err = devstack.StartSMTP(devstack.SMTPOptions{Behave: func(e devstack.Event) devstack.Act {
		if e.Stage != devstack.AtRcpt {
			return devstack.Act{}
		}
		if strings.Contains(e.Address, "4") {
			return devstack.Act{Code: 451, Enhanced: "4.7.1", Text: "later for <" + e.Address + "> of " + e.Address}
		}
		return devstack.Act{Code: 550, Enhanced: "5.1.1", Text: "<" + e.Address + ">: Recipient address rejected: " + e.Address + " unknown"}
	}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.mail.Close() })
	address, metrics := freeAddr(t), freeAddr(t)
	x.launch(nil, "serve", "--addr", address, "--data", x.data(), "--smtp", "smtp://"+x.mail.Addr()+"?tls=none", "--metrics-addr", metrics)
	x.BaseURL = "http://" + address
	await(t, "the server answers", func() error {
		if !strings.Contains(x.out.String(), "answers on") {
			return errNot("%s", x.out)
		}
		return nil
	})
	return metrics
}

// tellRefused tells everybody, and nobody can be reached.
func (x *leaks) tellRefused(t *testing.T) {
	t.Helper()
	w := &world{}
	now := x.now().UTC().Truncate(time.Second)
	ago := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	var filed struct{ ID string }
	x.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Iemand las mee met Voorbeeldcliënt 001.", "discovered_at": ago(2), "aware_at": ago(1),
		"aware_basis": "Gezien.", "systems": []string{"mailbox"}, "subjects": object{"all": true}, "measures_taken": "Gesloten."}, &filed)
	w.running = "/incidents/" + filed.ID
	await(t, "all are found", func() error {
		var found struct{ Complete bool }
		if x.must(200, "GET", w.running+"/affected", nil, &found); !found.Complete {
			return errNot("not yet")
		}
		return nil
	})
	n := noticeTo(t, x.demo, w.running, "clients")
	x.must(202, "POST", "/notices/"+n.ID+"/approve", object{"text_hash": n.TextHash, "recipients_hash": n.RecipientsHash, "sender": "bericht@lindehof-post.example"}, nil)
	await(t, "the mail server refused them", func() error {
		var list struct{ Items []struct{ State string } }
		x.must(200, "GET", "/notices/"+n.ID+"/deliveries?limit=500", nil, &list)
		states := map[string]int{}
		for _, d := range list.Items {
			states[d.State]++
		}
		if states["refused"] < 10 || states["deferred"] < 2 {
			return errNot("%v", states)
		}
		return nil
	})
}

// bringErrors sends clients' names where they are refused.
func (x *leaks) bringErrors(t *testing.T) {
	t.Helper()
	owner, script := loggedIn(t, x.BaseURL, x.Login, x.Password), withToken(t, x.BaseURL, x.APIToken)
	for word := range x.words {
		if !strings.Contains(word, "03") && !strings.Contains(word, "Nergens") {
			continue
		}
		for _, body := range []string{`{"name":{"` + word + `":1}}`, `{"` + word + `":1}`, `{"external_id":"x","name":"` + word + `\u0000"}`, `{"name":"` + word} {
			if r := script.send("POST", "/api/v1/clients", "application/json", []byte(body)); r.Status != 422 {
				t.Errorf("%.80s answered %d", body, r.Status)
			}
		}
		for _, path := range []string{"/clients/new", "/incidents/new", "/settings", "/requests/new", "/clients/import"} {
			if r := owner.send("POST", path, "application/x-www-form-urlencoded", []byte("name=%zz"+word)); r.Status >= 500 {
				t.Errorf("%s answered %d", path, r.Status)
			}
		}
	}
	for _, path := range []string{"/clients/" + clientAddress, "/clients?q=" + clientAddress, "/p/" + clientAddress, "/setup/" + clientAddress, "/webhooks/processors/" + clientAddress} {
		owner.get(path)
		script.send("POST", path, "text/plain", []byte(clientName), "User-Agent", clientAddress, "Referer", "https://x.example/"+clientAddress)
	}
	newCaller(t, x.BaseURL).send("POST", "/login", "application/x-www-form-urlencoded", []byte("login="+clientAddress+"&password="+clientAddress))
}

// command runs a command and looks at all that it prints.
func (x *leaks) command(t *testing.T, args ...string) {
	t.Helper()
	out, err := command(t, nil, args...)
	if err != nil || out == "" {
		t.Errorf("%s: %v\n%s", args[0], err, out)
	}
	x.search(t, "datalek "+args[0], out)
}

// watch looks at what those who watch the machine are shown.
func (x *leaks) watch(t *testing.T, addresses ...string) {
	t.Helper()
	for _, address := range addresses {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || len(raw) == 0 {
			t.Errorf("%s: %d bytes, %v", address, len(raw), err)
		}
		x.search(t, address, string(raw))
	}
}

// scan looks through the files of a folder; there must be some.
func (x *leaks) scan(t *testing.T, what, folder string) {
	t.Helper()
	before := x.plain
	for _, file := range filesIn(t, folder) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		x.search(t, what+": "+filepath.Base(file), string(raw))
	}
	if x.plain == before {
		t.Errorf("nothing lies in %s", folder)
	}
}

// search fails when a word of a client stands in text.
func (x *leaks) search(t *testing.T, where, text string) {
	t.Helper()
	x.plain += len(text)
	lower := strings.ToLower(text)
	for word, what := range x.words {
		if at := strings.Index(lower, strings.ToLower(word)); at >= 0 {
			t.Errorf("%s tells %s, %s: …%.200s", where, what, word, lower[max(0, at-100):])
		}
	}
}

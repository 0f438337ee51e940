package main_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/services/devstack"

	"golang.org/x/net/html"
)

// practiceAtWork is a practice that began with one of the policies, with the
// person who works there. She reads pages and sends forms as a browser without
// scripts does; her mail server keeps every mail.
type practiceAtWork struct {
	*demo
	*person
	page *plainReader
	t    *testing.T
	home string // the page of the case she filed last
}

// opensPractice makes a practice that promises what a policy says, at ten in the
// morning, logs in, and takes over the systems and processors that belong to it.
// more goes to "practice add".
func opensPractice(t *testing.T, policy, name, email string, more ...string) *practiceAtWork {
	t.Helper()
	h := newServed(t, devstack.SMTPOptions{})
	morning(t, h.demo)
	h.addOwn(t, name, "Mia Proef", email, append([]string{"--policy", policy}, more...)...)
	h.serve()
	w := &practiceAtWork{demo: h.demo, page: newPlainReader(t, h.BaseURL), t: t}
	w.person = &person{visitor: w.page, t: t, disturb: func() {}}
	w.logIn(h.demo)
	w.open("/settings/start")
	w.sees("Neem over wat bij uw beleid hoort")
	w.click("Ga verder")
	w.sees("in uw lijst")
	return w
}

// someone is a person for the API, known since March 2025: of each number the
// address is number@mensen.example. more replaces or adds what it names.
func someone(number, name, relation string, more object) object {
	who := object{"external_id": number, "name": name, "email": number + "@mensen.example", "language": "nl", "relation": relation, "guidance": []object{{"from": "2025-03-01"}}}
	for field, value := range more {
		who[field] = value
	}
	return who
}

// left is the guidance of somebody who left on a day.
func left(on string) []object { return []object{{"from": "2024-01-08", "until": on}} }

// knows saves people.
func (w *practiceAtWork) knows(people ...object) {
	w.t.Helper()
	w.must(201, "POST", "/clients", people, nil)
}

// leak is what a practitioner answers to the form. Labels are as on its pages.
type leak struct {
	kind, story           string
	began, ended, noticed time.Time // ended is zero for one moment
	how, basis            string
	systems, data         []string
	protected             string // "" is "Nee, ze zijn te lezen"
	taken, planned        string
}

// files answers the form page by page, waits until everybody affected is found,
// and stands on the case's page.
func (w *practiceAtWork) files(b leak) {
	w.t.Helper()
	if b.protected == "" {
		b.protected = "Nee, ze zijn te lezen"
	}
	w.open("/incidents/new")
	for w.at() != "check" {
		w.answers(w.at(), b)
		before := w.path()
		w.click("Ga verder")
		if w.path() == before {
			w.t.Fatalf("%s does not go on:\n%s", before, w.words())
		}
	}
	w.sees(b.kind, b.story, b.basis)
	w.click("Leg dit datalek vast")
	w.sees("Het datalek is vastgelegd")
	w.home = strings.TrimSuffix(w.path(), "/filed")
	w.awaitsFound()
	w.open(w.home)
}

func (w *practiceAtWork) awaitsFound() {
	w.t.Helper()
	await(w.t, "everybody affected is found", func() error {
		var found struct{ Complete bool }
		if w.must(200, "GET", w.home+"/affected", nil, &found); !found.Complete {
			return errNot("not yet")
		}
		return nil
	})
}

// at is the last part of the page's address.
func (w *practiceAtWork) at() string {
	at := pageOf(w.person)
	return at[strings.LastIndex(at, "/")+1:]
}

// answers fills in one page of the form.
func (w *practiceAtWork) answers(step string, b leak) {
	w.t.Helper()
	switch step {
	case "whose":
		w.choose("Van mijn eigen praktijk")
	case "what":
		w.choose(b.kind)
	case "story":
		w.fill("Vertel kort wat er gebeurde", b.story)
	case "window":
		w.fillMoment("Wanneer gebeurde of begon het?", b.began)
		if b.ended.IsZero() {
			w.choose("Het was één moment")
			return
		}
		w.choose("Het duurde een tijd")
		w.fillMoment("Wanneer hield het op?", b.ended)
	case "found":
		w.fillMoment("Wanneer kwam u erachter?", b.noticed)
		w.fill("Hoe kwam u erachter?", b.how)
	case "aware":
		w.choose("Op hetzelfde moment als ik erachter kwam")
		w.fill("Waardoor wist u het toen zeker?", b.basis)
	case "systems":
		w.chooseAll(b.systems)
	case "data":
		w.chooseAll(b.data)
	case "whom":
		w.choose("Iedereen van wie er gegevens in de systemen stonden")
	case "protected":
		w.choose(b.protected)
	case "measures":
		w.fill("Wat hebt u al gedaan?", b.taken)
		w.fill("Wat gaat u nog doen?", b.planned)
	}
}

func (w *practiceAtWork) chooseAll(labels []string) {
	w.t.Helper()
	for _, label := range labels {
		w.choose(label)
	}
}

// today is an hour of the story's day.
func (w *practiceAtWork) today(hour int) time.Time {
	now := w.now().In(amsterdam(w.t))
	return time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, now.Location())
}

// finding is what the affected page says about one person.
type finding struct {
	number string
	says   []string
}

// found reads the affected page: about each of these people it says these words,
// and it lists nobody else.
func (w *practiceAtWork) found(want ...finding) {
	w.t.Helper()
	rows := map[string]string{}
	for _, list := range []string{"/affected", "/affected?group=not_affected"} {
		w.open(w.home + list)
		w.readRows(rows)
	}
	for _, f := range want {
		row, listed := rows[f.number]
		for _, words := range f.says {
			if !strings.Contains(squeezed(row), squeezed(words)) {
				w.t.Errorf("about %s the page does not say %q: %s", f.number, words, row)
			}
		}
		if !listed {
			w.t.Errorf("%s is not on the page", f.number)
		}
		delete(rows, f.number)
	}
	for number, row := range rows {
		w.t.Errorf("nobody expected %s: %s", number, row)
	}
}

var peopleNumber = regexp.MustCompile(`\b[a-z]-\d+$`) // the last word under a name

// readRows adds each person on the page by his number.
func (w *practiceAtWork) readRows(rows map[string]string) {
	for n := range w.page.page.Descendants() {
		if n.Type != html.ElementNode || n.Data != "th" || attr(n, "scope") != "row" {
			continue
		}
		if number := peopleNumber.FindString(text(n)); number != "" {
			rows[number] = text(n.Parent)
		}
	}
}

// draft opens the draft of a notice, asking for one when the program made none.
func (w *practiceAtWork) draft(audience string) {
	w.t.Helper()
	list := w.home + "/notices"
	w.open(list)
	if !w.hasLink(audience) {
		w.choose(audience)
		w.click("Maak")
		return
	}
	w.click(audience)
}

func (w *practiceAtWork) hasLink(words string) bool {
	for n := range w.page.page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && strings.HasPrefix(text(n), words) {
			return true
		}
	}
	return false
}

// approves goes from a draft behind the page that interrupts, and waits until no
// mail is on its way. sender is the address to choose; "" keeps what is chosen.
func (w *practiceAtWork) approves(sender string) {
	w.t.Helper()
	notice := pageOf(w.person)
	w.open(notice + "/approve")
	if sender != "" {
		w.choose(sender)
	}
	w.click(w.wayOn())
	w.open(notice)
	w.sees("De tekst die u goedkeurde")
	id := notice[strings.LastIndex(notice, "/")+1:]
	await(w.t, "the mails are gone", func() error {
		var page struct {
			Items []struct{ Channel, State string }
		}
		w.must(200, "GET", "/notices/"+id+"/deliveries?limit=500", nil, &page)
		for _, x := range page.Items {
			if (x.Channel == "email" || x.Channel == "encrypted_email") && x.State != "sent" {
				return errNot("%+v", page.Items)
			}
		}
		return nil
	})
}

// wayOn is the button that approves.
func (w *practiceAtWork) wayOn() string {
	w.t.Helper()
	for n := range w.page.page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "button" && regexp.MustCompile(`^(Verstuur|Keur goed|Zet de tekst)`).MatchString(text(n)) {
			return text(n)
		}
	}
	w.t.Fatalf("%s has no button that approves:\n%s", w.path(), w.words())
	return ""
}

// reads is the one mail in somebody's mailbox, and checks what it says and what
// it keeps silent about. No mail says who he is to the practice in its subject.
func (w *practiceAtWork) reads(number string, says, never []string) letter {
	w.t.Helper()
	got := w.mailsTo(number + "@mensen.example")
	if len(got) != 1 {
		w.t.Errorf("%s got %d mails, want one: %q", number, len(got), subjects(got))
		return letter{}
	}
	words := strings.Join(strings.Fields(got[0].Text), " ")
	for _, want := range says {
		if !strings.Contains(words, want) {
			w.t.Errorf("%s does not read %q:\n%s", number, want, got[0].Text)
		}
	}
	for _, secret := range append(never, number) {
		if strings.Contains(strings.ReplaceAll(got[0].Raw, number+"@mensen.example", ""), secret) {
			w.t.Errorf("%s reads %q:\n%s", number, secret, got[0].Raw)
		}
	}
	if regexp.MustCompile(`(?i)datalek|coach|therap|training|cliënt`).MatchString(got[0].Subject) {
		w.t.Errorf("the subject %q tells a housemate too much", got[0].Subject)
	}
	return got[0]
}

// hearsNothing checks that no mail ever went to these people.
func (w *practiceAtWork) hearsNothing(numbers ...string) {
	w.t.Helper()
	for _, m := range w.mails() {
		if name, _, _ := strings.Cut(m.To, "@"); slices.Contains(numbers, name) {
			w.t.Errorf("%s got a mail: %s", m.To, m.Text)
		}
	}
}

// decides answers "Is het risico voor mensen hoog?", once the page said these words.
func (w *practiceAtWork) decides(answer, reason string, says ...string) {
	w.t.Helper()
	w.open(w.home + "/risk")
	w.sees(says...)
	w.choose(answer)
	w.fill("Waarom?", reason)
	w.click("Leg dit besluit vast")
	w.sees(reason)
}

// filedWithAuthority records that the report is with the authority, once its sheet
// said these words and none of those.
func (w *practiceAtWork) filedWithAuthority(authority, reference string, says, never []string) {
	w.t.Helper()
	w.open(w.home + "/authority/sheet")
	w.sees(says...)
	w.silent(never...)
	w.must(201, "POST", w.home+"/filings", object{"authority": authority, "kind": "new", "complete": true, "filed_at": w.now().UTC().Format(time.RFC3339), "reference": reference}, nil)
}

// silent fails when one of the words stands on the page.
func (w *practiceAtWork) silent(never ...string) {
	w.t.Helper()
	for _, words := range never {
		if strings.Contains(squeezed(w.words()), squeezed(words)) {
			w.t.Errorf("%s says %q:\n%s", w.path(), words, w.words())
		}
	}
}

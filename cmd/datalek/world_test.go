package main_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// world is a practice with everything in it that pages can show. Its fields are
// addresses.
type world struct {
	running, unsure, overdue, closed, processor string // incidents: told halfway, little known, too late, closed, data of another
	long, short, filed                          string // forms: two begun ones, and a filed one
	public, report, dismissed                   string
	draft, going, done                          string // notices
	reading, code, reader, question             string // the readers' page, what opens it, and what was asked there
	phone, letter, told                         string // people to tell
	client, child                               string
	mail                                        string
	ack                                         string // the link in an alarm
	drill                                       string // one that is over
	reported, supplied                          string // what a supplier sent, as it sees it and as the practice does
	address                                     string // id of one at which a supplier reports
	imported                                    string // a list
	request, erasure, erased                    string // of people about their own data
	planned, stopped                            string // incidents whose message goes by itself, or would have gone
}

// world fills the demo. Two days pass meanwhile.
func (g *gallery) world() *world {
	g.t.Helper()
	d, w := g.d, &world{}
	r := newPlainReader(g.t, d.BaseURL)
	p := &person{visitor: r, t: g.t, disturb: func() {}}
	p.logIn(d)
	w.makeIncidents(g.t, d)
	w.makeNotices(g.t, d, r)
	w.askAsReader(g.t, d, p)
	w.closeOne(g.t, d)
	w.makeReports(p, r)
	w.makeForms(g.t, d, p, r)
	w.makePlanned(g.t, d, p)
	w.makeAnnouncement(g.t, d)
	w.makeSupplier(g.t, d)
	w.imported = importPage(g.t, d)
	w.client, w.child = clientPage(g.t, d, "V-001"), clientPage(g.t, d, "V-056")
	w.makeRequests(g.t, d)
	w.mail = r.link("/mailbox", "/mailbox/")
	w.ack = ackLink(g.t, d)
	w.makeDrill(p)
	return w
}

// clientPage is the page of the client with this number.
func clientPage(t *testing.T, d *demo, number string) string {
	t.Helper()
	var list struct {
		Items []struct {
			ID         string
			ExternalID string `json:"external_id"`
		}
	}
	d.must(200, "GET", "/clients?limit=500", nil, &list)
	for _, c := range list.Items {
		if c.ExternalID == number {
			return "/clients/" + c.ID
		}
	}
	t.Fatalf("no client has the number %s", number)
	return ""
}

// makeIncidents files one incident of every stage.
func (w *world) makeIncidents(t *testing.T, d *demo) {
	t.Helper()
	now := d.now().UTC().Truncate(time.Second)
	ago := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	file := func(into *string, body object, aware int) {
		t.Helper()
		var filed struct{ ID string }
		for name, value := range (object{"discovered_at": ago(aware + 1), "aware_at": ago(aware), "aware_basis": "Er stond vreemde mail in Verzonden.", "unintelligible": "no"}) {
			body[name] = value
		}
		d.must(201, "POST", "/incidents", body, &filed)
		*into = "/incidents/" + filed.ID
		await(t, "the assessment is complete", func() error {
			var found struct{ Complete bool }
			if d.must(200, "GET", *into+"/affected", nil, &found); !found.Complete {
				return errNot("not yet")
			}
			return nil
		})
	}
	file(&w.running, object{"playbook": "phished-mailbox", "summary": "Iemand logde in op mijn mailbox en stuurde van daar vreemde e-mails.", "occurred_from": ago(70), "occurred_until": ago(30),
		"systems": []string{"mailbox"}, "subjects": object{"all": true}, "measures_taken": "Wachtwoord veranderd en alle sessies afgesloten."}, 26)
	file(&w.unsure, object{"playbook": "lost-device", "summary": "Mijn telefoon is weg.", "subjects": object{"all": true}}, 2)
	file(&w.overdue, object{"playbook": "group-mail-cc", "summary": "Een uitnodiging ging naar iedereen in cc. Arbeidsongeschiktheidsverzekeringsmaatschappijvertegenwoordigers lazen mee.",
		"subjects": object{"external_ids": []string{"V-004", "V-008", "V-048"}, "emails": []string{"iemand.met.een.heel.lang.adres.dat.niet.past@organisatie-met-een-lange-naam.example"}}}, 77)
	file(&w.closed, object{"playbook": "mis-sent-email", "summary": "Een factuur ging naar een verkeerd adres.", "subjects": object{"external_ids": []string{"V-007"}},
		"recipients": []object{{"email": wrongAddress, "kind": "known"}}, "categories": []string{"name", "financial"}, "measures_taken": "Gebeld."}, 20)
	file(&w.processor, object{"playbook": "processor-breach", "summary": "De agenda van een opdrachtgever lekte.", "role": "processor", "systems": []string{"agenda"}, "subjects": object{"all": true}}, 5)
}

// noticeTo is the draft for an audience; the program makes it when there is none.
func noticeTo(t *testing.T, d *demo, incident, audience string) noticeView {
	t.Helper()
	var n noticeView
	await(t, "the draft to "+audience, func() error {
		var list struct{ Items []noticeView }
		d.must(200, "GET", incident+"/notices", nil, &list)
		at := slices.IndexFunc(list.Items, func(n noticeView) bool { return n.Audience == audience })
		if at < 0 {
			return errNot("%d notices", len(list.Items))
		}
		n = list.Items[at]
		return nil
	})
	return n
}

func (w *world) makeNotices(t *testing.T, d *demo, r *plainReader) {
	t.Helper()
	send := func(incident, audience string) string {
		n := noticeTo(t, d, incident, audience)
		d.must(202, "POST", "/notices/"+n.ID+"/approve", object{"text_hash": n.TextHash, "recipients_hash": n.RecipientsHash, "sender": "bericht@lindehof-post.example"}, nil)
		awaitSettled(t, d, n.ID)
		return "/notices/" + n.ID
	}
	w.going = send(w.running, "clients")
	w.done = send(w.closed, "clients")
	send(w.closed, "recipient")
	var n noticeView
	d.must(201, "POST", w.running+"/notices", object{"audience": "former_clients"}, &n)
	w.draft = "/notices/" + n.ID
	for name, at := range map[string]*string{"Voorbeeldcliënt 052": &w.told, "Voorbeeldcliënt 054": &w.phone, "Voorbeeldcliënt 059": &w.letter} {
		*at = r.linkTo(w.going+"/progress", name)
	}
	d.must(200, "POST", w.told+"/told", object{"by": "phone", "at": d.now().UTC().Format(time.RFC3339), "note": "Rustig gesprek."}, nil)
	d.must(200, "POST", r.linkTo(w.going+"/progress", "Voorbeeldcliënt 053")+"/unreachable", object{"reason": "Drie keer aangebeld."}, nil)
}

// awaitSettled waits until no mail of a notice is on its way.
func awaitSettled(t *testing.T, d *demo, notice string) {
	t.Helper()
	await(t, "the mails are gone", func() error {
		var page struct {
			Items []struct {
				State    string
				Attempts []struct{ Code int }
			}
		}
		d.must(200, "GET", "/notices/"+notice+"/deliveries?limit=500", nil, &page)
		sent := 0
		for _, item := range page.Items {
			if item.State == "sent" {
				sent++
			}
			if item.State == "sending" {
				return errNot("one is being sent")
			}
		}
		if sent == 0 {
			return errNot("none is sent")
		}
		var n struct{ State string }
		if d.must(200, "GET", "/notices/"+notice, nil, &n); n.State != "sent" {
			return errNot("the notice is %s", n.State)
		}
		return nil
	})
}

func (w *world) closeOne(t *testing.T, d *demo) {
	t.Helper()
	d.must(200, "POST", w.running+"/steps/sessions", object{"state": "done"}, nil)
	d.must(200, "POST", w.running+"/steps/insurer", object{"state": "not_applicable", "reason": "Er is geen verzekering."}, nil)
	d.must(201, "POST", w.running+"/measures", object{"text": "Zet inloggen met een tweede stap aan op elke mailbox.", "owner": "Arbeidsongeschiktheidsverzekeringsmaatschappijvertegenwoordiger", "due_on": "2026-12-31"}, nil)
	d.must(201, "POST", w.closed+"/decisions", object{"question": "authority", "answer": "not_notifiable", "reason": "De ontvanger heeft alles gewist."}, nil)
	d.must(200, "POST", w.closed+"/close", object{"reason": "Ik kijk het adres voortaan twee keer na."}, nil)
	d.must(201, "POST", w.running+"/decisions", object{"question": "persons", "answer": "notify", "reason": "In de mailbox staat veel over de gezondheid van mensen."}, nil)
	d.must(201, "POST", w.running+"/filings", object{"authority": "AP", "kind": "new", "complete": false, "filed_at": d.now().UTC().Format(time.RFC3339), "reference": "AP-2026-001234"}, nil)
}

// makeReports lets a stranger write, and keeps what a supplier sent.
func (w *world) makeReports(p *person, r *plainReader) {
	p.t.Helper()
	w.public = r.link("/settings", "/p/")
	for _, text := range []string{"Reclame voor printers.", "Ik kreeg een e-mail die voor iemand anders was. " + strings.Repeat("Er stonden namen in. ", 8)} {
		p.open(w.public)
		p.fill("Wat hebt u gemerkt?", text)
		p.fill("Uw naam", "Jan Verzonnen")
		p.fill("Hoe kunnen we u bereiken?", "06 00 00 00 00")
		p.click("Stuur dit bericht")
		p.sees("Uw bericht is aangekomen")
	}
	w.report = r.link("/triage", "/triage/", "/triage/new", "/triage/mail")
	p.open(r.lastLink("/triage", "/triage/", "/triage/new", "/triage/mail"))
	w.dismissed = p.path()
	p.fill("Waarom is dit geen datalek?", "Het is reclame.")
	p.click("Dit is geen datalek")
	p.sees("Vastgelegd: dit is geen datalek")
}

// makeForms begins both forms and leaves them.
func (w *world) makeForms(t *testing.T, d *demo, p *person, r *plainReader) {
	t.Helper()
	fileMisSent(t, d, p)
	w.filed = p.path()
	p.open("/mis-sent/new")
	w.short = strings.TrimSuffix(p.path(), "/about")
	p.fill("Zoek een cliënt", "voorbeeld 01")
	p.click("Zoek")
	p.choose("Voorbeeldcliënt 010")
	p.click("Ga verder")
	p.fill("E-mailadres van de ontvanger", wrongAddress)
	p.choose("Iemand die u niet kent")
	p.click("Ga verder")
	p.open("/incidents/new")
	w.long = strings.TrimSuffix(p.path(), "/whose")
	answerLongForm(p, d.now().In(amsterdam(t)).Add(-3*time.Hour))
}

// linkTo is the address of the link with these words on a page.
func (r *plainReader) linkTo(page, words string) string {
	r.t.Helper()
	r.open(page)
	for n := range r.page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && strings.Contains(text(n), words) {
			return r.resolved(attr(n, "href"))
		}
	}
	r.t.Fatalf("%s has no link %q:\n%s", page, words, r.words())
	return ""
}

// links are the addresses on a page that begin like this.
func (r *plainReader) links(page, begin string, but ...string) []string {
	r.t.Helper()
	r.open(page)
	var all []string
	for n := range r.page.Descendants() {
		if n.Type != html.ElementNode || n.Data != "a" && n.Data != "input" {
			continue
		}
		at := r.resolved(attr(n, "href"))
		if n.Data == "input" {
			at = r.resolved(attr(n, "value"))
		}
		if strings.HasPrefix(at, begin) && !slices.Contains(but, at) {
			all = append(all, at)
		}
	}
	if len(all) == 0 {
		r.t.Fatalf("%s leads to no %s", page, begin)
	}
	return all
}

func (r *plainReader) link(page, begin string, but ...string) string {
	r.t.Helper()
	return r.links(page, begin, but...)[0]
}

func (r *plainReader) lastLink(page, begin string, but ...string) string {
	r.t.Helper()
	all := r.links(page, begin, but...)
	return all[len(all)-1]
}

func (r *plainReader) resolved(href string) string {
	to, err := r.at.Parse(href)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix((&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path, RawQuery: to.RawQuery}).String(), r.base)
}

// ackLink is the page behind the link in an alarm's mail.
func ackLink(t *testing.T, d *demo) string {
	t.Helper()
	link := ""
	await(t, "an alarm is mailed", func() error {
		for _, m := range d.mails() {
			if found := ackAddress.FindString(m.Text); found != "" {
				link = strings.TrimPrefix(found, d.BaseURL)
				return nil
			}
		}
		return errNot("none yet")
	})
	return link
}

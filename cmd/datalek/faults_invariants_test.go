package main_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"datalek/services/devstack"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// proof is what a test knows by itself about a run, from the answers it got and
// from the mail server's own log. At the end it is held against what the program
// says through its API, its export and its register.
type proof struct {
	t     testing.TB
	api   *demo
	boxes []*devstack.SMTPServer // several when one took another's place

	mu           sync.Mutex
	acknowledged map[string]bool // references of reports answered 202
	filed        map[string]bool // incidents answered 201
	approved     map[string]bool // incidents whose clients are told by mail
	byWord       map[string]bool // clients that a person said he told
	withheld     map[string]int  // mails taken and not answered 250, by recipient
	others       bool            // incidents are filed that the test does not note
	cuts         int             // workers cut off, and so answers that may be lost
	doubled      int
}

func newProof(t testing.TB) *proof {
	return &proof{t: t, acknowledged: map[string]bool{}, filed: map[string]bool{}, approved: map[string]bool{},
		byWord: map[string]bool{}, withheld: map[string]int{}}
}

// watch notes the mails that the server keeps and does not answer 250.
func (p *proof) watch(behave func(devstack.Event) devstack.Act) func(devstack.Event) devstack.Act {
	return func(e devstack.Event) devstack.Act {
		act := behave(e)
		if e.Stage == devstack.AtDot && act.Code < 400 && (act.Drop || act.Hang) {
			p.withhold(e.Address)
		}
		return act
	}
}

func (p *proof) withhold(address string) { p.locked(func() { p.withheld[address]++ }) }

func (p *proof) locked(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

func (p *proof) acknowledge(reference string)   { p.locked(func() { p.acknowledged[reference] = true }) }
func (p *proof) fileIncident(id string)         { p.locked(func() { p.filed[id] = true }) }
func (p *proof) approveNotice(incident string)  { p.locked(func() { p.approved[incident] = true }) }
func (p *proof) wordFor(number string)          { p.locked(func() { p.byWord[number] = true }) }
func (p *proof) cut(workers int)                { p.locked(func() { p.cuts += workers }) }
func (p *proof) errorf(format string, a ...any) { p.t.Helper(); p.t.Errorf(format, a...) }
func (p *proof) summary() string {
	return fmt.Sprintf("%d reports and %d incidents acknowledged, %d mails taken, %d workers cut off, %d mails doubled",
		len(p.acknowledged), len(p.filed), len(p.mails()), p.cuts, p.doubled)
}

// check holds every promise against the program, which must be serving.
func (p *proof) check() {
	p.t.Helper()
	await(p.t, "the numbers of the told agree", p.numbersAgree)
	p.checkReports()
	p.checkPeople()
	p.checkMails()
	p.checkRegister()
}

// list reads a list of the API to its end.
func list[T any](p *proof, path string) []T {
	p.t.Helper()
	var all []T
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	for cursor := ""; ; {
		var page struct {
			Items []T
			Next  *string
		}
		at := path + mark + "limit=500"
		if cursor != "" {
			at += "&cursor=" + url.QueryEscape(cursor)
		}
		p.api.must(200, "GET", at, nil, &page)
		all = append(all, page.Items...)
		if page.Next == nil {
			return all
		}
		cursor = *page.Next
	}
}

type reportRow struct {
	ID         string
	Reference  *string
	IncidentID *string `json:"incident_id"`
}

// checkReports: every acknowledged report exists once, and so does its incident.
func (p *proof) checkReports() {
	p.t.Helper()
	times, about := map[string]int{}, map[string]int{}
	await(p.t, "every report has its incident", func() error {
		clear(times)
		clear(about)
		for _, r := range list[reportRow](p, "/reports?state=all") {
			if r.Reference == nil {
				continue
			}
			if r.IncidentID == nil {
				return errNot("%s has none", *r.Reference)
			}
			times[*r.Reference]++
			about[*r.IncidentID]++
		}
		for reference := range p.acknowledged {
			if times[reference] == 0 {
				return errNot("no report %s", reference)
			}
		}
		return nil
	})
	for reference := range p.acknowledged {
		if times[reference] != 1 {
			p.errorf("the report %s exists %d times", reference, times[reference])
		}
	}
	known := map[string]int{}
	for _, c := range list[caseView](p, "/incidents") {
		known[c.ID]++
	}
	for id, reports := range about {
		if reports != 1 || known[id] != 1 {
			p.errorf("%d reports of different cases led to incident %s, which exists %d times", reports, id, known[id])
		}
	}
	for id := range p.filed {
		if known[id] != 1 {
			p.errorf("the incident %s was answered 201 and exists %d times", id, known[id])
		}
	}
	if !p.others && len(known) != len(p.filed)+len(about) {
		p.errorf("%d incidents, want %d filed and %d reported", len(known), len(p.filed), len(about))
	}
}

type affectedRow struct {
	ExternalID *string `json:"external_id"`
	InScope    bool    `json:"in_scope"`
}

// attemptRow and deliveryRow are one mail to one client with its tries.
type attemptRow struct {
	Code      int
	Outcome   string
	MessageID string `json:"message_id"`
}

type deliveryRow struct {
	ID         string
	ExternalID *string `json:"external_id"`
	State      string
	ToldBy     *string `json:"told_by"`
	Attempts   []attemptRow
}

func (d deliveryRow) told() bool { return d.State == "sent" || d.State == "told_otherwise" }

func (d deliveryRow) tries(outcome string) int {
	n := 0
	for _, a := range d.Attempts {
		if a.Outcome == outcome {
			n++
		}
	}
	return n
}

func (p *proof) deliveries(notice string) []deliveryRow {
	p.t.Helper()
	return list[deliveryRow](p, "/notices/"+notice+"/deliveries")
}

// toClients are the mails of the notices to clients of an incident.
func (p *proof) toClients(incident string) []deliveryRow {
	p.t.Helper()
	var all []deliveryRow
	for _, n := range list[noticeView](p, "/incidents/"+incident+"/notices") {
		if n.Audience == "clients" {
			all = append(all, p.deliveries(n.ID)...)
		}
	}
	return all
}

// numbersAgree compares each clock's numbers with the people behind them. They
// are counted a moment after the last answer.
func (p *proof) numbersAgree() error {
	for incident := range p.approved {
		scope, told := map[string]bool{}, map[string]bool{}
		for _, a := range list[affectedRow](p, "/incidents/"+incident+"/affected") {
			if a.InScope {
				scope[*a.ExternalID] = true
			}
		}
		for _, d := range p.toClients(incident) {
			if d.told() && scope[*d.ExternalID] {
				told[*d.ExternalID] = true
			}
		}
		for _, c := range list[clockView](p, "/incidents/"+incident+"/clocks") {
			if c.Kind == "client" && (c.InScope == nil || *c.InScope != len(scope) || c.Told != len(told)) {
				return errNot("the clock of %s reads %d told, and %d of %d are", incident, c.Told, len(told), len(scope))
			}
		}
	}
	return nil
}

// checkPeople: every client in scope is told or listed as not told.
func (p *proof) checkPeople() {
	p.t.Helper()
	for incident := range p.approved {
		listed := map[string]int{}
		for _, d := range p.toClients(incident) {
			listed[*d.ExternalID]++
		}
		for _, a := range list[affectedRow](p, "/incidents/"+incident+"/affected") {
			if a.InScope && listed[*a.ExternalID] != 1 {
				p.errorf("client %s is in scope of %s and listed %d times", *a.ExternalID, incident, listed[*a.ExternalID])
			}
		}
	}
}

// logged is one mail in the log of the mail server.
type logged struct{ id, to string }

func (p *proof) mails() []logged {
	p.t.Helper()
	var all []logged
	for _, box := range p.boxes {
		for _, m := range box.Messages("", 0) {
			all = append(all, logged{id: messageIDOf(m.Raw), to: m.To[0]})
		}
	}
	return all
}

// messageIDOf reads the header that is the same for every try.
func messageIDOf(raw []byte) string {
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	for line := range strings.SplitSeq(strings.ReplaceAll(head, "\r\n ", " "), "\r\n") {
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Message-ID") {
			return strings.Trim(value, " <>")
		}
	}
	return ""
}

// checkMails: nobody is told without a 250 or a person's word; nobody gets a mail
// more than needed but after a lost answer, which is marked; no mail is nobody's.
func (p *proof) checkMails() {
	p.t.Helper()
	copies, taken, readers := map[string]int{}, map[string]int{}, map[string]string{}
	for _, m := range p.mails() {
		copies[m.id]++
		taken[m.to]++
		readers[m.id] = m.to
	}
	known, told := map[string]bool{}, map[string]int{}
	for incident := range p.approved {
		for _, d := range p.toClients(incident) {
			id := p.checkDelivery(d, copies)
			known[id] = true
			if d.State == "sent" {
				told[readers[id]]++
			}
		}
	}
	for to, n := range told {
		if answered := taken[to] - p.withheld[to]; n > answered {
			p.errorf("somebody counts as told by %d mails, and the mail server answered 250 to %d", n, answered)
		}
	}
	p.checkStrays(copies, readers, known)
}

// checkDelivery holds one row against the mail server's log, and returns the
// Message-ID of its mails. A worker that was stopped for long may bring its own
// answer after another one's: then both stand there.
func (p *proof) checkDelivery(d deliveryRow, copies map[string]int) string {
	p.t.Helper()
	id := ""
	for _, a := range d.Attempts {
		id = strings.Trim(a.MessageID, "<>")
	}
	n, lost, accepted := copies[id], d.tries("lost"), d.tries("accepted")
	switch {
	case d.State == "sent" && (accepted == 0 || n == 0):
		p.errorf("delivery %s reads sent after %d answers 250 and %d mails", d.ID, accepted, n)
	case d.State == "told_otherwise" && (d.ToldBy == nil || !p.byWord[*d.ExternalID]):
		p.errorf("delivery %s reads told otherwise, and nobody said so", d.ID)
	case n > lost+accepted || accepted > 1 && p.cuts == 0:
		p.errorf("delivery %s was mailed %d times with %d lost answers: %+v", d.ID, n, lost, d.Attempts)
	case id == "" && d.State == "sending":
		p.errorf("delivery %s is under way and has no attempt", d.ID)
	}
	if n > 1 {
		p.doubled += n - 1
	}
	return id
}

// checkStrays expects that each mail to a client belongs to a delivery, and that
// the practitioner's own come twice only where an answer may have been lost.
func (p *proof) checkStrays(copies map[string]int, readers map[string]string, known map[string]bool) {
	p.t.Helper()
	extra, lost := 0, p.cuts*connections
	for _, n := range p.withheld {
		lost += n
	}
	for id, n := range copies {
		if !ownAddress(readers[id]) && !known[id] {
			p.errorf("a mail to a client belongs to no delivery: %s", id)
		}
		extra += n - 1
	}
	if extra > lost {
		p.errorf("%d mails were sent once more, and at most %d answers were lost", extra, lost)
	}
}

type entryRow struct {
	Seq        int64
	Kind       string
	IncidentID *string `json:"incident_id"`
	At         time.Time
	Subject    *string
	Facts      map[string]string
	Prev, Hash *string
}

// checkRegister: the chain is whole, and every threshold that fired was told of
// once, none early, none late for good.
func (p *proof) checkRegister() {
	p.t.Helper()
	told := map[string]int{}
	var last entryRow
	for _, e := range list[entryRow](p, "/register") {
		if last.Hash != nil && (e.Seq != last.Seq+1 || e.Prev == nil || *e.Prev != *last.Hash) {
			p.errorf("entry %d does not follow entry %d", e.Seq, last.Seq)
		}
		last = e
		if e.Kind != "clock.threshold_passed" || e.IncidentID == nil {
			continue
		}
		for mark := range strings.SplitSeq(strings.Trim(e.Facts["mark"]+","+e.Facts["missed"], ","), ",") {
			told[*e.IncidentID+" "+e.Facts["clock"]+" "+mark]++
		}
		if at, err := time.Parse(time.RFC3339Nano, e.Facts["at"]); err != nil || e.At.Before(at) {
			p.errorf("entry %d tells at %s of a threshold at %s", e.Seq, e.At, e.Facts["at"])
		}
	}
	for _, c := range list[caseView](p, "/incidents") {
		for _, clock := range c.Clocks {
			p.checkThresholds(c.ID, clock, told)
		}
	}
	for key := range told {
		p.errorf("the register tells of a threshold that did not fire, or of one twice: %s", key)
	}
}

func (p *proof) checkThresholds(incident string, clock clockView, told map[string]int) {
	p.t.Helper()
	const patience = 30 * time.Second
	now := p.api.now()
	for _, t := range clock.Thresholds {
		key := incident + " " + clock.Kind + " " + t.Mark
		switch {
		case t.FiredAt != nil && told[key] == 1:
			delete(told, key)
		case t.FiredAt != nil:
			p.errorf("the register tells %d times of %s, which fired", told[key], key)
		case clock.State != "met" && clock.State != "ended" && now.Sub(t.At) > patience:
			p.errorf("%s was due %s ago and did not fire", key, now.Sub(t.At))
		}
		if t.FiredAt != nil && t.FiredAt.Before(t.At) {
			p.errorf("%s fired %s early", key, t.At.Sub(*t.FiredAt))
		}
	}
}

// signature returns the headers of a signed report.
func (d *demo) signature(id, body string) []string {
	d.t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(d.WebhookSecret, "whsec_"))
	if err != nil {
		d.t.Fatal(err)
	}
	signer, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		d.t.Fatal(err)
	}
	at := d.now()
	signature, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		d.t.Fatal(err)
	}
	return []string{"webhook-id", id, "webhook-timestamp", strconv.FormatInt(at.Unix(), 10), "webhook-signature", signature}
}

// ownAddress reports whether a mail is the practitioner's own, and no client's.
func ownAddress(to string) bool {
	return slices.Contains([]string{hostEmail, "anna.thuis@voorbeeldpost.example"}, to)
}

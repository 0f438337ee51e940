package intake_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

const supplierMail = `From: Contoso Security <security@mail.contoso.example>
To: info@praktijk.example
Subject: Beveiligingsincident bij Contoso
Date: Fri, 5 Mar 2027 14:00:00 +0100
Message-ID: <a1@contoso.example>
Received: from mx.contoso.example by mx.praktijk.example; Fri, 5 Mar 2027 14:00:07 +0100
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<p>Tussen 1 maart 2027 en 2 maart 2027 zijn mailboxen van 60 klanten gelezen, met namen en e-mailadressen.</p>
<p>Kenmerk: CTS-2027-0042. <a href="https://track.contoso.example/x?u=1">Lees meer</a></p><script>alert(1)</script>
`

// contoso is a supplier that runs the mailbox.
func (w *world) contoso() {
	w.t.Helper()
	_, err := w.store.PutProcessor(w.t.Context(), registry.Processor{ID: "mail-host", PracticeID: "p1", Name: "Hosting BV", Contact: "privacy@contoso.example", UpdatedAt: friday})
	w.ok(err)
	_, err = w.store.PutProcessor(w.t.Context(), registry.Processor{ID: "other", PracticeID: "p1", Name: "Iets Anders", UpdatedAt: friday})
	w.ok(err)
	s, err := w.store.System(w.t.Context(), "p1", "mailbox")
	w.ok(err)
	s.ProcessorID = "mail-host"
	_, err = w.store.PutSystem(w.t.Context(), s)
	w.ok(err)
}

// upload sends a form with a file.
func (v *visitor) upload(file string, fields ...string) answer {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = form.WriteField(fields[i], fields[i+1])
	}
	part, _ := form.CreateFormFile("file", "mail.eml")
	_, _ = part.Write([]byte(file))
	_ = form.Close()
	return answered(v.Send("POST", "/triage/mail", form.FormDataContentType(), &body))
}

// kept uploads a mail and returns the address of its page.
func (v *visitor) kept(mail string) string {
	v.t.Helper()
	a := v.upload(mail)
	if a.status != http.StatusSeeOther {
		v.t.Fatalf("status %d: %s", a.status, a.text)
	}
	return a.to
}

// told is what somebody fills in, over what the page began with.
func told(changed ...string) url.Values {
	form := url.Values{"processor": {"mail-host"}, "reference": {"CTS-2027-0042"}, "occurred_from_precision": {"unknown"}, "occurred_until_precision": {"unknown"},
		"systems": {"mailbox"}, "categories": {"contact", "correspondence"}, "people": {"60"}, "summary": {"Vreemden lazen de mailbox."}, "aware": {"told"}}
	for i := 0; i+1 < len(changed); i += 2 {
		form.Set(changed[i], changed[i+1])
	}
	return form
}

func TestASuppliersMailStandsBesideTheFormThatItFills(t *testing.T) {
	w := newWorld(t)
	w.contoso()
	anke := w.anke()
	at := anke.kept(supplierMail)
	a := anke.get(at)
	holds(t, a, "Wat de leverancier schreef", "Contoso Security <security@mail.contoso.example>", "Beveiligingsincident bij Contoso", "Verstuurd, volgens de mail", "14.00",
		"Aan ons verteld", "17.42", "Tussen 1 maart 2027", "Lees meer: https://track.contoso.example/x?u=1", "Deze mail heeft geen handtekening",
		"Kreeg u hem toen al?", "Voorstel, door het adres van de afzender", "Voorstel, uit de tekst van de mail", hashOf(supplierMail))
	for _, want := range []string{`value="mail-host" selected`, `value="CTS-2027-0042"`, `name="occurred_from_day" type="text" inputmode="numeric" autocomplete="off" value="1"`, `name="occurred_until_day" type="text" inputmode="numeric" autocomplete="off" value="2"`,
		`value="23:59"`, `name="occurred_from_precision" type="radio" value="about" checked`, `name="occurred_until_precision" type="radio" value="about" checked`,
		`name="systems" type="checkbox" value="mailbox" checked`, `value="contact" checked`, `name="people" type="text" value="60"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	for _, never := range []string{"alert(1)", `href="https://track.`, `value="health" checked`} {
		if strings.Contains(a.body, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	if got := anke.get(at + "/raw"); got.body != supplierMail {
		t.Errorf("the bytes are not as they came: %q", got.body)
	}
	if len(w.incidents()) != 0 {
		t.Error("a mail opened a case by itself")
	}
	if other := w.as("p2").get(at); other.status != http.StatusNotFound {
		t.Errorf("another practice gets %d", other.status)
	}
	if again := anke.kept(strings.ReplaceAll(supplierMail, "\n", "\r\n")); again != at || len(w.reports()) != 1 {
		t.Errorf("the same mail with other line ends is a second report: %s", again)
	}
}

func TestWhatAPersonMakesOfAMailOpensACase(t *testing.T) {
	w := newWorld(t)
	w.contoso()
	anke := w.anke()
	at := anke.kept(supplierMail)
	w.pass(time.Hour)
	first := anke.send("POST", at+"/told", told())
	if first.status != http.StatusSeeOther || !strings.HasSuffix(first.to, "/filed") {
		t.Fatalf("status %d to %s: %s", first.status, first.to, first.text)
	}
	if again := anke.send("POST", at+"/told", told()); again.to != first.to {
		t.Errorf("pressed twice it leads to %s and %s", first.to, again.to)
	}
	all := w.incidents()
	if len(all) != 1 {
		t.Fatalf("%d cases", len(all))
	}
	inc := all[0]
	if inc.Source != incidents.FromMail || inc.CaseKey != "mail-host/CTS-2027-0042" || inc.Facts.ProcessorID != "mail-host" || inc.Facts.Playbook != "processor-breach" {
		t.Errorf("case = %s %s %s %s", inc.Source, inc.CaseKey, inc.Facts.ProcessorID, inc.Facts.Playbook)
	}
	if !inc.AwareAt().Equal(friday) || inc.Clock(incidents.AuthorityClock) == nil || !strings.Contains(inc.Story.Summary, "De leverancier noemt 60 mensen.") {
		t.Errorf("aware at %s, story %q", inc.AwareAt(), inc.Story.Summary)
	}
	r := w.reports()[0]
	if r.State != incidents.BecameIncident || r.IncidentID != inc.ID || r.ProcessorID != "mail-host" || r.Words.Reference != "CTS-2027-0042" {
		t.Errorf("report = %s %s %s", r.State, r.IncidentID, r.ProcessorID)
	}
	holds(t, anke.get(at), "Naar dit datalek", "Beveiligingsincident bij Contoso")
}

func TestALaterMailOfTheSameReferenceJoinsTheCase(t *testing.T) {
	w := newWorld(t)
	w.contoso()
	anke := w.anke()
	anke.send("POST", anke.kept(supplierMail)+"/told", told())
	second := anke.kept(strings.Replace(supplierMail, "<a1@", "<a2@", 1))
	a := anke.send("POST", second+"/told", told("summary", "Het waren er meer.", "systems", "client-file"))
	all := w.incidents()
	if a.status != http.StatusSeeOther || len(all) != 1 || a.to != "/incidents/"+all[0].ID {
		t.Fatalf("status %d to %s, %d cases: %s", a.status, a.to, len(all), a.text)
	}
	if got := all[0].Facts.Systems; len(got) != 1 || got[0] != "client-file" || len(all[0].ReportIDs) != 2 {
		t.Errorf("systems %v, reports %v", got, all[0].ReportIDs)
	}
	third := anke.kept(strings.Replace(supplierMail, "<a1@", "<a3@", 1))
	anke.send("POST", third+"/told", told("processor", "other"))
	if n := len(w.incidents()); n != 2 {
		t.Errorf("another supplier's case of this reference is joined too: %d cases", n)
	}
}

func TestAnotherMomentTakesAReason(t *testing.T) {
	w := newWorld(t)
	w.contoso()
	anke := w.anke()
	at := anke.kept(supplierMail)
	form := told("aware", "other", "aware_at_day", "5", "aware_at_month", "3", "aware_at_year", "2027", "aware_at_time", "14:00")
	a := anke.send("POST", at+"/told", form)
	if a.status != http.StatusUnprocessableEntity || len(w.incidents()) != 0 {
		t.Fatalf("status %d", a.status)
	}
	holds(t, a, "Vul in waarom dat andere moment geldt.")
	form.Set("aware_basis", "De mail stond toen in mijn mailbox.")
	if a = anke.send("POST", at+"/told", form); a.status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", a.status, a.text)
	}
	aware := w.incidents()[0].Aware[0]
	if want := time.Date(2027, 3, 5, 13, 0, 0, 0, time.UTC); !aware.AwareAt.Equal(want) || aware.Basis != "De mail stond toen in mijn mailbox." {
		t.Errorf("aware = %+v", aware)
	}
}

func TestSinceWhenTheSupplierKnewIsAskedAndStartsItsClock(t *testing.T) {
	w := newWorld(t)
	w.contoso()
	p, err := w.store.Processor(t.Context(), "p1", "mail-host")
	w.ok(err)
	day := 24
	p.ContractHours = &day
	_, err = w.store.PutProcessor(t.Context(), p)
	w.ok(err)
	anke := w.anke()
	page := anke.kept(supplierMail)
	holds(t, anke.get(page), "Sinds wanneer wist de leverancier het zelf? (niet verplicht)")
	knew := func(moment string) []string {
		fields := []string{}
		for i, pair := 0, at("processor_aware_at", moment); i < len(pair); i++ {
			fields = append(fields, pair[i])
		}
		return fields
	}
	a := anke.send("POST", page+"/told", told(knew("5-3-2027 18:00")...))
	if a.status != http.StatusUnprocessableEntity {
		t.Fatalf("a time after we were told: %d", a.status)
	}
	holds(t, a, "De leverancier wist het voordat u het hoorde.")
	if a = anke.send("POST", page+"/told", told()); a.status != http.StatusSeeOther || w.incidents()[0].Clock(incidents.ContractClock) != nil {
		t.Fatalf("without it: %d", a.status)
	}
	second := anke.kept(strings.Replace(supplierMail, "<a1@", "<a2@", 1))
	if a = anke.send("POST", second+"/told", told(knew("4-3-2027 14:42")...)); a.status != http.StatusSeeOther {
		t.Fatalf("in a later mail: %d %s", a.status, a.text)
	}
	third := anke.kept(strings.Replace(supplierMail, "<a1@", "<a3@", 1))
	anke.send("POST", third+"/told", told(knew("1-3-2027 10:00")...))
	c := w.incidents()[0].Clock(incidents.ContractClock)
	if len(w.incidents()) != 1 || c == nil || !c.StartsAt.Equal(time.Date(2027, 3, 4, 13, 42, 0, 0, time.UTC)) || !c.MetAt.Equal(friday) {
		t.Fatalf("clock = %+v", c)
	}
	holds(t, anke.get(page), "Was de leverancier op tijd?", "3 uur te laat volgens de afspraak van 24 uur.")
}

func TestFaultsOfTheFormKeepWhatWasTyped(t *testing.T) {
	w := newWorld(t)
	w.contoso()
	anke := w.anke()
	at := anke.kept(supplierMail)
	for _, tt := range []struct{ field, value, says string }{
		{"summary", "", "Vul"}, {"people", "veel", "Vul een aantal in"}, {"processor", "nobody", "Kies een leverancier uit de lijst."},
		{"systems", "nothing", "systemen"}, {"categories", "nothing", "gegevens"},
	} {
		a := anke.send("POST", at+"/told", told(tt.field, tt.value, "measures_taken", "Afgesloten."))
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", tt.field, a.status)
		}
		holds(t, a, tt.says, "Afgesloten.")
	}
	if a := anke.send("POST", at+"/dismiss", url.Values{}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `value="CTS-2027-0042"`) {
		t.Errorf("dismissed without a reason: %d", a.status)
	}
	if len(w.incidents()) != 0 {
		t.Error("a faulty form opened a case")
	}
	anke.send("POST", at+"/dismiss", url.Values{"reason": {"reclame"}})
	if a := anke.send("POST", at+"/told", told()); a.status != http.StatusConflict || len(w.incidents()) != 0 {
		t.Errorf("a settled mail opens a case: %d", a.status)
	}
	holds(t, anke.get(at), "Dit was geen datalek", "reclame")
}

func TestWhatIsNoMailIsSaidSo(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	for _, tt := range []struct{ name, file, says string }{
		{"nothing", "", "Plak de mail, of kies een bestand."},
		{"a file of Outlook's own", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "Sla de mail op als .eml"},
	} {
		a := anke.upload(tt.file)
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", tt.name, a.status)
		}
		holds(t, a, tt.says)
	}
	if n := len(w.reports()); n != 0 {
		t.Errorf("%d reports", n)
	}
	for _, text := range []string{"\x00\x00", "Van: x\nOnderwerp: y\n\nwoorden", strings.Repeat("x", 1<<20), "<script>alert(1)</script>", "From: a@b.example\r\nDate: x\r\nSubject: a\r\n\tb\r\n\r\n"} {
		a := anke.upload("", "text", text)
		if a.status != http.StatusSeeOther {
			t.Fatalf("%.20q: status %d: %s", text, a.status, a.text)
		}
		if shown := anke.get(a.to); shown.status != http.StatusOK || strings.Contains(shown.body, "<script>alert") {
			t.Errorf("%.20q: status %d", text, shown.status)
		}
	}
	if a := anke.send("POST", "/triage/mail", url.Values{"text": {"woorden"}}); a.status != http.StatusSeeOther {
		t.Errorf("a form without a file: %d", a.status)
	}
}

func TestAMailOf25MegabytesIsKeptAsFarAsItGoes(t *testing.T) {
	w := newWorld(t)
	anke := w.anke()
	at := anke.kept(supplierMail + strings.Repeat("x", 25<<20))
	holds(t, anke.get(at), "Dit bestand was groter dan 10 MB", "Tussen 1 maart 2027")
	receipt, err := w.store.Receipt(t.Context(), w.reports()[0].ReceiptID)
	w.ok(err)
	if len(receipt.Raw) != incidents.MaxMail || receipt.DoneAt.IsZero() || receipt.Headers["from"] == "" {
		t.Errorf("%d bytes are kept, done %s, headers %v", len(receipt.Raw), receipt.DoneAt, receipt.Headers)
	}
	if waiting, _ := w.store.PendingReceipts(t.Context(), friday.Add(time.Hour), 10); len(waiting) != 0 {
		t.Error("the mail waits to be fanned out")
	}
}

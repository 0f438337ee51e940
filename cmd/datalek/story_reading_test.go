package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What stands in a mail for its reader: the practice's page, and his own code.
var readingNote = regexp.MustCompile(`Ga naar (http\S+/lees) en vul daar uw e-mailadres en deze code in: ([0-9A-Z]{5}-[0-9A-Z]{5})`)

// A client gets a notice, opens it again on his phone with the code from the mail,
// says that he read it and asks something; the practice sees both and answers. Who
// only guesses learns nothing, and no code is left anywhere outside mail and store.
func TestStoryOfAReaderWhoComesBack(t *testing.T) {
	d := startDemo(t, "--empty")
	notice := d.tellTwo(t)
	var mail letter
	await(t, "the mail came", func() error {
		if got := d.mailsTo("een@clienten.example"); len(got) == 1 {
			mail = got[0]
			return nil
		}
		return errNot("%d mails", len(d.mailsTo("een@clienten.example")))
	})
	at := readingNote.FindStringSubmatch(strings.Join(strings.Fields(mail.Text), " "))
	if at == nil || strings.Contains(at[1], at[2]) {
		t.Fatalf("the mail does not say where and with which code:\n%s", mail.Text)
	}
	place, code := strings.TrimPrefix(at[1], d.BaseURL), at[2]
	if strings.Count(mail.Raw, code) != 2 || strings.Contains(mail.Raw, `href="http`) {
		t.Errorf("the code stands %d times in the mail, want once in each form, and no link beside it", strings.Count(mail.Raw, code))
	}

	b := openBrowser(t, d.BaseURL, phoneWidth)
	p := &person{visitor: b, t: t, disturb: func() {}}
	axe := axeScript(t)
	check := func(name string) {
		t.Helper()
		b.keepIn(os.Getenv("DATALEK_TEST_PICTURES"), "reading-"+name+"-390.png")
		if s := eval[seen](b, sawPage); s.Width > phoneWidth {
			t.Errorf("%s is %d px wide: %s", name, s.Width, s.Widest)
		}
		for _, violation := range axeFaults(b, axe) {
			t.Errorf("%s: axe: %s", name, violation)
		}
	}
	p.open(place)
	check("door")
	b.expect(422)
	for _, wrong := range [][2]string{{code, "twee@clienten.example"}, {"00000-00000", "een@clienten.example"}} {
		p.fill("De code uit het bericht", wrong[0])
		p.fill("Uw e-mailadres", wrong[1])
		p.click("Lees mijn bericht")
		p.sees("Met deze code en dit e-mailadres is hier geen bericht te lezen.")
	}
	b.expect(0)
	check("refused")
	p.fill("De code uit het bericht", " "+strings.ToLower(strings.ReplaceAll(code, "-", " "))+" ")
	p.fill("Uw e-mailadres", "Een@Clienten.Example")
	p.click("Lees mijn bericht")
	body, _, _ := strings.Cut(mail.Text, "Wilt u dit bericht later")
	p.sees(body, mail.Subject)
	if strings.Contains(b.words(), code) || strings.Contains(p.path(), code) {
		t.Error("the code stands on the page or in its address")
	}
	check("notice")
	p.click("Ik heb dit gelezen")
	p.sees("Gelezen op")
	p.fill("Uw vraag", "Wat staat er over mij in die mail? Zebrapad.")
	p.click("Stuur mijn vraag")
	p.sees("Uw vraag is bij de praktijk.", "Zebrapad")
	check("asked")
	p.click("Klaar, sluit mijn bericht")
	p.sees("U bent klaar.")

	await(t, "the practice is warned without the question", func() error {
		for _, m := range d.mails() {
			if strings.Contains(m.Subject, "Iemand heeft een vraag") {
				if strings.Contains(m.Raw, "Zebrapad") || strings.Contains(m.Raw, "Cliënt Een") {
					t.Error("the warning holds the question, or who asks")
				}
				return nil
			}
		}
		return errNot("no warning yet")
	})
	var deliveries struct {
		Items []struct {
			ID, State  string
			ExternalID string  `json:"external_id"`
			ReadAt     *string `json:"read_at"`
			ToldAt     *string `json:"told_at"`
		}
	}
	d.must(200, "GET", "/notices/"+notice+"/deliveries", nil, &deliveries)
	for _, x := range deliveries.Items {
		if read := x.ReadAt != nil; read != (x.ExternalID == "c-1") || x.State != "sent" {
			t.Errorf("delivery %+v: only the first was read, and both were sent", x)
		}
	}
	p.logIn(d)
	p.sees("1 vraag van een lezer wacht op uw antwoord.")
	p.click("Bekijk de vragen")
	check("questions")
	p.click("Vraag van Cliënt Een")
	p.sees("Zebrapad")
	check("question")
	p.choose("per telefoon")
	p.click("Leg vast dat ik antwoordde")
	p.sees("Vastgelegd dat u antwoordde.")
	p.open("/notices/" + notice + "/answers")
	p.sees("Zei zelf dat hij het las")

	var questions struct {
		Items []struct {
			ID, Text, State string
			AnsweredBy      *string `json:"answered_by"`
		}
	}
	d.must(200, "GET", "/questions", nil, &questions)
	if len(questions.Items) != 1 || questions.Items[0].State != "answered" || *questions.Items[0].AnsweredBy != "phone" {
		t.Fatalf("questions %+v, want one answered by phone", questions.Items)
	}
	d.must(409, "POST", "/questions/"+questions.Items[0].ID+"/answered", object{"by": "email"}, nil)
	d.must(404, "POST", "/questions/none/answered", object{"by": "email"}, nil)
	d.must(200, "GET", "/questions?state=open", nil, &questions)
	if len(questions.Items) != 0 {
		t.Errorf("open questions %+v, want none", questions.Items)
	}
	await(t, "the register tells of it", func() error {
		_, raw := d.raw("GET", d.BaseURL+"/api/v1/register", nil, "Authorization", "Bearer "+d.APIToken)
		for _, kind := range []string{`"delivery.read"`, `"question.asked"`, `"question.answered"`} {
			if strings.Count(string(raw), kind) != 1 {
				return errNot("%d entries of %s", strings.Count(string(raw), kind), kind)
			}
		}
		if strings.Contains(string(raw), "Zebrapad") || strings.Contains(string(raw), code) {
			t.Error("the register holds the question or the code")
		}
		return nil
	})
	d.stop()
	for _, secret := range []string{code, strings.ReplaceAll(code, "-", ""), "Zebrapad"} {
		if strings.Contains(d.out.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
		files, err := filepath.Glob(filepath.Join(d.dir, "data", "datalek.db*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no database: %v", err)
		}
		for _, file := range files {
			if raw, err := os.ReadFile(file); err == nil && strings.Contains(string(raw), secret) {
				t.Errorf("%s holds %q readable", filepath.Base(file), secret)
			}
		}
	}
}

// tellTwo files a case about two clients and approves the notice to them.
func (d *demo) tellTwo(t *testing.T) string {
	t.Helper()
	now := d.now().UTC().Truncate(time.Second)
	at := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	d.must(201, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "categories": []string{"name", "contact"}, "identifiability": "identified"}, nil)
	d.must(201, "POST", "/clients", []object{
		{"external_id": "c-1", "name": "Cliënt Een", "email": "een@clienten.example", "phone": "+31 6 0000 0001", "language": "nl", "guidance": []object{{"from": "2025-03-01"}}},
		{"external_id": "c-2", "name": "Cliënt Twee", "email": "twee@clienten.example", "language": "nl", "guidance": []object{{"from": "2025-03-01"}}},
	}, nil)
	var filed json.RawMessage
	d.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Iemand las mee.", "occurred_from": at(20), "occurred_until": at(4), "discovered_at": at(3), "aware_at": at(2),
		"aware_basis": "Vreemde mail gezien.", "systems": []string{"mailbox"}, "categories": []string{"contact"}, "breach_kinds": []string{"confidentiality"}, "subjects": object{"all": true},
		"unintelligible": "no", "role": "controller"}, &filed)
	var incident struct{ ID string }
	if err := json.Unmarshal(filed, &incident); err != nil {
		t.Fatal(err)
	}
	return d.approveAll(incident.ID)
}

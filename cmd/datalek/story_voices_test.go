package main_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// voiced is a notice as the API shows it, with for whom each text is.
type voiced struct {
	ID             string
	TextHash       string `json:"text_hash"`
	RecipientsHash string `json:"recipients_hash"`
	Languages      []struct{ Language, For, Subject, Text string }
}

// One approval, and each reads words that are his: a client, one of 14, and the
// contact person of an organisation; the parents' message follows.
func TestStoryOfWordsForEachKindOfReader(t *testing.T) {
	d := startDemo(t, "--empty")
	client := http.DefaultClient.Transport
	http.DefaultClient.Transport = describe(t, d.BaseURL)
	t.Cleanup(func() { http.DefaultClient.Transport = client })
	incident := d.leakToFour(t)

	n := d.draftOf(t, incident, "clients")
	var kinds []string
	for _, text := range n.Languages {
		kinds = append(kinds, text.Language+"/"+text.For)
	}
	if want := []string{"nl/", "nl/young", "en/organisation"}; !slices.Equal(kinds, want) {
		t.Fatalf("texts %v, want %v", kinds, want)
	}
	young := n.Languages[1]
	d.must(200, "PATCH", "/notices/"+n.ID, object{"languages": []object{{"language": "nl", "for": "young", "subject": young.Subject,
		"text": strings.Replace(young.Text, "Jij hebt niets fout gedaan.", "Jij hebt niets fout gedaan, echt niet.", 1)}}}, &n)
	if n.Languages[0].Text == n.Languages[1].Text || strings.Contains(n.Languages[0].Text, "echt niet") {
		t.Error("the edit of the young person's text reached another text")
	}
	d.letGo(n)
	d.letGo(d.draftOf(t, incident, "parents"))

	for address, want := range map[string]struct{ says, never []string }{
		"veertien@clienten.example":  {[]string{"Jij hebt niets fout gedaan, echt niet.", "Wil je dit bericht later nog eens lezen"}, []string{" u ", "Uw ", "aantekeningen of"}},
		"ouder@clienten.example":     {[]string{"uw kind", "persoonlijke aantekeningen"}, []string{"Jij hebt", "contactpersoon"}},
		"volwassen@clienten.example": {[]string{"gegevens van u", "persoonlijke aantekeningen", "gegevens over gezondheid"}, []string{"Jij hebt", "contactpersoon", "uw kind"}},
		"inkoop@opdracht.example":    {[]string{"You are our contact person at an organisation", "- email address or phone number", "We may not tell you anything about other people."}, []string{"personal notes", "health", "Jij", "your child"}},
	} {
		await(t, "the mail to "+address, func() error {
			if got := len(d.mailsTo(address)); got != 1 {
				return errNot("%d mails", got)
			}
			return nil
		})
		mail := d.mailsTo(address)[0]
		for _, words := range want.says {
			if !strings.Contains(mail.Text, words) {
				t.Errorf("%s does not read %q:\n%s", address, words, mail.Text)
			}
		}
		for _, words := range want.never {
			if strings.Contains(mail.Text, words) {
				t.Errorf("%s reads %q:\n%s", address, words, mail.Text)
			}
		}
	}
	d.readersOf(t, n.ID, map[string]string{"j-1": "young", "v-1": "", "o-1": "organisation"})

	var found struct{ Items []struct{ ID string } }
	d.must(200, "GET", "/incidents/"+incident+"/affected", nil, &found)
	decide := "/incidents/" + incident + "/affected/" + found.Items[0].ID + "/decision"
	d.must(409, "POST", decide, object{"tell": false, "ground": "reveals", "reason": "x"}, nil) // this policy leaves nothing to decide
	d.must(422, "POST", decide, object{"ground": "reveals"}, nil)
	d.must(404, "POST", "/incidents/"+incident+"/affected/nobody/decision", object{"tell": true, "ground": nil, "reason": nil}, nil)
}

// readersOf checks in which words each reader of a notice is told.
func (d *demo) readersOf(t *testing.T, notice string, want map[string]string) {
	t.Helper()
	var list struct {
		Items []struct {
			Number string `json:"external_id"`
			For    string
		}
	}
	d.must(200, "GET", "/notices/"+notice+"/deliveries", nil, &list)
	for _, x := range list.Items {
		if kind, some := want[x.Number]; !some || kind != x.For {
			t.Errorf("%s reads what is for %q, want %q", x.Number, x.For, kind)
		}
	}
	if len(list.Items) != len(want) {
		t.Errorf("%d readers, want %d", len(list.Items), len(want))
	}
}

// leakToFour files a case about a client of 14 with a parent, one who is grown
// up, and a contact person.
func (d *demo) leakToFour(t *testing.T) string {
	t.Helper()
	now := d.now().UTC().Truncate(time.Second)
	at := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	guided := []object{{"from": "2025-03-01"}}
	d.must(201, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "categories": []string{"name", "contact", "health", "session_notes"}, "identifiability": "identified"}, nil)
	d.must(201, "POST", "/clients", []object{
		{"external_id": "p-1", "name": "Ouder Een", "email": "ouder@clienten.example", "language": "nl", "relation": "parent", "holdings": []object{}},
		{"external_id": "j-1", "name": "Jong Veertien", "email": "veertien@clienten.example", "language": "nl", "birth_year": now.Year() - 14, "guardians": []string{"p-1"}, "guidance": guided},
		{"external_id": "v-1", "name": "Volwassen Een", "email": "volwassen@clienten.example", "language": "nl", "birth_year": 1980, "guidance": guided},
		{"external_id": "o-1", "name": "Inkoop Een", "email": "inkoop@opdracht.example", "language": "en", "relation": "organisation_contact", "guidance": guided},
	}, nil)
	var filed struct{ ID string }
	d.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Iemand las mee.", "occurred_from": at(20), "occurred_until": at(4), "discovered_at": at(3), "aware_at": at(2),
		"aware_basis": "Vreemde mail gezien.", "systems": []string{"mailbox"}, "categories": []string{"name", "contact", "health", "session_notes"}, "breach_kinds": []string{"confidentiality"},
		"subjects": object{"all": true}, "unintelligible": "no", "role": "controller"}, &filed)
	return filed.ID
}

// draftOf drafts a notice once the affected are found.
func (d *demo) draftOf(t *testing.T, incident, audience string) voiced {
	t.Helper()
	var n voiced
	await(t, "the draft for "+audience, func() error {
		if status := d.call("POST", "/incidents/"+incident+"/notices", object{"audience": audience}, &n); status != 201 {
			return errNot("draft answered %d", status)
		}
		return nil
	})
	return n
}

func (d *demo) letGo(n voiced) {
	d.t.Helper()
	d.must(202, "POST", "/notices/"+n.ID+"/approve", object{"text_hash": n.TextHash, "recipients_hash": n.RecipientsHash}, nil)
}

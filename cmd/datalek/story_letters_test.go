package main_test

import (
	"bytes"
	"compress/zlib"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// Who has no e-mail is told on paper or by phone: the letter is printed in his
// language, and he counts as told once somebody says that it was posted.
func TestStoryOfThoseWhoHaveNoEmail(t *testing.T) {
	d := startDemo(t, "--empty")
	client := http.DefaultClient.Transport
	http.DefaultClient.Transport = describe(t, d.BaseURL)
	t.Cleanup(func() { http.DefaultClient.Transport = client })
	now := d.now().UTC().Truncate(time.Second)
	at := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }

	d.must(201, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "categories": []string{"name", "contact"}, "identifiability": "identified"}, nil)
	d.must(201, "POST", "/clients", []object{
		{"external_id": "c-1", "name": "Łucja Ștefănescu", "postal_address": "Verzonnenweg 3\n9999 ZZ Nergenshuizen", "channel": "letter", "language": "en", "guidance": []object{{"from": "2025-03-01"}}},
		{"external_id": "c-2", "name": "Cliënt Twee", "phone": "+31 6 0000 0002", "language": "nl", "guidance": []object{{"from": "2025-03-01"}}},
	}, nil)
	for _, key := range []string{"sleutel", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxVgEZ\n-----END PGP PRIVATE KEY BLOCK-----"} {
		d.must(422, "POST", "/clients", []object{{"external_id": "c-3", "name": "Cliënt Drie", "language": "nl", "channel": "encrypted_email", "openpgp_key": key}}, nil)
	}
	var filed struct{ ID string }
	d.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Iemand las mee.", "occurred_from": at(20), "occurred_until": at(4), "discovered_at": at(3), "aware_at": at(2),
		"aware_basis": "Vreemde mail gezien.", "systems": []string{"mailbox"}, "categories": []string{"contact"}, "breach_kinds": []string{"confidentiality"}, "subjects": object{"all": true},
		"unintelligible": "no", "role": "controller"}, &filed)
	notice := d.approveAll(filed.ID)
	var deliveries struct {
		Items []struct{ ID, Channel, State string }
	}
	d.must(200, "GET", "/notices/"+notice+"/deliveries", nil, &deliveries)
	ids := map[string]string{}
	for _, x := range deliveries.Items {
		ids[x.Channel] = x.ID
	}
	if len(deliveries.Items) != 2 || ids["letter"] == "" || ids["phone"] == "" {
		t.Fatalf("deliveries %+v, want a letter and a call", deliveries.Items)
	}
	for _, path := range []string{"/notices/" + notice + "/letters.pdf", "/deliveries/" + ids["letter"] + "/letter.pdf"} {
		status, pdf := d.raw("GET", d.BaseURL+"/api/v1"+path, nil, "Authorization", "Bearer "+d.APIToken)
		if words := printedWords(t, pdf); status != 200 || !strings.Contains(words, "Łucja Ștefănescu\nVerzonnenweg 3\n9999 ZZ Nergenshuizen\n") ||
			!strings.Contains(words, "Page 1 of ") || strings.Contains(words, "Cliënt Twee") {
			t.Errorf("%s answered %d and reads %q", path, status, words)
		}
	}
	if status, _ := d.raw("GET", d.BaseURL+"/api/v1/deliveries/"+ids["phone"]+"/letter.pdf", nil, "Authorization", "Bearer "+d.APIToken); status != 404 {
		t.Errorf("a letter without an address answered %d, want 404", status)
	}
	d.must(409, "POST", "/incidents/"+filed.ID+"/close", object{"reason": "Klaar."}, nil) // printing tells nobody
	d.must(422, "POST", "/notices/"+notice+"/letters/posted", object{"at": at(-5), "deliveries": []string{ids["letter"]}}, nil)
	var posted struct{ Posted int }
	for _, want := range []int{1, 1} { // the second call is the first one again after a lost answer
		d.must(200, "POST", "/notices/"+notice+"/letters/posted", object{"at": at(0), "deliveries": []string{ids["letter"]}}, &posted)
		if posted.Posted != want {
			t.Errorf("%d letters posted, want %d", posted.Posted, want)
		}
	}
	d.hearsOf(t, "delivery.told_otherwise")
	d.must(200, "POST", "/deliveries/"+ids["phone"]+"/unreachable", object{"reason": "Drie keer gebeld."}, nil)
	d.must(200, "POST", "/deliveries/"+ids["phone"]+"/told", object{"by": "phone", "at": at(0), "note": "Belde terug."}, nil)
	var clocks struct{ Items []clockView }
	d.must(200, "GET", "/incidents/"+filed.ID+"/clocks", nil, &clocks)
	for _, c := range clocks.Items {
		if c.Kind == "client" && c.State != "met" {
			t.Errorf("the client clock is not met: %+v", c)
		}
	}
	await(t, "the register tells of both, the letter once", func() error {
		var timeline struct{ Items []struct{ Kind string } }
		d.must(200, "GET", "/incidents/"+filed.ID+"/timeline", nil, &timeline)
		told := 0
		for _, x := range timeline.Items {
			if x.Kind == "delivery.told_otherwise" {
				told++
			}
		}
		if told != 2 {
			return errNot("%d persons told otherwise", told)
		}
		return nil
	})
}

// approveAll drafts and approves a notice to the clients of a case.
func (d *demo) approveAll(incident string) string {
	d.t.Helper()
	var notice struct {
		ID             string
		TextHash       string `json:"text_hash"`
		RecipientsHash string `json:"recipients_hash"`
	}
	await(d.t, "a notice is approved", func() error {
		if status := d.call("POST", "/incidents/"+incident+"/notices", object{"audience": "clients"}, &notice); status != 201 {
			return errNot("draft answered %d", status)
		}
		status := d.call("POST", "/notices/"+notice.ID+"/approve", object{"text_hash": notice.TextHash, "recipients_hash": notice.RecipientsHash}, nil)
		if status != 202 {
			return errNot("approval answered %d", status)
		}
		return nil
	})
	return notice.ID
}

// printedWords are the lines of a PDF whose font codes are UTF-16, in the order
// in which they are drawn.
func printedWords(t *testing.T, pdf []byte) string {
	t.Helper()
	var words strings.Builder
	for _, m := range regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`).FindAllSubmatch(pdf, -1) {
		r, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range regexp.MustCompile(`(?s)Td \((.*?)\) Tj`).FindAllSubmatch(content, -1) {
			text := strings.NewReplacer(`\\`, `\`, `\(`, `(`, `\)`, `)`, `\r`, "\r").Replace(string(line[1]))
			var units []uint16
			for i := 0; i+1 < len(text); i += 2 {
				units = append(units, uint16(text[i])<<8|uint16(text[i+1]))
			}
			words.WriteString(string(utf16.Decode(units)) + "\n")
		}
	}
	return words.String()
}

package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"datalek/services/devstack"
)

// callRow is one reader on a case's call list, as the API shows it.
type callRow struct {
	ID      string
	Name    string
	State   string
	Why     *string
	InScope bool    `json:"in_scope"`
	Settled *string `json:"settled_by"`
	Tries   []struct{ By, At string }
}

func callsOf(d *demo, incident, state string) []callRow {
	d.t.Helper()
	var page struct{ Items []callRow }
	d.must(200, "GET", incident+"/calls?limit=500&state="+state, nil, &page)
	return page.Items
}

// Story: a mail server refuses every third reader, and some have no e-mail at
// all. All of them stand on the case's call list, and a phone works it off.
func TestStoryOfTheCallList(t *testing.T) {
	h := startMailHostWith(t, devstack.SMTPOptions{Behave: devstack.RefuseEvery(3)})
	d := h.demo
	h.describeAPI(t)
	var people []object
	for n := range 6 {
		people = append(people, object{"external_id": fmt.Sprintf("m-%d", n), "name": fmt.Sprintf("Post %d", n), "email": fmt.Sprintf("m%d@post.example", n),
			"phone": fmt.Sprintf("+31 6 1000000%d", n), "guidance": []object{{"from": "2025-01-01"}}})
	}
	people = append(people, object{"external_id": "p-1", "name": "Zonder Een", "phone": "+31 6 20000001", "language": "en", "guidance": []object{{"from": "2025-01-01"}}},
		object{"external_id": "p-2", "name": "Zonder Twee", "phone": "+31 6 20000002", "guidance": []object{{"from": "2025-01-01"}}},
		object{"external_id": "p-3", "name": "Zonder Drie", "postal_address": "Verzonnenweg 3\n9999 ZZ Nergenshuizen", "channel": "letter", "guidance": []object{{"from": "2025-01-01"}}},
		object{"external_id": "f-1", "name": "Eerder Een", "guidance": []object{{"from": "2023-01-01", "until": "2024-01-01"}}},
		object{"external_id": "f-2", "name": "Eerder Twee", "guidance": []object{{"from": "2023-01-01", "until": "2024-01-01"}}})
	d.must(201, "POST", "/clients", people, nil)
	var numbers []string
	for _, p := range people {
		numbers = append(numbers, p["external_id"].(string))
	}
	incident, _ := h.fileRead(numbers...)
	notice := h.tellClients(t, incident)
	awaitSettled(t, d, notice)

	open := callsOf(d, incident, "open")
	refused := map[string]callRow{}
	for _, row := range open {
		if row.State == "refused" {
			refused[row.Name] = row
		} else if row.Why == nil || !row.InScope {
			t.Errorf("%s stands on the list without a reason: %+v", row.Name, row)
		}
	}
	if len(refused) == 0 || len(open) != len(refused)+3 {
		t.Fatalf("%d on the list, %d of them refused; want those and the three without mail: %+v", len(open), len(refused), open)
	}
	awaitClient(t, d, incident, "running", 9-len(open))

	b := openBrowser(t, d.BaseURL, phoneWidth)
	p := &person{visitor: b, t: t, disturb: func() {}}
	p.logIn(d)
	p.open(incident)
	p.sees("Bel of schrijf wie geen e-mail kreeg", fmt.Sprintf("Nog %d mensen", len(open)))
	p.click("Bel of schrijf wie geen e-mail kreeg")
	p.sees(fmt.Sprintf("Nog te bellen (%d)", len(open)), "Er is geen e-mailadres bekend.", "De mailserver weigerde dit adres.", "550 5.1.1 No such person here",
		"Deze persoon wil liever geen gewone e-mail.", "Bel +31 6 20000001", "Beloofd vóór", "Tekst 1: wat u zegt", "Nederlands", "Engels")
	p.unfold("Geprobeerd, niet bereikt Zonder Twee")
	p.choose("Ik belde")
	p.click("Leg vast: geprobeerd")
	p.sees("De poging is vastgelegd.", "1 keer geprobeerd, niet bereikt", fmt.Sprintf("Nog te bellen (%d)", len(open)))
	told := 9 - len(open)
	for name := range refused {
		tellOnList(p, name, "Ik heb gebeld")
		told++
	}
	tellOnList(p, "Zonder Drie", "Ik heb een brief gestuurd")
	tellOnList(p, "Zonder Twee", "Ik heb gebeld")
	told += 2
	c := awaitClient(t, d, incident, "running", told)
	if c.InScope == nil || *c.InScope != 9 || told != 8 {
		t.Fatalf("the clock reads %d of %v", c.Told, c.InScope)
	}
	p.unfold("Niet te bereiken Zonder Een")
	p.fill("Wat hebt u geprobeerd?", "Drie keer gebeld, het nummer bestaat niet meer.")
	p.click("Leg vast: niet bereikt")
	p.sees("U hoeft niemand te bellen", "Klaar ("+fmt.Sprint(len(open))+")")
	awaitClient(t, d, incident, "met", 8)
	p.click("Klaar (")
	p.sees("U vertelde het aan de telefoon", "U stuurde een brief", "Drie keer gebeld", "1 keer geprobeerd")
	announce(t, h, p, incident)
	checkCallStory(t, h, p, incident, len(refused))
}

// describeAPI checks every call of the story against the description of the API.
func (h *mailHost) describeAPI(t *testing.T) {
	t.Helper()
	before := http.DefaultClient.Transport
	http.DefaultClient.Transport = describe(t, h.BaseURL)
	t.Cleanup(func() { http.DefaultClient.Transport = before })
}

// tellOnList presses "told" for one person on the list.
func tellOnList(p *person, name, how string) {
	p.t.Helper()
	p.unfold("Verteld " + name)
	p.choose(how)
	p.click("Leg vast: verteld")
	p.sees("Nog te bellen (")
}

// announce records the public announcement for former clients of whom nothing is
// known any more, takes it back and records it again.
func announce(t *testing.T, h *mailHost, p *person, incident string) {
	t.Helper()
	d := h.demo
	former := noticeView{}
	d.must(201, "POST", incident+"/notices", object{"audience": "former_clients"}, &former)
	d.must(202, "POST", "/notices/"+former.ID+"/approve", object{"text_hash": former.TextHash, "recipients_hash": former.RecipientsHash}, nil)
	if left := callsOf(d, incident, "open"); len(left) != 2 || left[0].InScope {
		t.Fatalf("on the list %+v, want the two former clients", left)
	}
	public := noticeView{}
	d.must(201, "POST", incident+"/notices", object{"audience": "public"}, &public)
	d.must(202, "POST", "/notices/"+public.ID+"/approve", object{"text_hash": public.TextHash, "recipients_hash": public.RecipientsHash}, nil)
	p.open(incident + "/announcement")
	p.sees("De mededeling telt voor 3 mensen.", "2 eerdere cliënten en anderen", "1 cliënt in begeleiding is vastgelegd als niet te bereiken")
	p.fill("Website", "www.praktijk.example/datalek")
	until := h.now().In(amsterdam(t)).AddDate(0, 1, 0)
	p.fillMoment("Tot wanneer?", until)
	p.fill("Waarom kost iedereen zelf bericht geven onevenredig veel moeite?", "Van hen is geen adres en geen nummer bewaard.")
	p.click("Leg de mededeling vast")
	p.sees("De mededeling is vastgelegd.", "www.praktijk.example/datalek", "Telt voor 3 mensen")
	if left := callsOf(d, incident, "open"); len(left) != 0 {
		t.Errorf("still on the list: %+v", left)
	}
	p.fill("Waarom neemt u haar terug?", "De pagina stond nog niet online.")
	p.click("Neem de mededeling terug")
	p.sees("De mededeling is teruggenomen.")
	if left := callsOf(d, incident, "open"); len(left) != 2 {
		t.Errorf("on the list once it is taken back: %+v", left)
	}
	var made struct {
		Persons int
		ID      string
	}
	d.must(201, "POST", incident+"/announcements", object{"places": []object{{"kind": "door", "where": "Voorbeeldlaan 12"}, {"kind": "newspaper", "where": "De Courant"}},
		"from": h.now().UTC().Format(time.RFC3339), "until": until.UTC().Format(time.RFC3339), "why": "Geen adres bewaard.", "persons": 3}, &made)
	d.must(409, "POST", incident+"/announcements", object{"places": []object{{"kind": "door", "where": "x"}}, "from": h.now().UTC().Format(time.RFC3339),
		"until": until.UTC().Format(time.RFC3339), "why": "x"}, nil)
	settled := 0
	for _, row := range callsOf(d, incident, "done") {
		if row.Settled != nil && *row.Settled == "announcement" {
			settled++
		}
	}
	if made.Persons != 3 || settled != 2 {
		t.Errorf("the announcement counts for %d and settles %d, want 3 and 2", made.Persons, settled)
	}
	awaitClient(t, d, incident, "met", 8)
}

// checkCallStory reads the register, the case file and the authority's sheet.
func checkCallStory(t *testing.T, h *mailHost, p *person, incident string, refused int) {
	t.Helper()
	d := h.demo
	want := map[string]int{"delivery.tried": 1, "delivery.told_otherwise": refused + 2, "delivery.unreachable": 1, "announcement.recorded": 2, "announcement.undone": 1}
	await(t, "the register tells of everything once", func() error {
		var timeline struct{ Items []struct{ Kind string } }
		d.must(200, "GET", incident+"/timeline?limit=500", nil, &timeline)
		got := map[string]int{}
		for _, x := range timeline.Items {
			got[x.Kind]++
		}
		for kind, n := range want {
			if got[kind] != n {
				return errNot("%s %d times, want %d", kind, got[kind], n)
			}
		}
		return nil
	})
	p.open(incident + "/file")
	p.sees("Iemand geprobeerd te bereiken, niet gelukt", "(poging 1)", "Openbare mededeling vastgelegd", "Teruggenomen mededeling", "De pagina stond nog niet online.",
		"Krant: De Courant", "Geen adres bewaard.", "Telt voor 3 mensen")
	p.open(incident + "/authority")
	p.sees("Openbare mededeling (artikel 34, lid 3, onder c)", "Deur of wachtkamer: Voorbeeldlaan 12")
	status, csv := d.raw("GET", d.BaseURL+"/api/v1/register?format=csv", nil, "Authorization", "Bearer "+d.APIToken)
	for _, words := range []string{"delivery.tried", "announcement.undone", "De pagina stond nog niet online."} {
		if status != 200 || !strings.Contains(string(csv), words) {
			t.Errorf("the register as CSV answered %d and lacks %q", status, words)
		}
	}
}

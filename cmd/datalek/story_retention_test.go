package main_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// Two people's guidance is over, so that the mailbox should hold nothing of them any
// more. The practitioner says on the page that one is gone, and of the other why not
// yet. A breach of the mailbox later that day leaves the one out, and says of the other
// that he may still be there. A month later one mail counts what waits, and names nobody.
func TestStoryOfDestroyingWhatIsPastItsTerm(t *testing.T) {
	d := startDemo(t, "--empty")
	past := func(days int) string { return d.now().UTC().AddDate(0, 0, -days).Format(time.DateOnly) }
	d.must(201, "POST", "/systems", object{"id": "postvak", "name": "Postvak", "categories": []string{"name", "contact"}, "identifiability": "identified"}, nil)
	for _, id := range []string{"c-1", "c-2"} {
		d.must(201, "POST", "/clients", object{"external_id": id, "name": "Cliënt Geheim " + id, "email": id + "@post.example", "guidance": []object{{"from": past(400), "until": past(40)}}}, nil)
	}
	p := &person{visitor: openBrowser(t, d.BaseURL, phoneWidth), t: t, disturb: func() {}}
	p.logIn(d)
	p.open("/clients")
	p.click("Wat u moet vernietigen")
	p.sees("Postvak", "2 mensen, weg vanaf", "Te laat")
	if strings.Contains(p.words(), "Geheim") {
		t.Error("the calendar names somebody")
	}
	p.click("Postvak")
	p.sees("Cliënt Geheim c-1", "Cliënt Geheim c-2")
	p.unfold("Nog niet weg") // of the first
	p.click("Lukte nog niet")
	p.sees("Vastgelegd dat dit blijft.", "Lukte nog niet")
	gone, kept := d.spared(t, "postvak")
	p.click("Bevestig")
	p.sees("Zet een vinkje als het weg is")
	p.choose("Dit is weg")
	p.click("Bevestig")
	p.sees("Vastgelegd voor 1 persoon.", "neem terug")
	await(t, "the register tells of it", func() error {
		if p.open("/register/log"); !strings.Contains(p.words(), "Vernietiging bevestigd") {
			return errNot("%.300s", p.words())
		}
		return nil
	})

	d.pass(3 * time.Hour)
	now := d.now().UTC()
	at := func(ago time.Duration) string { return now.Add(-ago).Format(time.RFC3339) }
	var filed struct{ ID string }
	d.must(201, "POST", "/incidents", object{"playbook": "phished-mailbox", "summary": "Iemand las mee.", "occurred_from": at(2 * time.Hour), "occurred_until": at(time.Hour),
		"discovered_at": at(time.Minute), "aware_at": at(time.Minute), "aware_basis": "Vreemde mail in Verzonden.", "systems": []string{"postvak"}, "categories": []string{"contact"}, "unintelligible": "no"}, &filed)
	for id, want := range map[string][2]string{gone: {"none", "destroyed_before"}, kept: {"possible", "destruction_unconfirmed"}} {
		await(t, id+" is found as "+want[0], func() error {
			var found struct {
				Items []struct {
					ExternalID string `json:"external_id"`
					Certainty  string
					Reasons    []struct{ Code string }
				}
			}
			d.must(200, "GET", "/incidents/"+filed.ID+"/affected", nil, &found)
			for _, x := range found.Items {
				if x.ExternalID != id {
					continue
				}
				codes := []string{x.Certainty}
				for _, r := range x.Reasons {
					codes = append(codes, r.Code)
				}
				if x.Certainty == want[0] && slices.Contains(codes, want[1]) {
					return nil
				}
				return errNot("he is %v", codes)
			}
			return errNot("he is not in the finding: %+v", found)
		})
	}

	// The mail goes on a month's first working day, in the morning.
	d.pass(time.Date(now.Year(), now.Month()+3, 15, 12, 0, 0, 0, time.UTC).Sub(now))
	count := func() int { // at most to one address
		to := map[string]int{}
		for _, m := range d.mails() {
			if strings.Contains(m.Subject, "Wat u deze maand moet vernietigen") {
				if to[m.To]++; strings.Contains(m.Raw, "Geheim") || !strings.Contains(m.Text, "Postvak: 1 persoon (te laat)") || !strings.Contains(m.Text, "/retention") {
					t.Errorf("the mail says %q", m.Text)
				}
			}
		}
		return slices.Max(append(slices.Collect(maps.Values(to)), 0))
	}
	await(t, "the month's mail", func() error {
		if count() == 0 {
			return errNot("no mail yet")
		}
		return nil
	})
	d.stop()
	d.start(strings.TrimPrefix(d.BaseURL, "http://"))
	d.pass(2 * time.Hour) // another look
	var list struct{ Items []dueTask }
	d.must(200, "GET", "/retention", nil, &list)
	postvak := slices.IndexFunc(list.Items, func(x dueTask) bool { return x.System == "postvak" })
	if postvak < 0 || list.Items[postvak].People != 1 {
		t.Fatalf("the calendar is %+v", list.Items)
	}
	var done struct{ People int }
	d.must(200, "POST", "/retention", object{"month": list.Items[postvak].Month, "system": "postvak", "client": d.idOf(t, kept)}, &done)
	d.must(409, "POST", "/retention", object{"month": list.Items[postvak].Month, "system": "postvak"}, nil)
	if n := count(); n != 1 || done.People != 1 {
		t.Errorf("%d mails to one address, want 1; confirmed for %d", n, done.People)
	}
}

// idOf returns the id of somebody by the practice's own number.
func (d *demo) idOf(t *testing.T, number string) string {
	t.Helper()
	place := clientPage(t, d, number)
	return place[strings.LastIndex(place, "/")+1:]
}

// dueTask is one line of the calendar.
type dueTask struct {
	Month, System string
	People        int
}

// spared returns the numbers of the two people of a system's task: of whom nothing was
// said, and whose data could not be destroyed yet.
func (d *demo) spared(t *testing.T, system string) (gone, kept string) {
	t.Helper()
	var list struct{ Items []dueTask }
	d.must(200, "GET", "/retention", nil, &list)
	for _, task := range list.Items {
		if task.System != system {
			continue
		}
		var people struct {
			Items []struct {
				ExternalID string `json:"external_id"`
				Exempt     *string
			}
		}
		d.must(200, "GET", "/retention/people?month="+task.Month+"&system="+system, nil, &people)
		for _, x := range people.Items {
			if x.Exempt == nil {
				gone = x.ExternalID
			} else {
				kept = x.ExternalID
			}
		}
	}
	if gone == "" || kept == "" {
		t.Fatalf("%q and %q, want one each", gone, kept)
	}
	return gone, kept
}

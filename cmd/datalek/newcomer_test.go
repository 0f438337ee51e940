package main_test

import (
	"strings"
	"testing"
	"time"
)

// noticesTo lists a case's notices for an audience in one state.
func noticesTo(t *testing.T, s stage, incident, audience, state string) (found []noticeView) {
	t.Helper()
	var list struct{ Items []noticeView }
	s.must(200, "GET", "/incidents/"+incident+"/notices", nil, &list)
	for _, n := range list.Items {
		if n.Audience == audience && n.State == state {
			found = append(found, n)
		}
	}
	return found
}

func awaitDraft(t *testing.T, s stage, incident, audience string, readers int) (n noticeView) {
	t.Helper()
	await(t, "a draft for "+audience, func() error {
		drafts := noticesTo(t, s, incident, audience, "draft")
		if len(drafts) != 1 || drafts[0].Recipients != readers {
			return errNot("%d drafts: %+v", len(drafts), drafts)
		}
		n = drafts[0]
		return nil
	})
	return n
}

// Somebody comes into scope after everybody was told: the clock reopens under
// its old deadline, and he alone is written to, in his own language.
func TestANewPersonInScopeIsToldAlone(t *testing.T) {
	s := startDemo(t, "--empty")
	now := time.Now().UTC().Truncate(time.Second)
	ago := func(h int) string { return now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339) }
	s.must(201, "POST", "/systems", object{"id": "mailbox", "name": "Mailbox", "categories": []string{"contact"}}, nil)
	person := func(id, language, system string) object {
		holdings := []object{}
		if system != "" {
			holdings = append(holdings, object{"system": system, "categories": []string{"contact"}, "identifiability": "identified", "from": "2025-01-01T00:00:00+01:00"})
		}
		return object{"external_id": id, "name": "Verhaalpersoon " + id, "email": id + "@voorbeeldpost.example", "language": language,
			"guidance": []object{{"from": "2025-01-01"}}, "holdings": holdings}
	}
	s.must(201, "POST", "/clients", []object{person("a-1", "nl", "mailbox"), person("a-2", "nl", "mailbox"), person("later", "en", "")}, nil)
	var filed struct{ ID string }
	s.must(201, "POST", "/incidents", object{"playbook": "lost-device", "summary": "Laptop weg.", "discovered_at": ago(1), "aware_at": ago(1),
		"aware_basis": "Hij was weg.", "systems": []string{"mailbox"}, "occurred_from": ago(9), "occurred_until": ago(2)}, &filed)
	approve := func(n noticeView) {
		s.must(202, "POST", "/notices/"+n.ID+"/approve", object{"text_hash": n.TextHash, "recipients_hash": n.RecipientsHash, "access_closed_at": ago(0)}, nil)
		awaitAllSent(t, s, n.ID, n.Recipients)
	}
	awaitClock := func(state string, told, inScope int) clockView {
		var c clockView
		await(t, "the client clock is "+state, func() error {
			if c = clockOf(t, s, filed.ID, "client"); c.State != state || c.Told != told || c.InScope == nil || *c.InScope != inScope {
				return errNot("%s, told %d of %v", c.State, c.Told, c.InScope)
			}
			return nil
		})
		return c
	}
	first := awaitDraft(t, s, filed.ID, "clients", 2)
	approve(first)
	due := awaitClock("met", 2, 2).DueAt

	s.must(202, "POST", "/incidents/"+filed.ID+"/affected", object{"external_id": "later", "include": true, "reason": "Zijn gegevens stonden er ook op."}, nil)
	if c := awaitClock("running", 2, 3); !c.DueAt.Equal(*due) {
		t.Errorf("the clock reopened until %v, want %v", c.DueAt, due)
	}
	second := awaitDraft(t, s, filed.ID, "clients", 1)
	var languages []string
	for _, l := range second.Languages {
		languages = append(languages, l.Language)
	}
	if !strings.Contains(strings.Join(languages, " "), "en") {
		t.Errorf("the draft for an English reader is written in %v", languages)
	}
	approve(second)
	awaitClock("met", 3, 3)
	for address, want := range map[string]string{"a-1": "nl", "a-2": "nl", "later": "en"} {
		if got := s.mailsTo(address + "@voorbeeldpost.example"); len(got) != 1 || got[0].Language != want {
			t.Errorf("%s got %d mails, want one in %s: %v", address, len(got), want, subjects(got))
		}
	}

	// Taken out again before he is told, nobody is left to write to.
	s.must(201, "POST", "/clients", person("fourth", "nl", "mailbox"), nil)
	awaitDraft(t, s, filed.ID, "clients", 1)
	awaitClock("running", 3, 4)
	s.must(202, "POST", "/incidents/"+filed.ID+"/affected", object{"external_id": "fourth", "include": false, "reason": "Toch niet."}, nil)
	awaitClock("met", 3, 3)
	await(t, "the draft for nobody is set aside", func() error {
		if left := noticesTo(t, s, filed.ID, "clients", "draft"); len(left) != 0 {
			return errNot("%+v", left)
		}
		return nil
	})

	// Who asks for another notice while all are told writes to all, once more.
	var again noticeView
	s.must(201, "POST", "/incidents/"+filed.ID+"/notices", object{"audience": "clients"}, &again)
	if again.Recipients != 3 {
		t.Errorf("a follow-up goes to %d, want 3", again.Recipients)
	}
	var newer noticeView
	s.must(201, "POST", "/incidents/"+filed.ID+"/notices", object{"audience": "clients"}, &newer)
	if left := noticesTo(t, s, filed.ID, "clients", "draft"); len(left) != 1 || left[0].ID != newer.ID {
		t.Errorf("a newer draft leaves %+v, want itself alone", left)
	}
}

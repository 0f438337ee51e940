package incidents_test

import (
	"errors"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

var dutch = []incidents.Text{{Language: "nl", Subject: "Bericht over uw gegevens", Body: "Goedendag,\n\nEr is iets gebeurd."}}

func reader(id, email string) incidents.Recipiency {
	return incidents.Recipiency{Person: id, Reader: id, Language: "nl", Channel: registry.ByEmail, Email: email}
}

func TestApprovalPinsTextAndRecipients(t *testing.T) {
	two := []incidents.Recipiency{reader("a", "a@x.example"), reader("b", "b@x.example")}
	sender := registry.Sender{Email: "anna@x.example", System: "mailbox"}
	other := registry.Sender{Email: "anna@y.example"}
	closed := noon
	for _, tt := range []struct {
		name       string
		approve    func(*incidents.Approval)
		recipients []incidents.Recipiency
		field, key string
	}{
		{"as seen, from a safe mailbox", func(*incidents.Approval) {}, two, "", ""},
		{"the same readers in another order", func(*incidents.Approval) {}, []incidents.Recipiency{two[1], two[0]}, "", ""},
		{"another text", func(a *incidents.Approval) { a.TextHash = "x" }, two, "", "error.text_changed"},
		{"a reader more", func(*incidents.Approval) {}, append(two, reader("c", "c@x.example")), "", "error.recipients_changed"},
		{"a reader's address changed", func(*incidents.Approval) {}, []incidents.Recipiency{two[0], reader("b", "new@x.example")}, "", "error.recipients_changed"},
		{"from the breached mailbox", func(a *incidents.Approval) { a.Sender = sender }, two, "sender", "error.sender_breached"},
		{"from the breached mailbox after access was closed", func(a *incidents.Approval) { a.Sender, a.AccessClosedAt = sender, &closed }, two, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, nil)
			n := incidents.NewNotice("n", inc, incidents.ToClients, dutch, two, noon, anna)
			a := incidents.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, Sender: other, By: anna}
			tt.approve(&a)
			err := n.Approve(a, tt.recipients, inc.Facts, noon)
			if tt.key == "" {
				if err != nil || n.State != incidents.NoticeIsApproved {
					t.Fatalf("state %s, err %v; want approved", n.State, err)
				}
				said := n.Outbox.Pending[len(n.Outbox.Pending)-1].Facts["access_closed_at"]
				if want := map[bool]string{true: "2027-03-05T12:00:00Z"}[a.AccessClosedAt != nil]; said != want {
					t.Errorf("the log says that access was closed at %q, want %q", said, want)
				}
				return
			}
			if f := fault.Fields(err); len(f) != 1 || f[0].Key != tt.key || f[0].Field != tt.field {
				t.Fatalf("err %v, want %s", err, tt.key)
			}
			if n.State != incidents.NoticeIsDraft {
				t.Error("a refused approval changed the notice")
			}
		})
	}
}

func TestApprovedTextCannotBeEdited(t *testing.T) {
	inc := open(t, nil)
	n := incidents.NewNotice("n", inc, incidents.ToClients, dutch, []incidents.Recipiency{reader("a", "a@x.example")}, noon, anna)
	hash := n.TextHash
	if err := n.Edit([]incidents.Text{{Language: "nl", Subject: "Bericht", Body: "Anders."}}, noon, anna); err != nil || n.TextHash == hash {
		t.Fatalf("edit of a draft: %v", err)
	}
	a := incidents.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, Sender: registry.Sender{Email: "anna@y.example"}, By: anna}
	if err := n.Approve(a, []incidents.Recipiency{reader("a", "a@x.example")}, inc.Facts, noon); err != nil {
		t.Fatal(err)
	}
	if err := n.Edit(dutch, noon, anna); !errors.Is(err, fault.Conflict) {
		t.Errorf("err %v, want conflict", err)
	}
}

func TestProgressToldTwiceIsTheSameEvent(t *testing.T) {
	inc := open(t, nil)
	n := incidents.NewNotice("n", inc, incidents.ToClients, dutch, nil, noon, anna)
	n.State = incidents.NoticeIsApproved
	d := incidents.NewDelivery(n, reader("a", "a@x.example"))
	d.Record(incidents.Answer{Kind: incidents.Accepted, Code: 250, At: noon}, time.Time{})
	n.Progressed([]incidents.Delivery{d}, 1, noon)
	n.Progressed([]incidents.Delivery{d}, 1, noon.Add(time.Hour))
	ids := map[string]bool{}
	for _, e := range n.Outbox.Pending {
		if e.Kind == incidents.NoticeProgress {
			ids[e.ID] = true
		}
	}
	if len(ids) != 1 {
		t.Errorf("%d different events, want one", len(ids))
	}
}

func TestDeliveryIsToldOnlyByA250OrAPerson(t *testing.T) {
	n := incidents.NewNotice("n", open(t, nil), incidents.ToClients, dutch, nil, noon, anna)
	for _, tt := range []struct {
		answer incidents.AnswerKind
		want   incidents.DeliveryState
		told   bool
	}{
		{incidents.Accepted, incidents.Sent, true},
		{incidents.Later, incidents.Deferred, false},
		{incidents.Lost, incidents.Deferred, false},
		{incidents.RefusedAccount, incidents.Deferred, false},
		{incidents.RefusedPerson, incidents.Refused, false},
	} {
		d := incidents.NewDelivery(n, reader("a", "a@x.example"))
		if err := d.Claim(noon, time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := d.Claim(noon, time.Minute); !errors.Is(err, fault.Conflict) {
			t.Errorf("a second worker claimed it too: %v", err)
		}
		d.Record(incidents.Answer{Kind: tt.answer, At: noon}, noon.Add(time.Minute))
		if d.State != tt.want || d.State.Told() != tt.told || len(d.Attempts) != 1 {
			t.Errorf("%s: state %s told %t, want %s %t", tt.answer, d.State, d.State.Told(), tt.want, tt.told)
		}
	}
	d := incidents.NewDelivery(n, reader("a", "a@x.example"))
	if err := d.GiveUp("Rang three times.", "anna", noon); err != nil || d.State.Told() {
		t.Errorf("unreachable counts as told: %v", err)
	}
	if err := d.Tell("phone", "He called back.", "anna", noon, noon); err != nil || !d.State.Told() {
		t.Errorf("told by phone does not count: %v", err)
	}
	if err := d.Tell("pigeon", "", "anna", noon, noon); !errors.Is(err, fault.Invalid) {
		t.Errorf("err %v, want invalid", err)
	}
}

func TestAnAttemptThatWasCutOffIsKept(t *testing.T) {
	n := incidents.NewNotice("n", open(t, nil), incidents.ToClients, dutch, nil, noon, anna)
	d := incidents.NewDelivery(n, reader("a", "a@x.example"))
	if err := d.Claim(noon, time.Minute); err != nil || len(d.Attempts) != 0 {
		t.Fatalf("a first claim: %v, attempts %+v", err, d.Attempts)
	}
	if err := d.Claim(noon.Add(time.Minute), time.Minute); err != nil {
		t.Fatal(err)
	}
	d.Record(incidents.Answer{Kind: incidents.Accepted, Code: 250, At: noon.Add(time.Minute)}, time.Time{})
	if len(d.Attempts) != 2 || d.Attempts[0].Kind != incidents.Lost || d.Attempts[0].Stage != incidents.StageCutOff || d.Attempts[0].MessageID != d.Attempts[1].MessageID {
		t.Errorf("attempts %+v, want the one cut off and the one answered, under one Message-ID", d.Attempts)
	}
}

func TestClientClockFollowsTheTelling(t *testing.T) {
	inc := open(t, nil)
	inc.Assessed(1, incidents.Counts{InGuidance: 2, InScope: 2}, 2, 0, noon)
	c := inc.Clock(incidents.ClientClock)
	due, _ := c.DueAt()
	inc.SetProgress(incidents.Progress{Told: 1}, noon.Add(time.Hour))
	if c.State(noon.Add(time.Hour)) != incidents.ClockRunning || c.Told != 1 {
		t.Fatalf("clock %+v, want running with 1 told", c)
	}
	inc.SetProgress(incidents.Progress{Told: 1, Settled: 1, LastAt: noon.Add(2 * time.Hour)}, noon.Add(3*time.Hour))
	if !c.MetAt.Equal(noon.Add(2 * time.Hour)) {
		t.Fatalf("met at %v, want when the last person was settled", c.MetAt)
	}
	inc.SetProgress(incidents.Progress{Told: 1}, noon.Add(9*time.Hour)) // a late bounce
	if c.State(noon.Add(9*time.Hour)) != incidents.ClockRunning || len(c.History) != 2 {
		t.Fatalf("clock %+v, want reopened with its history", c)
	}
	if now, _ := c.DueAt(); !now.Equal(due) {
		t.Errorf("due %v, want the old %v", now, due)
	}
}

func TestNobodyInScopeEndsThePromiseUntilSomebodyIs(t *testing.T) {
	inc := open(t, nil)
	inc.Assessed(1, incidents.Counts{NotAffected: 3}, 0, 0, noon)
	c := inc.Clock(incidents.ClientClock)
	if c.EndedBecause != incidents.EndedNobodyInScope {
		t.Fatalf("clock %+v", c)
	}
	inc.Reassess(noon, anna)
	inc.Assessed(2, incidents.Counts{InScope: 1}, 1, 0, noon)
	if c.State(noon) != incidents.ClockRunning {
		t.Errorf("state %s, want running", c.State(noon))
	}
	if inc.Assessed(1, incidents.Counts{}, 0, 0, noon) {
		t.Error("a late worker undid a newer finding")
	}
}

func TestWeighNeedsEveryReader(t *testing.T) {
	readers := map[string][]string{"kid": {"mum", "dad"}, "adult": {"adult"}}
	for _, tt := range []struct {
		name     string
		tellings []incidents.Telling
		told     int
		settled  int
	}{
		{"nobody", nil, 0, 0},
		{"one parent of two", []incidents.Telling{{Person: "kid", Reader: "mum", State: incidents.Sent}}, 0, 0},
		{"both parents", []incidents.Telling{{Person: "kid", Reader: "mum", State: incidents.Sent}, {Person: "kid", Reader: "dad", State: incidents.ToldByPerson}}, 1, 0},
		{"one parent told, one unreachable", []incidents.Telling{{Person: "kid", Reader: "mum", State: incidents.Sent}, {Person: "kid", Reader: "dad", State: incidents.Unreachable}}, 0, 1},
		{"bounced, then told by phone", []incidents.Telling{{Person: "adult", Reader: "adult", State: incidents.Bounced}, {Person: "adult", Reader: "adult", State: incidents.ToldByPerson}}, 1, 0},
		{"a stranger's telling", []incidents.Telling{{Person: "x", Reader: "adult", State: incidents.Sent}}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if p := incidents.Weigh(readers, tt.tellings); p.Told != tt.told || p.Settled != tt.settled {
				t.Errorf("told %d settled %d, want %d %d", p.Told, p.Settled, tt.told, tt.settled)
			}
		})
	}
}

func TestRecipientsAreReachedTheirOwnWay(t *testing.T) {
	person := func(id, email string, edit func(*registry.Client)) registry.Client {
		c := registry.Client{ID: id, Language: "nl", Relation: registry.RelationClient, Person: registry.Person{Name: id, Email: email, Phone: "1"}}
		if edit != nil {
			edit(&c)
		}
		return c
	}
	clients := []registry.Client{
		person("plain", "plain@x.example", nil),
		person("nomail", "", nil),
		person("letter", "letter@x.example", func(c *registry.Client) { c.Channel = registry.ByLetter }),
		person("secret", "secret@x.example", func(c *registry.Client) { c.Channel = registry.ByEncryptedEmail }),
		person("he", "home@x.example", nil), person("she", "home@x.example", nil),
		person("kid", "", func(c *registry.Client) { c.BirthYear, c.Guardians = 2019, []string{"mum"} }),
		person("teen", "mum@x.example", func(c *registry.Client) { c.BirthYear, c.Guardians = 2014, []string{"mum"} }),
		person("mum", "mum@x.example", nil),
		person("lone", "lone@x.example", func(c *registry.Client) { c.BirthYear = 2020 }),
	}
	dir := incidents.Directory{Clients: map[string]registry.Client{}, Sharing: map[string][]registry.Client{}}
	var persons []incidents.Affected
	for _, c := range clients {
		dir.Clients[c.ID] = c
		dir.Sharing[c.Person.Email] = append(dir.Sharing[c.Person.Email], c)
		persons = append(persons, incidents.Affected{ID: c.ID, ClientID: c.ID, InScope: c.ID != "mum", Certainty: incidents.Certain, Readers: incidents.Readers(c, 2027)})
	}
	inc := open(t, nil)
	got := map[string]incidents.Recipiency{}
	for _, audience := range []incidents.Audience{incidents.ToClients, incidents.ToParents} {
		for _, r := range incidents.Recipients(inc, audience, persons, dir, 2027, "nl") {
			got[string(audience)+" "+r.Person+" "+r.Reader] = r
		}
	}
	for key, want := range map[string]struct {
		channel registry.Channel
		why     string
	}{
		"clients plain plain":   {registry.ByEmail, ""},
		"clients nomail nomail": {registry.ByPhone, incidents.WhyNoEmail},
		"clients letter letter": {registry.ByLetter, incidents.WhyWish},
		"clients secret secret": {registry.ByPhone, incidents.WhyWish},
		"clients he he":         {registry.ByPhone, incidents.WhyShared},
		"clients she she":       {registry.ByPhone, incidents.WhyShared},
		"clients teen teen":     {registry.ByEmail, ""},
		"clients lone lone":     {registry.ByPhone, incidents.WhyNoGuardian},
		"parents kid mum":       {registry.ByEmail, ""},
		"parents teen mum":      {registry.ByEmail, ""},
	} {
		r, some := got[key]
		if !some || r.Channel != want.channel || r.Why != want.why {
			t.Errorf("%s: got %s %q (there: %t), want %s %q", key, r.Channel, r.Why, some, want.channel, want.why)
		}
		delete(got, key)
	}
	for key := range got {
		t.Errorf("unexpected reader %s", key)
	}
}

func TestWrongRecipientsAndSubjectsStayApart(t *testing.T) {
	_, err := incidents.Open(filed(func(n *incidents.NewIncident) {
		n.Facts.HandPicked = true
		n.Story.Subjects.Emails = []string{"same@x.example"}
		n.Story.Recipients = []incidents.Recipient{{Email: "SAME@x.example", Kind: incidents.RecipientKnown}}
	}), noon)
	if f := fault.Fields(err); len(f) != 1 || f[0].Key != "error.recipient_is_subject" {
		t.Errorf("err %v, want the address refused in both lists", err)
	}
	inc := open(t, func(n *incidents.NewIncident) {
		n.Story.Recipients = []incidents.Recipient{{Email: "wrong@x.example", Kind: incidents.RecipientUnknown}}
	})
	got := incidents.Recipients(inc, incidents.ToRecipient, []incidents.Affected{{ID: "a", ClientID: "a", InScope: true}}, incidents.Directory{}, 2027, "nl")
	if len(got) != 1 || got[0].Email != "wrong@x.example" {
		t.Errorf("readers %+v, want the wrong recipient alone", got)
	}
}

package playbooks_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// store is one page of everything.
type store struct {
	affected []incidents.Affected
	clients  []registry.Client
	systems  []registry.System
	notices  []*incidents.Notice
	tellings []incidents.Telling
	err      error
}

func (s store) NoticesOf(_ context.Context, _ tenant.ID, _, _ string, _ int) ([]*incidents.Notice, error) {
	return s.notices, s.err
}

func (s store) Tellings(context.Context, tenant.ID, string) ([]incidents.Telling, error) {
	return s.tellings, s.err
}

func (s store) AffectedPage(_ context.Context, _ tenant.ID, _ string, _ int64, _ []incidents.Group, after string, _ int) ([]incidents.Affected, error) {
	if after != "" {
		return nil, s.err
	}
	return s.affected, s.err
}

func (s store) ClientsByIDs(_ context.Context, _ tenant.ID, ids []string) ([]registry.Client, error) {
	return slices.DeleteFunc(slices.Clone(s.clients), func(c registry.Client) bool { return !slices.Contains(ids, c.ID) }), s.err
}

func (s store) ClientsByEmails(_ context.Context, _ tenant.ID, emails []string) ([]registry.Client, error) {
	return slices.DeleteFunc(slices.Clone(s.clients), func(c registry.Client) bool { return !slices.Contains(emails, c.Person.Email) }), s.err
}

func (s store) Systems(_ context.Context, _ tenant.ID, after string, _ int) ([]registry.System, error) {
	if after != "" {
		return nil, s.err
	}
	return s.systems, s.err
}

func three() store {
	s := store{systems: []registry.System{
		{ID: "agenda", Categories: []registry.Category{registry.Appointments}},
		{ID: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact}},
	}}
	for id, language := range map[string]string{"c1": "nl", "c2": "en", "c3": "fr"} {
		s.clients = append(s.clients, registry.Client{ID: id, Language: language,
			Person: registry.Person{Name: "Verzonnen " + id, Email: id + "@client.example"}})
		s.affected = append(s.affected, incidents.Affected{ID: id, ClientID: id, Group: incidents.InGuidance, InScope: true,
			Certainty: incidents.Certain, Readers: []string{id}})
	}
	slices.SortFunc(s.clients, func(a, b registry.Client) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.affected, func(a, b incidents.Affected) int { return strings.Compare(a.ID, b.ID) })
	return s
}

func draft(t *testing.T, s store, inc *incidents.Incident, audience incidents.Audience) (*incidents.Notice, error) {
	t.Helper()
	return load(t).Draft(t.Context(), s, practice(), inc, audience, "n1", moment(), incidents.System())
}

func TestADraftIsWrittenInTheLanguagesOfItsReaders(t *testing.T) {
	n, err := draft(t, three(), known("phished-mailbox"), incidents.ToClients)
	if err != nil {
		t.Fatalf("draft: %v", err)
	}
	var written []string
	for _, text := range n.Texts {
		written = append(written, text.Language)
	}
	if !slices.Equal(written, []string{"nl", "en", "fr"}) || n.Recipients != 3 || n.ByEmail != 3 || n.State != incidents.NoticeIsDraft {
		t.Errorf("languages %v, %d recipients, %d by mail, %s", written, n.Recipients, n.ByEmail, n.State)
	}
	if n.TextHash != incidents.HashTexts(n.Texts) || n.ID != "n1" || n.Audience != incidents.ToClients {
		t.Errorf("notice %s for %s, hash %s", n.ID, n.Audience, n.TextHash)
	}
}

// A doubt about somebody who reads another text is no doubt of this one's readers.
func TestATextDoubtsOnlyWhereItsOwnReadersMayNotBeAffected(t *testing.T) {
	inc := known("phished-mailbox")
	inc.Assessment.Counts = incidents.Counts{InGuidance: 3, Former: 1, Certain: 2, Possible: 2, InScope: 3}
	s := three()
	s.affected[2].Certainty = incidents.Possible // the French reader
	n, err := draft(t, s, inc, incidents.ToClients)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[string]bool{n.TextFor(incidents.Voice{Language: "nl"}).Body: false, n.TextFor(incidents.Voice{Language: "fr"}).Body: true} {
		if got := strings.Contains(n, "weten wij nog niet zeker") || strings.Contains(n, "peut-être"); got != want {
			t.Errorf("the text doubts %t, want %t:\n%s", got, want, n)
		}
	}
}

// Who only lets his address be kept does not read that his letters are out; where
// readers of one text differ, it says what may be hit.
func TestATextNamesOnlyTheKindsOfDataOfItsOwnReaders(t *testing.T) {
	inc := known("phished-mailbox")
	inc.Facts.Systems, inc.Facts.Categories = []string{"mailbox"}, []registry.Category{registry.Name, registry.Contact, registry.Correspondence}
	holds := func(kinds ...registry.Category) []registry.Holding {
		return []registry.Holding{{System: "mailbox", Categories: kinds, Identifiability: registry.Identified}}
	}
	for name, tt := range map[string]struct {
		first, second []registry.Holding // of the two Dutch readers
		says, never   string
	}{
		"both have an address only":    {holds(registry.Contact), holds(registry.Contact), "Het gaat om deze soorten gegevens", "e-mails en brieven"},
		"one has letters too":          {holds(registry.Contact), holds(registry.Contact, registry.Correspondence), "Het kan gaan om deze soorten gegevens:\n- e-mailadres of telefoonnummer\n- e-mails en brieven", "- naam"},
		"of one it follows from rules": {holds(registry.Contact), nil, "- naam\n- e-mailadres of telefoonnummer\n- e-mails en brieven", "kan gaan"},
	} {
		t.Run(name, func(t *testing.T) {
			s := three()
			s.clients[1].Language = "nl"
			s.clients[0].Holdings, s.clients[1].Holdings, s.clients[1].HoldingsByRule = tt.first, tt.second, tt.second == nil
			n, err := draft(t, s, inc, incidents.ToClients)
			if err != nil {
				t.Fatal(err)
			}
			if text := n.TextFor(incidents.Voice{Language: "nl"}).Body; !strings.Contains(text, tt.says) || strings.Contains(text, tt.never) {
				t.Errorf("the text does not say %q, or says %q:\n%s", tt.says, tt.never, text)
			}
		})
	}
}

// A draft that lies next to an approved notice is for those that one does not
// reach; when it reaches all, only a notice for all again is left to write.
func TestADraftLeavesOutWhomAnApprovedNoticeReaches(t *testing.T) {
	sent := func(people ...string) store {
		s := three()
		s.notices = []*incidents.Notice{{ID: "n0", Audience: incidents.ToClients, State: incidents.NoticeIsSending},
			{ID: "nx", Audience: incidents.ToClients, State: incidents.NoticeIsDraft}}
		for _, id := range people {
			s.tellings = append(s.tellings, incidents.Telling{Person: id, Reader: id, Notice: "n0"})
		}
		s.tellings = append(s.tellings, incidents.Telling{Person: "c1", Reader: "c1", Notice: "nx"}) // of an approval cut off
		return s
	}
	for _, row := range []struct {
		name    string
		store   store
		readers int
		again   bool
	}{
		{"nobody is written to", sent(), 3, false},
		{"two are", sent("c2", "c3"), 1, false},
		{"all are", sent("c1", "c2", "c3"), 3, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			n, err := draft(t, row.store, known("phished-mailbox"), incidents.ToClients)
			if err != nil {
				t.Fatalf("draft: %v", err)
			}
			if n.Recipients != row.readers || n.Again != row.again {
				t.Errorf("for %d, again %t; want %d, %t", n.Recipients, n.Again, row.readers, row.again)
			}
		})
	}
}

// A draft follows the newest facts: its readers, and texts in their languages.
func TestADraftIsRenewed(t *testing.T) {
	n := &incidents.Notice{ID: "n1", Audience: incidents.ToClients, State: incidents.NoticeIsDraft, Texts: []incidents.Text{{Language: "nl", Subject: "s", Body: "eigen woorden"}}}
	r, err := load(t).Renew(t.Context(), three(), practice(), known("phished-mailbox"), n)
	if err != nil {
		t.Fatalf("renew: %v", err)
	}
	if len(r.Recipients) != 3 || len(r.Texts) != 2 || r.Texts[0].Language != "en" || r.Texts[1].Language != "fr" || r.Told {
		t.Errorf("renewed for %d, with %+v, told %t; want three, and English and French beside the Dutch", len(r.Recipients), r.Texts, r.Told)
	}
	before := incidents.HashTexts(n.Texts)
	if !n.Refresh(r.Recipients, r.Texts, 2) || len(n.Texts) != 3 || n.Texts[0].Body != "eigen woorden" || n.TextHash == before {
		t.Errorf("refreshed to %+v", n.Texts)
	}
	if n.Refresh(r.Recipients, r.Texts, 2) {
		t.Error("refreshed twice")
	}
}

func TestAReaderWithoutATextOfHisOwnReadsEnglish(t *testing.T) {
	s := three()
	s.clients[2].Language = "it"
	readers, err := load(t).Recipients(t.Context(), s, practice(), known("phished-mailbox"), incidents.ToClients)
	if err != nil {
		t.Fatalf("recipients: %v", err)
	}
	got := map[string]string{}
	for _, r := range readers {
		got[r.Reader] = r.Language
	}
	if got["c1"] != "nl" || got["c2"] != "en" || got["c3"] != "en" {
		t.Errorf("languages %v", got)
	}
}

func TestTheSameFactsGiveTheSameHash(t *testing.T) {
	a, err := draft(t, three(), known("phished-mailbox"), incidents.ToClients)
	if err != nil {
		t.Fatalf("draft: %v", err)
	}
	b, err := draft(t, three(), known("phished-mailbox"), incidents.ToClients)
	if err != nil || a.TextHash != b.TextHash || a.RecipientsHash != b.RecipientsHash {
		t.Errorf("%v: %s and %s, %s and %s", err, a.TextHash, b.TextHash, a.RecipientsHash, b.RecipientsHash)
	}
}

func TestAllThatIsHeldThereIsListedByTheSystems(t *testing.T) {
	inc := known("phished-mailbox")
	inc.Facts.Categories = nil
	n, err := draft(t, three(), inc, incidents.ToClients)
	if err != nil {
		t.Fatalf("draft: %v", err)
	}
	text := n.Texts[0].Body
	if !strings.Contains(text, "Het kan gaan om deze soorten gegevens:\n- naam\n- e-mailadres of telefoonnummer\n\n") {
		t.Errorf("does not list what the mailbox holds:\n%s", text)
	}
	if strings.Contains(text, "gaat het niet om") {
		t.Errorf("rules out kinds that nobody ruled out:\n%s", text)
	}
}

func TestADraftWaitsForTheAssessment(t *testing.T) {
	for _, audience := range []incidents.Audience{incidents.ToClients, incidents.ToFormerClients, incidents.ToParents} {
		inc := known("phished-mailbox")
		inc.Assessment.Wanted++
		_, err := draft(t, three(), inc, audience)
		if !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "the affected clients are still being found") {
			t.Errorf("%s: got %v, want a conflict", audience, err)
		}
	}
}

func TestANoticeThatNobodyWouldReadIsRefused(t *testing.T) {
	for _, audience := range []incidents.Audience{incidents.ToClients, incidents.ToFormerClients, incidents.ToParents, incidents.ToRecipient} {
		_, err := draft(t, store{}, known("phished-mailbox"), audience)
		if !errors.Is(err, fault.Invalid) || len(fault.Fields(err)) != 1 || fault.Fields(err)[0].Field != "audience" {
			t.Errorf("%s: got %v, want an invalid audience", audience, err)
		}
	}
}

func TestATextForThePublicOrAControllerHasNoReadersHere(t *testing.T) {
	for _, audience := range []incidents.Audience{incidents.ToController, incidents.ToPublic} {
		inc := known("phished-mailbox")
		inc.Assessment = incidents.Assessment{Wanted: 1}
		n, err := draft(t, store{}, inc, audience)
		if err != nil || n.Recipients != 0 || len(n.Texts) != 1 || n.Texts[0].Language != "nl" {
			t.Errorf("%s: got %v, %v", audience, n, err)
		}
	}
}

func TestTheWrongRecipientIsAskedBeforeTheAssessmentIsDone(t *testing.T) {
	inc := known("mis-sent-email")
	inc.Assessment = incidents.Assessment{Wanted: 1}
	n, err := draft(t, store{}, inc, incidents.ToRecipient)
	if err != nil || n.Recipients != 1 || !strings.Contains(n.Texts[0].Body, "Gooi de e-mail weg") {
		t.Errorf("got %v, %v", n, err)
	}
}

func TestAStoreThatCannotAnswerIsNotAnEmptyList(t *testing.T) {
	inc := known("phished-mailbox")
	if _, err := draft(t, store{err: fault.Unavailable}, inc, incidents.ToClients); !errors.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	inc.Facts.Categories = nil
	if _, err := draft(t, store{err: fault.Unavailable}, inc, incidents.ToPublic); !errors.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestParentsOfAFormerClientGetADraftOnceTheRiskIsHigh(t *testing.T) {
	for _, authority := range []registry.Authority{registry.AP, registry.GBA} {
		t.Run(string(authority), func(t *testing.T) {
			s := three()
			s.clients[0].BirthYear, s.clients[0].Guardians = moment().Year()-9, []string{"c2"}
			s.affected = s.affected[:1]
			s.affected[0].Group, s.affected[0].InScope, s.affected[0].Readers = incidents.Former, false, []string{"c2"}
			s.affected[0].ID, s.affected[0].ClientID = s.clients[0].ID, s.clients[0].ID
			p, inc := practice(), known("phished-mailbox")
			p.Authority = authority
			write := func() (*incidents.Notice, error) {
				return load(t).Draft(t.Context(), s, p, inc, incidents.ToParents, "n1", moment(), incidents.System())
			}
			if _, err := write(); !errors.Is(err, fault.Invalid) {
				t.Errorf("while nothing is decided: %v, want nobody to read it", err)
			}
			inc.Decisions = []incidents.Decision{{Question: incidents.AboutPersons, Answer: incidents.Notify, Reason: "r"}}
			n, err := write()
			if err != nil || n.Recipients != 1 || n.ByEmail != 1 {
				t.Fatalf("once the risk is high: %+v, %v; want the mother", n, err)
			}
		})
	}
}

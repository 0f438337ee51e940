package notifier_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
)

func person() incidents.Actor { return incidents.Actor{Kind: register.ActorUser, ID: "anna"} }

// letGo approves one notice to those readers, as the desk does: deliveries first.
func (w *world) letGo(n *incidents.Notice, readers []incidents.Recipiency) {
	w.t.Helper()
	p := w.store.practices[string(n.PracticeID)]
	var rows []incidents.Delivery
	for _, r := range readers {
		rows = append(rows, incidents.NewDelivery(n, r))
	}
	if err := w.store.PutDeliveries(w.t.Context(), p.ID, rows); err != nil {
		w.t.Fatal(err)
	}
	_, err := w.store.UpdateNotice(w.t.Context(), p.ID, n.ID, func(n *incidents.Notice) error {
		return n.Approve(incidents.Approval{TextHash: n.TextHash, RecipientsHash: incidents.HashRecipients(readers), Sender: p.Details.Senders[1], By: person()}, readers, incidents.Facts{}, w.clock())
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// drafts returns the drafts of a case for its clients.
func (w *world) drafts(inc *incidents.Incident) (list []*incidents.Notice) {
	for _, n := range listOf(w.store.notices, inc.PracticeID, "", 100, nil) {
		if n.IncidentID == inc.ID && n.Audience == incidents.ToClients && n.State == incidents.NoticeIsDraft {
			list = append(list, n)
		}
	}
	return list
}

// A later stage names another kind of data: who was told hears what is new once a
// person approves it, and who is found now gets a whole first notice.
func TestALaterStageIsToldToWhoKnowsAndToWhoIsFound(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.store.processors[key("p-1", "microsoft-365")] = registry.Processor{ID: "microsoft-365", PracticeID: "p-1", Name: "Microsoft"}
	holds := func(id string, kinds ...registry.Category) {
		x := w.client("p-1", id, id+"@clienten.example", "nl")
		x.HoldingsByRule, x.Holdings = false, []registry.Holding{{System: "mailbox", Categories: kinds, Identifiability: registry.Identified, From: instant("2026-01-01T00:00:00Z")}}
		w.store.clients[key("p-1", id)] = x
	}
	holds("eerder", registry.Contact, registry.Health)
	holds("later", registry.Health)
	n := w.notifier()
	w.receive("r-1", "p-1", payload(func(d map[string]any) { d["dataCategories"] = []string{"contact"} }))
	w.settle(n)
	inc := w.incidentsOf("p-1")[0]
	first := w.drafts(inc)
	if len(first) != 1 || !strings.Contains(first[0].Texts[0].Body, "Het bedrijf vertelde ons dit op") {
		t.Fatalf("drafts = %+v", first)
	}
	read := func(notice *incidents.Notice) []incidents.Recipiency {
		now, err := w.book.Renew(t.Context(), w.store, w.store.practices["p-1"], w.incident(inc), notice)
		if err != nil {
			t.Fatal(err)
		}
		return now.Recipients
	}
	w.letGo(first[0], read(first[0]))
	w.settle(n)
	if got := w.toClients(); !maps.Equal(got, map[string]int{"eerder@clienten.example": 1}) || w.incident(inc).OwesNews() {
		t.Fatalf("told at first: %v, owes news %t", got, w.incident(inc).OwesNews())
	}

	w.move(time.Hour)
	w.receive("r-2", "p-1", payload(func(d map[string]any) {
		d["stage"], d["dataCategories"] = "final", []string{"contact", "health"}
	}))
	w.settle(n)
	if len(w.toClients()) != 1 || !w.incident(inc).OwesNews() {
		t.Errorf("something went by itself, or nothing is owed: %v", w.toClients())
	}
	if !slices.ContainsFunc(w.sender.accepted(), func(m incidents.Mail) bool {
		return m.To.Email == "anna@praktijk.example" && strings.Contains(m.Text, "onder Berichten kunt u vertellen wat er nieuw is")
	}) {
		t.Error("no mail says that there is news to tell")
	}
	whole := w.drafts(inc)
	if len(whole) != 1 || whole[0].Update {
		t.Fatalf("%d drafts for who was found, want one", len(whole))
	}
	w.letGo(whole[0], read(whole[0]))
	w.settle(n)
	if !w.incident(inc).OwesNews() {
		t.Error("a notice to who was found settles the news for the others")
	}
	news, err := w.book.DraftUpdate(t.Context(), w.store, w.store.practices["p-1"], w.incident(inc), incidents.ToClients, "update-1", w.clock(), person())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.CreateNotice(t.Context(), news); err != nil {
		t.Fatal(err)
	}
	w.settle(n) // the drafter leaves it as it is
	news = w.drafts(inc)[0]
	for _, words := range []string{"eerder", "Dit is nieuw:", "Het gaat nu ook om:"} {
		if !strings.Contains(strings.ToLower(news.Texts[0].Body), strings.ToLower(words)) {
			t.Errorf("the update lacks %q:\n%s", words, news.Texts[0].Body)
		}
	}
	to := read(news)
	if len(to) != 1 || to[0].Person != "eerder" {
		t.Fatalf("the update is for %+v", to)
	}
	w.letGo(news, to)
	w.settle(n)
	if got := w.toClients(); !maps.Equal(got, map[string]int{"eerder@clienten.example": 2, "later@clienten.example": 1}) {
		t.Errorf("mails = %v", got)
	}
	if w.incident(inc).OwesNews() || len(w.drafts(inc)) != 0 {
		t.Error("news is still owed, or a draft stands")
	}
	if _, err := w.book.DraftUpdate(t.Context(), w.store, w.store.practices["p-1"], w.incident(inc), incidents.ToClients, "update-2", w.clock(), person()); err == nil {
		t.Error("an update without news is drafted")
	}
	var subjects []string
	for _, m := range w.sender.accepted() {
		if m.To.Email == "eerder@clienten.example" {
			subjects = append(subjects, m.Subject)
		}
	}
	if !slices.ContainsFunc(subjects, func(s string) bool { return strings.HasPrefix(s, "Nieuws over") }) {
		t.Errorf("subjects = %v", subjects)
	}
}

// The words of an update in every language read whole.
func TestAnUpdateReadsWholeInEveryLanguage(t *testing.T) {
	w := newWorld(t)
	for language, words := range map[string][]string{
		"nl": {"Wij weten nu meer.", "Het gaat nu ook om:", "Het bedrijf vertelde ons dit op"}, "en": {"We know more now.", "It is now also about:", "The company told us this on"},
		"fr": {"Nous en savons plus", "maintenant aussi de", "nous l'a dit le"}, "de": {"Jetzt wissen wir mehr.", "Es geht jetzt auch um:", "mitgeteilt"}} {
		p := w.practice("p-" + language)
		p.Language, p.Authority = language, registry.GBA
		w.store.practices[string(p.ID)] = p
		w.store.processors[key(p.ID, "microsoft-365")] = registry.Processor{ID: "microsoft-365", PracticeID: p.ID, Name: "Microsoft"}
		w.client(p.ID, "c-"+language, "c-"+language+"@clienten.example", language)
		n := w.notifier()
		w.receive("r-1"+language, p.ID, payload(func(d map[string]any) { d["dataCategories"] = []string{"contact"} }))
		w.settle(n)
		inc := w.incidentsOf(p.ID)[0]
		first := w.drafts(inc)[0]
		now, err := w.book.Renew(t.Context(), w.store, p, w.incident(inc), first)
		if err != nil {
			t.Fatal(err)
		}
		w.letGo(first, now.Recipients)
		w.settle(n)
		w.move(time.Minute)
		w.receive("r-2"+language, p.ID, payload(func(d map[string]any) { d["stage"], d["dataCategories"] = "update", []string{"contact", "name"} }))
		w.settle(n)
		news, err := w.book.DraftUpdate(t.Context(), w.store, p, w.incident(inc), incidents.ToClients, "update-"+language, w.clock(), person())
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(news.Texts, func(x incidents.Text) bool { return x.Language == language })
		told := strings.ReplaceAll(first.Texts[0].Body+news.Texts[at].Body, "\u202f", " ")
		for _, word := range words {
			if !strings.Contains(told, word) {
				t.Errorf("%s lacks %q:\n%s", language, word, told)
			}
		}
	}
}

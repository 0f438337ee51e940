package casework_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/casework"

	"github.com/google/go-cmp/cmp"
)

// waiting returns what waits for the register of p1, and takes it out.
func (w *world) waiting() []incidents.Event {
	w.t.Helper()
	list, err := w.store.PendingEvents(w.t.Context(), 1_000)
	w.must(err)
	var events []incidents.Event
	for _, p := range list {
		events = append(events, p.Events...)
		w.must(w.store.MarkPublished(w.t.Context(), p))
	}
	slices.SortStableFunc(events, func(a, b incidents.Event) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	return events
}

func kindsOf(events []incidents.Event) []string {
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, string(e.Kind))
	}
	return kinds
}

func TestEachActOnTheCatalogueStandsInTheRegisterOnce(t *testing.T) {
	w := newWorld(t)
	w.waiting()
	by := incidents.Actor{Kind: register.ActorUser, ID: "user-7"}
	ctx := register.Acting(t.Context(), by)
	s := registry.System{ID: "agenda", PracticeID: "p1", Name: "Agenda", Categories: []registry.Category{registry.Appointments}, Identifiability: registry.Identified}
	firm := registry.Processor{ID: "firma", PracticeID: "p1", Name: "Firma", Contact: "Zonnebloem, zon@example.org"}
	door := func(audience string) func() error {
		return func() error {
			claims := registry.TokenClaims{Audience: "https://" + audience, Sender: "meldingen@project.iam.gserviceaccount.com"}
			_, _, err := w.SaveTokenDoor(ctx, "p1", "firma", registry.DoorGoogle, claims)
			return err
		}
	}
	for _, act := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"a processor is added", func() error { _, _, err := w.SaveProcessor(ctx, firm); return err }, []string{"address.opened", "processor.added"}},
		{"it is saved as it is", func() error { _, _, err := w.SaveProcessor(ctx, firm); return err }, nil},
		{"an address without a signature", func() error { _, err := w.OpenDoor(ctx, "p1", "firma", registry.DoorAddress); return err }, []string{"address.opened"}},
		{"the same address again", func() error { _, err := w.OpenDoor(ctx, "p1", "firma", registry.DoorAddress); return err }, nil},
		{"an address that asks a token", door("one.example"), []string{"address.opened"}},
		{"its token must say what it said", door("one.example"), nil},
		{"its token must say something else", door("two.example"), []string{"address.claims_changed"}},
		{"one more address", func() error { _, err := w.MakeAddress(ctx, "p1", "firma", registry.DoorSigned, by); return err }, []string{"address.opened"}},
		{"a system is added", func() error { _, _, err := w.SaveSystem(ctx, s); return err }, []string{"system.added"}},
		{"it changes", func() error { s.Name = "Planning"; _, _, err := w.SaveSystem(ctx, s); return err }, []string{"system.changed"}},
		{"it is saved as it is", func() error { _, _, err := w.SaveSystem(ctx, s); return err }, nil},
		{"it ends", func() error { return w.EndSystem(ctx, "p1", "agenda") }, []string{"system.ended"}},
		{"it ends again", func() error { return w.EndSystem(ctx, "p1", "agenda") }, nil},
		{"it is taken up again", func() error { return w.ResumeSystem(ctx, "p1", "agenda") }, []string{"system.resumed"}},
		{"the processor ends", func() error { return w.EndProcessor(ctx, "p1", "firma") }, []string{"processor.ended"}},
		{"the processor is taken up again", func() error { return w.ResumeProcessor(ctx, "p1", "firma") }, []string{"processor.resumed"}},
	} {
		w.must(act.do())
		got := w.waiting()
		if d := cmp.Diff(act.want, kindsOf(got)); d != "" {
			t.Errorf("%s (-want +got)\n%s", act.name, d)
		}
		for _, e := range got {
			if e.Actor != by {
				t.Errorf("%s: by %v", act.name, e.Actor)
			}
			if text := fmt.Sprint(e); strings.Contains(text, "onnebloem") || strings.Contains(text, "@") {
				t.Errorf("%s tells the contact", act.name)
			}
		}
	}
}

func TestEachActOnAPersonStandsInTheRegisterWithoutHim(t *testing.T) {
	w := newWorld(t)
	w.waiting()
	p, ctx := w.Practice("p1"), t.Context()
	in := casework.ClientInput{Client: person("N-901")}
	in.Client.Person.Name, in.Client.Person.Email = "Zonnebloem", "zon@example.org"
	var stored registry.Client
	change := func(do func(c *registry.Client)) func() error {
		return func() error {
			var err error
			stored, err = w.ChangeClient(ctx, p, stored.ID, stored.Version, func(in *casework.ClientInput) error { do(&in.Client); return nil })
			return err
		}
	}
	day := registry.Date{Year: 2026, Month: 2, Day: 1}
	for _, act := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"added", func() (err error) { stored, err = w.AddClient(ctx, p, in); return err }, []string{"client.added"}},
		{"saved as he is", change(func(*registry.Client) {}), nil},
		{"another name", change(func(c *registry.Client) { c.Person.Name = "Maanbloem" }), []string{"client.changed"}},
		{"guidance ends", change(func(c *registry.Client) { c.Guidance = []registry.Guidance{{From: day, Until: day.AddDays(3)}} }), []string{"client.guidance_ended"}},
		{"guidance begins anew", change(func(c *registry.Client) { c.Guidance = []registry.Guidance{{From: day}} }), []string{"client.guidance_resumed"}},
		{"two in one call", func() error {
			_, _, err := w.SaveClients(ctx, p, []casework.ClientInput{in, {Client: person("N-902")}})
			return err
		}, []string{"client.added", "client.changed"}},
	} {
		w.must(act.do())
		got := w.waiting()
		if d := cmp.Diff(act.want, kindsOf(got)); d != "" {
			t.Errorf("%s (-want +got)\n%s", act.name, d)
		}
		for _, e := range got {
			if text := strings.ToLower(fmt.Sprint(e)); strings.Contains(text, "bloem") || strings.Contains(text, "@") || len(e.Words) > 0 {
				t.Errorf("%s tells who it is: %s", act.name, text)
			}
			if act.name != "two in one call" && e.Subject != stored.ID {
				t.Errorf("%s is about %q", act.name, e.Subject)
			}
		}
	}
}

func TestAListStandsInTheRegisterOnceAndOnceWhenItIsUndone(t *testing.T) {
	w := newWorld(t)
	file, how := mixed()
	p := w.known("p3")
	w.waiting()
	by := incidents.Actor{Kind: register.ActorAPI, ID: "token-3"}
	ctx := register.Acting(t.Context(), by)
	result, err := w.Import(ctx, p, strings.NewReader(file), how)
	w.must(err)
	taken := w.waiting()
	if d := cmp.Diff([]string{"import.taken"}, kindsOf(taken)); d != "" {
		t.Fatalf("(-want +got)\n%s", d)
	}
	if e := taken[0]; e.Subject != result.ID || e.Facts["added"] != "521" || e.Facts["refused"] != "1" || e.Actor != by || len(e.Words) != 0 {
		t.Errorf("taken: %+v", e)
	}
	_, err = w.UndoImport(ctx, p, result.ID, "anna", false)
	w.must(err)
	undone := w.waiting()
	if d := cmp.Diff([]string{"import.undone"}, kindsOf(undone)); d != "" {
		t.Fatalf("(-want +got)\n%s", d)
	}
	if e := undone[0]; e.Subject != result.ID || e.Facts["removed"] != "521" || e.Facts["put_back"] != "1" || e.Actor != by {
		t.Errorf("undone: %+v", e)
	}
}

package incidents_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/plain"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/traces"

	"github.com/google/go-cmp/cmp"
)

// known is everything that is known of a case, by path.
func known(i *incidents.Incident) map[string]string {
	all := plain.Flat(i.Facts, "Said", "Usual", "Steps")
	maps.Copy(all, plain.Flat(i.Story))
	maps.Copy(all, plain.Flat(i.ForAuthority))
	return all
}

func TestWhateverChangesAFactSaysInTheRegisterWhatItWasAndIs(t *testing.T) {
	later, yes, two := noon.Add(2*time.Hour), true, 2
	for _, tt := range []struct {
		name string
		act  func(*incidents.Incident) error
	}{
		{"a correction of facts and story", func(i *incidents.Incident) error {
			return i.Change(incidents.Change{Reason: "Verkeerd gezien.", By: anna, Apply: func(f *incidents.Facts, s *incidents.Story) {
				f.Systems, f.Categories, f.OccurredFrom, f.Unintelligible = []string{"agenda", "mailbox"}, []registry.Category{registry.Name}, nil, incidents.UnintelligibleYes
				f.BreachKinds, f.Risk.Recipient, f.Risk.Deleted = []incidents.BreachKind{incidents.Availability}, "trusted", &yes
				s.Summary, s.Consequences, s.Recipients = "Iemand las mee.", "Spam.", []incidents.Recipient{{Email: "x@example.org", Kind: incidents.RecipientKnown}}
				s.Answers = map[string]string{"phished-mailbox/second-step": "yes"}
			}}, later)
		}},
		{"persons chosen by hand", func(i *incidents.Incident) error {
			return i.Change(incidents.Change{Reason: "Alleen deze twee.", By: anna, Apply: func(f *incidents.Facts, s *incidents.Story) {
				f.HandPicked, s.Subjects = true, incidents.Subjects{ExternalIDs: []string{"c-1", "c-2"}}
			}}, later)
		}},
		{"another role", func(i *incidents.Incident) error {
			return i.Change(incidents.Change{Reason: "Het is hun dossier.", By: anna, Apply: func(f *incidents.Facts, s *incidents.Story) {
				f.Role, s.Controller = incidents.AsProcessor, "Gemeente"
			}}, later)
		}},
		{"a processor's update", func(i *incidents.Incident) error {
			i.Join("r-2", incidents.ProcessorFacts{Stage: "update", OccurredUntil: &later, Systems: []string{"agenda"}, Measures: "Wachtwoorden gewist."}, later, incidents.System())
			return nil
		}},
		{"the approver's word that strangers were shut out", func(i *incidents.Incident) error { i.ShutOut(later, later, anna); return nil }},
		{"answers for the authority", func(i *incidents.Incident) error {
			return i.AnswerAuthority(incidents.AuthorityAnswers{Given: map[string]string{"sector": "Zorg"}, Persons: incidents.Amount{Min: &two}, MainEstablishment: "NL"}, later, anna)
		}},
		{"a person added by hand", func(i *incidents.Incident) error {
			return i.Override(incidents.Override{ClientID: "c1", Include: true, Reason: "Stond in de bijlage.", By: anna}, later)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := open(t, nil)
			before, told := known(i), len(i.Outbox.Pending)
			if err := tt.act(i); err != nil {
				t.Fatal(err)
			}
			was, is := plain.Differ(before, known(i))
			if len(is) == 0 {
				t.Fatal("nothing changed")
			}
			checkTold(t, i.Outbox.Pending[told:], was, is)
		})
	}
}

// checkTold compares what events say of the facts with what changed. An override is
// told by what becomes of the person.
func checkTold(t *testing.T, events []incidents.Event, was, is map[string]string) {
	t.Helper()
	gotWas, gotIs := map[string]string{}, map[string]string{}
	for _, e := range events {
		for _, r := range incidents.Revisions(e) {
			if r.Sealed && e.Facts["after/"+r.Path] != "" || !r.Sealed && e.Words["after/"+r.Path] != "" {
				t.Errorf("%s stands in the facts and in the words", r.Path)
			}
			gotWas[r.Path], gotIs[r.Path] = r.Before, r.After
		}
	}
	if gotIs["person"] == "added" {
		return
	}
	for _, own := range []string{"clock", "state"} {
		delete(gotWas, own)
		delete(gotIs, own)
	}
	if d := cmp.Diff(was, gotWas); d != "" {
		t.Errorf("what it was (-want +got)\n%s", d)
	}
	if d := cmp.Diff(is, gotIs); d != "" {
		t.Errorf("what it is (-want +got)\n%s", d)
	}
}

func TestActsSayWhatStoodBeforeThem(t *testing.T) {
	i := open(t, nil)
	at := noon.Add(time.Hour)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(i.Override(incidents.Override{ClientID: "c1", Include: true, Reason: "Erbij.", By: anna}, at))
	do(i.Override(incidents.Override{ClientID: "c1", Include: false, Reason: "Toch niet.", By: anna}, at))
	do(i.DecidePerson(incidents.PersonDecision{ClientID: "c1", Tell: true, By: anna}, at))
	do(i.DecidePerson(incidents.PersonDecision{ClientID: "c1", Ground: incidents.Grounds()[0], Reason: "Te gevaarlijk.", By: anna}, at))
	do(i.ChooseTraces([]incidents.TraceChoice{{Kind: traces.Name, Text: "Jan", By: anna}}, at))
	do(i.ChooseTraces([]incidents.TraceChoice{{Kind: traces.Name, Text: "Jan", Keep: true, Reason: "Nodig.", By: anna}}, at))
	do(i.AddMeasure(incidents.Measure{Text: "Wachtwoord", By: anna}, at))
	do(i.ChangeMeasure("m1", incidents.Measure{Text: "Alle wachtwoorden", Owner: "Bram", By: anna}, at))
	do(i.EndMeasure("m1", "", false, at, anna))
	do(i.Decide(incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.NotNotifiable, Reason: "Geen risico.", By: anna}, at))
	do(i.Decide(incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.Notify, Reason: "Toch wel.", By: anna}, at))
	var got []string
	for _, e := range i.Outbox.Pending[1:] {
		line := string(e.Kind)
		for _, r := range incidents.Revisions(e) {
			line += " " + r.Path + ":" + r.Before + ">" + r.After
		}
		got = append(got, line)
	}
	want := strings.Split(strings.TrimSpace(`
affected.added person:>added
affected.removed person:added>taken_out
affected.to_be_told telling:>tell
affected.not_told telling:tell>do_not_tell
authority.trace_settled choice:>remove
authority.trace_settled choice:remove>keep
measure.added measure:>open text:>Wachtwoord
measure.changed owner:>Bram text:Wachtwoord>Alle wachtwoorden
measure.done measure:open>done
decision.taken decision:>not_notifiable reason:>Geen risico.
clock.ended clock:running>ended
decision.taken decision:not_notifiable>notify reason:Geen risico.>Toch wel.
clock.reopened clock:ended>running`), "\n")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestWhatWasAndIsPersonalIsInTheChainAsASaltedHashOnly(t *testing.T) {
	i := open(t, nil)
	if err := i.Change(incidents.Change{Reason: "r", By: anna, Apply: func(_ *incidents.Facts, s *incidents.Story) { s.Summary = "Over Jan Jansen." }}, noon); err != nil {
		t.Fatal(err)
	}
	e := i.Outbox.Pending[len(i.Outbox.Pending)-1]
	for key, text := range e.Facts {
		if strings.Contains(text, "Jansen") || strings.Contains(text, "mailbox.") {
			t.Errorf("%s says %q in the open", key, text)
		}
	}
	entry := register.Next(register.Head{}, e, "00112233445566778899aabbccddeeff")
	erased := entry
	erased.Salt, erased.Event.Words = "", nil
	if entry.Leaf() != erased.Leaf() || entry.WordsHash == "" {
		t.Error("erasing the words moves the leaf")
	}
	if got := incidents.Revisions(entry.Event); len(got) != 1 || !got[0].Sealed || got[0].After != "Over Jan Jansen." {
		t.Errorf("it says %+v", got)
	}
}

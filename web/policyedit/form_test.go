package policyedit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/locales"
	"datalek/web/page"
	"datalek/web/policyedit"
)

func builtIn(t *testing.T, id string) registry.Policy {
	t.Helper()
	book, err := playbooks.Load("")
	if err != nil {
		t.Fatal(err)
	}
	p, known := book.Policy(id)
	if !known {
		t.Fatalf("no policy %s", id)
	}
	return p
}

// The form shows every rule of every policy and takes it back unchanged.
func TestTheFormTakesBackWhatItShows(t *testing.T) {
	book, err := playbooks.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, choice := range book.Policies() {
		t.Run(choice.ID, func(t *testing.T) {
			want, _ := book.Policy(choice.ID)
			got, faults := policyedit.Read(policyedit.Form(want))
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			if !got.Same(want) {
				t.Error(cmp.Diff(want, got, cmpopts.EquateEmpty()))
			}
		})
	}
	old := registry.Policy{ID: "old", ClientHours: 48, AuthorityHours: 72, RetainMonths: 24, Source: "reglement, artikel 1", ClientAlarms: []int{}, EscalateMinutes: 30, EscalateShare: 40}
	if got, faults := policyedit.Read(policyedit.Form(old)); len(faults) > 0 || !got.Same(old) {
		t.Errorf("a policy from before there were rules: %v\n%s", faults, cmp.Diff(old, got))
	}
}

func TestEveryFaultOfTheFormIsToldAtOnceByItsField(t *testing.T) {
	f := policyedit.Form(builtIn(t, "refleact-48"))
	for field, typed := range map[string]string{"client.hours": "twee dagen", "client.source": "zomaar ergens", "client.warn_percent": "75, 50", "client.alarm_percent": "80",
		"authority.hours": "96", "authority.warn_hours": "24, 100", "escalation.minutes": "15", "requests.weeks": "20", "telling.0.source": "", "retention.1.months": "-1",
		"retention.0.systems": "", "rest.source": "wet", "statements.0.text.en": ""} {
		f.Set(field, typed)
	}
	_, faults := policyedit.Read(f)
	var got []string
	for _, x := range faults {
		got = append(got, x.Field)
	}
	slices.Sort(got)
	want := []string{"authority.hours", "authority.warn_hours", "client.alarm_percent", "client.hours", "client.source", "client.warn_percent", "escalation.minutes",
		"requests.weeks", "rest.source", "retention.0.systems", "retention.1.months", "statements.0.text.en", "telling.0.source"}
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Error(diff)
	}
}

func TestRowsAreAddedAndTakenAwayWithoutScript(t *testing.T) {
	f := policyedit.Form(builtIn(t, "jose-welten"))
	before, _ := policyedit.Read(f)
	if !policyedit.Press(f, "drop.retention.1") {
		t.Fatal("no such button")
	}
	after, faults := policyedit.Read(f)
	want := slices.Delete(slices.Clone(before.Retention), 1, 2)
	if diff := cmp.Diff(want, after.Retention, cmpopts.EquateEmpty()); diff != "" || len(faults) > 0 {
		t.Errorf("%v\n%s", faults, diff)
	}
	policyedit.Press(f, "add.retention")
	f.Set("retention.4.systems", "paper", "hours")
	f.Set("retention.4.from", "guidance")
	f.Set("retention.4.months", "6")
	f.Set("retention.4.source", "Eigen besluit, 22 november 2026")
	more, _ := policyedit.Read(f)
	if got := more.Retention[4]; len(more.Retention) != len(after.Retention)+1 || got.Months != 6 || !slices.Equal(got.Systems, []string{"paper", "hours"}) || !more.Retention[5].General() {
		t.Errorf("the new row: %+v of %d", got, len(more.Retention))
	}
	for _, wrong := range []string{"drop.retention.99", "drop.retention.-1", "drop.retention.x"} {
		policyedit.Press(f, wrong)
	}
	if same, _ := policyedit.Read(f); !same.Same(more) {
		t.Error("a row that is not there was taken away")
	}
	if policyedit.Press(f, "preview") || policyedit.Press(f, "drop.client.0") {
		t.Error("another button counts as one of a list's")
	}
	for range 200 {
		policyedit.Press(f, "add.telling")
	}
	if n := f.Get("telling.n"); n != "50" {
		t.Errorf("the form grew to %s rows", n)
	}
}

func TestAFormOfNonsenseIsReadWithoutHarm(t *testing.T) {
	f := page.FormOf("telling.n", "999999999", "retention.n", "-4", "statements.n", strings.Repeat("9", 40), "client.warn_percent", strings.Repeat("1,", 5000))
	if p, faults := policyedit.Read(f); len(faults) == 0 || len(p.Telling) > 50 || len(p.Retention) > 51 {
		t.Errorf("read %d and %d rows, %d faults", len(p.Telling), len(p.Retention), len(faults))
	}
}

// What changes and still names its old source gets the practice's own decision as
// one; what somebody sourced himself, and what stays as it was, does not.
func TestOnlyWhatChangesGetsANewSource(t *testing.T) {
	words, err := page.LoadWords(locales.Files)
	if err != nil {
		t.Fatal(err)
	}
	const own = "Eigen besluit, 22 november 2026"
	before := builtIn(t, "jose-welten")
	form := policyedit.Form(before)
	for field, typed := range map[string]string{"client.hours": "24", "contact.messengers": "Signal", "telling.4.when": "law", "retention.3.months": "36", "mail.name": "yes", "mail.source": "Nieuwe verklaring, artikel 2"} {
		form.Set(field, typed)
	}
	after, faults := policyedit.Read(form)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	got := policyedit.Sourced(words, before, after, own)
	for what, pair := range map[string][2]string{
		"hours": {got.SourceOf(registry.RuleClient), own}, "ways": {got.SourceOf(registry.RuleContact), own}, "accused": {got.Telling[4].Source, own},
		"kept longer": {got.Retention[3].Source, own}, "kept as it was": {got.Retention[2].Source, before.Retention[2].Source},
		"clients": {got.Telling[0].Source, before.Telling[0].Source}, "mail": {got.SourceOf(registry.RuleMail), "Nieuwe verklaring, artikel 2"},
		"authority": {got.SourceOf(registry.RuleAuthority), before.SourceOf(registry.RuleAuthority)}} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
	if after.Telling[4].Source == own {
		t.Error("naming a source wrote into the policy that was given")
	}
	if again := policyedit.Sourced(words, got, after, own); !again.Same(got) {
		t.Error("the same order given again is another one")
	}
}

// A fault opens the part of the form that its field stands in.
func TestEveryFieldStandsInItsPartOfTheForm(t *testing.T) {
	for field, want := range map[string]string{"client.hours": "hours", "authority.source": "hours", "telling.3.when": "who", "contact.messengers.0": "how", "mail.source": "how",
		"retention.1.months": "keep", "rest.source": "keep", "protections.0.kind": "protect", "secrecy.source": "others", "statements.0.text.nl": "others", "source": "others",
		"client.warn_percent": "warn", "authority.alarm_hours": "warn", "escalation.minutes": "warn"} {
		if got := policyedit.SectionOf(field); got != want {
			t.Errorf("%s opens %q, want %q", field, got, want)
		}
	}
}

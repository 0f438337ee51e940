package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/playbooks"
)

// A practice that works by Refleact's policy changes it while two breaches are
// open: 24 hours instead of 48, and phone first. It sees what that changes before
// anything is saved, puts one of the two under the new rules and leaves the other.
func TestStoryOfAPracticeThatChangesItsRules(t *testing.T) {
	d := startDemo(t, "--empty")
	r := newPlainReader(t, d.BaseURL)
	p := &person{visitor: r, t: t, disturb: func() {}}
	p.logIn(d)
	aware := d.now().UTC().Truncate(time.Second)
	at := func(h int) string { return aware.Add(time.Duration(h) * time.Hour).Format(time.RFC3339) }
	d.must(201, "POST", "/systems", object{"id": "laptop", "name": "Laptop", "categories": []string{"name", "contact"}, "identifiability": "identified"}, nil)
	d.must(201, "POST", "/clients", []object{
		{"external_id": "c-1", "name": "Cliënt Een", "email": "een@clienten.example", "phone": "+31 6 0000 0001", "language": "nl", "guidance": []object{{"from": "2025-03-01"}}},
		{"external_id": "t-1", "name": "Leerling Twee", "email": "twee@clienten.example", "language": "nl", "relation": "trainee", "guidance": []object{{"from": "2025-03-01"}}},
	}, nil)
	file := func(summary string) string {
		t.Helper()
		var filed struct{ ID string }
		d.must(201, "POST", "/incidents", object{"playbook": "lost-device", "summary": summary, "occurred_from": at(-5), "occurred_until": at(-1), "discovered_at": at(-1), "aware_at": at(0),
			"aware_basis": "Hij was weg.", "systems": []string{"laptop"}, "subjects": object{"all": true}, "unintelligible": "no", "role": "controller"}, &filed)
		return filed.ID
	}
	goes, stays := file("Eerste laptop weg."), file("Tweede laptop weg.")
	// The fault page, the two rows and the questions stand in the form without a script.
	changesTheRules(p)
	p.sees("Dit verandert er", "Er is nog niets bewaard.", "Was: Zo snel mogelijk, en uiterlijk binnen 48 uur.", "Wordt: Zo snel mogelijk, en uiterlijk binnen 24 uur.",
		"Was: Met een e-mail, als iemand niets anders wenst.", "Eigen besluit,", "Cliënten vertellen vóór: "+plainly(t, aware.Add(48*time.Hour)),
		"Dat wordt: "+plainly(t, aware.Add(24*time.Hour)), "Personen die het moeten horen: nu 2, straks 1. Erbij: 0. Eraf: 1.", "straks “Eerst per telefoon”")
	for _, id := range []string{goes, stays} {
		d.isDue(id, aware.Add(48*time.Hour)) // looking changes nothing
	}
	p.click("Bewaar de nieuwe regels")
	p.sees("Kies voor welke datalekken de nieuwe regels gelden.", "Leg dit kort uit.")
	p.choose("Ook voor deze open datalekken")
	p.choose(d.referenceOf(goes))
	p.fill("Waarom verandert u dit?", "De cliëntenraad vroeg erom.")
	p.click("Bewaar de nieuwe regels")
	p.sees("Ze gelden ook voor 1 open datalek.", "uiterlijk binnen 24 uur", "Uit: Eigen besluit,", "Per telefoon.")
	d.isDue(goes, aware.Add(24*time.Hour))
	d.isDue(stays, aware.Add(48*time.Hour))
	await(t, "who is in scope is worked out anew, of one case alone", func() error {
		if n, m := d.inScope(goes), d.inScope(stays); n != 1 || m != 2 {
			return errNot("%d and %d in scope", n, m)
		}
		return nil
	})
	d.registerTells("/incidents/"+goes, []string{"incident.policy_adopted"})
	p.open("/incidents/" + goes)
	p.sees("Onder de nieuwe regels gebracht", "was binnen 48 uur, wordt binnen 24 uur", "De cliëntenraad vroeg erom.")
	p.open("/incidents/" + stays)
	if strings.Contains(p.words(), "Onder de nieuwe regels") {
		t.Error("the case that was left tells of new rules")
	}
	p.unfold("Welke regels gelden hier?")
	p.sees("Voor dit datalek gelden nog de regels van daarvoor.")
	p.open("/register/log")
	p.sees("Regels van de praktijk veranderd", "Ook voor 1 open datalek.", "Aan cliënten vertellen: Zo snel mogelijk, en uiterlijk binnen 48 uur. → Zo snel mogelijk, en uiterlijk binnen 24 uur.")
	d.takesItsRulesAlong(t, r)

	d.moveClock(18*time.Hour + time.Minute) // three quarters of 24, not yet half of 48
	await(t, "the case under the new rules warns", func() error {
		if n := d.warned(goes); n != 2 {
			return errNot("%d warnings", n)
		}
		return nil
	})
	if n := d.warned(stays); n != 0 {
		t.Errorf("the case under the old rules warned %d times", n)
	}
	p.logIn(d) // a night has passed
	p.open("/settings/policy/edit")
	p.click("Kijk wat er verandert")
	p.sees("Aan uw regels verandert niets.", "Hier verandert niets.") // the one under them; the other could still follow
	p.sees(d.referenceOf(stays), "Dat wordt: "+plainly(t, aware.Add(24*time.Hour)))
}

// plainly is an instant without the name of its zone.
func plainly(t *testing.T, at time.Time) string {
	t.Helper()
	words, _, _ := strings.Cut(inWords(at.In(amsterdam(t))), ",")
	return words
}

// changesTheRules fills in the form, after some that cannot be.
func changesTheRules(p *person) {
	p.t.Helper()
	p.open("/settings/rules")
	p.sees("Verander uw regels")
	p.open("/settings/policy/edit?from=refleact-48")
	p.sees("Hier staan nu de regels van “Binnen 48 uur”. Er is nog niets bewaard.",
		"Hoe snel Aan cliënten vertellen: Zo snel mogelijk, en uiterlijk binnen 48 uur.") // each part says in words what it holds
	p.fill("Binnen hoeveel uur vertelt u het uw cliënten?", "twee dagen")
	p.fill("Vanaf welke adressen mailt u nooit?", "geen domein")
	p.click("Voeg een bewaarregel toe")
	p.click("Kijk wat er verandert")
	p.sees("Vul hele uren in, van 1 tot en met 720.", "Bewaarregel 5: Noem het document en de plaats", "Kies een systeem of een soort mensen.")
	p.click("Haal weg Bewaarregel 5")
	p.fill("Binnen hoeveel uur vertelt u het uw cliënten?", "24")
	p.fill("Vanaf welke adressen mailt u nooit?", "gmail.com")
	p.choose("Eerst per telefoon")
	p.fillIn("Wie hoort het: regel 2", "Wanneer horen zij het?", "law")
	p.click("Kijk wat er verandert")
}

func (d *demo) isDue(id string, want time.Time) {
	d.t.Helper()
	var inc caseView
	d.must(200, "GET", "/incidents/"+id, nil, &inc)
	for _, c := range inc.Clocks {
		if c.Kind == "client" && (c.DueAt == nil || !c.DueAt.Equal(want)) {
			d.t.Errorf("%s is due at %v, want %s", inc.Reference, c.DueAt, want)
		}
	}
}

func (d *demo) referenceOf(id string) string {
	d.t.Helper()
	var inc caseView
	d.must(200, "GET", "/incidents/"+id, nil, &inc)
	return inc.Reference
}

func (d *demo) inScope(id string) int {
	d.t.Helper()
	var inc struct {
		Assessment struct {
			InScope int `json:"in_scope"`
		}
	}
	d.must(200, "GET", "/incidents/"+id, nil, &inc)
	return inc.Assessment.InScope
}

// warned counts the thresholds of the client clock that fired.
func (d *demo) warned(id string) int {
	d.t.Helper()
	var inc struct {
		Clocks []struct {
			Kind       string
			Thresholds []struct {
				FiredAt *time.Time `json:"fired_at"`
			}
		}
	}
	d.must(200, "GET", "/incidents/"+id, nil, &inc)
	n := 0
	for _, c := range inc.Clocks {
		for _, th := range c.Thresholds {
			if c.Kind == "client" && th.FiredAt != nil {
				n++
			}
		}
	}
	return n
}

// takesItsRulesAlong downloads the rules, checks the file and reads it back.
func (d *demo) takesItsRulesAlong(t *testing.T, r *plainReader) {
	d.t.Helper()
	r.open("/settings/policy/rules.yaml")
	path := filepath.Join(d.t.TempDir(), "refleact-48.yaml")
	if err := os.WriteFile(path, []byte(r.body), 0o600); err != nil {
		d.t.Fatal(err)
	}
	if out, err := command(t, nil, "policy", "check", path); err != nil || !strings.Contains(out, "24") {
		d.t.Errorf("policy check: %v\n%s", err, out)
	}
	got, choice, _, err := playbooks.ReadPolicy(path, "nl")
	if err != nil {
		d.t.Fatal(err)
	}
	book, err := playbooks.Load("")
	if err != nil {
		d.t.Fatal(err)
	}
	want, _ := book.Policy("refleact-48")
	own := got.SourceOf(registry.RuleClient)
	want.ClientHours, want.FirstChannel, want.BarredSenders = 24, registry.ByPhone, []string{"gmail.com"}
	want.Telling[1].When, want.Telling[1].Source = registry.TellByLaw, own
	want.Sources[registry.RuleClient], want.Sources[registry.RuleContact] = own, own
	if !strings.HasPrefix(own, "Eigen besluit, ") || !got.Same(want) {
		d.t.Errorf("the file says other rules than the form did: %s", cmp.Diff(want, got))
	}
	if raw, err := playbooks.WritePolicy(got, choice.Title, choice.Explanation); err != nil || string(raw) != r.body {
		d.t.Errorf("written again the file differs (%v)", err)
	}
}

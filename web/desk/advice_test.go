package desk_test

import (
	"strings"
	"testing"

	"datalek/incidents/registry"
)

// The policy of a practice says what stood in the way; the advice names it, and
// leaves it to a person whether it held.
func TestTheAdviceNamesWhatThePolicyProtectsWith(t *testing.T) {
	r := newRig(t)
	_, body := r.get(r.at("/risk"))
	if strings.Contains(body, "Wat uw beleid zegt") {
		t.Error("a policy that names no protection is said to name some")
	}
	_, err := r.store.UpdatePractice(t.Context(), "p1", func(p *registry.Practice) error {
		p.Policy.Protections = []registry.Protection{{Kind: registry.DiskEncryption, Systems: []string{"mailbox"}, Source: "reglement, artikel 12.2"},
			{Kind: registry.SecondFactor, Systems: []string{"mailbox"}, Source: "reglement, artikel 12.3"}, {Kind: registry.FileEncryption, Systems: []string{"paper"}, Source: "nergens"}}
		p.Policy.Secrecy, p.Policy.Sources = true, map[string]string{registry.RuleSecrecy: "reglement, artikel 5"}
		return nil
	})
	r.must(err)
	_, body = r.get(r.at("/risk"))
	for _, want := range []string{"Wat uw beleid zegt", "Versleutelde schijven (reglement, artikel 12.2). Konden anderen de gegevens daardoor niet lezen?",
		"Inloggen in twee stappen (reglement, artikel 12.3). Ga na of dat ook toen zo was.", "U heeft beroepsgeheim (reglement, artikel 5)."} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(body, "nergens") {
		t.Error("the page names what protects a system that was not hit")
	}
}

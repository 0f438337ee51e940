package catalogue_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"datalek/incidents/registry"
)

func TestTheEndOfGuidanceSaysWhatFollowsInEachSystem(t *testing.T) {
	r := newRig(t)
	r.systems()
	_, err := r.Store.UpdatePractice(t.Context(), "p1", func(p *registry.Practice) error {
		p.Policy.Retention = []registry.RetentionRule{
			{Systems: []string{"key-list"}, From: registry.UntilWithdrawal, WithPermission: []registry.Category{registry.Name}},
			{Systems: []string{"archive"}, From: registry.FromLastContact, Months: 24, Action: registry.Pseudonymise},
			{From: registry.FromGuidance},
		}
		return nil
	})
	r.Must(err)
	x := r.add("p1", person("K-1", "Vera Voorbeeld"))
	home := "/clients/" + x.ID
	_, body := r.get(home)
	if strings.Contains(body, "Wat er na de begeleiding weg moet") || !strings.Contains(body, "Vraag of u na de begeleiding dit mag bewaren: naam.") {
		t.Error("in guidance nothing must go, and the permission is asked")
	}
	press := func(path string, fields ...string) {
		t.Helper()
		form := url.Values{"version": {strings.TrimSpace(versionOn(t, r, home))}}
		for i := 0; i < len(fields); i += 2 {
			form.Set(fields[i], fields[i+1])
		}
		if res, _ := r.visitor.Post(path, form).AndBody(); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s = %d", path, res.StatusCode)
		}
	}
	press(home + "/guidance/1/end")
	_, body = r.get(home)
	for _, want := range []string{"Wat er na de begeleiding weg moet", "Weg vanaf 9 maart 2027.", "Weg na de laatste dag van de begeleiding.", "Weg vanaf 9 maart 2029.",
		"In plaats van vernietigd mag het gepseudonimiseerd worden", "Sleutellijst in de kluis", "/retention/people/" + x.ID + "/mailbox/gone", "/retention/people/" + x.ID + "/key-list/gone"} {
		if !strings.Contains(body, want) {
			t.Errorf("after the end the page does not say %q", want)
		}
	}
	if strings.Contains(body, "/archive/gone") {
		t.Error("what may stay for two years can be confirmed today")
	}
	press(home+"/keep", "agreed", "yes")
	_, body = r.get(home)
	if !strings.Contains(body, "Op 8 maart 2027 gaf deze persoon toestemming om dit te bewaren: naam.") || strings.Contains(body, "/key-list/gone") {
		t.Error("with permission the name stays")
	}
	press(home+"/keep", "agreed", "no")
	if _, body = r.get(home); !strings.Contains(body, "/key-list/gone") || !r.stored(x.ID).KeepAgreed.IsZero() {
		t.Error("without it the name goes")
	}
	press(home + "/guidance/1/reopen")
	if _, body = r.get(home); strings.Contains(body, "Wat er na de begeleiding weg moet") {
		t.Error("who is in guidance again has something that must go")
	}
}

// versionOn returns the version of a client as the store has him.
func versionOn(t *testing.T, r *rig, home string) string {
	t.Helper()
	return strconv.FormatInt(r.stored(strings.TrimPrefix(home, "/clients/")).Version, 10)
}

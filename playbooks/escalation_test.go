package playbooks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/playbooks"
)

// alarming is our policy with its own alarms and pace.
func alarming(id string, lines ...string) string {
	text := strings.Replace(goodPolicy, "id: ours", "id: "+id, 1)
	for i := 0; i+1 < len(lines); i += 2 {
		text = strings.Replace(text, lines[i], lines[i+1], 1)
	}
	return text
}

func TestAPolicySaysWhichWarningsNeedAPersonAndHowFast(t *testing.T) {
	dir := folder(t, map[string]string{
		"policies/ours.yaml": goodPolicy,
		"policies/own.yaml": alarming("own", "warn_percent: [50]", "warn_percent: [50, 75], alarm_percent: [50]", "warn_hours: [24]", "warn_hours: [24, 60], alarm_hours: []") +
			"escalation: {minutes: 30, share: 25}\n",
	})
	book, err := playbooks.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	own, _ := book.Policy("own")
	client, law := own.ClientTerm(), own.AuthorityTerm()
	want := []registry.Mark{{Name: "w50", After: 12 * time.Hour, Alarm: true}, {Name: "w75", After: 18 * time.Hour}, {Name: "due", After: 24 * time.Hour}}
	if diff := cmp.Diff(want, client.Warn); diff != "" {
		t.Errorf("promise (-want +got):\n%s", diff)
	}
	for _, m := range law.Warn {
		if m.Alarm {
			t.Errorf("%s needs a person, though the policy names none", m.Name)
		}
	}
	if want := (registry.Escalation{After: 30 * time.Minute, Share: 25}); client.Escalation != want || law.Escalation != want {
		t.Errorf("pace %+v and %+v, want %+v", client.Escalation, law.Escalation, want)
	}
	usual, _ := book.Policy("ours")
	if got, want := usual.ClientTerm().Escalation.OrDefault(), (registry.Escalation{After: 2 * time.Hour, Share: 50}); got != want {
		t.Errorf("the usual pace is %+v, want %+v", got, want)
	}
}

func TestAlarmsThatCannotBeAreRefused(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a share that does not warn", alarming("ours", "warn_percent: [50]", "warn_percent: [50], alarm_percent: [75]"), "client.alarm_percent: an alarm begins with a warning"},
		{"an hour that does not warn", alarming("ours", "warn_hours: [24]", "warn_hours: [24], alarm_hours: [60]"), "authority.alarm_hours: an alarm begins with a warning"},
		{"no time at all", goodPolicy + "escalation: {minutes: 0, share: 50}\n", "escalation.minutes: give 1 to 1440 minutes"},
		{"more than all that is left", goodPolicy + "escalation: {minutes: 30, share: 101}\n", "escalation.share: give a share of 1 to 100 percent"},
	} {
		_, err := playbooks.Load(folder(t, map[string]string{"policies/ours.yaml": tt.text}))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

package playbooks_test

import (
	"slices"
	"testing"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/risk"
	"datalek/playbooks"

	"github.com/google/go-cmp/cmp"
)

func TestEveryPlaybookSaysWhatToDoWhenAndAsksWhatItMustKnow(t *testing.T) {
	book := load(t)
	for _, p := range book.Playbooks() {
		if len(p.Tasks) < 4 || len(p.Questions) < 2 || len(p.Systems) == 0 || len(p.Data) == 0 || len(p.APIncidents) == 0 {
			t.Errorf("%s: %d tasks, %d questions, systems %v, data %v, incident %v", p.ID, len(p.Tasks), len(p.Questions), p.Systems, p.Data, p.APIncidents)
			continue
		}
		if first := p.Tasks[0].Within; first > 8*time.Hour {
			t.Errorf("%s: nothing is due within 8 hours, the first is after %v", p.ID, first)
		}
		if !slices.IsSortedFunc(p.Tasks, byDue) {
			t.Errorf("%s: the most urgent is not first: %v", p.ID, p.Tasks)
		}
		if len(p.Lessons) < 2 {
			t.Errorf("%s suggests %d lessons, want two at least", p.ID, len(p.Lessons))
		}
		var words []string
		for _, task := range p.Tasks {
			words = append(words, task.Text["en"])
		}
		if diff := cmp.Diff(words, p.FirstSteps["en"]); diff != "" {
			t.Errorf("%s: first steps are not the tasks (-tasks +steps):\n%s", p.ID, diff)
		}
	}
}

func byDue(a, b playbooks.Task) int { return int(a.Within - b.Within) }

func TestTheStolenDeviceHasItsTasks(t *testing.T) {
	p, _ := load(t).Playbook("lost-device")
	due := map[string]time.Duration{}
	for _, task := range p.Tasks {
		due[task.Act] = max(due[task.Act], task.Within)
	}
	want := map[string]time.Duration{"stop": time.Hour, "revoke": 2 * time.Hour, "check": 4 * time.Hour, "ask": 8 * time.Hour,
		"repair": 24 * time.Hour, "police": 24 * time.Hour, "insurer": 48 * time.Hour}
	if diff := cmp.Diff(want, due); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{8}, p.APIncidents); diff != "" {
		t.Errorf("kind of incident (-want +got):\n%s", diff)
	}
	if q := p.Questions[0]; q.ID != "encrypted" || q.Options[0].ID != "yes" || q.Options[0].Text["nl"] != "Ja" || q.Options[0].Means[risk.FactUnintelligible] != "yes" {
		t.Errorf("the first question is %+v", q)
	}
}

func TestACallerCannotChangeTheTasksOfTheBook(t *testing.T) {
	book := load(t)
	p, _ := book.Playbook("outage")
	p.Tasks[0].Text["nl"], p.Questions[0].Options[0].Text["nl"], p.FirstSteps["nl"][0], p.Lessons[0].Text["nl"], p.Data[0] = "x", "x", "x", "x", registry.OtherData
	again, _ := book.Playbook("outage")
	if again.Tasks[0].Text["nl"] == "x" || again.Questions[0].Options[0].Text["nl"] == "x" || again.FirstSteps["nl"][0] == "x" || again.Lessons[0].Text["nl"] == "x" || again.Data[0] == registry.OtherData {
		t.Error("the book was changed through what it handed out")
	}
}

func TestAnotherSystemOfACommonSortIsCommonToo(t *testing.T) {
	p, _ := load(t).Playbook("lost-device")
	for id, want := range map[string]bool{"laptop": true, "laptop-2": true, "laptops": false, "mailbox": false, "": false} {
		if p.Usual(id) != want {
			t.Errorf("%q is common in a lost device: %v, want %v", id, !want, want)
		}
	}
}

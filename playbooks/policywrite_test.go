package playbooks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"datalek/incidents/registry"
	"datalek/playbooks"
)

// Every built-in policy, written and read strictly, comes back as it was.
func TestAWrittenPolicyReadsBackTheSame(t *testing.T) {
	book, err := playbooks.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, choice := range book.Policies() {
		t.Run(choice.ID, func(t *testing.T) {
			want, _ := book.Policy(choice.ID)
			raw, err := playbooks.WritePolicy(want, choice.Title, choice.Explanation)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), choice.ID+".yaml")
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			got, back, _, err := playbooks.ReadPolicy(path, "nl")
			if err != nil {
				t.Fatalf("%v\n%s", err, raw)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\n%s", diff, raw)
			}
			if diff := cmp.Diff(choice, back); diff != "" {
				t.Error(diff)
			}
			if err := playbooks.CheckPolicy(want); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNoAlarmsAndTheUsualAlarmsStayApart(t *testing.T) {
	for _, tt := range []struct {
		name   string
		alarms []int
		want   string
	}{{"none", []int{}, "alarm_percent: []"}, {"one", []int{90}, "alarm_percent: [90]"}} {
		t.Run(tt.name, func(t *testing.T) {
			raw, err := playbooks.WritePolicy(registry.Policy{ID: "x", ClientAlarms: tt.alarms}, nil, nil)
			if err != nil || !strings.Contains(string(raw), tt.want) || strings.Contains(string(raw), "alarm_hours") {
				t.Errorf("err %v, no %q, or the usual alarms are written:\n%s", err, tt.want, raw)
			}
		})
	}
}

func TestAPolicyWithoutASourceIsFoundFaulty(t *testing.T) {
	err := playbooks.CheckPolicy(registry.Policy{ID: "own", AuthorityHours: 72, Source: "reglement"})
	if err == nil || !strings.Contains(err.Error(), "own.yaml:") || !strings.Contains(err.Error(), "client.source: name the document and the place") {
		t.Errorf("err = %v", err)
	}
}

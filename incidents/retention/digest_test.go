package retention_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/incidents/retention"
)

func TestTheMonthsMailGoesOnceFromTheFirstWorkingDay(t *testing.T) {
	w := practiceOf()
	w.practice.CreatedAt = noon("2026-04-01")
	w.add("anna")
	w.add("ben")
	w.add("carl", func(c *registry.Client) {
		c.Exemptions = []registry.Exemption{{System: "mailbox", Why: registry.ExemptLaw}}
	})
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, tt := range []struct {
		name string
		now  time.Time
		want int // mails so far
	}{
		{"on a Sunday not yet", at("2026-11-01T12:00:00Z"), 0},
		{"on the first Monday, before seven", at("2026-11-02T05:59:00Z"), 0},
		{"from seven on, in the practice's zone", at("2026-11-02T06:00:00Z"), 1},
		{"not again in that month, after any restart", at("2026-11-30T12:00:00Z"), 1},
		{"late in the next month, when the program was down before", at("2026-12-20T12:00:00Z"), 2},
	} {
		var all sync.WaitGroup
		for range 3 { // workers at once
			all.Go(func() {
				p, err := w.Practice(t.Context(), "p")
				if err == nil {
					_, err = retention.Digest(t.Context(), w, p, tt.now)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := len(w.practice.Outbox.Pending); n != tt.want {
			t.Errorf("%s: %d mails, want %d", tt.name, n, tt.want)
		}
	}
	e := w.practice.Outbox.Pending[0]
	want := []retention.DigestLine{{System: "datalek", People: 3, Late: true}, {System: "diary", Rolling: true}, {System: "mailbox", People: 2, Late: true}}
	if diff := cmp.Diff(want, retention.DigestOf(e)); diff != "" || e.Words != nil || e.Kind != retention.Digested {
		t.Errorf("%+v (-want +got):\n%s", e, diff)
	}
}

func TestNoMailGoesAboutNothing(t *testing.T) {
	w := practiceOf()
	w.practice.CreatedAt = noon("2026-04-01")
	told, err := retention.Digest(t.Context(), w, w.practice, noon("2026-11-03"))
	if told || err != nil || len(w.practice.Outbox.Pending) > 0 || w.practice.Retained.Digest != "2026-11" {
		t.Errorf("told %t, %v, noted %q", told, err, w.practice.Retained.Digest)
	}
	w.practice.Retained.Digest, w.practice.CreatedAt = "", noon("2026-11-01")
	w.add("anna")
	if told, _ := retention.Digest(t.Context(), w, w.practice, noon("2026-11-30")); told {
		t.Error("told in the month in which the practice began")
	}
}

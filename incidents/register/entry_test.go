package register_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"datalek/incidents/register"
)

func chain(n int) []register.Entry {
	var head register.Head
	var out []register.Entry
	for i := range n {
		e := register.Event{ID: strings.Repeat("e", i+1), PracticeID: "p", Kind: "incident.opened",
			At: time.Date(2027, 3, 5, 12, i, 0, 0, time.UTC), Facts: map[string]string{"n": "1"}, Words: map[string]string{"reason": "Piet"}}
		entry := register.Next(head, e, "salt")
		head = entry.Head()
		out = append(out, entry)
	}
	return out
}

func TestVerifyFindsTheEntryAtFault(t *testing.T) {
	for _, tt := range []struct {
		name string
		bend func([]register.Entry) []register.Entry
		seq  int64
	}{
		{"a fact changed", func(e []register.Entry) []register.Entry { e[1].Event.Facts["n"] = "2"; return e }, 2},
		{"a time changed", func(e []register.Entry) []register.Entry {
			e[2].Event.At = e[2].Event.At.Add(time.Millisecond)
			return e
		}, 3},
		{"words changed", func(e []register.Entry) []register.Entry { e[3].Event.Words["reason"] = "Jan"; return e }, 4},
		{"one removed", func(e []register.Entry) []register.Entry { return append(e[:2], e[3:]...) }, 3},
		{"two swapped", func(e []register.Entry) []register.Entry { e[1], e[2] = e[2], e[1]; return e }, 2},
		{"one repeated", func(e []register.Entry) []register.Entry { e[3] = e[2]; return e }, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var broken *register.Broken
			if _, err := register.Verify(register.Head{}, tt.bend(chain(5))); !errors.As(err, &broken) || broken.Seq != tt.seq {
				t.Errorf("err %v, want entry %d", err, tt.seq)
			}
		})
	}
}

func TestErasingWordsLeavesTheChainWhole(t *testing.T) {
	entries := chain(4)
	entries[1].Event.Words, entries[1].Salt = nil, ""
	head, err := register.Verify(register.Head{}, entries)
	if err != nil || head != entries[3].Head() {
		t.Errorf("head %+v, err %v; want whole", head, err)
	}
	if _, err := register.Verify(entries[1].Head(), entries[2:]); err != nil {
		t.Errorf("a later part does not verify from its own head: %v", err)
	}
}

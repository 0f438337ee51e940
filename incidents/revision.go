package incidents

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"datalek/incidents/plain"
)

// Before an event's fact or word stand these, when an act changed something: what
// stood there, and what stands there now, "" for nothing.
const (
	beforeThat = "before/"
	afterThat  = "after/"
)

// Revision is one thing that an event changed: its path ("systems", "risk/recipient"),
// what stood there and what stands there now, "" for nothing known.
type Revision struct {
	Path   string
	Before string
	After  string
	// Sealed: what it says is personal, or free text; the register's chain has its
	// salted hash alone, and both texts are "" once they were erased.
	Sealed bool
}

// Revisions returns what an event changed, by path.
func Revisions(e Event) []Revision {
	list := revisionsIn(e.Facts, false)
	list = append(list, revisionsIn(e.Words, true)...)
	slices.SortFunc(list, func(a, b Revision) int { return cmp.Compare(a.Path, b.Path) })
	return list
}

func revisionsIn(m map[string]string, sealed bool) []Revision {
	var list []Revision
	for key, text := range m {
		if path, is := strings.CutPrefix(key, afterThat); is {
			list = append(list, Revision{Path: path, Before: m[beforeThat+path], After: text, Sealed: sealed})
		}
	}
	return list
}

// revised adds to an event's facts, or words, where two flat things differ.
func revised(to map[string]string, was, is map[string]string) map[string]string {
	before, after := plain.Differ(was, is)
	if len(after) == 0 {
		return to
	}
	to = maps.Clone(to)
	if to == nil {
		to = map[string]string{}
	}
	for path := range after {
		to[beforeThat+path], to[afterThat+path] = before[path], after[path]
	}
	return to
}

// revisedOne is revised for a single thing.
func revisedOne(to map[string]string, path, was, is string) map[string]string {
	return revised(to, map[string]string{path: was}, map[string]string{path: is})
}

// flatFacts leaves out what follows from the kind of breach and the answers: those
// stand there themselves.
func flatFacts(f Facts) map[string]string { return plain.Flat(f, "Said", "Usual", "Steps") }

func flatStory(s Story) map[string]string { return plain.Flat(s) }

// withRevisions gives an event what changed in the facts of the case. The facts stay
// plain, as they do in the case; the story is sealed.
func withRevisions(e Event, before, after Facts, was, is Story) Event {
	e.Facts = revised(e.Facts, flatFacts(before), flatFacts(after))
	e.Words = revised(e.Words, flatStory(was), flatStory(is))
	return e
}

// standing says where a clock stands, for the register.
func (c Clock) standing() string {
	switch {
	case !c.MetAt.IsZero():
		return "met"
	case !c.EndedAt.IsZero():
		return "ended"
	default:
		return "running"
	}
}

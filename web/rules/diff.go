package rules

import "slices"

// Change is one rule that is another one, in words. Before is "" for a rule that is
// new, After for one that no longer holds.
type Change struct {
	Group         Group
	Key           string // of the new rule; of the old one when that only ends
	Label         string
	Before, After string
	// OldSource and NewSource say where the rule stood and stands.
	OldSource, NewSource string
}

// Diff returns what differs between two policies in words. Rules that differ in
// their source alone are there too: Before equals After.
func Diff(before, after []Rule) []Change {
	var out []Change
	for _, group := range Groups() {
		out = append(out, diff(of(before, group), of(after, group))...)
	}
	return out
}

func of(all []Rule, group Group) []Rule {
	return slices.DeleteFunc(slices.Clone(all), func(r Rule) bool { return r.Group != group })
}

func diff(before, after []Rule) []Change {
	rest := slices.Clone(before)
	take := func(fits func(Rule) bool) (Rule, bool) {
		at := slices.IndexFunc(rest, fits)
		if at < 0 {
			return Rule{}, false
		}
		r := rest[at]
		rest = slices.Delete(rest, at, at+1)
		return r, true
	}
	var out []Change
	open := map[int]bool{}
	for n, r := range after { // first those that say the same
		old, some := take(func(x Rule) bool { return x.Label == r.Label && x.Value == r.Value })
		if open[n] = !some; some && old.Source != r.Source {
			out = append(out, Change{r.Group, r.Key, r.Label, old.Value, r.Value, old.Source, r.Source})
		}
	}
	for n, r := range after {
		if !open[n] {
			continue
		}
		old, _ := take(func(x Rule) bool { return x.Label == r.Label })
		out = append(out, Change{r.Group, r.Key, r.Label, old.Value, r.Value, old.Source, r.Source})
	}
	for _, r := range rest {
		out = append(out, Change{Group: r.Group, Key: r.Key, Label: r.Label, Before: r.Value, OldSource: r.Source})
	}
	return out
}

// Reordered reports whether the rules of keeping are the same ones in another
// order, which decides: the first that fits holds.
func Reordered(before, after []Rule) bool {
	words := func(all []Rule) []string {
		return mapped(of(all, Keep), func(r Rule) string { return r.Label + "\x00" + r.Value })
	}
	a, b := words(before), words(after)
	if slices.Equal(a, b) {
		return false
	}
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

package advisory

import (
	"slices"
	"strings"
	"unicode"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// Concern is what a message means for one practice: which of its systems it
// touches, and why it reached the practice.
type Concern struct {
	Systems []string // ids; nil: not known which
	Causes  []incidents.Cause
	Via     []string // names of the firms through which alone it concerns the practice
	// Elsewhere says that the message names others: neither the practice's customer
	// numbers nor its regions or services, of which it noted what these are.
	Elsewhere bool
}

// ConcernOf says whom a message of a reporter concerns at a practice that lists
// these processors and systems. Only what both sides name can leave a practice
// out: whatever one of them does not say counts as concerned.
func ConcernOf(reporter string, processors []registry.Processor, systems []registry.System, a Advisory) Concern {
	var c Concern
	at := slices.IndexFunc(processors, func(p registry.Processor) bool { return p.ID == reporter && p.EndedAt.IsZero() })
	above := registry.Above(reporter, processors)
	direct := false
	switch {
	case at >= 0:
		c, direct = concernAt(processors[at], systems, a)
	case len(above) == 0:
		c, direct = concernAt(registry.Processor{ID: reporter}, systems, a) // it worked for the practice once
	}
	if len(above) == 0 {
		c.Elsewhere = !direct
		return c
	}
	if !direct {
		c = Concern{}
	}
	return c.through(above, systems, direct)
}

// ConcernOfOwn is ConcernOf for a message to the practice's own address: it
// concerns the practice whatever it names.
func ConcernOfOwn(reporter string, processors []registry.Processor, systems []registry.System, a Advisory) Concern {
	c := ConcernOf(reporter, processors, systems, Advisory{Services: a.Services})
	if c.Elsewhere {
		c = ConcernOf(reporter, processors, systems, Advisory{})
	}
	c.Causes = []incidents.Cause{{Code: incidents.CauseOwnAddress}}
	return c
}

// through adds the systems at the firms that engage the reporter. What he names of
// customers, regions and services is theirs, and says nothing about the practice.
func (c Concern) through(above []registry.Processor, systems []registry.System, direct bool) Concern {
	var names []string
	for _, p := range above {
		names = append(names, p.Name)
		for _, s := range systems {
			if p.Keeps(s) && !slices.Contains(c.Systems, s.ID) {
				c.Systems = append(c.Systems, s.ID)
			}
		}
	}
	c.Causes = append(c.Causes, incidents.Cause{Code: incidents.CauseVia, Names: names})
	if !direct {
		c.Via = names
	}
	return c
}

// concernAt compares what a message names with what the practice noted about the
// firm itself; false when it names others.
func concernAt(p registry.Processor, systems []registry.System, a Advisory) (Concern, bool) {
	c := Concern{Causes: []incidents.Cause{{Code: incidents.CauseUses}}}
	unknown := incidents.CauseCustomerUnknown
	if len(p.CustomerRefs) > 0 {
		unknown = incidents.CauseCustomerKind
	}
	if !c.compare(a.Customers, p.CustomerRefs, sameCustomer, a.sameKind, incidents.CauseCustomer, unknown) ||
		!c.compare(a.Regions, p.Regions, sameRegion, anyRegion, incidents.CauseRegion, incidents.CauseRegionUnknown) {
		return c, false
	}
	var held []registry.System
	for _, s := range systems {
		if p.Keeps(s) {
			held = append(held, s)
		}
	}
	hit, named := registry.HitBy(held, a.Services)
	c.Systems = hit
	switch {
	case len(a.Services) == 0:
	case named:
		c.cause(incidents.CauseService, namesOf(held, hit))
	case allNoted(held) && whole(a.Services):
		return c, false
	default:
		c.cause(incidents.CauseServiceUnknown, nil)
	}
	return c, true
}

// compare adds the cause on which what a message names meets what the practice
// noted; false when both can be compared and nothing is the same.
func (c *Concern) compare(named, noted []string, same, comparable func(named, noted string) bool, met, unknown incidents.CauseCode) bool {
	if len(named) == 0 {
		return true
	}
	var mine []string
	canTell := false
	for _, n := range noted {
		if slices.ContainsFunc(named, func(other string) bool { return same(other, n) }) {
			mine = append(mine, n)
		}
		canTell = canTell || slices.ContainsFunc(named, func(other string) bool { return comparable(other, n) })
	}
	switch {
	case len(mine) > 0:
		c.cause(met, mine)
	case canTell && whole(named):
		return false
	default:
		c.cause(unknown, nil)
	}
	return true
}

func (c *Concern) cause(code incidents.CauseCode, names []string) {
	c.Causes = append(c.Causes, incidents.Cause{Code: code, Names: names})
}

// whole reports whether a list cannot have been cut: a longer one may name the
// practice further on.
func whole(named []string) bool { return len(named) < MaxNames }

func allNoted(held []registry.System) bool {
	return len(held) > 0 && !slices.ContainsFunc(held, func(s registry.System) bool { return len(s.Services) == 0 })
}

func namesOf(systems []registry.System, ids []string) []string {
	var names []string
	for _, s := range systems {
		if slices.Contains(ids, s.ID) {
			names = append(names, s.Name)
		}
	}
	return names
}

// plainWord is a word without capitals, blanks and hyphens: clouds write one region
// as "West Europe" and "westeurope".
func plainWord(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// sameRegion reports whether a named region is the noted one, or stands for all.
func sameRegion(named, noted string) bool {
	word := plainWord(named)
	return word == plainWord(noted) || slices.Contains([]string{"global", "worldwide", "all", "allregions", "multiple"}, word)
}

func anyRegion(_, _ string) bool { return true }

// sameCustomer reports whether a reference is the noted one; an address of mail
// is of the customer whose domain it is at.
func sameCustomer(named, noted string) bool {
	namedKind, named := refOf(named)
	notedKind, noted := refOf(noted)
	_, domain, _ := strings.Cut(named, "@")
	return named == noted || domain == noted || namedKind == kindNumber && notedKind == kindNumber && plainWord(named) == plainWord(noted)
}

// refKind is what a reference looks like. A number on an invoice says nothing about
// a subscription, so only those of one kind are compared.
type refKind int

const (
	kindNumber       refKind = iota
	kindID                   // 8-4-4-4-12 hexadecimal digits, of nobody knows what
	kindTenant               // such digits, with the word before them
	kindSubscription         // the same, or one that the sender's own form says to be one
	kindDomain
)

const idLength = 36

// refOf returns what a reference is, and it without capitals and without the word
// that says what it is ("tenant 3f2a…").
func refOf(ref string) (refKind, string) {
	ref = strings.ToLower(strings.TrimSpace(ref))
	label, id := "", ref
	if at := len(ref) - idLength; at > 0 {
		label, id = ref[:at], ref[at:]
	}
	switch {
	case len(id) != idLength || strings.Count(id, "-") != 4 || strings.Trim(id, "0123456789abcdef-") != "":
	case strings.Contains(label, "tenant"):
		return kindTenant, id
	case strings.Contains(label, "subscription") || strings.Contains(label, "abonnement"):
		return kindSubscription, id
	case label == "":
		return kindID, id
	}
	if strings.Contains(ref, ".") && strings.ContainsFunc(ref, unicode.IsLetter) && !strings.ContainsAny(ref, " /") {
		return kindDomain, ref
	}
	return kindNumber, ref
}

// sameKind reports whether a reference that the message names can be compared with
// one that the practice noted. Digits without a word before them may be of a tenant,
// and say nothing about what the sender calls a subscription.
func (a Advisory) sameKind(named, noted string) bool {
	namedKind, id := refOf(named)
	notedKind, _ := refOf(noted)
	if namedKind == kindID && slices.ContainsFunc(a.Subscriptions, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), id) }) {
		namedKind = kindSubscription
	}
	return namedKind == notedKind
}

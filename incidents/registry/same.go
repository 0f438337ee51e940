package registry

import (
	"cmp"
	"reflect"
	"slices"
)

// Same reports whether two policies say the same. An empty list is no list, except
// of alarms, where it means none instead of the usual ones.
func (p Policy) Same(other Policy) bool { return reflect.DeepEqual(p.plain(), other.plain()) }

// plain is the policy with one way of writing each thing.
func (p Policy) plain() Policy {
	p.FirstChannel = cmp.Or(p.FirstChannel, ByEmail)
	p.ClientThresholds, p.AuthorityThresholds = orNone(p.ClientThresholds), orNone(p.AuthorityThresholds)
	p.Telling, p.Messengers, p.BarredSenders = orNone(p.Telling), orNone(p.Messengers), orNone(p.BarredSenders)
	p.Statements = orNone(p.Statements)
	p.Retention, p.Protections = slices.Clone(orNone(p.Retention)), slices.Clone(orNone(p.Protections))
	for n := range p.Retention {
		r := &p.Retention[n]
		r.Systems, r.Relations = orNone(r.Systems), orNone(r.Relations)
	}
	for n := range p.Protections {
		p.Protections[n].Systems = orNone(p.Protections[n].Systems)
	}
	if len(p.Sources) == 0 {
		p.Sources = nil
	}
	return p
}

func orNone[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

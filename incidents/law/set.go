package law

import (
	"slices"

	"datalek/incidents/registry"
)

// Set is the rules of one day, one for each topic. A case keeps its own, whole, so
// that no later change of the data moves it. The zero value belongs to a case from
// before rules were kept, and reads as the GDPR did when the program began.
type Set []Rule

// Of returns the rule of a topic.
func (s Set) Of(topic Topic) (Rule, bool) {
	for _, r := range s {
		if r.Topic == topic {
			return r, true
		}
	}
	return Rule{}, false
}

// Hours returns within how many hours the authority is told, 0 when no rule says so.
func (s Set) Hours() int {
	r, _ := s.Of(TellAuthority)
	return r.Hours
}

// AuthorityRisk returns from which risk on the authority is told (GDPR Art. 33(1)).
func (s Set) AuthorityRisk() Risk {
	if r, some := s.Of(TellAuthority); some {
		return r.Risk
	}
	return AnyRisk
}

// PersonsRisk returns from which risk on persons are told (GDPR Art. 34(1)).
func (s Set) PersonsRisk() Risk {
	if r, some := s.Of(TellPersons); some {
		return r.Risk
	}
	return HighRisk
}

// Ages are from which age a young person is told beside his parents, and from which
// one instead of them.
type Ages struct{ Beside, Instead int }

// Ages returns the ages of the rule, or of a case from before rules were kept.
func (s Set) Ages() Ages {
	if r, some := s.Of(YoungPeople); some {
		return Ages{Beside: r.Beside, Instead: r.Instead}
	}
	return Ages{Beside: 12, Instead: 16}
}

// Edition returns the edition of the authority's form, "" when no rule names one.
func (s Set) Edition() string {
	r, _ := s.Of(FormEdition)
	return r.Edition
}

// AnswerBy returns the last day on which a request of that day is answered in time:
// within the practice's own weeks, and never later than the law's months. false
// when neither is known.
func (s Set) AnswerBy(asked registry.Date, weeks int) (registry.Date, bool) {
	r, some := s.Of(AnswerRequest)
	by := asked.AddMonths(r.Months)
	if by.Day != asked.Day { // a month without that day ends the term (Regulation 1182/71, Art. 3(2)(c))
		by = by.AddDays(-by.Day)
	}
	if own := asked.AddDays(7 * weeks); weeks > 0 && (!some || own.Compare(by) < 0) {
		return own, true
	}
	return by, some
}

// Kept returns what a case keeps of the rules of its day: all but the edition of
// the form, since whoever files fills in the one that stands on the authority's
// site that day.
func (s Set) Kept() Set {
	return slices.DeleteFunc(slices.Clone(s), func(r Rule) bool { return r.Topic == FormEdition })
}

// IDs names the rules, in their order.
func (s Set) IDs() []string {
	var ids []string
	for _, r := range s {
		ids = append(ids, r.ID)
	}
	return ids
}

// Same reports whether both are the same rules.
func (s Set) Same(other Set) bool {
	if len(s) != len(other) {
		return false
	}
	for i := range s {
		if s[i].ID != other[i].ID || s[i].From != other[i].From || s[i].Hours != other[i].Hours {
			return false
		}
	}
	return true
}

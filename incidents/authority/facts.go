package authority

import (
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
)

// facts answers every question out of the record. What was given by hand stands
// where nothing was recorded.
func (r Record) facts() map[string]fact {
	all := map[string]fact{}
	for _, part := range []map[string]fact{r.notice(), r.who(), r.timeline(), r.breach(), r.persons(), r.effects(), r.telling()} {
		for key, f := range part {
			all[key] = f
		}
	}
	for _, key := range incidents.GivenKeys() {
		if f, known := all[key]; !known || f.mark != Recorded {
			if given := wrote(r.Incident.ForAuthority.Given[key]); given.mark == Recorded || !known {
				all[key] = given
			}
		}
	}
	return all
}

func (r Record) notice() map[string]fact {
	all := map[string]fact{"notice_kind": follows("notice.new"), "earlier_reference": {not: true}, "ground": follows("ground.gdpr")}
	if n := len(r.Incident.Filings); n > 0 {
		all["notice_kind"] = follows("notice.follow_up")
		all["earlier_reference"] = stated(r.Incident.Filings[n-1].Reference)
	}
	a := r.Incident.ForAuthority
	switch {
	case a.Abroad == nil:
		all["countries"] = missing()
	case !*a.Abroad:
		all["countries"] = chosen("no")
	default:
		all["countries"] = fact{mark: Recorded, codes: []string{"yes"}, text: a.Countries, free: true}
	}
	all["lead_authority"] = leading(a)
	return all
}

// leading says which authority leads (GDPR Art. 56). A case within one country has
// no use for it.
func leading(a incidents.AuthorityAnswers) fact {
	lead, known := Lead(a)
	switch {
	case !known && (a.Abroad == nil || !*a.Abroad):
		return fact{not: true}
	case !known:
		return missing()
	case lead == "":
		return fact{mark: Derived, codes: []string{"lead.other"}, text: a.MainEstablishment}
	default:
		return follows("lead." + string(lead))
	}
}

func (r Record) who() map[string]fact {
	d, given := r.Practice.Details, r.Incident.ForAuthority.Given
	contact := lines(d.Contact.Name, d.Contact.Email, d.Contact.Phone)
	all := map[string]fact{"organisation": stated(lines(d.Name, d.Street, d.Place)), "contact": stated(contact), "notifier": stated(contact), "other_parties": missing()}
	for key, own := range map[string]string{"sector": d.Sector, "registration_number": d.TradeNumber} {
		if all[key] = stated(own); strings.TrimSpace(given[key]) != "" {
			all[key] = wrote(given[key]) // what was said of this case goes before
		}
	}
	notifier := all["notifier"]
	notifier.mark = Derived // whoever files may be somebody else
	all["notifier"] = notifier
	switch {
	case r.Processor != "":
		all["other_parties"] = r.processor()
	case len(r.Holders) > 0:
		all["other_parties"] = fact{mark: Derived, text: lines(r.Holders...), codes: []string{"role.processor"}}
	}
	return all
}

// processor says who the processor is that reported, and whether it told in time: an
// authority asks what came between its knowing and ours (GDPR Art. 33(2)).
func (r Record) processor() fact {
	f := fact{mark: Recorded, text: r.Processor, codes: []string{"role.processor"}}
	if r.Promptness != nil && r.Promptness.Word != incidents.ToldUnsaid {
		f.told = r.Promptness
	}
	return f
}

func (r Record) timeline() map[string]fact {
	f, s := r.Incident.Facts, r.Incident.Story
	aware := r.Incident.Aware[len(r.Incident.Aware)-1]
	all := map[string]fact{
		"occurred_from": when(f.OccurredFrom, f.OccurredApprox), "occurred_until": when(f.OccurredUntil, f.OccurredApprox),
		"discovered_at": when(&f.DiscoveredAt, false), "discovered_how": wrote(s.DiscoveredHow), "aware_at": when(&aware.AwareAt, aware.Estimated),
	}
	clock := r.Incident.Clock(incidents.AuthorityClock)
	switch {
	case clock.LateReason != "":
		all["late_reason"] = wrote(clock.LateReason)
	case clock.Late(r.Now) > 0:
		all["late_reason"] = missing()
	default:
		all["late_reason"] = follows("late.in_time")
	}
	return all
}

func (r Record) breach() map[string]fact {
	f, s := r.Incident.Facts, r.Incident.Story
	all := map[string]fact{"breach_kinds": missing(), "incident_type": missing(), "description": wrote(s.Summary),
		"categories": missing(), "special_categories": missing(), "protected": missing(), "records": amount(r.Incident.ForAuthority.Records)}
	switch {
	case len(f.BreachKinds) > 0:
		all["breach_kinds"] = chosen(coded("breach.", f.BreachKinds)...)
	case len(r.KindSays) > 0:
		all["breach_kinds"] = follows(coded("breach.", r.KindSays)...)
	}
	if n := r.IncidentType; n >= 1 && n <= len(incidentTypes()) {
		all["incident_type"] = follows("type." + incidentTypes()[n-1])
	}
	switch could := r.Incident.Unreadable(); could {
	case "", incidents.UnintelligibleUnknown:
	case f.Unintelligible:
		all["protected"] = chosen("protected." + string(could))
	default:
		all["protected"] = follows("protected." + string(could)) // from an answer to the kind's questions
	}
	if f.Categories != nil { // nil is "all that is held there", which says nothing about what leaked
		all["categories"], all["special_categories"] = split(f.Categories)
	}
	return all
}

// split divides the kinds of data into the ordinary and the special ones. The form
// asks for criminal data among the ordinary ones.
func split(categories []registry.Category) (ordinary, special fact) {
	isSpecial := func(c registry.Category) bool { return c.Special() && c != registry.Criminal }
	var plain, secret []registry.Category
	for _, c := range categories {
		if isSpecial(c) {
			secret = append(secret, c)
		} else {
			plain = append(plain, c)
		}
	}
	ordinary, special = chosen(coded("category.", plain)...), chosen(coded("category.", secret)...)
	if len(plain) == 0 {
		ordinary = missing()
	}
	if len(secret) == 0 {
		special = follows("special.none")
	}
	return ordinary, special
}

func (r Record) persons() map[string]fact {
	all := map[string]fact{"groups": missing(), "persons": amount(r.Incident.ForAuthority.Persons)}
	if kinds := r.Incident.Facts.Risk.PersonKinds; len(kinds) > 0 {
		all["groups"] = chosen(coded("group.", kinds)...)
	}
	if r.Practice.Policy.Secrecy {
		all["groups_more"] = follows("secrecy")
	}
	if a := r.Incident.Assessment; all["persons"].mark == Missing && a.Done > 0 {
		least, most := a.Counts.Certain, a.Counts.Affected() // whom nobody tells is affected all the same
		all["persons"] = fact{mark: Derived, count: &incidents.Amount{Min: &least, Max: &most}}
	}
	return all
}

func amount(a incidents.Amount) fact {
	if !a.Known() {
		return missing()
	}
	return fact{mark: Recorded, count: &a}
}

func (r Record) effects() map[string]fact {
	s := r.Incident.Story
	all := map[string]fact{"consequences": wrote(s.Consequences), "measures": wrote(lines(s.MeasuresTaken, s.MeasuresPlanned)), "severity": missing()}
	if s.Consequences == "" && len(r.Effects) > 0 {
		all["consequences"] = fact{mark: Derived, by: r.Effects}
	}
	if a, err := risk.Assess(r.Incident.RiskFacts()); err == nil && len(r.Incident.Facts.BreachKinds) > 0 && r.Incident.Facts.Categories != nil {
		all["severity"] = follows("severity." + string(a.Severity.Level))
	}
	all["completeness"] = follows("state.provisional")
	if n := len(r.Incident.Filings); n > 0 && r.Incident.Filings[n-1].Complete {
		all["completeness"] = chosen("state.complete")
	}
	return all
}

func (r Record) telling() map[string]fact {
	clock := r.Incident.Clock(incidents.ClientClock)
	d, stands := r.Incident.Standing(incidents.AboutPersons)
	all := map[string]fact{"told": missing(), "told_count": missing(), "not_told_because": {not: true}, "means": missing(), "told_at": {not: true}}
	switch {
	case clock.Told > 0 && clock.InScope != nil && clock.Told >= *clock.InScope:
		all["told"] = follows("told.yes")
	case clock.Told > 0:
		all["told"] = follows("told.partly")
	case stands && d.Answer == incidents.NotNotifiable:
		all["told"], all["not_told_because"] = follows("told.no"), wrote(d.Reason)
	case stands && d.Answer == incidents.Notify:
		all["told"] = follows("told.planned")
	}
	if n := max(clock.Told, r.Told.Persons); n > 0 {
		all["told_count"] = fact{mark: Derived, count: &incidents.Amount{Min: &n, Max: &n}}
	}
	codes := coded("means.", r.Told.Means)
	if len(codes) > 0 {
		all["means"], all["told_at"] = follows(codes...), span(r.Told.First, r.Told.Last)
	}
	if a, stands := r.Incident.Announcement(); stands {
		var where []string
		for _, p := range a.Places {
			where = append(where, p.Where)
			if code := "means." + string(p.Kind); !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
		mark := all["means"].mark
		if mark == Missing {
			mark = Recorded
		}
		all["means"] = fact{mark: mark, codes: codes, text: lines(where...), free: true}
		all["not_told_because"] = wrote(a.Why) // Art. 34(3)(c)
	}
	return all
}

// span is when something went on that was recorded bit by bit.
func span(first, last time.Time) fact {
	f := fact{mark: Derived, at: &first}
	if last.Sub(first) >= time.Minute {
		f.until = &last
	}
	return f
}

func coded[T ~string](prefix string, values []T) []string {
	var codes []string
	for _, v := range values {
		codes = append(codes, prefix+string(v))
	}
	return codes
}

// lines joins what is not empty, each on its own line.
func lines(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return strings.TrimSpace(s) == "" }), "\n")
}

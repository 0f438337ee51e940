package registry

import (
	"fmt"
	"slices"

	"datalek/incidents/fault"
)

// RetainFrom is the event that a period of keeping counts from.
type RetainFrom string

// The events.
const (
	// FromGuidance: the day after the last day of guidance.
	FromGuidance RetainFrom = "guidance"
	// FromLastContact is the end of guidance too, as long as no later contact is noted.
	FromLastContact RetainFrom = "last_contact"
	// FromCalendarYear: the end of the year in which guidance ended.
	FromCalendarYear RetainFrom = "calendar_year"
	// FromEntry: a rolling term. Each entry, such as one in a diary, is cleared so long
	// after it was made, during guidance too; the last one was made on its last day.
	FromEntry RetainFrom = "entry"
	// UntilWithdrawal: kept until somebody withdraws his permission or objects; no end by itself.
	UntilWithdrawal RetainFrom = "withdrawal"
)

// RetainFroms returns them in the order in which forms show them.
func RetainFroms() []RetainFrom {
	return []RetainFrom{FromGuidance, FromLastContact, FromCalendarYear, FromEntry, UntilWithdrawal}
}

// RetainAction is what becomes of data once its term is over.
type RetainAction string

// The actions; "" is Destroy.
const (
	Destroy RetainAction = "destroy"
	// Pseudonymise: what identifies him is taken out, and the rest is kept (GDPR Art. 4(5)).
	Pseudonymise RetainAction = "pseudonymise"
)

// RetainActions returns them in the order in which forms show them.
func RetainActions() []RetainAction { return []RetainAction{Destroy, Pseudonymise} }

// MostRetainMonths is the longest period that makes sense: fifty years.
const MostRetainMonths = 600

// RetentionRule is how long some systems keep data about some people.
type RetentionRule struct {
	Systems   []string   // system ids; none: every one
	Relations []Relation // none: everyone
	From      RetainFrom
	Months    int
	// WithinMonths is how long destroying may take after the term. It does not
	// move the term's end: until it is over the data may rightly be there still,
	// and may as rightly be gone.
	WithinMonths int
	// Action is what becomes of the data after the term; "": it is destroyed.
	Action RetainAction
	// WithPermission are kinds of data that stay after the term about somebody who
	// agreed to it, until he withdraws (GDPR Art. 6(1)(a), 7(3)). What is kept until
	// withdrawal ends with guidance about who did not agree.
	WithPermission []Category
	Source         string // document and place
}

// Pseudonymises reports whether something that no longer identifies stays after the term.
func (r RetentionRule) Pseudonymises() bool { return r.Action == Pseudonymise }

// Asks reports whether people are asked to let something be kept after the term.
func (r RetentionRule) Asks() bool { return len(r.WithPermission) > 0 }

// staysFor returns the kinds among categories that stay after the term of c.
func (r RetentionRule) staysFor(c Client, categories []Category) []Category {
	if c.KeepAgreed.IsZero() {
		return nil
	}
	var stay []Category
	for _, k := range categories {
		if slices.Contains(r.WithPermission, k) {
			stay = append(stay, k)
		}
	}
	return stay
}

// endsFor is Ends for somebody, by what he agreed to.
func (r RetentionRule) endsFor(c Client, last Date) (Date, bool) {
	if r.From == UntilWithdrawal && r.Asks() && c.KeepAgreed.IsZero() {
		return last.AddDays(1), true
	}
	return r.Ends(last)
}

// General reports whether the rule is about every system and everyone.
func (r RetentionRule) General() bool { return len(r.Systems) == 0 && len(r.Relations) == 0 }

// Fits reports whether the rule is about a system and a relation.
func (r RetentionRule) Fits(system string, relation Relation) bool {
	return (len(r.Systems) == 0 || slices.Contains(r.Systems, system)) &&
		(len(r.Relations) == 0 || slices.Contains(r.Relations, relation))
}

// Ends returns the first day after the term of somebody whose last day of
// guidance was last, and false for a rule without an end.
func (r RetentionRule) Ends(last Date) (Date, bool) {
	switch r.From {
	case UntilWithdrawal:
		return Date{}, false
	case FromCalendarYear:
		return Date{Year: last.Year + 1, Month: 1, Day: 1}.AddMonths(r.Months), true
	default:
		return last.AddDays(1).AddMonths(r.Months), true
	}
}

// Retains returns the first rule that fits a system and a relation. Where none
// does, RetainMonths holds from the end of guidance.
func (p Policy) Retains(system string, relation Relation) RetentionRule {
	for _, r := range p.Retention {
		if r.Fits(system, relation) {
			return r
		}
	}
	return RetentionRule{From: FromGuidance, Months: p.RetainMonths, Source: p.Source}
}

// RetainedUntil returns the first day on which a system should no longer hold
// data about somebody whose last day of guidance was last, and false where the
// rules name no end.
func (p Policy) RetainedUntil(system string, relation Relation, last Date) (Date, bool) {
	return p.Retains(system, relation).Ends(last)
}

// GeneralRetention returns the rule for whatever no other rule is about.
func (p Policy) GeneralRetention() RetentionRule {
	if i := slices.IndexFunc(p.Retention, RetentionRule.General); i >= 0 {
		return p.Retention[i]
	}
	return RetentionRule{From: FromGuidance, Months: p.RetainMonths, Source: p.Source}
}

// GeneralMonths is how long data is usually kept after the last contact; 0 where
// no one number says it.
func (p Policy) GeneralMonths() int {
	r := p.GeneralRetention()
	if r.From != FromGuidance && r.From != FromLastContact {
		return 0
	}
	return r.Months
}

func (p Policy) checkRetention(faults *fault.List) {
	tooMany(faults, "retention", len(p.Retention), mostRules)
	for i, r := range p.Retention {
		field := fmt.Sprintf("retention.%d.", i)
		r.check(faults, field)
		if slices.ContainsFunc(p.Retention[:i], RetentionRule.General) {
			faults.Add(field+"systems", "error.retention_hidden", "a rule for everything stands before this one, so this one never holds; put that one last")
		}
	}
}

func (r RetentionRule) check(faults *fault.List, field string) {
	checkSystems(faults, field+"systems", r.Systems)
	for n, relation := range r.Relations {
		if !slices.Contains(Relations(), relation) {
			faults.Add(fmt.Sprintf("%srelations.%d", field, n), "error.relation", "choose a relation from the list")
		}
	}
	if !slices.Contains(RetainFroms(), r.From) {
		faults.Add(field+"from", "error.retain_from", "choose guidance, last_contact, calendar_year, entry or withdrawal")
	}
	if r.From == FromEntry && r.Months == 0 {
		faults.Add(field+"months", "error.months_entry", "say after how many months each entry is cleared, at least 1")
	}
	for _, term := range []struct {
		key    string
		months int
	}{{"months", r.Months}, {"within_months", r.WithinMonths}} {
		switch {
		case term.months < 0 || term.months > MostRetainMonths:
			faults.Add(field+term.key, "error.months", "give 0 to 600 months")
		case term.months > 0 && r.From == UntilWithdrawal:
			faults.Add(field+term.key, "error.months_withdrawal", "what is kept until somebody withdraws has no months; leave this out")
		}
	}
	if r.Action != "" && !slices.Contains(RetainActions(), r.Action) {
		faults.Add(field+"action", "error.retain_action", "choose destroy or pseudonymise")
	}
	if r.Action == Pseudonymise && r.From == UntilWithdrawal {
		faults.Add(field+"action", "error.retain_action_withdrawal", "what is kept until somebody withdraws has no term after which it is pseudonymised")
	}
	if r.From == FromEntry && r.Asks() {
		faults.Add(field+"keep_with_permission", "error.permission_entry", "entries are cleared one by one; nothing of them is kept with permission")
	} else if r.Asks() {
		CheckCategories(faults, field+"keep_with_permission", r.WithPermission)
	}
	CheckLine(faults, field+"source", r.Source, 0, mostSource)
}

// checkSystems checks a list of system ids of which none means every one.
func checkSystems(faults *fault.List, field string, systems []string) {
	for n, id := range systems {
		checkSlug(faults, fmt.Sprintf("%s.%d", field, n), id)
	}
}

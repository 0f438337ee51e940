package law

import "datalek/incidents/registry"

// Topic is what a rule is about.
type Topic string

// The topics. On each day exactly one rule of each topic holds for an authority.
const (
	TellAuthority Topic = "authority" // GDPR Art. 33(1)
	TellPersons   Topic = "persons"   // Art. 34(1)
	AnswerRequest Topic = "requests"  // Art. 12(3)
	FormEdition   Topic = "form"      // the authority's own form
	YoungPeople   Topic = "young"     // who is told about a young person
)

// Topics returns every topic in the order in which pages show them.
func Topics() []Topic {
	return []Topic{TellAuthority, TellPersons, YoungPeople, FormEdition, AnswerRequest}
}

// Risk is how likely harm must be before a duty arises.
type Risk string

// The degrees.
const (
	AnyRisk  Risk = "risk"      // unless a risk is unlikely
	HighRisk Risk = "high_risk" // only where a high risk is likely
)

// Start is the moment from which hours count.
type Start string

// FromAwareness is the only one that the law knows so far (GDPR Art. 33(1)).
const FromAwareness Start = "aware"

// Rule is one rule of law on the days on which it holds.
type Rule struct {
	ID        string
	Topic     Topic
	Authority registry.Authority // "" holds under every authority
	Says      map[string]string  // what it asks, in plain words, by language
	From      registry.Date      // the first day
	Until     registry.Date      // the last day; zero: still
	Source    Source
	// What it asks, by topic; the others' fields are zero.
	Hours      int    // TellAuthority: elapsed hours
	Starts     Start  // TellAuthority: from when they count
	Risk       Risk   // TellAuthority, TellPersons: from which risk on
	Edition    string // FormEdition: "AP 2022-08"
	Beside     int    // YoungPeople: from this age he is told beside his parents
	Instead    int    // YoungPeople: and from this one instead of them
	ByCapacity bool   // YoungPeople: the ages are where the practitioner begins; he decides by what the child can judge
	Months     int    // AnswerRequest
}

// Source is where a rule stands.
type Source struct {
	Document string // "Algemene verordening gegevensbescherming (EU) 2016/679"
	Article  string // "33(1)"
}

// On reports whether the rule holds on a day.
func (r Rule) On(day registry.Date) bool {
	return r.From.Compare(day) <= 0 && (r.Until.IsZero() || r.Until.Compare(day) >= 0)
}

// under reports whether the rule is one of an authority's.
func (r Rule) under(a registry.Authority) bool { return r.Authority == "" || r.Authority == a }

// Words returns what the rule says in a language, or in any when it has none in that.
func (r Rule) Words(language string) string {
	if text := r.Says[language]; text != "" {
		return text
	}
	return r.Says["en"]
}

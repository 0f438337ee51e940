package registry

import (
	"fmt"
	"slices"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// Relation says what somebody is to the practice.
type Relation string

// The relations.
const (
	RelationClient              Relation = "client"
	RelationTrainee             Relation = "trainee"
	RelationOrganisationContact Relation = "organisation_contact"
	RelationParent              Relation = "parent"
	RelationComplainant         Relation = "complainant"
	RelationAccused             Relation = "accused"  // of whom somebody complains
	RelationReferrer            Relation = "referrer" // who sent somebody here
	RelationEmployee            Relation = "employee" // of the practice itself
	RelationEnquirer            Relation = "enquirer" // who asked something, and is no client
	RelationProspect            Relation = "prospect" // who got an offer, and is no client yet
	RelationCustomer            Relation = "customer" // of other work: a project, a website
	RelationNewsletter          Relation = "newsletter"
	RelationOther               Relation = "other"
)

// Relations returns every relation in the order in which forms show them.
func Relations() []Relation {
	return []Relation{RelationClient, RelationTrainee, RelationOrganisationContact, RelationParent,
		RelationComplainant, RelationAccused, RelationReferrer, RelationEmployee, RelationEnquirer, RelationProspect, RelationCustomer,
		RelationNewsletter, RelationOther}
}

// Channel is how somebody wants to be told; "" lets the program choose.
type Channel string

// The channels.
const (
	ByEmail          Channel = "email"
	ByPhone          Channel = "phone"
	ByLetter         Channel = "letter"
	ByEncryptedEmail Channel = "encrypted_email"
	// ByMessage: by a person, over one of the messengers that the policy names.
	ByMessage Channel = "message"
)

// Channels returns the ways that somebody can wish for, in the order in which
// forms show them.
func Channels() []Channel {
	return []Channel{ByEmail, ByPhone, ByMessage, ByLetter, ByEncryptedEmail}
}

// Capacity says who is told about a minor where not his age alone decides (Belgium:
// Patients' Rights Act, Art. 12; the practitioner judges).
type Capacity string

// The capacities.
const (
	Capable     Capacity = "capable"      // himself
	WithParents Capacity = "with_parents" // himself and his parents
	NotCapable  Capacity = "not_capable"  // his parents
)

// Capacities returns them in the order in which forms show them.
func Capacities() []Capacity { return []Capacity{Capable, WithParents, NotCapable} }

// Client is a data subject the practice knows (GDPR Art. 4(1)). Only what is
// needed to find and reach him is kept.
type Client struct {
	ID         string // random; safe in addresses and messages
	PracticeID tenant.ID
	Version    int64
	Person     Person
	Language   string // "nl", "en", "fr" or "de"
	Relation   Relation
	BirthYear  int // 0: not known
	// Guardians are the client ids of the parents or guardians.
	Guardians []string
	// GuardiansAgreed: a person of 16 or older agreed that his parents are told.
	GuardiansAgreed bool
	// SharedMailAgreed: he agreed to mail at an address that others share.
	SharedMailAgreed bool
	Channel          Channel
	Guidance         []Guidance
	// FirstContact and LastContact date somebody who was never in guidance, and
	// contact before or after it; zero: not known.
	FirstContact Date
	LastContact  Date
	// Holdings is what systems keep about him. HoldingsByRule says that the
	// practice's rules stand: his Holdings are then exceptions, each in place of the
	// rule of its system, and Without names systems that keep nothing about him.
	Holdings       []Holding
	HoldingsByRule bool
	Without        []string
	// Gone are the confirmed destructions of what rules say was kept, oldest first.
	Gone []Gone
	// Exemptions are systems in which data about him is kept beyond its term, each for a
	// reason; what his rules say of its end does not hold there.
	Exemptions []Exemption
	// KeepAgreed is the day on which he agreed that what the rules name is kept after
	// its term (RetentionRule.WithPermission); zero: he did not, or took it back.
	KeepAgreed Date
	// Capacity is what was decided about a minor's own judgement; "" goes by age.
	Capacity Capacity
	// ImportID is the import that made him; "" for none.
	ImportID  string
	UpdatedAt time.Time
	Notes     register.Notes // what happens to him with the write under way
}

// Person is what names and reaches a client; stored sealed, looked up by keyed hash.
type Person struct {
	ExternalID    string // the practice's own number for him, unique within it
	Name          string
	Email         string
	Phone         string
	PostalAddress string
	OpenPGPKey    string
	Coach         string
}

// Guidance is a span in which somebody is a client; both days are included, in
// the practice's time zone. A zero Until is open.
type Guidance struct {
	From  Date
	Until Date
}

// On reports whether day lies within the span.
func (g Guidance) On(day Date) bool {
	return g.From.Compare(day) <= 0 && (g.Until.IsZero() || g.Until.Compare(day) >= 0)
}

// Holding is what one system keeps, or kept, about one client. Intervals are
// half-open UTC instants.
type Holding struct {
	System          string
	Categories      []Category
	Identifiability Identifiability
	KeySystem       string     // pseudonymised: the system with the key; "" not known
	From            *time.Time // nil: not known since when
	Until           *time.Time // when it should have been gone; nil: open
	DestroyedAt     *time.Time // confirmed destruction; nil: not confirmed
}

// InGuidance reports whether the client is in guidance on day.
func (c Client) InGuidance(day Date) bool {
	return slices.ContainsFunc(c.Guidance, func(g Guidance) bool { return g.On(day) })
}

// WasInGuidance reports whether a span of guidance ended before day.
func (c Client) WasInGuidance(day Date) bool {
	return slices.ContainsFunc(c.Guidance, func(g Guidance) bool {
		return !g.Until.IsZero() && g.Until.Compare(day) < 0
	})
}

// AgeIn returns the highest age the client may have in the given year, and
// false when his birth year is not known. With only a year on file the higher
// age is the careful one: from 16 parents are not told without his word.
func (c Client) AgeIn(year int) (int, bool) {
	if c.BirthYear == 0 {
		return 0, false
	}
	return year - c.BirthYear, true
}

// Validate returns every fault of the client at once; prefix stands before each
// field ("clients[3].").
func (c Client) Validate(prefix string) error {
	var faults fault.List
	CheckLine(&faults, prefix+"external_id", c.Person.ExternalID, 1, 100)
	CheckLine(&faults, prefix+"name", c.Person.Name, 1, 200)
	CheckLine(&faults, prefix+"phone", c.Person.Phone, 0, 40)
	CheckLine(&faults, prefix+"coach", c.Person.Coach, 0, 120)
	CheckText(&faults, prefix+"postal_address", c.Person.PostalAddress, 0, 300)
	CheckText(&faults, prefix+"openpgp_key", c.Person.OpenPGPKey, 0, 50_000)
	if c.Person.Email != "" {
		CheckEmail(&faults, prefix+"email", c.Person.Email)
	}
	c.checkChoices(&faults, prefix)
	c.checkExemptions(&faults, prefix)
	c.checkSpans(&faults, prefix)
	return faults.Err()
}

func (c Client) checkChoices(faults *fault.List, prefix string) {
	if !slices.Contains([]string{"nl", "en", "fr", "de"}, c.Language) {
		faults.Add(prefix+"language", "error.client_language", "choose nl, en, fr or de")
	}
	if !slices.Contains(Relations(), c.Relation) {
		faults.Add(prefix+"relation", "error.relation", "choose a relation from the list")
	}
	if c.Channel != "" && !slices.Contains(Channels(), c.Channel) {
		faults.Add(prefix+"channel", "error.channel", "choose email, phone, message, letter or encrypted_email")
	}
	if c.BirthYear != 0 && (c.BirthYear < 1900 || c.BirthYear > 2100) {
		faults.Add(prefix+"birth_year", "error.birth_year", "give a year such as 2014")
	}
	if c.Capacity != "" && !slices.Contains(Capacities(), c.Capacity) {
		faults.Add(prefix+"capacity", "error.capacity", "choose capable, with_parents or not_capable")
	}
}

// HoldingsField is what his Holdings are called among the fields of a client: all
// that is held, or exceptions from the rules.
func (c Client) HoldingsField() string {
	if c.HoldingsByRule {
		return "exceptions"
	}
	return "holdings"
}

func (c Client) checkSpans(faults *fault.List, prefix string) {
	for i, g := range c.Guidance {
		if g.From.IsZero() {
			faults.Add(fmt.Sprintf("%sguidance[%d].from", prefix, i), "error.date_missing", "give the first day, such as 2025-03-01")
		}
		if !g.Until.IsZero() && g.Until.Compare(g.From) < 0 {
			faults.Add(fmt.Sprintf("%sguidance[%d].until", prefix, i), "error.end_before_start", "the last day lies before the first")
		}
	}
	if !c.LastContact.IsZero() && c.LastContact.Compare(c.FirstContact) < 0 {
		faults.Add(prefix+"last_contact", "error.end_before_start", "the last day lies before the first")
	}
	for i, id := range c.Without {
		checkSlug(faults, fmt.Sprintf("%swithout[%d]", prefix, i), id)
	}
	for i, h := range c.Holdings {
		h.check(faults, fmt.Sprintf("%s%s[%d].", prefix, c.HoldingsField(), i))
	}
}

func (h Holding) check(faults *fault.List, prefix string) {
	checkSlug(faults, prefix+"system", h.System)
	CheckCategories(faults, prefix+"categories", h.Categories)
	if !h.Identifiability.Valid() {
		faults.Add(prefix+"identifiability", "error.identifiability", "choose identified, pseudonymised or anonymous")
	}
	if h.KeySystem != "" {
		checkSlug(faults, prefix+"key_system", h.KeySystem)
	}
	if h.From == nil {
		return
	}
	if h.Until != nil && h.Until.Before(*h.From) {
		faults.Add(prefix+"until", "error.end_before_start", "the end lies before the start")
	}
	if h.DestroyedAt != nil && h.DestroyedAt.Before(*h.From) {
		faults.Add(prefix+"destroyed_at", "error.end_before_start", "the end lies before the start")
	}
}

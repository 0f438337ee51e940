package registry

import (
	"fmt"
	"slices"
	"time"

	"datalek/incidents/fault"
)

// ExemptReason is why data is kept beyond its term. The list is closed, so that no
// free text about somebody is kept with it.
type ExemptReason string

// The reasons.
const (
	ExemptLaw     ExemptReason = "law"     // a law says to keep it (GDPR Art. 17(3)(b))
	ExemptDispute ExemptReason = "dispute" // a complaint or claim (GDPR Art. 17(3)(e))
	ExemptRequest ExemptReason = "request" // he asked not to destroy it (GDPR Art. 18(1)(b) and (c))
	ExemptLater   ExemptReason = "later"   // it could not be destroyed yet
)

// ExemptReasons returns them in the order in which forms show them.
func ExemptReasons() []ExemptReason {
	return []ExemptReason{ExemptLaw, ExemptDispute, ExemptRequest, ExemptLater}
}

// Valid reports whether r is one of the reasons.
func (r ExemptReason) Valid() bool { return slices.Contains(ExemptReasons(), r) }

// Lawful reports whether the data is rightly there beyond its term; what could
// merely not be destroyed yet is not.
func (r ExemptReason) Lawful() bool { return r != ExemptLater }

// Exemption is that what a system keeps about somebody stays beyond its term.
type Exemption struct {
	System string
	Why    ExemptReason
	At     time.Time // UTC; since when
}

// ExemptionFrom returns why data about him is kept in a system beyond its term.
func (c Client) ExemptionFrom(system string) (Exemption, bool) {
	i := slices.IndexFunc(c.Exemptions, func(e Exemption) bool { return e.System == system })
	if i < 0 {
		return Exemption{}, false
	}
	return c.Exemptions[i], true
}

// Exempted reports whether data about him is rightly kept in a system beyond its term.
func (c Client) Exempted(system string) bool {
	e, some := c.ExemptionFrom(system)
	return some && e.Why.Lawful()
}

func (c Client) checkExemptions(faults *fault.List, prefix string) {
	for i, e := range c.Exemptions {
		field := fmt.Sprintf("%sexemptions[%d].", prefix, i)
		checkSlug(faults, field+"system", e.System)
		if !e.Why.Valid() {
			faults.Add(field+"why", "error.exempt_reason", "choose law, dispute, request or later")
		}
	}
}

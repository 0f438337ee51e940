package retention

import "datalek/incidents/register"

// The events of destroying. Each belongs to the practice and not to a case, and
// counts people without naming them.
const (
	Confirmed register.Kind = "retention.confirmed"
	Undone    register.Kind = "retention.undone"
	Exempted  register.Kind = "retention.exempted"
	Lifted    register.Kind = "retention.exemption_lifted"
	// Digested: the month's mail about what is to be destroyed is due.
	Digested register.Kind = "retention.digest"
)

// Kinds returns all of them.
func Kinds() []register.Kind { return []register.Kind{Confirmed, Undone, Exempted, Lifted, Digested} }

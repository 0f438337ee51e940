package registry

import "slices"

// Role is what a user may do in a practice; Role.May says what.
type Role string

// The roles. Whoever runs the machine has none: he has the command line, and sees
// no client.
const (
	// RoleOwner answers for the practice (verantwoordelijke; GDPR Art. 4(7)).
	RoleOwner Role = "owner"
	// RoleAdministrator keeps the practice's records (beheerder).
	RoleAdministrator Role = "administrator"
	// RoleCoach guides people, sees those alone, and files incidents.
	RoleCoach Role = "coach"
	// RoleStandIn acts for the practitioner in a case that was handed to him.
	RoleStandIn Role = "standin"
	// RoleAuditor reads the register, and a sample of the cases without names.
	RoleAuditor Role = "auditor"
)

// Roles returns every role in the order in which forms show them.
func Roles() []Role {
	return []Role{RoleOwner, RoleAdministrator, RoleCoach, RoleStandIn, RoleAuditor}
}

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

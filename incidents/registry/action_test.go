package registry_test

import (
	"slices"
	"testing"

	"datalek/incidents/registry"
)

func TestTheTableSaysWhoMayDoWhat(t *testing.T) {
	for _, tt := range []struct {
		role registry.Role
		may  []registry.Action // of the actions below; all others not
	}{
		{registry.RoleOwner, telling()},
		{registry.RoleAdministrator, []registry.Action{registry.WorkOnCases, registry.Countersign, registry.SeeClients, registry.SeeOwn, registry.SeeRegister, registry.SeeSample,
			registry.ManageMembers, registry.KeepAccount, registry.FileCases}},
		{registry.RoleCoach, []registry.Action{registry.SeeOwn, registry.FileCases, registry.KeepAccount}},
		{registry.RoleStandIn, []registry.Action{registry.WorkOnCases, registry.Decide, registry.Approve, registry.Countersign, registry.KeepAccount}},
		{registry.RoleAuditor, []registry.Action{registry.SeeRegister, registry.SeeSample, registry.KeepAccount}},
		{"nobody", nil},
	} {
		for _, a := range telling() {
			if got := tt.role.May(a); got != slices.Contains(tt.may, a) {
				t.Errorf("%s may %s: %t", tt.role, a, got)
			}
		}
	}
}

// telling are the actions in which roles differ.
func telling() []registry.Action {
	return []registry.Action{registry.WorkOnCases, registry.Decide, registry.Approve, registry.Countersign, registry.SeeClients, registry.SeeOwn, registry.SeeRegister,
		registry.SeeSample, registry.ManageMembers, registry.GiveOwnership, registry.KeepAccount, registry.FileCases}
}

func TestTheOwnerMayDoAllAndEveryActionHasSomebody(t *testing.T) {
	for _, a := range registry.Actions() {
		if !registry.RoleOwner.May(a) {
			t.Errorf("nobody answers for %s", a)
		}
		for _, r := range a.Roles() {
			if !r.Valid() {
				t.Errorf("%s is for %q, which is no role", a, r)
			}
		}
	}
	if len(registry.Actions()) < 30 {
		t.Errorf("%d actions", len(registry.Actions()))
	}
}

func TestWhatDeclaresNothingIsClosedToAllButTheKeepers(t *testing.T) {
	for _, r := range registry.Roles() {
		if want := r == registry.RoleOwner || r == registry.RoleAdministrator; r.May("") != want {
			t.Errorf("%s may do what is not named: %t", r, !want)
		}
	}
}

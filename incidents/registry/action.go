package registry

import "slices"

// Action is something that a person does at the pages, in words that the register
// and the pages share. Every route declares one when it is registered.
type Action string

// The actions.
const (
	// SeeDesk is to see what must happen next, in the cases that one may see.
	SeeDesk Action = "see_desk"
	// FileCases is to report a breach, and to keep the drafts of one's own reports.
	FileCases Action = "file_cases"
	// SeeCases and WorkOnCases are about whole cases with everybody in them. A stand-in
	// does both in a case that was handed to him, and in no other.
	SeeCases    Action = "see_cases"
	WorkOnCases Action = "work_on_cases"
	// SeeAllCases is to see what lies across all cases, such as open questions.
	SeeAllCases Action = "see_all_cases"
	// Decide is to judge whether the authority and the people are told, to file, and to
	// close a case (GDPR Art. 33 and 34: the controller does).
	Decide Action = "decide"
	// Approve is to let a message go to people, alone where one person is enough;
	// Countersign is to be one of the two where two must.
	Approve     Action = "approve"
	Countersign Action = "countersign"
	// SeeReports and JudgeReports are about what came in and is no case yet.
	SeeReports   Action = "see_reports"
	JudgeReports Action = "judge_reports"
	// SeeClients and KeepClients are about the list of people, and its imports.
	SeeClients  Action = "see_clients"
	KeepClients Action = "keep_clients"
	// SeeOwn is to see the people whom one guides oneself, and how they are in a case.
	SeeOwn Action = "see_own"
	// SeeSystems and KeepSystems are about systems and processors.
	SeeSystems  Action = "see_systems"
	KeepSystems Action = "keep_systems"
	// SeeDestruction and ConfirmDestruction are about what must be destroyed.
	SeeDestruction     Action = "see_destruction"
	ConfirmDestruction Action = "confirm_destruction"
	// SeeRequests and AnswerRequests are about requests by the people themselves.
	SeeRequests    Action = "see_requests"
	AnswerRequests Action = "answer_requests"
	// SeeRegister and CheckRegister show no free text and no names; ExportRegister gives
	// all of it.
	SeeRegister    Action = "see_register"
	CheckRegister  Action = "check_register"
	ExportRegister Action = "export_register"
	// SeeSample is to read the sampled cases, in which marks stand for names.
	SeeSample Action = "see_sample"
	// SeeAnnual is to read the yearly report, which names nobody.
	SeeAnnual Action = "see_annual"
	// SeeLooks is to see who looked at whose data.
	SeeLooks Action = "see_looks"
	// SeeSettings and ChangeSettings are about the practice, its policy and its addresses.
	SeeSettings    Action = "see_settings"
	ChangeSettings Action = "change_settings"
	// ManageMembers and ManageTokens are about who gets in: people, and programs.
	ManageMembers Action = "manage_members"
	ManageTokens  Action = "manage_tokens"
	// GiveOwnership is to make somebody else answer for the practice.
	GiveOwnership Action = "give_ownership"
	// SeeMachine and MendMachine are about the program's own health and stuck work.
	SeeMachine  Action = "see_machine"
	MendMachine Action = "mend_machine"
	// Rehearse is to drill in a made-up practice.
	Rehearse Action = "rehearse"
	// KeepAccount is about one's own account: name, password, devices, practices.
	KeepAccount Action = "keep_account"
)

// keepers keep the practice's records.
func keepers() []Role { return []Role{RoleOwner, RoleAdministrator} }

// grants is the table of who may do what. An administrator does all but decide,
// approve alone, and give ownership away: those are of whoever answers for the
// practice, or stands in for him.
func grants() map[Action][]Role {
	keepers, handlers := keepers(), []Role{RoleOwner, RoleAdministrator, RoleStandIn}
	return map[Action][]Role{
		SeeDesk:            handlers,
		FileCases:          {RoleOwner, RoleAdministrator, RoleCoach},
		SeeCases:           handlers,
		WorkOnCases:        handlers,
		SeeAllCases:        keepers,
		Decide:             {RoleOwner, RoleStandIn},
		Approve:            {RoleOwner, RoleStandIn},
		Countersign:        handlers,
		SeeReports:         keepers,
		JudgeReports:       keepers,
		SeeClients:         keepers,
		KeepClients:        keepers,
		SeeOwn:             {RoleOwner, RoleAdministrator, RoleCoach},
		SeeSystems:         keepers,
		KeepSystems:        keepers,
		SeeDestruction:     keepers,
		ConfirmDestruction: keepers,
		SeeRequests:        keepers,
		AnswerRequests:     keepers,
		SeeRegister:        {RoleOwner, RoleAdministrator, RoleAuditor},
		CheckRegister:      {RoleOwner, RoleAdministrator, RoleAuditor},
		ExportRegister:     keepers,
		SeeSample:          {RoleOwner, RoleAdministrator, RoleAuditor},
		SeeAnnual:          {RoleOwner, RoleAdministrator, RoleAuditor},
		SeeLooks:           keepers,
		SeeSettings:        keepers,
		ChangeSettings:     keepers,
		ManageMembers:      keepers,
		ManageTokens:       keepers,
		GiveOwnership:      {RoleOwner},
		SeeMachine:         keepers,
		MendMachine:        keepers,
		Rehearse:           keepers,
		KeepAccount:        Roles(),
	}
}

// Actions returns every action there is, in the order of their names.
func Actions() []Action {
	var all []Action
	for a := range grants() {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}

// Valid reports whether a is one of the actions.
func (a Action) Valid() bool { return len(a.Roles()) > 0 }

// Roles returns who may do a, in the order of Roles; none for an unknown action.
func (a Action) Roles() []Role { return slices.Clone(grants()[a]) }

// May reports whether the role may do the action. An unknown action is for
// owners and administrators, since a route that says nothing must stay closed.
func (r Role) May(a Action) bool {
	roles := a.Roles()
	if roles == nil {
		roles = keepers()
	}
	return slices.Contains(roles, r)
}

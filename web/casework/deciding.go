package casework

import (
	"context"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// DecidePerson records whether one affected person is told whom the policy leaves
// to be decided about. It can be changed until a message to him is approved.
func (o *Office) DecidePerson(ctx context.Context, practice tenant.ID, id string, d incidents.PersonDecision) (*incidents.Incident, error) {
	inc, err := o.store.Incident(ctx, practice, id)
	if err != nil {
		return nil, err
	}
	found, err := o.store.AffectedByIDs(ctx, practice, id, inc.Assessment.Done, []string{d.ClientID})
	if err != nil {
		return nil, fmt.Errorf("look up the finding: %w", err)
	}
	if len(found) == 0 {
		return nil, fault.NotFound
	}
	if !Decidable(found[0]) {
		return nil, fault.New(fault.Conflict, "error.nothing_to_decide", "your policy leaves nothing to decide about this person")
	}
	if err := o.notWrittenTo(ctx, inc, d.ClientID); err != nil {
		return nil, err
	}
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.DecidePerson(d, o.now()) })
}

// Decidable reports whether the policy leaves it to a person whether somebody is told.
func Decidable(f incidents.Affected) bool {
	told := func(r incidents.Reason) bool { return r.Code == incidents.ReasonDecidedToTell }
	return f.Group == incidents.Undecided || f.Group == incidents.NotTold || slices.ContainsFunc(f.Reasons, told)
}

// notWrittenTo refuses once a message about the person is approved: what was said
// cannot be taken back.
func (o *Office) notWrittenTo(ctx context.Context, inc *incidents.Incident, person string) error {
	approved, err := o.approvedNotices(ctx, inc)
	if err != nil {
		return err
	}
	tellings, err := o.store.Tellings(ctx, inc.PracticeID, inc.ID)
	if err != nil {
		return fmt.Errorf("list tellings: %w", err)
	}
	for _, t := range tellings {
		if t.Person == person && approved[t.Notice] != nil {
			return fault.New(fault.Conflict, "error.person_written_to", "a message to this person is approved already, so this decision stands")
		}
	}
	return nil
}

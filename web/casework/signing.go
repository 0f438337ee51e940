package casework

import (
	"context"
	"fmt"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
)

// mayApprove refuses an approval by somebody who may not give it, or gives no reason
// for doing so alone. A program and the policy have no role, and are asked nothing.
func (a Approval) mayApprove(p registry.Practice) error {
	switch {
	case p.FourEyes && a.By.Kind == register.ActorPolicy:
		return nil // what the policy promised goes, whoever is away
	case p.FourEyes && a.By.Kind != register.ActorUser:
		return fault.New(fault.Forbidden, "error.two_people", "two people of the practice must approve this on the page; a program cannot")
	case a.Role == "":
		return nil
	case p.FourEyes:
		if !a.Role.May(registry.Countersign) {
			return fault.New(fault.Forbidden, "error.not_approver", "your role may not approve messages")
		}
		return nil
	case !a.Role.May(registry.Approve):
		return fault.New(fault.Forbidden, "error.not_approver_alone", "your role may not approve a message alone")
	}
	var faults fault.List
	registry.CheckText(&faults, "reason", a.Reason, 1, 300)
	return faults.Err()
}

// signature is what the approver saw and chose, as the first of two.
func (a Approval) signature(sender registry.Sender) incidents.Signature {
	return incidents.Signature{By: a.By, Role: a.Role, TextHash: a.TextHash, RecipientsHash: a.RecipientsHash, Sender: sender.Email, UpdateAt: a.UpdateAt}
}

// second reports whether an approval is the second of two that may let the notice
// go: by somebody else, for the same, and one of the two may approve alone.
func (a Approval) second(n *incidents.Notice, sender registry.Sender) (bool, error) {
	if !n.Waits() || !n.First.Same(a.signature(sender)) {
		return false, nil
	}
	if n.First.By == a.By {
		return false, fault.New(fault.Conflict, "error.signed_already", "this is approved once already; the second approval must be somebody else's")
	}
	if !n.First.Role.May(registry.Approve) && !a.Role.May(registry.Approve) {
		return false, fault.New(fault.Forbidden, "error.not_approver_pair", "one of the two must answer for the practice, or stand in")
	}
	return true, nil
}

// sign records the first of two approvals.
func (o *Office) sign(ctx context.Context, n *incidents.Notice, a Approval, approval incidents.Approval, readers []incidents.Recipiency, inc *incidents.Incident) (*incidents.Notice, error) {
	n, err := o.store.UpdateNotice(ctx, n.PracticeID, n.ID, func(n *incidents.Notice) error {
		return n.Sign(a.signature(approval.Sender), approval, readers, inc.Facts, o.now())
	})
	if err != nil {
		return nil, fmt.Errorf("sign notice: %w", err)
	}
	defer o.nudge()
	return n, o.noteAccessClosed(ctx, n, a)
}

package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// callStore is what the list of those whom a person must tell reads.
type callStore interface {
	CallRows(ctx context.Context, practice tenant.ID, incident string, state incidents.CallState, after string, limit int) ([]incidents.Delivery, error)
	CountCallRows(ctx context.Context, practice tenant.ID, incident string) ([]incidents.CallCount, error)
	AffectedByIDs(ctx context.Context, practice tenant.ID, incident string, version int64, ids []string) ([]incidents.Affected, error)
	AffectedPersons(ctx context.Context, practice tenant.ID, incident string, version int64) ([]string, error)
}

// Call is one reader on a case's list of those whom a person must tell.
type Call struct {
	incidents.Delivery
	Notice *incidents.Notice // what to tell him
	// InScope says that the practice's promise holds for the person it is about.
	InScope bool
	// Announced says that a public announcement settles him, GDPR Art. 34(3)(c).
	Announced bool
}

// callPage is how many rows of the list are read at a time.
const callPage = 200

// Calls lists by id who of a case is on its call list in a state, over all its
// approved notices and after the id given. Who is settled by an announcement
// counts as done. next is "" when these are the last.
func (o *Office) Calls(ctx context.Context, inc *incidents.Incident, state incidents.CallState, after string, limit int) (calls []Call, next string, err error) {
	notices, err := o.approvedNotices(ctx, inc)
	if err != nil {
		return nil, "", err
	}
	for {
		rows, err := o.callRows(ctx, inc, state, after)
		if err != nil {
			return nil, "", err
		}
		found, err := o.describe(ctx, inc, rows, notices)
		if err != nil {
			return nil, "", err
		}
		for _, call := range found {
			if call.state() != state {
				continue
			}
			if len(calls) == limit {
				return calls, calls[limit-1].ID, nil
			}
			calls = append(calls, call)
		}
		if len(rows) < callPage {
			return calls, "", nil
		}
		after = rows[len(rows)-1].ID
	}
}

// state is where a reader stands once an announcement is weighed.
func (c Call) state() incidents.CallState {
	if c.Announced {
		return incidents.CallDone
	}
	return c.Call()
}

// callRows reads the next rows in the order of their ids. An announcement moves
// rows that wait to those that are done, so that both are read.
func (o *Office) callRows(ctx context.Context, inc *incidents.Incident, state incidents.CallState, after string) ([]incidents.Delivery, error) {
	states := []incidents.CallState{state}
	if _, stands := inc.Announcement(); stands && state == incidents.CallDone {
		states = append(states, incidents.CallOpen)
	}
	var rows []incidents.Delivery
	for _, s := range states {
		some, err := o.store.CallRows(ctx, inc.PracticeID, inc.ID, s, after, callPage)
		if err != nil {
			return nil, fmt.Errorf("list calls: %w", err)
		}
		rows = append(rows, some...)
	}
	slices.SortFunc(rows, func(a, b incidents.Delivery) int { return strings.Compare(a.ID, b.ID) })
	return rows[:min(len(rows), callPage)], nil
}

// describe adds to rows what they are about; rows of a notice that is not
// approved tell nobody anything and are left out.
func (o *Office) describe(ctx context.Context, inc *incidents.Incident, rows []incidents.Delivery, notices map[string]*incidents.Notice) ([]Call, error) {
	persons := make([]string, len(rows))
	for i, d := range rows {
		persons[i] = d.Person
	}
	found, err := o.store.AffectedByIDs(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done, persons)
	if err != nil {
		return nil, fmt.Errorf("look up the affected: %w", err)
	}
	inScope := map[string]bool{}
	for _, f := range found {
		inScope[f.ID] = f.InScope
	}
	announcement, stands := inc.Announcement()
	var calls []Call
	for _, d := range rows {
		n := notices[d.NoticeID]
		if n == nil {
			continue
		}
		call := Call{Delivery: d, Notice: n, InScope: inScope[d.Person]}
		open := d.Call() == incidents.CallOpen
		call.Announced = stands && open && announcement.Covers(d, d.OpenSince(n.ApprovedAt), call.InScope)
		calls = append(calls, call)
	}
	return calls, nil
}

func (o *Office) approvedNotices(ctx context.Context, inc *incidents.Incident) (map[string]*incidents.Notice, error) {
	const page = 100
	approved := map[string]*incidents.Notice{}
	for after := ""; ; {
		notices, err := o.store.NoticesOf(ctx, inc.PracticeID, inc.ID, after, page)
		if err != nil {
			return nil, fmt.Errorf("list notices: %w", err)
		}
		for _, n := range notices {
			if after = n.ID; n.Approved() {
				approved[n.ID] = n
			}
		}
		if len(notices) < page {
			return approved, nil
		}
	}
}

// CallCounts is how long a case's call list is.
type CallCounts struct{ Open, Done int }

// CountCalls counts who of a case still has to be told by a person, and who is done.
func (o *Office) CountCalls(ctx context.Context, inc *incidents.Incident) (CallCounts, error) {
	rows, err := o.store.CountCallRows(ctx, inc.PracticeID, inc.ID)
	if err != nil || len(rows) == 0 {
		return CallCounts{}, err
	}
	notices, err := o.approvedNotices(ctx, inc)
	if err != nil {
		return CallCounts{}, err
	}
	var counts CallCounts
	for _, r := range rows {
		switch {
		case notices[r.Notice] == nil:
		case r.State == incidents.CallOpen:
			counts.Open += r.N
		default:
			counts.Done += r.N
		}
	}
	if _, stands := inc.Announcement(); !stands || counts.Open == 0 {
		return counts, nil
	}
	return o.countAnnounced(ctx, inc, counts)
}

// countAnnounced moves those whom an announcement settles to who is done.
func (o *Office) countAnnounced(ctx context.Context, inc *incidents.Incident, counts CallCounts) (CallCounts, error) {
	all := counts.Open + counts.Done
	left, err := o.AllCalls(ctx, inc, incidents.CallOpen)
	return CallCounts{Open: len(left), Done: all - len(left)}, err
}

// mostCalls bounds the list that is read whole.
const mostCalls = 20_000

// AllCalls lists everybody on the list in a state in the order of their names,
// so that one who reads for several stands together. It is the order of people;
// programs page by id, see Calls.
func (o *Office) AllCalls(ctx context.Context, inc *incidents.Incident, state incidents.CallState) ([]Call, error) {
	calls, _, err := o.Calls(ctx, inc, state, "", mostCalls)
	slices.SortFunc(calls, func(a, b Call) int { return CompareCalls(a.Delivery, b.Delivery) })
	return calls, err
}

// CompareCalls orders readers by name, and by id where the names are equal.
func CompareCalls(a, b incidents.Delivery) int {
	key := func(d incidents.Delivery) string {
		name := d.To.Name
		if name == "" {
			name = d.To.Email
		}
		return strings.ToLower(name) + "\x00" + d.ID
	}
	return strings.Compare(key(a), key(b))
}

// Tried records that a person tried to reach a reader in vain. It is noted in the
// case's log before the delivery takes it, as in settle.
func (o *Office) Tried(ctx context.Context, practice tenant.ID, delivery string, w Word) (incidents.Delivery, error) {
	act := func(d *incidents.Delivery) error { return d.Try(w.By, w.Note, w.User.ID, w.At, o.now()) }
	d, err := o.store.Delivery(ctx, practice, delivery)
	if err == nil && d.NoticeID == "" {
		err = fault.NotFound // a warning is told to nobody
	}
	if err != nil {
		return d, err
	}
	if err := act(&d); err != nil {
		return d, err
	}
	_, err = o.store.UpdateNotice(ctx, practice, d.NoticeID, func(n *incidents.Notice) error {
		if !n.Approved() {
			return fault.NotFound // rows of a draft tell nobody anything
		}
		n.Tried(d, o.now(), w.User)
		return nil
	})
	if err != nil {
		return d, fmt.Errorf("note the attempt: %w", err)
	}
	defer o.nudge()
	return o.store.UpdateDelivery(ctx, practice, delivery, act)
}

package casework

import (
	"context"
	"fmt"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// Reach says for whom a public announcement would count, and for whom not.
type Reach struct {
	incidents.Announced
	// Unwritten are those among Beyond to whom no message of the case goes at all.
	Unwritten int
	// Promised are those within the promise who still have to be told: an
	// announcement alone does not meet it.
	Promised int
	// Underway are those beyond the promise whose mail is still going out.
	Underway int
}

// Persons is how many the announcement counts for.
func (r Reach) Persons() int { return r.Beyond + r.Unreachable }

// NewAnnouncement is what somebody records about a publication.
type NewAnnouncement struct {
	incidents.Announcement
	// Persons is how many he was told that it counts for; nil when nobody asked.
	Persons *int
}

// Announce records that the public announcement of GDPR Art. 34(3)(c) was
// published. It needs an approved text, and counts anew for whom it counts: who
// looked at another number looks again.
func (o *Office) Announce(ctx context.Context, practice tenant.ID, incident string, n NewAnnouncement) (*incidents.Incident, error) {
	inc, err := o.store.Incident(ctx, practice, incident)
	if err != nil {
		return nil, err
	}
	n.ID = o.newID()
	probe := *inc
	if err := probe.Announce(n.Announcement, o.now()); err != nil {
		return nil, err
	}
	if n.NoticeID, err = o.publicText(ctx, inc); err != nil {
		return nil, err
	}
	reach, err := o.Reach(ctx, inc)
	if err != nil {
		return nil, err
	}
	switch {
	case n.Persons != nil && *n.Persons != reach.Persons():
		return nil, fault.New(fault.Conflict, "error.reach_changed", "the number of people changed since you looked; look again and record it again")
	case reach.Persons() == 0:
		return nil, fault.New(fault.Conflict, "error.reach_nobody", "nobody is left whom an announcement would settle")
	}
	n.Reaches = reach.Announced
	return o.change(ctx, practice, incident, func(i *incidents.Incident) error { return i.Announce(n.Announcement, o.now()) })
}

// publicText returns the id of the newest approved text for the public.
func (o *Office) publicText(ctx context.Context, inc *incidents.Incident) (string, error) {
	notices, err := o.approvedNotices(ctx, inc)
	if err != nil {
		return "", err
	}
	var newest *incidents.Notice
	for _, n := range notices {
		if n.Audience == incidents.ToPublic && (newest == nil || n.ApprovedAt.After(newest.ApprovedAt)) {
			newest = n
		}
	}
	if newest == nil {
		return "", fault.New(fault.Conflict, "error.no_public_text", "approve the text of the announcement first: a notice for the audience public")
	}
	return newest.ID, nil
}

// TakeBack undoes an announcement, with a reason.
func (o *Office) TakeBack(ctx context.Context, practice tenant.ID, incident, id, reason string, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, practice, incident, func(i *incidents.Incident) error { return i.TakeBack(id, reason, o.now(), by) })
}

// Reach counts for whom a public announcement would count now.
func (o *Office) Reach(ctx context.Context, inc *incidents.Incident) (Reach, error) {
	if !inc.Assessment.Complete() {
		return Reach{}, fault.New(fault.Conflict, "error.assessing", "the affected clients are still being found; look again in a moment")
	}
	persons, err := o.store.AffectedPersons(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done)
	if err != nil {
		return Reach{}, fmt.Errorf("list the affected: %w", err)
	}
	promised, err := o.store.ReadersInScope(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done)
	if err != nil {
		return Reach{}, fmt.Errorf("list readers: %w", err)
	}
	standings, err := o.standings(ctx, inc, promised)
	if err != nil {
		return Reach{}, err
	}
	var r Reach
	for _, person := range persons {
		_, inScope := promised[person]
		if d, decided := inc.PersonDecision(person); decided && !d.Tell && !inScope {
			continue // he is not told, and nothing has to stand for that
		}
		r.count(standings[person], inScope)
	}
	return r, nil
}

// personStanding is how the telling of one person stands.
type personStanding int

const (
	unwritten personStanding = iota // no message goes to him
	byHand                          // a person must tell him
	underway                        // a mail to him is going out
	unreachable
	told
)

func (r *Reach) count(s personStanding, inScope bool) {
	switch {
	case s == told:
	case inScope && s == unreachable:
		r.Unreachable++
	case inScope:
		r.Promised++
	case s == underway:
		r.Underway++
	default:
		r.Beyond++
		if s == unwritten {
			r.Unwritten++
		}
	}
}

// standings says of each person to whom an approved message goes how it stands:
// told once every reader is, unreachable once every one is told or unreachable.
func (o *Office) standings(ctx context.Context, inc *incidents.Incident, promised map[string][]string) (map[string]personStanding, error) {
	readers, err := o.readerStandings(ctx, inc)
	if err != nil {
		return nil, err
	}
	all := map[string]personStanding{}
	for person, who := range readers {
		worst := told
		for _, s := range who {
			worst = min(worst, s)
		}
		for _, reader := range promised[person] {
			if _, some := who[reader]; !some {
				worst = min(worst, byHand) // one of his parents has no message yet
			}
		}
		all[person] = worst
	}
	return all, nil
}

// readerStandings says how each reader of each person stands, by the message
// that came furthest.
func (o *Office) readerStandings(ctx context.Context, inc *incidents.Incident) (map[string]map[string]personStanding, error) {
	notices, err := o.approvedNotices(ctx, inc)
	if err != nil {
		return nil, err
	}
	waiting, err := o.waitingForPerson(ctx, inc)
	if err != nil {
		return nil, err
	}
	tellings, err := o.store.Tellings(ctx, inc.PracticeID, inc.ID)
	if err != nil {
		return nil, fmt.Errorf("list tellings: %w", err)
	}
	all := map[string]map[string]personStanding{}
	for _, t := range tellings {
		if notices[t.Notice] == nil {
			continue
		}
		if all[t.Person] == nil {
			all[t.Person] = map[string]personStanding{}
		}
		all[t.Person][t.Reader] = max(all[t.Person][t.Reader], standingOf(t, waiting[row{t.Notice, t.Person, t.Reader}]))
	}
	return all, nil
}

// row names a delivery by what it is about.
type row struct{ notice, person, reader string }

func standingOf(t incidents.Telling, waitsForPerson bool) personStanding {
	switch {
	case t.State.Told():
		return told
	case t.State == incidents.Unreachable:
		return unreachable
	case waitsForPerson || t.State == incidents.DeliveryEnded:
		return byHand
	default:
		return underway
	}
}

// waitingForPerson returns the rows that a person must tell.
func (o *Office) waitingForPerson(ctx context.Context, inc *incidents.Incident) (map[row]bool, error) {
	waiting := map[row]bool{}
	for after := ""; ; {
		rows, err := o.store.CallRows(ctx, inc.PracticeID, inc.ID, incidents.CallOpen, after, callPage)
		if err != nil {
			return nil, fmt.Errorf("list calls: %w", err)
		}
		for _, d := range rows {
			after, waiting[row{d.NoticeID, d.Person, d.Reader}] = d.ID, true
		}
		if len(rows) < callPage {
			return waiting, nil
		}
	}
}

package incidents

import (
	"slices"
	"strconv"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// UpdateAudience is to whom a next update was promised.
type UpdateAudience string

// The audiences of a promised update.
const (
	UpdateToClients   UpdateAudience = "clients"   // "you will hear more from us"
	UpdateToAuthority UpdateAudience = "authority" // information in phases (GDPR Art. 33(4))
)

// UpdateAudiences returns those to whom an update can be promised.
func UpdateAudiences() []UpdateAudience { return []UpdateAudience{UpdateToClients, UpdateToAuthority} }

// Clock returns the kind of clock that counts towards the promised moment.
func (a UpdateAudience) Clock() ClockKind {
	if a == UpdateToAuthority {
		return AuthorityUpdateClock
	}
	return ClientUpdateClock
}

// How a promised update came about.
const (
	UpdateByFiling = "filing" // a follow-up filing with the authority
	UpdateByNotice = "notice" // an approved notice, sent
	UpdateByWord   = "word"   // a person says so, with a reason
)

// Update is a promise to tell more by a set time. One can stand for each
// audience; its clock runs from the promise to that time.
type Update struct {
	ID         string // "u1", within the case
	Audience   UpdateAudience
	PromisedAt time.Time // UTC; by when, as last set
	Note       string    // what was promised; may be empty; stored sealed
	MadeAt     time.Time
	By         Actor
	Moves      []UpdateMove // oldest first
	KeptAt     time.Time    // zero until more was told
	KeptBy     string       // UpdateByFiling, UpdateByNotice or UpdateByWord
	Reason     string       // of the person who says so; stored sealed
	EndedAt    time.Time    // zero unless nothing is owed any more
}

// UpdateMove is one change of the promised time.
type UpdateMove struct {
	Before time.Time
	After  time.Time
	Reason string // stored sealed
	By     Actor
	At     time.Time
}

// Stands reports whether the promise is still owed.
func (u Update) Stands() bool { return u.KeptAt.IsZero() && u.EndedAt.IsZero() }

// NewUpdate is what it takes to promise an update.
type NewUpdate struct {
	Audience   UpdateAudience
	PromisedAt time.Time
	Note       string
	By         Actor
}

// updateWarning is how long before the promised time a warning goes out; a
// promise for sooner than that is warned about updateShort before.
const (
	updateWarning = 24 * time.Hour
	updateShort   = 2 * time.Hour
	// farthestUpdate is how far ahead an update can be promised.
	farthestUpdate = 366 * 24 * time.Hour
)

// updateTerm returns the span from now to the promised time and its warnings.
func updateTerm(now, at time.Time) registry.Term {
	term := registry.Term{Within: at.Sub(now)}
	for _, lead := range []time.Duration{updateWarning, updateShort} {
		if term.Within > lead {
			term.Warn = append(term.Warn, registry.Mark{Name: "b" + strconv.Itoa(int(lead.Hours())), After: term.Within - lead})
			break
		}
	}
	term.Warn = append(term.Warn, registry.Mark{Name: "due", After: term.Within})
	return term
}

// StandingUpdate returns the promise to an audience that is still owed.
func (i *Incident) StandingUpdate(a UpdateAudience) (Update, bool) {
	if u := i.standing(a); u != nil {
		return *u, true
	}
	return Update{}, false
}

func (i *Incident) standing(a UpdateAudience) *Update {
	for n := range i.Updates {
		if u := &i.Updates[n]; u.Audience == a && u.Stands() {
			return u
		}
	}
	return nil
}

// Update returns the promise with an id.
func (i *Incident) Update(id string) (Update, bool) {
	at := slices.IndexFunc(i.Updates, func(u Update) bool { return u.ID == id })
	if at < 0 {
		return Update{}, false
	}
	return i.Updates[at], true
}

// Promise records that an audience was promised more by a set time, and starts
// the clock for it.
//
// It returns fault.Invalid with every fault by field, and fault.Conflict when
// the case is closed or a promise to that audience stands already.
func (i *Incident) Promise(n NewUpdate, now time.Time) error {
	var faults fault.List
	if !slices.Contains(UpdateAudiences(), n.Audience) {
		faults.Add("audience", "error.update_audience", "choose clients or authority")
	}
	checkPromised(&faults, "promised_at", n.PromisedAt, now)
	registry.CheckText(&faults, "note", n.Note, 0, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if i.State == StateClosed {
		return fault.New(fault.Conflict, "error.closed", "this incident is closed")
	}
	if i.standing(n.Audience) != nil {
		return fault.New(fault.Conflict, "error.update_stands", "an update is promised already; move it, or record that it was sent")
	}
	i.promise(n, now)
	return nil
}

func checkPromised(faults *fault.List, field string, at, now time.Time) {
	switch {
	case at.IsZero():
		faults.Add(field, "error.time_missing", "give the date and time by which you tell more")
	case !at.After(now):
		faults.Add(field, "error.update_past", "this lies in the past; give a time still to come")
	case at.Sub(now) > farthestUpdate:
		faults.Add(field, "error.update_far", "this is more than a year ahead")
	}
}

func (i *Incident) promise(n NewUpdate, now time.Time) {
	u := Update{ID: "u" + strconv.Itoa(len(i.Updates)+1), Audience: n.Audience, PromisedAt: n.PromisedAt.UTC(), Note: n.Note, MadeAt: now, By: n.By}
	i.Updates = append(i.Updates, u)
	i.runUpdateClock(u, now, "promised")
	i.note(Event{Kind: UpdatePromised, At: now, Actor: n.By, Subject: u.ID,
		Facts: map[string]string{"audience": string(u.Audience), "promised_at": u.PromisedAt.Format(time.RFC3339)},
		Words: map[string]string{"note": u.Note}})
}

// runUpdateClock starts the audience's clock anew. A second promise is a second
// countdown, whose warnings have not fired; the turns of the first stay.
func (i *Incident) runUpdateClock(u Update, now time.Time, turn string) {
	fresh := NewClock(u.Audience.Clock(), now, updateTerm(now, u.PromisedAt))
	c := i.Clock(fresh.Kind)
	if c == nil {
		i.Clocks = append(i.Clocks, fresh)
		c = i.Clock(fresh.Kind)
	} else {
		c.silence(now, AlarmByDuty, "")
		fresh.History, fresh.Alarms = c.History, c.Alarms
		*c = fresh
	}
	c.turn(now, turn)
}

// MoveUpdate sets another time for a promise, with a reason. Its warnings are
// counted anew towards that time.
func (i *Incident) MoveUpdate(id string, at time.Time, reason string, now time.Time, by Actor) error {
	var faults fault.List
	checkPromised(&faults, "promised_at", at, now)
	registry.CheckText(&faults, "reason", reason, 1, 2_000)
	u, err := i.updateToChange(id, faults)
	if err != nil || u.PromisedAt.Equal(at) {
		return err
	}
	u.Moves = append(u.Moves, UpdateMove{Before: u.PromisedAt, After: at.UTC(), Reason: reason, By: by, At: now})
	facts := map[string]string{"audience": string(u.Audience), "before": u.PromisedAt.Format(time.RFC3339), "after": at.UTC().Format(time.RFC3339)}
	u.PromisedAt = at.UTC()
	i.runUpdateClock(*u, now, "moved")
	i.note(Event{Kind: UpdateMoved, At: now, Actor: by, Subject: id, Facts: facts, Words: map[string]string{"reason": reason}})
	return nil
}

// KeepUpdate records a person's word that more was told in another way, or is no
// longer owed, with the reason.
func (i *Incident) KeepUpdate(id, reason string, now time.Time, by Actor) error {
	var faults fault.List
	registry.CheckText(&faults, "reason", reason, 1, 2_000)
	u, err := i.updateToChange(id, faults)
	if err != nil {
		return err
	}
	u.Reason = reason
	i.note(Event{Kind: UpdateSettled, At: now, Actor: by, Subject: id, Facts: revisedOne(map[string]string{"audience": string(u.Audience)}, "update", "promised", "settled"),
		Words: map[string]string{"reason": reason}})
	i.keep(u, UpdateByWord, now, now, by)
	return nil
}

// updateToChange returns the promise with an id when it can still be changed;
// the faults of the request come first.
func (i *Incident) updateToChange(id string, faults fault.List) (*Update, error) {
	at := slices.IndexFunc(i.Updates, func(u Update) bool { return u.ID == id })
	if at < 0 {
		return nil, fault.NotFound
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	u := &i.Updates[at]
	switch {
	case i.State == StateClosed:
		return nil, fault.New(fault.Conflict, "error.closed", "this incident is closed")
	case !u.Stands():
		return nil, fault.New(fault.Conflict, "error.update_settled", "this promise is kept already, or no longer owed")
	}
	return u, nil
}

func (i *Incident) keep(u *Update, how string, at, now time.Time, by Actor) {
	u.KeptAt, u.KeptBy = at, how
	i.meetClock(i.Clock(u.Audience.Clock()), at, now, by)
}

// Sent tells the case that a notice went out. It keeps a promise to clients
// that was made before the notice was approved: a notice never keeps the promise
// that it makes itself. It reports whether anything changed; the same notice
// told again changes nothing. A preliminary notice keeps none: it says itself
// that more follows.
func (i *Incident) Sent(n *Notice, now time.Time) bool {
	u := i.standing(UpdateToClients)
	if u == nil || n.ByPolicy() || n.State != NoticeIsSent || !n.ToPersons() || !n.ApprovedAt.After(u.MadeAt) {
		return false
	}
	i.keep(u, UpdateByNotice, latest(n.SentAt, u.MadeAt), now, System())
	return true
}

// ToPersons reports whether the notice is for clients of any kind or their parents.
func (n *Notice) ToPersons() bool {
	return n.Audience == ToClients || n.Audience == ToFormerClients || n.Audience == ToParents
}

// updateByFiling lets a filing keep or end the promise to the authority, and
// records the promise that it makes itself.
func (i *Incident) updateByFiling(f Filing, now time.Time) {
	u := i.standing(UpdateToAuthority)
	switch {
	case u == nil:
	case f.Kind == FilingFollowUp && i.followsPromise(f, *u):
		i.keep(u, UpdateByFiling, latest(f.FiledAt, u.MadeAt), now, f.By)
	case f.Kind == FilingWithdrawn:
		u.EndedAt = now
		i.endClock(i.Clock(AuthorityUpdateClock), EndedWithdrawn, now, f.By)
	}
	if !f.UpdateBy.IsZero() {
		i.promise(NewUpdate{Audience: UpdateToAuthority, PromisedAt: f.UpdateBy, By: f.By}, now)
	}
}

// followsPromise reports whether a filing came after the promise. People give
// the time of filing in whole minutes.
func (i *Incident) followsPromise(f Filing, u Update) bool {
	return !f.FiledAt.Before(u.MadeAt.Truncate(time.Minute))
}

// checkUpdateBy refuses a promise that the filing cannot make.
func (i *Incident) checkUpdateBy(faults *fault.List, f Filing, now time.Time) {
	if f.UpdateBy.IsZero() {
		return
	}
	checkPromised(faults, "update_by", f.UpdateBy, now)
	u := i.standing(UpdateToAuthority)
	switch {
	case f.Complete || f.Kind == FilingWithdrawn:
		faults.Add("update_by", "error.update_complete", "a complete filing, or one withdrawn, promises no addition")
	case i.State == StateClosed:
		faults.Add("update_by", "error.closed", "this incident is closed")
	case u != nil && !(f.Kind == FilingFollowUp && i.followsPromise(f, *u)):
		faults.Add("update_by", "error.update_stands", "an update is promised already; move it, or record that it was sent")
	}
}

package incidents

import (
	"slices"
	"strconv"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
)

// Preliminary is a case's notice to clients that goes by itself at a set lead
// before their deadline when nobody has decided: a choice of the practice's
// policy, taken over when the case was opened.
//
//	planned ─ lead reached ─> sending ─> sent
//	   │                         └ no sender outside the breach ─> blocked
//	   └ a person decides, or stops it with a reason (and may resume)
type Preliminary struct {
	Lead   time.Duration // before the client deadline; 0: not chosen
	Update time.Duration // after the plan: by when its readers hear more
	// StoppedAt is zero unless a person stopped it; the reason is stored sealed.
	StoppedAt     time.Time
	StoppedBy     Actor
	StoppedReason string
	ResumedAt     time.Time
	DecidedAt     time.Time // when a person decided in its place
	FiredAt       time.Time // when the keeper let it go; the mails follow
	LookAt        time.Time // when the keeper looks again whether they did
	UpdateBy      time.Time // what its text promises, fixed when it fired; zero for none
	BlockedAt     time.Time // since when no sender outside the breach is there
	SentAt        time.Time // when its notices were handed to the mailer
}

// PreliminaryState is where a case's preliminary notice stands.
type PreliminaryState string

// The states. A case whose policy did not choose it has PreliminaryOff.
const (
	PreliminaryOff     PreliminaryState = ""
	PreliminaryPlanned PreliminaryState = "planned"
	PreliminaryStopped PreliminaryState = "stopped"
	PreliminaryDecided PreliminaryState = "decided" // a person did, in its place
	PreliminaryEnded   PreliminaryState = "ended"   // nobody is left to tell by it
	PreliminarySending PreliminaryState = "sending"
	PreliminaryBlocked PreliminaryState = "blocked" // no sender outside the breach
	PreliminarySent    PreliminaryState = "sent"
)

// MarkPreliminary names the moment of a preliminary notice among those that fire.
const MarkPreliminary = "preliminary"

const (
	// seeFirst is how long a practice has at least to see a plan, after the case was
	// filed, its clock moved or ran again, or the plan was resumed.
	seeFirst = time.Hour
	// lookSoon and lookLater are how long the keeper waits before it looks again
	// whether a notice that fired went out; later after lookPatience.
	lookSoon     = time.Minute
	lookLater    = 10 * time.Minute
	lookPatience = 10 * time.Minute
)

// PreliminaryAudiences are those to whom a notice goes by itself: everybody in
// scope, and the parents of the young.
func PreliminaryAudiences() []Audience { return []Audience{ToClients, ToParents} }

func newPreliminary(policy registry.Policy) Preliminary {
	lead := policy.PreliminaryLead()
	if lead == 0 {
		return Preliminary{}
	}
	return Preliminary{Lead: lead, Update: policy.PreliminaryUpdate()}
}

// PreliminaryState returns where the case's preliminary notice stands.
func (i *Incident) PreliminaryState() PreliminaryState {
	p, c := i.Preliminary, i.Clock(ClientClock)
	switch {
	case p.Lead == 0 || c == nil:
		return PreliminaryOff
	case !p.SentAt.IsZero():
		return PreliminarySent
	case !p.StoppedAt.IsZero():
		return PreliminaryStopped
	case !p.DecidedAt.IsZero():
		return PreliminaryDecided
	case !p.BlockedAt.IsZero():
		return PreliminaryBlocked
	case !p.FiredAt.IsZero():
		return PreliminarySending
	case i.State == StateClosed || !c.open() || i.Facts.Role == AsProcessor:
		return PreliminaryEnded
	default:
		return PreliminaryPlanned
	}
}

// PreliminaryAt returns when the notice goes by itself, false when it never does.
// It is the lead before the deadline, but not before the practice could see it.
func (i *Incident) PreliminaryAt() (time.Time, bool) {
	due, some := i.clientDue()
	if !some || i.Preliminary.Lead == 0 {
		return time.Time{}, false
	}
	return latest(due.Add(-i.Preliminary.Lead), i.visibleFrom().Add(seeFirst)), true
}

func (i *Incident) clientDue() (time.Time, bool) {
	if c := i.Clock(ClientClock); c != nil {
		return c.DueAt()
	}
	return time.Time{}, false
}

// visibleFrom is since when the plan stands as it stands.
func (i *Incident) visibleFrom() time.Time {
	from := latest(i.CreatedAt, i.Preliminary.ResumedAt)
	for _, t := range i.Clock(ClientClock).History {
		if t.What == "moved" || t.What == "reopened" || t.What == "policy" {
			from = latest(from, t.At)
		}
	}
	return from
}

// PreliminaryUpdate returns by when its readers hear more, if the notice goes at
// now; zero when a promise stands whose time is over already. A promise to
// clients that stands is taken over.
func (i *Incident) PreliminaryUpdate(now time.Time) time.Time {
	if !i.Preliminary.FiredAt.IsZero() {
		return i.Preliminary.UpdateBy
	}
	if u := i.standing(UpdateToClients); u != nil {
		if u.PromisedAt.After(now) {
			return u.PromisedAt
		}
		return time.Time{}
	}
	base, _ := i.PreliminaryAt()
	if now.Sub(base) > time.Hour { // the keeper was away
		base = now
	}
	at := base.Add(i.Preliminary.Update)
	if whole := at.Truncate(time.Hour); !whole.Equal(at) {
		return whole.Add(time.Hour)
	}
	return at
}

// nextPreliminary returns when the keeper must look at the notice. It waits for
// the assessment, at most until the deadline when some are found already.
func (i *Incident) nextPreliminary() (time.Time, bool) {
	switch i.PreliminaryState() {
	case PreliminarySending, PreliminaryBlocked:
		return i.Preliminary.LookAt, true
	case PreliminaryPlanned:
	default:
		return time.Time{}, false
	}
	at, some := i.PreliminaryAt()
	due, _ := i.clientDue()
	switch {
	case i.Assessment.Complete():
		return at, some
	case i.Assessment.Done > 0:
		return latest(at, due), some
	default:
		return time.Time{}, false // nobody is found yet
	}
}

// firePreliminary lets the notice go once, and later looks again while it has
// not gone.
func (i *Incident) firePreliminary(now time.Time) (Firing, bool) {
	at, some := i.nextPreliminary()
	if !some || at.After(now) {
		return Firing{}, false
	}
	p := &i.Preliminary
	if p.FiredAt.IsZero() {
		p.UpdateBy = i.PreliminaryUpdate(now) // before FiredAt, which fixes it
		p.FiredAt = now
		i.note(Event{Kind: PreliminaryCameDue, At: now, Actor: System(), Facts: i.dueFacts(now)})
	}
	p.LookAt = now.Add(lookSoon)
	if now.Sub(p.FiredAt) > lookPatience || !p.BlockedAt.IsZero() {
		p.LookAt = now.Add(lookLater)
	}
	return Firing{Clock: ClientClock, Mark: MarkPreliminary, At: at}, true
}

// dueFacts say when the notice was planned, and when it goes after the deadline.
func (i *Incident) dueFacts(now time.Time) map[string]string {
	planned, _ := i.PreliminaryAt()
	facts := map[string]string{"planned_at": planned.Format(time.RFC3339)}
	if due, _ := i.clientDue(); now.After(due) {
		facts["late"] = "yes"
	}
	if !i.Assessment.Complete() {
		facts["assessment"] = "incomplete"
	}
	return facts
}

// notePlan says in the register when the notice will go.
func (i *Incident) notePlan(now time.Time) {
	at, some := i.PreliminaryAt()
	if some && i.PreliminaryState() == PreliminaryPlanned {
		i.note(Event{Kind: PreliminaryWasPlanned, At: now, Actor: ByPolicy(), Facts: map[string]string{"planned_at": at.Format(time.RFC3339)}})
	}
}

// StopPreliminary takes the plan back, with a reason. It refuses with
// fault.Conflict when no plan stands that could be stopped.
func (i *Incident) StopPreliminary(reason string, now time.Time, by Actor) error {
	var faults fault.List
	registry.CheckText(&faults, "reason", reason, 1, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if s := i.PreliminaryState(); s != PreliminaryPlanned && s != PreliminaryBlocked {
		return fault.New(fault.Conflict, "error.preliminary_over", "no preliminary notice is planned that could be stopped")
	}
	p := &i.Preliminary
	was := i.PreliminaryState()
	p.StoppedAt, p.StoppedBy, p.StoppedReason = now, by, reason
	i.note(Event{Kind: PreliminaryWasStopped, At: now, Actor: by, Facts: revisedOne(nil, "preliminary", string(was), string(i.PreliminaryState())),
		Words: map[string]string{"reason": reason}})
	return nil
}

// ResumePreliminary lets a stopped plan stand again. When its time is over, it
// goes an hour from now.
func (i *Incident) ResumePreliminary(now time.Time, by Actor) error {
	if i.PreliminaryState() != PreliminaryStopped || i.State == StateClosed || !i.Clock(ClientClock).open() {
		return fault.New(fault.Conflict, "error.preliminary_not_stopped", "no preliminary notice is stopped that could still go")
	}
	p := &i.Preliminary
	p.StoppedAt, p.StoppedBy, p.StoppedReason, p.ResumedAt = time.Time{}, Actor{}, "", now
	p.FiredAt, p.LookAt, p.UpdateBy, p.BlockedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	at, _ := i.PreliminaryAt()
	i.note(Event{Kind: PreliminaryWasResumed, At: now, Actor: by, Facts: revisedOne(map[string]string{"planned_at": at.Format(time.RFC3339)},
		"preliminary", string(PreliminaryStopped), string(i.PreliminaryState()))})
	return nil
}

// Decided tells the case that a person approved a notice to those in scope, in
// whose place none goes by itself. It reports whether anything changed.
func (i *Incident) Decided(audience Audience, by Actor, now time.Time) bool {
	if by.Kind == register.ActorPolicy || !slices.Contains(PreliminaryAudiences(), audience) {
		return false
	}
	return i.decided(now)
}

func (i *Incident) decided(now time.Time) bool {
	p := &i.Preliminary
	if p.Lead == 0 || !p.DecidedAt.IsZero() || !p.SentAt.IsZero() {
		return false
	}
	p.DecidedAt = now
	return true
}

// PreliminaryOwed reports whether the notice came due and has not gone.
func (i *Incident) PreliminaryOwed() bool {
	s := i.PreliminaryState()
	return s == PreliminarySending || s == PreliminaryBlocked
}

// PreliminaryDropped ends a notice that came due when its duty had been done or
// had fallen away before it could go.
func (i *Incident) PreliminaryDropped(now time.Time) bool {
	return i.PreliminaryOwed() && i.decided(now)
}

// PreliminaryWithoutSender notes that every address of the practice is among the
// breached systems, once; nothing goes out through one of those.
func (i *Incident) PreliminaryWithoutSender(now time.Time) bool {
	p := &i.Preliminary
	if !i.PreliminaryOwed() || !p.BlockedAt.IsZero() {
		return false
	}
	p.BlockedAt = now
	i.note(Event{Kind: PreliminaryHasNoWay, At: now, Actor: System()})
	return true
}

// PreliminaryBegins clears what kept the notice back; from then on nobody can
// stop it. It reports whether the notice may go.
func (i *Incident) PreliminaryBegins() bool {
	if !i.PreliminaryOwed() {
		return false
	}
	i.Preliminary.BlockedAt = time.Time{}
	return true
}

// PreliminaryGone records that the notices went to so many readers, and the
// promise that they make. It reports whether anything changed.
func (i *Incident) PreliminaryGone(notices []string, readers int, now time.Time) bool {
	p := &i.Preliminary
	if p.FiredAt.IsZero() || !p.SentAt.IsZero() {
		return false
	}
	p.SentAt, p.BlockedAt = now, time.Time{}
	facts := i.dueFacts(p.FiredAt)
	facts["readers"] = strconv.Itoa(readers)
	if !p.UpdateBy.IsZero() {
		facts["update_by"] = p.UpdateBy.Format(time.RFC3339)
	}
	e := Event{Kind: PreliminaryWent, At: now, Actor: ByPolicy(), Facts: facts}
	if len(notices) > 0 {
		e.Subject = notices[0]
	}
	i.note(e)
	if p.UpdateBy.After(now) && i.standing(UpdateToClients) == nil {
		i.promise(NewUpdate{Audience: UpdateToClients, PromisedAt: p.UpdateBy, By: ByPolicy()}, now)
	}
	return true
}

// PreliminarySender chooses from whom the notice comes: an address that is surely
// outside the breach, else one that nobody knows to be in it, else a breached one
// to which strangers' access was closed. False when there is none.
func PreliminarySender(p registry.Practice, f Facts) (registry.Sender, bool) {
	hit := func(s registry.Sender) bool { return s.System != "" && slices.Contains(f.Systems, s.System) }
	unknown := f.Systems == nil && !f.HandPicked
	for _, fits := range []func(registry.Sender) bool{
		func(s registry.Sender) bool { return !hit(s) && (s.System == "" || !unknown) },
		func(s registry.Sender) bool { return !hit(s) },
		func(registry.Sender) bool { return f.AccessClosedAt != nil },
	} {
		may := func(s registry.Sender) bool { return fits(s) && !p.Policy.Bars(s.Email) }
		if at := slices.IndexFunc(p.Details.Senders, may); at >= 0 {
			return p.Details.Senders[at], true
		}
	}
	return registry.Sender{}, false
}

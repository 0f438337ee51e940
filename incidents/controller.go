package incidents

import (
	"slices"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// ControllerChannel is how a controller was told.
type ControllerChannel string

// The ways; none of them is the program's own mail.
const (
	ByPhone  ControllerChannel = "phone"
	ByEmail  ControllerChannel = "email"
	InPerson ControllerChannel = "in_person"
)

// ControllerChannels returns every way, in the order in which forms offer them.
func ControllerChannels() []ControllerChannel {
	return []ControllerChannel{ByPhone, ByEmail, InPerson}
}

// ControllerNotice is one telling of the controller by a practice that only
// processes the data, or shares them (GDPR Art. 33(2) and Art. 26).
type ControllerNotice struct {
	At         time.Time // UTC; when the controller was told
	Channel    ControllerChannel
	To         string // who was told: a name, a firm
	Note       string // what was said or agreed; may be empty
	By         Actor
	RecordedAt time.Time
}

// TellController records that the controller was told, and meets the clock for
// it. It may be told again, when more is known; the first telling counts.
//
// It returns fault.Invalid with every fault by field, and fault.Conflict when
// the case is closed or the practice is itself the controller.
func (i *Incident) TellController(n ControllerNotice, now time.Time) error {
	if err := i.checkControllerNotice(n, now); err != nil {
		return err
	}
	c := i.Clock(ControllerClock)
	switch {
	case i.State == StateClosed:
		return fault.New(fault.Conflict, "error.closed", "this incident is closed")
	case c == nil || i.Facts.Role == AsController:
		return fault.New(fault.Conflict, "error.no_controller", "this practice is itself the controller; change the role first when it only processes the data")
	}
	n.At, n.RecordedAt = n.At.UTC(), now
	i.ControllerNotices = append(i.ControllerNotices, n)
	i.note(Event{Kind: ControllerTold, At: now, Actor: n.By,
		Facts: map[string]string{"by": string(n.Channel), "told_at": n.At.Format(time.RFC3339)},
		Words: map[string]string{"to": n.To, "note": n.Note}})
	if c.MetAt.IsZero() {
		i.meetClock(c, n.At, now, n.By)
	}
	return nil
}

func (i *Incident) checkControllerNotice(n ControllerNotice, now time.Time) error {
	var faults fault.List
	switch {
	case n.At.IsZero():
		faults.Add("at", "error.time_missing", "give the date and time at which you told the controller")
	case n.At.After(now.Add(clockSkew)):
		faults.Add("at", "error.future", "this lies in the future")
	case n.At.Before(i.AwareAt().Add(-clockSkew)):
		faults.Add("at", "error.told_before_aware", "this lies before the moment you became aware")
	}
	if !slices.Contains(ControllerChannels(), n.Channel) {
		faults.Add("by", "error.controller_channel", "choose phone, email or in_person")
	}
	registry.CheckLine(&faults, "to", n.To, 1, 200)
	registry.CheckText(&faults, "note", n.Note, 0, 2_000)
	return faults.Err()
}

// followRole lets the controller's clock follow the practice's role. What was
// told stays told, and a clock already met stays met.
func (i *Incident) followRole(role PracticeRole, now time.Time) {
	c := i.Clock(ControllerClock)
	switch {
	case role != AsController && c == nil:
		i.Clocks = append(i.Clocks, NewClock(ControllerClock, i.AwareAt(), registry.Term{}))
	case role == AsController && c != nil && c.open():
		c.end(now, EndedControllerRole)
	case role != AsController && c.EndedBecause == EndedControllerRole:
		c.reopen(now)
	}
}

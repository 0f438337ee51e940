package incidents

import (
	"slices"
	"time"
)

// Appointment is one open deadline of a case as a calendar keeps it. The words
// are the caller's: nothing here says what happened or to whom.
type Appointment struct {
	// UID is the same in every file that is made of the deadline.
	UID  string
	Kind ClockKind
	At   time.Time // UTC; the deadline
	// Alarms are the warnings still to come, earliest first; UTC.
	Alarms []time.Time
	// Sequence grows with every change of the case, so that a calendar takes the
	// newer file over the older.
	Sequence int64
	Title    string
	Text     string
	Address  string // of the case's page
}

// Appointments returns the deadlines of the duties still open, the nearest first.
func (i *Incident) Appointments(now time.Time) []Appointment {
	var list []Appointment
	for _, c := range i.Clocks {
		due, some := c.DueAt()
		if !some || !c.open() {
			continue
		}
		a := Appointment{UID: i.ID + "-" + string(c.Kind), Kind: c.Kind, At: due, Sequence: i.Version}
		for _, u := range i.Updates {
			if u.Stands() && u.Audience.Clock() == c.Kind { // each promise is an entry of its own
				a.UID += "-" + u.ID
			}
		}
		for _, t := range c.Thresholds {
			if t.FiredAt.IsZero() && t.At.After(now) {
				a.Alarms = append(a.Alarms, t.At)
			}
		}
		slices.SortFunc(a.Alarms, time.Time.Compare)
		list = append(list, a)
	}
	slices.SortStableFunc(list, func(a, b Appointment) int { return a.At.Compare(b.At) })
	return list
}

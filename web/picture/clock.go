package picture

import "time"

// State is how a clock stands; it chooses the words and the colour.
type State string

// The states.
const (
	StateOpen    State = "open"     // runs without a deadline: as soon as possible
	StateRunning State = "running"  // in time, with room left
	StateSoon    State = "soon"     // in the last quarter of its span
	StateLate    State = "late"     // the deadline has passed and the duty stands
	StateMet     State = "met"      // done within the deadline, or without one
	StateMetLate State = "met_late" // done after the deadline
	StateEnded   State = "ended"    // stopped because the duty fell away
)

// Threshold is one warning of a clock. A zero FiredAt means it is still to come.
type Threshold struct {
	At, FiredAt time.Time
}

// ClockFacts is all that the drawing of one clock needs.
type ClockFacts struct {
	Kind         string         // "client", "authority", "controller", "contract" or "shadow": chooses the title
	StartsAt     time.Time      // when the clock began
	DueAt        time.Time      // the deadline; zero when only "as soon as possible" is promised
	MetAt        time.Time      // when the duty was met; zero while it stands
	EndedAt      time.Time      // when the duty fell away; zero while it stands
	EndedBecause string         // the reason's code; the template has its words
	Thresholds   []Threshold    // in any order
	Now          time.Time      // the moment of drawing
	Zone         *time.Location // where nights and days are counted; nil means UTC
	People       bool           // the clock counts people, as the client clock does
	Told         int            // how many of them were told
	Settled      int            // how many could not be reached, with a reason; they are not told
	InScope      int            // how many must be told
	InScopeKnown bool           // false until the assessment is complete
}

// Clock is one clock, ready to draw. Units of the figure are "days", "hours"
// and "minutes"; Amount is never rounded in the practice's favour.
type Clock struct {
	Kind         string
	State        State
	StartsAt     time.Time
	DueAt        time.Time // zero when there is no deadline
	DoneAt       time.Time // when it was met or ended; zero while it runs
	EndedBecause string
	Amount       int
	Unit         string

	Drawn  bool    // false without a deadline: there is no span to draw
	Fill   Percent // from the left to now, or to where the duty was met
	Over   Span    // what runs past the flag
	Broken bool    // the overrun is longer than drawn
	Flag   Percent // the deadline
	Nights []Span
	Days   []Day
	Ticks  []Tick // the warnings; the deadline itself is the flag
	Fired  int    // how many of Ticks have fired

	People       bool
	Told         Count
	Settled      int
	InScope      Count
	InScopeKnown bool
	ToldWidth    Percent // of the second, thin bar
}

// Day is the name of a day under the bar. Weekday counts from 0 for Sunday.
type Day struct {
	X       Percent
	Weekday int
}

// Tick is one threshold on the bar.
type Tick struct {
	X     Percent
	At    time.Time
	Fired bool
}

// Shape returns the name of the shape that goes with the state.
func (c Clock) Shape() string {
	switch c.State {
	case StateMet:
		return "done"
	case StateLate, StateMetLate:
		return "late"
	case StateSoon:
		return "soon"
	case StateEnded:
		return "blocked"
	default:
		return "busy"
	}
}

// DrawClock computes the drawing of one clock.
func DrawClock(f ClockFacts) Clock {
	c := Clock{
		Kind: f.Kind, State: stateOf(f), StartsAt: f.StartsAt, DueAt: f.DueAt, DoneAt: doneAt(f), EndedBecause: f.EndedBecause,
		People: f.People, Told: Count(f.Told), Settled: f.Settled, InScope: Count(f.InScope), InScopeKnown: f.InScopeKnown,
	}
	if f.InScopeKnown && f.InScope > 0 {
		c.ToldWidth = clamp(Percent(100 * float64(f.Told) / float64(f.InScope)))
	}
	if f.DueAt.IsZero() || !f.DueAt.After(f.StartsAt) {
		return c
	}
	stop := stopAt(f)
	c.Amount, c.Unit = figure(f.DueAt.Sub(stop))
	c.Drawn = true
	drawSpan(&c, f, stop)
	return c
}

func stateOf(f ClockFacts) State {
	switch {
	case !f.EndedAt.IsZero():
		return StateEnded
	case !f.MetAt.IsZero() && !f.DueAt.IsZero() && f.MetAt.After(f.DueAt):
		return StateMetLate
	case !f.MetAt.IsZero():
		return StateMet
	case f.DueAt.IsZero():
		return StateOpen
	case f.Now.After(f.DueAt):
		return StateLate
	case f.DueAt.Sub(f.Now) <= f.DueAt.Sub(f.StartsAt)/4:
		return StateSoon
	default:
		return StateRunning
	}
}

func doneAt(f ClockFacts) time.Time {
	if !f.EndedAt.IsZero() {
		return f.EndedAt
	}
	return f.MetAt
}

// stopAt returns where the fill ends: when the duty was met or fell away, else now.
func stopAt(f ClockFacts) time.Time {
	if done := doneAt(f); !done.IsZero() {
		return done
	}
	return f.Now
}

// figure turns the time left (negative: the time past the deadline) into the
// big figure: whole minutes under two hours, whole hours up to four days. Time
// left is cut down; lateness is at least one minute.
func figure(left time.Duration) (int, string) {
	late := left < 0
	d := left.Abs()
	switch {
	case d < 2*time.Hour && late:
		return max(int(d/time.Minute), 1), "minutes"
	case d < 2*time.Hour:
		return int(d / time.Minute), "minutes"
	case d <= 96*time.Hour:
		return int(d / time.Hour), "hours"
	default:
		return int(d / (24 * time.Hour)), "days"
	}
}

// overShare is the most an overrun may take of the picture; a longer one is
// drawn broken.
const overShare = 0.35

// flagRoom keeps the flag away from the right edge while nothing is late.
const flagRoom = 0.03

func drawSpan(c *Clock, f ClockFacts, stop time.Time) {
	span := f.DueAt.Sub(f.StartsAt)
	end := f.DueAt.Add(time.Duration(float64(span) * flagRoom))
	longest := time.Duration(float64(span) * overShare / (1 - overShare))
	if over := stop.Sub(f.DueAt); over > 0 {
		c.Broken = over > longest
		end = later(end, f.DueAt.Add(min(over, longest)))
	}
	s := scale{from: f.StartsAt, to: end}
	c.Flag = s.at(f.DueAt)
	c.Fill = min(s.at(stop), c.Flag)
	if stop.After(f.DueAt) {
		c.Over = s.span(f.DueAt, stop)
	}
	drawn := end
	if c.Broken {
		drawn = f.DueAt // past the break the scale no longer holds
	}
	c.Nights = nights(s, drawn, f.Zone)
	c.Days = days(s, drawn, f.Zone)
	for _, threshold := range f.Thresholds {
		c.addTick(s, threshold, end)
	}
}

func (c *Clock) addTick(s scale, threshold Threshold, end time.Time) {
	outside := threshold.At.Before(s.from) || threshold.At.After(end)
	if outside || threshold.At.Equal(c.DueAt) {
		return
	}
	fired := !threshold.FiredAt.IsZero()
	if fired {
		c.Fired++
	}
	c.Ticks = append(c.Ticks, Tick{X: s.at(threshold.At), At: threshold.At, Fired: fired})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

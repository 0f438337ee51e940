package incidents

import (
	"slices"
	"strconv"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// The points of the checklist that are no clocks; a clock's point has its kind's name.
const (
	CheckSteps     = "steps"     // first steps without a mark
	CheckDecisions = "decisions" // whether the risk for people is high
	CheckDelivered = "delivered" // people still to be told by a person
	CheckRegister  = "register"  // what the register must hold (GDPR Art. 33(5))
	CheckMeasures  = "measures"  // measures that nobody does
)

// CheckPoint is one thing that is looked at before a case is closed.
type CheckPoint struct {
	Name string
	Open int // how much of it is not done; 0 is all well
	// Blocks says that the case cannot be closed before it is done; of the others
	// a reason is asked.
	Blocks bool
}

// Outside is what a case does not know of itself for its checklist.
type Outside struct {
	StepsOpen   int // first steps of its kind without a mark
	Undelivered int // people on its call list
}

// Checklist returns what is looked at before the case is closed.
func (i *Incident) Checklist(o Outside) []CheckPoint {
	var points []CheckPoint
	for _, c := range i.Clocks {
		if c.Kind.OwnDuty() {
			points = append(points, CheckPoint{Name: string(c.Kind), Open: count(c.open()), Blocks: true})
		}
	}
	_, decided := i.Standing(AboutPersons)
	_, unowned := i.OpenMeasures()
	s := i.Story
	return append(points, CheckPoint{Name: CheckSteps, Open: o.StepsOpen}, CheckPoint{Name: CheckDecisions, Open: count(!decided)},
		CheckPoint{Name: CheckDelivered, Open: o.Undelivered},
		CheckPoint{Name: CheckRegister, Open: count(s.Summary == "") + count(s.Consequences == "") + count(s.MeasuresTaken == "")},
		CheckPoint{Name: CheckMeasures, Open: unowned})
}

func count(open bool) int {
	if open {
		return 1
	}
	return 0
}

// Closing is the last word on a case.
type Closing struct {
	Reason string // what was learned
	// Despite says why the case is closed although points stand open that do not
	// block; asked when there are any.
	Despite string
	Points  []CheckPoint // the checklist as it was; nil when none was made
	By      Actor
}

// stands reports whether a point is open of which a reason is asked.
func (p CheckPoint) stands() bool { return p.Open > 0 && !p.Blocks }

// CloseAfter ends the case, with its checklist in the register. Duties that still
// stand keep it open.
func (i *Incident) CloseAfter(c Closing, now time.Time) error {
	var faults fault.List
	registry.CheckText(&faults, "reason", c.Reason, 1, 2_000)
	if !i.onDuty() { // else there is nothing to explain yet
		registry.CheckText(&faults, "despite", c.Despite, count(slices.ContainsFunc(c.Points, CheckPoint.stands)), 2_000)
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if i.State == StateClosed {
		return fault.New(fault.Conflict, "error.closed", "this incident is closed already")
	}
	if i.onDuty() {
		return fault.New(fault.Conflict, "error.duties_open", "a duty still stands: tell the clients and the controller, and file with, or decide about, the authority first")
	}
	for n := range i.Clocks {
		if k := &i.Clocks[n]; k.open() {
			k.end(now, EndedClosed)
		}
	}
	e := Event{Kind: IncidentClosed, At: now, Actor: c.By, Facts: revisedOne(nil, "state", string(i.State), string(StateClosed)),
		Words: map[string]string{"reason": c.Reason}}
	if len(c.Points) > 0 {
		e.Words["despite"] = c.Despite
	}
	for _, p := range c.Points {
		e.Facts["check_"+p.Name] = strconv.Itoa(p.Open)
	}
	i.State, i.ClosedAt = StateClosed, now
	i.note(e)
	return nil
}

// onDuty reports whether a duty of the practice still stands.
func (i *Incident) onDuty() bool {
	return slices.ContainsFunc(i.Clocks, func(c Clock) bool { return c.Kind.OwnDuty() && c.open() })
}

// Close is CloseAfter without a checklist.
func (i *Incident) Close(reason string, now time.Time, by Actor) error {
	return i.CloseAfter(Closing{Reason: reason, By: by}, now)
}

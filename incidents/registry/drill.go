package registry

import (
	"slices"
	"time"

	"datalek/incidents/tenant"
)

// Drill marks a practice that is made up to rehearse a breach in. It has clients,
// systems, a case and a register of its own, so that nothing of it can mix with
// those of the practice that rehearses; its mail is held back. The zero value is
// no drill.
type Drill struct {
	Of        tenant.ID // id of the practice that rehearses
	Incident  string    // id of the made-up case
	Playbook  string    // the kind of breach
	Pace      int       // how many times faster the case's clocks run; 1 is real time
	StartedAt time.Time
	EndedAt   time.Time // zero while it runs
}

// Paces are those at which a drill may run.
func Paces() []int { return []int{1, 60, 720} }

// IsDrill reports whether the practice is made up to rehearse in.
func (p Practice) IsDrill() bool { return p.Drill.Of != "" }

// mostDrills is how many drills a practice remembers.
const mostDrills = 100

// keepDrills is how long a drill is kept: a yearly rehearsal can be compared with
// the one before.
const keepDrills = 365 * 24 * time.Hour

// Old reports whether a drill began so long ago that it is removed; false for none.
func (d Drill) Old(now time.Time) bool { return d.Of != "" && now.Sub(d.StartedAt) > keepDrills }

// Forget takes a drill from those of the practice.
func (p *Practice) Forget(drill string) {
	p.Drills = slices.DeleteFunc(slices.Clone(p.Drills), func(id string) bool { return id == drill })
}

// Remember adds a drill to those of the practice; the oldest beyond a hundred is
// forgotten.
func (p *Practice) Remember(drill string) {
	if slices.Contains(p.Drills, drill) {
		return
	}
	p.Drills = append(slices.Clone(p.Drills), drill)
	p.Drills = p.Drills[max(len(p.Drills)-mostDrills, 0):]
}

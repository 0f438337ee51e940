package roster

import (
	"time"

	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// ImportState says how far an import is.
type ImportState string

// The states.
const (
	ImportReading ImportState = "reading" // the file is still coming in
	ImportRunning ImportState = "running"
	ImportWaiting ImportState = "waiting" // some look like somebody known, and nobody decided
	ImportDone    ImportState = "done"
	ImportUndoing ImportState = "undoing"
	ImportUndone  ImportState = "undone"
	ImportCutOff  ImportState = "cut_off" // the file never came in whole; nobody was taken
)

// Working reports whether a worker goes on with it.
func (s ImportState) Working() bool {
	return s == ImportReading || s == ImportRunning || s == ImportUndoing
}

// KeepImports is how long an import can be undone, and its doubles decided about.
// What both need is removed then.
const KeepImports = 30 * 24 * time.Hour

// Import is one list of people on its way into those whom a practice knows. The
// file is not kept: what was taken from it lies in parts until it is worked off.
type Import struct {
	ID         string // random; safe in addresses
	PracticeID tenant.ID
	Version    int64
	Format     Format
	State      ImportState
	// By is the id of the account or token, "" for the command line; Actor is the same
	// as the register names him, zero for those from before it told of lists.
	By        string
	Actor     register.Actor
	CreatedAt time.Time
	EndedAt   time.Time // done, undone or cut off; zero before
	// Mapping is what was taken from each column, and Columns names those with
	// something in them.
	Mapping Mapping
	Columns []TakenColumn
	Count   ImportCount
	Faults  []RowFault
	More    bool // not every fault is listed
	// Parts is how many parts there are, Next the one to be worked off, and Pass
	// counts how often all are gone through. Undoing goes from the last to the first,
	// and Next is how many are left.
	Parts, Next, Pass int
	// Decided is how many waiting lines were decided about and not worked off yet.
	Decided int
	// HeldUntil is until when a worker has it to himself; it renews that.
	HeldUntil time.Time
	// Undo says what became of it.
	Undo Undoing
	// Notes are what happens to it with the write under way.
	Notes register.Notes `json:"-"`
}

// ImportCount is an import in numbers.
type ImportCount struct {
	Read    int `json:"read"`    // lines with something on them
	Added   int `json:"added"`   // people who are new
	Changed int `json:"changed"` // people who were known
	Refused int `json:"refused"` // lines
	Waiting int `json:"waiting"` // lines that look like somebody known
	Skipped int `json:"skipped"` // such lines that were left out
	Shared  int `json:"shared"`  // lines at a mail address of others, kept apart
}

// Undoing is what became of an import's people when it was undone.
type Undoing struct {
	At      time.Time // zero: it was not
	By      string
	Actor   register.Actor // the same as the register names him
	Removed int
	PutBack int
	// Kept stay as they are: a case rests on them, somebody changed them since, or
	// another person names them as parent.
	Kept int
	// Cases are the references of the cases that rest on some of them.
	Cases []string
}

// Undoable reports whether the import can be undone on this day.
func (j Import) Undoable(now time.Time) bool {
	return (j.State == ImportDone || j.State == ImportWaiting) && j.Count.Added+j.Count.Changed > 0 && now.Before(j.Until())
}

// Progress is how much of it is worked off, or undone: 0 to 1.
func (j Import) Progress() float64 {
	switch {
	case j.Parts == 0:
		return 0
	case j.State == ImportUndoing:
		return float64(j.Parts-j.Next) / float64(j.Parts)
	}
	return float64(j.Next) / float64(j.Parts)
}

// Until is the first instant at which it can be undone no more.
func (j Import) Until() time.Time { return j.CreatedAt.Add(KeepImports) }

// Begin lets the work on the parts begin.
func (j *Import) Begin(parts int) { j.State, j.Parts, j.Next, j.Pass = ImportRunning, parts, 0, 1 }

// Again goes through the parts once more, for what was decided about.
func (j *Import) Again() {
	j.State, j.Next, j.Pass, j.EndedAt = ImportRunning, 0, j.Pass+1, time.Time{}
}

// End records that all parts are worked off.
func (j *Import) End(now time.Time) {
	if j.State, j.EndedAt = ImportDone, now; j.Count.Waiting > 0 {
		j.State = ImportWaiting
	}
}

// TakeBack begins to undo it, from the last part to the first.
func (j *Import) TakeBack(by string, now time.Time) {
	j.State, j.Next, j.Undo = ImportUndoing, j.Parts, Undoing{At: now, By: by}
}

// Add adds numbers to numbers.
func (c *ImportCount) Add(o ImportCount) {
	c.Read, c.Added, c.Changed, c.Refused = c.Read+o.Read, c.Added+o.Added, c.Changed+o.Changed, c.Refused+o.Refused
	c.Waiting, c.Skipped, c.Shared = c.Waiting+o.Waiting, c.Skipped+o.Skipped, c.Shared+o.Shared
}

// TakenColumn is a column with something in it.
type TakenColumn struct {
	Name    string  `json:"column"`
	Field   Field   `json:"field"`   // "": nothing is taken
	Refused Refusal `json:"refused"` // "": it may be taken
}

// Dropped reports whether nothing is kept of the column. An organisation's name
// only tells its people from itself.
func (c TakenColumn) Dropped() bool { return c.Field == "" || c.Field == Organisation }

// RowFault is one thing wrong with one line; it never repeats the line's data.
type RowFault struct {
	Line    int    `json:"line"`
	Field   string `json:"field"`
	Key     string `json:"code"`
	Message string `json:"message"`
}

// Decision says what becomes of a line that looks like somebody known.
type Decision string

// The decisions.
const (
	AskDouble   Decision = ""      // left out, and shown
	ApartDouble Decision = "apart" // another person
	SameDouble  Decision = "same"  // the same person: updates him
	SkipDouble  Decision = "skip"  // left out
)

// Valid reports whether d is a decision.
func (d Decision) Valid() bool {
	return d == AskDouble || d == ApartDouble || d == SameDouble || d == SkipDouble
}

// Part is a piece of an import: its lines until they are worked off, then what
// undoing it needs. Its names and addresses are stored sealed.
type Part struct {
	PracticeID tenant.ID
	ImportID   string
	Number     int // from 0
	Version    int64
	CreatedAt  time.Time
	Lines      []Line
	// Waiting are those that look like somebody known and are not taken yet.
	Waiting []Line
	// Plan is what is being saved: decided once, so that whoever goes on after a
	// cut does the same again.
	Plan    *Plan
	Made    []Made
	Changed []Change
}

// Line is one line of the list on its way.
type Line struct {
	Entry Entry
	// First is the line on which the same stood before, else 0.
	First    int
	Double   *Likeness // whom it looks like; nil for nobody
	Decision Decision
}

// Likeness says whom somebody looks like.
type Likeness struct {
	Why      Kind
	WithLine int    // the line of the same list, else 0
	With     string // number of the person
	WithName string
}

// Plan is what becomes of the lines of a part.
type Plan struct {
	Pass int
	// Saved says that its people are stored, and left out here.
	Saved   bool
	People  []Planned
	Waiting []Line
	Faults  []RowFault
	Count   ImportCount
	Decided int // how many more lines wait that were decided about; negative for fewer
}

// Planned is a person as he is to be stored.
type Planned struct {
	Client registry.Client
	Line   int
	Born   int              // year of birth, 0 when not told
	Before *registry.Client // as he was; nil for who is new
}

// Made is a person whom the import brought.
type Made struct {
	ID      string
	Line    int
	Born    int   // until the import ends
	Version int64 // as the import left him
}

// Change is a person whom the import changed.
type Change struct {
	Before  registry.Client
	Version int64 // as the import left him
}

// Note records how a planned person was stored, for undoing it. Who took his place
// under the same number meanwhile is left alone.
func (p *Part) Note(one Planned, stored registry.Client) {
	for i := range p.Made {
		if p.Made[i].ID == stored.ID {
			p.Made[i].Version = stored.Version
			return
		}
	}
	for i := range p.Changed {
		if p.Changed[i].Before.ID == stored.ID {
			p.Changed[i].Version = stored.Version
			return
		}
	}
	switch {
	case stored.ID != one.Client.ID:
	case one.Before == nil:
		p.Made = append(p.Made, Made{ID: stored.ID, Line: one.Line, Born: one.Born, Version: stored.Version})
	default:
		p.Changed = append(p.Changed, Change{Before: *one.Before, Version: stored.Version})
	}
}

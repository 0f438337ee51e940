package retention

import (
	"cmp"
	"slices"

	"datalek/incidents/registry"
)

// State is how a task stands on a day.
type State string

// The states.
const (
	Coming State = "coming" // nobody's term is over
	Now    State = "now"
	Late   State = "late" // should have been done for somebody
)

// Key names a task: what must be gone from one system, by the month in which the
// terms end. The old entries of a system with a rolling term are a task of their own.
type Key struct {
	Month   string // "2027-03"
	System  string
	Rolling bool
}

// Line is how many people one rule is about in a task.
type Line struct {
	Rule   registry.RetentionRule
	Why    Why
	People int
}

// Task is one line of the calendar. It names nobody.
type Task struct {
	Key
	State State
	// People whose data must be gone, and how many of them may go today; none where
	// the task is rolling. Exempt are kept for a reason, and are not among them.
	People, Ready, Exempt int
	// First is the first of their days, and Before the first day on which it is late.
	First, Before registry.Date
	Lines         []Line
}

// Calendar is every task, by month and system.
type Calendar struct {
	Tasks []Task
	Today registry.Date
}

// Open returns the tasks that wait now, the late ones among them.
func (c Calendar) Open() []Task {
	return slices.DeleteFunc(slices.Clone(c.Tasks), func(t Task) bool { return t.State == Coming })
}

// Task returns the task of a key.
func (c Calendar) Task(k Key) (Task, bool) {
	i := slices.IndexFunc(c.Tasks, func(t Task) bool { return t.Key == k })
	if i < 0 {
		return Task{}, false
	}
	return c.Tasks[i], true
}

// Builder computes a calendar of people that come one by one.
type Builder struct {
	rules Rules
	today registry.Date
	tasks map[Key]*Task
	rolls map[string]registry.RetentionRule // by system
}

// NewBuilder returns a builder for a day.
func NewBuilder(r Rules, today registry.Date) *Builder {
	return &Builder{rules: r, today: today, tasks: map[Key]*Task{}, rolls: map[string]registry.RetentionRule{}}
}

// Add counts one person in.
func (b *Builder) Add(c registry.Client) {
	for _, system := range b.rules.rolls(c) {
		b.rolls[system] = b.rules.Policy.Retains(system, c.Relation)
	}
	for _, d := range b.rules.Of(c) {
		if !d.Rolling {
			b.add(d)
		}
	}
}

func (b *Builder) add(d Due) {
	k := Key{Month: d.Month(), System: d.System}
	t := b.tasks[k]
	if t == nil {
		t = &Task{Key: k, State: Coming}
		b.tasks[k] = t
	}
	if d.Exempt.Why != "" && d.Exempt.Why.Lawful() {
		t.Exempt++
		return
	}
	t.People++
	if t.First.IsZero() || d.Day.Compare(t.First) < 0 {
		t.First = d.Day
	}
	if t.Before.IsZero() || d.Before.Compare(t.Before) < 0 {
		t.Before = d.Before
	}
	if d.Ready(b.today) {
		t.Ready++
		t.State = worse(t.State, Now)
		if d.Before.Compare(b.today) <= 0 {
			t.State = Late
		}
	}
	t.count(d)
}

func worse(a, b State) State {
	rank := map[State]int{Coming: 0, Now: 1, Late: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

func (t *Task) count(d Due) {
	i := slices.IndexFunc(t.Lines, func(l Line) bool { return l.Why == d.Why && sameRule(l.Rule, d.Rule) })
	if i < 0 {
		t.Lines = append(t.Lines, Line{Rule: d.Rule, Why: d.Why, People: 1})
		return
	}
	t.Lines[i].People++
}

// sameRule compares what a rule says; two rules of one policy that say the same from
// the same place are one to who reads them.
func sameRule(a, b registry.RetentionRule) bool {
	return a.From == b.From && a.Months == b.Months && a.WithinMonths == b.WithinMonths && a.Action == b.Action && a.Source == b.Source &&
		slices.Equal(a.WithPermission, b.WithPermission)
}

// Calendar returns what was counted. cleared says through which month the old
// entries of a system are cleared: this month's task is there until it is done, and
// the next one's always.
func (b *Builder) Calendar(cleared func(system string) string) Calendar {
	cal := Calendar{Today: b.today}
	for _, t := range b.tasks {
		cal.Tasks = append(cal.Tasks, *t)
	}
	first := registry.Date{Year: b.today.Year, Month: b.today.Month, Day: 1}
	for system, rule := range b.rolls {
		for _, month := range []registry.Date{first, first.AddMonths(1)} {
			k := Key{Month: monthOf(month), System: system, Rolling: true}
			if cleared(system) >= k.Month {
				continue
			}
			t := Task{Key: k, State: Coming, First: month, Before: month.AddMonths(1), Lines: []Line{{Rule: rule, Why: ByRule}}}
			if month == first {
				t.State = Now
			}
			cal.Tasks = append(cal.Tasks, t)
		}
	}
	slices.SortFunc(cal.Tasks, func(x, y Task) int {
		return cmp.Or(cmp.Compare(x.Month, y.Month), cmp.Compare(x.System, y.System), boolean(x.Rolling)-boolean(y.Rolling))
	})
	for i := range cal.Tasks {
		slices.SortStableFunc(cal.Tasks[i].Lines, func(x, y Line) int {
			return cmp.Or(cmp.Compare(x.Rule.Source, y.Rule.Source), cmp.Compare(x.Rule.Months, y.Rule.Months), cmp.Compare(x.Why, y.Why))
		})
	}
	return cal
}

func boolean(v bool) int {
	if v {
		return 1
	}
	return 0
}

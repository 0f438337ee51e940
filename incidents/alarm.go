package incidents

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// AlarmLevel is whom an alarm asks to act.
type AlarmLevel string

// The levels, in the order in which they are asked.
const (
	AlarmPractitioner AlarmLevel = "practitioner"
	AlarmStandIn      AlarmLevel = "stand_in"
	AlarmHost         AlarmLevel = "host" // the person whom the host names
)

// alarmLevels is the chain of escalation.
func alarmLevels() []AlarmLevel { return []AlarmLevel{AlarmPractitioner, AlarmStandIn, AlarmHost} }

// How an alarm ended.
const (
	AlarmByLink = "link" // somebody pressed the button behind the link in a mail
	AlarmByPage = "page" // somebody who is logged in said that he saw it
	AlarmByDuty = "duty" // its duty was done, or fell away
)

// Alarm asks one person after the other to act on a threshold that fired, until
// somebody says that he saw it, or its duty is done.
type Alarm struct {
	ID        string // "1", within its clock
	Mark      string // of the threshold that started it
	StartedAt time.Time
	Steps     []AlarmStep // oldest first; the first is the practitioner's
	EndedAt   time.Time   // zero while it runs
	EndedBy   string      // AlarmByLink, AlarmByPage or AlarmByDuty
	Level     AlarmLevel  // whose link was used; "" for the others
}

// AlarmStep is one level that was asked.
type AlarmStep struct {
	Level AlarmLevel
	At    time.Time
	// PassedAt is when it was found that nobody stands at this level: no address
	// is known. Zero when there is one.
	PassedAt time.Time
	// Tokens are hashes of the links that were made for this level. A worker that
	// was cut off makes another; each works, and the first used ends the alarm.
	Tokens []string
}

// Runs reports whether the alarm still waits for somebody to see it.
func (a Alarm) Runs() bool { return a.EndedAt.IsZero() }

const (
	// overdueStep is how long a level has once the deadline has passed.
	overdueStep = 15 * time.Minute
	// mostAlarmTokens bounds what one step keeps.
	mostAlarmTokens = 20
)

// next returns the level to be asked next and when, false when the chain has
// come to its end. Each level gets the set time, and never more than the set
// part of what is left until the deadline.
func (c *Clock) next(a Alarm) (level AlarmLevel, at time.Time, some bool) {
	levels, last := alarmLevels(), a.Steps[len(a.Steps)-1]
	place := slices.Index(levels, last.Level) + 1
	switch {
	case !a.Runs() || !c.open() || place >= len(levels):
		return "", time.Time{}, false
	case !last.PassedAt.IsZero():
		return levels[place], last.PassedAt, true
	}
	return levels[place], last.At.Add(c.patience(last.At)), true
}

// patience is how long a level asked at the instant has.
func (c *Clock) patience(at time.Time) time.Duration {
	pace := c.Escalation.OrDefault()
	due, some := c.DueAt()
	if !some {
		return pace.After
	}
	left := due.Sub(at)
	if left <= 0 {
		return min(pace.After, overdueStep)
	}
	return min(pace.After, left*time.Duration(pace.Share)/100)
}

// alarmNextAt returns when an alarm of the clock asks its next level, with the
// name of that step.
func (c *Clock) alarmNextAt() (name string, next time.Time) {
	for _, a := range c.Alarms {
		level, at, some := c.next(a)
		if some && (next.IsZero() || at.Before(next)) {
			name, next = "alarm-"+a.ID+"-"+string(level), at
		}
	}
	return name, next
}

// Coming returns the next threshold or step of an alarm, with a name of its own
// within the clock; false when none is to come.
func (c *Clock) Coming() (name string, at time.Time, some bool) {
	if !c.open() {
		return "", time.Time{}, false
	}
	name, at = c.alarmNextAt()
	for _, t := range c.Thresholds {
		if t.FiredAt.IsZero() && (at.IsZero() || t.At.Before(at)) {
			name, at = t.Mark, t.At
		}
	}
	return name, at, !at.IsZero()
}

// alarms reports whether the threshold with this mark starts an alarm. The
// deadline always does.
func (c *Clock) alarms(mark string) bool {
	return mark == "due" || slices.ContainsFunc(c.Thresholds, func(t Threshold) bool { return t.Mark == mark && t.Alarm })
}

// raise starts an alarm for a threshold that fired, nil when it needs nobody.
// Once the deadline has passed the stand-in is asked at once.
func (c *Clock) raise(f Firing, now time.Time) *Alarm {
	if !c.alarms(f.Mark) && !slices.ContainsFunc(f.Missed, c.alarms) {
		return nil
	}
	a := Alarm{ID: strconv.Itoa(len(c.Alarms) + 1), Mark: f.Mark, StartedAt: now, Steps: []AlarmStep{{Level: AlarmPractitioner, At: now}}}
	if f.Mark == "due" {
		a.Steps = append(a.Steps, AlarmStep{Level: AlarmStandIn, At: now})
	}
	c.Alarms = append(c.Alarms, a)
	return &c.Alarms[len(c.Alarms)-1]
}

// Climb is a step that an alarm took.
type Climb struct {
	Clock ClockKind
	Alarm string
	Mark  string // of the threshold that started it
	Level AlarmLevel
}

// climb lets each alarm whose time has come ask its next level: one level at a
// time, so that a keeper that was away wakes nobody needlessly.
func (c *Clock) climb(now time.Time) []Climb {
	var taken []Climb
	for n := range c.Alarms {
		a := &c.Alarms[n]
		level, at, some := c.next(*a)
		if !some || at.After(now) {
			continue
		}
		a.Steps = append(a.Steps, AlarmStep{Level: level, At: now})
		taken = append(taken, Climb{Clock: c.Kind, Alarm: a.ID, Mark: a.Mark, Level: level})
	}
	return taken
}

// silence ends every alarm of the clock that runs, and returns their ids.
func (c *Clock) silence(at time.Time, how string, level AlarmLevel) []string {
	var ended []string
	for n := range c.Alarms {
		if a := &c.Alarms[n]; a.Runs() {
			a.EndedAt, a.EndedBy, a.Level = at, how, level
			ended = append(ended, a.ID)
		}
	}
	return ended
}

// Climb lets every alarm of the case that is due ask its next level.
func (i *Incident) Climb(now time.Time) []Climb {
	var taken []Climb
	for n := range i.Clocks {
		c := &i.Clocks[n]
		for _, step := range c.climb(now) {
			taken = append(taken, step)
			i.note(Event{Kind: AlarmStepped, At: now, Actor: System(), Facts: alarmFacts(*c, step)})
		}
	}
	return taken
}

func alarmFacts(c Clock, s Climb) map[string]string {
	due, _ := c.DueAt()
	return map[string]string{"clock": string(c.Kind), "alarm": s.Alarm, "mark": s.Mark, "level": string(s.Level), "due_at": due.Format(time.RFC3339Nano)}
}

// Tend does all that is due in a case at now: it fires thresholds, and lets
// alarms ask their next level. It returns what fired, and whether anything was due.
func (i *Incident) Tend(now time.Time) (fired []Firing, some bool) {
	fired = i.Fire(now)
	climbed := i.Climb(now)
	warned := i.warnOfSteps(now)
	return fired, len(fired)+len(climbed) > 0 || warned
}

// Alarm returns an alarm of a clock by its id.
func (i *Incident) Alarm(kind ClockKind, id string) (Alarm, bool) {
	if a := i.alarm(kind, id); a != nil {
		return *a, true
	}
	return Alarm{}, false
}

func (i *Incident) alarm(kind ClockKind, id string) *Alarm {
	c := i.Clock(kind)
	if c == nil {
		return nil
	}
	at := slices.IndexFunc(c.Alarms, func(a Alarm) bool { return a.ID == id })
	if at < 0 {
		return nil
	}
	return &c.Alarms[at]
}

func (a *Alarm) step(level AlarmLevel) *AlarmStep {
	at := slices.IndexFunc(a.Steps, func(s AlarmStep) bool { return s.Level == level })
	if at < 0 {
		return nil
	}
	return &a.Steps[at]
}

// LinkAlarm notes that a link with this token was made for a level of an alarm.
// It reports false, and changes nothing, when that level was never asked.
func (i *Incident) LinkAlarm(kind ClockKind, id string, level AlarmLevel, token string) bool {
	a := i.alarm(kind, id)
	if a == nil {
		return false
	}
	s := a.step(level)
	if s == nil || len(s.Tokens) >= mostAlarmTokens {
		return false
	}
	s.Tokens = append(s.Tokens, HashAlarmToken(token))
	return true
}

// PassAlarm notes that nobody stands at a level of an alarm: the next one is
// asked at once. It reports whether that was new.
func (i *Incident) PassAlarm(kind ClockKind, id string, level AlarmLevel, now time.Time) bool {
	a := i.alarm(kind, id)
	if a == nil || !a.Runs() {
		return false
	}
	s := a.step(level)
	if s == nil || !s.PassedAt.IsZero() {
		return false
	}
	s.PassedAt = now
	i.note(Event{Kind: AlarmUnheard, At: now, Actor: System(),
		Facts: map[string]string{"clock": string(kind), "alarm": id, "mark": a.Mark, "level": string(level)}})
	return true
}

// AlarmLink is what a token of an alarm leads to.
type AlarmLink struct {
	Clock Clock
	Alarm Alarm
	Level AlarmLevel // whose link it is
}

// AlarmOf finds the alarm that a token was made for.
//
// It returns fault.NotFound for a token that is none of this case's.
func (i *Incident) AlarmOf(token string) (AlarmLink, error) {
	hash := HashAlarmToken(token)
	for _, c := range i.Clocks {
		for _, a := range c.Alarms {
			for _, s := range a.Steps {
				if slices.Contains(s.Tokens, hash) {
					return AlarmLink{Clock: c, Alarm: a, Level: s.Level}, nil
				}
			}
		}
	}
	return AlarmLink{}, fault.NotFound
}

// Acknowledge ends the alarm that a token was made for, and those of the same
// duty beside it: who saw the one knows of the duty.
//
// It returns fault.NotFound for an unknown token, and fault.Conflict when the
// alarm has ended already: a link works once.
func (i *Incident) Acknowledge(token string, now time.Time) (AlarmLink, error) {
	link, err := i.AlarmOf(token)
	if err != nil {
		return link, err
	}
	if !link.Alarm.Runs() {
		return link, fault.New(fault.Conflict, "error.alarm_ended", "somebody has seen this already, or it is done")
	}
	c := i.Clock(link.Clock.Kind)
	c.silence(now, AlarmByLink, link.Level)
	i.note(Event{Kind: AlarmSeen, At: now, Actor: Actor{Kind: register.ActorLink}, Facts: map[string]string{
		"clock": string(c.Kind), "alarm": link.Alarm.ID, "mark": link.Alarm.Mark, "level": string(link.Level), "by": AlarmByLink}})
	return link, nil
}

// SeeAlarms records that somebody who is logged in has seen every alarm that
// runs; only limits it to one clock, "" is all. It reports whether one did.
func (i *Incident) SeeAlarms(only ClockKind, now time.Time, by Actor) bool {
	seen := false
	for n := range i.Clocks {
		c := &i.Clocks[n]
		if only != "" && c.Kind != only {
			continue
		}
		for _, id := range c.silence(now, AlarmByPage, "") {
			seen = true
			i.note(Event{Kind: AlarmSeen, At: now, Actor: by, Facts: map[string]string{
				"clock": string(c.Kind), "alarm": id, "mark": i.alarm(c.Kind, id).Mark, "by": AlarmByPage}})
		}
	}
	return seen
}

// Alarmed reports whether an alarm of the case waits for somebody to see it.
func (i *Incident) Alarmed() bool {
	return slices.ContainsFunc(i.Clocks, func(c Clock) bool { return slices.ContainsFunc(c.Alarms, Alarm.Runs) })
}

// Handed reports whether the case is open and an alarm of it was handed to the
// stand-in: from then on whoever stands in acts on it.
func (i *Incident) Handed() bool {
	return i.State == StateOpen && slices.ContainsFunc(i.Clocks, func(c Clock) bool {
		return slices.ContainsFunc(c.Alarms, func(a Alarm) bool { return a.step(AlarmStandIn) != nil })
	})
}

// AlarmNext returns when an alarm asks its next level, and which; false when
// nobody is left to ask.
func (i *Incident) AlarmNext(kind ClockKind, id string) (level AlarmLevel, at time.Time, some bool) {
	a := i.alarm(kind, id)
	if a == nil {
		return "", time.Time{}, false
	}
	return i.Clock(kind).next(*a)
}

// AlarmToken makes the token of a link from a case and a random secret. The
// names in it find the case; only the secret, of which a hash is kept, proves it.
func AlarmToken(practice tenant.ID, incident, secret string) string {
	return string(practice) + "." + incident + "." + secret
}

// longestAlarmToken bounds what is looked up.
const longestAlarmToken = 300

// ReadAlarmToken returns the case that a token names, unproven; false when the
// text is no token.
func ReadAlarmToken(token string) (Key, bool) {
	parts := strings.Split(token, ".")
	if len(token) > longestAlarmToken || len(parts) != 3 || slices.Contains(parts, "") {
		return Key{}, false
	}
	return Key{PracticeID: tenant.ID(parts[0]), ID: parts[1]}, true
}

// HashAlarmToken returns what is kept of a token.
func HashAlarmToken(token string) string {
	sum := sha256.Sum256([]byte("datalek alarm 1\x00" + token))
	return hex.EncodeToString(sum[:])
}

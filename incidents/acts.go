package incidents

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/plain"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
)

// The events of what a practice keeps beside its cases. They belong to no case, and
// stand in the outbox of the row that they are about.
const (
	SystemAdded      EventKind = "system.added"
	SystemChanged    EventKind = "system.changed"
	SystemEnded      EventKind = "system.ended"
	SystemResumed    EventKind = "system.resumed"
	ProcessorAdded   EventKind = "processor.added"
	ProcessorChanged EventKind = "processor.changed"
	ProcessorEnded   EventKind = "processor.ended"
	ProcessorResumed EventKind = "processor.resumed"
	// AddressOpened: a processor can report at a new address.
	AddressOpened EventKind = "address.opened"
	ClientAdded   EventKind = "client.added"
	ClientChanged EventKind = "client.changed"
	// ClientLeft and ClientReturned: the guidance of somebody ended, or began again.
	ClientLeft     EventKind = "client.guidance_ended"
	ClientReturned EventKind = "client.guidance_resumed"
	// ImportTaken: a list of people was gone through. ImportUndone: it was taken back.
	ImportTaken  EventKind = "import.taken"
	ImportUndone EventKind = "import.undone"
	// PracticeBegun: the practice was made on this host.
	PracticeBegun EventKind = "practice.begun"
	// SettingsChanged: something about the practice itself changed.
	SettingsChanged EventKind = "practice.settings_changed"
)

// Act is who does something to a row, and when.
type Act struct {
	By Actor
	At time.Time
}

// System notes what a write makes of a system; before is nil for a new one. A write
// that changes nothing notes nothing.
func (a Act) System(before *registry.System, after registry.System) register.Notes {
	var was registry.System
	kinds := keptKinds{SystemAdded, SystemChanged, SystemEnded, SystemResumed}
	if before != nil {
		was = *before
	}
	kind := kinds.of(before != nil, was.EndedAt, after.EndedAt)
	return a.kept(kind, after.PracticeID, after.ID, after.Name, flatSystem(was), flatSystem(after), systemWords)
}

// Processor notes what a write makes of a processor, as System does.
func (a Act) Processor(before *registry.Processor, after registry.Processor) register.Notes {
	var was registry.Processor
	kinds := keptKinds{ProcessorAdded, ProcessorChanged, ProcessorEnded, ProcessorResumed}
	if before != nil {
		was = *before
	}
	kind := kinds.of(before != nil, was.EndedAt, after.EndedAt)
	return a.kept(kind, after.PracticeID, after.ID, after.Name, flatRow(was), flatRow(after), processorWords)
}

// Opened notes that a processor got an address; the host's own has no register.
func (a Act) Opened(e registry.Endpoint) register.Notes {
	e.Notes = nil
	NoteAddress(&e, AddressOpened, a.By, a.At)
	return e.Notes
}

// Token notes that a machine's key to the API was made or revoked, and what it may do.
func (a Act) Token(kind EventKind, t registry.Token) register.Notes {
	scopes := t.Scopes
	if scopes == nil {
		scopes = registry.CommonScopes()
	}
	facts := map[string]string{"scopes": registry.ScopeText(scopes)}
	if !t.ExpiresAt.IsZero() {
		facts["until"] = t.ExpiresAt.UTC().Format(time.RFC3339)
	}
	return register.Notes{MemberChange{Kind: kind, Subject: t.ID, Name: t.Name, By: a.By, Facts: facts}.Event(t.PracticeID, a.At)}
}

// Client notes what a write makes of a person: which fields changed, and nothing of
// what stands in them. before is nil for somebody new.
func (a Act) Client(before *registry.Client, after registry.Client) register.Notes {
	e := Event{PracticeID: after.PracticeID, Subject: after.ID, Kind: ClientAdded, At: a.At, Actor: a.By}
	if before != nil {
		fields := changedIn(flatClient(*before), flatClient(after))
		if len(fields) == 0 {
			return nil
		}
		e.Kind, e.Facts = clientKind(*before, after), map[string]string{"fields": strings.Join(fields, ",")}
	}
	return register.Notes{e}
}

// Import notes what came of a list of people: its lines in numbers.
func (a Act) Import(kind EventKind, j roster.Import) register.Notes {
	facts := map[string]string{"format": string(j.Format)}
	numbers := map[string]int{"read": j.Count.Read, "added": j.Count.Added, "changed": j.Count.Changed, "refused": j.Count.Refused,
		"waiting": j.Count.Waiting, "skipped": j.Count.Skipped}
	if kind == ImportUndone {
		numbers = map[string]int{"removed": j.Undo.Removed, "put_back": j.Undo.PutBack, "kept": j.Undo.Kept}
	}
	for name, n := range numbers {
		facts[name] = strconv.Itoa(n)
	}
	return register.Notes{{PracticeID: j.PracticeID, Subject: j.ID, Kind: kind, At: a.At, Actor: a.By, Facts: facts}}
}

// Begin puts into the outbox of a practice that is about to be stored for the first
// time that it was made.
func (a Act) Begin(p *registry.Practice) {
	p.Outbox.Put(string(p.ID), Event{PracticeID: p.ID, Subject: string(p.ID), Kind: PracticeBegun, At: a.At, Actor: a.By,
		Facts: map[string]string{"authority": string(p.Authority), "language": p.Language, "time_zone": p.TimeZone, "policy": p.Policy.ID}})
}

// Joined notes that an account works for a practice from now on without having been
// invited: its first account, or one that the host let answer for it.
func (a Act) Joined(u *registry.User, practice tenant.ID) {
	role, _ := u.In(practice)
	MemberChange{Kind: MemberJoined, Subject: u.ID, Name: u.Name, By: a.By, Facts: map[string]string{"role": string(role)}}.NoteIn(u, practice, a.At)
}

// Settings puts into the outbox of a practice what a change of its settings changed:
// codes as they were and are, and the names alone of what is personal or free text.
func (a Act) Settings(before registry.Practice, after *registry.Practice) {
	was, is := flatSettings(before), flatSettings(*after)
	fields := changedIn(was, is)
	if len(fields) == 0 {
		return
	}
	facts := revised(map[string]string{"fields": strings.Join(fields, ",")}, only(was, settingCodes), only(is, settingCodes))
	after.Outbox.Put(string(after.ID), Event{PracticeID: after.ID, Kind: SettingsChanged, At: a.At, Actor: a.By, Facts: facts})
}

// Account notes what happened to an account, for the register of each practice that
// this person works for.
func (a Act) Account(u registry.User, kind EventKind, facts map[string]string) register.Notes {
	var notes register.Notes
	for _, m := range u.Memberships {
		notes.Add(AccountEvent(m.PracticeID, u.ID, kind, a.By, facts, a.At))
	}
	return notes
}

// keptKinds are the kinds of a row that comes, changes, ends and is taken up again.
type keptKinds struct{ added, changed, ended, resumed EventKind }

func (k keptKinds) of(known bool, was, is time.Time) EventKind {
	switch {
	case !known:
		return k.added
	case was.IsZero() && !is.IsZero():
		return k.ended
	case !was.IsZero() && is.IsZero():
		return k.resumed
	default:
		return k.changed
	}
}

// sortOf says how much the register tells of something about a row.
type sortOf int

const (
	asFact sortOf = iota // a code or a number: before and after, plain
	asWord               // text: before and after, sealed
	asName               // personal: that it changed
)

func (a Act) kept(kind EventKind, practice tenant.ID, id, name string, was, is map[string]string, sort func(string) sortOf) register.Notes {
	fields := changedIn(was, is)
	if len(fields) == 0 {
		return nil
	}
	pick := func(flat map[string]string, want sortOf) map[string]string {
		return only(flat, func(path string) bool { return sort(path) == want })
	}
	e := Event{PracticeID: practice, Subject: id, Kind: kind, At: a.At, Actor: a.By,
		Facts: map[string]string{"fields": strings.Join(fields, ",")}, Words: map[string]string{"name": name}}
	e.Facts = revised(e.Facts, pick(was, asFact), pick(is, asFact))
	e.Words = revised(e.Words, pick(was, asWord), pick(is, asWord))
	return register.Notes{e}
}

func systemWords(path string) sortOf {
	switch root(path) {
	case "name", "services", "rules":
		return asWord
	}
	return asFact
}

func processorWords(path string) sortOf {
	switch root(path) {
	case "name", "regions":
		return asWord
	case "contract", "contact", "customer_refs":
		return asName
	}
	return asFact
}

func settingCodes(path string) bool {
	switch path {
	case "authority", "language", "time_zone":
		return true
	}
	return false
}

// flatRow is a row without what the store and the writing set.
func flatRow(v any) map[string]string {
	return plain.Flat(v, "ID", "PracticeID", "Version", "UpdatedAt", "Notes")
}

// flatSystem names who holds the system otherwise than a case names who reported it.
func flatSystem(s registry.System) map[string]string {
	flat := flatRow(s)
	if holder, some := flat["processor_id"]; some {
		delete(flat, "processor_id")
		flat["held_by"] = holder
	}
	return flat
}

func flatClient(c registry.Client) map[string]string {
	flat := plain.Flat(c, "ID", "PracticeID", "Version", "UpdatedAt", "Notes", "Person", "ImportID")
	maps.Copy(flat, plain.Flat(c.Person))
	return flat
}

// flatSettings is what the settings of a practice hold; its rules, its members and
// its drills have events of their own.
func flatSettings(p registry.Practice) map[string]string {
	flat := plain.Flat(p.Details, "Coaches")
	flat["authority"], flat["language"], flat["time_zone"] = string(p.Authority), p.Language, p.TimeZone
	return flat
}

// clientKind says what the change of somebody was about.
func clientKind(was, is registry.Client) EventKind {
	guided := func(c registry.Client) bool {
		return slices.ContainsFunc(c.Guidance, func(g registry.Guidance) bool { return g.Until.IsZero() })
	}
	switch {
	case guided(was) && !guided(is):
		return ClientLeft
	case !guided(was) && guided(is):
		return ClientReturned
	}
	return ClientChanged
}

// changedIn names, in order, what differs between two flat rows.
func changedIn(was, is map[string]string) []string {
	_, after := plain.Differ(was, is)
	var names []string
	for path := range after {
		names = append(names, root(path))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func root(path string) string {
	name, _, _ := strings.Cut(path, "/")
	return name
}

func only(flat map[string]string, want func(path string) bool) map[string]string {
	part := maps.Clone(flat)
	maps.DeleteFunc(part, func(path, _ string) bool { return !want(path) })
	return part
}

// IsAct reports whether an event tells of what a practice keeps beside its cases.
func IsAct(kind EventKind) bool {
	area, _, _ := strings.Cut(string(kind), ".")
	return slices.Contains([]string{"system", "processor", "address", "client", "import", "drill"}, area) || kind == SettingsChanged || kind == PracticeBegun
}

// NewInFields reports whether an event is of something new: all its fields are.
func NewInFields(kind EventKind) bool { return kind == SystemAdded || kind == ProcessorAdded }

package request

import (
	"slices"
	"strconv"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// Erasing is how far the erasure of a person has come. The zero value: not begun.
type Erasing struct {
	StartedAt time.Time
	By        incidents.Actor
	DoneAt    time.Time
	// NextAt is when a worker goes on with one that was cut off.
	NextAt time.Time
	// Marks are what names him in texts, kept until he is gone: the row that held
	// them is removed on the way. Stored sealed.
	Marks Marks
	// Removed counts what was removed or made nameless, by kind of record.
	Removed map[string]int
	// BackupsAt is when the last copy from before is gone, by what the practice
	// says; zero when none was asked or the erasure is not done.
	BackupDays  int
	BackupsAt   time.Time
	BackupsTold time.Time
}

// Running reports whether an erasure was begun and is not done.
func (e Erasing) Running() bool { return !e.StartedAt.IsZero() && e.DoneAt.IsZero() }

// Done reports whether the person is erased.
func (e Erasing) Done() bool { return !e.DoneAt.IsZero() }

func (e Erasing) awaitsBackups() bool { return !e.BackupsAt.IsZero() && e.BackupsTold.IsZero() }

// MostBackupDays bounds for how long a practice keeps copies.
const MostBackupDays = 3650

// lease is how long one worker goes on before another may take over.
const lease = time.Minute

// BeginErasure starts the erasure. backupDays is for how long the practice keeps
// copies of datalek's store. It cannot be undone.
func (r *Request) BeginErasure(m Marks, backupDays int, now time.Time, by incidents.Actor) error {
	if backupDays < 0 || backupDays > MostBackupDays {
		var faults fault.List
		faults.Add("backup_days", "error.request_backup_days", "give a number of days, from 0 to 3650")
		return faults.Err()
	}
	switch {
	case !r.Kind.Erases():
		return fault.New(fault.Conflict, "error.request_no_erasure", "this request does not ask for erasure")
	case r.Identity.How == "":
		return fault.New(fault.Conflict, "error.request_identity", "record first how you made sure that the right person asks: erasure cannot be undone")
	case r.Erasing.Done():
		return fault.New(fault.Conflict, "error.request_erased", "this person is erased already")
	case r.Erasing.Running():
		return nil
	}
	r.Erasing = Erasing{StartedAt: now, By: by, NextAt: now.Add(lease), Marks: m, BackupDays: backupDays}
	r.note(incidents.Event{Kind: ErasureBegun, At: now, Actor: by, Facts: map[string]string{"kind": string(r.Kind)}})
	return nil
}

// Claim takes a cut-off erasure over until the lease ends, false when it is not due.
func (r *Request) Claim(now time.Time) bool {
	if !r.Erasing.Running() || r.Erasing.NextAt.After(now) {
		return false
	}
	r.Erasing.NextAt = now.Add(lease)
	return true
}

// finish ends the erasure: nothing that names him is left in the request either.
func (r *Request) finish(removed map[string]int, zone *time.Location, now time.Time) {
	r.Forget()
	e := &r.Erasing
	e.DoneAt, e.NextAt, e.Marks, e.Removed = now, time.Time{}, Marks{}, removed
	e.BackupsAt = registry.DateOf(now, zone).AddDays(e.BackupDays + 1).Start(zone).UTC()
	facts := map[string]string{"kind": string(r.Kind), "backups_until": registry.DateOf(now, zone).AddDays(e.BackupDays).String()}
	for what, n := range removed {
		facts["n_"+what] = strconv.Itoa(n)
	}
	r.note(incidents.Event{Kind: Erased, At: now, Actor: e.By, Facts: facts})
}

// Forget takes away what names the person. Which right he used, when, and what
// became of it stay.
func (r *Request) Forget() {
	r.Person = Person{}
	r.Identity.How, r.Extension.Reason = "", ""
	r.Outcomes = slices.Clone(r.Outcomes)
	for i := range r.Outcomes {
		r.Outcomes[i].Ground, r.Outcomes[i].Reason = "", ""
	}
	for i := range r.Outbox.Pending {
		r.Outbox.Pending[i].Words = nil
	}
}

package incidents

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// FilingKind is a step in the chain of filings (GDPR Art. 33(4)).
type FilingKind string

// The kinds of filing.
const (
	FilingNew       FilingKind = "new"
	FilingFollowUp  FilingKind = "follow_up"
	FilingWithdrawn FilingKind = "withdrawn"
)

// Filing is one notification made with the authority, in its own form.
type Filing struct {
	ID         string
	Authority  registry.Authority
	Kind       FilingKind
	Complete   bool // false: provisional, more follows
	FiledAt    time.Time
	Reference  string // the authority's number
	LateReason string // asked when filed after the deadline (Art. 33(1))
	By         Actor
	RecordedAt time.Time
	// UpdateBy is when a filing that is not complete promises its addition; zero
	// when it promises none.
	UpdateBy time.Time
	// LateGround is the kind of reason for a late filing, "" when none was chosen.
	LateGround LateGround
	// Form is the edition of the form whose answers are kept, "AP 2022-08".
	Form string
	// Answers are the sheet's answers when the filing was recorded; stored sealed.
	Answers []FiledAnswer
}

// LateGround is a kind of reason for filing after the deadline (GDPR Art. 33(1)).
type LateGround string

// The grounds.
const (
	LateByInquiry LateGround = "inquiry" // the facts could not be known sooner
	LateByBundle  LateGround = "bundle"  // several similar breaches in one filing
	LateByOther   LateGround = "other"
	LateByWeekend LateGround = "weekend"
	LateByHoliday LateGround = "holiday"
	LateByIllness LateGround = "illness"
	LateByBusy    LateGround = "busy"
	LateByOfficer LateGround = "officer" // the data protection officer heard late
)

// LateGrounds returns every ground, those that authorities reject last.
func LateGrounds() []LateGround {
	return []LateGround{LateByInquiry, LateByBundle, LateByOther, LateByWeekend, LateByHoliday, LateByIllness, LateByBusy, LateByOfficer}
}

// Rejected reports whether authorities have said that this is no excuse (AP).
func (g LateGround) Rejected() bool {
	return slices.Contains([]LateGround{LateByWeekend, LateByHoliday, LateByIllness, LateByBusy, LateByOfficer}, g)
}

// File records a filing and meets the authority's clock. It moves no deadline.
func (i *Incident) File(f Filing, now time.Time) error {
	if err := i.checkFiling(f, now); err != nil {
		return err
	}
	f.FiledAt, f.RecordedAt = f.FiledAt.UTC(), now
	if !f.UpdateBy.IsZero() {
		f.UpdateBy = f.UpdateBy.UTC()
	}
	i.Filings = append(i.Filings, f)
	c := i.Clock(AuthorityClock)
	i.note(Event{Kind: FilingRecorded, At: now, Actor: f.By, Subject: f.ID, Facts: map[string]string{
		"authority": string(f.Authority), "kind": string(f.Kind), "filed_at": f.FiledAt.Format(time.RFC3339),
		"complete": strconv.FormatBool(f.Complete), "form": f.Form, "late_ground": string(f.LateGround)},
		Words: revisedOne(map[string]string{"reference": f.Reference, "late_reason": f.LateReason}, "late_reason", c.LateReason, cmp.Or(f.LateReason, c.LateReason))})
	if f.LateReason != "" {
		c.LateReason = f.LateReason
	}
	if f.Kind == FilingNew && c.MetAt.IsZero() {
		i.meetClock(c, f.FiledAt, now, f.By)
	}
	i.updateByFiling(f, now)
	return nil
}

func (i *Incident) checkFiling(f Filing, now time.Time) error {
	var faults fault.List
	if !f.Authority.Valid() {
		faults.Add("authority", "error.authority", "choose AP or GBA")
	}
	if !slices.Contains([]FilingKind{FilingNew, FilingFollowUp, FilingWithdrawn}, f.Kind) {
		faults.Add("kind", "error.filing_kind", "choose new, follow_up or withdrawn")
	}
	switch {
	case f.FiledAt.IsZero():
		faults.Add("filed_at", "error.time_missing", "give the date and time of filing")
	case f.FiledAt.After(now.Add(clockSkew)):
		faults.Add("filed_at", "error.future", "this lies in the future")
	case f.FiledAt.Before(i.AwareAt().Add(-clockSkew)):
		faults.Add("filed_at", "error.filed_before_aware", "this lies before the moment you became aware")
	}
	if f.Kind != FilingNew && f.Kind != "" && len(i.Filings) == 0 {
		faults.Add("kind", "error.filing_first", "record the first filing before a follow-up or a withdrawal")
	}
	registry.CheckLine(&faults, "reference", f.Reference, 0, 100)
	if f.LateGround != "" && !slices.Contains(LateGrounds(), f.LateGround) {
		faults.Add("late_ground", "error.late_ground", "choose one of the kinds of reason")
	}
	registry.CheckText(&faults, "late_reason", f.LateReason, 0, 5_000)
	i.checkLateness(&faults, f)
	i.checkUpdateBy(&faults, f, now)
	return faults.Err()
}

func (i *Incident) checkLateness(faults *fault.List, f Filing) {
	c := i.Clock(AuthorityClock)
	due, some := c.DueAt()
	late := some && f.Kind == FilingNew && c.MetAt.IsZero() && f.FiledAt.After(due)
	if late && f.LateReason == "" && c.LateReason == "" {
		faults.Add("late_reason", "error.late_reason", "this was filed after the deadline; give the reason for the delay")
	}
}

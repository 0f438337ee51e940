package request

import (
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// The marks of a request's clock.
const (
	MarkHalf    = "half" // half of the time is over
	MarkWeek    = "week" // a week is left
	MarkDay     = "day"  // a day is left
	MarkDue     = "due"
	MarkBackups = "backups" // copies from before an erasure should be gone
)

// Threshold is one instant at which the practitioner is warned, once.
type Threshold struct {
	Mark    string
	At      time.Time
	FiredAt time.Time // zero while it did not
}

// setDue moves the last day and arms every threshold that still lies ahead of from.
func (r *Request) setDue(on registry.Date, from time.Time, zone *time.Location) {
	const day = 24 * time.Hour
	r.DueOn, r.DueAt = on, on.AddDays(1).Start(zone).UTC()
	r.Thresholds = nil
	for _, t := range []Threshold{{Mark: MarkHalf, At: from.Add(r.DueAt.Sub(from) / 2).Truncate(time.Second)}, {Mark: MarkWeek, At: r.DueAt.Add(-7 * day)},
		{Mark: MarkDay, At: r.DueAt.Add(-day)}, {Mark: MarkDue, At: r.DueAt}} {
		if t.At.After(from) {
			r.Thresholds = append(r.Thresholds, t)
		}
	}
	slices.SortStableFunc(r.Thresholds, func(a, b Threshold) int { return a.At.Compare(b.At) })
}

// NextAt returns when a worker must look at the request again, false for never.
func (r *Request) NextAt() (time.Time, bool) {
	var next time.Time
	sooner := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	for _, t := range r.Thresholds {
		if t.FiredAt.IsZero() && r.State == Open {
			sooner(t.At)
		}
	}
	if r.Erasing.Running() {
		sooner(r.Erasing.NextAt)
	}
	if r.Erasing.awaitsBackups() {
		sooner(r.Erasing.BackupsAt)
	}
	return next, !next.IsZero()
}

// Fire marks every threshold due at now and tells of the newest. A request that is
// answered warns of nothing.
func (r *Request) Fire(now time.Time) bool {
	var passed []string
	var last Threshold
	r.Thresholds = slices.Clone(r.Thresholds)
	for i := range r.Thresholds {
		if t := &r.Thresholds[i]; r.State == Open && t.FiredAt.IsZero() && !t.At.After(now) {
			t.FiredAt, last = now, *t
			passed = append(passed, t.Mark)
		}
	}
	fired := len(passed) > 0
	if fired {
		r.tell(last, passed[:len(passed)-1], now)
	}
	if r.Erasing.awaitsBackups() && !r.Erasing.BackupsAt.After(now) {
		r.Erasing.BackupsTold = now
		r.tell(Threshold{Mark: MarkBackups, At: r.Erasing.BackupsAt}, nil, now)
		fired = true
	}
	return fired
}

func (r *Request) tell(t Threshold, missed []string, now time.Time) {
	facts := map[string]string{"mark": t.Mark, "kind": string(r.Kind), "at": t.At.UTC().Format(time.RFC3339), "due_on": r.DueOn.String()}
	if len(missed) > 0 {
		facts["missed"] = strings.Join(missed, ",")
	}
	r.note(incidents.Event{Kind: ThresholdPassed, At: now, Actor: incidents.System(), Facts: facts})
}

// Late reports whether the answer is, or was, late.
func (r *Request) Late(now time.Time) bool {
	if r.State == Answered {
		return r.Outcomes[len(r.Outcomes)-1].At.After(r.DueAt)
	}
	return now.After(r.DueAt)
}

// Extend takes the two more months of Art. 12(3): once, for a reason, told to him
// within the first month. month is the last day of that month and until the last
// day of the two more.
func (r *Request) Extend(reason string, toldAt time.Time, month, until registry.Date, zone *time.Location, now time.Time, by incidents.Actor) error {
	var faults fault.List
	registry.CheckText(&faults, "reason", reason, 1, 2_000)
	if toldAt.Before(r.ReceivedAt) || toldAt.After(now.Add(skew)) {
		faults.Add("told_at", "error.request_told_at", "give the time at which you told him; it lies after the request and not in the future")
	} else if !toldAt.Before(month.AddDays(1).Start(zone)) {
		faults.Add("told_at", "error.request_told_late", "he must hear of the extension within a month of his request (GDPR Art. 12(3))")
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if r.State != Open {
		return fault.New(fault.Conflict, "error.request_answered", "this request is answered already")
	}
	if !r.Extension.At.IsZero() {
		return fault.New(fault.Conflict, "error.request_extended", "this request was extended already, and the law allows it once")
	}
	r.Extension = Extension{Reason: reason, ToldAt: toldAt.UTC(), At: now, By: by, From: r.DueOn}
	r.setDue(until, now, zone)
	r.note(incidents.Event{Kind: Extended, At: now, Actor: by, Facts: map[string]string{"kind": string(r.Kind), "before": r.Extension.From.String(),
		"due_on": until.String(), "told_at": toldAt.UTC().Format(time.RFC3339)}, Words: words("reason", reason)})
	return nil
}

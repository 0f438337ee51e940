package incidents

import (
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// ErasedBy is how a delivery ended whose reader was erased before he was told.
const ErasedBy = "erased"

// Forgotten reports whether nothing in the delivery names its reader.
func (d Delivery) Forgotten() bool { return d.To.By == ErasedBy }

// Forget takes away what names the reader: how to reach him, his code, and what
// people and servers wrote about him. When and how he was told, and every attempt,
// stay. Who was still to be told counts as unreachable. A mail that is just going
// out is fault.Conflict.
func (d *Delivery) Forget(now time.Time) error {
	switch d.State {
	case Sending:
		return fault.Conflict
	case Queued, Deferred, Refused, Bounced:
		d.State, d.ToldAt, d.NextAt = Unreachable, now, time.Time{}
	}
	d.To, d.Own, d.Code = Reach{By: ErasedBy, ByUser: d.To.ByUser}, nil, ""
	attempts, returned, tries := make([]Attempt, len(d.Attempts)), make([]Returned, len(d.Returned)), make([]Try, len(d.Tries))
	copy(attempts, d.Attempts)
	copy(returned, d.Returned)
	copy(tries, d.Tries)
	for i := range attempts {
		attempts[i].Text, attempts[i].MailHash = "", "" // of a mail without a code the hash would prove a guessed address
	}
	for i := range returned {
		returned[i].Text = ""
	}
	for i := range tries {
		tries[i].Note = ""
	}
	d.Attempts, d.Returned, d.Tries = attempts, returned, tries
	return nil
}

// ForgetSubject takes a person out of what the case says about persons by hand:
// whom it is about, whom data went to, and why somebody was added, left out or
// decided about. It reports whether it held anything of him.
func (i *Incident) ForgetSubject(ids []string, externalID string, his func(email string) bool) bool {
	changed := false
	keep := func(list []string, gone func(string) bool) []string {
		var out []string
		for _, v := range list {
			if gone(v) {
				changed = true
				continue
			}
			out = append(out, v)
		}
		return out
	}
	i.Story.Subjects.Emails = keep(i.Story.Subjects.Emails, his)
	i.Story.Subjects.ExternalIDs = keep(i.Story.Subjects.ExternalIDs, func(v string) bool { return externalID != "" && v == externalID })
	var recipients []Recipient
	for _, r := range i.Story.Recipients {
		if his(r.Email) {
			changed = true
			continue
		}
		recipients = append(recipients, r)
	}
	i.Story.Recipients = recipients
	about := func(id string) bool {
		for _, own := range ids {
			if own == id {
				return true
			}
		}
		return false
	}
	i.Story.Overrides = append([]Override(nil), i.Story.Overrides...)
	for n := range i.Story.Overrides {
		if o := &i.Story.Overrides[n]; about(o.ClientID) && o.Reason != "" {
			o.Reason, changed = "", true
		}
	}
	i.PersonDecisions = append([]PersonDecision(nil), i.PersonDecisions...)
	for n := range i.PersonDecisions {
		if d := &i.PersonDecisions[n]; about(d.ClientID) && d.Reason != "" {
			d.Reason, changed = "", true
		}
	}
	return changed
}

// UnknownPerson returns the ids under which a case knows an address that belongs to
// no client: of whom it is about, and of whom data went to by mistake.
func UnknownPerson(incident, email string) (about, recipient string) {
	id := fingerprint(incident, registry.NormalEmail(email))
	return "u-" + id, "r-" + id
}

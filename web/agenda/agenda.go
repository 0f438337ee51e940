// Package agenda puts the open deadlines of a case into words for a calendar:
// which term, which case, and nothing of what happened or to whom. A calendar is
// seen by housemates and colleagues.
package agenda

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// ContentType is what a calendar file is sent as.
const ContentType = "text/calendar; charset=utf-8"

// Words are the texts of the pages.
type Words interface {
	T(lang, key string, pairs ...any) string
}

// Of returns the deadlines of a case with their words in lang. base is where the
// practice reaches its cases.
func Of(words Words, lang, base string, p registry.Practice, inc *incidents.Incident, now time.Time) []incidents.Appointment {
	list := inc.Appointments(now)
	for n := range list {
		a := &list[n]
		a.Title = words.T(lang, "agenda.title."+string(a.Kind), "authority", string(p.Authority), "reference", inc.Reference)
		a.Text = words.T(lang, "agenda.text")
		a.Address = base + "/incidents/" + inc.ID
	}
	return list
}

// FileName is what the file of a case is called.
func FileName(inc *incidents.Incident) string { return "termijnen-" + inc.Reference + ".ics" }

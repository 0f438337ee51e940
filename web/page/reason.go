package page

import (
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// Reason returns one ground of an assessment as a sentence. system is the name
// of the system it is about, "" when it is about none.
func (w *Words) Reason(lang string, r incidents.Reason, system string, zone *time.Location) string {
	when := ""
	switch {
	case r.At != nil:
		when = FormatDay(lang, registry.DateOf(*r.At, zone))
	case !r.Day.IsZero():
		when = FormatDay(lang, r.Day)
	}
	key := "reason." + string(r.Code)
	if when == "" {
		if text, some := w.Lookup(lang, key+".undated", "system", system); some {
			return text
		}
	}
	return w.T(lang, key, "system", system, "when", when)
}

package playbooks

import (
	"time"

	"datalek/incidents/registry"
)

// Day says a calendar day as the pages do: "maandag 8 maart 2027".
func Day(d registry.Date, language string) string {
	return dayWords(d.Start(time.UTC), time.UTC, language)
}

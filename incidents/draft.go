package incidents

import (
	"time"

	"datalek/incidents/tenant"
)

// Draft is a half-filled form, kept at every step so that nothing typed is lost.
type Draft struct {
	ID         string
	PracticeID tenant.ID
	UserID     string
	Version    int64
	Kind       string              // which form: "incident", "mis-sent"
	Answers    map[string][]string // form fields as typed; stored sealed
	UpdatedAt  time.Time
}

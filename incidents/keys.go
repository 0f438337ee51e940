package incidents

import (
	"time"

	"datalek/incidents/tenant"
)

// Key names an aggregate of a practice.
type Key struct {
	PracticeID tenant.ID
	ID         string
}

// Upcoming is a case and the instant of its next threshold.
type Upcoming struct {
	Key
	At time.Time
}

// DueDelivery names a message that waits to be sent.
type DueDelivery struct {
	PracticeID tenant.ID
	IncidentID string
	NoticeID   string // "" for a warning
	ID         string
	Attempts   int
	// Since is when the time came for one that was put off or cut off; zero for one
	// that was never begun.
	Since time.Time
}

// Pending is an aggregate's events that are saved but not yet published.
type Pending struct {
	Collection string // the store's own name for where the aggregate lives
	PracticeID tenant.ID
	ID         string
	Events     []Event
}

// Request is a POST that carried an Idempotency-Key, and its answer.
type Request struct {
	PracticeID tenant.ID
	Key        string // hash of token and key
	BodyHash   string
	At         time.Time
	Status     int // 0 while it runs
	Body       []byte
	Location   string
}

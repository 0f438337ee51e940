package contract

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
)

// Rights keeps what people ask about their own data (GDPR Art. 12 to 22).
type Rights interface {
	CreateRightsRequest(ctx context.Context, r *request.Request) error // fault.Duplicate on a known id
	RightsRequest(ctx context.Context, practice tenant.ID, id string) (*request.Request, error)
	UpdateRightsRequest(ctx context.Context, practice tenant.ID, id string, change func(*request.Request) error) (*request.Request, error)
	// OpenRightsRequests lists those that wait for an answer, the nearest last day
	// first; after is the last id of the page before.
	OpenRightsRequests(ctx context.Context, practice tenant.ID, after string, limit int) ([]*request.Request, error)
	// RightsRequests lists all, newest first; after is the last id of the page before.
	RightsRequests(ctx context.Context, practice tenant.ID, after string, limit int) ([]*request.Request, error)
	CountOpenRightsRequests(ctx context.Context, practice tenant.ID) (int64, error)
	// DueRightsRequests lists those that a worker must look at by the instant.
	DueRightsRequests(ctx context.Context, at time.Time, limit int) ([]Key, error)
}

// Erasures is what taking a person out of the store needs besides the rest. Each
// may be called again, and finds nothing then.
type Erasures interface {
	// DeliveriesAbout lists by id a practice's rows about, or to, one of the persons.
	DeliveriesAbout(ctx context.Context, practice tenant.ID, persons []string, after string, limit int) ([]incidents.Delivery, error)
	// ForgetAffected takes the address from a person's rows of a case, in every version.
	ForgetAffected(ctx context.Context, practice tenant.ID, incident, id string) error
	DropQuestion(ctx context.Context, practice tenant.ID, id string) error
	// EmptyReceipt takes a processor's message from its receipt; its hash stays.
	EmptyReceipt(ctx context.Context, id string) error
	// DropReturn removes a returned message; practice "" is the host's.
	DropReturn(ctx context.Context, practice tenant.ID, id string) error
	// PracticeDrafts lists by id the half-filled forms of everybody in a practice.
	PracticeDrafts(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Draft, error)
	// KeptAnswers lists by key what is kept for those who ask the same twice.
	KeptAnswers(ctx context.Context, practice tenant.ID, after string, limit int) ([]Request, error)
	// EraseWords takes the words, and the salt of their hash, from entries of the
	// register; their hashes stay, so that the chain holds.
	EraseWords(ctx context.Context, practice tenant.ID, seqs []int64) error
	// Scrub makes what was removed unreadable in the files too, as far as the engine
	// can: with a key at hand nothing of it is found in them.
	Scrub(ctx context.Context) error
}

package mongostore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"datalek/incidents/fault"
	"datalek/services/mongostore"
)

func TestEveryFailureGetsItsKindAndLosesTheServersWords(t *testing.T) {
	const words = "dup key: { login: anna@example.org }"
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{"nothing found", mongo.ErrNoDocuments, fault.NotFound},
		{"a known key", mongo.WriteException{WriteErrors: []mongo.WriteError{{Code: 11000, Message: words}}}, fault.Duplicate},
		{"a known key among many", mongo.BulkWriteException{WriteErrors: []mongo.BulkWriteError{{WriteError: mongo.WriteError{Code: 11000, Message: words}}}}, fault.Duplicate},
		{"a primary that stepped down", mongo.CommandError{Code: 189, Message: words}, fault.Unavailable},
		{"no primary", mongo.CommandError{Code: 10107, Message: words}, fault.Unavailable},
		{"a majority out of reach", mongo.WriteException{WriteConcernError: &mongo.WriteConcernError{Code: 64, Message: words}}, fault.Unavailable},
		{"too slow for the server", mongo.CommandError{Code: 50, Message: words}, fault.Unavailable},
		{"a lost connection", mongo.CommandError{Labels: []string{"NetworkError"}, Message: words}, fault.Unavailable},
		{"a closed client", mongo.ErrClientDisconnected, fault.Unavailable},
		{"a caller who left", context.Canceled, context.Canceled},
		{"a caller who left, by kind", context.Canceled, fault.Unavailable},
		{"a deadline", context.DeadlineExceeded, context.DeadlineExceeded},
		{"a deadline, by kind", context.DeadlineExceeded, fault.Unavailable},
		{"a kind of our own", fmt.Errorf("seal: %w", fault.Conflict), fault.Conflict},
	} {
		got := mongostore.Failed("step", fmt.Errorf("inside: %w", tt.err))
		if !errors.Is(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
		foreign(t, tt.name, got, words)
	}
	foreign(t, "a refusal of another kind", mongostore.Failed("step", mongo.CommandError{Code: 13, Name: "Unauthorized", Message: words}), words)
	if err := mongostore.Failed("step", nil); err != nil {
		t.Errorf("no failure became %v", err)
	}
}

// foreign checks that neither a driver's type nor the server's words came out.
func foreign(t *testing.T, name string, err error, words string) {
	t.Helper()
	var server mongo.ServerError
	if errors.As(err, &server) || errors.Is(err, mongo.ErrNoDocuments) || errors.Is(err, mongo.ErrClientDisconnected) {
		t.Errorf("%s: the driver's own error comes out: %v", name, err)
	}
	if strings.Contains(err.Error(), words) || !strings.HasPrefix(err.Error(), "step: ") {
		t.Errorf("%s: %q, want the step and none of the server's words", name, err)
	}
}

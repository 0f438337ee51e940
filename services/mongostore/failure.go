package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"datalek/incidents/fault"
)

// failed names the step and the kind of a failure. No driver's error leaves the
// package: callers tell failures apart by fault.Code, and a server's sentence,
// which may quote stored values, is cut down to its code.
func failed(step string, err error) error {
	if err == nil {
		return nil
	}
	var code fault.Code
	var server mongo.ServerError
	var selection topology.ServerSelectionError
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return fmt.Errorf("%s: %w", step, fault.NotFound)
	case errors.As(err, &code):
		return fmt.Errorf("%s: %w", step, err)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w: %w", step, fault.Unavailable, context.Canceled)
	case errors.As(err, &selection):
		return fmt.Errorf("%s: %w: no server that can take writes is reached", step, fault.Unavailable)
	case mongo.IsTimeout(err):
		return fmt.Errorf("%s: %w: %w", step, fault.Unavailable, context.DeadlineExceeded)
	case mongo.IsNetworkError(err), errors.Is(err, mongo.ErrClientDisconnected):
		return fmt.Errorf("%s: %w: the connection to the server is lost", step, fault.Unavailable)
	case errors.As(err, &server):
		return serverFailed(step, server)
	default:
		return fmt.Errorf("%s: %s", step, err.Error())
	}
}

// awayCodes are the codes of servers that cannot answer now: they step down,
// shut down, lost the cursor or could not reach the majority in time.
func awayCodes() []int {
	return []int{6, 7, 43, 50, 64, 89, 91, 100, 112, 133, 134, 189, 262, 317, 9001, 10058, 10107, 11600, 11602, 13388, 13435, 13436}
}

func serverFailed(step string, err mongo.ServerError) error {
	if mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("%s: %w", step, fault.Duplicate)
	}
	away := err.HasErrorLabel("RetryableWriteError")
	for _, code := range awayCodes() {
		away = away || err.HasErrorCode(code)
	}
	if away {
		return fmt.Errorf("%s: %w: mongodb codes %v", step, fault.Unavailable, err.ErrorCodes())
	}
	return fmt.Errorf("%s: the server refused it with mongodb codes %v", step, err.ErrorCodes())
}

// isDuplicate reports whether a unique index refused an insert. It says nothing
// after an update: servers differ there.
func isDuplicate(err error) bool { return mongo.IsDuplicateKeyError(err) }

package natsbus_test

import (
	"context"
	"testing"
	"time"

	"datalek/services/natsbus"

	"github.com/nats-io/nats.go/jetstream"
)

// told is a consumer of which the server tells something.
type told struct {
	jetstream.Consumer
	asked chan struct{}
	info  jetstream.ConsumerInfo
}

func (c *told) Info(context.Context) (*jetstream.ConsumerInfo, error) {
	select {
	case c.asked <- struct{}{}:
	default: // it was asked already
	}
	return &c.info, nil
}

// A client that forgot to ask for the next message is found out at once, and not
// only when two pulses are missing.
func TestMessagesThatNobodyAskedForAreNoticed(t *testing.T) {
	for _, tt := range []struct {
		name             string
		pending          uint64
		waiting, unacked int
		want             bool
	}{
		{"messages wait and nobody asked", 5, 0, 1, true},
		{"a request lies with the server", 5, 1, 1, false},
		{"nothing waits", 0, 0, 1, false},
		{"as many are out as may be", 5, 0, 32, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := &told{asked: make(chan struct{}, 1), info: jetstream.ConsumerInfo{NumPending: tt.pending, NumWaiting: tt.waiting, NumAckPending: tt.unacked,
				Config: jetstream.ConsumerConfig{MaxAckPending: 32}}}
			unasked, ended := natsbus.WatchAfterAMessage(ctx, c)
			select {
			case <-c.asked:
			case <-time.After(time.Minute):
				t.Fatal("the server is never asked")
			}
			if !tt.want {
				cancel()
			}
			<-ended
			select {
			case <-unasked:
				if !tt.want {
					t.Error("a client that asked is said to have forgotten it")
				}
			default:
				if tt.want {
					t.Error("it goes unnoticed")
				}
			}
		})
	}
}

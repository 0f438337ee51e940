package mongostore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents/fault"
)

// tries is how often a guarded write begins anew after others were faster.
const tries = 30

// guarded says how a kind of record guards its updates.
type guarded[V, R any] struct {
	kind[V, R]
	// version gives the place of the value's version.
	version func(*V) *int64
	// guard gives what must still be so besides the version; nil: nothing.
	guard func(filed[R]) bson.D
	// apart names the fields that updates of another kind write, and so are not
	// set; most gives those of them that only grow. nil: none.
	apart []string
	most  func(R) bson.D
}

// update loads the record that the filter finds, runs change on its value and
// writes it back if nobody else wrote meanwhile, with its version one higher. It
// tries again on a lost race, then gives fault.Conflict.
func update[V, R any](ctx context.Context, s *Store, g guarded[V, R], step string, filter bson.D, change func(*V) error) (V, error) {
	var none V
	for try := range tries {
		v, d, err := load(ctx, s, g, filter)
		if err != nil {
			return none, failed(step, err)
		}
		stored := *g.version(&v)
		if err := change(&v); err != nil {
			return none, err
		}
		*g.version(&v) = stored
		saved, won, err := g.replace(ctx, s, filter, d, v)
		if err != nil {
			return none, failed(step, err)
		}
		if won {
			return saved, nil
		}
		if err := rest(ctx, try); err != nil {
			return none, failed(step, err)
		}
	}
	return none, fmt.Errorf("%s: %w: others were faster %d times", step, fault.Conflict, tries)
}

func load[V, R any](ctx context.Context, s *Store, g guarded[V, R], filter bson.D) (V, filed[R], error) {
	var v V
	d, err := findOne[filed[R]](ctx, s.in(g.collection), filter)
	if err == nil {
		v, err = g.value(d.Record, ctx, s.sealer)
	}
	return v, d, err
}

// replace writes v over the document d if it is still as it was read, and gives
// the value as it is stored now.
func (g guarded[V, R]) replace(ctx context.Context, s *Store, filter bson.D, d filed[R], v V) (V, bool, error) {
	version := *g.version(&v)
	next, err := g.file(ctx, s, v)
	if err != nil {
		return v, false, err
	}
	change, err := writing(next, append([]string{"_id", "version", "marks"}, g.apart...)...)
	if err != nil {
		return v, false, err
	}
	change = append(change, oneHigher())
	if g.most != nil {
		change = append(change, bson.E{Key: "$max", Value: g.most(next.Record)})
	}
	still := append(append(bson.D{}, filter...), bson.E{Key: "version", Value: version})
	if g.guard != nil {
		still = append(still, g.guard(d)...)
	}
	result, err := s.in(g.collection).UpdateOne(ctx, still, change)
	if err != nil || result.MatchedCount == 0 {
		return v, false, err
	}
	saved, err := g.value(next.Record, ctx, s.sealer)
	if err == nil {
		*g.version(&saved) = version + 1
	}
	return saved, err == nil, err
}

// oneHigher raises the version.
func oneHigher() bson.E { return bson.E{Key: "$inc", Value: where("version", int64(1))} }

// rest waits a little before another try, longer the more were lost.
func rest(ctx context.Context, try int) error {
	//nolint:gosec // not a secret: it only keeps racing writers out of step
	wait := time.NewTimer(time.Duration(rand.Int64N(int64(min(try+1, 10)))+1) * 2 * time.Millisecond)
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

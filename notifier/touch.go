package notifier

import (
	"context"
	"errors"
	"fmt"

	"datalek/incidents/advisory"
	"datalek/incidents/registry"
)

// errElsewhere says that a report names others, and the practice has no case of it.
var errElsewhere = errors.New("the message concerns others")

// touched is what a message means for one practice, and who its sender is there.
type touched struct {
	advisory.Concern
	sender registry.Processor // zero when the practice does not list it
}

// touch compares a message with what the practice uses. What came to the
// practice's own address concerns it whatever the message names.
func (i *intake) touch(ctx context.Context, p registry.Practice, m message) (touched, error) {
	systems, err := allSystems(ctx, i.store, p.ID)
	if err != nil {
		return touched{}, err
	}
	var processors []registry.Processor
	err = pages(200, func(x registry.Processor) string { return x.ID },
		func(after string, limit int) ([]registry.Processor, error) {
			return i.store.Processors(ctx, p.ID, after, limit)
		},
		func(page []registry.Processor) error { processors = append(processors, page...); return nil })
	if err != nil {
		return touched{}, fmt.Errorf("list processors: %w", err)
	}
	t := touched{}
	for _, x := range processors {
		if x.ID == m.receipt.ProcessorID {
			t.sender = x
		}
	}
	if m.receipt.PracticeID != "" {
		t.Concern = advisory.ConcernOfOwn(m.receipt.ProcessorID, processors, systems, m.said)
	} else {
		t.Concern = advisory.ConcernOf(m.receipt.ProcessorID, processors, systems, m.said)
	}
	// An answer on the sender's page names little, and goes to whom its report went.
	t.Elsewhere = t.Elsewhere || m.said.Format == advisory.Answer
	return t, nil
}

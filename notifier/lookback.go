package notifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// lookBackStore is what telling a practice of earlier reports reads and writes.
type lookBackStore interface {
	Setting(ctx context.Context, key string) (value []byte, version int64, err error)
	SettingKeys(ctx context.Context, prefix string, limit int) ([]string, error)
	RemoveSetting(ctx context.Context, key string, version int64) error
	Receipts(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Receipt, error)
	Processors(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Processor, error)
	Report(ctx context.Context, practice tenant.ID, id string) (*incidents.Report, error)
}

const (
	lookBackEvery = 15 * time.Second
	lookBackPage  = 100
)

// lookBack tells practices that noted a supplier, or what they use of it, of the
// reports that came to the host before and concern them. A practice is aware of one
// from the moment at which it is told (GDPR Art. 33(1)). Done twice, or by two
// workers at once, it tells once: a report has the same id each time.
type lookBack struct {
	store  lookBackStore
	intake *intake
	now    func() time.Time
}

// step looks for every practice whose turn it is.
func (l *lookBack) step(ctx context.Context) (bool, error) {
	keys, err := l.store.SettingKeys(ctx, incidents.LookBackPrefix, lookBackPage)
	if err != nil {
		return false, fmt.Errorf("find who noted a supplier: %w", err)
	}
	for _, key := range keys {
		if one := l.one(ctx, key); one != nil {
			err = errors.Join(err, fmt.Errorf("look back: %w", one))
		}
	}
	return false, err
}

// one looks for one practice, and takes its note away unless more was noted since.
func (l *lookBack) one(ctx context.Context, key string) error {
	raw, version, err := l.store.Setting(ctx, key)
	noted := incidents.ReadLookBack(raw)
	if err != nil || version == 0 || l.now().Before(noted.DueAt()) {
		return err
	}
	if err := l.tell(ctx, tenant.ID(strings.TrimPrefix(key, incidents.LookBackPrefix)), noted.Until()); err != nil {
		return err
	}
	if err := l.store.RemoveSetting(ctx, key, version); err != nil && !errors.Is(err, fault.Conflict) {
		return err
	}
	return nil
}

// tell brings a practice the reports of its suppliers that it does not have, the
// oldest first.
func (l *lookBack) tell(ctx context.Context, practice tenant.ID, until time.Time) error {
	used, err := l.used(ctx, practice)
	if err != nil || len(used) == 0 {
		return err
	}
	ids, err := l.receipts(ctx, used, until)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := l.intake.later(ctx, l.store, id, practice); err != nil {
			return err
		}
	}
	return nil
}

// used are the suppliers in use, and the firms that these engage.
func (l *lookBack) used(ctx context.Context, practice tenant.ID) (map[string]bool, error) {
	used := map[string]bool{}
	err := pages(200, func(p registry.Processor) string { return p.ID },
		func(after string, limit int) ([]registry.Processor, error) {
			return l.store.Processors(ctx, practice, after, limit)
		},
		func(page []registry.Processor) error {
			for _, p := range page {
				for _, id := range append([]string{p.ID}, p.SubProcessors...) {
					used[id] = used[id] || p.EndedAt.IsZero()
				}
			}
			return nil
		})
	return used, err
}

// receipts lists what came to all of the host from these suppliers, oldest first.
// What was emptied since says nothing any more.
func (l *lookBack) receipts(ctx context.Context, of map[string]bool, until time.Time) ([]string, error) {
	var ids []string
	since, after := l.now().Add(-incidents.LookBackOver), ""
	for {
		page, err := l.store.Receipts(ctx, "", after, lookBackPage)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			if r.ReceivedAt.Before(since) {
				page = nil // only older ones follow
				break
			}
			if after = r.ID; of[r.ProcessorID] && len(r.Raw) > 0 && r.ReceivedAt.Before(until) {
				ids = append(ids, r.ID)
			}
		}
		if len(page) < lookBackPage {
			slices.Reverse(ids)
			return ids, nil
		}
	}
}

// later brings one practice a message that came before it noted its sender. Trials,
// and what is no breach, it need not hear of now.
func (i *intake) later(ctx context.Context, store lookBackStore, id string, practice tenant.ID) error {
	r, err := i.store.Receipt(ctx, id)
	if err != nil {
		return missing(fmt.Errorf("read receipt: %w", err))
	}
	m := message{receipt: r, said: i.read.Read(r.Raw, r.Headers, r.ReceivedAt), later: i.now()}
	if m.said.Kind != incidents.MessageReport && m.said.Kind != incidents.MessageUnknown {
		return nil
	}
	if _, err := store.Report(ctx, practice, m.reportID(practice)); !errors.Is(err, fault.NotFound) {
		return err // it has it
	}
	defer i.nudge()
	return i.reach(ctx, m, practice)
}

package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Store is what removing a drill reads and writes.
type Store interface {
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error)
	DropDrill(ctx context.Context, practice, id tenant.ID) error
}

// Drop removes a drill of the practice with all that was made up for it, and takes
// it from the practice's list; that write tells the practice's register. What is no drill of the practice is fault.NotFound.
// After a cut the next call takes it from the list.
func Drop(ctx context.Context, s Store, act incidents.Act, practice, id tenant.ID) error {
	dropped := s.DropDrill(ctx, practice, id)
	if dropped != nil && !errors.Is(dropped, fault.NotFound) {
		return fmt.Errorf("drop drill: %w", dropped)
	}
	home, err := s.Practice(ctx, practice)
	if err == nil && slices.Contains(home.Drills, string(id)) {
		_, err = s.UpdatePractice(ctx, practice, func(p *registry.Practice) error {
			if slices.Contains(p.Drills, string(id)) { // else another worker was faster
				p.Forget(string(id))
				act.Drill(p, incidents.DrillRemoved, practice, id, nil)
			}
			return nil
		})
	}
	if err != nil && !errors.Is(err, fault.NotFound) { // the practice itself may be gone
		return fmt.Errorf("forget drill: %w", err)
	}
	return dropped
}

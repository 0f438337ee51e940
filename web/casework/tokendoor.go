package casework

import (
	"context"
	"fmt"

	"datalek/incidents/registry"
)

// SaveTokenDoor makes the address at which a processor of the practice reports with a
// token besides, or changes what its token must say; fault.NotFound for a processor
// that is not the practice's. It says whether the address is new.
func (o *Office) SaveTokenDoor(ctx context.Context, practice, processor string, door registry.Door, claims registry.TokenClaims) (registry.Endpoint, bool, error) {
	if _, err := o.store.Processor(ctx, practice, processor); err != nil {
		return registry.Endpoint{}, false, fmt.Errorf("look up processor: %w", err)
	}
	claims, err := claims.Checked(door)
	if err != nil {
		return registry.Endpoint{}, false, err
	}
	known, found, err := o.DoorOf(ctx, practice, processor, door)
	if err != nil {
		return known, false, err
	}
	if found {
		known, err = o.store.UpdateEndpoint(ctx, practice, known.ID, func(e *registry.Endpoint) error {
			e.Claims = claims
			return nil
		})
		if err != nil {
			return known, false, fmt.Errorf("change address: %w", overtaken(err))
		}
		return known, false, nil
	}
	token := Secret(24)
	e := registry.Endpoint{ID: o.newID(), TokenHash: HashToken(token), ProcessorID: processor, PracticeID: practice, Token: token, Door: door, Claims: claims, CreatedAt: o.now()}
	e.Notes = o.act(ctx).Opened(e)
	if err := o.store.CreateEndpoint(ctx, e); err != nil {
		return e, false, fmt.Errorf("save address: %w", err)
	}
	return e, true, nil
}

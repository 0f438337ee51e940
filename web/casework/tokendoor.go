package casework

import (
	"context"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// SaveTokenDoor makes the address at which a processor of the practice reports with a
// token besides, or changes what its token must say; fault.NotFound for a processor
// that is not the practice's. It says whether the address is new.
func (o *Office) SaveTokenDoor(ctx context.Context, practice tenant.ID, processor string, door registry.Door, claims registry.TokenClaims) (registry.Endpoint, bool, error) {
	list, err := o.Addresses(ctx, practice, processor)
	if err != nil {
		return registry.Endpoint{}, false, err
	}
	if claims, err = claims.Checked(door); err != nil {
		return registry.Endpoint{}, false, err
	}
	if at := slices.IndexFunc(list, func(e registry.Endpoint) bool { return e.Door == door && !e.Revoked() }); at >= 0 {
		e, err := o.changeClaims(ctx, list[at], claims)
		return e, false, err
	}
	if err := roomFor(list); err != nil {
		return registry.Endpoint{}, false, err
	}
	e := o.newAddress(practice, processor, door)
	e.Claims = claims
	e.Notes = o.act(ctx).Opened(e)
	if err := o.store.CreateEndpoint(ctx, e); err != nil {
		return e, false, fmt.Errorf("save address: %w", err)
	}
	return e, true, nil
}

// changeClaims changes what a sender's token must say at an address. What changes
// nothing is no act.
func (o *Office) changeClaims(ctx context.Context, known registry.Endpoint, claims registry.TokenClaims) (registry.Endpoint, error) {
	if known.Claims.Same(claims) {
		return known, nil
	}
	return o.changeAddress(ctx, known.PracticeID, known.ProcessorID, known.ID, incidents.AddressClaimsChanged, o.act(ctx).By, func(e *registry.Endpoint) error {
		e.Claims = claims
		return nil
	})
}

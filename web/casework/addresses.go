package casework

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Addresses lists a processor's addresses, those that are open first and the newest
// before the older; practice "" lists the operator's. fault.NotFound for a processor
// that is not the practice's.
func (o *Office) Addresses(ctx context.Context, practice tenant.ID, processor string) ([]registry.Endpoint, error) {
	if err := o.knowsProcessor(ctx, practice, processor); err != nil {
		return nil, err
	}
	list, err := o.store.Endpoints(ctx, practice, processor)
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	slices.SortStableFunc(list, func(x, y registry.Endpoint) int {
		if x.Revoked() != y.Revoked() {
			if y.Revoked() {
				return -1
			}
			return 1
		}
		return y.CreatedAt.Compare(x.CreatedAt)
	})
	return list, nil
}

// Address returns one address of a processor; fault.NotFound for another's.
func (o *Office) Address(ctx context.Context, practice tenant.ID, processor, id string) (registry.Endpoint, error) {
	list, err := o.Addresses(ctx, practice, processor)
	if err != nil {
		return registry.Endpoint{}, err
	}
	at := slices.IndexFunc(list, func(e registry.Endpoint) bool { return e.ID == id })
	if at < 0 {
		return registry.Endpoint{}, fault.NotFound
	}
	return list[at], nil
}

// knowsProcessor refuses a processor that is not the practice's. The operator's
// addresses may be for one that no practice has listed yet.
func (o *Office) knowsProcessor(ctx context.Context, practice tenant.ID, processor string) error {
	if practice == "" {
		return nil
	}
	if _, err := o.store.Processor(ctx, practice, processor); err != nil {
		return fmt.Errorf("look up processor: %w", err)
	}
	return nil
}

// MakeAddress makes one more address for a processor's reports: signed, or one that
// itself is the secret.
func (o *Office) MakeAddress(ctx context.Context, practice tenant.ID, processor string, door registry.Door, by incidents.Actor) (registry.Endpoint, error) {
	list, err := o.Addresses(ctx, practice, processor)
	if err != nil {
		return registry.Endpoint{}, err
	}
	if door != registry.DoorSigned && door != registry.DoorAddress {
		return registry.Endpoint{}, &fault.Error{Code: fault.Invalid, Field: "door", Key: "error.address_door", Message: "choose signed or address"}
	}
	if err := roomFor(list); err != nil {
		return registry.Endpoint{}, err
	}
	e := o.newAddress(practice, processor, door)
	incidents.NoteAddress(&e, incidents.AddressOpened, by, o.now())
	if err := o.store.CreateEndpoint(ctx, e); err != nil {
		return e, fmt.Errorf("save address: %w", err)
	}
	return e, nil
}

// roomFor refuses one more address of a processor that has as many as it may.
func roomFor(list []registry.Endpoint) error {
	open := 0
	for _, e := range list {
		if !e.Revoked() {
			open++
		}
	}
	if open >= registry.MostEndpoints {
		return fault.New(fault.Conflict, "error.addresses_many", "there are ten open addresses already; revoke one first")
	}
	return nil
}

// newAddress is a new address that is stored nowhere yet.
func (o *Office) newAddress(practice tenant.ID, processor string, door registry.Door) registry.Endpoint {
	token := Secret(24)
	e := registry.Endpoint{ID: o.newID(), TokenHash: HashToken(token), ProcessorID: processor, PracticeID: practice, Token: token, Door: door, CreatedAt: o.now()}
	if door == registry.DoorSigned {
		e.Rotate(newSigningSecret(), o.now())
	}
	return e
}

// newSigningSecret returns a secret of 32 bytes (Standard Webhooks asks 24 to 64).
func newSigningSecret() string {
	return registry.SecretPrefix + base64.StdEncoding.EncodeToString(randomBytes(32))
}

// changeAddress does one act on an open address and notes it in the same write.
func (o *Office) changeAddress(ctx context.Context, practice tenant.ID, processor, id string, kind incidents.EventKind, by incidents.Actor, act func(*registry.Endpoint) error) (registry.Endpoint, error) {
	if err := o.knowsProcessor(ctx, practice, processor); err != nil {
		return registry.Endpoint{}, err
	}
	e, err := o.store.UpdateEndpoint(ctx, practice, id, func(e *registry.Endpoint) error {
		if e.ProcessorID != processor {
			return fault.NotFound
		}
		if e.Revoked() {
			return fault.New(fault.Conflict, "error.address_revoked", "this address was revoked; make a new one")
		}
		if err := act(e); err != nil {
			return err
		}
		incidents.NoteAddress(e, kind, by, o.now())
		return nil
	})
	if err != nil && len(fault.Fields(err)) == 0 {
		err = overtaken(err) // a refusal of the act has words of its own
	}
	if err != nil {
		return e, fmt.Errorf("change address: %w", err)
	}
	return e, nil
}

// RotateAddress gives an address a new secret. The one before counts for a week yet.
func (o *Office) RotateAddress(ctx context.Context, practice tenant.ID, processor, id string, by incidents.Actor) (registry.Endpoint, error) {
	return o.changeAddress(ctx, practice, processor, id, incidents.AddressRotated, by, func(e *registry.Endpoint) error {
		if e.Door != registry.DoorSigned {
			return fault.New(fault.Conflict, "error.address_no_secret", "this address is itself the secret; make a new address and revoke this one")
		}
		e.Rotate(newSigningSecret(), o.now())
		return nil
	})
}

// DropOldSecret ends the secret before the newest at once.
func (o *Office) DropOldSecret(ctx context.Context, practice tenant.ID, processor, id string, by incidents.Actor) (registry.Endpoint, error) {
	return o.changeAddress(ctx, practice, processor, id, incidents.AddressOldDropped, by, func(e *registry.Endpoint) error {
		if !e.DropOld(o.now()) {
			return fault.New(fault.Conflict, "error.address_one_secret", "only one secret counts here already")
		}
		return nil
	})
}

// AddAddressKey lets an address know a sender's own public key.
func (o *Office) AddAddressKey(ctx context.Context, practice tenant.ID, processor, id, key string, by incidents.Actor) (registry.Endpoint, error) {
	return o.changeAddress(ctx, practice, processor, id, incidents.AddressKeyAdded, by, func(e *registry.Endpoint) error {
		if e.Door != registry.DoorSigned {
			return &fault.Error{Code: fault.Invalid, Field: "public_key", Key: "error.address_unsigned", Message: "nothing is signed at this address; add the key to one that asks for signatures"}
		}
		return e.AddKey(key)
	})
}

// RemoveAddressKey lets an address forget a sender's public key.
func (o *Office) RemoveAddressKey(ctx context.Context, practice tenant.ID, processor, id, key string, by incidents.Actor) (registry.Endpoint, error) {
	return o.changeAddress(ctx, practice, processor, id, incidents.AddressKeyRemoved, by, func(e *registry.Endpoint) error { return e.RemoveKey(key) })
}

// RevokeAddress closes an address for good; it then answers "gone" to who sends there.
func (o *Office) RevokeAddress(ctx context.Context, practice tenant.ID, processor, id string, by incidents.Actor) (registry.Endpoint, error) {
	return o.changeAddress(ctx, practice, processor, id, incidents.AddressRevoked, by, func(e *registry.Endpoint) error {
		e.RevokedAt = o.now()
		return nil
	})
}

package record

import (
	"context"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// System is the stored form of registry.System. Its names are free text, so
// they are sealed.
type System struct {
	Schema          int       `json:"schema" bson:"schema"`
	ID              string    `json:"id" bson:"id"`
	PracticeID      tenant.ID `json:"practice_id" bson:"practice_id"`
	Version         int64     `json:"version" bson:"version"`
	ProcessorID     string    `json:"processor_id" bson:"processor_id"`
	Categories      []string  `json:"categories" bson:"categories"`
	Identifiability string    `json:"identifiability" bson:"identifiability"`
	EncryptedAtRest *bool     `json:"encrypted_at_rest" bson:"encrypted_at_rest"`
	EndedAt         time.Time `json:"ended_at" bson:"ended_at"`
	UpdatedAt       time.Time `json:"updated_at" bson:"updated_at"`
	Sealed          []byte    `json:"sealed" bson:"sealed"` // name, services, rules
	Noted           `bson:",inline"`
}

type systemSecret struct {
	Name     string        `json:"name"`
	Services []string      `json:"services"`
	Rules    []holdingRule `json:"rules"` // whose data it holds; the note is free text
}

type holdingRule struct {
	Relations       []string `json:"relations"`
	Categories      []string `json:"categories"`
	Identifiability string   `json:"identifiability"`
	KeySystem       string   `json:"key_system"`
	Note            string   `json:"note"`
}

func fromHoldingRule(r registry.HoldingRule) holdingRule {
	return holdingRule{Relations: list(r.Relations, asString), Categories: list(r.Categories, asString),
		Identifiability: string(r.Identifiability), KeySystem: r.KeySystem, Note: r.Note}
}

func (r holdingRule) toRule() registry.HoldingRule {
	return registry.HoldingRule{Relations: list(r.Relations, as[registry.Relation]), Categories: list(r.Categories, as[registry.Category]),
		Identifiability: registry.Identifiability(r.Identifiability), KeySystem: r.KeySystem, Note: r.Note}
}

// FromSystem returns the record of v.
func FromSystem(ctx context.Context, s Sealer, v registry.System) (System, error) {
	sealed, err := seal(ctx, s, v.PracticeID, Systems, v.ID, systemSecret{Name: v.Name, Services: v.Services, Rules: list(v.Rules, fromHoldingRule)})
	if err != nil {
		return System{}, err
	}
	notes, err := noted(ctx, s, v.PracticeID, v.Notes)
	return System{
		Schema: Schema, ID: v.ID, PracticeID: v.PracticeID, Version: v.Version, ProcessorID: v.ProcessorID,
		Categories: list(v.Categories, asString), Identifiability: string(v.Identifiability),
		EncryptedAtRest: v.EncryptedAtRest, EndedAt: cut(v.EndedAt), UpdatedAt: cut(v.UpdatedAt), Sealed: sealed, Noted: notes,
	}, err
}

// ToSystem returns the system that the record keeps.
func (r System) ToSystem(ctx context.Context, s Sealer) (registry.System, error) {
	var secret systemSecret
	if err := checkSchema(Systems, r.Schema); err != nil {
		return registry.System{}, err
	}
	if err := unseal(ctx, s, r.PracticeID, Systems, r.ID, r.Sealed, &secret); err != nil {
		return registry.System{}, err
	}
	return registry.System{
		ID: r.ID, PracticeID: r.PracticeID, Version: r.Version, Name: secret.Name, ProcessorID: r.ProcessorID,
		Services: secret.Services, Categories: list(r.Categories, as[registry.Category]),
		Identifiability: registry.Identifiability(r.Identifiability), EncryptedAtRest: r.EncryptedAtRest, Rules: list(secret.Rules, holdingRule.toRule),
		EndedAt: cut(r.EndedAt), UpdatedAt: cut(r.UpdatedAt),
	}, nil
}

// Processor is the stored form of registry.Processor.
type Processor struct {
	Schema        int       `json:"schema" bson:"schema"`
	ID            string    `json:"id" bson:"id"`
	PracticeID    tenant.ID `json:"practice_id" bson:"practice_id"`
	Version       int64     `json:"version" bson:"version"`
	ContractHours *int      `json:"contract_hours" bson:"contract_hours"`
	SubProcessors []string  `json:"sub_processors" bson:"sub_processors"`
	Host          bool      `json:"host" bson:"host"`
	Ended         bool      `json:"ended" bson:"ended"` // EndedAt is set
	EndedAt       time.Time `json:"ended_at" bson:"ended_at"`
	UpdatedAt     time.Time `json:"updated_at" bson:"updated_at"`
	Sealed        []byte    `json:"sealed" bson:"sealed"` // name, contract, contact, regions, customer references
	Noted         `bson:",inline"`
}

type processorSecret struct {
	Name         string   `json:"name"`
	Contract     string   `json:"contract"`
	Contact      string   `json:"contact"`
	Regions      []string `json:"regions"`
	CustomerRefs []string `json:"customer_refs"`
}

// FromProcessor returns the record of v.
func FromProcessor(ctx context.Context, s Sealer, v registry.Processor) (Processor, error) {
	sealed, err := seal(ctx, s, v.PracticeID, Processors, v.ID, processorSecret{Name: v.Name, Contract: v.Contract, Contact: v.Contact, Regions: v.Regions, CustomerRefs: v.CustomerRefs})
	if err != nil {
		return Processor{}, err
	}
	notes, err := noted(ctx, s, v.PracticeID, v.Notes)
	return Processor{
		Schema: Schema, ID: v.ID, PracticeID: v.PracticeID, Version: v.Version, ContractHours: v.ContractHours,
		SubProcessors: v.SubProcessors, Host: v.Host,
		Ended: !v.EndedAt.IsZero(), EndedAt: cut(v.EndedAt), UpdatedAt: cut(v.UpdatedAt), Sealed: sealed, Noted: notes,
	}, err
}

// ToProcessor returns the processor that the record keeps.
func (r Processor) ToProcessor(ctx context.Context, s Sealer) (registry.Processor, error) {
	var secret processorSecret
	if err := checkSchema(Processors, r.Schema); err != nil {
		return registry.Processor{}, err
	}
	if err := unseal(ctx, s, r.PracticeID, Processors, r.ID, r.Sealed, &secret); err != nil {
		return registry.Processor{}, err
	}
	return registry.Processor{
		ID: r.ID, PracticeID: r.PracticeID, Version: r.Version, Name: secret.Name, Contract: secret.Contract, Contact: secret.Contact, ContractHours: r.ContractHours,
		Regions: secret.Regions, CustomerRefs: secret.CustomerRefs, SubProcessors: r.SubProcessors, Host: r.Host,
		EndedAt: cut(r.EndedAt), UpdatedAt: cut(r.UpdatedAt),
	}, nil
}

func asString[T ~string](v T) string { return string(v) }

func as[T ~string](v string) T { return T(v) }

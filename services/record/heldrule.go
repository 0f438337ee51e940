package record

import (
	"datalek/incidents"
	"datalek/incidents/registry"
)

// heldRule is the stored form of incidents.HeldRule.
type heldRule struct {
	System          string                   `json:"system"`
	Relation        registry.Relation        `json:"relation"`
	Categories      []registry.Category      `json:"categories"`
	Identifiability registry.Identifiability `json:"identifiability"`
	KeySystem       string                   `json:"key_system"`
	Note            string                   `json:"note"`
	From            registry.RetainFrom      `json:"from"`
	Months          int                      `json:"months"`
	Source          string                   `json:"source"`
}

func fromHeldRule(v incidents.HeldRule) heldRule { return heldRule(v) }

func (r heldRule) toHeldRule() incidents.HeldRule { return incidents.HeldRule(r) }

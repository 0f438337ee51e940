package casework

import (
	"context"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// Preliminary returns exactly what goes by itself when nobody decides, as things
// stand now: each text and each reader.
func (o *Office) Preliminary(ctx context.Context, p registry.Practice, inc *incidents.Incident) ([]playbooks.Going, error) {
	unmade := func(audience incidents.Audience, _ int) string { return "preliminary-" + string(audience) }
	return o.book.Preliminary(ctx, o.store, p, inc, o.now(), unmade)
}

// StopPreliminary takes the plan back, with a reason.
func (o *Office) StopPreliminary(ctx context.Context, practice tenant.ID, id, reason string, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.StopPreliminary(reason, o.now(), by) })
}

// ResumePreliminary lets a stopped plan stand again.
func (o *Office) ResumePreliminary(ctx context.Context, practice tenant.ID, id string, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.ResumePreliminary(o.now(), by) })
}

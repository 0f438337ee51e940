package bundle_test

import (
	"errors"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/bundle"
)

func TestOfADrillThereIsNoFileForAnAuthority(t *testing.T) {
	m := bundle.New(bundle.Options{Now: func() time.Time { return time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC) }})
	_, _, err := m.Prepare(t.Context(), registry.Practice{ID: "d1", Drill: registry.Drill{Of: "p1"}}, "i1", incidents.Actor{Kind: register.ActorUser, ID: "anna"}, "Anna")
	if !errors.Is(err, fault.Conflict) {
		t.Errorf("it answers %v", err)
	}
}

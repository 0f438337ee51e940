package catalogue_test

import (
	"strings"
	"testing"

	"datalek/incidents/registry"
)

// A Belgian practitioner notes at a minor whether he can judge for himself.
func TestCapacityIsAskedInBelgiumAndKept(t *testing.T) {
	const asked = "Kan deze minderjarige zelf oordelen?"
	r := newRig(t)
	x := r.stored(r.add("p1", person("N-7", "Jan Proef")).ID)
	place := "/clients/" + x.ID + "/edit"
	if _, body := r.get(place); strings.Contains(body, asked) {
		t.Error("a Dutch practice is asked")
	}
	_, err := r.Store.UpdatePractice(t.Context(), "p1", func(p *registry.Practice) error { p.Authority = registry.GBA; return nil })
	if err != nil {
		t.Fatal(err)
	}
	_, body := r.get(place)
	if !strings.Contains(body, asked) {
		t.Fatal("a Belgian practice is not asked")
	}
	form := filled(body)
	form.Set("capacity", string(registry.NotCapable))
	r.follow(place, form)
	if got := r.stored(x.ID).Capacity; got != registry.NotCapable {
		t.Errorf("noted %q", got)
	}
}

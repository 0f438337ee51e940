package registry_test

import (
	"strings"
	"testing"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

func TestAProcessorIsNeverBelowItself(t *testing.T) {
	with := func(id string, below ...string) registry.Processor {
		return registry.Processor{ID: id, Name: id, SubProcessors: below}
	}
	for _, tt := range []struct {
		name   string
		p      registry.Processor
		others []registry.Processor
		round  bool
	}{
		{"firms that nobody lists are below it", with("host", "azure", "backup"), nil, false},
		{"the firm below has it below itself", with("host", "azure"), []registry.Processor{with("azure", "host")}, true},
		{"two firms further on it comes back", with("host", "a"), []registry.Processor{with("a", "b"), with("b", "c", "host")}, true},
		{"two ways to one firm are no circle", with("host", "a", "b"), []registry.Processor{with("a", "c"), with("b", "c")}, false},
		{"a circle of others ends", with("host", "a"), []registry.Processor{with("a", "b"), with("b", "a")}, false},
		{"what it said before counts no more", with("host", "a"), []registry.Processor{with("host", "b"), with("b", "host")}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.p.CheckBelow(tt.others)
			if (err != nil) != tt.round || err != nil && fault.Fields(err)[0].Field != "sub_processors" {
				t.Errorf("refused: %v, want %t", err, tt.round)
			}
		})
	}
}

func TestWhatIsNotedAboutAProcessorIsBounded(t *testing.T) {
	many := strings.Fields(strings.Repeat("x ", registry.MostNoted+1))
	for _, tt := range []struct {
		name, field string
		p           registry.Processor
	}{
		{"too many regions", "regions", registry.Processor{Regions: many}},
		{"too many customer numbers", "customer_refs", registry.Processor{CustomerRefs: many}},
		{"too many firms below", "sub_processors", registry.Processor{SubProcessors: many}},
		{"too long a region", "regions", registry.Processor{Regions: []string{strings.Repeat("é", registry.MostRegion+1)}}},
		{"too long a customer number", "customer_refs", registry.Processor{CustomerRefs: []string{strings.Repeat("1", registry.MostRef+1)}}},
		{"an empty customer number", "customer_refs", registry.Processor{CustomerRefs: []string{" "}}},
		{"a firm below whose id cannot be", "sub_processors", registry.Processor{SubProcessors: []string{"../azure"}}},
		{"itself below", "sub_processors", registry.Processor{SubProcessors: []string{"host"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.p.ID, tt.p.Name = "host", "Host"
			found := fault.Fields(tt.p.Validate())
			if len(found) != 1 || found[0].Field != tt.field {
				t.Errorf("faults = %v", found)
			}
		})
	}
	fine := registry.Processor{ID: "host", Name: "Host", Regions: many[:20], CustomerRefs: []string{strings.Repeat("é", registry.MostRef)}, SubProcessors: many[:20]}
	if err := fine.Validate(); err != nil {
		t.Error(err)
	}
}

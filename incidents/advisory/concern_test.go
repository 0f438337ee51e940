package advisory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/advisory"
	"datalek/incidents/registry"
)

// A practice as the tests' firms know it: two systems at ms, one at host, which
// engages cloud.
func practiceAtMS(change func(*registry.Processor)) []registry.Processor {
	ms := registry.Processor{ID: "ms", Name: "MS", CustomerRefs: []string{"K-1001", "praktijk.example"}, Regions: []string{"West Europe"}}
	if change != nil {
		change(&ms)
	}
	return []registry.Processor{ms, {ID: "host", Name: "Host", SubProcessors: []string{"cloud"}, Host: true}, {ID: "top", Name: "Top", SubProcessors: []string{"host"}}}
}

func systemsAtMS() []registry.System {
	return []registry.System{{ID: "datalek", Name: "datalek"}, {ID: "mailbox", Name: "Mailbox", ProcessorID: "ms", Services: []string{"Exchange Online"}},
		{ID: "agenda", Name: "Agenda", ProcessorID: "ms", Services: []string{"Outlook"}}, {ID: "files", Name: "Files", ProcessorID: "host"}, {ID: "paper", Name: "Paper"}}
}

func many(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("K-%d", 5000+i))
	}
	return list
}

const (
	tenant = "99999999-2222-3333-4444-555555555555"
	own    = "aaaaaaaa-2222-3333-4444-555555555555"
	other  = "bbbbbbbb-2222-3333-4444-555555555555"
)

func TestWhomAMessageConcerns(t *testing.T) {
	none := func(p *registry.Processor) { p.CustomerRefs, p.Regions = nil, nil }
	both := []string{"mailbox", "agenda"}
	ids := func(noted ...string) func(*registry.Processor) {
		return func(p *registry.Processor) { p.CustomerRefs, p.Regions = noted, nil }
	}
	aboutSubscription := func(id string) advisory.Advisory {
		return advisory.Advisory{Customers: []string{id}, Subscriptions: []string{id}}
	}
	for _, tt := range []struct {
		name     string
		reporter string
		change   func(*registry.Processor)
		said     advisory.Advisory
		systems  []string
		codes    []string
	}{
		{"a message that names nobody concerns all", "ms", nil, advisory.Advisory{}, both, []string{"uses"}},
		{"the practice's number is named", "ms", nil, advisory.Advisory{Customers: []string{"K-9", " k-1001 "}}, both, []string{"uses", "customer [K-1001]"}},
		{"its number is written otherwise", "ms", nil, advisory.Advisory{Customers: []string{"K1001"}}, both, []string{"uses", "customer [K-1001]"}},
		{"an address at its domain is named", "ms", nil, advisory.Advisory{Customers: []string{"Anna@Praktijk.example"}}, both, []string{"uses", "customer [praktijk.example]"}},
		{"other numbers alone are named", "ms", nil, advisory.Advisory{Customers: []string{"K-9"}}, nil, nil},
		{"other domains alone are named", "ms", nil, advisory.Advisory{Customers: []string{"elders.example"}}, nil, nil},
		{"a kind of reference that it did not note is named", "ms", nil, advisory.Advisory{Customers: []string{"11111111-2222-3333-4444-555555555555"}}, both, []string{"uses", "customer_kind []"}},
		{"a subscription is named, and it noted digits that may be its tenant's", "ms", ids(tenant), aboutSubscription(other), both, []string{"uses", "customer_kind []"}},
		{"a subscription is named, and it noted its tenant as such", "ms", ids("tenant " + tenant), aboutSubscription(other), both, []string{"uses", "customer_kind []"}},
		{"another subscription is named than it noted as such", "ms", ids("tenant "+tenant, "Abonnement: "+own), aboutSubscription(other), nil, nil},
		{"its subscription is named, which it noted as such", "ms", ids("subscription " + own), aboutSubscription(own), both, []string{"uses", "customer [subscription " + own + "]"}},
		{"its subscription is named, which it noted without the word", "ms", ids(tenant, own), aboutSubscription(strings.ToUpper(own)), both, []string{"uses", "customer [" + own + "]"}},
		{"digits of the same kind alone are named, and others", "ms", ids(own), advisory.Advisory{Customers: []string{other}}, nil, nil},
		{"a subscription is named, its tenant is noted, in another region", "ms", func(p *registry.Processor) { p.CustomerRefs = []string{tenant} },
			advisory.Advisory{Customers: []string{other}, Subscriptions: []string{other}, Regions: []string{"North Europe"}}, nil, nil},
		{"it noted no number", "ms", none, advisory.Advisory{Customers: []string{"K-9"}}, both, []string{"uses", "customer_unknown []"}},
		{"a list of customers so long that it may have been cut", "ms", nil, advisory.Advisory{Customers: many(advisory.MaxNames)}, both, []string{"uses", "customer_kind []"}},
		{"a long list that is whole", "ms", nil, advisory.Advisory{Customers: many(advisory.MaxNames - 1)}, nil, nil},
		{"its region, as a cloud writes it", "ms", nil, advisory.Advisory{Regions: []string{"northeurope", "westeurope"}}, both, []string{"uses", "region [West Europe]"}},
		{"all regions", "ms", nil, advisory.Advisory{Regions: []string{"Global"}}, both, []string{"uses", "region [West Europe]"}},
		{"another region", "ms", nil, advisory.Advisory{Regions: []string{"North Europe"}}, nil, nil},
		{"a region, and it noted none", "ms", none, advisory.Advisory{Regions: []string{"North Europe"}}, both, []string{"uses", "region_unknown []"}},
		{"its number in another region", "ms", nil, advisory.Advisory{Customers: []string{"K-1001"}, Regions: []string{"North Europe"}}, nil, nil},
		{"a service that it uses", "ms", nil, advisory.Advisory{Services: []string{"Exchange online"}}, []string{"mailbox"}, []string{"uses", "service [Mailbox]"}},
		{"a service that none of its systems is", "ms", nil, advisory.Advisory{Services: []string{"Teams"}}, nil, nil},
		{"a firm that it does not list", "zoom", nil, advisory.Advisory{}, nil, []string{"uses"}},
		{"the host holds this program", "host", nil, advisory.Advisory{}, []string{"datalek", "files"}, []string{"uses", "via [Top]"}},
		{"a service of the host, whose systems note none", "host", nil, advisory.Advisory{Services: []string{"Backup"}}, []string{"datalek", "files"}, []string{"uses", "service_unknown []", "via [Top]"}},
		{"a firm below the host", "cloud", nil, advisory.Advisory{Customers: []string{"K-9"}, Regions: []string{"us"}, Services: []string{"Blob"}}, []string{"datalek", "files"}, []string{"via [Host Top]"}},
		{"others by their own number, and it through a firm that engages the sender", "ms", func(p *registry.Processor) { p.SubProcessors = nil },
			advisory.Advisory{Customers: []string{"K-9"}}, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := advisory.ConcernOf(tt.reporter, practiceAtMS(tt.change), systemsAtMS(), tt.said)
			if got.Elsewhere != (tt.codes == nil) {
				t.Fatalf("concerns others = %t: %+v", got.Elsewhere, got)
			}
			if got.Elsewhere {
				return
			}
			var codes []string
			for _, c := range got.Causes {
				if c.Code == "uses" {
					codes = append(codes, "uses")
					continue
				}
				codes = append(codes, fmt.Sprintf("%s %v", c.Code, c.Names))
			}
			if diff := cmp.Diff([][]string{tt.systems, tt.codes}, [][]string{got.Systems, codes}); diff != "" {
				t.Errorf("systems and causes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhoIsLeftOutDirectlyIsReachedThroughAFirmOfHis(t *testing.T) {
	list := practiceAtMS(nil)
	list[1].SubProcessors = []string{"ms"}
	got := advisory.ConcernOf("ms", list, systemsAtMS(), advisory.Advisory{Customers: []string{"K-9"}})
	if got.Elsewhere || !cmp.Equal(got.Via, []string{"Host", "Top"}) || !cmp.Equal(got.Systems, []string{"datalek", "files"}) {
		t.Errorf("concern = %+v", got)
	}
}

func TestAMessageToOnesOwnAddressConcernsOneWhateverItNames(t *testing.T) {
	for _, said := range []advisory.Advisory{{Customers: []string{"K-9"}}, {Regions: []string{"us"}}, {Services: []string{"Teams"}}} {
		got := advisory.ConcernOfOwn("ms", practiceAtMS(nil), systemsAtMS(), said)
		if got.Elsewhere || len(got.Causes) != 1 || got.Causes[0].Code != "own_address" || len(got.Systems) != 2 {
			t.Errorf("%+v: concern = %+v", said, got)
		}
	}
}

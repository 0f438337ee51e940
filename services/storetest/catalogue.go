package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

func catalogueTests() []test {
	return []test{
		{"a system comes back as it was saved", systemComesBack},
		{"no categories, empty categories and an unknown encryption stay apart", systemNilOrEmpty},
		{"a system is replaced by id, its version one higher", systemReplaced},
		{"a system or processor replaces only the version it names", versionReplaced},
		{"of those who replace one version at once, one does", versionRaced},
		{"systems are paged by id", systemsPaged},
		{"a processor comes back, is replaced and paged", processorsKept},
		{"an endpoint is found by its token", endpointByToken},
		{"endpoints are listed for a practice, or for the operator", endpointsListed},
		{"an endpoint's last message is noted, another practice's is not", endpointTouched},
	}
}

func systemComesBack(ctx context.Context, t *testing.T, s Store) {
	want := systemOf(anna, "mailbox")
	want.EndedAt = at(60)
	created := answered[bool](t, "put")(s.PutSystem(ctx, want))
	same(t, "is new", true, created)
	want.Version = 1
	same(t, "system", want, answered[registry.System](t, "read")(s.System(ctx, anna, "mailbox")))
	_, err := s.System(ctx, anna, "unknown")
	refused(t, "an unknown system", err, fault.NotFound)
}

func systemNilOrEmpty(ctx context.Context, t *testing.T, s Store) {
	want := systemOf(anna, "paper")
	want.EncryptedAtRest, want.Services, want.Categories, want.ProcessorID = nil, nil, []registry.Category{}, ""
	answered[bool](t, "put")(s.PutSystem(ctx, want))
	want.Version = 1
	same(t, "system", want, answered[registry.System](t, "read")(s.System(ctx, anna, "paper")))
}

func systemReplaced(ctx context.Context, t *testing.T, s Store) {
	answered[bool](t, "put")(s.PutSystem(ctx, systemOf(anna, "mailbox")))
	next := systemOf(anna, "mailbox")
	next.Name, next.Categories, next.EncryptedAtRest = "Postvak", []registry.Category{registry.Health}, pointer(true)
	same(t, "is new", false, answered[bool](t, "put again")(s.PutSystem(ctx, next)))
	next.Version = 2
	same(t, "system", next, answered[registry.System](t, "read")(s.System(ctx, anna, "mailbox")))
	same(t, "the same id in another practice is new", true, answered[bool](t, "put")(s.PutSystem(ctx, systemOf(bert, "mailbox"))))
}

func versionReplaced(ctx context.Context, t *testing.T, s Store) {
	for name, put := range putsOf(s) {
		t.Run(name, func(t *testing.T) {
			_, err := put(ctx, 1)
			refused(t, "a version of what is not there", err, fault.Conflict)
			for version, fresh := range []bool{true, false, false} {
				same(t, "is new", fresh, answered[bool](t, "put over the one that stands")(put(ctx, int64(version))))
			}
			_, err = put(ctx, 2)
			refused(t, "an older version", err, fault.Conflict)
			_, err = put(ctx, 4)
			refused(t, "a version to come", err, fault.Conflict)
			same(t, "is new", false, answered[bool](t, "put over any")(put(ctx, 0)))
			same(t, "is new", false, answered[bool](t, "put over the next")(put(ctx, 4)))
		})
	}
}

// putsOf returns what writes a system or processor over a version.
func putsOf(s Store) map[string]func(context.Context, int64) (bool, error) {
	return map[string]func(context.Context, int64) (bool, error){
		"system": func(ctx context.Context, version int64) (bool, error) {
			v := systemOf(anna, "mailbox")
			v.Version = version
			return s.PutSystem(ctx, v)
		},
		"processor": func(ctx context.Context, version int64) (bool, error) {
			v := processorOf(anna, "microsoft-365")
			v.Version = version
			return s.PutProcessor(ctx, v)
		},
	}
}

func versionRaced(ctx context.Context, t *testing.T, s Store) {
	for name, put := range putsOf(s) {
		answered[bool](t, "put "+name)(put(ctx, 0))
		var won atomic.Int32
		race(writers, func(int) {
			if _, err := put(ctx, 1); err == nil {
				won.Add(1)
			} else {
				refused(t, "the others", err, fault.Conflict)
			}
		})
		same(t, "who replaced the "+name, int32(1), won.Load())
	}
}

func systemsPaged(ctx context.Context, t *testing.T, s Store) {
	var want []string
	for n := range 7 {
		id := fmt.Sprintf("system-%d", 6-n)
		want = append(want, id)
		answered[bool](t, "put")(s.PutSystem(ctx, systemOf(anna, id)))
	}
	answered[bool](t, "put")(s.PutSystem(ctx, systemOf(bert, "system-3b")))
	slices.Sort(want)
	got := walk(t, 3, func(v registry.System) string { return v.ID },
		func(after string, limit int) ([]registry.System, error) { return s.Systems(ctx, anna, after, limit) }, nil)
	same(t, "ids", want, got)
}

func processorsKept(ctx context.Context, t *testing.T, s Store) {
	want := processorOf(anna, "microsoft-365")
	same(t, "is new", true, answered[bool](t, "put")(s.PutProcessor(ctx, want)))
	want.ContractHours, want.Name, want.EndedAt = nil, "Anders", at(9)
	same(t, "is new", false, answered[bool](t, "put again")(s.PutProcessor(ctx, want)))
	want.Version = 2
	same(t, "processor", want, answered[registry.Processor](t, "read")(s.Processor(ctx, anna, "microsoft-365")))
	for _, id := range []string{"zivver", "agenda-nl", "google"} {
		answered[bool](t, "put")(s.PutProcessor(ctx, processorOf(anna, id)))
	}
	got := walk(t, 2, func(v registry.Processor) string { return v.ID },
		func(after string, limit int) ([]registry.Processor, error) {
			return s.Processors(ctx, anna, after, limit)
		}, nil)
	same(t, "ids", []string{"agenda-nl", "google", "microsoft-365", "zivver"}, got)
	_, err := s.Processor(ctx, anna, "unknown")
	refused(t, "an unknown processor", err, fault.NotFound)
}

func endpointByToken(ctx context.Context, t *testing.T, s Store) {
	want := endpointOf(anna, "endpoint-1")
	ok(t, "create", s.CreateEndpoint(ctx, want))
	same(t, "endpoint", want, answered[registry.Endpoint](t, "read")(s.EndpointByToken(ctx, want.TokenHash)))
	twin := endpointOf(bert, "endpoint-2")
	twin.TokenHash = want.TokenHash
	refused(t, "a known token", s.CreateEndpoint(ctx, twin), fault.Duplicate)
	_, err := s.EndpointByToken(ctx, "hash-of-nothing")
	refused(t, "an unknown token", err, fault.NotFound)
}

func endpointsListed(ctx context.Context, t *testing.T, s Store) {
	google := endpointOf(anna, "endpoint-3")
	google.ProcessorID = "google"
	for _, e := range []registry.Endpoint{endpointOf(anna, "endpoint-1"), endpointOf("", "endpoint-2"), google, endpointOf(bert, "endpoint-4")} {
		ok(t, "create", s.CreateEndpoint(ctx, e))
	}
	list := answered[[]registry.Endpoint](t, "anna's")(s.Endpoints(ctx, anna, "microsoft-365"))
	same(t, "anna's", []registry.Endpoint{endpointOf(anna, "endpoint-1")}, list)
	list = answered[[]registry.Endpoint](t, "the operator's")(s.Endpoints(ctx, "", "microsoft-365"))
	same(t, "the operator's", []registry.Endpoint{endpointOf("", "endpoint-2")}, list)
	none, err := s.Endpoints(ctx, anna, "zivver")
	empty(t, "of a processor without", none, err)
}

func endpointTouched(ctx context.Context, t *testing.T, s Store) {
	want, operators := endpointOf(anna, "endpoint-1"), endpointOf("", "endpoint-2")
	ok(t, "create", s.CreateEndpoint(ctx, want))
	ok(t, "create the operator's", s.CreateEndpoint(ctx, operators))
	ok(t, "touch", s.TouchEndpoint(ctx, anna, "endpoint-1", at(50)))
	want.LastAt = at(50)
	same(t, "touched", want, answered[registry.Endpoint](t, "read")(s.EndpointByToken(ctx, want.TokenHash)))
	refused(t, "touching another's", s.TouchEndpoint(ctx, bert, "endpoint-1", at(51)), fault.NotFound)
	ok(t, "touch the operator's", s.TouchEndpoint(ctx, "", "endpoint-2", at(52)))
	changed := answered[registry.Endpoint](t, "update the operator's")(s.UpdateEndpoint(ctx, "", "endpoint-2", func(e *registry.Endpoint) error {
		e.Rotate("whsec_three", at(60))
		return nil
	}))
	operators.Version, operators.LastAt = 2, at(52)
	operators.Rotate("whsec_three", at(60))
	same(t, "changed", operators, changed)
	same(t, "the operator's", operators, answered[registry.Endpoint](t, "read")(s.EndpointByToken(ctx, operators.TokenHash)))
	_, err := s.UpdateEndpoint(ctx, bert, "endpoint-2", func(*registry.Endpoint) error { return nil })
	refused(t, "changing another's", err, fault.NotFound)
}

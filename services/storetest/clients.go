package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

func clientTests() []test {
	return []test{
		{"a client comes back as he was saved", clientComesBack},
		{"nothing known and nothing there stay apart", clientNilOrEmpty},
		{"a known number updates under the stored id, which is written back", clientReplaced},
		{"a new client never takes the place of another", clientCreated},
		{"of those who create one number at once, one does", clientCreatedByMany},
		{"a number twice in one call is one client", clientTwiceInOneCall},
		{"clients are found by id, number and address in any case", clientsFound},
		{"those who share an address are all found by it", clientsSharing},
		{"an address that was taken away finds nobody", clientMoved},
		{"a client cannot take another's number", clientTakesNumber},
		{"matching gets everything but the person", clientsMatchable},
		{"clients are counted", clientsCounted},
		{"paging over 1,000 is stable while others are added", clientsPaged},
		{"writers of one number end with one client", clientRaced},
	}
}

func putClients(ctx context.Context, t *testing.T, s Store, practice tenant.ID, list ...registry.Client) []bool {
	t.Helper()
	return answered[[]bool](t, "put clients")(s.PutClients(ctx, practice, list))
}

func idOfClient(c registry.Client) string { return c.ID }

func clientComesBack(ctx context.Context, t *testing.T, s Store) {
	want := clientOf(anna, "client-1", "c-1")
	want.UpdatedAt = want.UpdatedAt.Add(999 * time.Microsecond)
	same(t, "created", []bool{true}, putClients(ctx, t, s, anna, want))
	want.UpdatedAt, want.Version = at(3), 1
	same(t, "client", want, answered[registry.Client](t, "read")(s.Client(ctx, anna, "client-1")))
	_, err := s.Client(ctx, anna, "client-unknown")
	refused(t, "an unknown client", err, fault.NotFound)
}

func clientNilOrEmpty(ctx context.Context, t *testing.T, s Store) {
	bare := registry.Client{ID: "client-bare", PracticeID: anna, Language: "en", Relation: registry.RelationOther,
		Person: registry.Person{ExternalID: "c-bare", Name: "Bare"}, HoldingsByRule: true}
	none := bare
	none.ID, none.Person.ExternalID, none.HoldingsByRule = "client-none", "c-none", false
	none.Guardians, none.Guidance, none.Holdings = []string{}, []registry.Guidance{}, []registry.Holding{}
	putClients(ctx, t, s, anna, bare, none)
	bare.Version, none.Version = 1, 1
	same(t, "nil lists", bare, answered[registry.Client](t, "read")(s.Client(ctx, anna, "client-bare")))
	same(t, "empty lists", none, answered[registry.Client](t, "read")(s.Client(ctx, anna, "client-none")))
}

func clientReplaced(ctx context.Context, t *testing.T, s Store) {
	putClients(ctx, t, s, anna, clientOf(anna, "client-1", "c-1"))
	list := []registry.Client{clientOf(anna, "client-2", "c-2"), clientOf(anna, "client-other", "c-1")}
	list[1].Person.Name, list[1].Holdings = "Andere Naam", nil
	same(t, "created", []bool{true, false}, putClients(ctx, t, s, anna, list...))
	same(t, "the ids written back", []string{"client-2", "client-1"}, mapped(list, idOfClient))
	same(t, "the versions written back", []int64{1, 2}, mapped(list, func(c registry.Client) int64 { return c.Version }))
	want := clientOf(anna, "client-1", "c-1")
	want.Person.Name, want.Holdings, want.Version = "Andere Naam", nil, 2
	same(t, "client", want, answered[registry.Client](t, "read")(s.Client(ctx, anna, "client-1")))
	_, err := s.Client(ctx, anna, "client-other")
	refused(t, "the id that was carried", err, fault.NotFound)
	same(t, "the same number in another practice", []bool{true}, putClients(ctx, t, s, bert, clientOf(bert, "client-b", "c-1")))
}

func clientCreated(ctx context.Context, t *testing.T, s Store) {
	want := clientOf(anna, "client-1", "c-1")
	got := answered[registry.Client](t, "create")(s.CreateClient(ctx, want))
	want.Version = 1
	same(t, "returned", want, got)
	same(t, "stored", want, answered[registry.Client](t, "read")(s.Client(ctx, anna, "client-1")))
	_, err := s.CreateClient(ctx, clientOf(anna, "client-2", "c-1"))
	refused(t, "a known number", err, fault.Duplicate)
	_, err = s.CreateClient(ctx, clientOf(anna, "client-1", "c-2"))
	refused(t, "a known id", err, fault.Duplicate)
	_, err = s.CreateClient(ctx, clientOf(bert, "client-b", "c-1"))
	ok(t, "the same number in another practice", err)
	same(t, "count", int64(1), answered[int64](t, "count")(s.CountClients(ctx, anna)))
}

func clientCreatedByMany(ctx context.Context, t *testing.T, s Store) {
	var won atomic.Int32
	race(writers, func(worker int) {
		_, err := s.CreateClient(ctx, clientOf(anna, fmt.Sprintf("client-%d", worker), "c-1"))
		if err == nil {
			won.Add(1)
		} else {
			refused(t, "the others", err, fault.Duplicate)
		}
	})
	same(t, "who created him", int32(1), won.Load())
}

func clientTwiceInOneCall(ctx context.Context, t *testing.T, s Store) {
	list := []registry.Client{clientOf(anna, "client-1", "c-1"), clientOf(anna, "client-2", "c-1")}
	same(t, "created", []bool{true, false}, putClients(ctx, t, s, anna, list...))
	same(t, "the ids written back", []string{"client-1", "client-1"}, mapped(list, idOfClient))
	same(t, "count", int64(1), answered[int64](t, "count")(s.CountClients(ctx, anna)))
}

func clientsFound(ctx context.Context, t *testing.T, s Store) {
	for n := range 5 {
		putClients(ctx, t, s, anna, clientOf(anna, fmt.Sprintf("client-%d", n), fmt.Sprintf("c-%d", n)))
	}
	putClients(ctx, t, s, bert, clientOf(bert, "client-b", "c-1"))
	found := func(what string) func([]registry.Client, error) {
		return func(list []registry.Client, err error) {
			t.Helper()
			ok(t, what, err)
			ids := mapped(list, idOfClient)
			slices.Sort(ids)
			same(t, what, []string{"client-1", "client-3"}, ids)
		}
	}
	found("by id")(s.ClientsByIDs(ctx, anna, []string{"client-3", "unknown", "client-1", "client-3", "client-b"}))
	found("by number")(s.ClientsByExternalIDs(ctx, anna, []string{"c-1", "c-9", "c-3"}))
	found("by address")(s.ClientsByEmails(ctx, anna, []string{"C-1@EXAMPLE.ORG", " c-3@example.org ", "nobody@example.org"}))
	none, err := s.ClientsByIDs(ctx, anna, nil)
	empty(t, "by no id", none, err)
	none, err = s.ClientsByExternalIDs(ctx, anna, []string{"C-1"})
	empty(t, "a number in another case", none, err)
	none, err = s.ClientsByEmails(ctx, anna, nil)
	empty(t, "by no address", none, err)
}

func clientsSharing(ctx context.Context, t *testing.T, s Store) {
	one, two, bare := clientOf(anna, "client-1", "c-1"), clientOf(anna, "client-2", "c-2"), clientOf(anna, "client-3", "c-3")
	one.Person.Email, two.Person.Email, bare.Person.Email = "Thuis@example.org", "thuis@EXAMPLE.org", ""
	putClients(ctx, t, s, anna, one, two, bare)
	list := answered[[]registry.Client](t, "by address")(s.ClientsByEmails(ctx, anna, []string{"thuis@example.org"}))
	ids := mapped(list, idOfClient)
	slices.Sort(ids)
	same(t, "who reads it", []string{"client-1", "client-2"}, ids)
	none, err := s.ClientsByEmails(ctx, anna, []string{"", " "})
	empty(t, "no address finds nobody, not those without one", none, err)
}

func clientMoved(ctx context.Context, t *testing.T, s Store) {
	putClients(ctx, t, s, anna, clientOf(anna, "client-1", "c-1"))
	_, err := s.UpdateClient(ctx, anna, "client-1", func(c *registry.Client) error {
		c.Person.Email, c.Person.ExternalID = "nieuw@example.org", "c-new"
		return nil
	})
	ok(t, "update", err)
	none, err := s.ClientsByEmails(ctx, anna, []string{"c-1@example.org"})
	empty(t, "the old address", none, err)
	none, err = s.ClientsByExternalIDs(ctx, anna, []string{"c-1"})
	empty(t, "the old number", none, err)
	list := answered[[]registry.Client](t, "the new address")(s.ClientsByEmails(ctx, anna, []string{"nieuw@example.org"}))
	same(t, "the new address", []string{"client-1"}, mapped(list, idOfClient))
	list = answered[[]registry.Client](t, "the new number")(s.ClientsByExternalIDs(ctx, anna, []string{"c-new"}))
	same(t, "the new number", []string{"client-1"}, mapped(list, idOfClient))
}

func clientTakesNumber(ctx context.Context, t *testing.T, s Store) {
	putClients(ctx, t, s, anna, clientOf(anna, "client-1", "c-1"), clientOf(anna, "client-2", "c-2"))
	putClients(ctx, t, s, bert, clientOf(bert, "client-3", "c-3"))
	take := func(number string) error {
		_, err := s.UpdateClient(ctx, anna, "client-2", func(c *registry.Client) error { c.Person.ExternalID = number; return nil })
		return err
	}
	refused(t, "a number that is taken", take("c-1"), fault.Duplicate)
	same(t, "number", "c-2", answered[registry.Client](t, "read")(s.Client(ctx, anna, "client-2")).Person.ExternalID)
	ok(t, "a number that only another practice has", take("c-3"))
}

func clientsMatchable(ctx context.Context, t *testing.T, s Store) {
	one, two := clientOf(anna, "client-1", "c-1"), clientOf(anna, "client-2", "c-2")
	two.Holdings, two.HoldingsByRule, two.Guidance = nil, true, nil
	putClients(ctx, t, s, anna, two, one)
	one.Version, two.Version = 1, 1
	one.Person, two.Person = registry.Person{}, registry.Person{}
	list := answered[[]registry.Client](t, "matchable")(s.MatchableClients(ctx, anna, "", 10))
	same(t, "clients", []registry.Client{one, two}, list)
	list = answered[[]registry.Client](t, "matchable")(s.MatchableClients(ctx, anna, "client-1", 10))
	same(t, "after the first", []string{"client-2"}, mapped(list, idOfClient))
	list = answered[[]registry.Client](t, "matchable")(s.MatchableClients(ctx, anna, "", 1))
	same(t, "at most one", []string{"client-1"}, mapped(list, idOfClient))
}

func clientsCounted(ctx context.Context, t *testing.T, s Store) {
	same(t, "none", int64(0), answered[int64](t, "count")(s.CountClients(ctx, anna)))
	putClients(ctx, t, s, anna, clientOf(anna, "client-1", "c-1"), clientOf(anna, "client-2", "c-2"))
	putClients(ctx, t, s, bert, clientOf(bert, "client-3", "c-3"))
	same(t, "anna's", int64(2), answered[int64](t, "count")(s.CountClients(ctx, anna)))
}

// manyClients puts n clients with ids client-00000, client-00010 and so on.
func manyClients(ctx context.Context, t testing.TB, s Store, practice tenant.ID, n int) []string {
	t.Helper()
	var ids []string
	var list []registry.Client
	for i := range n {
		id := fmt.Sprintf("client-%05d", i*10)
		ids = append(ids, id)
		list = append(list, clientOf(practice, id, fmt.Sprintf("c-%d", i)))
	}
	for part := range slices.Chunk(list, 500) {
		_, err := s.PutClients(ctx, practice, part)
		ok(t, "put clients", err)
	}
	return ids
}

func clientsPaged(ctx context.Context, t *testing.T, s Store) {
	want := manyClients(ctx, t, s, anna, 1_050)
	putClients(ctx, t, s, bert, clientOf(bert, "client-00055", "c-1"))
	added := false
	read := func(after string, limit int) ([]registry.Client, error) { return s.Clients(ctx, anna, after, limit) }
	got := walk(t, 100, idOfClient, read, func() {
		putClients(ctx, t, s, anna, clientOf(anna, "client-00005", "c-before"), clientOf(anna, "client-05005", "c-behind"))
		added = true
	})
	same(t, "added while paging", true, added)
	want = append(want, "client-05005") // behind the page that was read; the other lies before it
	slices.Sort(want)
	same(t, "ids", want, got)
}

func clientRaced(ctx context.Context, t *testing.T, s Store) {
	race(writers, func(worker int) {
		for n := range 3 {
			c := clientOf(anna, fmt.Sprintf("client-of-%d", worker), fmt.Sprintf("c-%d", n))
			c.ID = fmt.Sprintf("%s-%d", c.ID, n)
			if _, err := s.PutClients(ctx, anna, []registry.Client{c}); err != nil {
				t.Errorf("put: %v", err)
			}
		}
	})
	same(t, "count", int64(3), answered[int64](t, "count")(s.CountClients(ctx, anna)))
	list := answered[[]registry.Client](t, "by number")(s.ClientsByExternalIDs(ctx, anna, []string{"c-0", "c-1", "c-2"}))
	same(t, "found by number", 3, len(list))
	for _, c := range list {
		same(t, "version: each of the writers counts", int64(writers), c.Version)
	}
}

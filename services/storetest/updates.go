package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// guarded is one of the Update methods, with a number in the aggregate that the
// tests count up.
type guarded struct {
	name   string
	create func(ctx context.Context, t testing.TB, s Store)
	// update runs the method on id and gives what it returned.
	update func(ctx context.Context, s Store, id string, change func(number *int) error) (counted, error)
	read   func(ctx context.Context, s Store) (counted, error)
}

// counted is what the tests see of an aggregate.
type counted struct {
	version int64
	number  int
}

// the one aggregate of each kind
const guardedID = "guarded-1"

func updateTests() []test {
	var tests []test
	for _, g := range []guarded{guardedPractice(), guardedClient(), guardedReport(), guardedIncident(), guardedNotice(), guardedDelivery(), guardedUser(), guardedEndpoint()} {
		tests = append(tests,
			test{g.name + " is saved with its version one higher", g.saves},
			test{g.name + " stays as it is when the change refuses", g.refuses},
			test{g.name + " that is unknown is not changed", g.unknown},
			test{g.name + " keeps the counts of eight writers", g.counts},
			test{g.name + " keeps a write that came in between", g.nested},
		)
	}
	return tests
}

func plusOne(number *int) error { *number++; return nil }

// insist runs do until it no longer loses its race.
func insist(do func() error) error {
	for {
		if err := do(); !errors.Is(err, fault.Conflict) {
			return err
		}
	}
}

func (g guarded) saves(ctx context.Context, t *testing.T, s Store) {
	g.create(ctx, t, s)
	start := answered[counted](t, "read")(g.read(ctx, s))
	for n := range 3 {
		want := counted{start.version + int64(n) + 1, start.number + n + 1}
		got := answered[counted](t, "update")(g.update(ctx, s, guardedID, plusOne))
		if got != want {
			t.Errorf("update %d gave %+v, want %+v", n+1, got, want)
		}
		if stored := answered[counted](t, "read")(g.read(ctx, s)); stored != want {
			t.Errorf("update %d stored %+v, want %+v", n+1, stored, want)
		}
	}
}

func (g guarded) refuses(ctx context.Context, t *testing.T, s Store) {
	g.create(ctx, t, s)
	before := answered[counted](t, "read")(g.read(ctx, s))
	reason := errors.New("the change's own reason")
	_, err := g.update(ctx, s, guardedID, func(number *int) error { *number += 7; return reason })
	if !errors.Is(err, reason) {
		t.Errorf("got error %v, want the change's own", err)
	}
	if after := answered[counted](t, "read")(g.read(ctx, s)); after != before {
		t.Errorf("stored %+v, want %+v", after, before)
	}
}

func (g guarded) unknown(ctx context.Context, t *testing.T, s Store) {
	g.create(ctx, t, s)
	ran := false
	_, err := g.update(ctx, s, "unknown", func(*int) error { ran = true; return nil })
	refused(t, "update", err, fault.NotFound)
	same(t, "the change ran", false, ran)
}

func (g guarded) counts(ctx context.Context, t *testing.T, s Store) {
	const each = 10
	g.create(ctx, t, s)
	start := answered[counted](t, "read")(g.read(ctx, s))
	race(writers, func(int) {
		for range each {
			err := insist(func() error { _, err := g.update(ctx, s, guardedID, plusOne); return err })
			if err != nil {
				t.Errorf("update: %v", err)
				return
			}
		}
	})
	want := counted{start.version + writers*each, start.number + writers*each}
	if got := answered[counted](t, "read")(g.read(ctx, s)); got != want {
		t.Errorf("after %d updates %+v, want %+v", writers*each, got, want)
	}
}

// nested writes once more from within the change. A store that lets no other
// writer in meanwhile makes that write wait and give up; one that does must
// notice. Either way each write that was acknowledged counts.
func (g guarded) nested(ctx context.Context, t *testing.T, s Store) {
	g.create(ctx, t, s)
	start := answered[counted](t, "read")(g.read(ctx, s))
	wrote := 0
	var once sync.Once
	_, err := g.update(ctx, s, guardedID, func(number *int) error {
		once.Do(func() {
			short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			if _, err := g.update(short, s, guardedID, plusOne); err == nil {
				wrote++
			}
		})
		return plusOne(number)
	})
	ok(t, "the outer update, which tries again", err)
	want := counted{start.version + int64(wrote) + 1, start.number + wrote + 1}
	if got := answered[counted](t, "read")(g.read(ctx, s)); got != want {
		t.Errorf("after %d writes in between %+v, want %+v", wrote, got, want)
	}
}

func guardedPractice() guarded {
	seen := func(p registry.Practice, err error) (counted, error) {
		return counted{p.Version, p.Policy.RetainMonths}, err
	}
	return guarded{"a practice",
		func(ctx context.Context, t testing.TB, s Store) {
			ok(t, "create", s.CreatePractice(ctx, practiceOf(guardedID)))
		},
		func(ctx context.Context, s Store, id string, change func(*int) error) (counted, error) {
			return seen(s.UpdatePractice(ctx, tenant.ID(id), func(p *registry.Practice) error { return change(&p.Policy.RetainMonths) }))
		},
		func(ctx context.Context, s Store) (counted, error) { return seen(s.Practice(ctx, guardedID)) },
	}
}

func guardedClient() guarded {
	seen := func(c registry.Client, err error) (counted, error) { return counted{c.Version, c.BirthYear}, err }
	return guarded{"a client",
		func(ctx context.Context, t testing.TB, s Store) {
			_, err := s.PutClients(ctx, anna, []registry.Client{clientOf(anna, guardedID, "c-1")})
			ok(t, "put", err)
		},
		func(ctx context.Context, s Store, id string, change func(*int) error) (counted, error) {
			return seen(s.UpdateClient(ctx, anna, id, func(c *registry.Client) error { return change(&c.BirthYear) }))
		},
		func(ctx context.Context, s Store) (counted, error) { return seen(s.Client(ctx, anna, guardedID)) },
	}
}

func guardedReport() guarded {
	seen := func(r *incidents.Report, err error) (counted, error) {
		if err != nil {
			return counted{}, err
		}
		return counted{r.Version, r.Clock.Told}, nil
	}
	return guarded{"a report",
		func(ctx context.Context, t testing.TB, s Store) {
			ok(t, "create", s.CreateReport(ctx, reportOf(anna, guardedID, at(0))))
		},
		func(ctx context.Context, s Store, id string, change func(*int) error) (counted, error) {
			return seen(s.UpdateReport(ctx, anna, id, func(r *incidents.Report) error { return change(&r.Clock.Told) }))
		},
		func(ctx context.Context, s Store) (counted, error) { return seen(s.Report(ctx, anna, guardedID)) },
	}
}

func guardedIncident() guarded {
	seen := func(i *incidents.Incident, err error) (counted, error) {
		if err != nil {
			return counted{}, err
		}
		return counted{i.Version, i.Assessment.Came}, nil
	}
	return guarded{"a case",
		func(ctx context.Context, t testing.TB, s Store) {
			createIncident(ctx, t, s, busyIncident(anna, guardedID))
		},
		func(ctx context.Context, s Store, id string, change func(*int) error) (counted, error) {
			return seen(s.UpdateIncident(ctx, anna, id, func(i *incidents.Incident) error { return change(&i.Assessment.Came) }))
		},
		func(ctx context.Context, s Store) (counted, error) { return seen(s.Incident(ctx, anna, guardedID)) },
	}
}

func guardedNotice() guarded {
	seen := func(n *incidents.Notice, err error) (counted, error) {
		if err != nil {
			return counted{}, err
		}
		return counted{n.Version, n.Recipients}, nil
	}
	return guarded{"a notice",
		func(ctx context.Context, t testing.TB, s Store) {
			createNotice(ctx, t, s, noticeOf(incidentOf(anna, "incident-1", at(0)), guardedID))
		},
		func(ctx context.Context, s Store, id string, change func(*int) error) (counted, error) {
			return seen(s.UpdateNotice(ctx, anna, id, func(n *incidents.Notice) error { return change(&n.Recipients) }))
		},
		func(ctx context.Context, s Store) (counted, error) { return seen(s.Notice(ctx, anna, guardedID)) },
	}
}

func guardedDelivery() guarded {
	seen := func(d incidents.Delivery, err error) (counted, error) {
		number, _ := strconv.Atoi(d.To.Word)
		return counted{d.Version, number}, err
	}
	return guarded{"a delivery",
		func(ctx context.Context, t testing.TB, s Store) {
			row := deliveryOf(noticeOf(incidentOf(anna, "incident-1", at(0)), "notice-1"), "client-1")
			row.ID = guardedID
			putDeliveries(ctx, t, s, row)
		},
		func(ctx context.Context, s Store, id string, change func(*int) error) (counted, error) {
			return seen(s.UpdateDelivery(ctx, anna, id, func(d *incidents.Delivery) error {
				number, _ := strconv.Atoi(d.To.Word)
				err := change(&number)
				d.To.Word = strconv.Itoa(number)
				return err
			}))
		},
		func(ctx context.Context, s Store) (counted, error) { return seen(s.Delivery(ctx, anna, guardedID)) },
	}
}

func guardedUser() guarded {
	seen := func(u registry.User, err error) (counted, error) {
		number, _ := strconv.Atoi(u.Language)
		return counted{u.Version, number}, err
	}
	return guarded{"a user",
		func(ctx context.Context, t testing.TB, s Store) {
			u := userOf(guardedID, "anna@example.org")
			u.Language = "0"
			ok(t, "create", s.CreateUser(ctx, u))
		},
		func(ctx context.Context, s Store, id string, change func(*int) error) (counted, error) {
			return seen(s.UpdateUser(ctx, id, func(u *registry.User) error {
				number, _ := strconv.Atoi(u.Language)
				err := change(&number)
				u.Language = strconv.Itoa(number)
				return err
			}))
		},
		func(ctx context.Context, s Store) (counted, error) { return seen(s.User(ctx, guardedID)) },
	}
}

func guardedEndpoint() guarded {
	seen := func(e registry.Endpoint, err error) (counted, error) {
		number, _ := strconv.Atoi(e.Token)
		return counted{e.Version, number}, err
	}
	return guarded{"an endpoint",
		func(ctx context.Context, t testing.TB, s Store) {
			e := endpointOf(anna, guardedID)
			e.Token = "0"
			ok(t, "create", s.CreateEndpoint(ctx, e))
		},
		func(ctx context.Context, s Store, id string, change func(*int) error) (counted, error) {
			return seen(s.UpdateEndpoint(ctx, anna, id, func(e *registry.Endpoint) error {
				number, _ := strconv.Atoi(e.Token)
				err := change(&number)
				e.Token = strconv.Itoa(number)
				return err
			}))
		},
		func(ctx context.Context, s Store) (counted, error) {
			return seen(s.EndpointByToken(ctx, "hash-of-"+guardedID))
		},
	}
}

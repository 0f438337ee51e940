package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

func isolationTests() []test {
	return []test{
		{"every method is in the table of calls", callsComplete},
		{"another practice finds nothing and changes nothing, at any method", strangersSeeNothing},
		{"the same calls find and change what is the practice's own", ownersSeeAll},
		{"two practices with the same ids do not mix", practicesApart},
	}
}

// callsComplete keeps the table honest: a new method of the contract must be
// tried from another practice too.
func callsComplete(_ context.Context, t *testing.T, _ Store) {
	var want []string
	store := reflect.TypeFor[Store]()
	for n := range store.NumMethod() {
		if name := store.Method(n).Name; name != "Close" {
			want = append(want, name)
		}
	}
	got := mapped(calls(), func(c call) string { return c.name })
	slices.Sort(got)
	same(t, "methods", want, got)
}

func strangersSeeNothing(ctx context.Context, t *testing.T, s Store) {
	w := fill(ctx, t, s, anna)
	ok(t, "create practice", s.CreatePractice(ctx, practiceOf(bert)))
	before := everything(ctx, t, s, w)
	for _, c := range callsOf(finds, alters, adds) {
		found, err := c.do(ctx, s, bert, w)
		if c.kind == finds && (err != nil && !errors.Is(err, fault.NotFound) || err == nil && !nothing(found)) {
			t.Errorf("%s gives another practice %+v and error %v, want nothing or %s", c.name, found, err, fault.NotFound)
		}
		if diff := difference(before, everything(ctx, t, s, w)); diff != "" {
			t.Fatalf("%s from another practice changed this one's (-before +after):\n%s", c.name, diff)
		}
	}
}

// ownersSeeAll shows that the calls of the test above would find and change
// something if the practice's id did not stand in their way.
func ownersSeeAll(ctx context.Context, t *testing.T, s Store) {
	w := fill(ctx, t, s, anna)
	for _, c := range callsOf(finds, alters) {
		before := everything(ctx, t, s, w)
		found, err := c.do(ctx, s, anna, w)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.kind == finds && nothing(found) {
			t.Errorf("%s finds nothing of the practice's own", c.name)
		}
		if c.kind == alters && difference(before, everything(ctx, t, s, w)) == "" {
			t.Errorf("%s changes nothing of the practice's own", c.name)
		}
	}
}

// callsOf returns the calls of some kinds, kind by kind: what finds comes before
// what makes something to be found.
func callsOf(kinds ...manner) []call {
	var list []call
	for _, kind := range kinds {
		for _, c := range calls() {
			if c.kind == kind {
				list = append(list, c)
			}
		}
	}
	return list
}

// nothing reports whether an answer tells of no record.
func nothing(answer any) bool {
	v := reflect.ValueOf(answer)
	if !v.IsValid() || v.IsZero() {
		return true
	}
	switch v.Kind() {
	case reflect.Slice:
		return v.Len() == 0
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if !v.MapIndex(key).IsZero() {
				return false
			}
		}
		return true
	default:
		return false
	}
}

func practicesApart(ctx context.Context, t *testing.T, s Store) {
	for _, practice := range []string{anna, bert} {
		answered[bool](t, "put")(s.PutSystem(ctx, systemOf(tenant.ID(practice), worldSystem)))
		putClients(ctx, t, s, tenant.ID(practice), clientOf(tenant.ID(practice), "client-of-"+practice, "c-1"))
		createIncident(ctx, t, s, incidentOf(tenant.ID(practice), "incident-of-"+practice, at(0)))
		begin(ctx, t, s, requestOf(tenant.ID(practice)))
	}
	for _, practice := range []string{anna, bert} {
		got := answered[string](t, "system")(practiceOfSystem(ctx, s, tenant.ID(practice)))
		same(t, "the system's practice", practice, got)
		byMail, err := s.ClientsByEmails(ctx, tenant.ID(practice), []string{"c-1@example.org"})
		ok(t, "by address", err)
		same(t, "who has the address", []string{"client-of-" + practice}, mapped(byMail, idOfClient))
		byNumber, err := s.ClientsByExternalIDs(ctx, tenant.ID(practice), []string{"c-1"})
		ok(t, "by number", err)
		same(t, "who has the number", []string{"client-of-" + practice}, mapped(byNumber, idOfClient))
		list, err := s.OpenIncidents(ctx, tenant.ID(practice), "", 10)
		ok(t, "open incidents", err)
		same(t, "cases", []string{"incident-of-" + practice}, mapped(list, idOfIncident))
	}
}

func practiceOfSystem(ctx context.Context, s Store, practice tenant.ID) (string, error) {
	system, err := s.System(ctx, practice, worldSystem)
	return string(system.PracticeID), err
}

package main_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/casework"
)

// A confidential adviser's mailbox leaks. She phones first, mails who has asked
// for mail, and decides whether the one complained about hears of it: the letter
// box and the register say who was told, and who was not and why.
func TestStoryOfSomebodyWhoIsComplainedAbout(t *testing.T) {
	h := newHouse(t, nil)
	h.advises(t)
	ctx := context.Background()
	n := h.draft()
	inc := n.IncidentID
	if n.Recipients != 2 || n.ByEmail != 1 {
		t.Fatalf("%d readers, %d by mail; want the one who is phoned and the one who wished mail", n.Recipients, n.ByEmail)
	}
	found, err := h.store.AffectedPage(ctx, "p-1", inc, 1, []incidents.Group{incidents.Undecided}, "", 10)
	if err != nil || len(found) != 1 || found[0].ClientID != "accused" {
		t.Fatalf("to be decided about: %+v, %v", found, err)
	}
	h.approve(n)
	h.awaitSent(n)
	by := incidents.Actor{Kind: register.ActorUser, ID: "anna"}
	rows, err := h.store.DeliveriesOf(ctx, "p-1", n.ID, nil, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	phoned := rows[slices.IndexFunc(rows, func(d incidents.Delivery) bool { return d.Channel == registry.ByPhone })]
	if phoned.Reader != "complainant" || phoned.Why != incidents.WhyPhoneFirst {
		t.Errorf("to be phoned: %s, because of %q", phoned.Reader, phoned.Why)
	}
	if _, err := h.office.Told(ctx, "p-1", phoned.ID, casework.Word{By: "phone", At: realNow(), User: by}); err != nil {
		t.Fatal(err)
	}
	if clock := h.clientClock(inc); !clock.MetAt.IsZero() || clock.Told != 2 || *clock.InScope != 3 {
		t.Errorf("told %d of %d, met at %s; want the clock open for who is undecided", clock.Told, *clock.InScope, clock.MetAt)
	}

	decide := func(d incidents.PersonDecision) error {
		d.ClientID, d.By = "accused", by
		_, err := h.office.DecidePerson(ctx, "p-1", inc, d)
		return err
	}
	if err := decide(incidents.PersonDecision{}); err == nil {
		t.Error("a no without ground and reason was taken")
	}
	if err := decide(incidents.PersonDecision{Ground: incidents.GroundReveals, Reason: "Hij weet niet van de klacht."}); err != nil {
		t.Fatal(err)
	}
	await(t, "the clock is met without him", func() error {
		if clock := h.clientClock(inc); clock.MetAt.IsZero() || *clock.InScope != 2 {
			return errNot("%+v", clock)
		}
		return nil
	})
	if err := decide(incidents.PersonDecision{Tell: true, Reason: "Hij weet het nu."}); err != nil {
		t.Fatal(err)
	}
	var second *incidents.Notice
	await(t, "a draft for him alone", func() error {
		list, err := h.store.NoticesOf(ctx, "p-1", inc, "", 10)
		at := slices.IndexFunc(list, func(x *incidents.Notice) bool {
			return x.Audience == incidents.ToClients && x.State == incidents.NoticeIsDraft && x.Recipients == 1
		})
		if at < 0 {
			return errNot("%d notices, %v", len(list), err)
		}
		second = list[at]
		return nil
	})
	h.approve(second)
	h.awaitSent(second)
	if err := decide(incidents.PersonDecision{Ground: incidents.GroundOther, Reason: "toch niet"}); err == nil {
		t.Error("what was said is taken back")
	}
	h.mailed(t, map[string]int{"wens@x.example": 1, "beklaagde@x.example": 1, "melder@x.example": 0})
	h.registered(t, inc, []incidents.EventKind{incidents.PersonNotTold, incidents.PersonToBeTold}, "Hij weet niet van de klacht.")
}

// advises makes a practice like that of a confidential adviser: somebody who
// complains and may be phoned, a client who wished mail, and the accused.
func (h *house) advises(t *testing.T) {
	t.Helper()
	h.fill(0)
	began := realNow().AddDate(-1, 0, 0)
	_, err := h.store.UpdatePractice(context.Background(), "p-1", func(p *registry.Practice) error {
		p.Policy.FirstChannel = registry.ByPhone
		p.Policy.Telling = []registry.Telling{{Relation: registry.RelationAccused, When: registry.TellByDecision, Source: "UAVG, artikel 41"}}
		h.practice = *p
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	person := func(id, email string, relation registry.Relation, wish registry.Channel) registry.Client {
		return registry.Client{ID: id, PracticeID: "p-1", Language: "nl", Relation: relation, Channel: wish,
			Person:   registry.Person{ExternalID: "n-" + id, Name: "Verzonnen " + id, Email: email, Phone: "+31 6 00000000"},
			Guidance: []registry.Guidance{{From: registry.DateOf(began, time.UTC)}},
			Holdings: []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified, From: &began}}}
	}
	_, err = h.store.PutClients(context.Background(), "p-1", []registry.Client{person("complainant", "melder@x.example", registry.RelationComplainant, ""),
		person("client", "wens@x.example", registry.RelationClient, registry.ByEmail), person("accused", "beklaagde@x.example", registry.RelationAccused, registry.ByEmail)})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) clientClock(incident string) *incidents.Clock {
	h.tb.Helper()
	inc, err := h.store.Incident(context.Background(), "p-1", incident)
	if err != nil {
		h.tb.Fatal(err)
	}
	return inc.Clock(incidents.ClientClock)
}

// mailed checks how many mails each address got that are no warnings.
func (h *house) mailed(t *testing.T, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, m := range h.server.Messages("", 1000) {
		for _, to := range m.To {
			got[strings.ToLower(to)]++
		}
	}
	for address, n := range want {
		if got[address] != n {
			t.Errorf("%s got %d mails, want %d", address, got[address], n)
		}
	}
}

// registered checks that the register tells of events in this order, the first
// with the reason.
func (h *house) registered(t *testing.T, incident string, kinds []incidents.EventKind, reason string) {
	t.Helper()
	await(t, "the register tells of both decisions", func() error {
		entries, err := h.store.EntriesOf(context.Background(), "p-1", incident, 0, 500)
		var told []incidents.EventKind
		said := false
		for _, e := range slices.Backward(entries) {
			if slices.Contains(kinds, e.Event.Kind) {
				told, said = append(told, e.Event.Kind), said || e.Event.Words["reason"] == reason && e.Event.Actor.ID == "anna"
			}
		}
		if err != nil || !slices.Equal(told, kinds) || !said {
			return errNot("%v, with the reason %t, %v", told, said, err)
		}
		return nil
	})
}

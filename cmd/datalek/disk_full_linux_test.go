package main_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The disk fills up in the middle of work: mails are on their way, and the
// program is asked for everything it does. Nothing is half, nobody counts as
// told without a record, and all goes on by itself when there is room again.
func TestAFullDisk(t *testing.T) {
	h := startHost(t, 12)
	p := &person{visitor: newPlainReader(t, h.BaseURL), t: t, disturb: func() {}}
	p.logIn(h.demo)
	p.click("Meld een datalek")
	p.choose("Van mijn eigen praktijk")
	p.click("Ga verder")
	p.sees("Wat is er gebeurd?")
	p.choose("Mailbox overgenomen")
	p.click("Ga verder")
	p.fill("Vertel kort wat er gebeurde", "Er gingen vreemde e-mails uit mijn naam.")

	var filed struct{ ID string }
	h.must(201, "POST", "/incidents", h.incidentNow(), &filed)
	under := h.holdMails()
	notice := h.approveAll(filed.ID)
	under.await(t, 8)

	mark, began := h.mark(), time.Now()
	h.fence.full(h.data())
	under.release() // the mail server says 250, and nobody can write it down
	report := breach("MS-1", "initial", "Mail was read.", `,"services":["mail"],"processorAwareAt":"`+h.now().Add(-30*time.Hour).UTC().Format(time.RFC3339)+`"`)
	h.refusesReport("msg-1", report)
	h.refusesCalls()
	h.refusesLogin()
	p.click("Ga verder")
	p.sees("Dit lukt nu even niet", "Wacht een minuut", "Wat u invulde staat nog op deze pagina")
	h.awaitReadiness("store", "down")
	time.Sleep(time.Second) // in which the answers cannot be written down
	page := h.desk(p)
	if !strings.Contains(page, "datalek kan nu niets bewaren") {
		t.Errorf("the desk does not say that nothing can be kept:\n%s", page)
	}
	for _, d := range h.deliveries(notice) {
		if d.State == "sent" || len(d.Attempts) > 0 {
			t.Errorf("%s is %s with %d attempts; nothing of it is written down", d.ExternalID, d.State, len(d.Attempts))
		}
	}
	if n := len(h.cases()); n != 1 {
		t.Errorf("%d incidents, want the one from before", n)
	}
	h.checkLog(mark, time.Since(began), 4)

	h.fence.well()
	h.awaitReadiness("store", "ok")
	p.click("Probeer het opnieuw")
	p.sees("Nog een paar vragen hierover")
	h.takesCalls()
	reported := h.takesReportOnce("msg-1", report)
	h.awaitAllTold(notice, 12, 12)
	h.draftTo(reported.ID, "clients")
	h.checkWhole()
}

// What the first window shows can be sent again when there is room.
func TestAFullDiskLosesNothingThatWasTyped(t *testing.T) {
	h := startHost(t, 0)
	p := &person{visitor: newPlainReader(t, h.BaseURL), t: t, disturb: func() {}}
	p.logIn(h.demo)
	p.click("Meld een datalek")
	p.choose("Van mijn eigen praktijk")
	p.click("Ga verder")
	p.choose("Mailbox overgenomen")
	p.click("Ga verder")
	const typed = "Er gingen \"vreemde\" e-mails uit mijn naam.\r\nEn <b>nog</b> een regel."
	p.fill("Vertel kort wat er gebeurde", typed)
	h.fence.full(h.data())
	p.click("Ga verder")
	p.sees("Dit lukt nu even niet")
	p.click("Probeer het opnieuw") // too early
	p.sees("Dit lukt nu even niet")
	h.fence.well()
	p.click("Probeer het opnieuw")
	p.click("Terug")
	if got := strings.ReplaceAll(raw(p.visitor.(*plainReader).control("", "Vertel kort wat er gebeurde", anyControl)), "\r\n", "\n"); got != strings.ReplaceAll(typed, "\r\n", "\n") {
		t.Errorf("kept %q, want %q", got, typed)
	}
	h.checkWhole()
}

// Deadlines pass while nothing can be written: each fires once, afterwards.
func TestADeadlineThatPassesWhileTheDiskIsFull(t *testing.T) {
	h := startHost(t, 1)
	var filed struct{ ID string }
	h.must(201, "POST", "/incidents", h.incidentNow(), &filed)
	h.draftTo(filed.ID, "clients")
	mark, began := h.mark(), time.Now()
	h.fence.full(h.data())
	h.moveClock(25 * time.Hour)
	await(t, "the keeper met the full disk", func() error {
		if !strings.Contains(strings.Join(h.linesSince(mark), "\n"), `"worker":"keeper"`) {
			return errNot("not yet")
		}
		return nil
	})
	h.awaitReadiness("keeper", "down")
	h.checkLog(mark, time.Since(began), 4)
	h.fence.well()
	h.awaitReadiness("keeper", "ok")
	awaitFired(t, h, filed.ID, "client", 1)
	awaitFired(t, h, filed.ID, "authority", 1)
	await(t, "both warnings are there, and the mail about late first steps", func() error {
		if got := aboutCases(h.mailsTo(hostEmail)); len(got) != 3 {
			return errNot("%d mails: %v", len(got), subjects(got))
		}
		return nil
	})
	h.checkWhole()
}

// The bus's folder alone is full: it carries jobs only, so everything is done
// without it, and with it again once there is room.
func TestAFullBus(t *testing.T) {
	h := startHost(t, 12)
	mark, began := h.mark(), time.Now()
	h.fence.full(filepath.Join(h.data(), "nats"))
	if h.fence.limited { // the store is hit too
		h.awaitReadiness("store", "down")
		h.fence.well()
	}
	h.takesReportOnce("msg-1", breach("MS-1", "initial", "Mail was read.", `,"services":["mail"],"processorAwareAt":"`+h.now().Add(-30*time.Hour).UTC().Format(time.RFC3339)+`"`))
	h.awaitAllTold(h.approveAll(h.cases()[0].ID), 12, 12)
	if !h.fence.limited {
		h.awaitReadiness("bus", "down")
		h.checkLog(mark, time.Since(began), 4)
	}
	h.fence.well()
	h.awaitReadiness("bus", "ok")
	var second struct{ ID string }
	h.must(201, "POST", "/incidents", h.incidentNow(), &second)
	h.awaitAllTold(h.approveAll(second.ID), 12, 24)
	h.checkWhole()
}

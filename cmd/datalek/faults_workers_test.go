package main_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTwoAndFourWorkersOnOneQueueDoNothingTwice lets processes work at once: each
// mail goes out once, and all is done once.
func TestTwoAndFourWorkersOnOneQueueDoNothingTwice(t *testing.T) {
	t.Parallel()
	store := startStandin(t)
	for _, workers := range []int{2, 4} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			own := strings.Replace(store, "/datalek?", fmt.Sprintf("/datalek%d?", workers), 1)
			w := startSite(t, shape{clients: larger(120, 1000), store: own, bus: startBus(t, 1).urls(), webs: 1, workers: workers})
			l := w.work(larger(2, 6))
			l.complete()
			w.finish()
			if w.proof.doubled > 0 {
				t.Errorf("%d mails went out twice, and no answer was lost", w.proof.doubled)
			}
		})
	}
}

// TestAWorkerThatWakesUpAfterItsLeaseDoesNoHarm stops a worker in the middle of
// its mails (SIGSTOP) until others have taken them over, and wakes it up again.
func TestAWorkerThatWakesUpAfterItsLeaseDoesNoHarm(t *testing.T) {
	t.Parallel()
	w := startSite(t, shape{clients: larger(120, 1000), store: startStandin(t), bus: startBus(t, 1).urls(), webs: 1, workers: 2})
	held := w.holdMails()
	incident := w.file("one")
	notice := w.approve(incident)
	held.await(t, 1)
	for _, p := range w.all[1:] {
		p.signal(syscall.SIGSTOP) // with the mail server's answers not read
		w.proof.cut(1)
	}
	held.release()
	w.misbehaves(nil)
	w.all[2].signal(syscall.SIGCONT)
	w.settled(notice)
	w.all[1].signal(syscall.SIGCONT) // its lease ended long ago
	time.Sleep(2 * time.Second)      // in which it does what it wants to do
	w.settled(notice)
	w.finish()
}

package main_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datalek/services/devstack"
)

// killSeed repeats the random points of an earlier run.
const killSeed = "DATALEK_TEST_SEED"

// chance returns random numbers whose seed is printed, so that a run can be
// repeated; their points in time depend on the machine as well.
func chance(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	if given := os.Getenv(killSeed); given != "" {
		n, err := strconv.ParseUint(given, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	t.Logf("seed %s=%d", killSeed, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// load is work that comes in all the time, from callers who do not give up.
type load struct {
	site    *site
	stop    atomic.Bool
	workers sync.WaitGroup
	notices []string
}

// work lets processors report and the practitioner file and approve, at most so
// many incidents, until end.
func (w *site) work(incidents int) *load {
	l := &load{site: w}
	l.workers.Go(func() {
		for n := 0; !l.stop.Load() && n < 2*incidents; n++ {
			w.reportUntilTaken(fmt.Sprintf("%04d", n))
			time.Sleep(200 * time.Millisecond)
		}
	})
	l.workers.Go(func() {
		for n := 0; !l.stop.Load() && n < incidents; n++ {
			l.notices = append(l.notices, w.approve(w.file(fmt.Sprintf("file-%04d", n))))
		}
	})
	return l
}

// complete waits until all of it is done and settled.
func (l *load) complete() {
	l.workers.Wait()
	l.site.settled(l.notices...)
}

// end lets the callers finish what they began, and waits until all is settled.
func (l *load) end() {
	l.stop.Store(true)
	l.complete()
}

// slowly lets the mail server keep each mail a while before it answers, so that
// many kills find mails that were taken and not answered.
func slowly() func(devstack.Event) devstack.Act { return devstack.Slow(80 * time.Millisecond) }

// TestTheProgramKilledAtAnyPointForgetsNothing kills the one process of a practice
// with kill -9 at random points, at its start too, while reports come in, incidents
// are filed and mails go out.
func TestTheProgramKilledAtAnyPointForgetsNothing(t *testing.T) {
	t.Parallel()
	w, random := startSite(t, shape{clients: 40}), chance(t)
	w.misbehaves(slowly())
	kills := larger(15, 200)
	l := w.work(kills)
	for range kills {
		time.Sleep(time.Duration(random.IntN(1200)) * time.Millisecond)
		w.all[0].kill()
		w.proof.cut(1)
		w.all[0].start()
	}
	w.all[0].awaitUp()
	l.end()
	w.finish()
	t.Logf("%d kills", kills)
}

// TestWebAndWorkerKilledAtAnyPointForgetNothing kills the web, the worker or both
// with kill -9, on MongoDB's wire protocol and a bus of its own.
func TestWebAndWorkerKilledAtAnyPointForgetNothing(t *testing.T) {
	t.Parallel()
	bus := startBus(t, 1)
	w, random := startSite(t, shape{clients: 40, store: startStandin(t), bus: bus.urls(), webs: 1, workers: 1}), chance(t)
	w.misbehaves(slowly())
	kills := larger(9, 120)
	l := w.work(kills)
	for n := range kills {
		pause := 300 + random.IntN(1500)
		if n%4 == 0 {
			pause += random.IntN(4000) // work that others have begun is found again after three seconds
		}
		time.Sleep(time.Duration(pause) * time.Millisecond)
		which := [][]*program{w.all[:1], w.all[1:], w.all}[random.IntN(3)]
		for _, p := range which {
			p.kill()
		}
		if len(which) > 1 || which[0] != w.all[0] {
			w.proof.cut(1)
		}
		for _, p := range which {
			p.start()
		}
	}
	for _, p := range w.all {
		p.awaitUp()
	}
	l.end()
	w.finish()
	t.Logf("%d kills", kills)
}

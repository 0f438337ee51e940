package proof

import (
	"context"
	"fmt"
	"sync"
	"time"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

const (
	// atOnce is how many entries are checked while the visitor waits; more are
	// checked on their own, and the page tells how far it is.
	atOnce = 20_000
	// mostEntries bounds what a check holds of the tree, about 150 bytes an entry.
	mostEntries = 1_000_000
	rowsPerRead = 500
	// longestCheck ends a check that comes to no end.
	longestCheck = 15 * time.Minute
	// keptResults is how many results are remembered; the oldest makes room.
	keptResults = 100
)

// result is what a check found.
type result struct {
	Found  []register.Finding
	More   int
	Size   int64
	Heads  int
	Given  bool // a fingerprint was given, and agrees
	Head   register.TreeHead
	DoneAt time.Time
	Failed bool // the check itself could not be done
}

// job is a check that goes on by itself.
type job struct {
	of   int64 // entries
	read int64
	done *result
}

// jobs are the checks under way and the results of those that ended. One check runs
// at a time: each reads a whole register.
type jobs struct {
	mu     sync.Mutex
	all    map[tenant.ID]*job // by practice
	order  []string           // of beginning
	busy   bool
	stop   context.CancelFunc
	life   context.Context //nolint:containedctx // of the goroutine alone, which outlives the request that began it
	ending sync.WaitGroup
}

func newJobs() *jobs {
	life, stop := context.WithCancel(context.Background())
	return &jobs{all: map[tenant.ID]*job{}, stop: stop, life: life}
}

// of returns a copy of what is known of a practice's check; false for none.
func (j *jobs) of(practice tenant.ID) (job, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if v := j.all[practice]; v != nil {
		return *v, true
	}
	return job{}, false
}

// begin starts a check; false says that one is under way, of this or another practice.
func (j *jobs) begin(practice tenant.ID, size int64, check func(ctx context.Context, read func(int64)) (*result, error)) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.busy || j.life.Err() != nil {
		return false
	}
	j.busy = true
	j.forget(practice)
	if len(j.order) >= keptResults {
		j.forget(tenant.ID(j.order[0]))
	}
	v := &job{of: size}
	j.all[practice], j.order = v, append(j.order, string(practice))
	j.ending.Go(func() {
		ctx, cancel := context.WithTimeout(j.life, longestCheck)
		defer cancel()
		found, err := check(ctx, func(n int64) {
			j.mu.Lock()
			defer j.mu.Unlock()
			v.read = n
		})
		if err != nil {
			found = &result{Failed: true}
		}
		j.mu.Lock()
		defer j.mu.Unlock()
		v.done, j.busy = found, false
	})
	return true
}

// forget drops a practice's result; the caller holds the lock.
func (j *jobs) forget(practice tenant.ID) {
	delete(j.all, practice)
	for n, id := range j.order {
		if tenant.ID(id) == practice {
			j.order = append(j.order[:n:n], j.order[n+1:]...)
			return
		}
	}
}

// Stop ends the check that is under way.
func (a *Area) Stop(ctx context.Context) error {
	a.jobs.stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.jobs.ending.Wait()
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the check of a register: %w", ctx.Err())
	}
}

// audit reads a whole register and compares it with what was published, and with
// the fingerprint that was given. It tells how many entries it has read.
func (a *Area) audit(ctx context.Context, practice tenant.ID, verifier *register.HeadVerifier, given *register.TreeHead, read func(int64)) (*result, error) {
	audit := register.NewAudit(practice)
	for after := int64(0); ; {
		rows, err := a.opts.Store.EntryRows(ctx, practice, after, rowsPerRead)
		if err != nil {
			return nil, fmt.Errorf("read the register: %w", err)
		}
		audit.Add(rows...)
		read(audit.Size())
		if len(rows) < rowsPerRead {
			break
		}
		if after = rows[len(rows)-1].Seq; audit.Size() > mostEntries {
			return nil, errTooLarge
		}
	}
	var heads []register.SignedHead
	for {
		more, err := a.opts.Store.TreeHeads(ctx, practice, int64(len(heads)), rowsPerRead)
		if err != nil {
			return nil, fmt.Errorf("list fingerprints: %w", err)
		}
		if heads = append(heads, more...); len(more) < rowsPerRead {
			break
		}
	}
	audit.CheckHeads(heads, verifier.Open)
	r := &result{Heads: len(heads), Size: audit.Size(), DoneAt: a.opts.Now()}
	if given != nil {
		r.Head, r.Given = *given, audit.Compare(0, *given)
	}
	r.Found, r.More = audit.Findings()
	return r, nil
}

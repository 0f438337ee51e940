package sqlitestore

import (
	"runtime"
	"sync"
)

// worthSharing is the number of rows from which on a second processor helps.
const worthSharing = 200

// inParallel maps rows on all processors and keeps their order.
func inParallel[A, B any](rows []A, form func(A) (B, error)) ([]B, error) {
	out := make([]B, len(rows))
	workers := 1
	if len(rows) >= worthSharing {
		workers = runtime.GOMAXPROCS(0)
	}
	errs := make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		from, until := len(rows)*w/workers, len(rows)*(w+1)/workers
		wait.Go(func() {
			for i := from; i < until && errs[w] == nil; i++ {
				out[i], errs[w] = form(rows[i])
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

package mongostore

import "sync"

// atOnce is how many single writes of one call are under way together.
const atOnce = 8

// each runs do on every place of a list, several at once, and returns the first
// error by place. It waits for all.
func each(n int, do func(i int) error) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			errs[i] = do(i)
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

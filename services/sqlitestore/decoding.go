package sqlitestore

import (
	"runtime"
	"slices"
	"sync"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// partSize is how many clients go to a decoding goroutine at a time.
const partSize = 256

// decoding turns terse clients into clients beside the reading of further ones.
type decoding struct {
	practice tenant.ID
	filling  clientPart
	work     chan clientPart
	wait     sync.WaitGroup

	mu    sync.Mutex
	parts [][]registry.Client // in the order in which they were added
	err   error
}

// clientPart is a run of terse clients, one behind the other.
type clientPart struct {
	place int
	terse []byte
	ends  []int
}

func newDecoding(practice tenant.ID) *decoding {
	d := &decoding{practice: practice, work: make(chan clientPart)}
	for range runtime.GOMAXPROCS(0) {
		d.wait.Go(d.run)
	}
	return d
}

func (d *decoding) run() {
	m := matchingReader{many: true}
	for part := range d.work {
		clients := make([]registry.Client, len(part.ends))
		var err error
		start := 0
		for i := 0; i < len(clients) && err == nil; i++ {
			clients[i], err = m.read(d.practice, part.terse[start:part.ends[i]])
			start = part.ends[i]
		}
		d.put(part.place, clients, err)
	}
}

func (d *decoding) put(place int, clients []registry.Client, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.parts) <= place {
		d.parts = append(d.parts, nil)
	}
	d.parts[place] = clients
	if d.err == nil {
		d.err = err
	}
}

// add takes a copy of one terse client.
func (d *decoding) add(terse []byte) {
	d.filling.terse = append(d.filling.terse, terse...)
	d.filling.ends = append(d.filling.ends, len(d.filling.terse))
	if len(d.filling.ends) == partSize {
		d.handOver()
	}
}

func (d *decoding) handOver() {
	part := d.filling
	d.filling = clientPart{place: part.place + 1, terse: make([]byte, 0, len(part.terse)*9/8), ends: make([]int, 0, partSize)}
	d.work <- part
}

// clients waits for the last part and returns all clients in order. It ends the
// decoding, and must be called once.
func (d *decoding) clients() ([]registry.Client, error) {
	if len(d.filling.ends) > 0 {
		d.handOver()
	}
	close(d.work)
	d.wait.Wait()
	return slices.Concat(d.parts...), d.err
}

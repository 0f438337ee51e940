package notifier_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

// memJob is a message on the bus.
type memJob struct {
	queue, id string
	data      []byte
}

// memBus keeps jobs in memory. While down it takes none.
type memBus struct {
	mu    sync.Mutex
	down  bool
	seen  map[string]bool
	jobs  []memJob
	armed map[string]time.Time
	ring  chan struct{}
}

func newMemBus() *memBus {
	return &memBus{seen: map[string]bool{}, armed: map[string]time.Time{}, ring: make(chan struct{}, 1)}
}

func (b *memBus) set(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

func (b *memBus) Publish(_ context.Context, queue, _, id string, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return fault.Unavailable
	}
	if !b.seen[id] {
		b.seen[id] = true
		b.jobs = append(b.jobs, memJob{queue, id, data})
	}
	select {
	case b.ring <- struct{}{}:
	default:
	}
	return nil
}

func (b *memBus) take() (memJob, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.jobs) == 0 {
		return memJob{}, false
	}
	j := b.jobs[0]
	b.jobs = b.jobs[1:]
	return j, true
}

func (b *memBus) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.jobs) == 0
}

// lose forgets every job, as a bus does that lost its disk.
func (b *memBus) lose() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.jobs, b.seen = nil, map[string]bool{}
}

func (b *memBus) takeOf(queue string) (memJob, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.jobs, func(j memJob) bool { return j.queue == queue })
	if i < 0 {
		return memJob{}, false
	}
	j := b.jobs[i]
	b.jobs = slices.Delete(b.jobs, i, i+1)
	return j, true
}

func (b *memBus) Consume(ctx context.Context, queue string, _ int, handle func(context.Context, string, []byte, int) error) error {
	for {
		j, some := b.takeOf(queue)
		if some {
			_ = handle(context.WithoutCancel(ctx), "", j.data, 1) // what fails is left to the sweeps
			continue
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil
		}
	}
}

func (b *memBus) Arm(_ context.Context, incident, clock, mark string, _ int64, due time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return fault.Unavailable
	}
	b.armed[incident+"."+clock+"."+mark] = due
	return nil
}

func (b *memBus) Cancel(_ context.Context, incident, clock, mark string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.armed, incident+"."+clock+"."+mark)
	return nil
}

func (b *memBus) ConsumeTicks(ctx context.Context, _ func(context.Context, string, string, string, int64) error) error {
	<-ctx.Done()
	return nil
}

// memSender answers as told, else with 250.
type memSender struct {
	mu     sync.Mutex
	answer func(m incidents.Mail) incidents.Answer
	sent   []incidents.Mail // accepted ones
	tried  []incidents.Mail
	held   int // handed over up to the final dot
	most   int // at once
	// composed is called when a mail is composed and not handed over yet; nil does nothing.
	composed func()
}

// Prepare holds a mail before its final dot, as the real sender does.
func (s *memSender) Prepare(m incidents.Mail) func(context.Context) (func(context.Context) incidents.Answer, func()) {
	if s.composed != nil {
		s.composed()
	}
	return func(context.Context) (func(context.Context) incidents.Answer, func()) {
		s.hold(1)
		end := sync.OnceFunc(func() { s.hold(-1) })
		return func(ctx context.Context) incidents.Answer { defer end(); return s.Send(ctx, m) }, end
	}
}

func (s *memSender) hold(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held += n
	s.most = max(s.most, s.held)
}

func (s *memSender) holding() (now, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held, s.most
}

func (s *memSender) Send(_ context.Context, m incidents.Mail) incidents.Answer {
	a := incidents.Answer{Kind: incidents.Accepted, Stage: "data", Server: "mx.example:25", Code: 250, At: m.At}
	s.mu.Lock()
	script := s.answer
	s.mu.Unlock()
	if script != nil {
		if given := script(m); given.Kind != "" {
			a = given
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried = append(s.tried, m)
	if a.Kind == incidents.Accepted {
		s.sent = append(s.sent, m)
	}
	return a
}

func (s *memSender) accepted() []incidents.Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

func (s *memSender) script(f func(incidents.Mail) incidents.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// writes counts the changes of aggregates and deliveries; quiet says that no
// event waits.
func (s *memStore) writes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n int64
	for _, i := range s.incidents {
		n += i.Version + 1
	}
	for _, x := range s.notices {
		n += x.Version + 1
	}
	for _, d := range s.deliveries {
		n += d.Version + 1
	}
	for _, list := range s.entries {
		n += int64(len(list))
	}
	return n + int64(len(s.reports))
}

func (s *memStore) quiet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.incidents {
		if len(i.Outbox.Pending) > 0 || !i.Assessment.Complete() {
			return false
		}
	}
	for _, n := range s.notices {
		if len(n.Outbox.Pending) > 0 {
			return false
		}
	}
	for _, r := range s.receipts {
		if r.DoneAt.IsZero() {
			return false
		}
	}
	return true
}

package main_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/playbooks"
)

// bare composes and sends the same messages in a bare loop over as many
// connections of its own.
func (h *house) bare(n *incidents.Notice, people int) time.Duration {
	h.tb.Helper()
	sender, bodies := h.newSender(), map[string]incidents.Mail{}
	for _, t := range n.Texts {
		t.Body = playbooks.Personalise(t.Body, "")
		bodies[t.Language] = incidents.Mail{Subject: t.Subject, Text: t.Body, HTML: playbooks.HTML(t), Language: t.Language}
	}
	from := h.practice.Details.Senders[0]
	todo := make(chan int, people)
	for i := range people {
		todo <- i
	}
	close(todo)
	began := time.Now()
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for i := range todo {
				m := bodies[[]string{"nl", "en"}[i%2]]
				m.MessageID, m.At = fmt.Sprintf("bare-%d", i), realNow()
				m.From, m.To = incidents.Address{Name: from.Name, Email: from.Email}, incidents.Address{Email: fmt.Sprintf("m%05d@voorbeeldpost.example", i)}
				if a := sender.Send(context.Background(), m); a.Kind != incidents.Accepted {
					h.tb.Errorf("answer %s %d", a.Kind, a.Code)
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	_ = sender.Close(context.Background())
	return took
}

// BenchmarkMailingAgainstBareLoop tells 10,000 clients in one incident, again and
// again, each time after a bare loop that composes and sends the same messages
// with the same libraries to the same server over as many connections. The
// processor time of each, the server's included, says more on a busy machine.
func BenchmarkMailingAgainstBareLoop(b *testing.B) {
	const people = 10_000
	h := newHouse(b, nil)
	h.fill(people)
	var bare, ours, bareCPU, oursCPU []float64
	for b.Loop() {
		n := h.draft()
		before := processorTime(b)
		bare = append(bare, people/h.bare(n, people).Seconds())
		middle := processorTime(b)
		h.approve(n)
		approved := processorTime(b)
		sending := h.awaitSent(n)
		ours = append(ours, people/sending.Seconds())
		bareCPU = append(bareCPU, (middle-before).Seconds()*1e6/people)
		oursCPU = append(oursCPU, (processorTime(b)-approved).Seconds()*1e6/people)
		last := len(bare) - 1
		b.Logf("bare %.0f/s, ours %.0f/s = %.0f %%; processor time a mail: bare %.0f µs, ours %.0f µs = %.0f %%; memory %.0f MiB",
			bare[last], ours[last], 100*ours[last]/bare[last], bareCPU[last], oursCPU[last], 100*bareCPU[last]/oursCPU[last], residentMiB(b, os.Getpid()))
	}
	b.ReportMetric(median(bare), "bare-mails/s")
	b.ReportMetric(median(ours), "mails/s")
	b.ReportMetric(100*median(ours)/median(bare), "%-of-bare")
	b.ReportMetric(100*median(bareCPU)/median(oursCPU), "%-of-bare-by-processor-time")
	b.ReportMetric(float64(h.server.Connections())/float64(1+len(bare)), "connections-a-run")
}

func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

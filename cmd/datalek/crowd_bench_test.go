package main_test

import (
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// manyPractices names how many practices the host of the figures has; 10,000 when
// unset.
const manyPractices = "DATALEK_TEST_PRACTICES"

const crowdClients = 100 // of each of them

func crowdPractices() int {
	if n, err := strconv.Atoi(os.Getenv(manyPractices)); err == nil {
		return n
	}
	return 10_000
}

// BenchmarkReportReachesTenThousandPractices sends one report to a host of
// 1,000,000 clients in 10,000 practices, on the default store: how long until it is
// answered, until the last case is open with its clocks, until all affected are
// found and the last draft is ready, and until the last warning went out; the most
// memory of the server, how long it held processors, and how long the pages took
// meanwhile for two owners who look at their desks and cases.
func BenchmarkReportReachesTenThousandPractices(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		c := newCrowd(b, crowdPractices(), crowdClients)
		idle := c.processorTime()
		first, second := c.lookOn(0), c.lookOn(c.practices-1)
		b.StartTimer()
		began := time.Now()
		answered := c.report("B-1")
		c.awaitReached(10*time.Minute, "every case is open", c.allOpened)
		opened := time.Since(began)
		c.awaitReached(20*time.Minute, "every draft is ready", c.allDrafted)
		drafted := time.Since(began)
		pages := append(first(), second()...)
		b.StopTimer()
		worked := c.processorTime() - idle
		c.awaitReached(20*time.Minute, "every warning went out", c.allQuiet)
		quiet := time.Since(began)
		c.notePeak()
		c.inspect()
		b.ReportMetric(answered.Seconds()*1000, "ms-until-202")
		b.ReportMetric(opened.Seconds(), "s-all-cases-open")
		b.ReportMetric(drafted.Seconds(), "s-all-drafts-ready")
		b.ReportMetric(quiet.Seconds(), "s-all-warnings-out")
		b.ReportMetric(worked.Seconds(), "processor-s-until-drafts")
		b.ReportMetric(c.peak, "MiB-peak")
		reportTimes(b, "page", pages)
		b.StartTimer()
	}
}

// BenchmarkReportReachesTenThousandPracticesThroughKills is the same while the
// server is killed with kill -9 three times on the way and started again.
func BenchmarkReportReachesTenThousandPracticesThroughKills(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		c := newCrowd(b, crowdPractices(), crowdClients)
		b.StartTimer()
		began := time.Now()
		c.report("B-1")
		c.throughKills()
		c.awaitReached(20*time.Minute, "every draft is ready", c.allDrafted)
		drafted := time.Since(began)
		c.awaitReached(20*time.Minute, "every warning went out", c.allQuiet)
		b.StopTimer()
		c.notePeak()
		c.inspect()
		b.ReportMetric(drafted.Seconds(), "s-all-drafts-ready")
		b.ReportMetric(c.peak, "MiB-peak")
		b.StartTimer()
	}
}

// throughKills kills the server when a third of the cases are open, when a third
// are assessed, and when two thirds of the drafts are ready.
func (c *crowd) throughKills() {
	c.tb.Helper()
	c.awaitReached(10*time.Minute, "a third of the cases are open", func(r reached) bool { return r.Opened >= c.practices/3 })
	c.restart()
	c.awaitReached(10*time.Minute, "a third are assessed", func(r reached) bool { return r.Assessed >= c.practices/3 })
	c.restart()
	c.awaitReached(20*time.Minute, "two thirds of the drafts are ready", func(r reached) bool { return r.Drafts >= c.practices*2/3 })
	c.restart()
}

// reportTimes says how long most of something took, and the slowest.
func reportTimes(b *testing.B, what string, took []time.Duration) {
	b.Helper()
	if len(took) == 0 {
		b.Fatalf("no %s was timed", what)
	}
	slices.Sort(took)
	millis := func(share float64) float64 { return took[int(float64(len(took)-1)*share)].Seconds() * 1000 }
	b.ReportMetric(millis(0.5), "ms-"+what+"-p50")
	b.ReportMetric(millis(0.99), "ms-"+what+"-p99")
	b.ReportMetric(millis(1), "ms-"+what+"-most")
}

package main_test

import (
	"testing"
	"time"
)

// A report to many practices ends the same though the server is killed with kill
// -9 three times on the way: while cases are opened, while the affected are found
// and while drafts are written.
func TestAReportReachesEveryPracticeThroughThreeKills(t *testing.T) {
	c := newCrowd(t, larger(150, 2_000), 20)
	c.report("K-1")
	c.throughKills()
	c.awaitReached(5*time.Minute, "all is done", c.allQuiet)
	c.inspect()
}

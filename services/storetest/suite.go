package storetest

import (
	"context"
	"testing"
	"time"
)

// test is one promise of the contract; each gets an empty store of its own.
type test struct {
	name string
	run  func(ctx context.Context, t *testing.T, s Store)
}

// group holds the tests of one noun.
type group struct {
	name  string
	tests []test
}

func groups() []group {
	return []group{
		{"practices", practiceTests()},
		{"drills", drillTests()},
		{"catalogue", catalogueTests()},
		{"clients", clientTests()},
		{"imports", importTests()},
		{"reports", reportTests()},
		{"receipts", receiptTests()},
		{"incidents", incidentTests()},
		{"stale", staleTests()},
		{"affected", affectedTests()},
		{"notices", noticeTests()},
		{"deliveries", deliveryTests()},
		{"claims", claimTests()},
		{"call list", callRowTests()},
		{"returns", returnTests()},
		{"feeds", feedTests()},
		{"questions", questionTests()},
		{"stuck", stuckTests()},
		{"rights", rightsTests()},
		{"erasures", erasingTests()},
		{"register", registerTests()},
		{"register's tree", treeTests()},
		{"access log", lookTests()},
		{"outboxes", outboxTests()},
		{"notes", noteTests()},
		{"accounts", accountTests()},
		{"requests", requestTests()},
		{"upkeep", upkeepTests()},
		{"updates", updateTests()},
		{"keeping", keepingTests()},
		{"isolation", isolationTests()},
	}
}

// patience is how long one test may wait for its store.
const patience = 2 * time.Minute

// Run proves that a store keeps the whole contract. open returns an empty store,
// and closes it when its test ends.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, g := range groups() {
		t.Run(g.name, func(t *testing.T) {
			for _, tt := range g.tests {
				t.Run(tt.name, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					tt.run(ctx, t, open(t))
				})
			}
		})
	}
}

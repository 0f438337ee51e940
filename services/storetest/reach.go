package storetest

import (
	"context"
	"fmt"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

func idOfReceipt(r incidents.Receipt) string { return r.ID }

func receiptByStatus(ctx context.Context, t *testing.T, s Store) {
	want := receiptOf("receipt-1", "dedupe-1", at(0))
	saveReceipt(ctx, t, s, want)
	without := receiptOf("receipt-2", "dedupe-2", at(1))
	without.StatusHash = ""
	saveReceipt(ctx, t, s, without)
	again := receiptOf("receipt-3", "dedupe-3", at(2))
	again.StatusHash = "" // any number may have no page
	saveReceipt(ctx, t, s, again)
	same(t, "receipt", want, answered[incidents.Receipt](t, "find")(s.ReceiptByStatus(ctx, "status-of-receipt-1")))
	for _, hash := range []string{"", "status-of-receipt-2", "status-of-receipt"} {
		_, err := s.ReceiptByStatus(ctx, hash)
		refused(t, "the page "+hash, err, fault.NotFound)
	}
}

func receiptsOfCase(ctx context.Context, t *testing.T, s Store) {
	for n, order := range []int{2, 0, 1} {
		id := fmt.Sprintf("receipt-%c", 'a'+n)
		saveReceipt(ctx, t, s, receiptOf(id, id, at(order)))
	}
	saveReceipt(ctx, t, s, receiptOf("receipt-other", "other", at(0)))
	ids := func(limit int) []string {
		var list []string
		for _, r := range answered[[]incidents.Receipt](t, "list")(s.ReceiptsOfCase(ctx, "case-1", limit)) {
			list = append(list, r.ID)
		}
		return list
	}
	sameList(t, "before any is filed", nil, ids(10))
	for _, id := range []string{"receipt-a", "receipt-b", "receipt-c"} {
		ok(t, "file", s.FileReceipt(ctx, id, "case-1"))
	}
	ok(t, "file the other", s.FileReceipt(ctx, "receipt-other", "case-2"))
	ok(t, "advance", s.AdvanceReceipt(ctx, "receipt-a", anna, at(9)))
	sameList(t, "oldest first", []string{"receipt-b", "receipt-c", "receipt-a"}, ids(10))
	sameList(t, "at most two", []string{"receipt-b", "receipt-c"}, ids(2))
	same(t, "the case of a receipt", "case-1", answered[incidents.Receipt](t, "read")(s.Receipt(ctx, "receipt-a")).CaseHash)
	sameList(t, "no case", []string{}, names(answered[[]incidents.Receipt](t, "list")(s.ReceiptsOfCase(ctx, "", 10))))
	refused(t, "file an unknown receipt", s.FileReceipt(ctx, "receipt-unknown", "case-1"), fault.NotFound)
}

func names(list []incidents.Receipt) []string {
	ids := []string{}
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids
}

func receiptsListed(ctx context.Context, t *testing.T, s Store) {
	for n, order := range []int{2, 0, 1} {
		r := receiptOf(fmt.Sprintf("receipt-%c", 'a'+n), fmt.Sprint("dedupe-", n), at(order))
		r.PracticeID = ""
		saveReceipt(ctx, t, s, r)
	}
	saveReceipt(ctx, t, s, receiptOf("receipt-of-anna", "anna", at(1)))
	list := func(practice tenant.ID) []string {
		return walk(t, 2, idOfReceipt, func(after string, limit int) ([]incidents.Receipt, error) {
			return s.Receipts(ctx, practice, after, limit)
		}, nil)
	}
	same(t, "the host's", []string{"receipt-a", "receipt-c", "receipt-b"}, list(""))
	same(t, "anna's", []string{"receipt-of-anna"}, list(anna))
	same(t, "bert's", nil, list(bert))
}

func reachCounted(ctx context.Context, t *testing.T, s Store) {
	report := func(practice tenant.ID, id, receipt string, became bool) {
		r := reportOf(practice, id, at(0))
		r.ReceiptID, r.ProcessorID = receipt, "microsoft-365"
		if became {
			ok(t, "became", r.Became("i-1", at(1), incidents.System()))
		}
		createReport(ctx, t, s, r)
	}
	report(anna, "report-1", "receipt-1", true)
	report(anna, "report-2", "receipt-2", true) // a later stage reaches nobody new
	report(bert, "report-1", "receipt-1", false)
	report(bert, "report-2", "receipt-2", true)
	report("practice-c", "report-1", "receipt-1", false)
	report("practice-d", "report-1", "receipt-of-another", true)
	createReport(ctx, t, s, reportOf(anna, "report-of-nobody", at(3)))
	count := func(receipts ...string) incidents.Reached {
		return answered[incidents.Reached](t, "count")(s.CountReach(ctx, receipts))
	}
	same(t, "both stages", incidents.Reached{Practices: 3, Cases: 2}, count("receipt-1", "receipt-2"))
	same(t, "the first stage", incidents.Reached{Practices: 3, Cases: 1}, count("receipt-1"))
	same(t, "an unknown receipt", incidents.Reached{}, count("receipt-unknown"))
	same(t, "no receipt", incidents.Reached{}, count())
	same(t, "reports without a receipt", incidents.Reached{}, count(""))
}

package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
)

func reportTests() []test {
	return []test{
		{"a report comes back with its clock, words and outbox", reportComesBack},
		{"a report made of a supplier's mail keeps all that the mail says", reportOfMail},
		{"a known id is a duplicate and changes nothing", reportTwice},
		{"reports are listed newest first, by state, in pages", reportsListed},
		{"reports of one processor are listed newest first, in pages", reportsOfProcessor},
		{"a report is due at the instant of its threshold until it fired", reportsDue},
		{"a settled report is never due", reportSettled},
	}
}

func createReport(ctx context.Context, t *testing.T, s Store, r *incidents.Report) {
	t.Helper()
	ok(t, "create report", s.CreateReport(ctx, r))
}

func idOfReport(r *incidents.Report) string { return r.ID }

func reportComesBack(ctx context.Context, t *testing.T, s Store) {
	want := reportOf(anna, "report-1", at(0))
	want.ReceiptID, want.ProcessorID = "receipt-1", "microsoft-365"
	createReport(ctx, t, s, want)
	same(t, "version of what was created", int64(1), want.Version)
	ok(t, "dismiss", want.Dismiss("geen incident", at(1), user()))
	got := answered[*incidents.Report](t, "dismiss")(s.UpdateReport(ctx, anna, "report-1", func(r *incidents.Report) error {
		return r.Dismiss("geen incident", at(1), user())
	}))
	want.Version = 2
	same(t, "what the update gave", want, got)
	same(t, "report", want, answered[*incidents.Report](t, "read")(s.Report(ctx, anna, "report-1")))
	_, err := s.Report(ctx, anna, "report-unknown")
	refused(t, "an unknown report", err, fault.NotFound)
}

// mailOf is what the reader of suppliers' mail may make out of one, each part filled.
func mailOf() *incidents.SupplierMail {
	return &incidents.SupplierMail{
		From: "beveiliging@leverancier.example", FromName: "Beveiliging", Domain: "leverancier.example", MessageID: "<1@leverancier.example>",
		ForwardedBy: "collega@praktijk.example", Pasted: true, Cut: true, Fault: incidents.MailCharset,
		Links:       []incidents.MailLink{{Text: "Lees meer", Target: "https://leverancier.example/melding"}, {Target: "https://elders.example/"}},
		Attachments: []incidents.MailAttachment{{Name: "lijst.csv", Type: "text/csv", Size: 1024}, {Name: "brief.pdf"}},
		Signing:     incidents.SigningOther,
		Signatures:  []incidents.MailSignature{{Domain: "leverancier.example", State: incidents.SigningBad, Aligned: true}, {Domain: "bezorger.example", State: incidents.SigningGood}},
	}
}

func reportOfMail(ctx context.Context, t *testing.T, s Store) {
	want := reportOf(anna, "report-1", at(0))
	want.Words.Message = incidents.Message{Kind: incidents.MessageReport, Title: "Inbraak bij de leverancier", Mail: mailOf()}
	createReport(ctx, t, s, want)
	same(t, "created", want.Words.Message, answered[*incidents.Report](t, "read")(s.Report(ctx, anna, "report-1")).Words.Message)
	answered[*incidents.Report](t, "update")(s.UpdateReport(ctx, anna, "report-1", func(r *incidents.Report) error {
		r.Words.Message.Mail.Signing = incidents.SigningGood
		return nil
	}))
	want.Words.Message.Mail.Signing = incidents.SigningGood
	same(t, "changed", want.Words.Message, answered[*incidents.Report](t, "read")(s.Report(ctx, anna, "report-1")).Words.Message)
	createReport(ctx, t, s, reportOf(anna, "report-2", at(1)))
	same(t, "of no mail", nil, answered[*incidents.Report](t, "read")(s.Report(ctx, anna, "report-2")).Words.Message.Mail)
}

func reportTwice(ctx context.Context, t *testing.T, s Store) {
	createReport(ctx, t, s, reportOf(anna, "report-1", at(0)))
	again := reportOf(anna, "report-1", at(5))
	again.Words.Text = "anders"
	refused(t, "create again", s.CreateReport(ctx, again), fault.Duplicate)
	stored := answered[*incidents.Report](t, "read")(s.Report(ctx, anna, "report-1"))
	same(t, "text", "Ik denk dat er iets mis is", stored.Words.Text)
}

func reportsListed(ctx context.Context, t *testing.T, s Store) {
	var newest []string
	for n, order := range []int{2, 0, 4, 1, 3} {
		r := reportOf(anna, fmt.Sprintf("report-%c", 'a'+n), at(order))
		newest = append(newest, fmt.Sprintf("%d report-%c", order, 'a'+n))
		if order%2 == 1 {
			ok(t, "dismiss", r.Dismiss("geen incident", at(9), user()))
		}
		createReport(ctx, t, s, r)
	}
	createReport(ctx, t, s, reportOf(bert, "report-of-bert", at(2)))
	slices.Sort(newest)
	slices.Reverse(newest)
	for n := range newest {
		newest[n] = newest[n][2:]
	}
	list := func(state incidents.ReportState) []string {
		return walk(t, 2, idOfReport, func(after string, limit int) ([]*incidents.Report, error) {
			return s.Reports(ctx, anna, state, after, limit)
		}, nil)
	}
	same(t, "all", newest, list(""))
	same(t, "triage", []string{newest[0], newest[2], newest[4]}, list(incidents.InTriage))
	same(t, "dismissed", []string{newest[1], newest[3]}, list(incidents.Dismissed))
	same(t, "became incidents", nil, list(incidents.BecameIncident))
}

func reportsDue(ctx context.Context, t *testing.T, s Store) {
	createReport(ctx, t, s, reportOf(anna, "report-1", at(0)))
	createReport(ctx, t, s, reportOf(bert, "report-2", at(60)))
	first := at(24 * 60)
	due := func(want ...Key) {
		t.Helper()
		list := answered[[]Key](t, "due")(s.DueReports(ctx, first, 10))
		sameList(t, "due", want, list)
	}
	none, err := s.DueReports(ctx, first.Add(-1e6), 10)
	empty(t, "a millisecond before", none, err)
	due(Key{PracticeID: anna, ID: "report-1"})
	list := answered[[]Key](t, "due")(s.DueReports(ctx, at(100*60), 1))
	same(t, "at most one", 1, len(list))
	_, err = s.UpdateReport(ctx, anna, "report-1", func(r *incidents.Report) error { r.Fire(first); return nil })
	ok(t, "fire", err)
	due()
}

func reportSettled(ctx context.Context, t *testing.T, s Store) {
	createReport(ctx, t, s, reportOf(anna, "report-1", at(0)))
	same(t, "due", 1, len(answered[[]Key](t, "due")(s.DueReports(ctx, at(100*60), 10))))
	_, err := s.UpdateReport(ctx, anna, "report-1", func(r *incidents.Report) error { return r.Became("incident-1", at(1), user()) })
	ok(t, "update", err)
	none, err := s.DueReports(ctx, at(100*60), 10)
	empty(t, "once settled", none, err)
}

func reportsOfProcessor(ctx context.Context, t *testing.T, s Store) {
	for n, order := range []int{2, 0, 4, 1, 3} {
		r := reportOf(anna, fmt.Sprintf("report-%c", 'a'+n), at(order))
		if r.ProcessorID = "microsoft-365"; order == 4 {
			r.ProcessorID = "another"
		}
		createReport(ctx, t, s, r)
	}
	createReport(ctx, t, s, reportOf(anna, "report-of-nobody", at(2)))
	other := reportOf(bert, "report-of-bert", at(2))
	other.ProcessorID = "microsoft-365"
	createReport(ctx, t, s, other)
	list := func(processor string) []string {
		return walk(t, 2, idOfReport, func(after string, limit int) ([]*incidents.Report, error) {
			return s.ReportsOf(ctx, anna, processor, after, limit)
		}, nil)
	}
	same(t, "of the processor", []string{"report-e", "report-a", "report-d", "report-b"}, list("microsoft-365"))
	same(t, "of another", []string{"report-c"}, list("another"))
	same(t, "of nobody", nil, list(""))
}

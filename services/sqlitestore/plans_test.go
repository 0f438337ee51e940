package sqlitestore_test

import (
	"errors"
	"strings"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/services/sqlitestore"
)

func TestEveryQueryIsServedByAnIndex(t *testing.T) {
	s := empty(t)
	for _, err := range everyQuery(t, s) {
		if err != nil && !errors.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
	}
	plans, err := s.Plans(t.Context())
	if err != nil || len(plans) < 40 {
		t.Fatalf("%d plans, %v", len(plans), err)
	}
	for query, steps := range plans {
		for _, step := range steps {
			reads := strings.HasPrefix(step, "SCAN ") && !strings.Contains(step, "USING") && !strings.Contains(step, "json_each")
			if reads || strings.HasPrefix(step, "USE TEMP B-TREE FOR ORDER BY") && !strings.Contains(query, "json_each") {
				t.Errorf("%s\n\t%s", query, step)
			}
		}
	}
}

// everyQuery asks each list and lookup once.
func everyQuery(t *testing.T, s *sqlitestore.Store) []error {
	ctx, one := t.Context(), []string{"a"}
	var errs []error
	note := func(_ any, err error) { errs = append(errs, err) }
	note(s.Practice(ctx, "p"))
	note(s.PracticeByCode(ctx, "c"))
	note(s.Practices(ctx, "", 5))
	note(s.PracticesUsing(ctx, "m", "", 5))
	note(s.System(ctx, "p", "s"))
	note(s.Systems(ctx, "p", "", 5))
	note(s.Processors(ctx, "p", "", 5))
	note(s.EndpointByToken(ctx, "h"))
	note(s.Endpoints(ctx, "p", "m"))
	_, _ = s.UpdateEndpoint(ctx, "p", "e", func(*registry.Endpoint) error { return nil })
	note(s.Feed(ctx, "p", "m"))
	note(s.Feeds(ctx, "p", "", 5))
	note(s.DueFeeds(ctx, noon(), 5))
	note(s.Client(ctx, "p", "c"))
	note(s.Clients(ctx, "p", "", 5))
	note(s.ClientsByIDs(ctx, "p", one))
	note(s.ClientsByExternalIDs(ctx, "p", one))
	note(s.ClientsByEmails(ctx, "p", []string{"a@example.org"}))
	note(s.MatchableClients(ctx, "p", "", 5))
	note(s.CountClients(ctx, "p"))
	note(s.Import(ctx, "p", "i"))
	note(s.Imports(ctx, "p", "", 5))
	note(s.Imports(ctx, "p", "i", 5))
	note(s.WorkingImports(ctx, 5))
	note(s.Part(ctx, "p", "i", 0))
	note(nil, s.DropParts(ctx, "p", "i"))
	note(nil, s.RemoveClients(ctx, "p", one))
	note(s.PutClients(ctx, "p", nil))
	note(s.Receipt(ctx, "r"))
	note(s.PendingReceipts(ctx, noon(), 5))
	note(s.ReceiptByStatus(ctx, "h"))
	note(s.ReceiptsOfCase(ctx, "c", 5))
	note(s.CountReach(ctx, one))
	for _, after := range []string{"", "r"} {
		note(s.Receipts(ctx, "", after, 5))
		note(s.ReportsOf(ctx, "p", "x", after, 5))
	}
	note(s.Report(ctx, "p", "r"))
	for _, after := range []string{"", "r"} {
		note(s.Reports(ctx, "p", "", after, 5))
		note(s.Reports(ctx, "p", incidents.InTriage, after, 5))
		note(s.Incidents(ctx, "p", after, 5))
		note(s.OpenIncidents(ctx, "p", after, 5))
		note(s.MeasuredIncidents(ctx, "p", after, 5))
	}
	note(s.DueReports(ctx, noon(), 5))
	note(s.IncidentByCase(ctx, "p", "k"))
	note(s.DueIncidents(ctx, noon(), 5))
	note(s.UpcomingIncidents(ctx, noon(), incidents.Upcoming{}, 5))
	note(s.UnassessedIncidents(ctx, 5))
	note(s.StaleIncidents(ctx, 5))
	note(s.ArmedIncidents(ctx, incidents.Key{}, 5))
	note(s.AffectedPage(ctx, "p", "i", 1, nil, "", 5))
	note(s.AffectedPage(ctx, "p", "i", 1, incidents.Groups(), "", 5))
	note(s.AffectedByIDs(ctx, "p", "i", 1, one))
	note(s.AffectedPersons(ctx, "p", "i", 1))
	note(s.ReadersInScope(ctx, "p", "i", 1))
	note(s.NoticesOf(ctx, "p", "i", "", 5))
	note(s.DeliveriesOf(ctx, "p", "n", nil, "", 5))
	note(s.DeliveriesOf(ctx, "p", "n", []incidents.DeliveryState{incidents.Queued}, "", 5))
	note(s.DeliveriesByIDs(ctx, "p", one))
	note(s.UnansweredDeliveries(ctx, "p", "n", "", 5))
	note(s.UnnotedDeliveries(ctx, "p", "n", 5))
	note(s.CountDeliveries(ctx, "p", "n"))
	note(s.CallRows(ctx, "p", "i", incidents.CallOpen, "", 5))
	note(s.CountCallRows(ctx, "p", "i"))
	note(s.Tellings(ctx, "p", "i"))
	note(s.DueDeliveries(ctx, noon(), 5))
	note(s.Return(ctx, "r"))
	note(s.WaitingReturns(ctx, 5))
	note(s.UnmatchedReturns(ctx, "p", 5))
	note(s.CountUnmatchedReturns(ctx, "p"))
	note(s.DeliveriesNamed(ctx, "d", 5))
	note(s.DeliveriesByCode(ctx, "p", "K7QM4XTR9B", 5))
	note(s.Question(ctx, "p", "q"))
	for _, after := range []string{"", "q"} {
		note(s.Questions(ctx, "p", false, after, 5))
		note(s.Questions(ctx, "p", true, after, 5))
		note(s.QuestionsOf(ctx, "p", "i", "", after, 5))
		note(s.QuestionsOf(ctx, "p", "i", "r", after, 5))
	}
	note(s.CountOpenQuestions(ctx, "p", ""))
	note(s.CountOpenQuestions(ctx, "p", "i"))
	note(s.RightsRequest(ctx, "p", "r"))
	for _, after := range []string{"", "r"} {
		note(s.OpenRightsRequests(ctx, "p", after, 5))
		note(s.RightsRequests(ctx, "p", after, 5))
	}
	note(s.CountOpenRightsRequests(ctx, "p"))
	note(s.DueRightsRequests(ctx, noon(), 5))
	note(s.PracticeDrafts(ctx, "p", "d", 5))
	note(s.KeptAnswers(ctx, "p", "k", 5))
	note(s.Stuck(ctx, "p", "s"))
	note(s.StuckOf(ctx, "p", "s", 5))
	note(s.CountStuck(ctx, "p"))
	note(s.AllStuck(ctx, incidents.Key{}, 5))
	note(s.RegisterHead(ctx, "p"))
	note(s.HasEvents(ctx, "p", one))
	note(s.Entries(ctx, "p", 0, 5))
	note(s.EntriesOf(ctx, "p", "i", 0, 5))
	note(s.EntryRows(ctx, "p", 0, 5))
	note(s.Branches(ctx, "p", []int64{1, 2}))
	note(nil, s.GrowTree(ctx, "p"))
	note(s.TreeHeads(ctx, "p", 0, 5))
	note(s.LastTreeHead(ctx, "p"))
	note(s.Looks(ctx, "p", "", 5))
	note(s.LooksAt(ctx, "p", "c", "", 5))
	note(s.PendingEvents(ctx, 5))
	note(s.SettingKeys(ctx, "a", 5))
	note(s.UserByLogin(ctx, "a"))
	note(s.TokenByHash(ctx, "h"))
	note(s.Tokens(ctx, "p", "", 5))
	note(s.UsersOf(ctx, "p", "", 5))
	note(s.Users(ctx, "", 5))
	note(s.Drafts(ctx, "p", "u", 5))
	note(s.Draft(ctx, "p", "d"))
	return errs
}

package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// world is one of everything that a practice may own.
type world struct {
	practice   tenant.ID
	client     registry.Client
	receipt    incidents.Receipt
	incident   *incidents.Incident
	notice     *incidents.Notice
	deliveries []incidents.Delivery // tried once; queued; queued for the telephone
	head       register.Head
	pending    Pending // the incident's
	draft      incidents.Draft
	request    Request
}

// The ids that do not stand in a world.
const (
	worldSystem    = "mailbox"
	worldProcessor = "microsoft-365"
	worldReport    = "report-1"
	worldUser      = "user-1"
	worldQuestion  = "question-1"
	worldStuck     = "stuck-1"
	worldRights    = "rights-1"
	worldImport    = "import-1"
)

// fill gives a practice one of everything. Only the ids that the practice
// chooses itself are the same in two practices.
func fill(ctx context.Context, t testing.TB, s Store, practice tenant.ID) world {
	t.Helper()
	w := world{practice: practice, client: clientOf(practice, "client-1", "c-1"), receipt: receiptOf("receipt-1", "dedupe-1", at(0)),
		incident: busyIncident(practice, "incident-1"), draft: draftOf(practice, "draft-1", at(0)), request: requestOf(practice)}
	w.incident.Reassess(at(3_000), user()) // so that it waits to be assessed
	w.notice = approvedNotice(w.incident, "notice-1")
	ok(t, "create practice", s.CreatePractice(ctx, practiceOf(string(practice))))
	answered[bool](t, "put system")(s.PutSystem(ctx, systemOf(practice, worldSystem)))
	answered[bool](t, "put processor")(s.PutProcessor(ctx, processorOf(practice, worldProcessor)))
	ok(t, "create endpoint", s.CreateEndpoint(ctx, endpointOf(practice, "endpoint-1")))
	answered[[]bool](t, "put clients")(s.PutClients(ctx, practice, []registry.Client{w.client}))
	_, _, err := s.SaveReceipt(ctx, w.receipt)
	ok(t, "save receipt", err)
	report := reportOf(practice, worldReport, at(0))
	report.ProcessorID = "microsoft-365"
	ok(t, "create report", s.CreateReport(ctx, report))
	createIncident(ctx, t, s, w.incident)
	ok(t, "save affected", s.SaveAffected(ctx, practice, []incidents.Affected{affectedOf(practice, w.incident.ID, 1, "client-1")}))
	createNotice(ctx, t, s, w.notice)
	w.fillDeliveries(ctx, t, s)
	ask(ctx, t, s, questionOf(practice, w.incident.ID, worldQuestion, 0))
	putStuck(ctx, t, s, stuckOf(practice, worldStuck, 0))
	fileRights(ctx, t, s, rightsOf(practice, worldRights, 0))
	createFeed(ctx, t, s, feedOf(practice, worldProcessor, 0))
	createImport(ctx, t, s, importOf(practice, worldImport, 0))
	savePart(ctx, t, s, partOf(practice, worldImport, 0))
	w.fillAccounts(ctx, t, s)
	chain := chainOf(register.Head{}, eventsOf(practice, w.incident.ID, 2))
	appendEntries(ctx, t, s, practice, chain)
	ok(t, "keep look", s.AddLook(ctx, lookOf(practice, "client-1", 1)))
	ok(t, "keep tree head", s.AddTreeHead(ctx, headNumbered(practice, 1)))
	w.head = chain[1].Head()
	for _, p := range pendingOf(ctx, t, s) {
		if p.PracticeID == practice && p.ID == w.incident.ID {
			w.pending = p
		}
	}
	return w
}

func (w *world) fillDeliveries(ctx context.Context, t testing.TB, s Store) {
	t.Helper()
	w.deliveries = []incidents.Delivery{deliveryOf(w.notice, "client-1"), deliveryOf(w.notice, "client-2"), deliveryOf(w.notice, "client-3")}
	w.deliveries[2].Channel = registry.ByPhone
	w.deliveries[1].Code = "K7QM4XTR9B"
	putDeliveries(ctx, t, s, w.deliveries...)
	tried := answered[[]incidents.Delivery](t, "claim")(claimed(ctx, s, w.practice, at(30), []string{w.deliveries[0].ID}))
	tried[0].Record(answerAt(at(31), incidents.Later), at(40))
	saved := answered[[]incidents.Delivery](t, "record")(s.RecordDeliveries(ctx, w.practice, tried))
	w.deliveries[0] = saved[0]
	w.deliveries[1].Version, w.deliveries[2].Version = 1, 1
}

func (w *world) fillAccounts(ctx context.Context, t testing.TB, s Store) {
	t.Helper()
	ok(t, "create user", s.CreateUser(ctx, userOf(worldUser, "anna@example.org")))
	ok(t, "create token", s.CreateToken(ctx, registry.Token{ID: "token-1", PracticeID: w.practice, Hash: "hash-1", CreatedAt: at(0)}))
	ok(t, "save session", s.SaveSession(ctx, "session-1", []byte("data"), at(60)))
	w.draft = saveDraft(ctx, t, s, w.draft)
	begin(ctx, t, s, w.request)
	ok(t, "put setting", s.PutSetting(ctx, "setting-1", []byte("value"), 0))
}

// everything reads all that a practice owns.
func everything(ctx context.Context, t testing.TB, s Store, w world) map[string]any {
	t.Helper()
	all := map[string]any{}
	note := func(what string) func(any, error) {
		return func(v any, err error) {
			t.Helper()
			ok(t, "read "+what, err)
			all[what] = v
		}
	}
	note("practice")(whatever(s.Practice(ctx, w.practice)))
	note("members")(whatever(s.UsersOf(ctx, w.practice, "", 100)))
	note("tokens")(whatever(s.Tokens(ctx, w.practice, "", 100)))
	note("systems")(whatever(s.Systems(ctx, w.practice, "", 100)))
	note("processors")(whatever(s.Processors(ctx, w.practice, "", 100)))
	note("endpoints")(whatever(s.Endpoints(ctx, w.practice, worldProcessor)))
	note("feeds")(whatever(s.Feeds(ctx, w.practice, "", 100)))
	note("clients")(whatever(s.Clients(ctx, w.practice, "", 100)))
	note("receipt")(whatever(s.Receipt(ctx, w.receipt.ID)))
	note("reports")(whatever(s.Reports(ctx, w.practice, "", "", 100)))
	note("incidents")(whatever(s.Incidents(ctx, w.practice, "", 100)))
	note("affected")(whatever(s.AffectedPage(ctx, w.practice, w.incident.ID, 1, nil, "", 100)))
	note("notices")(whatever(s.NoticesOf(ctx, w.practice, w.incident.ID, "", 100)))
	note("deliveries")(whatever(s.DeliveriesOf(ctx, w.practice, w.notice.ID, nil, "", 100)))
	note("questions")(whatever(s.Questions(ctx, w.practice, false, "", 100)))
	note("stuck")(whatever(s.StuckOf(ctx, w.practice, "", 100)))
	note("imports")(whatever(s.Imports(ctx, w.practice, "", 100)))
	part, err := s.Part(ctx, w.practice, worldImport, 0)
	if errors.Is(err, fault.NotFound) {
		err = nil
	}
	note("part")(part, err)
	note("rights")(whatever(s.RightsRequests(ctx, w.practice, "", 100)))
	note("entries")(whatever(s.Entries(ctx, w.practice, 0, 100)))
	note("looks")(whatever(s.Looks(ctx, w.practice, "", 100)))
	note("tree heads")(whatever(s.TreeHeads(ctx, w.practice, 0, 100)))
	note("drafts")(whatever(s.Drafts(ctx, w.practice, worldUser, 100)))
	request, fresh, err := s.BeginRequest(ctx, w.request)
	note("request")([]any{request, fresh}, err)
	pending := slices.DeleteFunc(pendingOf(ctx, t, s), func(p Pending) bool { return p.PracticeID != w.practice })
	note("pending")(pending, nil)
	return all
}

// whatever forgets the type of an answer.
func whatever[T any](v T, err error) (any, error) { return v, err }

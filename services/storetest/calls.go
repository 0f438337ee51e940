package storetest

import (
	"context"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// manner is what a call does to a world.
type manner int

const (
	finds    manner = iota // gives what its own practice has, nothing to another
	alters                 // changes what its own practice has
	adds                   // makes a record under the caller's practice
	hostWide               // has no practice
)

// call is one method of the store, asked by a practice about what is in w.
type call struct {
	name string
	kind manner
	do   func(ctx context.Context, s Store, practice tenant.ID, w world) (any, error)
}

// calls holds every method but Close.
func calls() []call {
	var all []call
	for _, part := range [][]call{practiceCalls(), catalogueCalls(), clientCalls(), importCalls(), reportCalls(), incidentCalls(), noticeCalls(),
		deliveryCalls(), returnCalls(), feedCalls(), questionCalls(), stuckCalls(), registerCalls(), treeCalls(), lookCalls(), accountCalls(), draftCalls(), upkeepCalls(), rightsCalls(), erasingCalls()} {
		all = append(all, part...)
	}
	return all
}

// gives names a method that gives something.
func gives[T any](name string, kind manner, do func(ctx context.Context, s Store, practice tenant.ID, w world) (T, error)) call {
	return call{name, kind, func(ctx context.Context, s Store, practice tenant.ID, w world) (any, error) {
		v, err := do(ctx, s, practice, w)
		return v, err
	}}
}

// does names a method that only says whether it worked.
func does(name string, kind manner, do func(ctx context.Context, s Store, practice tenant.ID, w world) error) call {
	return call{name, kind, func(ctx context.Context, s Store, practice tenant.ID, w world) (any, error) {
		return nil, do(ctx, s, practice, w)
	}}
}

func practiceCalls() []call {
	return []call{
		does("CreatePractice", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) error {
			return s.CreatePractice(ctx, practiceOf("practice-new"))
		}),
		gives("Practice", hostWide, func(ctx context.Context, s Store, p tenant.ID, _ world) (registry.Practice, error) {
			return s.Practice(ctx, p)
		}),
		gives("PracticeByCode", hostWide, func(ctx context.Context, s Store, p tenant.ID, _ world) (registry.Practice, error) {
			return s.PracticeByCode(ctx, "code-of-"+string(p))
		}),
		gives("UpdatePractice", hostWide, func(ctx context.Context, s Store, p tenant.ID, _ world) (registry.Practice, error) {
			return s.UpdatePractice(ctx, p, func(v *registry.Practice) error { v.Language = "en"; return nil })
		}),
		gives("Practices", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]registry.Practice, error) {
			return s.Practices(ctx, "", 10)
		}),
		gives("PracticesUsing", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]tenant.ID, error) {
			return s.PracticesUsing(ctx, worldProcessor, "", 10)
		}),
		does("DropDrill", adds, func(ctx context.Context, s Store, p tenant.ID, w world) error { // no drill: a stranger's try
			return s.DropDrill(ctx, p, w.practice)
		}),
		gives("NextNumber", adds, func(ctx context.Context, s Store, p tenant.ID, _ world) (int64, error) {
			return s.NextNumber(ctx, p, "series")
		}),
	}
}

func catalogueCalls() []call {
	return []call{
		gives("PutSystem", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) (bool, error) {
			changed := systemOf(p, worldSystem)
			changed.Name = "Anders"
			return s.PutSystem(ctx, changed)
		}),
		gives("System", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (registry.System, error) {
			return s.System(ctx, p, worldSystem)
		}),
		gives("Systems", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]registry.System, error) {
			return s.Systems(ctx, p, "", 10)
		}),
		gives("PutProcessor", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) (bool, error) {
			changed := processorOf(p, worldProcessor)
			changed.Name = "Anders"
			return s.PutProcessor(ctx, changed)
		}),
		gives("Processor", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (registry.Processor, error) {
			return s.Processor(ctx, p, worldProcessor)
		}),
		gives("Processors", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]registry.Processor, error) {
			return s.Processors(ctx, p, "", 10)
		}),
		does("CreateEndpoint", hostWide, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.CreateEndpoint(ctx, endpointOf(p, "endpoint-new"))
		}),
		gives("EndpointByToken", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) (registry.Endpoint, error) {
			return s.EndpointByToken(ctx, "hash-of-endpoint-1")
		}),
		gives("Endpoints", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]registry.Endpoint, error) {
			return s.Endpoints(ctx, p, worldProcessor)
		}),
		gives("UpdateEndpoint", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) (registry.Endpoint, error) {
			return s.UpdateEndpoint(ctx, p, "endpoint-1", func(e *registry.Endpoint) error { e.RevokedAt = at(70); return nil })
		}),
		does("TouchEndpoint", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.TouchEndpoint(ctx, p, "endpoint-1", at(71))
		}),
	}
}

func clientCalls() []call {
	return []call{
		gives("CreateClient", adds, func(ctx context.Context, s Store, p tenant.ID, _ world) (registry.Client, error) {
			return s.CreateClient(ctx, clientOf(p, "client-created", "c-created"))
		}),
		gives("PutClients", alters, func(ctx context.Context, s Store, p tenant.ID, w world) ([]bool, error) {
			changed := w.client
			changed.PracticeID, changed.Person.Name = p, "Anders"
			return s.PutClients(ctx, p, []registry.Client{changed})
		}),
		gives("UpdateClient", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (registry.Client, error) {
			return s.UpdateClient(ctx, p, w.client.ID, func(c *registry.Client) error { c.BirthYear = 1999; return nil })
		}),
		gives("Client", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (registry.Client, error) {
			return s.Client(ctx, p, w.client.ID)
		}),
		gives("Clients", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]registry.Client, error) {
			return s.Clients(ctx, p, "", 10)
		}),
		gives("ClientsByIDs", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]registry.Client, error) {
			return s.ClientsByIDs(ctx, p, []string{w.client.ID})
		}),
		gives("ClientsByExternalIDs", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]registry.Client, error) {
			return s.ClientsByExternalIDs(ctx, p, []string{w.client.Person.ExternalID})
		}),
		gives("ClientsByEmails", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]registry.Client, error) {
			return s.ClientsByEmails(ctx, p, []string{w.client.Person.Email})
		}),
		gives("MatchableClients", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]registry.Client, error) {
			return s.MatchableClients(ctx, p, "", 10)
		}),
		gives("CountClients", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (int64, error) { return s.CountClients(ctx, p) }),
	}
}

func reportCalls() []call {
	return []call{
		gives("SaveReceipt", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) (string, error) {
			id, _, err := s.SaveReceipt(ctx, receiptOf("receipt-new", "dedupe-new", at(5)))
			return id, err
		}),
		gives("Receipt", hostWide, func(ctx context.Context, s Store, _ tenant.ID, w world) (incidents.Receipt, error) {
			return s.Receipt(ctx, w.receipt.ID)
		}),
		does("AdvanceReceipt", hostWide, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			return s.AdvanceReceipt(ctx, w.receipt.ID, string(p), at(9))
		}),
		gives("PendingReceipts", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]string, error) {
			return s.PendingReceipts(ctx, at(60), 10)
		}),
		gives("ReceiptByStatus", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) (incidents.Receipt, error) {
			return s.ReceiptByStatus(ctx, "status-of-receipt-1")
		}),
		does("FileReceipt", hostWide, func(ctx context.Context, s Store, _ tenant.ID, w world) error {
			return s.FileReceipt(ctx, w.receipt.ID, "case-1")
		}),
		gives("ReceiptsOfCase", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]incidents.Receipt, error) {
			return s.ReceiptsOfCase(ctx, "case-1", 10)
		}),
		gives("Receipts", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]incidents.Receipt, error) {
			return s.Receipts(ctx, anna, "", 10)
		}),
		gives("CountReach", hostWide, func(ctx context.Context, s Store, _ tenant.ID, w world) (incidents.Reached, error) {
			return s.CountReach(ctx, []string{w.receipt.ID})
		}),
		gives("ReportsOf", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]*incidents.Report, error) {
			return s.ReportsOf(ctx, p, "microsoft-365", "", 10)
		}),
		does("CreateReport", adds, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.CreateReport(ctx, reportOf(p, worldReport, at(5)))
		}),
		gives("Report", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (*incidents.Report, error) {
			return s.Report(ctx, p, worldReport)
		}),
		gives("UpdateReport", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (*incidents.Report, error) {
			return s.UpdateReport(ctx, p, worldReport, func(r *incidents.Report) error { r.Clock.Told++; return nil })
		}),
		gives("Reports", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]*incidents.Report, error) {
			return s.Reports(ctx, p, "", "", 10)
		}),
		gives("DueReports", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]Key, error) {
			return s.DueReports(ctx, at(100*60), 10)
		}),
	}
}

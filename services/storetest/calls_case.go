package storetest

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

func incidentCalls() []call {
	return []call{
		does("CreateIncident", adds, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			return s.CreateIncident(ctx, incidentOf(p, w.incident.ID, at(5)))
		}),
		gives("Incident", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (*incidents.Incident, error) {
			return s.Incident(ctx, p, w.incident.ID)
		}),
		gives("IncidentByCase", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (*incidents.Incident, error) {
			return s.IncidentByCase(ctx, p, w.incident.CaseKey)
		}),
		gives("UpdateIncident", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (*incidents.Incident, error) {
			return s.UpdateIncident(ctx, p, w.incident.ID, func(i *incidents.Incident) error { i.Assessment.Came++; return nil })
		}),
		gives("Incidents", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]*incidents.Incident, error) {
			return s.Incidents(ctx, p, "", 10)
		}),
		gives("OpenIncidents", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]*incidents.Incident, error) {
			return s.OpenIncidents(ctx, p, "", 10)
		}),
		gives("MeasuredIncidents", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]*incidents.Incident, error) {
			return s.MeasuredIncidents(ctx, p, "", 10)
		}),
		gives("UpcomingIncidents", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]incidents.Upcoming, error) {
			return s.UpcomingIncidents(ctx, at(100*60), incidents.Upcoming{}, 10)
		}),
		gives("DueIncidents", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]Key, error) {
			return s.DueIncidents(ctx, at(100*60), 10)
		}),
		gives("UnassessedIncidents", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]Key, error) {
			return s.UnassessedIncidents(ctx, 10)
		}),
		gives("StaleIncidents", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]Key, error) {
			return s.StaleIncidents(ctx, 10)
		}),
		does("FinishMarking", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) error {
			return s.FinishMarking(ctx)
		}),
		gives("ArmedIncidents", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]Key, error) {
			return s.ArmedIncidents(ctx, Key{}, 10)
		}),
		does("SaveAffected", alters, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			return s.SaveAffected(ctx, p, []incidents.Affected{affectedOf(w.practice, w.incident.ID, 1, "client-new")})
		}),
		gives("AffectedPage", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.Affected, error) {
			return s.AffectedPage(ctx, p, w.incident.ID, 1, nil, "", 10)
		}),
		gives("AffectedByIDs", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.Affected, error) {
			return s.AffectedByIDs(ctx, p, w.incident.ID, 1, []string{"client-1"})
		}),
		gives("AffectedPersons", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]string, error) {
			return s.AffectedPersons(ctx, p, w.incident.ID, 1)
		}),
		gives("ReadersInScope", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (map[string][]string, error) {
			return s.ReadersInScope(ctx, p, w.incident.ID, 1)
		}),
	}
}

func noticeCalls() []call {
	return []call{
		does("CreateNotice", adds, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			return s.CreateNotice(ctx, noticeOf(incidentOf(p, w.incident.ID, at(5)), w.notice.ID))
		}),
		gives("Notice", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (*incidents.Notice, error) {
			return s.Notice(ctx, p, w.notice.ID)
		}),
		gives("UpdateNotice", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (*incidents.Notice, error) {
			return s.UpdateNotice(ctx, p, w.notice.ID, func(n *incidents.Notice) error { n.Recipients++; return nil })
		}),
		gives("NoticesOf", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]*incidents.Notice, error) {
			return s.NoticesOf(ctx, p, w.incident.ID, "", 10)
		}),
	}
}

func deliveryCalls() []call {
	return append(deliveryWrites(),
		gives("Delivery", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (incidents.Delivery, error) {
			return s.Delivery(ctx, p, w.deliveries[0].ID)
		}),
		gives("DeliveriesByIDs", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.Delivery, error) {
			return s.DeliveriesByIDs(ctx, p, []string{w.deliveries[1].ID})
		}),
		gives("UnansweredDeliveries", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]string, error) {
			return s.UnansweredDeliveries(ctx, p, w.notice.ID, "", 10)
		}),
		gives("DeliveriesOf", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.Delivery, error) {
			return s.DeliveriesOf(ctx, p, w.notice.ID, nil, "", 10)
		}),
		gives("UnnotedDeliveries", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.Delivery, error) {
			return s.UnnotedDeliveries(ctx, p, w.notice.ID, 10)
		}),
		gives("CountDeliveries", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (map[incidents.DeliveryState]int, error) {
			return s.CountDeliveries(ctx, p, w.notice.ID)
		}),
		gives("CallRows", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.Delivery, error) {
			return s.CallRows(ctx, p, w.incident.ID, incidents.CallOpen, "", 10)
		}),
		gives("CountCallRows", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.CallCount, error) {
			return s.CountCallRows(ctx, p, w.incident.ID)
		}),
		gives("Tellings", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.Telling, error) {
			told, err := s.Tellings(ctx, p, w.incident.ID)
			return told, err
		}),
		gives("DueDeliveries", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]DueDelivery, error) {
			return s.DueDeliveries(ctx, at(60), 10)
		}),
	)
}

func deliveryWrites() []call {
	return []call{
		does("PutDeliveries", alters, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			return s.PutDeliveries(ctx, p, []incidents.Delivery{deliveryOf(w.notice, "client-new")})
		}),
		gives("UpdateDelivery", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (incidents.Delivery, error) {
			return s.UpdateDelivery(ctx, p, w.deliveries[1].ID, func(d *incidents.Delivery) error { d.Why = "changed"; return nil })
		}),
		gives("RecordDeliveries", alters, func(ctx context.Context, s Store, p tenant.ID, w world) ([]incidents.Delivery, error) {
			row := w.deliveries[0]
			row.Record(answerAt(at(60), incidents.Accepted), time.Time{})
			return s.RecordDeliveries(ctx, p, []incidents.Delivery{row})
		}),
		does("MarkNoted", alters, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			return s.MarkNoted(ctx, p, w.deliveries[:1])
		}),
		does("DropQueued", alters, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			return s.DropQueued(ctx, p, w.notice.ID)
		}),
	}
}

func registerCalls() []call {
	return []call{
		gives("RegisterHead", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (register.Head, error) {
			return s.RegisterHead(ctx, p)
		}),
		does("AppendEntries", alters, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			head := register.Head{}
			if p == w.practice {
				head = w.head
			}
			return s.AppendEntries(ctx, p, chainOf(head, []register.Event{eventOf(p, w.incident.ID, 9)}))
		}),
		gives("HasEvents", finds, func(ctx context.Context, s Store, p tenant.ID, w world) (map[string]bool, error) {
			return s.HasEvents(ctx, p, []string{w.incident.ID + "-1"})
		}),
		gives("Entries", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]register.Entry, error) {
			return s.Entries(ctx, p, 0, 10)
		}),
		gives("EntriesOf", finds, func(ctx context.Context, s Store, p tenant.ID, w world) ([]register.Entry, error) {
			return s.EntriesOf(ctx, p, w.incident.ID, 0, 10)
		}),
		gives("PendingEvents", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]Pending, error) {
			return s.PendingEvents(ctx, 10)
		}),
		does("MarkPublished", alters, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			mine := w.pending
			mine.PracticeID = p
			return s.MarkPublished(ctx, mine)
		}),
	}
}

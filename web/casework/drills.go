package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/drill"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// drillStore is what rehearsing reads and writes.
type drillStore interface {
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	CreatePractice(ctx context.Context, p registry.Practice) error
	UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error)
	DropDrill(ctx context.Context, practice, id tenant.ID) error
}

// NewDrill is what a practitioner chooses for a drill.
type NewDrill struct {
	Playbook string
	Pace     int
	By       incidents.Actor
}

// StartDrill makes up a practice with clients, systems and a case of the chosen
// kind, in which the home practice rehearses. It is a practice of its own: its
// register, its numbers and its people never mix with the real ones.
//
// It returns fault.Invalid with every fault by field, and fault.Conflict inside
// a drill.
func (o *Office) StartDrill(ctx context.Context, home registry.Practice, n NewDrill) (registry.Practice, error) {
	if home.IsDrill() {
		return registry.Practice{}, fault.New(fault.Conflict, "error.drill_in_drill", "leave this drill first")
	}
	kind, known := o.book.Playbook(n.Playbook)
	var faults fault.List
	if !known {
		faults.Add("playbook", "error.playbook", "choose what happened from the list of playbooks")
	}
	if !slices.Contains(registry.Paces(), n.Pace) {
		faults.Add("pace", "error.drill_pace", "choose how fast the clocks run from the list")
	}
	if err := faults.Err(); err != nil {
		return registry.Practice{}, err
	}
	p := drillPractice(o.newID(), strings.ToLower(Secret(12)), home, n, o.now())
	if err := o.store.CreatePractice(ctx, p); err != nil {
		return p, fmt.Errorf("make up a practice: %w", err)
	}
	if err := o.fillDrill(ctx, p); err != nil {
		return p, fmt.Errorf("make up clients: %w", err)
	}
	inc, err := o.File(ctx, p, drillCase(p, kind, o.now()), n.By)
	if err != nil {
		return p, fmt.Errorf("make up a case: %w", err)
	}
	p, err = o.store.UpdatePractice(ctx, p.ID, func(p *registry.Practice) error {
		p.Drill.Incident = inc.ID
		return nil
	})
	if err != nil {
		return p, fmt.Errorf("keep the made-up case: %w", err)
	}
	if _, err := o.store.UpdatePractice(ctx, home.ID, func(h *registry.Practice) error {
		h.Remember(string(p.ID))
		incidents.Act{By: n.By, At: o.now()}.Drill(h, incidents.DrillStarted, h.ID, p.ID, incidents.DrillFacts(p.Drill))
		return nil
	}); err != nil {
		return p, fmt.Errorf("keep the drill: %w", err)
	}
	return p, nil
}

func (o *Office) fillDrill(ctx context.Context, p registry.Practice) error {
	for _, s := range drillSystems(p) {
		if _, _, err := o.SaveSystem(ctx, s); err != nil {
			return err
		}
	}
	_, _, err := o.SaveClients(ctx, p, drillClients(o.now()))
	return err
}

// Drill returns a drill of the practice; another practice's is fault.NotFound.
func (o *Office) Drill(ctx context.Context, home registry.Practice, id string) (registry.Practice, error) {
	p, err := o.store.Practice(ctx, tenant.ID(id))
	if err != nil {
		return p, fmt.Errorf("read drill: %w", err)
	}
	if p.Drill.Of != home.ID {
		return registry.Practice{}, fault.NotFound
	}
	return p, nil
}

// Drills returns the newest drills of a practice, the newest first.
func (o *Office) Drills(ctx context.Context, home registry.Practice, most int) ([]registry.Practice, error) {
	var list []registry.Practice
	for _, id := range slices.Backward(home.Drills) {
		if len(list) == most {
			break
		}
		p, err := o.Drill(ctx, home, id)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// EndDrill stops a drill: its clocks end, and its score stands. Stopping it again
// changes nothing.
func (o *Office) EndDrill(ctx context.Context, home registry.Practice, id string, by incidents.Actor) (registry.Practice, error) {
	p, err := o.Drill(ctx, home, id)
	if err != nil || !p.Drill.EndedAt.IsZero() {
		return p, err
	}
	if _, err := o.change(ctx, p.ID, p.Drill.Incident, func(i *incidents.Incident) error {
		i.StopDrill(o.now(), by)
		return nil
	}); err != nil {
		return p, fmt.Errorf("stop the made-up case: %w", err)
	}
	p, err = o.store.UpdatePractice(ctx, p.ID, func(p *registry.Practice) error {
		if p.Drill.EndedAt.IsZero() {
			p.Drill.EndedAt = o.now()
			incidents.Act{By: by, At: p.Drill.EndedAt}.Drill(p, incidents.DrillEnded, home.ID, p.ID, incidents.DrillFacts(p.Drill))
		}
		return nil
	})
	if err != nil {
		return p, fmt.Errorf("end drill: %w", err)
	}
	o.nudge()
	return p, nil
}

// mostWaiting is how many messages of a drill are looked at before it is removed.
const mostWaiting = 200

// DropDrill removes a drill that is over, with all that was made up for it. While
// it runs, or the workers still have something of it to do, it is fault.Conflict.
func (o *Office) DropDrill(ctx context.Context, home registry.Practice, id tenant.ID) error {
	p, err := o.Drill(ctx, home, string(id))
	if err != nil {
		return err
	}
	if p.Drill.EndedAt.IsZero() {
		return fault.New(fault.Conflict, "error.drill_running", "stop this drill first")
	}
	busy, err := o.drillBusy(ctx, p)
	if err != nil {
		return err
	}
	if busy {
		return fault.New(fault.Conflict, "error.drill_busy", "the last of this drill is still being written down; try again in a moment")
	}
	return drill.Drop(ctx, o.store, o.act(ctx), home.ID, id)
}

// drillBusy reports whether something of a drill waits for the workers: what they
// wrote after its rows and keys are gone nobody could ever read.
func (o *Office) drillBusy(ctx context.Context, p registry.Practice) (bool, error) {
	if len(p.Outbox.Pending) > 0 {
		return true, nil
	}
	inc, err := o.store.Incident(ctx, p.ID, p.Drill.Incident)
	if isNotFound(err) {
		return false, nil // removing it was cut off
	}
	if err != nil {
		return false, fmt.Errorf("read the made-up case: %w", err)
	}
	list, err := o.store.NoticesOf(ctx, p.ID, inc.ID, "", mostWaiting)
	if err != nil {
		return false, fmt.Errorf("list the made-up messages: %w", err)
	}
	return len(inc.Outbox.Pending) > 0 || slices.ContainsFunc(list, func(n *incidents.Notice) bool { return len(n.Outbox.Pending) > 0 }), nil
}

// DrillScore judges a drill as it stands.
func (o *Office) DrillScore(ctx context.Context, p registry.Practice) (drill.Score, error) {
	inc, err := o.store.Incident(ctx, p.ID, p.Drill.Incident)
	if err != nil {
		return drill.Score{}, fmt.Errorf("read the made-up case: %w", err)
	}
	kind, _ := o.book.Playbook(inc.Facts.Playbook)
	var steps []drill.Step
	for _, t := range kind.Tasks {
		steps = append(steps, drill.Step{ID: t.ID, Within: t.Within})
	}
	return drill.Judge(inc, steps), nil
}

// drillPractice is a made-up practice that promises what home promises. Every
// address in it is made up, the practitioner's own and the stand-in's too.
func drillPractice(id, code string, home registry.Practice, n NewDrill, now time.Time) registry.Practice {
	p := registry.Practice{ID: tenant.ID(id), PublicCode: code, Authority: home.Authority, Language: home.Language, TimeZone: home.TimeZone, Policy: home.Policy, CreatedAt: now,
		Drill: registry.Drill{Of: home.ID, Playbook: n.Playbook, Pace: n.Pace, StartedAt: now}}
	p.Policy.PreliminaryLeadHours = 0
	word := drillWord(home)
	p.Details = registry.Details{
		Name: cut(word+" · "+home.Details.Name, 110), Street: "Verzonnenweg 1", Place: "9999 ZZ Nergenshuizen",
		Contact:   registry.ContactPerson{Name: home.Details.Contact.Name, Phone: "+31 6 00000000", Email: drillAddress("praktijk"), Hours: home.Details.Contact.Hours},
		Senders:   []registry.Sender{{Email: drillAddress("praktijk"), Name: word, System: "mailbox"}, {Email: drillAddress("bericht"), Name: word}},
		WarnEmail: drillAddress("u"), SecondEmail: drillAddress("u.thuis"), StandInName: word, StandInMail: drillAddress("waarnemer"),
	}
	return p
}

func drillWord(home registry.Practice) string {
	if home.Language == "en" {
		return "EXERCISE"
	}
	return "OEFENING"
}

func drillAddress(name string) string { return name + "@" + incidents.DrillDomain }

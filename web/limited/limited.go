// Package limited is what those see who may see a part: a coach the people whom he
// guides himself and how they are in a case, an auditor cases in which marks stand
// for names. Its pages take nothing from those that show everything, so that nothing
// new there can be seen here.
package limited

import (
	"context"
	"fmt"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/web/page"
)

// store is what the pages read.
type store interface {
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	Incidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error)
	Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	AffectedByIDs(ctx context.Context, practice tenant.ID, incident string, version int64, ids []string) ([]incidents.Affected, error)
	AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error)
	Tellings(ctx context.Context, practice tenant.ID, incident string) ([]incidents.Telling, error)
}

// playbookList names the kinds of breach.
type playbookList interface {
	Playbook(id string) (playbooks.Playbook, bool)
}

// Options is what an Area is made of.
type Options struct {
	Store store
	Book  playbookList
}

// Area registers the pages. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(o Options) *Area { return &Area{opts: o} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	own := site.Private(e).For(registry.SeeOwn, registry.SeeOwn)
	own.GET("/own", a.own)
	own.GET("/own/clients/:id", a.ownClient)
	own.GET("/own/incidents/:id", a.ownCase)
	sample := site.Private(e).For(registry.SeeSample, registry.SeeSample)
	sample.GET("/sample", a.sample)
	sample.GET("/sample/:id", a.sampledCase)
}

// perRead is how many records are read at a time, and perPage how many are shown.
const (
	perRead = 500
	perPage = 50
)

// systemNames maps the ids of the practice's systems to their names.
func (a *Area) systemNames(ctx context.Context, practice tenant.ID) (map[string]string, error) {
	names := map[string]string{}
	for after := ""; ; {
		systems, err := a.opts.Store.Systems(ctx, practice, after, perRead)
		if err != nil {
			return nil, fmt.Errorf("list systems: %w", err)
		}
		for _, s := range systems {
			names[s.ID], after = s.Name, s.ID
		}
		if len(systems) < perRead {
			return names, nil
		}
	}
}

// eachClient shows every person of a practice to do.
func (a *Area) eachClient(ctx context.Context, practice tenant.ID, do func(registry.Client)) error {
	for after := ""; ; {
		clients, err := a.opts.Store.Clients(ctx, practice, after, perRead)
		if err != nil {
			return fmt.Errorf("list clients: %w", err)
		}
		for _, x := range clients {
			do(x)
			after = x.ID
		}
		if len(clients) < perRead {
			return nil
		}
	}
}

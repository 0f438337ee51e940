package page

import (
	"context"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// caseStore is a store that knows to which case a thing belongs; both of ours are.
type caseStore interface {
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error)
	Delivery(ctx context.Context, practice tenant.ID, id string) (incidents.Delivery, error)
	Question(ctx context.Context, practice tenant.ID, id string) (incidents.ReaderQuestion, error)
}

// SeesCase reports whether the logged-in user sees a case among others: a stand-in
// those that were handed to him.
func SeesCase(c echo.Context, inc *incidents.Incident) bool {
	return RoleOf(c) != registry.RoleStandIn || inc.Handed()
}

// notHanded is the refusal of a case to a stand-in before its alarm came to him.
func notHanded() error {
	return fault.New(fault.Forbidden, "error.not_handed", "a stand-in sees a case once a warning about it was handed on")
}

// handed refuses a stand-in what belongs to a case that was not handed to him, and
// whatever belongs to none.
func (s *Site) handed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if RoleOf(c) != registry.RoleStandIn || standsAlone(c.Path()) {
			return next(c)
		}
		inc, err := s.caseAt(c)
		if err != nil {
			return err
		}
		if !inc.Handed() {
			return notHanded()
		}
		return next(c)
	}
}

// standsAlone reports whether a page belongs to no single case, and shows a stand-in
// what SeesCase lets him see.
func standsAlone(route string) bool { return route == "/" || route == "/incidents" }

// caseAt finds the case that the address belongs to.
func (s *Site) caseAt(c echo.Context) (*incidents.Incident, error) {
	store, able := s.opts.Store.(caseStore)
	area, _, _ := strings.Cut(strings.TrimPrefix(c.Path(), "/"), "/")
	ctx, practice, id := c.Request().Context(), Practice(c).ID, c.Param("id")
	if !able || id == "" {
		return nil, notHanded()
	}
	switch area {
	case "incidents":
	case "notices":
		n, err := store.Notice(ctx, practice, id)
		if err != nil {
			return nil, err
		}
		id = n.IncidentID
	case "deliveries":
		d, err := store.Delivery(ctx, practice, id)
		if err != nil {
			return nil, err
		}
		id = d.IncidentID
	case "questions":
		q, err := store.Question(ctx, practice, id)
		if err != nil {
			return nil, err
		}
		id = q.IncidentID
	default:
		return nil, notHanded()
	}
	return store.Incident(ctx, practice, id)
}

package notices

import (
	"context"
	"fmt"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
	"datalek/web/parts"
)

// memberStore lists who works for a practice.
type memberStore interface {
	UsersOf(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.User, error)
}

// mostMembers is how many members are looked at to name who may approve.
const mostMembers = 200

// signing says who approved a notice first and who must still, so that nobody
// thinks that it went; the zero value says nothing.
func (a *Area) signing(c echo.Context, n *incidents.Notice) (parts.Notice, error) {
	if !page.Practice(c).FourEyes || n.State != incidents.NoticeIsDraft {
		return parts.Notice{}, nil
	}
	names, err := a.approvers(c, n)
	if err != nil {
		return parts.Notice{}, err
	}
	still := page.T(c, "notices.signing.nobody")
	if len(names) > 0 {
		still = page.T(c, "notices.signing.still", "who", strings.Join(names, ", "))
	}
	if !n.Waits() {
		return parts.Notice{Kind: "info", Title: page.T(c, "notices.signing.two"), Text: still}, nil
	}
	first, err := a.store.User(c.Request().Context(), n.First.By.ID)
	name := first.Name
	if err != nil {
		name = page.T(c, "notices.signing.somebody")
	}
	return parts.Notice{Kind: "warning", Title: page.T(c, "notices.signing.waits"),
		Text: page.T(c, "notices.signing.first", "who", name, "at", page.FormatMoment(page.Lang(c), n.First.At, page.Zone(c))) + " " + still}, nil
}

// approvers names who may still approve: everybody who may be one of the two, and
// after a first approval those who complete it.
func (a *Area) approvers(c echo.Context, n *incidents.Notice) ([]string, error) {
	members, err := a.store.UsersOf(c.Request().Context(), page.Home(c).ID, "", mostMembers)
	if err != nil {
		return nil, fmt.Errorf("list who may approve: %w", err)
	}
	var names []string
	for _, m := range members {
		role, _ := m.In(page.Home(c).ID)
		completes := !n.Waits() || m.ID != n.First.By.ID && (n.First.Role.May(registry.Approve) || role.May(registry.Approve))
		if role.May(registry.Countersign) && completes {
			names = append(names, m.Name)
		}
	}
	return names, nil
}

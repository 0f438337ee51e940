package notices

import (
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
	"datalek/web/parts"
)

// promisedField is the moment by which a notice says that its readers hear more.
const promisedField = "promised_at"

// updateLink leads to the promise of more news to clients. A closed case that
// promised none has no such link.
func updateLink(c echo.Context, inc *incidents.Incident) parts.Link {
	_, owed := inc.StandingUpdate(incidents.UpdateToClients)
	link := parts.Link{Href: "/incidents/" + inc.ID + "/updates/" + string(incidents.UpdateToClients)}
	switch {
	case owed:
		link.Text = page.T(c, "notices.list.promised")
	case inc.State == incidents.StateOpen:
		link.Text = page.T(c, "notices.list.promise")
	default:
		return parts.Link{}
	}
	return link
}

// promise asks when the readers hear more, or says that this notice keeps the
// promise that stands.
func (v *approvePage) promise(c echo.Context, inc *incidents.Incident, n *incidents.Notice, read *page.Moment) {
	if !n.ToPersons() {
		return
	}
	if u, owed := inc.StandingUpdate(incidents.UpdateToClients); owed {
		v.Promise = page.T(c, "notices.approve.keeps", "at", page.FormatMoment(page.Lang(c), u.PromisedAt, page.Zone(c)))
		return
	}
	v.Asks, v.Update = true, page.MomentOf(c, promisedField, time.Time{})
	if first := n.First.UpdateAt; n.Waits() && first != nil {
		v.Update = page.MomentOf(c, promisedField, *first)
	}
	if read != nil {
		v.Update = *read
	}
	v.Update.Now, v.Update.Optional, v.Update.Error = false, true, v.Form.Error(promisedField)
	v.Update.Label, v.Update.Hint = page.T(c, "notices.approve.promise_label"), page.T(c, "notices.approve.promise_hint")
}

// readPromise reads when the readers hear more; nil when nothing was typed.
func readPromise(c echo.Context, moment *page.Moment) (*time.Time, fault.List) {
	if moment.Empty() {
		return nil, nil
	}
	at, err := moment.Read(page.Zone(c))
	if err != nil {
		return nil, fault.Fields(err)
	}
	return &at, nil
}

package api

import (
	"net/http"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/casework"

	"github.com/labstack/echo/v4"
)

func (a *Area) callRoutes(g doors) {
	g.GET("/incidents/:id/calls", a.getCalls)
	g.POST("/deliveries/:id/tried", a.once(a.postTried))
	g.GET("/incidents/:id/announcements", a.getAnnouncements)
	g.For(registry.Decide, registry.Decide).POST("/incidents/:id/announcements", a.once(a.postAnnouncement))
	g.For(registry.Decide, registry.Decide).POST("/incidents/:id/announcements/:announcement/undo", a.once(a.postUndoAnnouncement))
}

// callView is one reader whom a person must tell.
type callView struct {
	deliveryView
	NoticeID string  `json:"notice_id"`
	Audience string  `json:"audience"`
	Name     *string `json:"name"`
	Phone    *string `json:"phone"`
	Address  *string `json:"postal_address"`
	InScope  bool    `json:"in_scope"`
	// DueAt is until when the practice promised to tell him, null outside the promise.
	DueAt *string `json:"due_at"`
	// Settled is "told", "unreachable" or "announcement", null while he must be told.
	Settled *string `json:"settled_by"`
}

type tryView struct {
	At   *string `json:"at"`
	By   string  `json:"by"`
	Note *string `json:"note"`
}

func showTries(d incidents.Delivery) []tryView {
	views := []tryView{}
	for _, t := range d.Tries {
		views = append(views, tryView{At: stamp(t.At), By: t.By, Note: orNull(t.Note)})
	}
	return views
}

// getCalls lists who of a case must be told by a person, or who is done.
func (a *Area) getCalls(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	state := incidents.CallOpen
	switch c.QueryParam("state") {
	case "", string(incidents.CallOpen):
	case string(incidents.CallDone):
		state = incidents.CallDone
	default:
		return invalidParam("state", "choose open or done")
	}
	ask, err := listing(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	rows, err := pageOf(ask, func(after string, limit int) ([]casework.Call, error) {
		calls, _, err := a.opts.Office.Calls(ctx, inc, state, after, limit)
		return calls, err
	}, func(x casework.Call) string { return x.ID }, func(x casework.Call) casework.Call { return x })
	if err != nil {
		return err
	}
	var ids []string
	for _, x := range rows.Items {
		ids = append(ids, x.Person, x.Reader)
	}
	numbers, err := a.numbersOf(ctx, inc.PracticeID, ids)
	if err != nil {
		return err
	}
	out := listed[callView]{Items: []callView{}, Next: rows.Next}
	for _, x := range rows.Items {
		out.Items = append(out.Items, showCall(inc, x, numbers))
	}
	return c.JSON(http.StatusOK, out)
}

func showCall(inc *incidents.Incident, x casework.Call, numbers map[string]string) callView {
	v := callView{deliveryView: showDelivery(x.Delivery, x.Notice.Sender.Email, numbers), NoticeID: x.NoticeID, Audience: string(x.Notice.Audience),
		Name: orNull(x.To.Name), Phone: orNull(x.To.Phone), Address: orNull(x.To.PostalAddress), InScope: x.InScope}
	if due, promised := inc.Clock(incidents.ClientClock).DueAt(); promised && x.InScope {
		v.DueAt = stamp(due)
	}
	settled := ""
	switch {
	case x.Announced:
		settled = "announcement"
	case x.State == incidents.Unreachable:
		settled = "unreachable"
	case x.State.Told():
		settled = "told"
	}
	v.Settled = orNull(settled)
	return v
}

// postTried records that a person tried to reach a reader in vain.
func (a *Area) postTried(c echo.Context) error { return a.postWord(c, a.opts.Office.Tried) }

// announcementView is a publication under GDPR Art. 34(3)(c).
type announcementView struct {
	ID           string      `json:"id"`
	NoticeID     string      `json:"notice_id"`
	Places       []placeView `json:"places"`
	From         *string     `json:"from"`
	Until        *string     `json:"until"`
	Why          string      `json:"why"`
	Persons      int         `json:"persons"`
	Beyond       int         `json:"beyond_promise"`
	Unreachable  int         `json:"unreachable"`
	At           *string     `json:"recorded_at"`
	UndoneAt     *string     `json:"undone_at"`
	UndoneReason *string     `json:"undone_reason"`
}

type placeView struct {
	Kind  string `json:"kind"`
	Where string `json:"where"`
}

func showAnnouncement(v incidents.Announcement) announcementView {
	out := announcementView{ID: v.ID, NoticeID: v.NoticeID, Places: []placeView{}, From: stamp(v.From), Until: stamp(v.Until), Why: v.Why,
		Persons: v.Reaches.Beyond + v.Reaches.Unreachable, Beyond: v.Reaches.Beyond, Unreachable: v.Reaches.Unreachable,
		At: stamp(v.At), UndoneAt: stamp(v.UndoneAt), UndoneReason: orNull(v.UndoneReason)}
	for _, p := range v.Places {
		out.Places = append(out.Places, placeView{Kind: string(p.Kind), Where: p.Where})
	}
	return out
}

// getAnnouncements lists the publications of a case, oldest first, and for whom
// one would count now.
func (a *Area) getAnnouncements(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	reach, err := a.opts.Office.Reach(c.Request().Context(), inc)
	if err != nil {
		return err
	}
	out := struct {
		listed[announcementView]
		Would map[string]int `json:"would_count"`
	}{listed[announcementView]{Items: []announcementView{}}, map[string]int{"persons": reach.Persons(), "beyond_promise": reach.Beyond,
		"unwritten": reach.Unwritten, "unreachable": reach.Unreachable, "stay_to_be_told": reach.Promised, "underway": reach.Underway}}
	for _, made := range inc.Announcements {
		out.Items = append(out.Items, showAnnouncement(made))
	}
	return c.JSON(http.StatusOK, out)
}

func (a *Area) postAnnouncement(c echo.Context) error {
	var b struct {
		Places  []placeView `json:"places"`
		From    instant     `json:"from"`
		Until   instant     `json:"until"`
		Why     string      `json:"why"`
		Persons *int        `json:"persons"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	var faults fault.List
	who := callerOf(c)
	n := casework.NewAnnouncement{Persons: b.Persons, Announcement: incidents.Announcement{Why: b.Why, By: who.actor(),
		From: b.From.value(&faults, "from"), Until: b.Until.value(&faults, "until")}}
	if len(faults) > 0 {
		return faults
	}
	for _, p := range b.Places {
		n.Places = append(n.Places, incidents.Place{Kind: incidents.PlaceKind(p.Kind), Where: p.Where})
	}
	inc, err := a.opts.Office.Announce(c.Request().Context(), who.practice.ID, c.Param("id"), n)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, showAnnouncement(inc.Announcements[len(inc.Announcements)-1]))
}

func (a *Area) postUndoAnnouncement(c echo.Context) error {
	var b struct {
		Reason string `json:"reason"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	who, id := callerOf(c), c.Param("announcement")
	inc, err := a.opts.Office.TakeBack(c.Request().Context(), who.practice.ID, c.Param("id"), id, b.Reason, who.actor())
	if err != nil {
		return err
	}
	for _, made := range inc.Announcements {
		if made.ID == id {
			return c.JSON(http.StatusOK, showAnnouncement(made))
		}
	}
	return fault.NotFound
}

package notices

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/pauses"
	"datalek/web/picture"
)

// standing is how far a notice is: how many of its readers stand where.
type standing struct {
	sent, told, waiting, tasks, refused, bounced, unreachable int
}

func (s standing) total() int {
	return s.sent + s.told + s.waiting + s.tasks + s.refused + s.bounced + s.unreachable
}

// done is how many know it: the server took the mail, or a person gave his word.
func (s standing) done() int { return s.sent + s.told }

// open is how many still have to be told.
func (s standing) open() int { return s.waiting + s.tasks + s.refused + s.bounced }

// mostSplit is how many waiting rows are read to tell mails and tasks apart.
// With more the count is made from what was pinned; it is exact again as soon
// as fewer wait.
const mostSplit = 500

func (a *Area) standing(ctx context.Context, n *incidents.Notice) (standing, error) {
	count, err := a.store.CountDeliveries(ctx, n.PracticeID, n.ID)
	if err != nil {
		return standing{}, fmt.Errorf("count deliveries: %w", err)
	}
	s := standing{sent: count[incidents.Sent], told: count[incidents.ToldByPerson], refused: count[incidents.Refused],
		bounced: count[incidents.Bounced], unreachable: count[incidents.Unreachable]}
	queued := count[incidents.Queued]
	if s.tasks, err = a.tasksAmong(ctx, n, queued); err != nil {
		return s, err
	}
	s.waiting = queued - s.tasks + count[incidents.Sending] + count[incidents.Deferred]
	return s, nil
}

// tasksAmong returns how many of the queued are for a person to call or write to.
func (a *Area) tasksAmong(ctx context.Context, n *incidents.Notice, queued int) (int, error) {
	pinned := n.Recipients - n.ByEmail
	switch {
	case queued == 0 || pinned <= 0:
		return 0, nil
	case n.State == incidents.NoticeIsSent:
		return queued, nil
	case queued > mostSplit:
		return min(pinned, queued), nil
	}
	rows, err := a.store.DeliveriesOf(ctx, n.PracticeID, n.ID, []incidents.DeliveryState{incidents.Queued}, "", mostSplit)
	if err != nil {
		return 0, fmt.Errorf("list deliveries: %w", err)
	}
	tasks := 0
	for _, d := range rows {
		if d.Channel != registry.ByEmail {
			tasks++
		}
	}
	return tasks, nil
}

// dots draws a standing; what counts nobody is left out, but for mails sent.
func (s standing) dots(c echo.Context) picture.Dots {
	all := []picture.Standing{
		{Glyph: "sent", Count: s.sent}, {Glyph: "told", Count: s.told}, {Glyph: "waiting", Count: s.waiting}, {Glyph: "task", Count: s.tasks},
		{Glyph: "refused", Count: s.refused}, {Glyph: "bounced", Count: s.bounced}, {Glyph: "unreachable", Count: s.unreachable},
	}
	var shown []picture.Standing
	for _, x := range all {
		if x.Text = page.T(c, "notices.stand."+heldBack(c, x.Glyph, "sent")); x.Count > 0 || x.Glyph == "sent" {
			shown = append(shown, x)
		}
	}
	return picture.DrawDots(shown)
}

type progressPage struct {
	page.View
	Head    head
	Running bool   // mails are still going out
	Events  string // address of the stream, "" when nothing moves
	Counted string // "38 van 42 weten het"
	Next    string // what to do now
	Spoken  string // for who cannot see the picture; changes seldom
	Total   int
	Open    int
	Dots    picture.Dots
	People  []personRow
	Pager   page.Pager
	Calls   bool       // there are phone tasks to print
	Texts   []textView // of a text without readers, which a person carries on
	// Drafts are the case's other messages that nobody reads before they are approved.
	Drafts []noticeLine
	// Public says that the text is for the public: where it stands is recorded.
	Public bool
	Pauses []pauses.Banner // that its mails wait for
}

// progress shows how the mails go and who still has to be told.
func (a *Area) progress(c echo.Context) error {
	n, err := a.notice(c)
	if err != nil {
		return err
	}
	if !approved(n) {
		return c.Redirect(http.StatusSeeOther, placeOf(n))
	}
	inc, err := a.incidentOf(c, n)
	if err != nil {
		return err
	}
	s, err := a.standing(c.Request().Context(), n)
	if err != nil {
		return err
	}
	running := n.State != incidents.NoticeIsSent && n.ByEmail > 0
	v := &progressPage{View: page.NewView(c, "notices.progress.title").BackTo("/incidents/" + inc.ID + "/notices").Broad(), Head: headOf(c, inc, n),
		Running: running, Total: s.total(), Open: s.open(), Dots: s.dots(c), Calls: s.tasks+s.refused+s.bounced > 0, Next: nextWords(c, s, running),
		Counted: counted(c, "notices.progress.counted", s.total(), "told", page.FormatNumber(page.Lang(c), int64(s.done()))), Spoken: spoken(c, n, s)}
	if running {
		v.Events = "/notices/" + n.ID + "/events"
	}
	v.Public = n.Audience == incidents.ToPublic
	if n.Recipients == 0 {
		v.Texts = a.textViews(c, n, size{}, attempt{})
	}
	if v.People, v.Pager, err = a.untold(c, n); err != nil {
		return err
	}
	if v.Drafts, err = a.drafts(c, inc); err != nil {
		return err
	}
	if running {
		if v.Pauses, err = a.pauses.OfNotice(c, n); err != nil {
			return err
		}
	}
	return a.site.Render(c, http.StatusOK, "notices/progress.html", v)
}

// drafts lists the messages of a case that wait for approval; a closed case
// has none.
func (a *Area) drafts(c echo.Context, inc *incidents.Incident) ([]noticeLine, error) {
	if inc.State != incidents.StateOpen {
		return nil, nil
	}
	found, err := a.noticesOf(c.Request().Context(), inc)
	if err != nil {
		return nil, err
	}
	var lines []noticeLine
	for _, n := range found {
		if n.State == incidents.NoticeIsDraft {
			lines = append(lines, lineOf(c, inc, n, found))
		}
	}
	return lines, nil
}

// nextWords says what is left to do.
func nextWords(c echo.Context, s standing, running bool) string {
	byHand := s.tasks + s.refused + s.bounced
	switch {
	case s.total() == 0:
		return page.T(c, "notices.progress.no_readers")
	case s.open() == 0 && s.unreachable > 0:
		return counted(c, "notices.progress.settled", s.unreachable)
	case s.open() == 0:
		return page.T(c, "notices.progress.all")
	case running && byHand > 0:
		return counted(c, "notices.progress.both", byHand)
	case running:
		return page.T(c, "notices.progress.running")
	default:
		return counted(c, "notices.progress.by_hand", byHand)
	}
}

// spoken is the standing in steps of a tenth, so that a screen reader is told
// at most ten times.
func spoken(c echo.Context, n *incidents.Notice, s standing) string {
	if n.State == incidents.NoticeIsSent || n.ByEmail == 0 {
		return page.T(c, "notices.progress.spoken_done")
	}
	gone := n.ByEmail - s.waiting
	return page.T(c, "notices.progress.spoken", "percent", 10*(10*max(gone, 0)/n.ByEmail))
}

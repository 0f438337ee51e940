package requests

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/picture"
)

type onePage struct {
	page.View
	Request *request.Request
	Href    string
	Kind    string
	Name    string
	Client  string // address of his page, "" for none
	Clock   picture.Clock
	Open    bool
	Facts   []parts.Row
	Tasks   []parts.Task
	// Extend says that two more months can be taken still, and how long.
	Extend   bool
	Erases   bool
	Erased   bool
	Erasing  bool
	Summary  []string // what the erasure did
	Backups  string
	Identity *page.Form
	Longer   *page.Form
	ToldAt   page.Moment
	Answer   *page.Form
	AnswerAt page.Moment
	Results  []parts.Option
	Reopen   *page.Form
	Faults   []parts.Fault
}

// forms are those of the page; the ones that failed are shown with their faults.
type forms struct{ identity, longer, answer, reopen *page.Form }

func (a *Area) one(c echo.Context) error { return a.show(c, http.StatusOK, forms{}) }

func (a *Area) load(c echo.Context) (*request.Request, error) {
	r, err := a.opts.Store.RightsRequest(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	return r, nil
}

func (a *Area) show(c echo.Context, status int, f forms) error {
	r, err := a.load(c)
	if err != nil {
		return err
	}
	name, err := a.nameOf(c.Request().Context(), c, r)
	if err != nil {
		return err
	}
	v := &onePage{View: page.NewView(c, "requests.one").BackTo("/requests"), Request: r, Href: homeOf(r), Name: name,
		Kind: page.T(c, "requests.kind."+string(r.Kind)), Clock: clockOf(c, r), Open: r.State == request.Open,
		Extend: r.State == request.Open && r.Extension.At.IsZero(), Erases: r.Kind.Erases(), Erased: r.Erasing.Done(), Erasing: r.Erasing.Running(),
		Identity: or(f.identity), Longer: or(f.longer), Answer: or(f.answer), Reopen: or(f.reopen)}
	if r.ClientID != "" && !r.Erasing.Done() {
		v.Client = "/clients/" + r.ClientID
	}
	if f.longer == nil {
		v.Longer.SetMoment(c, "told_at", page.Now(c))
	}
	if f.answer == nil {
		v.Answer.SetMoment(c, "at", page.Now(c))
	}
	v.ToldAt, v.AnswerAt = v.Longer.Moment(c, "told_at"), v.Answer.Moment(c, "at")
	v.ToldAt.Label, v.AnswerAt.Label = page.T(c, "requests.extend.told_at"), page.T(c, "requests.answer.at")
	for _, k := range []request.Result{request.Granted, request.Partly, request.Refused} {
		v.Results = append(v.Results, parts.Option{Value: string(k), Text: page.T(c, "requests.result."+string(k))})
	}
	for _, x := range []*page.Form{v.Identity, v.Longer, v.Answer, v.Reopen} {
		v.Faults = append(v.Faults, x.Faults...)
	}
	v.Facts, v.Tasks = factsOf(c, r), tasksOf(c, r)
	if v.Erased {
		v.Summary = summaryOf(c, r)
		v.Backups = page.FormatDay(page.Lang(c), registry.DateOf(r.Erasing.BackupsAt.Add(-time.Millisecond), page.Zone(c)))
	}
	return a.site.Render(c, status, "requests/one.html", v)
}

func or(f *page.Form) *page.Form {
	if f == nil {
		return page.FormOf()
	}
	return f
}

func clockOf(c echo.Context, r *request.Request) picture.Clock {
	f := picture.ClockFacts{Kind: "request", StartsAt: r.ReceivedAt, DueAt: r.DueAt, Now: page.Now(c), Zone: page.Zone(c)}
	for _, t := range r.Thresholds {
		f.Thresholds = append(f.Thresholds, picture.Threshold{At: t.At, FiredAt: t.FiredAt})
	}
	if r.State == request.Answered {
		f.MetAt = r.Outcomes[len(r.Outcomes)-1].At
	}
	return picture.DrawClock(f)
}

func factsOf(c echo.Context, r *request.Request) []parts.Row {
	at := func(t time.Time) string { return page.FormatInstant(page.Lang(c), t, page.Zone(c)) }
	row := func(key, value string) parts.Row {
		return parts.Row{Key: page.T(c, "requests.fact."+key), Value: value}
	}
	list := []parts.Row{row("received", page.T(c, "requests.fact.received_text", "at", at(r.ReceivedAt), "channel", page.T(c, "requests.channel."+r.Channel))),
		row("due", page.FormatDay(page.Lang(c), r.DueOn))}
	add := func(key, value string) {
		if value != "" {
			list = append(list, row(key, value))
		}
	}
	add("words", r.Person.Words)
	add("reach", strings.Join(filled(r.Person.Email, r.Person.Reach), ", "))
	add("identity", r.Identity.How)
	if !r.Extension.At.IsZero() {
		add("extended", strings.TrimSpace(page.T(c, "requests.fact.extended_text", "from", page.FormatDay(page.Lang(c), r.Extension.From), "told", at(r.Extension.ToldAt))+" "+r.Extension.Reason))
	}
	for _, o := range r.Outcomes {
		add("answer", strings.TrimSpace(at(o.At)+": "+page.T(c, "requests.result."+string(o.Result))+". "+o.Ground))
		if !o.ReopenedAt.IsZero() {
			add("reopened", strings.TrimSpace(at(o.ReopenedAt)+". "+o.Reason))
		}
	}
	return list
}

func filled(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

// tasksOf lists what is to be done, in its order.
func tasksOf(c echo.Context, r *request.Request) []parts.Task {
	task := func(name string, done bool) parts.Task {
		t := parts.Task{Text: page.T(c, "requests.task."+name), Hint: page.T(c, "requests.task_hint."+name), Status: "todo"}
		if done {
			t.Status = "done"
		}
		return t
	}
	known := !r.Identity.At.IsZero()
	list := []parts.Task{task("identity", known)}
	if r.Copy != "" {
		list = append(list, task("copy", r.Copy == request.CopyDestroyed))
	}
	if r.Kind.Erases() {
		list = append(list, task("erase", r.Erasing.Done()))
	} else {
		list = append(list, task(string(r.Kind), r.State == request.Answered))
	}
	return append(list, task("answer", r.State == request.Answered))
}

// summaryOf says in numbers what an erasure removed.
func summaryOf(c echo.Context, r *request.Request) []string {
	var lines []string
	for _, what := range []string{"clients", "guardians", "cases", "notices", "deliveries", "questions", "reports", "receipts", "returns", "drafts", "imports", "answers", "requests", "entries"} {
		if n := r.Erasing.Removed[what]; n > 0 {
			lines = append(lines, page.T(c, "requests.removed."+what, "n", n, "count", n))
		}
	}
	return lines
}

// act runs what a form of the page asks, and shows the page with its faults.
func (a *Area) act(c echo.Context, done string, shown func(*page.Form) forms, do func(form *page.Form) error) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	err = do(form)
	switch {
	case page.Mendable(err):
		return a.show(c, statusOf(err), shown(form.Fail(c, err)))
	case err != nil:
		return err
	}
	a.site.Done(c, done)
	return c.Redirect(http.StatusSeeOther, "/requests/"+c.Param("id"))
}

func (a *Area) change(c echo.Context, act func(r *request.Request, now time.Time, by incidents.Actor) error) error {
	_, err := a.opts.Office.ChangeRequest(c.Request().Context(), page.Practice(c).ID, c.Param("id"), func(r *request.Request, now time.Time) error {
		return act(r, now, page.Actor(c))
	})
	return err
}

func (a *Area) postIdentity(c echo.Context) error {
	return a.act(c, "requests.identity.done", func(f *page.Form) forms { return forms{identity: f} }, func(f *page.Form) error {
		return a.change(c, func(r *request.Request, now time.Time, by incidents.Actor) error {
			return r.CheckIdentity(f.Text("how"), now, by)
		})
	})
}

func (a *Area) postCopy(c echo.Context) error {
	return a.act(c, "requests.copy.done", func(f *page.Form) forms { return forms{identity: f} }, func(*page.Form) error {
		return a.change(c, func(r *request.Request, now time.Time, by incidents.Actor) error { return r.DestroyCopy(now, by) })
	})
}

func (a *Area) postExtend(c echo.Context) error {
	return a.act(c, "requests.extend.done", func(f *page.Form) forms { return forms{longer: f} }, func(f *page.Form) error {
		moment := f.Moment(c, "told_at")
		told, err := moment.Read(page.Zone(c))
		if err != nil {
			return err
		}
		_, err = a.opts.Office.ExtendRequest(c.Request().Context(), page.Practice(c), c.Param("id"), f.Text("reason"), told, page.Actor(c))
		return err
	})
}

func (a *Area) postAnswer(c echo.Context) error {
	return a.act(c, "requests.answer.done", func(f *page.Form) forms { return forms{answer: f} }, func(f *page.Form) error {
		moment := f.Moment(c, "at")
		at, err := moment.Read(page.Zone(c))
		if err != nil {
			return err
		}
		return a.change(c, func(r *request.Request, now time.Time, by incidents.Actor) error {
			return r.Answer(request.Result(f.Get("result")), f.Text("ground"), at, now, by)
		})
	})
}

func (a *Area) postReopen(c echo.Context) error {
	return a.act(c, "requests.reopen.done", func(f *page.Form) forms { return forms{reopen: f} }, func(f *page.Form) error {
		return a.change(c, func(r *request.Request, now time.Time, by incidents.Actor) error {
			return r.Reopen(f.Text("why"), now, by)
		})
	})
}

type erasePage struct {
	page.View
	Form       *page.Form
	Href       string
	Name       string
	Hindrances []hindrance
	Identity   bool // it is recorded how he was recognised
}

type hindrance struct{ Text, Href, Link string }

func (a *Area) askErase(c echo.Context) error {
	return a.showErase(c, http.StatusOK, page.FormOf("backup_days", "30"))
}

func (a *Area) showErase(c echo.Context, status int, form *page.Form) error {
	r, err := a.load(c)
	if err != nil {
		return err
	}
	if !r.Kind.Erases() || r.Erasing.Done() || r.Erasing.Running() {
		return c.Redirect(http.StatusSeeOther, homeOf(r))
	}
	name, err := a.nameOf(c.Request().Context(), c, r)
	if err != nil {
		return err
	}
	found, err := a.opts.Office.Hindrances(c.Request().Context(), r)
	if err != nil {
		return err
	}
	v := &erasePage{View: page.NewView(c, "requests.erase.title").BackTo(homeOf(r)), Form: form, Href: homeOf(r), Name: name, Identity: !r.Identity.At.IsZero()}
	for _, h := range found {
		x := hindrance{Text: page.T(c, "requests.hindrance."+h.Why)}
		switch h.Why {
		case request.BlockedByCase, request.BlockedByFinding:
			x.Href, x.Link = "/incidents/"+h.ID, h.Reference
		case request.BlockedByReport:
			x.Href, x.Link = "/triage/"+h.ID, page.T(c, "requests.hindrance.open")
		}
		v.Hindrances = append(v.Hindrances, x)
	}
	return a.site.Render(c, status, "requests/erase.html", v)
}

func (a *Area) postErase(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(form.Get("backup_days"))
	if err != nil {
		days = -1
	}
	r, err := a.opts.Office.Erase(c.Request().Context(), page.Practice(c).ID, c.Param("id"), days, page.Actor(c))
	if page.Mendable(err) {
		return a.showErase(c, statusOf(err), form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	if r.Erasing.Done() {
		a.site.Done(c, "requests.erase.done")
	} else {
		a.site.Done(c, "requests.erase.begun")
	}
	return c.Redirect(http.StatusSeeOther, homeOf(r))
}

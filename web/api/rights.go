package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/dossier"

	"github.com/labstack/echo/v4"
)

// rightsStore is what the API reads of what people ask about their own data.
type rightsStore interface {
	RightsRequest(ctx context.Context, practice tenant.ID, id string) (*request.Request, error)
	OpenRightsRequests(ctx context.Context, practice tenant.ID, after string, limit int) ([]*request.Request, error)
	RightsRequests(ctx context.Context, practice tenant.ID, after string, limit int) ([]*request.Request, error)
}

func (a *Area) rightsRoutes(g doors) {
	g.GET("/requests", a.getRequests)
	g.POST("/requests", a.once(a.postRequest))
	g.GET("/requests/:id", a.getRequest)
	g.POST("/requests/:id/identity", a.once(a.postRequestIdentity))
	g.POST("/requests/:id/copy-destroyed", a.once(a.postCopyDestroyed))
	g.POST("/requests/:id/extend", a.once(a.postExtend))
	g.POST("/requests/:id/answer", a.once(a.postAnswer))
	g.POST("/requests/:id/reopen", a.once(a.postReopen))
	g.POST("/requests/:id/export", a.postExport) // what it gives is kept nowhere
	g.POST("/requests/:id/erase", a.once(a.postErase))
}

// rightsView is a request as the API shows it.
type rightsView struct {
	ID         string            `json:"id"`
	Kind       string            `json:"kind"`
	State      string            `json:"state"`
	ClientID   *string           `json:"client_id"`
	Name       *string           `json:"name"`
	Email      *string           `json:"email"`
	Reach      *string           `json:"reach"`
	Words      *string           `json:"words"`
	Channel    string            `json:"channel"`
	ReceivedAt *string           `json:"received_at"`
	DueOn      string            `json:"due_on"`
	DueAt      *string           `json:"due_at"`
	Late       bool              `json:"late"`
	Thresholds []rightsThreshold `json:"thresholds"`
	Copy       *string           `json:"identity_copy"`
	Identity   *string           `json:"identity"`
	Extended   *rightsExtension  `json:"extension"`
	Outcomes   []rightsOutcome   `json:"outcomes"`
	Erasure    *rightsErasure    `json:"erasure"`
	Version    int64             `json:"version"`
}

type rightsThreshold struct {
	Mark    string  `json:"mark"`
	At      *string `json:"at"`
	FiredAt *string `json:"fired_at"`
}

type rightsExtension struct {
	Reason *string `json:"reason"`
	ToldAt *string `json:"told_at"`
	From   string  `json:"from"`
}

type rightsOutcome struct {
	Result     string  `json:"result"`
	Ground     *string `json:"ground"`
	At         *string `json:"at"`
	ReopenedAt *string `json:"reopened_at"`
	Reason     *string `json:"reason"`
}

type rightsErasure struct {
	StartedAt    *string        `json:"started_at"`
	DoneAt       *string        `json:"done_at"`
	Removed      map[string]int `json:"removed"`
	BackupsUntil *string        `json:"backups_until"`
}

func (a *Area) showRights(r *request.Request) rightsView {
	v := rightsView{ID: r.ID, Kind: string(r.Kind), State: string(r.State), ClientID: orNull(r.ClientID), Name: orNull(r.Person.Name),
		Email: orNull(r.Person.Email), Reach: orNull(r.Person.Reach), Words: orNull(r.Person.Words), Channel: r.Channel, ReceivedAt: stamp(r.ReceivedAt),
		DueOn: r.DueOn.String(), DueAt: stamp(r.DueAt), Late: r.Late(a.opts.Now()), Thresholds: []rightsThreshold{}, Outcomes: []rightsOutcome{},
		Copy: orNull(string(r.Copy)), Identity: orNull(r.Identity.How), Version: r.Version}
	for _, t := range r.Thresholds {
		v.Thresholds = append(v.Thresholds, rightsThreshold{t.Mark, stamp(t.At), stamp(t.FiredAt)})
	}
	if !r.Extension.At.IsZero() {
		v.Extended = &rightsExtension{orNull(r.Extension.Reason), stamp(r.Extension.ToldAt), r.Extension.From.String()}
	}
	for _, o := range r.Outcomes {
		v.Outcomes = append(v.Outcomes, rightsOutcome{string(o.Result), orNull(o.Ground), stamp(o.At), stamp(o.ReopenedAt), orNull(o.Reason)})
	}
	if e := r.Erasing; !e.StartedAt.IsZero() {
		v.Erasure = &rightsErasure{stamp(e.StartedAt), stamp(e.DoneAt), e.Removed, stamp(e.BackupsAt)}
		if v.Erasure.Removed == nil {
			v.Erasure.Removed = map[string]int{}
		}
	}
	return v
}

func rightsID(r *request.Request) string { return r.ID }

// getRequests lists what people ask about their own data: newest first, or with
// ?state=open those that wait, the nearest last day first.
func (a *Area) getRequests(c echo.Context) error {
	state := c.QueryParam("state")
	if state != "" && state != "open" {
		return invalidParam("state", "leave it out, or give open")
	}
	read := a.opts.Store.RightsRequests
	if state == "open" {
		read = a.opts.Store.OpenRightsRequests
	}
	return answerList(c, func(after string, limit int) ([]*request.Request, error) {
		return read(c.Request().Context(), callerOf(c).practice.ID, after, limit)
	}, rightsID, a.showRights)
}

func (a *Area) getRequest(c echo.Context) error {
	r, err := a.opts.Store.RightsRequest(c.Request().Context(), callerOf(c).practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showRights(r))
}

func (a *Area) postRequest(c echo.Context) error {
	var b struct {
		Kind       string  `json:"kind"`
		ExternalID *string `json:"external_id"`
		Name       *string `json:"name"`
		Email      *string `json:"email"`
		Reach      *string `json:"reach"`
		Words      *string `json:"words"`
		Channel    string  `json:"channel"`
		ReceivedAt instant `json:"received_at"`
		CopyCame   *bool   `json:"identity_copy_came"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	var faults fault.List
	received := b.ReceivedAt.value(&faults, "received_at")
	if len(faults) > 0 {
		return faults
	}
	who := callerOf(c)
	r, err := a.opts.Office.FileRequest(c.Request().Context(), who.practice, casework.NewRightsRequest{Kind: request.Kind(b.Kind),
		ExternalID: text(b.ExternalID), Person: request.Person{Name: text(b.Name), Email: text(b.Email), Reach: text(b.Reach), Words: text(b.Words)},
		Channel: b.Channel, ReceivedAt: received, CopyCame: b.CopyCame != nil && *b.CopyCame, By: who.actor()})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, a.showRights(r))
}

// changeRequest runs one act on the request that the address names.
func (a *Area) changeRequest(c echo.Context, act func(r *request.Request, now time.Time, by incidents.Actor) error) error {
	who := callerOf(c)
	r, err := a.opts.Office.ChangeRequest(c.Request().Context(), who.practice.ID, c.Param("id"), func(r *request.Request, now time.Time) error {
		return act(r, now, who.actor())
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showRights(r))
}

func (a *Area) postRequestIdentity(c echo.Context) error {
	var b struct {
		How string `json:"how"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	return a.changeRequest(c, func(r *request.Request, now time.Time, by incidents.Actor) error {
		return r.CheckIdentity(b.How, now, by)
	})
}

func (a *Area) postCopyDestroyed(c echo.Context) error {
	return a.changeRequest(c, func(r *request.Request, now time.Time, by incidents.Actor) error { return r.DestroyCopy(now, by) })
}

func (a *Area) postExtend(c echo.Context) error {
	var b struct {
		Reason string  `json:"reason"`
		ToldAt instant `json:"told_at"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	var faults fault.List
	told := b.ToldAt.value(&faults, "told_at")
	if len(faults) > 0 {
		return faults
	}
	who := callerOf(c)
	r, err := a.opts.Office.ExtendRequest(c.Request().Context(), who.practice, c.Param("id"), b.Reason, told, who.actor())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showRights(r))
}

func (a *Area) postAnswer(c echo.Context) error {
	var b struct {
		Result string  `json:"result"`
		Ground *string `json:"ground"`
		At     instant `json:"at"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	var faults fault.List
	at := b.At.value(&faults, "at")
	if len(faults) > 0 {
		return faults
	}
	return a.changeRequest(c, func(r *request.Request, now time.Time, by incidents.Actor) error {
		return r.Answer(request.Result(b.Result), text(b.Ground), at, now, by)
	})
}

func (a *Area) postReopen(c echo.Context) error {
	var b struct {
		Reason string `json:"reason"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	return a.changeRequest(c, func(r *request.Request, now time.Time, by incidents.Actor) error { return r.Reopen(b.Reason, now, by) })
}

// postExport gives all that is held about the person, in ?format=json or pdf.
func (a *Area) postExport(c echo.Context) error {
	format := c.QueryParam("format")
	if format == "" {
		format = "json"
	}
	if format != "json" && format != "pdf" {
		return invalidParam("format", "give json or pdf")
	}
	who, ctx := callerOf(c), c.Request().Context()
	d, err := a.opts.Office.Dossier(ctx, who.practice, c.Param("id"))
	if err != nil {
		return err
	}
	if d.Asked.Erasing.Done() {
		return fault.New(fault.Conflict, "error.request_erased", "this person is erased already")
	}
	if err := a.opts.Office.NoteExport(ctx, who.practice.ID, d.Asked.ID, format, who.actor()); err != nil {
		return err
	}
	if format == "json" {
		f, err := dossier.FileOf(a.words, d)
		if err != nil {
			return fmt.Errorf("write a dossier: %w", err)
		}
		return c.JSON(http.StatusOK, f)
	}
	return a.printed(c, d)
}

func (a *Area) printed(c echo.Context, d request.Dossier) error {
	p, err := dossier.Paper(a.words, d)
	if err != nil {
		return fmt.Errorf("write a dossier: %w", err)
	}
	if a.opts.PrintDossier == nil {
		return fault.NotFound
	}
	var out bytes.Buffer
	if err := a.opts.PrintDossier(&out, p, a.opts.Now()); err != nil {
		return fmt.Errorf("print a dossier: %w", err)
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="dossier.pdf"`)
	return c.Blob(http.StatusOK, "application/pdf", out.Bytes())
}

// postErase erases the person of a request: 200 when he is, 202 while it goes on.
func (a *Area) postErase(c echo.Context) error {
	var b struct {
		BackupDays *int `json:"backup_days"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	days := -1
	if b.BackupDays != nil {
		days = *b.BackupDays
	}
	who := callerOf(c)
	r, err := a.opts.Office.Erase(c.Request().Context(), who.practice.ID, c.Param("id"), days, who.actor())
	if err != nil {
		return err
	}
	status := http.StatusOK
	if !r.Erasing.Done() {
		status = http.StatusAccepted
	}
	return c.JSON(status, a.showRights(r))
}

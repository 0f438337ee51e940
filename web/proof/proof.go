// Package proof shows that the register is whole: the fingerprints of it that were
// published, the key that checks them, and a check of all of it against a
// fingerprint that somebody kept.
package proof

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// store is what the page reads.
type store interface {
	RegisterHead(ctx context.Context, practice tenant.ID) (register.Head, error)
	EntryRows(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.Row, error)
	TreeHeads(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.SignedHead, error)
	LastTreeHead(ctx context.Context, practice tenant.ID) (register.SignedHead, error)
}

// Options is what an Area is made of.
type Options struct {
	Store store
	// Key checks the host's signatures.
	Key string
	Now func() time.Time
}

// Area is the page. Make it with New.
type Area struct {
	opts Options
	site *page.Site
	jobs *jobs
}

// New returns the area.
func New(o Options) *Area { return &Area{opts: o, jobs: newJobs()} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	private := site.Private(e).For(registry.CheckRegister, registry.CheckRegister)
	private.GET("/register/check", a.show)
	private.POST("/register/check", a.check)
}

const headsShown = 30

type checkPage struct {
	page.View
	Form   *page.Form
	Key    string
	Size   int64
	Heads  []register.SignedHead // newest first
	Result *resultView
	// Running is a check that goes on by itself; nil for none.
	Running *progress
}

// resultView is a result in the reader's language.
type resultView struct {
	result
	Faults []string
}

type progress struct{ Read, Of int64 }

// show shows the newest result too, of a check that went on by itself.
func (a *Area) show(c echo.Context) error {
	known, some := a.jobs.of(page.Practice(c).ID)
	if some && known.done != nil {
		return a.render(c, http.StatusOK, page.FormOf(), known.done)
	}
	return a.render(c, http.StatusOK, page.FormOf(), nil)
}

func (a *Area) render(c echo.Context, status int, form *page.Form, found *result) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	head, err := a.opts.Store.RegisterHead(ctx, practice)
	if err != nil {
		return fmt.Errorf("read the register's head: %w", err)
	}
	last, err := a.opts.Store.LastTreeHead(ctx, practice)
	if err != nil {
		return fmt.Errorf("read the last fingerprint: %w", err)
	}
	heads, err := a.opts.Store.TreeHeads(ctx, practice, max(last.Number-headsShown, 0), headsShown)
	if err != nil {
		return fmt.Errorf("list fingerprints: %w", err)
	}
	v := &checkPage{View: page.NewView(c, "proof.title").BackTo("/register"), Form: form, Key: a.opts.Key, Size: head.Seq}
	if found != nil {
		v.Result = &resultView{result: *found}
		for _, f := range found.Found {
			v.Result.Faults = append(v.Result.Faults, faultText(c, f))
		}
	}
	if known, some := a.jobs.of(practice); some && known.done == nil {
		v.Running = &progress{Read: known.read, Of: known.of}
	}
	for i := range heads {
		v.Heads = append(v.Heads, heads[len(heads)-1-i])
	}
	return a.site.Render(c, status, "proof/check.html", v)
}

// check checks a small register at once, and a large one on its own, while the page
// tells how far it is.
func (a *Area) check(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	verifier, err := register.NewHeadVerifier(a.opts.Key)
	if err != nil {
		return err
	}
	var given *register.TreeHead
	if text := form.Text("fingerprint"); text != "" {
		head, err := verifier.Open(text)
		if err != nil {
			form.Fail(c, &fault.Error{Code: fault.Invalid, Field: "fingerprint", Key: "proof.unreadable", Message: "this is not a fingerprint of this program"})
			return a.render(c, http.StatusUnprocessableEntity, form, nil)
		}
		given = &head
	}
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	head, err := a.opts.Store.RegisterHead(ctx, practice)
	if err != nil {
		return fmt.Errorf("read the register's head: %w", err)
	}
	switch {
	case head.Seq > mostEntries:
		form.Fail(c, &fault.Error{Code: fault.Invalid, Key: "proof.too_large", Message: "the register is too large for this page"})
		return a.render(c, http.StatusUnprocessableEntity, form, nil)
	case head.Seq <= atOnce:
		found, err := a.audit(ctx, practice, verifier, given, func(int64) {})
		if err != nil {
			return err
		}
		return a.render(c, http.StatusOK, form, found)
	}
	begun := a.jobs.begin(practice, head.Seq, func(ctx context.Context, read func(int64)) (*result, error) {
		return a.audit(ctx, practice, verifier, given, read)
	})
	if !begun {
		form.Fail(c, &fault.Error{Code: fault.Conflict, Key: "proof.busy", Message: "another check is under way"})
		return a.render(c, http.StatusConflict, form, nil)
	}
	return c.Redirect(http.StatusSeeOther, "/register/check")
}

var errTooLarge = errors.New("the register is too large for a page")

// faultText says in the reader's language what was found.
func faultText(c echo.Context, f register.Finding) string {
	key := "proof.found." + string(f.Kind)
	if f.From != f.To {
		key += "_range"
	}
	return page.T(c, key, "from", f.From, "to", f.To)
}

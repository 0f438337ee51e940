// Package proof shows that the register is whole: the fingerprints of it that were
// published, the key that checks them, and a check of all of it against a
// fingerprint that somebody kept.
package proof

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/page"
)

// store is what the page reads.
type store interface {
	RegisterHead(ctx context.Context, practice string) (register.Head, error)
	EntryRows(ctx context.Context, practice string, after int64, limit int) ([]register.Row, error)
	TreeHeads(ctx context.Context, practice string, after int64, limit int) ([]register.SignedHead, error)
	LastTreeHead(ctx context.Context, practice string) (register.SignedHead, error)
}

// Options is what an Area is made of.
type Options struct {
	Store store
	// Key checks the host's signatures.
	Key string
}

// Area is the page. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(o Options) *Area { return &Area{opts: o} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	private := site.Private(e).For(registry.CheckRegister, registry.CheckRegister)
	private.GET("/register/check", a.show)
	private.POST("/register/check", a.check)
}

const (
	headsShown = 30
	// mostEntries bounds what one press of a button reads; more is for the command.
	mostEntries = 20_000
	rowsPerRead = 500
)

type checkPage struct {
	page.View
	Form   *page.Form
	Key    string
	Size   int64
	Heads  []register.SignedHead // newest first
	Result *result
}

// result is what a check found.
type result struct {
	Faults []string
	More   int
	Heads  int
	Given  bool // a fingerprint was given, and agrees
	At     register.TreeHead
}

func (a *Area) show(c echo.Context) error { return a.render(c, http.StatusOK, page.FormOf(), nil) }

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
	v := &checkPage{View: page.NewView(c, "proof.title").BackTo("/register"), Form: form, Key: a.opts.Key, Size: head.Seq, Result: found}
	for i := range heads {
		v.Heads = append(v.Heads, heads[len(heads)-1-i])
	}
	return a.site.Render(c, status, "proof/check.html", v)
}

// check reads the whole register and compares it with what was published, and
// with the fingerprint that was given.
func (a *Area) check(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	verifier, err := register.NewHeadVerifier(a.opts.Key)
	if err != nil {
		return err
	}
	var given register.TreeHead
	text := form.Text("fingerprint")
	if text != "" {
		if given, err = verifier.Open(text); err != nil {
			form.Fail(c, &fault.Error{Code: fault.Invalid, Field: "fingerprint", Key: "proof.unreadable", Message: "this is not a fingerprint of this program"})
			return a.render(c, http.StatusUnprocessableEntity, form, nil)
		}
	}
	found, err := a.audit(c, verifier, given, text != "")
	if errors.Is(err, errTooLarge) {
		form.Fail(c, &fault.Error{Code: fault.Invalid, Key: "proof.too_large", Message: "the register is too large for this page"})
		return a.render(c, http.StatusUnprocessableEntity, form, nil)
	}
	if err != nil {
		return err
	}
	return a.render(c, http.StatusOK, form, found)
}

var errTooLarge = errors.New("the register is too large for a page")

func (a *Area) audit(c echo.Context, verifier *register.HeadVerifier, given register.TreeHead, some bool) (*result, error) {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	audit := register.NewAudit(practice)
	for after := int64(0); ; {
		rows, err := a.opts.Store.EntryRows(ctx, practice, after, rowsPerRead)
		if err != nil {
			return nil, fmt.Errorf("read the register: %w", err)
		}
		audit.Add(rows...)
		if len(rows) < rowsPerRead {
			break
		}
		if after = rows[len(rows)-1].Seq; audit.Size() > mostEntries {
			return nil, errTooLarge
		}
	}
	var heads []register.SignedHead
	for {
		more, err := a.opts.Store.TreeHeads(ctx, practice, int64(len(heads)), rowsPerRead)
		if err != nil {
			return nil, fmt.Errorf("list fingerprints: %w", err)
		}
		if heads = append(heads, more...); len(more) < rowsPerRead {
			break
		}
	}
	audit.CheckHeads(heads, verifier.Open)
	r := &result{Heads: len(heads), At: given}
	if some {
		r.Given = audit.Compare(0, given)
	}
	found, more := audit.Findings()
	for _, f := range found {
		r.Faults = append(r.Faults, faultText(c, f))
	}
	r.More = more
	return r, nil
}

// faultText says in the reader's language what was found.
func faultText(c echo.Context, f register.Finding) string {
	key := "proof.found." + string(f.Kind)
	if f.From != f.To {
		key += "_range"
	}
	return page.T(c, key, "from", f.From, "to", f.To)
}

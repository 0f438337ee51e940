// Package pauses shows that the mail server refuses an account of the practice,
// on the desk and beside the message that waits for it, and lets mail be tried
// again at once.
package pauses

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// accounts knows which sending accounts are refused.
type accounts interface {
	Of(ctx context.Context, addresses ...string) ([]incidents.Pause, error)
	TryNow(ctx context.Context, account string) (bool, error)
}

// store is what is counted.
type store interface {
	Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error)
	OpenIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	UnansweredDeliveries(ctx context.Context, practice tenant.ID, notice, after string, limit int) ([]string, error)
}

// Options is what an Area is made of.
type Options struct {
	Accounts accounts
	Store    store
	// Nudge wakes the workers of this process; nil when they are elsewhere.
	Nudge func()
}

// Area shows the banners and takes the wish to try. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(o Options) *Area { return &Area{opts: o} }

// Register puts the area's route on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	site.Private(e).For(registry.SeeMachine, registry.MendMachine).POST("/mail/try", a.try)
}

// Banner is one refused account in words.
type Banner struct {
	Title   string // which account, and since when
	Text    string // how many mails wait, that nobody is marked, when it is tried next
	Do      string // what to do
	Said    string // the server's own words, without addresses
	Account string // the address; "" for the whole mail server
	Notice  string // the message beside which it is shown; "" on the desk
}

// OfPractice returns the banners of the visitor's practice: of its own senders,
// and of the mail server through which all mail leaves.
func (a *Area) OfPractice(c echo.Context) ([]Banner, error) {
	return a.banners(c, nil)
}

// OfNotice returns the banners that one message of the visitor's practice waits for.
func (a *Area) OfNotice(c echo.Context, n *incidents.Notice) ([]Banner, error) {
	return a.banners(c, n)
}

func (a *Area) banners(c echo.Context, n *incidents.Notice) ([]Banner, error) {
	if a == nil {
		return nil, nil // a web of tests without mail
	}
	found, err := a.opts.Accounts.Of(c.Request().Context(), senders(c, n)...)
	if err != nil {
		return nil, fmt.Errorf("look which accounts are refused: %w", err)
	}
	var list []Banner
	for _, p := range found {
		waiting, err := a.waiting(c.Request().Context(), page.Practice(c).ID, p, n)
		if err != nil {
			return nil, err
		}
		b := bannerOf(c, p, waiting)
		if n != nil {
			b.Notice = n.ID
		}
		list = append(list, b)
	}
	return list, nil
}

// senders are the addresses whose pauses the visitor may see.
func senders(c echo.Context, n *incidents.Notice) []string {
	if n != nil {
		return []string{n.Sender.Email}
	}
	var list []string
	for _, s := range page.Practice(c).Details.Senders {
		list = append(list, s.Email)
	}
	return list
}

func bannerOf(c echo.Context, p incidents.Pause, waiting int) Banner {
	at := func(key string, pairs ...any) string { return page.T(c, key, pairs...) }
	since := page.FormatInstant(page.Lang(c), p.Since, page.Zone(c))
	b := Banner{Account: p.Account, Said: p.Words, Do: at("pauses.do." + cause(p.Stage))}
	if b.Title = at("pauses.server", "since", since); p.Account != "" {
		b.Title = at("pauses.account", "account", p.Account, "since", since)
	}
	lines := []string{at("pauses.waiting", "n", waiting, "count", page.FormatNumber(page.Lang(c), int64(waiting)))}
	if waiting == 0 {
		lines[0] = at("pauses.nothing_waits")
	}
	next := at("pauses.now")
	if p.NextAt.After(page.Now(c)) && !p.Wake {
		next = at("pauses.next", "at", page.FormatInstant(page.Lang(c), p.NextAt, page.Zone(c)))
	}
	b.Text = strings.Join(append(lines, next), " ")
	return b
}

// cause groups the places in the talk with the server by what there is to do.
func cause(stage string) string {
	switch stage {
	case "auth", "starttls", "greeting":
		return stage
	}
	return "sender"
}

const (
	mostCases  = 200
	countPage  = 1_000
	mostCount  = 100_000
	mostNotice = 200
)

// waiting counts the mails of a practice, or of one notice, that wait for an account.
func (a *Area) waiting(ctx context.Context, practice tenant.ID, p incidents.Pause, only *incidents.Notice) (int, error) {
	if only != nil {
		return a.count(ctx, only)
	}
	cases, err := a.opts.Store.OpenIncidents(ctx, practice, "", mostCases)
	if err != nil {
		return 0, fmt.Errorf("list open incidents: %w", err)
	}
	total := 0
	for _, inc := range cases {
		list, err := a.opts.Store.NoticesOf(ctx, practice, inc.ID, "", mostNotice)
		if err != nil {
			return 0, fmt.Errorf("list messages: %w", err)
		}
		for _, n := range list {
			if !n.Approved() || p.Account != "" && !strings.EqualFold(n.Sender.Email, p.Account) {
				continue
			}
			some, err := a.count(ctx, n)
			if err != nil {
				return 0, err
			}
			total += some
		}
	}
	return total, nil
}

func (a *Area) count(ctx context.Context, n *incidents.Notice) (int, error) {
	total := 0
	for after := ""; total < mostCount; {
		ids, err := a.opts.Store.UnansweredDeliveries(ctx, n.PracticeID, n.ID, after, countPage)
		if err != nil {
			return 0, fmt.Errorf("count waiting mails: %w", err)
		}
		if total += len(ids); len(ids) < countPage {
			break
		}
		after = ids[len(ids)-1]
	}
	return total, nil
}

// try lets mail from one of the practice's own accounts be tried at once.
func (a *Area) try(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	back, n := "/", (*incidents.Notice)(nil)
	if id := form.Get("notice"); id != "" {
		if n, err = a.opts.Store.Notice(ctx, page.Practice(c).ID, id); err != nil {
			return err
		}
		back = "/notices/" + n.ID + "/progress"
	}
	account := form.Get("account")
	own := func(s string) bool { return strings.EqualFold(s, account) }
	if account != "" && !slices.ContainsFunc(senders(c, n), own) {
		return fault.NotFound // another practice's, or none
	}
	if _, err := a.opts.Accounts.TryNow(ctx, account); err != nil {
		return fmt.Errorf("try a refused account: %w", err)
	}
	if a.opts.Nudge != nil {
		a.opts.Nudge()
	}
	a.site.Done(c, "pauses.tried")
	return c.Redirect(http.StatusSeeOther, back)
}

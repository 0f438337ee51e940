package catalogue

import (
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

// holdingsByHand lets the practitioner list himself what is kept about a
// client. The list begins with what the rules say.
func (a *Area) holdingsByHand(c echo.Context) error {
	systems, err := a.allSystems(c.Request().Context(), page.Practice(c).ID)
	if err != nil {
		return err
	}
	return a.press(c, "catalogue.holdings.by_hand_done", func(in *casework.ClientInput) error {
		if in.Client.HoldingsByRule {
			in.Client.Holdings = registry.RuleHoldings(in.Client, systems, page.Practice(c).Policy, page.Zone(c))
			in.Client.HoldingsByRule, in.Client.Without = false, nil
		}
		return nil
	})
}

type byRulePage struct {
	page.View
	Action string
	Hidden []parts.Option
	Lines  []string
	Cancel parts.Link
}

// askHoldingsByRule is the last stop before a list made by hand goes away.
func (a *Area) askHoldingsByRule(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	if x.HoldingsByRule {
		return c.Redirect(http.StatusSeeOther, homeOf(x))
	}
	return a.site.Render(c, http.StatusOK, "catalogue/by_rule.html", &byRulePage{View: page.NewView(c, "catalogue.holdings.by_rule"),
		Action: homeOf(x) + "/holdings/by-rule", Hidden: []parts.Option{{Text: "version", Value: versionText(x.Version)}},
		Lines: []string{page.T(c, "catalogue.holdings.by_rule_lost", "n", len(x.Holdings))}, Cancel: parts.Link{Href: homeOf(x)}})
}

func (a *Area) holdingsByRule(c echo.Context) error {
	return a.press(c, "catalogue.holdings.by_rule_done", func(in *casework.ClientInput) error {
		in.Client.Holdings, in.Client.Without, in.Client.HoldingsByRule = nil, nil, true
		return nil
	})
}

type holdingPage struct {
	page.View
	Form       *page.Form
	Action     string
	Remove     string // where a press takes it away; empty for a new one
	ByRule     bool   // it stands in place of a rule
	Without    string // where a press says that the system holds nothing; empty where that is no choice
	Heading    string
	Person     string
	First      parts.Link   // the one next act while the practice has no systems
	Choose     []parts.Link // the systems to begin with, while none is chosen
	Systems    []parts.Option
	Categories []parts.Option
	Degrees    []parts.Option
}

// newHolding asks first which system, so that its kinds of data are filled in.
func (a *Area) newHolding(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	systems, err := a.allSystems(c.Request().Context(), x.PracticeID)
	if err != nil {
		return err
	}
	form := page.FormOf("version", versionText(x.Version))
	at := slices.IndexFunc(systems, func(s registry.System) bool { return s.ID == c.QueryParam("system") })
	if at >= 0 {
		s := systems[at]
		rule, some := s.RuleFor(x.Relation)
		if !some {
			rule.Categories, rule.Identifiability = s.Categories, s.Identifiability
		}
		form.Set("system", s.ID)
		form.Set("identifiability", string(rule.Identifiability))
		form.Set("key_system", rule.KeySystem)
		for _, v := range rule.Categories {
			form.Values.Add("categories", string(v))
		}
	}
	return a.showHolding(c, http.StatusOK, x, form, systems)
}

func (a *Area) showHolding(c echo.Context, status int, x registry.Client, form *page.Form, systems []registry.System) error {
	key := "catalogue.holding.new"
	if c.Param("n") != "" {
		key = "catalogue.holding.edit"
	}
	if x.HoldingsByRule {
		key = "catalogue.exception.title"
	}
	v := &holdingPage{View: page.NewView(c, key).BackTo(homeOf(x)), Form: form, Action: c.Request().URL.Path, Heading: page.T(c, key),
		Person: x.Person.Name, Categories: page.CategoryOptions(c), Degrees: page.IdentifiabilityOptions(c),
		First: parts.Link{Href: "/systems/new", Text: page.T(c, "catalogue.systems.add")}}
	if c.Param("n") != "" {
		v.Remove = v.Action + "/remove"
	}
	if v.ByRule = x.HoldingsByRule; v.ByRule && form.Get("system") != "" {
		v.Without = homeOf(x) + "/exceptions/without"
	}
	for _, s := range systems {
		v.Systems = append(v.Systems, parts.Option{Value: s.ID, Text: s.Name})
		if form.Get("system") == "" && !form.Failed() {
			v.Choose = append(v.Choose, parts.Link{Href: v.Action + "?system=" + s.ID, Text: s.Name})
		}
	}
	return a.site.Render(c, status, "catalogue/holding.html", v)
}

func (a *Area) holding(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	at, err := placeOf(c, len(x.Holdings))
	if err != nil {
		return err
	}
	systems, err := a.allSystems(c.Request().Context(), x.PracticeID)
	if err != nil {
		return err
	}
	h, zone := x.Holdings[at], page.Zone(c)
	form := page.FormOf("version", versionText(x.Version), "system", h.System, "identifiability", string(h.Identifiability), "key_system", h.KeySystem)
	for _, v := range h.Categories {
		form.Values.Add("categories", string(v))
	}
	setDay(form, "from", dayOf(h.From, zone))
	if h.Until != nil {
		setDay(form, "until", lastDay(*h.Until, zone))
	}
	setDay(form, "destroyed_at", dayOf(h.DestroyedAt, zone))
	return a.showHolding(c, http.StatusOK, x, form, systems)
}

func dayOf(at *time.Time, zone *time.Location) registry.Date {
	if at == nil {
		return registry.Date{}
	}
	return registry.DateOf(*at, zone)
}

func (a *Area) postNewHolding(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	return a.saveHolding(c, x, len(x.Holdings))
}

func (a *Area) postHolding(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	at, err := placeOf(c, len(x.Holdings))
	if err != nil {
		return err
	}
	return a.saveHolding(c, x, at)
}

// saveHolding puts what was typed at a place, behind the last for a new one.
func (a *Area) saveHolding(c echo.Context, x registry.Client, at int) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	_, err = a.change(c, versionOf(form), func(in *casework.ClientInput) error {
		if byRule := form.Get("by_rule") != ""; in.Client.HoldingsByRule != byRule {
			return changed() // the list went away meanwhile
		}
		var before registry.Holding
		if at < len(in.Client.Holdings) {
			before = in.Client.Holdings[at]
		}
		h, faults := readHolding(c, form, before)
		in.Client.Holdings = placed(in.Client.Holdings, at, h)
		in.Client.Without = slices.DeleteFunc(in.Client.Without, func(id string) bool { return id == h.System })
		if len(in.Client.Holdings) > mostRows {
			faults.Add("", "error.rows", "this is more than 200 lines; remove what no longer matters")
		}
		return a.tried(c, *in, faults)
	})
	err = join(nil, err, fieldIn(x.HoldingsField(), at))
	if page.Mendable(err) {
		systems, failed := a.allSystems(c.Request().Context(), x.PracticeID)
		if failed != nil {
			return failed
		}
		return a.showHolding(c, status(err), x, form.Fail(c, err), systems)
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "catalogue.saved")
	return c.Redirect(http.StatusSeeOther, homeOf(x))
}

// readHolding lays what was typed over a holding. A day that stays the same
// keeps its time of day.
func readHolding(c echo.Context, form *page.Form, h registry.Holding) (registry.Holding, fault.List) {
	var faults fault.List
	zone, now := page.Zone(c), page.Now(c)
	h.System, h.Categories = form.Get("system"), nil
	for _, v := range form.All("categories") {
		h.Categories = append(h.Categories, registry.Category(v))
	}
	h.Identifiability, h.KeySystem = registry.Identifiability(form.Get("identifiability")), ""
	if h.Identifiability == registry.Pseudonymised {
		h.KeySystem = form.Get("key_system")
	}
	if d := readDay(form, "from", &faults); d != dayOf(h.From, zone) {
		h.From = instantOf(d, d.Start(zone))
	}
	until := readDay(form, "until", &faults)
	if h.Until == nil || until != lastDay(*h.Until, zone) {
		h.Until = instantOf(until, until.AddDays(1).Start(zone))
	}
	if d := readDay(form, "destroyed_at", &faults); d != dayOf(h.DestroyedAt, zone) {
		h.DestroyedAt = instantOf(d, endOf(d, zone, now))
		if h.DestroyedAt != nil && h.DestroyedAt.After(now) {
			faults.Add("destroyed_at", "error.future", "this lies in the future")
		}
	}
	return h, faults
}

// instantOf returns at, nil when there is no day.
func instantOf(d registry.Date, at time.Time) *time.Time {
	if d.IsZero() {
		return nil
	}
	return &at
}

func (a *Area) removeHolding(c echo.Context) error {
	return a.press(c, "catalogue.holding.removed", func(in *casework.ClientInput) error {
		at, err := placeOf(c, len(in.Client.Holdings))
		if err == nil {
			in.Client.Holdings = slices.Delete(in.Client.Holdings, at, at+1)
		}
		return err
	})
}

package policyedit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/rules"
)

type editPage struct {
	page.View
	Form     *page.Form
	Sections map[string]section // by id
	// Started names the policy whose rules stand in the form and are not saved.
	Started     string
	Own         string // what the practice's present policy is called
	Choices     []parts.Option
	Channels    []parts.Option
	Forms       []parts.Option // of address
	Relations   []parts.Option
	Whens       []parts.Option
	Kinds       []parts.Option
	Telling     []row
	Retention   []row
	Rest        row
	Protections []row
	Statements  []row
	Sources     []string // to choose from while typing
	Preliminary string   // hours before the deadline, "" for none
	Hidden      []hidden
}

// row is one row of a list of the form: the names of its fields, and its choices.
type row struct {
	N      int
	At     string // "retention.2"
	Legend string
	// Chosen says in a line which systems and people are ticked.
	Chosen    string
	Open      bool // the choices are unfolded
	Systems   []parts.Option
	Relations []parts.Option
	Froms     []parts.Option
	Actions   []parts.Option // what else than destroying may become of it
	Permits   []parts.Option // the kinds of data that may stay with permission
	Permitted string         // those that are ticked, in a line
	Drop      string         // the value of the button that takes it away
}

// hidden is a field that the form carries along.
type hidden struct{ Name, Value string }

func (a *Area) show(c echo.Context, status int, form *page.Form, started string) error {
	sayWhich(c, form)
	names, systems, err := a.names(c, form.Get("policy"))
	if err != nil {
		return err
	}
	b := builder{c: c, form: form, names: names}
	for _, s := range systems {
		b.systems = append(b.systems, parts.Option{Value: s.ID, Text: s.Name})
	}
	v := &editPage{View: page.NewView(c, "policyedit.title").BackTo(rulesPath), Form: form, Started: started, Sections: a.sections(c, form, names), Own: a.title(c, page.Practice(c).Policy.ID),
		Channels:  b.options("policyedit.first.", string(registry.ByEmail), string(registry.ByPhone)),
		Forms:     b.options("policyedit.formal.", "yes", "no"),
		Relations: b.relations(), Whens: b.options("policyedit.when.", whens()...), Kinds: b.options("rules.protection.", kinds()...),
		Telling: b.rows(tellingRows), Retention: b.rows(retentionRows), Rest: b.retention("rest"), Protections: b.rows(protectionRows), Statements: b.rows(statementRows),
		Sources: a.sources(c, form), Preliminary: form.Get("preliminary_lead")}
	for _, p := range a.opts.Book.Policies() {
		v.Choices = append(v.Choices, parts.Option{Value: p.ID, Text: p.Title[page.Lang(c)]})
	}
	for _, name := range []string{"policy", "version", "preliminary_lead", "preliminary_update", "telling.n", "retention.n", "protections.n", "statements.n"} {
		v.Hidden = append(v.Hidden, hidden{name, form.Raw(name)})
	}
	return a.site.Render(c, status, "policyedit/edit.html", v)
}

func whens() []string {
	var out []string
	for _, w := range registry.TellWhens() {
		out = append(out, string(w))
	}
	return out
}

func kinds() []string {
	var out []string
	for _, k := range registry.ProtectionKinds() {
		out = append(out, string(k))
	}
	return out
}

func froms() []string {
	var out []string
	for _, f := range registry.RetainFroms() {
		out = append(out, string(f))
	}
	return out
}

// sources are those that the form has already, and the practice's own decision of
// today.
func (a *Area) sources(c echo.Context, form *page.Form) []string {
	all := []string{a.ownDecision(c)}
	for name, values := range form.Values {
		if (name == "source" || strings.HasSuffix(name, ".source")) && len(values) > 0 && values[0] != "" {
			all = append(all, values[0])
		}
	}
	slices.Sort(all[1:])
	return slices.Compact(all)
}

// ownDecision names the practice's decision of today as a source.
func (a *Area) ownDecision(c echo.Context) string {
	today := registry.DateOf(a.opts.Now(), page.Zone(c))
	return page.T(c, "policyedit.own_decision", "day", page.FormatDay(page.Lang(c), today))
}

// builder makes the rows of the form.
type builder struct {
	c       echo.Context
	form    *page.Form
	names   rules.Names
	systems []parts.Option
}

func (b builder) options(prefix string, values ...string) []parts.Option {
	var out []parts.Option
	for _, v := range values {
		out = append(out, parts.Option{Value: v, Text: page.T(b.c, prefix+v)})
	}
	return out
}

func (b builder) relations() []parts.Option {
	var out []parts.Option
	for _, r := range registry.Relations() {
		text := page.RelationText(b.c, r)
		if own := b.names.People[r]; own != "" && !strings.EqualFold(own, text) {
			text += " (" + own + ")"
		}
		out = append(out, parts.Option{Value: string(r), Text: text})
	}
	return out
}

func (b builder) categories() []parts.Option {
	var out []parts.Option
	for _, k := range registry.Categories() {
		out = append(out, parts.Option{Value: string(k), Text: page.CategoryText(b.c, k)})
	}
	return out
}

// chosenOf says in a line which options are ticked.
func chosenOf(options []parts.Option) string {
	var chosen []string
	for _, o := range options {
		if o.Checked {
			chosen = append(chosen, o.Text)
		}
	}
	return strings.Join(chosen, ", ")
}

func (b builder) rows(list string) []row {
	var out []row
	for n := range rows(b.form, list) {
		at := list + "." + strconv.Itoa(n)
		r := row{At: at}
		if list == retentionRows || list == protectionRows {
			r = b.retention(at)
		}
		r.N, r.Drop = n+1, "drop."+at
		out = append(out, r)
	}
	return out
}

// retention is a row with systems and people to choose. A rule may be about a
// system that the practice has not listed.
func (b builder) retention(at string) row {
	r := row{At: at, Froms: b.options("policyedit.from.", froms()...), Actions: b.options("policyedit.action.", string(registry.Pseudonymise)),
		Permits: b.form.Options(at+".keep_with_permission", b.categories())}
	r.Permitted = chosenOf(r.Permits)
	offered := slices.Clone(b.systems)
	for _, id := range b.form.All(at + ".systems") {
		if !slices.ContainsFunc(offered, func(o parts.Option) bool { return o.Value == id }) {
			text := b.names.Systems[id]
			if text == "" {
				text = id
			}
			offered = append(offered, parts.Option{Value: id, Text: text})
		}
	}
	r.Systems, r.Relations = b.form.Options(at+".systems", offered), b.form.Options(at+".relations", b.relations())
	r.Chosen = chosenOf(slices.Concat(r.Systems, r.Relations))
	r.Open = r.Chosen == "" && strings.HasPrefix(at, retentionRows) || b.form.Error(at+".systems") != ""
	return r
}

// sayWhich lets each fault of a source or of a row say which rule it is about: a
// list of faults must be understood by itself.
func sayWhich(c echo.Context, form *page.Form) {
	for i, f := range form.Faults {
		place, rest, _ := strings.Cut(f.Field, ".")
		at, _, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(at)
		if key := "policyedit.place." + place; page.Has(c, key) && (err == nil || rest == "source" || place == "rest") {
			form.Faults[i].Message = page.T(c, key, "number", n+1) + ": " + f.Message
		}
	}
}

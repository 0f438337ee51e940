package catalogue

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

type clientFormPage struct {
	page.View
	Form       *page.Form
	Action     string
	New        bool
	Heading    string
	Guardians  []string // as they are now, by name and number
	Relations  []parts.Option
	Tongues    []parts.Option
	Channels   []parts.Option
	Agreed     []parts.Option
	Capacities []parts.Option // about a minor, where the practitioner decides by them
}

func (a *Area) newClient(c echo.Context) error {
	form := page.FormOf("relation", string(registry.RelationClient), "language", page.Practice(c).Language)
	return a.showClientForm(c, http.StatusOK, registry.Client{}, form)
}

func (a *Area) showClientForm(c echo.Context, status int, x registry.Client, form *page.Form) error {
	v := &clientFormPage{View: page.NewView(c, "catalogue.client.new").BackTo("/clients"), Form: form, Action: "/clients/new", New: true,
		Heading: page.T(c, "catalogue.client.new"), Relations: page.RelationOptions(c)}
	if x.ID != "" {
		v.View, v.New = page.NewView(c, "catalogue.client.edit").BackTo(homeOf(x)), false
		v.Action, v.Heading = homeOf(x)+"/edit", page.T(c, "catalogue.client.edit")
		guardians, err := a.guardians(c.Request().Context(), x)
		if err != nil {
			return err
		}
		v.Guardians = named(guardians)
	}
	for _, lang := range []string{"nl", "en", "fr", "de"} {
		v.Tongues = append(v.Tongues, parts.Option{Value: lang, Text: page.T(c, "catalogue.language."+lang)})
	}
	v.Channels = []parts.Option{{Value: "", Text: page.T(c, "catalogue.channel.none"), Checked: form.Get("channel") == ""}}
	for _, way := range registry.Channels() {
		v.Channels = append(v.Channels, parts.Option{Value: string(way), Text: page.T(c, "catalogue.channel."+string(way))})
	}
	for _, what := range []string{"shared_mail", "guardians"} {
		v.Agreed = append(v.Agreed, parts.Option{Value: what, Text: page.T(c, "catalogue.agreed."+what)})
	}
	if page.Practice(c).Authority == registry.GBA || x.Capacity != "" {
		v.Capacities = capacities(c)
	}
	return a.site.Render(c, status, "catalogue/client_form.html", v)
}

// readClient lays what was typed over in. What the form does not ask stays.
func readClient(c echo.Context, form *page.Form, in *casework.ClientInput, faults *fault.List) {
	x := &in.Client
	x.Person.ExternalID, x.Person.Name, x.Person.Email = form.Get("external_id"), form.Get("name"), form.Get("email")
	x.Person.Phone, x.Person.PostalAddress, x.Person.Coach = form.Get("phone"), form.Text("postal_address"), form.Get("coach")
	if _, asked := form.Values["openpgp_key"]; asked {
		x.Person.OpenPGPKey = form.Text("openpgp_key")
	}
	x.Language, x.Relation, x.Channel = form.Get("language"), registry.Relation(form.Get("relation")), registry.Channel(form.Get("channel"))
	if _, asked := form.Values["capacity"]; asked {
		x.Capacity = registry.Capacity(form.Get("capacity"))
	}
	x.SharedMailAgreed, x.GuardiansAgreed = form.Has("agreed", "shared_mail"), form.Has("agreed", "guardians")
	in.Guardians = lines(form.Text("guardians"))
	if _, asked := form.Values["first_contact_day"]; asked {
		x.FirstContact, x.LastContact = readDay(form, "first_contact", faults), readDay(form, "last_contact", faults)
	}
	x.BirthYear = readYear(form.Get("birth_year"), today(c).Year, faults)
	if len(in.Guardians) > mostGuardians {
		in.Guardians = nil
		faults.Add("guardians", "error.guardians", "name at most 10 parents or guardians")
	}
}

const mostGuardians = 10

func readYear(typed string, most int, faults *fault.List) int {
	if typed == "" {
		return 0
	}
	year, err := strconv.Atoi(typed)
	if err != nil || year < 1900 || year > most {
		faults.Add("birth_year", "error.birth_year", "give a year such as 2014")
		return 0
	}
	return year
}

// fieldOfClient names the field of the form that shows a fault of a client.
func fieldOfClient(field string) string {
	switch {
	case strings.HasPrefix(field, "guidance[0]."):
		return "guidance_" + strings.TrimPrefix(field, "guidance[0].")
	case strings.Contains(field, "["):
		return "" // stands on another page
	default:
		return field
	}
}

// clientFields are the fields of the form from top to bottom.
func clientFields() []string {
	return []string{"name", "external_id", "relation", "guidance_from", "guidance_until", "first_contact", "last_contact", "email", "phone", "postal_address", "channel", "openpgp_key",
		"language", "birth_year", "guardians", "coach"}
}

func (a *Area) postNewClient(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	var faults fault.List
	in := casework.ClientInput{Client: registry.Client{HoldingsByRule: true}}
	readClient(c, form, &in, &faults)
	from, until := readDay(form, "guidance_from", &faults), readDay(form, "guidance_until", &faults)
	if !from.IsZero() || !until.IsZero() {
		in.Client.Guidance = []registry.Guidance{{From: from, Until: until}}
	}
	x, err := a.addClient(c, in, faults)
	if page.Mendable(err) {
		return a.showClientForm(c, status(err), registry.Client{}, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "catalogue.client.added")
	return c.Redirect(http.StatusSeeOther, homeOf(x))
}

// raceTries is how often a free number is looked for that another took meanwhile.
const raceTries = 5

// addClient saves a new client when the form itself found nothing wrong, else
// it only says what more is wrong. One without a number gets the next free one.
func (a *Area) addClient(c echo.Context, in casework.ClientInput, own fault.List) (x registry.Client, err error) {
	numbered := in.Client.Person.ExternalID != ""
	for range raceTries {
		if !numbered {
			if in.Client.Person.ExternalID, err = a.freeNumber(c.Request().Context(), page.Practice(c).ID); err != nil {
				return x, err
			}
		}
		if len(own) > 0 {
			_, err = a.office.CheckClients(c.Request().Context(), page.Practice(c), []casework.ClientInput{in})
		} else {
			x, err = a.office.AddClient(c.Request().Context(), page.Practice(c), in)
		}
		if numbered || !casework.IsNumberTaken(err) {
			break
		}
	}
	return x, ordered(join(own, err, fieldOfClient), clientFields())
}

// numberTries bounds how many numbers in use are passed over at once.
const numberTries = 200

// freeNumber returns a number that no client of the practice has: "P-0042".
func (a *Area) freeNumber(ctx context.Context, practice tenant.ID) (string, error) {
	count, err := a.store.CountClients(ctx, practice)
	if err != nil {
		return "", fmt.Errorf("count clients: %w", err)
	}
	for next := count + 1; ; next += numberTries {
		tries := make([]string, numberTries)
		for i := range tries {
			tries[i] = fmt.Sprintf("P-%04d", next+int64(i))
		}
		known, err := a.store.ClientsByExternalIDs(ctx, practice, tries)
		if err != nil {
			return "", fmt.Errorf("look for a free number: %w", err)
		}
		taken := map[string]bool{}
		for _, x := range known {
			taken[x.Person.ExternalID] = true
		}
		for _, number := range tries {
			if !taken[number] {
				return number, nil
			}
		}
	}
}

func (a *Area) editClient(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	guardians, err := a.guardians(c.Request().Context(), x)
	if err != nil {
		return err
	}
	var numbers []string
	for _, g := range guardians {
		numbers = append(numbers, g.Person.ExternalID)
	}
	form := page.FormOf("version", versionText(x.Version), "external_id", x.Person.ExternalID, "name", x.Person.Name, "email", x.Person.Email,
		"phone", x.Person.Phone, "postal_address", x.Person.PostalAddress, "openpgp_key", x.Person.OpenPGPKey, "coach", x.Person.Coach, "language", x.Language,
		"relation", string(x.Relation), "channel", string(x.Channel), "capacity", string(x.Capacity), "guardians", strings.Join(numbers, "\n"))
	if x.BirthYear > 0 {
		form.Set("birth_year", strconv.Itoa(x.BirthYear))
	}
	setDay(form, "first_contact", x.FirstContact)
	setDay(form, "last_contact", x.LastContact)
	if x.SharedMailAgreed {
		form.Values.Add("agreed", "shared_mail")
	}
	if x.GuardiansAgreed {
		form.Values.Add("agreed", "guardians")
	}
	return a.showClientForm(c, http.StatusOK, x, form)
}

func (a *Area) postClient(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	_, err = a.change(c, versionOf(form), func(in *casework.ClientInput) error {
		var faults fault.List
		readClient(c, form, in, &faults)
		return a.tried(c, *in, faults)
	})
	err = ordered(join(nil, err, fieldOfClient), clientFields())
	if page.Mendable(err) {
		return a.showClientForm(c, status(err), x, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "catalogue.saved")
	return c.Redirect(http.StatusSeeOther, homeOf(x))
}

// tried returns nil when a form itself found nothing wrong, else every fault
// there is.
func (a *Area) tried(c echo.Context, in casework.ClientInput, own fault.List) error {
	if len(own) == 0 {
		return nil
	}
	_, err := a.office.CheckClients(c.Request().Context(), page.Practice(c), []casework.ClientInput{in})
	return join(own, err, same)
}

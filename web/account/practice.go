package account

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
	"datalek/web/parts"
)

// mostSenders is how many sending addresses a practice may have.
const mostSenders = 4

// practiceView is what the fields of a practice need to be drawn.
type practiceView struct {
	Form        *page.Form
	Authorities []parts.Option
	Tongues     []parts.Option
	Zones       []parts.Option
	Policies    []parts.Option
	Senders     []senderRow
}

// senderRow is one sending address on the form: the names of its fields.
type senderRow struct {
	N                   int
	Email, Name, System string
	Systems             []parts.Option
}

func (a *Area) practiceView(c echo.Context, form *page.Form, current registry.Practice, systems []registry.System) practiceView {
	v := practiceView{Form: form,
		Authorities: []parts.Option{{Value: "AP", Text: page.T(c, "account.authority.AP")}, {Value: "GBA", Text: page.T(c, "account.authority.GBA")}},
		Tongues:     languageOptions(),
		Zones:       zoneOptions(c, current.TimeZone),
		Policies:    a.policyOptions(c),
	}
	rows := min(mostSenders, max(1, len(current.Details.Senders))+1)
	if current.ID == "" {
		rows = 1 // the first set-up asks for one
	}
	for n := range rows {
		v.Senders = append(v.Senders, senderRow{N: n + 1, Email: senderField("email", n), Name: senderField("name", n),
			System: senderField("system", n), Systems: systemOptions(systems)})
	}
	return v
}

// senderField names a field of the nth sender: "sender_email", "sender_email_2".
func senderField(part string, n int) string {
	if n == 0 {
		return "sender_" + part
	}
	return "sender_" + part + "_" + strconv.Itoa(n+1)
}

func languageOptions() []parts.Option {
	return []parts.Option{{Value: page.Dutch, Text: "Nederlands"}, {Value: page.English, Text: "English"}}
}

// zoneOptions offers the zones of the countries whose authorities the program
// knows, with the Dutch Caribbean, and the one already chosen.
func zoneOptions(c echo.Context, current string) []parts.Option {
	zones := []string{"Europe/Amsterdam", "Europe/Brussels", "America/Curacao", "America/Aruba", "UTC"}
	if current != "" && !slices.Contains(zones, current) {
		zones = append(zones, current)
	}
	var options []parts.Option
	for _, zone := range zones {
		options = append(options, parts.Option{Value: zone, Text: zoneText(c, zone)})
	}
	return options
}

// zoneText names a time zone as people do, where there is such a name.
func zoneText(c echo.Context, zone string) string {
	if key := "account.zone." + strings.ReplaceAll(zone, "/", "_"); page.Has(c, key) {
		return page.T(c, key)
	}
	return zone
}

func (a *Area) policyOptions(c echo.Context) []parts.Option {
	var options []parts.Option
	for _, p := range a.opts.Policies.Policies() {
		options = append(options, parts.Option{Value: p.ID, Text: p.Title[page.Lang(c)], Hint: p.Explanation[page.Lang(c)]})
	}
	return options
}

func systemOptions(systems []registry.System) []parts.Option {
	var options []parts.Option
	for _, s := range systems {
		options = append(options, parts.Option{Value: s.ID, Text: s.Name})
	}
	return options
}

// readPractice returns old with what the form says, and every fault.
func (a *Area) readPractice(f *page.Form, old registry.Practice) (registry.Practice, fault.List) {
	p := old
	p.Authority, p.Language, p.TimeZone = registry.Authority(f.Get("authority")), f.Get("language"), f.Get("time_zone")
	d := &p.Details
	d.Name, d.Street, d.Place = f.Get("name"), f.Get("street"), f.Get("place")
	d.Sector, d.TradeNumber = f.Get("sector"), registry.TradeNumber(f.Get("trade_number"))
	d.Contact = registry.ContactPerson{Name: f.Get("contact_name"), Phone: f.Get("contact_phone"), Email: f.Get("contact_email"), Hours: f.Get("contact_hours")}
	d.WarnEmail, d.SecondEmail = f.Get("warn_email"), f.Get("second_email")
	d.StandInName, d.StandInMail = f.Get("stand_in_name"), f.Get("stand_in_email")
	faults := a.readPolicy(f, &p)
	readPreliminary(f, &p, old.Policy, &faults)
	d.Senders = readSenders(f, p.Policy, &faults)
	registry.CheckLine(&faults, "stand_in_name", d.StandInName, 0, 120)
	for _, x := range fault.Fields(p.Validate()) {
		if x.Field != "sender_email" && x.Field != "sender_name" || len(d.Senders) == 0 {
			faults = append(faults, x) // each sender's own row has its faults already
		}
	}
	return p, faults
}

// readPolicy copies a newly chosen policy into the practice; the same one
// stays as it was copied.
func (a *Area) readPolicy(f *page.Form, p *registry.Practice) fault.List {
	var faults fault.List
	chosen := f.Get("policy")
	if chosen == p.Policy.ID && chosen != "" {
		return faults
	}
	policy, known := a.opts.Policies.Policy(chosen)
	if !known {
		faults.Add("policy", "error.policy", "choose a policy from the list")
		return faults
	}
	p.Policy = policy
	return faults
}

// readPreliminary takes over how long before the deadline a notice goes by
// itself. A newly chosen policy brings its own along, unless that was changed.
func readPreliminary(f *page.Form, p *registry.Practice, before registry.Policy, faults *fault.List) {
	typed := f.Get(preliminaryField)
	if p.Policy.ID != before.ID && typed == hoursText(before.PreliminaryLeadHours) {
		return
	}
	hours := 0
	if typed != "" {
		var err error
		if hours, err = strconv.Atoi(typed); err != nil || hours < 0 {
			faults.Add(preliminaryField, "error.preliminary_lead", "give whole hours, at least 1 and fewer than the promise to clients has")
			return
		}
	}
	p.Policy.PreliminaryLeadHours = hours
}

// preliminaryField is the form field of that choice, as Practice.Validate names it.
const preliminaryField = "preliminary_lead"

// hoursText is a number of hours in its field, empty for none.
func hoursText(hours int) string {
	if hours == 0 {
		return ""
	}
	return strconv.Itoa(hours)
}

func readSenders(f *page.Form, policy registry.Policy, faults *fault.List) []registry.Sender {
	var senders []registry.Sender
	for n := range mostSenders {
		s := registry.Sender{Email: f.Get(senderField("email", n)), Name: f.Get(senderField("name", n)), System: f.Get(senderField("system", n))}
		if s.Email == "" && s.Name == "" {
			continue
		}
		registry.CheckEmail(faults, senderField("email", n), s.Email)
		policy.CheckSender(faults, senderField("email", n), s.Email)
		registry.CheckLine(faults, senderField("name", n), s.Name, 0, 80)
		senders = append(senders, s)
	}
	return senders
}

// practiceForm shows a practice in the form.
func practiceForm(p registry.Practice) *page.Form {
	d := p.Details
	f := page.FormOf("name", d.Name, "street", d.Street, "place", d.Place, "sector", d.Sector, "trade_number", d.TradeNumber, "authority", string(p.Authority), "language", p.Language,
		"time_zone", p.TimeZone, "policy", p.Policy.ID, "contact_name", d.Contact.Name, "contact_phone", d.Contact.Phone,
		"contact_email", d.Contact.Email, "contact_hours", d.Contact.Hours, "warn_email", d.WarnEmail, "second_email", d.SecondEmail,
		"stand_in_name", d.StandInName, "stand_in_email", d.StandInMail, "version", strconv.FormatInt(p.Version, 10),
		preliminaryField, hoursText(p.Policy.PreliminaryLeadHours))
	for n, s := range d.Senders {
		f.Set(senderField("email", n), s.Email)
		f.Set(senderField("name", n), s.Name)
		f.Set(senderField("system", n), s.System)
	}
	return f
}

// systems lists the practice's systems, to say which of them a sender's mailbox is.
func (a *Area) systems(ctx context.Context, practice tenant.ID) ([]registry.System, error) {
	systems, err := a.opts.Store.Systems(ctx, practice, "", 500)
	if err != nil {
		return nil, fmt.Errorf("list systems: %w", err)
	}
	return systems, nil
}

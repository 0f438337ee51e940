package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/casework"

	"github.com/labstack/echo/v4"
)

const mostClients = 1000

func (a *Area) catalogueRoutes(g doors) {
	g.GET("/systems", a.getSystems)
	g.POST("/systems", a.once(a.postSystem))
	g.GET("/processors", a.getProcessors)
	g.POST("/processors", a.once(a.postProcessor))
	a.feedRoutes(g)
	a.addressRoutes(g)
	g = g.For(registry.SeeClients, registry.KeepClients)
	g.GET("/clients", a.getClients)
	g.POST("/clients", a.once(a.postClients))
	g.POST("/clients/import", a.postImport)
	a.importRoutes(g)
}

type systemBody struct {
	ID              string  `json:"id"`
	Name            string  `json:"name"`
	Processor       *string `json:"processor"`
	Services        list    `json:"services,omitempty"`
	Categories      list    `json:"categories"`
	Identifiability string  `json:"identifiability"`
	EncryptedAtRest *bool   `json:"encrypted_at_rest"`
	// Rules left out stay as they are; an empty list means everyone.
	Rules *[]ruleBody `json:"rules"`
}

// ruleBody says what a system keeps about some people.
type ruleBody struct {
	Relations       list    `json:"relations"`
	Categories      list    `json:"categories"`
	Identifiability *string `json:"identifiability"`
	KeySystem       *string `json:"key_system"`
	Note            *string `json:"note"`
}

func (b ruleBody) rule() registry.HoldingRule {
	return registry.HoldingRule{Relations: as[registry.Relation](b.Relations), Categories: as[registry.Category](b.Categories),
		Identifiability: registry.Identifiability(text(b.Identifiability)), KeySystem: text(b.KeySystem), Note: text(b.Note)}
}

func showSystem(s registry.System) systemBody {
	rules := []ruleBody{}
	for _, r := range s.Rules {
		rules = append(rules, ruleBody{Relations: words(r.Relations), Categories: words(r.Categories), Identifiability: orNull(string(r.Identifiability)),
			KeySystem: orNull(r.KeySystem), Note: orNull(r.Note)})
	}
	return systemBody{ID: s.ID, Name: s.Name, Processor: orNull(s.ProcessorID), Services: s.Services,
		Categories: words(s.Categories), Identifiability: string(s.Identifiability), EncryptedAtRest: s.EncryptedAtRest, Rules: &rules}
}

func (a *Area) getSystems(c echo.Context) error {
	who := callerOf(c)
	return answerList(c, func(after string, limit int) ([]registry.System, error) {
		return a.opts.Store.Systems(c.Request().Context(), who.practice.ID, after, limit)
	}, func(s registry.System) string { return s.ID }, showSystem)
}

func (a *Area) postSystem(c echo.Context) error {
	var b systemBody
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	s := registry.System{ID: b.ID, PracticeID: who.practice.ID, Name: b.Name, Services: b.Services,
		Categories: as[registry.Category](b.Categories), Identifiability: registry.Identifiability(b.Identifiability), EncryptedAtRest: b.EncryptedAtRest}
	if b.Processor != nil {
		s.ProcessorID = *b.Processor
	}
	if s.Identifiability == "" {
		s.Identifiability = registry.Identified
	}
	if b.Rules == nil {
		known, err := a.opts.Store.System(c.Request().Context(), s.PracticeID, s.ID)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		s.Rules = known.Rules
	} else {
		for _, r := range *b.Rules {
			s.Rules = append(s.Rules, r.rule())
		}
	}
	s, created, err := a.opts.Office.SaveSystem(c.Request().Context(), s)
	if err != nil {
		return err
	}
	return c.JSON(createdStatus(created), showSystem(s))
}

func createdStatus(created bool) int {
	if created {
		return http.StatusCreated
	}
	return http.StatusOK
}

type guidanceBody struct {
	From  day `json:"from"`
	Until day `json:"until"`
}

type holdingBody struct {
	System          string  `json:"system"`
	Categories      list    `json:"categories"`
	Identifiability string  `json:"identifiability"`
	KeySystem       *string `json:"key_system"`
	From            instant `json:"from"`
	Until           instant `json:"until"`
	DestroyedAt     instant `json:"destroyed_at"`
}

type clientBody struct {
	ID               string         `json:"id,omitempty"` // shown, not taken
	ExternalID       string         `json:"external_id"`
	Name             string         `json:"name"`
	Email            *string        `json:"email"`
	Phone            *string        `json:"phone"`
	PostalAddress    *string        `json:"postal_address"`
	Language         *string        `json:"language"`
	Relation         *string        `json:"relation"`
	BirthYear        *int           `json:"birth_year"`
	Guardians        list           `json:"guardians"`
	GuardiansAgreed  bool           `json:"guardians_agreed"`
	SharedMailAgreed bool           `json:"shared_mail_agreed"`
	Capacity         *string        `json:"capacity"`
	Channel          *string        `json:"channel"`
	OpenPGPKey       *string        `json:"openpgp_key"`
	Coach            *string        `json:"coach"`
	Guidance         []guidanceBody `json:"guidance"`
	Holdings         *[]holdingBody `json:"holdings"`
	// Exceptions stand in place of the rules of their systems, and Without names
	// systems that keep nothing about him; left out they stay as they are.
	Exceptions *[]holdingBody `json:"exceptions"`
	Without    *list          `json:"without"`
	// The days of contact left out, or null, stay as they are; "" means not known.
	FirstContact *day `json:"first_contact"`
	LastContact  *day `json:"last_contact"`
}

func (a *Area) getClients(c echo.Context) error {
	who := callerOf(c)
	ctx := c.Request().Context()
	ask, err := listing(c)
	if err != nil {
		return err
	}
	var rows []registry.Client
	page, err := pageOf(ask, func(after string, limit int) ([]registry.Client, error) {
		rows, err = a.opts.Store.Clients(ctx, who.practice.ID, after, limit)
		return rows, err
	}, func(r registry.Client) string { return r.ID }, func(r registry.Client) registry.Client { return r })
	if err != nil {
		return err
	}
	numbers, err := a.numbersOf(ctx, who.practice.ID, guardianIDs(page.Items))
	if err != nil {
		return err
	}
	out := listed[clientView]{Items: []clientView{}, Next: page.Next}
	for _, r := range page.Items {
		out.Items = append(out.Items, showClient(r, numbers))
	}
	return c.JSON(http.StatusOK, out)
}

// postClients takes one client or a list of up to 1,000.
func (a *Area) postClients(c echo.Context) error {
	var raw json.RawMessage
	if err := decode(c, &raw); err != nil {
		return err
	}
	bodies, many, err := clientBodies(raw)
	if err != nil {
		return err
	}
	who := callerOf(c)
	inputs, err := clientInputs(bodies)
	if err != nil {
		return err
	}
	clients, created, err := a.opts.Office.SaveClients(c.Request().Context(), who.practice, inputs)
	if err != nil {
		return err
	}
	return a.answerClients(c, clients, created, many)
}

func (a *Area) answerClients(c echo.Context, clients []registry.Client, created []bool, many bool) error {
	numbers, err := a.numbersOf(c.Request().Context(), callerOf(c).practice.ID, guardianIDs(clients))
	if err != nil {
		return err
	}
	fresh := false
	views := make([]clientView, len(clients))
	for i, cl := range clients {
		views[i] = showClient(cl, numbers)
		fresh = fresh || created[i]
	}
	if !many {
		return c.JSON(createdStatus(fresh), views[0])
	}
	return c.JSON(createdStatus(fresh), listed[clientView]{Items: views})
}

func clientBodies(raw json.RawMessage) (bodies []clientBody, many bool, err error) {
	many = bytes.HasPrefix(bytes.TrimSpace(raw), []byte("["))
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if many {
		err = d.Decode(&bodies)
	} else {
		bodies = make([]clientBody, 1)
		err = d.Decode(&bodies[0])
	}
	switch {
	case err != nil:
		return nil, many, jsonFault(err)
	case len(bodies) == 0 || len(bodies) > mostClients:
		return nil, many, fault.New(fault.Invalid, "error.too_many_clients", "send 1 to 1000 clients at a time")
	}
	return bodies, many, nil
}

func clientInputs(bodies []clientBody) ([]casework.ClientInput, error) {
	var faults fault.List
	inputs := make([]casework.ClientInput, len(bodies))
	for i, b := range bodies {
		inputs[i] = casework.ClientInput{Client: b.client(&faults, func(f string) string { return wrapAt(i, len(bodies), f) }), Guardians: b.Guardians, Over: b.over}
	}
	return inputs, faults.Err()
}

func (b clientBody) client(faults *fault.List, at func(string) string) registry.Client {
	c := registry.Client{
		Person: registry.Person{ExternalID: b.ExternalID, Name: b.Name, Email: text(b.Email), Phone: text(b.Phone),
			PostalAddress: text(b.PostalAddress), OpenPGPKey: text(b.OpenPGPKey), Coach: text(b.Coach)},
		Language: text(b.Language), Relation: registry.Relation(text(b.Relation)), Channel: registry.Channel(text(b.Channel)),
		GuardiansAgreed: b.GuardiansAgreed, SharedMailAgreed: b.SharedMailAgreed, Capacity: registry.Capacity(text(b.Capacity)), HoldingsByRule: b.Holdings == nil,
	}
	if b.BirthYear != nil {
		c.BirthYear = *b.BirthYear
	}
	for i, g := range b.Guidance {
		field := at(fmt.Sprintf("guidance[%d].", i))
		c.Guidance = append(c.Guidance, registry.Guidance{From: g.From.date(faults, field+"from"), Until: g.Until.date(faults, field+"until")})
	}
	if b.Holdings != nil {
		for i, h := range *b.Holdings {
			c.Holdings = append(c.Holdings, h.holding(faults, func(f string) string { return at(fmt.Sprintf("holdings[%d].%s", i, f)) }))
		}
	}
	b.exceptions(&c, faults, at)
	if b.FirstContact != nil {
		c.FirstContact = b.FirstContact.date(faults, at("first_contact"))
	}
	if b.LastContact != nil {
		c.LastContact = b.LastContact.date(faults, at("last_contact"))
	}
	return c
}

func (b clientBody) exceptions(c *registry.Client, faults *fault.List, at func(string) string) {
	if b.Holdings != nil && (b.Exceptions != nil && len(*b.Exceptions) > 0 || b.Without != nil && len(*b.Without) > 0) {
		faults.Add(at("exceptions"), "error.exceptions_and_holdings", "give all his holdings, or exceptions from the rules, not both")
		return
	}
	if b.Exceptions != nil {
		for i, h := range *b.Exceptions {
			c.Holdings = append(c.Holdings, h.holding(faults, func(f string) string { return at(fmt.Sprintf("exceptions[%d].%s", i, f)) }))
		}
	}
	if b.Without != nil {
		c.Without = *b.Without
	}
}

// over keeps what a program does not say, and what it cannot: confirmed destruction,
// what was agreed and decided, and the import that made him.
func (b clientBody) over(known registry.Client, c *registry.Client) {
	c.Gone, c.Exemptions, c.KeepAgreed, c.Capacity, c.ImportID = known.Gone, known.Exemptions, known.KeepAgreed, known.Capacity, known.ImportID
	if b.FirstContact == nil {
		c.FirstContact = known.FirstContact
	}
	if b.LastContact == nil {
		c.LastContact = known.LastContact
	}
	if !c.HoldingsByRule || !known.HoldingsByRule {
		return
	}
	if b.Exceptions == nil {
		c.Holdings = known.Holdings
	}
	if b.Without == nil {
		c.Without = known.Without
	}
}

func (h holdingBody) holding(faults *fault.List, at func(string) string) registry.Holding {
	out := registry.Holding{System: h.System, Categories: as[registry.Category](h.Categories),
		Identifiability: registry.Identifiability(h.Identifiability), KeySystem: text(h.KeySystem),
		From: h.From.time(faults, at("from")), Until: h.Until.time(faults, at("until")), DestroyedAt: h.DestroyedAt.time(faults, at("destroyed_at"))}
	if out.Identifiability == "" {
		out.Identifiability = registry.Identified
	}
	return out
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

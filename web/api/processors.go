package api

import (
	"errors"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"

	"github.com/labstack/echo/v4"
)

type processorBody struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	ContractHours *int   `json:"contract_hours"`
	// What follows stays as it is when left out.
	Contract      *string `json:"contract"`
	Contact       *string `json:"contact"`
	Regions       *list   `json:"regions"`
	CustomerRefs  *list   `json:"customer_refs"`
	SubProcessors *list   `json:"sub_processors"`
	Host          *bool   `json:"host"`
	WebhookURL    string  `json:"webhook_url,omitempty"`
	WebhookSecret string  `json:"webhook_secret,omitempty"`
}

// over lays what the body says over a processor as it stands.
func (b processorBody) over(p registry.Processor) registry.Processor {
	p.ID, p.Name, p.ContractHours = b.ID, b.Name, b.ContractHours
	for to, said := range map[*string]*string{&p.Contract: b.Contract, &p.Contact: b.Contact} {
		if said != nil {
			*to = *said
		}
	}
	for to, said := range map[*[]string]*list{&p.Regions: b.Regions, &p.CustomerRefs: b.CustomerRefs, &p.SubProcessors: b.SubProcessors} {
		if said != nil {
			*to = *said
		}
	}
	if b.Host != nil {
		p.Host = *b.Host
	}
	return p
}

func (a *Area) showProcessor(p registry.Processor, e registry.Endpoint) processorBody {
	all := func(said []string) *list { l := append(list{}, said...); return &l }
	b := processorBody{ID: p.ID, Name: p.Name, ContractHours: p.ContractHours, Contract: orNull(p.Contract), Contact: orNull(p.Contact),
		Regions: all(p.Regions), CustomerRefs: all(p.CustomerRefs), SubProcessors: all(p.SubProcessors), Host: &p.Host}
	if e.Token != "" && len(e.Secrets) > 0 {
		b.WebhookURL, b.WebhookSecret = a.webhookURL(e), e.Secrets[0].Value
	}
	return b
}

func (a *Area) getProcessors(c echo.Context) error {
	who := callerOf(c)
	return answerList(c, func(after string, limit int) ([]registry.Processor, error) {
		return a.opts.Store.Processors(c.Request().Context(), who.practice.ID, after, limit)
	}, func(p registry.Processor) string { return p.ID }, func(p registry.Processor) processorBody {
		return a.showProcessor(p, registry.Endpoint{}) // no secret stands in a list
	})
}

// postProcessor shows the processor's first address to who makes it with this call,
// and later to who may see secrets.
func (a *Area) postProcessor(c echo.Context) error {
	var b processorBody
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	practice := who.practice.ID
	had, err := a.opts.Store.Endpoints(c.Request().Context(), practice, b.ID)
	if err != nil {
		return err
	}
	known, err := a.opts.Store.Processor(c.Request().Context(), practice, b.ID)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return err
	}
	known.Version = 0 // over whatever version stands
	p := b.over(known)
	p.PracticeID, p.EndedAt = practice, time.Time{}
	endpoint, created, err := a.opts.Office.SaveProcessor(c.Request().Context(), p)
	if err != nil {
		return err
	}
	if len(had) > 0 && !who.secrets {
		endpoint = registry.Endpoint{}
	}
	return c.JSON(createdStatus(created), a.showProcessor(p, endpoint))
}

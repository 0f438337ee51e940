package notices

import (
	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
)

// newsOffer says what is new to an audience that was told before.
type newsOffer struct {
	Audience incidents.Audience
	Title    string
	Changed  []string
	Drafted  string // the address of the draft that stands for it; "" for none
}

// newsOffers lists the audiences that were told and do not know the newest.
func newsOffers(c echo.Context, inc *incidents.Incident, found []*incidents.Notice) []newsOffer {
	if inc.State == incidents.StateClosed {
		return nil
	}
	var offers []newsOffer
	for _, audience := range []incidents.Audience{incidents.ToClients, incidents.ToParents, incidents.ToFormerClients} {
		news, some := inc.NewsFor(audience, found)
		if !some {
			continue
		}
		offer := newsOffer{Audience: audience, Title: page.T(c, "notices.news.title", "who", page.AudienceText(c, audience))}
		for _, field := range news.Fields {
			offer.Changed = append(offer.Changed, page.T(c, "intake.message.field."+field))
		}
		for _, n := range found {
			if n.Update && n.Audience == audience && n.State == incidents.NoticeIsDraft {
				offer.Drafted = "/notices/" + n.ID
			}
		}
		offers = append(offers, offer)
	}
	return offers
}

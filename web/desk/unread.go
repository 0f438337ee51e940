package desk

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"datalek/web/page"
	"datalek/web/parts"
)

// mostFeeds bounds the message centres of one practice that the desk looks at.
const mostFeeds = 50

// unread says which suppliers' message centres nobody could read for more than a day.
func (a *Area) unread(c echo.Context) ([]parts.Notice, error) {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	found, err := a.store.Feeds(ctx, practice, "", mostFeeds)
	if err != nil {
		return nil, fmt.Errorf("look how message centres fare: %w", err)
	}
	var list []parts.Notice
	for _, f := range found {
		if !f.Stuck(page.Now(c)) {
			continue
		}
		p, err := a.store.Processor(ctx, practice, f.ID)
		if err != nil {
			return nil, fmt.Errorf("look up processor: %w", err)
		}
		list = append(list, parts.Notice{Kind: "warning", Text: page.T(c, "feeds.stuck", "name", p.Name),
			Link: parts.Link{Href: "/processors/" + f.ID + "/message-centre", Text: page.T(c, "feeds.stuck_link")}})
	}
	return list, nil
}

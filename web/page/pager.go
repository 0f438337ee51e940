package page

import (
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// mostTrail is how many pages back a pager remembers.
const mostTrail = 20

// Pager is the way through a list paged by key; the partial "pager" takes it.
// The address carries the keys of the pages before, so that one can go back.
type Pager struct {
	After    string // the key after which this page begins; "" for the first
	Previous string // addresses; empty when there is none
	Next     string
	Text     string // between the two; may be empty
	trail    []string
	base     url.URL
}

// PagerOf reads from the address where in a list one is. Keys must be safe in
// addresses: no names, no addresses of people.
func PagerOf(c echo.Context) Pager {
	u := c.Request().URL
	p := Pager{After: c.QueryParam("after"), base: url.URL{Path: localPath(u.Path), RawQuery: u.RawQuery}}
	if trail := c.QueryParam("trail"); trail != "" {
		p.trail = strings.Split(trail, ",")
	}
	if p.After != "" {
		p.Previous = p.before()
	}
	return p
}

// before returns the address of the page before this one.
func (p Pager) before() string {
	if len(p.trail) == 0 {
		return p.address("", nil)
	}
	last := len(p.trail) - 1
	return p.address(p.trail[last], p.trail[:last])
}

// Follow sets the address of the next page, which begins after key; "" is none.
func (p Pager) Follow(key string) Pager {
	if key == "" {
		return p
	}
	trail := p.trail
	if p.After != "" {
		trail = append(append([]string{}, trail...), p.After)
	}
	if len(trail) > mostTrail {
		trail = trail[len(trail)-mostTrail:]
	}
	p.Next = p.address(key, trail)
	return p
}

func (p Pager) address(after string, trail []string) string {
	query := p.base.Query()
	for name, value := range map[string]string{"after": after, "trail": strings.Join(trail, ",")} {
		query.Del(name)
		if value != "" {
			query.Set(name, value)
		}
	}
	return (&url.URL{Path: p.base.Path, RawQuery: query.Encode()}).String()
}

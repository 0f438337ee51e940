package desk

import (
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
	"datalek/web/parts"
)

// announcedRow is one recorded publication of GDPR Art. 34(3)(c).
type announcedRow struct {
	incidents.Announcement
	Where   []string
	Counted string
	Who     string
}

func announcedRows(c echo.Context, inc *incidents.Incident, t teller) []announcedRow {
	var rows []announcedRow
	for _, a := range inc.Announcements {
		rows = append(rows, announcedRow{Announcement: a, Where: whereabouts(c, a), Counted: countedText(c, a), Who: t.who(a.By)})
	}
	return rows
}

func whereabouts(c echo.Context, a incidents.Announcement) []string {
	var lines []string
	for _, p := range a.Places {
		lines = append(lines, page.T(c, "notices.announce.place."+string(p.Kind))+": "+p.Where)
	}
	return lines
}

func countedText(c echo.Context, a incidents.Announcement) string {
	n := a.Reaches.Beyond + a.Reaches.Unreachable
	return page.T(c, "notices.announce.counted", "n", n, "count", page.FormatNumber(page.Lang(c), int64(n)))
}

// announcedLines tell of the publication that stands: where, for how long, for
// how many and why.
func announcedLines(c echo.Context, inc *incidents.Incident) []string {
	a, stands := inc.Announcement()
	if !stands {
		return nil
	}
	span := page.T(c, "notices.announce.span", "from", page.FormatMoment(page.Lang(c), a.From, page.Zone(c)),
		"until", page.FormatMoment(page.Lang(c), a.Until, page.Zone(c)))
	return append(whereabouts(c, a), span, countedText(c, a), a.Why)
}

// announcedLine says on the authority's sheet whether the public was told in the
// place of each person.
func announcedLine(c echo.Context, inc *incidents.Incident) parts.Row {
	r := parts.Row{Key: page.T(c, "desk.sheet.announced"), Lines: announcedLines(c, inc)}
	if len(r.Lines) == 0 {
		r.Value = page.T(c, "desk.sheet.not_announced")
	}
	return r
}

func announcedCell(c echo.Context, inc *incidents.Incident) string {
	return strings.Join(announcedLines(c, inc), "; ")
}

// exportedAnnouncement is a publication in the JSON export.
type exportedAnnouncement struct {
	Places       []exportedPlace `json:"places"`
	From         time.Time       `json:"from"`
	Until        time.Time       `json:"until"`
	Why          string          `json:"why"`
	Persons      int             `json:"persons"`
	RecordedAt   time.Time       `json:"recorded_at"`
	UndoneAt     *time.Time      `json:"undone_at"`
	UndoneReason string          `json:"undone_reason"`
}

type exportedPlace struct {
	Kind  string `json:"kind"`
	Where string `json:"where"`
}

func exportedAnnouncements(inc *incidents.Incident) []exportedAnnouncement {
	list := []exportedAnnouncement{}
	for _, a := range inc.Announcements {
		one := exportedAnnouncement{Places: []exportedPlace{}, From: a.From, Until: a.Until, Why: a.Why,
			Persons: a.Reaches.Beyond + a.Reaches.Unreachable, RecordedAt: a.At, UndoneReason: a.UndoneReason}
		if !a.Stands() {
			one.UndoneAt = &a.UndoneAt
		}
		for _, p := range a.Places {
			one.Places = append(one.Places, exportedPlace{Kind: string(p.Kind), Where: p.Where})
		}
		list = append(list, one)
	}
	return list
}

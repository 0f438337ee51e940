package notices

import (
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/web/page"
)

// counted returns the text under key for a number; {{.count}} is the number as
// the language writes it.
func counted(c echo.Context, key string, n int, pairs ...any) string {
	return page.T(c, key, append([]any{"n", n, "count", page.FormatNumber(page.Lang(c), int64(n))}, pairs...)...)
}

// head is what every page about one notice says above its heading.
type head struct {
	ID        string
	Incident  string // id of the case
	Reference string
	Audience  string // in words
	State     string // in words
	Shape     string // of the state: "todo", "busy", "done" or "none"
}

func headOf(c echo.Context, inc *incidents.Incident, n *incidents.Notice) head {
	return head{ID: n.ID, Incident: inc.ID, Reference: inc.Reference, Audience: page.AudienceText(c, n.Audience),
		State: page.T(c, "notices.state."+heldBack(c, string(n.State), string(incidents.NoticeIsSent))), Shape: stateShape(n.State)}
}

// heldBack is the state under which a drill shows what counts as sent there: its
// mail was held back.
func heldBack(c echo.Context, state, sent string) string {
	if state == sent && page.Practice(c).IsDrill() {
		return "held"
	}
	return state
}

func stateShape(s incidents.NoticeState) string {
	switch s {
	case incidents.NoticeIsDraft:
		return "todo"
	case incidents.NoticeIsSent:
		return "done"
	case incidents.NoticeIsSuperseded:
		return "none"
	default:
		return "busy"
	}
}

// languageName names a language in which a notice is written.
func languageName(c echo.Context, code string) string { return page.T(c, "notices.lang."+code) }

// whyText says why somebody is not told by e-mail.
func whyText(c echo.Context, why string) string { return page.T(c, "notices.why."+why) }

// size counts the readers of a notice by the way they are reached.
type size struct {
	mails, calls, letters, messages int // messages: those that a person sends, by Signal say

	byLanguage map[string]int // mails
	byVoice    map[incidents.Voice]int
	byWhy      map[string]int // of who gets no mail
}

func sizeOf(readers []incidents.Recipiency) size {
	s := size{byLanguage: map[string]int{}, byVoice: map[incidents.Voice]int{}, byWhy: map[string]int{}}
	for _, r := range readers {
		switch r.Channel {
		case registry.ByEmail:
			s.mails++
			s.byLanguage[r.Language]++
			s.byVoice[r.Voice()]++
			continue
		case registry.ByLetter:
			s.letters++
		case registry.ByMessage:
			s.messages++
		default:
			s.calls++
		}
		s.byWhy[r.Why]++
	}
	return s
}

// lines says who reads a notice: by e-mail, by phone, by letter, and why.
func (s size) lines(c echo.Context) []string {
	var out []string
	if s.mails > 0 {
		line := counted(c, "notices.size.mails", s.mails)
		if len(s.byLanguage) > 1 {
			line += " (" + s.languages(c) + ")"
		}
		out = append(out, line)
	}
	if s.calls > 0 {
		out = append(out, counted(c, "notices.size.calls", s.calls))
	}
	if s.letters > 0 {
		out = append(out, counted(c, "notices.size.letters", s.letters))
	}
	if s.messages > 0 {
		out = append(out, counted(c, "notices.size.messages", s.messages))
	}
	for _, why := range sorted(s.byWhy) {
		out = append(out, counted(c, "notices.size.why."+why, s.byWhy[why]))
	}
	if len(out) == 0 {
		out = append(out, page.T(c, "notices.size.nobody"))
	}
	return out
}

// languages is "30 Nederlands, 12 Engels".
func (s size) languages(c echo.Context) string {
	var named []string
	for _, code := range sorted(s.byLanguage) {
		named = append(named, page.FormatNumber(page.Lang(c), int64(s.byLanguage[code]))+" "+languageName(c, code))
	}
	return strings.Join(named, ", ")
}

// tasks is how many readers a person must call or write to.
func (s size) tasks() int { return s.calls + s.letters + s.messages }

// readers is how many read the notice, whichever way.
func (s size) readers() int { return s.mails + s.tasks() }

func sorted(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

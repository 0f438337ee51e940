package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/revision"
)

// timeline returns what happened to a case, newest first: the register's
// entries, and the events that are saved but not yet in it. more says that
// there are older ones.
func (a *Area) timeline(c echo.Context, inc *incidents.Incident, most int) (shown []parts.Event, more bool, err error) {
	events, more, err := a.events(c.Request().Context(), inc, most)
	if err != nil {
		return nil, false, err
	}
	t := a.tellerOf(c)
	for _, e := range events {
		shown = append(shown, t.tell(e))
	}
	return shown, more, nil
}

func (a *Area) events(ctx context.Context, inc *incidents.Incident, most int) ([]incidents.Event, bool, error) {
	events, more, err := a.registered(ctx, inc, most)
	if err != nil {
		return nil, false, err
	}
	pending := slices.Clone(inc.Outbox.Pending)
	notices, err := a.notices(ctx, inc)
	if err != nil {
		return nil, false, err
	}
	for _, n := range notices {
		pending = append(pending, n.Outbox.Pending...)
	}
	slices.Reverse(pending) // of events at one instant the later comes first
	known := map[string]bool{}
	for _, e := range events {
		known[e.ID] = true
	}
	events = append(slices.DeleteFunc(pending, func(e incidents.Event) bool { return known[e.ID] }), events...)
	slices.SortStableFunc(events, func(x, y incidents.Event) int { return y.At.Compare(x.At) })
	if len(events) > most {
		events, more = events[:most], true
	}
	return events, more, nil
}

func (a *Area) registered(ctx context.Context, inc *incidents.Incident, most int) (events []incidents.Event, more bool, err error) {
	before := int64(0)
	for len(events) < most {
		entries, err := a.store.EntriesOf(ctx, inc.PracticeID, inc.ID, before, min(most-len(events)+1, 500))
		if err != nil {
			return nil, false, fmt.Errorf("read the register: %w", err)
		}
		for _, e := range entries {
			events, before = append(events, e.Event), e.Seq
		}
		if len(entries) == 0 || before <= 1 {
			return events, len(events) > most, nil
		}
	}
	return events, true, nil
}

// notices lists a case's notices; there are few.
func (a *Area) notices(ctx context.Context, inc *incidents.Incident) ([]*incidents.Notice, error) {
	notices, err := a.store.NoticesOf(ctx, inc.PracticeID, inc.ID, "", 100)
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	return notices, nil
}

// teller puts events into words for one reader.
type teller struct {
	c         echo.Context
	authority registry.Authority
	names     map[string]string // of users, by id
	user      func(ctx context.Context, id string) (registry.User, error)
	// changed says what an event changed; nil says nothing.
	changed func(incidents.Event) []string
	// step finds the words of a first step; nil takes those of the event.
	step func(c echo.Context, playbook, step, kept string) string
}

func (t teller) tell(e incidents.Event) parts.Event {
	shown := parts.Event{Kind: shapeOf(e.Kind), At: e.At, Title: t.title(e), Who: t.who(e.Actor), Lines: t.lines(e), Detail: t.detail(e), Own: e.Words["server_says"]}
	return shown
}

// shapeOf chooses the shape on the rail.
func shapeOf(kind incidents.EventKind) string {
	area, _, _ := strings.Cut(string(kind), ".")
	switch {
	case area == "preliminary" || area == "notice" || area == "delivery" || area == "question" || area == "sender" || area == "controller" || area == "announcement":
		return "mail"
	case area == "clock" || area == "update" || area == "alarm":
		return "clock"
	case area == "filing" || area == "authority":
		return "filing"
	case area == "decision" || kind == incidents.AwareCorrected || kind == incidents.LawChanged || kind == incidents.PolicyAdopted || kind == incidents.PolicyChanged || kind == incidents.IncidentClosed || kind == incidents.PersonAdded || kind == incidents.PersonRemoved ||
		kind == incidents.PersonToBeTold || kind == incidents.PersonNotTold:
		return "decision"
	default:
		return "report"
	}
}

// title says what happened in a few words.
func (t teller) title(e incidents.Event) string {
	key := revision.TitleKey(e)
	if !page.Has(t.c, key) {
		return string(e.Kind)
	}
	return page.T(t.c, key, "clock", t.clock(e), "audience", t.audience(e), "level", t.level(e), "authority", cmp.Or(e.Facts["authority"], string(t.authority)))
}

func (t teller) clock(e incidents.Event) string {
	if kind := e.Facts["clock"]; kind != "" {
		return clockTitle(t.c, incidents.ClockKind(kind), t.authority)
	}
	return ""
}

func (t teller) level(e incidents.Event) string {
	if level := e.Facts["level"]; level != "" {
		return levelText(t.c, incidents.AlarmLevel(level))
	}
	return ""
}

func (t teller) audience(e incidents.Event) string {
	if a := e.Facts["audience"]; a != "" {
		return page.AudienceText(t.c, incidents.Audience(a))
	}
	return ""
}

// who names the actor: a user by his name, others by what they are.
func (t teller) who(a incidents.Actor) string {
	if a.Kind != register.ActorUser {
		return page.T(t.c, "desk.actor."+string(a.Kind))
	}
	if name, known := t.names[a.ID]; known {
		return name
	}
	name := page.T(t.c, "desk.actor.user")
	u, err := t.user(t.c.Request().Context(), a.ID)
	if err == nil && u.Name != "" {
		name = u.Name
	}
	if err == nil || errors.Is(err, fault.NotFound) {
		t.names[a.ID] = name
	}
	return name
}

// lines are the facts of an event that are always shown: what it is about, and what
// it says.
func (t teller) lines(e incidents.Event) []string { return append(t.about(e), t.said(e)...) }

func (t teller) said(e incidents.Event) []string {
	if incidents.IsAct(e.Kind) {
		return t.acted(e)
	}
	switch e.Kind {
	case incidents.MemberInvited, incidents.InvitationWithdrawn, incidents.MemberJoined, incidents.MemberRemoved, incidents.MemberRoleChanged:
		return t.roles(e.Facts)
	case incidents.IncidentOpened:
		return []string{page.T(t.c, "desk.line.reference", "reference", e.Facts["reference"])}
	case incidents.UpdatePromised:
		return []string{t.moment(e.Facts["promised_at"])}
	case incidents.PreliminaryWasPlanned, incidents.PreliminaryWasResumed, incidents.PreliminaryCameDue, incidents.PreliminaryWent:
		return t.preliminary(e)
	case incidents.AwareCorrected, incidents.UpdateMoved:
		return []string{page.T(t.c, "desk.line.from_to", "before", t.moment(e.Facts["before"]), "after", t.moment(e.Facts["after"]))}
	case incidents.PolicyAdopted:
		return t.adopted(e.Facts)
	case incidents.PolicyChanged:
		return t.ruled(e)
	case incidents.LawChanged:
		return []string{page.T(t.c, "desk.line.law_hours", "before", e.Facts["hours_before"], "after", e.Facts["hours_after"])}
	case incidents.QuestionAnswered:
		return []string{page.T(t.c, "reading.by."+e.Facts["by"])}
	case incidents.AssessmentDone:
		return t.counts(e.Facts)
	case incidents.ThresholdPassed:
		return t.threshold(e.Facts)
	case incidents.ProcessorKnew:
		return []string{t.moment(e.Facts["since"])}
	case incidents.ClockMet:
		return []string{t.moment(e.Facts["met_at"])}
	case incidents.ClockEnded:
		return t.because(e.Facts["because"])
	case incidents.FilingRecorded:
		return []string{t.moment(e.Facts["filed_at"])}
	case incidents.AlarmStepped, incidents.AlarmUnheard, incidents.AlarmSeen:
		return []string{t.clock(e)}
	case incidents.ControllerTold:
		return []string{page.T(t.c, "desk.line.told_by_"+e.Facts["by"], "at", t.moment(e.Facts["told_at"]))}
	case incidents.NoticeApproved:
		if first := e.Facts["first_by"]; first != "" {
			return []string{page.T(t.c, "desk.line.signed_first", "who", t.who(incidents.Actor{Kind: register.ActorUser, ID: first}), "at", t.moment(e.Facts["first_at"]))}
		}
		return nil
	case incidents.NoticeProgress:
		return t.progress(e.Facts)
	case incidents.MailBounced, incidents.MailReturned:
		return t.returned(e.Facts)
	case incidents.TriedInVain:
		return []string{page.T(t.c, "desk.line.tried_"+e.Facts["by"], "at", t.moment(e.Facts["tried_at"]), "try", e.Facts["try"])}
	case incidents.AnnouncementMade:
		return t.announced(e.Facts)
	case incidents.StepsLate:
		return t.late(e)
	case incidents.StepDone, incidents.StepSkipped, incidents.StepReopened:
		return t.stepped(e)
	case incidents.MeasureAdded, incidents.MeasureChanged, incidents.MeasureDone, incidents.MeasureDropped:
		return measured(e)
	case incidents.IncidentClosed:
		return t.checked(e.Facts)
	case incidents.PersonNotTold:
		return []string{page.T(t.c, "desk.deciding.ground_"+e.Facts["ground"])}
	case incidents.ToldOtherwise:
		return []string{page.T(t.c, "desk.line.told_by_"+e.Facts["by"], "at", t.moment(e.Facts["told_at"]))}
	default:
		return nil
	}
}

// roles says what somebody may do, or might before.
func (t teller) roles(facts map[string]string) []string {
	name := func(role string) string { return page.T(t.c, "role."+role) }
	switch {
	case facts["after"] != "":
		return []string{page.T(t.c, "desk.line.roles", "before", name(facts["before"]), "after", name(facts["after"]))}
	default:
		return []string{page.T(t.c, "desk.line.role", "role", name(cmp.Or(facts["role"], facts["before"])))}
	}
}

// moment shows an instant that an event keeps as text.
func (t teller) moment(raw string) string {
	at, err := time.Parse(time.RFC3339Nano, raw)
	if err != nil {
		return raw
	}
	return page.FormatMoment(page.Lang(t.c), at, page.Zone(t.c))
}

func (t teller) because(code string) []string {
	if key := "parts.clock.ended_because." + code; page.Has(t.c, key) {
		return []string{page.T(t.c, key)}
	}
	return nil
}

func (t teller) counts(facts map[string]string) []string {
	lines := []string{page.T(t.c, "desk.line.counts", "in_guidance", facts["in_guidance"], "former", facts["former"],
		"other", facts["other"], "not_affected", facts["not_affected"])}
	if zero := "0"; cmp.Or(facts["undecided"], zero) != zero || cmp.Or(facts["not_told"], zero) != zero { // absent from older events
		lines = append(lines, page.T(t.c, "desk.risk.counts_decided", "undecided", facts["undecided"], "not_told", facts["not_told"]))
	}
	if facts["version"] != "1" && (facts["came"] != "0" || facts["went"] != "0") {
		lines = append(lines, page.T(t.c, "desk.line.came_went", "came", facts["came"], "went", facts["went"]))
	}
	return lines
}

func (t teller) threshold(facts map[string]string) []string {
	at, err := time.Parse(time.RFC3339Nano, facts["at"])
	due, err2 := time.Parse(time.RFC3339Nano, facts["due_at"])
	var lines []string
	if left := due.Sub(at); errors.Join(err, err2) == nil && left > 0 {
		lines = append(lines, page.T(t.c, "desk.line.left", "n", int(left.Round(time.Hour)/time.Hour)))
	}
	if missed := facts["missed"]; missed != "" {
		lines = append(lines, page.T(t.c, "desk.line.missed", "n", strings.Count(missed, ",")+1))
	}
	return lines
}

// progress counts the answers of one group of mails by state.
func (t teller) progress(facts map[string]string) []string {
	counts := map[string]int{}
	for _, answer := range facts {
		state, _, _ := strings.Cut(answer, " ")
		counts[state]++
	}
	var lines []string
	for _, state := range []incidents.DeliveryState{incidents.Sent, incidents.Deferred, incidents.Refused, incidents.Bounced} {
		if n := counts[string(state)]; n > 0 {
			lines = append(lines, page.T(t.c, "desk.line.mail_"+string(state), "n", n))
		}
	}
	return lines
}

// returned says what came back about a mail.
func (t teller) returned(facts map[string]string) []string {
	line := page.T(t.c, "returns.kind."+facts["kind"])
	if facts["status"] != "" {
		line += " (" + facts["status"] + ")"
	}
	if facts["effect"] == incidents.EffectAgain {
		return []string{line, page.T(t.c, "returns.effect.again")}
	}
	return []string{line}
}

// announced says for how long and for how many a publication counts.
func (t teller) announced(facts map[string]string) []string {
	beyond, _ := strconv.Atoi(facts["beyond"])
	unreachable, _ := strconv.Atoi(facts["unreachable"])
	return []string{page.T(t.c, "desk.line.announced", "from", t.moment(facts["from"]), "until", t.moment(facts["until"]), "n", beyond+unreachable)}
}

// detail are the words people wrote, shown when opened.
func (t teller) detail(e incidents.Event) []string {
	var lines []string
	for _, word := range []string{"summary", "aware_basis", "reason", "late_reason", "reference", "to", "note", "places", "despite", "member", "name"} {
		if text := e.Words[word]; text != "" {
			lines = append(lines, page.T(t.c, "desk.word."+word)+": "+text)
		}
	}
	if n := strings.Count(e.Facts["fields"], ",") + 1; e.Facts["fields"] != "" && !incidents.IsAct(e.Kind) {
		lines = append(lines, page.T(t.c, "desk.line.fields", "n", n, "count", strconv.Itoa(n)))
	}
	if t.changed != nil {
		lines = append(lines, t.changed(e)...)
	}
	return lines
}

// revisions says what events changed, to whoever looks at the page. The names of
// systems are read when they are needed.
func (a *Area) revisions(c echo.Context) func(incidents.Event) []string {
	var names map[string]string
	told := revision.Teller{Words: page.WordsOf(c), Lang: page.Lang(c), Zone: page.Zone(c), Kind: func(id string) string {
		p, _ := a.book.Playbook(id)
		return p.Title[page.Lang(c)]
	}, Name: func(id string) string {
		if names == nil {
			found, err := a.systemNames(c.Request().Context(), page.Practice(c).ID)
			if err != nil {
				return ""
			}
			names = found
		}
		return names[id]
	}}
	return told.Lines
}

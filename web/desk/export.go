package desk

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/web/page"
)

// export answers with the register as a file: CSV has one line a breach, JSON
// also the chained entries, so that they can be checked without the program.
func (a *Area) export(c echo.Context) error {
	switch c.QueryParam("format") {
	case "csv":
		attach(c, "text/csv; charset=utf-8", "register.csv")
		return a.writeCSV(c, c.Response())
	case "json":
		attach(c, "application/json", "register.json")
		return a.writeJSON(c, c.Response())
	default:
		return fault.NotFound
	}
}

func attach(c echo.Context, kind, name string) {
	h := c.Response().Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
}

// every calls show with each incident of the practice, newest first.
func (a *Area) every(c echo.Context, show func(*incidents.Incident) error) error {
	after := ""
	for {
		cases, err := a.store.Incidents(c.Request().Context(), page.Practice(c).ID, after, 100)
		if err != nil {
			return fmt.Errorf("list incidents: %w", err)
		}
		for _, inc := range cases {
			if err := show(inc); err != nil {
				return err
			}
		}
		if len(cases) < 100 {
			return nil
		}
		after = cases[len(cases)-1].ID
	}
}

// columns are the fields of the CSV, in order; their heads are translated.
func columns() []string {
	return []string{"reference", "kind", "summary", "aware_at", "occurred_from", "occurred_until", "categories", "systems", "in_guidance", "former",
		"other", "possible", "consequences", "measures_taken", "measures_planned", "filed", "told", "state", "announced", "held_rules"}
}

func (a *Area) writeCSV(c echo.Context, out io.Writer) error {
	systems, err := a.systemNames(c.Request().Context(), page.Practice(c).ID)
	if err != nil {
		return err
	}
	// Spreadsheets take a file for UTF-8 by its first three bytes.
	if _, err := io.WriteString(out, "\ufeff"); err != nil {
		return fmt.Errorf("write the register: %w", err)
	}
	w := csv.NewWriter(out)
	var heads []string
	for _, name := range columns() {
		heads = append(heads, page.T(c, "desk.column."+name))
	}
	_ = w.Write(heads) // a failure shows at Flush
	err = a.every(c, func(inc *incidents.Incident) error { return w.Write(a.csvRow(c, inc, systems)) })
	if err == nil { // who made it, after what it is about: the heads stay in the first line
		maker := make([]string, len(heads))
		maker[0] = page.Cell(page.T(c, "desk.export.made", "name", page.User(c).Name, "at", instant(c, page.Now(c))))
		err = w.Write(maker)
	}
	w.Flush()
	if err != nil {
		return err
	}
	return w.Error()
}

func (a *Area) csvRow(c echo.Context, inc *incidents.Incident, systems map[string]string) []string {
	f, s, n := inc.Facts, inc.Story, inc.Assessment.Counts
	row := []string{inc.Reference, a.kindOf(c, inc), s.Summary, instant(c, inc.AwareAt()), orUnknown(c, f.OccurredFrom, f.OccurredApprox),
		orUnknown(c, f.OccurredUntil, f.OccurredApprox), strings.Join(categoryLines(c, f.Categories), "; "),
		strings.Join(systemLines(c, f.Systems, systems, f.HandPicked), "; "), strconv.Itoa(n.InGuidance), strconv.Itoa(n.Former), strconv.Itoa(n.Other),
		strconv.Itoa(n.Possible), s.Consequences, s.MeasuresTaken, s.MeasuresPlanned, filedText(c, inc), toldText(c, inc), page.T(c, "desk.state."+string(inc.State)), announcedCell(c, inc),
		strings.Join(heldLines(c, inc, systems), " / ")}
	for i := range row {
		row[i] = page.Cell(row[i])
	}
	return row
}

// exportedCase is one breach in the JSON export.
type exportedCase struct {
	ID              string    `json:"id"`
	Reference       string    `json:"reference"`
	State           string    `json:"state"`
	Kind            string    `json:"kind"`
	Summary         string    `json:"summary"`
	AwareAt         time.Time `json:"aware_at"`
	InGuidance      int       `json:"in_guidance"`
	Former          int       `json:"former"`
	Other           int       `json:"other"`
	Consequences    string    `json:"consequences"`
	MeasuresTaken   string    `json:"measures_taken"`
	MeasuresPlanned string    `json:"measures_planned"`
	// Announcements are the publications of Art. 34(3)(c), those taken back too.
	Announcements []exportedAnnouncement `json:"announcements"`
	// HeldRules are those by which the finding knew what was kept about whom.
	HeldRules []exportedRule `json:"held_rules"`
}

// exportedRule is one rule that counted.
type exportedRule struct {
	System          string   `json:"system"`
	Relation        string   `json:"relation"`
	Categories      []string `json:"categories"`
	Identifiability string   `json:"identifiability"`
	KeySystem       string   `json:"key_system"`
	KeptFrom        string   `json:"kept_from"`
	KeptMonths      int      `json:"kept_months"`
	Source          string   `json:"source"`
	Note            string   `json:"note"`
}

func exportedRules(inc *incidents.Incident) []exportedRule {
	out := []exportedRule{}
	for _, h := range inc.HeldRules {
		x := exportedRule{System: h.System, Relation: string(h.Relation), Categories: []string{}, Identifiability: string(h.Identifiability), KeySystem: h.KeySystem,
			KeptFrom: string(h.From), KeptMonths: h.Months, Source: h.Source, Note: h.Note}
		for _, category := range h.Categories {
			x.Categories = append(x.Categories, string(category))
		}
		out = append(out, x)
	}
	return out
}

// writeJSON writes the breaches, and the chained entries with their heads and
// proofs, so that the command verify checks them on another machine.
func (a *Area) writeJSON(c echo.Context, out io.Writer) error {
	ctx, practice, user := c.Request().Context(), page.Practice(c).ID, page.User(c)
	return register.WriteFile(out, register.Source{Practice: practice, Key: a.headKey,
		Made: register.Maker{Kind: register.ActorUser, ID: user.ID, Name: user.Name, At: page.Now(c)},
		More: func(out io.Writer) error {
			w := jsonWriter{out: out}
			w.text(`"incidents":[`)
			if err := a.every(c, func(inc *incidents.Incident) error { return w.item(exported(inc)) }); err != nil {
				return err
			}
			w.text("],")
			return w.err
		},
		Entries: func(after int64, limit int) ([]register.Entry, error) {
			return a.store.Entries(ctx, practice, after, limit)
		},
		Heads: func(after int64, limit int) ([]register.SignedHead, error) {
			return a.store.TreeHeads(ctx, practice, after, limit)
		},
		Branches: func(seqs []int64) (map[int64][]register.Hash, error) { return a.store.Branches(ctx, practice, seqs) }})
}

func exported(inc *incidents.Incident) exportedCase {
	s, n := inc.Story, inc.Assessment.Counts
	return exportedCase{ID: inc.ID, Reference: inc.Reference, State: string(inc.State), Kind: inc.Facts.Playbook, Summary: s.Summary, AwareAt: inc.AwareAt(),
		InGuidance: n.InGuidance, Former: n.Former, Other: n.Other, Consequences: s.Consequences, MeasuresTaken: s.MeasuresTaken, MeasuresPlanned: s.MeasuresPlanned,
		Announcements: exportedAnnouncements(inc), HeldRules: exportedRules(inc)}
}

// jsonWriter writes a long list item by item and keeps the first failure.
type jsonWriter struct {
	out   io.Writer
	first bool
	err   error
}

func (w *jsonWriter) text(s string) {
	if w.err == nil {
		_, w.err = io.WriteString(w.out, s)
	}
	w.first = w.first || strings.HasSuffix(s, "[")
}

func (w *jsonWriter) item(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write an entry: %w", err)
	}
	if !w.first {
		w.text(",")
	}
	w.first = false
	w.text(string(raw))
	return w.err
}

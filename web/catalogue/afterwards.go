package catalogue

import (
	"fmt"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/incidents/retention"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/rules"
)

// afterRow is what the rules want done in one system once guidance is over.
type afterRow struct {
	System string
	When   string
	Rule   string
	Stays  string // what stays by his permission
	Kept   string // why it stays for a reason
	Gone   string // where a press says that it is gone; "" while the term runs, and for this program itself
	Pseudo bool   // it may be pseudonymised in place of that
	// Rolling: old entries of it are cleared month by month.
	Rolling bool
}

// permission is what somebody may be asked to let the practice keep.
type permission struct {
	What   string
	Agreed string // the day on which he did; "" when he did not
	Action string // where a press says that he did, or took it back
}

// afterwards lists what the rules want done about somebody, by system: until when a
// system keeps him, by which rule, and what may be done now.
func (a *Area) afterwards(c echo.Context, x registry.Client, names map[string]string) ([]afterRow, error) {
	due, err := a.office.RetentionOf(c.Request().Context(), page.Practice(c), x)
	if err != nil {
		return nil, fmt.Errorf("see what must be destroyed: %w", err)
	}
	var rows []afterRow
	for _, d := range due {
		row := afterRow{System: names[d.System], Rule: afterRule(c, d), Rolling: d.Rolling, Pseudo: d.Rule.Pseudonymises(),
			When: page.T(c, "retention.since", "day", page.FormatDay(page.Lang(c), d.Day))}
		if row.System == "" {
			row.System = d.System
		}
		if len(d.Stays) > 0 {
			row.Stays = page.T(c, "retention.stays", "what", strings.ToLower(categoryNames(c, d.Stays)))
		}
		if d.Exempt.Why != "" {
			row.Kept = page.T(c, "retention.exempt."+string(d.Exempt.Why))
		}
		if d.Ready(today(c)) && d.System != retention.OwnSystem {
			row.Gone = "/retention/people/" + x.ID + "/" + d.System + "/gone"
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func afterRule(c echo.Context, d retention.Due) string {
	if d.Why != retention.ByRule {
		return page.T(c, "retention.why."+string(d.Why))
	}
	return rules.Kept(page.WordsOf(c), page.Lang(c), d.Rule)
}

// permissionOf returns what somebody may be asked, nil where no rule asks.
func permissionOf(c echo.Context, x registry.Client) *permission {
	policy := page.Practice(c).Policy
	if !policy.AsksToKeep(x.Relation) {
		return nil
	}
	p := &permission{What: strings.ToLower(categoryNames(c, policy.MayStay(x.Relation))), Action: homeOf(x) + "/keep"}
	if !x.KeepAgreed.IsZero() {
		p.Agreed = page.FormatDay(page.Lang(c), x.KeepAgreed)
	}
	return p
}

// keepAgreed records that somebody agreed today that something is kept after its
// term, or took that back.
func (a *Area) keepAgreed(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	agreed := form.Get("agreed") == "yes"
	done := "retention.permission.taken_back"
	if agreed {
		done = "retention.permission.given"
	}
	return a.press(c, done, func(in *casework.ClientInput) error {
		in.Client.KeepAgreed = registry.Date{}
		if agreed {
			in.Client.KeepAgreed = today(c)
		}
		return nil
	})
}

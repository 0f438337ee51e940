package intake

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/tenant"
	"datalek/web/page"
)

// boxSilent is after how long a folder that nobody looked at is spoken of: it is
// noted every five minutes that all is well, and a quarter of an hour that not.
const boxSilent = 45 * time.Minute

// boxState is what the reader of the folder of suppliers' mail notes.
type boxState struct {
	ReadAt   time.Time `json:"read_at"`
	Failing  time.Time `json:"failing"`
	Written  time.Time `json:"written"`
	FailedAt time.Time `json:"failed_at"`
	Place    string    `json:"place"`
	Folder   string    `json:"folder"`
	Practice string    `json:"practice"`
	Took     int64     `json:"took"`
	TookAt   time.Time `json:"took_at"`
}

// boxView says how the practice's folder of suppliers' mail fares.
type boxView struct {
	Failing bool
	State   string
	Do      string // what to do about it; "" when it works
	Lines   []string
}

// box is nil when no folder of this practice is read.
func (a *Area) box(c echo.Context) (*boxView, error) {
	raw, version, err := a.opts.Store.Setting(c.Request().Context(), a.opts.BoxSetting)
	if err != nil {
		return nil, fmt.Errorf("read how the folder of suppliers' mail fares: %w", err)
	}
	var s boxState
	if version == 0 || len(raw) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("read how the folder of suppliers' mail fares: %w", err)
	}
	if s.Folder == "" || tenant.ID(s.Practice) != page.Practice(c).ID {
		return nil, nil
	}
	return s.view(c, a.site.Now()), nil
}

func (s boxState) view(c echo.Context, now time.Time) *boxView {
	at := func(key string, at time.Time) string {
		return page.T(c, key, "at", page.FormatShort(page.Lang(c), at, page.Zone(c)), "folder", s.Folder)
	}
	v := &boxView{Failing: true}
	switch {
	case !s.Failing.IsZero():
		v.State, v.Do = at("intake.box.failing", s.Failing), page.T(c, "intake.box.do."+s.Place)
	case now.Sub(s.Written) > boxSilent:
		v.State, v.Do = at("intake.box.silent", s.Written), page.T(c, "intake.box.do.silent")
	default:
		v.Failing, v.State = false, at("intake.box.read", s.ReadAt)
	}
	if v.Failing && !s.ReadAt.IsZero() {
		v.Lines = append(v.Lines, at("intake.box.last", s.ReadAt))
	}
	if !v.Failing && !s.FailedAt.IsZero() {
		v.Lines = append(v.Lines, at("intake.box.failed", s.FailedAt))
	}
	if s.Took == 0 {
		v.Lines = append(v.Lines, page.T(c, "intake.box.none"))
	} else {
		v.Lines = append(v.Lines, page.T(c, "intake.box.took", "n", s.Took, "count", s.Took, "at", page.FormatShort(page.Lang(c), s.TookAt, page.Zone(c))))
	}
	return v
}

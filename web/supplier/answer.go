package supplier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
)

const saveWithin = 10 * time.Second

// fields are those of the form.
func fields() []string {
	return []string{advisory.FieldNature, advisory.FieldFrom, advisory.FieldUntil, advisory.FieldSubjectKinds, advisory.FieldSubjects, advisory.FieldCategories,
		advisory.FieldRecords, advisory.FieldContactName, advisory.FieldContactEmail, advisory.FieldContactPhone, advisory.FieldConsequences, advisory.FieldMeasures,
		advisory.FieldSubProcessors, advisory.FieldNoSubs, advisory.FieldNext}
}

// answer keeps what the supplier answers as one more message of its case, which goes
// the way of every other.
func (a *Area) answer(c echo.Context) error {
	page.UseZone(c, time.UTC)
	t, err := a.find(c)
	if errors.Is(err, fault.NotFound) {
		return a.closed(c, http.StatusNotFound, "unknown")
	}
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if !t.reported() || t.receipt.DoneAt.IsZero() || !a.opts.Now().Before(t.until()) {
		return a.showStatus(c, http.StatusConflict, t, page.FormOf())
	}
	if ok, wait := a.answers.Allow(t.receipt.ID); !ok {
		return page.TooMany(c, wait)
	}
	if faults := a.check(form); len(faults) > 0 {
		return a.showStatus(c, http.StatusUnprocessableEntity, t, form.Fail(c, faults))
	}
	if err := a.keep(c.Request().Context(), t, form); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, Path(c.Param("token"))+"?answered=1")
}

// check finds every fault of what was typed.
func (a *Area) check(form *page.Form) fault.List {
	var faults fault.List
	some := false
	for _, name := range fields() {
		some = some || len(form.All(name)) > 0
	}
	if !some {
		faults.Add("answer", "error.answer_nothing", "answer at least one question")
		return faults
	}
	for _, name := range []string{advisory.FieldNature, advisory.FieldConsequences, advisory.FieldMeasures} {
		registry.CheckText(&faults, name, form.Text(name), 0, 4_000)
	}
	for _, name := range []string{advisory.FieldSubjectKinds, advisory.FieldSubProcessors} {
		registry.CheckText(&faults, name, form.Text(name), 0, 1_000)
	}
	for _, name := range []string{advisory.FieldContactName, advisory.FieldContactEmail, advisory.FieldContactPhone} {
		registry.CheckLine(&faults, name, form.Get(name), 0, advisory.MaxName)
	}
	if email := form.Get(advisory.FieldContactEmail); email != "" && !registry.ValidEmail(email) {
		faults.Add(advisory.FieldContactEmail, "error.email", "give one email address such as anna@example.org")
	}
	for _, name := range []string{advisory.FieldSubjects, advisory.FieldRecords} {
		if typed := form.Get(name); typed != "" {
			if n, err := strconv.Atoi(typed); err != nil || n < 0 || n > advisory.MostCounted {
				faults.Add(name, "error.answer_number", "give a whole number")
			}
		}
	}
	a.checkTimes(form, &faults)
	return faults
}

// checkTimes judges the times: those of the breach lie in the past, the next update
// within a year to come.
func (a *Area) checkTimes(form *page.Form, faults *fault.List) {
	now := a.opts.Now()
	read := func(name string) (time.Time, bool) {
		typed := form.Get(name)
		if typed == "" {
			return time.Time{}, false
		}
		at, err := time.ParseInLocation(advisory.AnswerTime, typed, time.UTC)
		if err != nil {
			faults.Add(name, "error.answer_time", "give a time in UTC in the form that is shown")
		}
		return at, err == nil
	}
	from, begun := read(advisory.FieldFrom)
	until, ended := read(advisory.FieldUntil)
	if begun && from.After(now) {
		faults.Add(advisory.FieldFrom, "error.future", "this lies in the future")
	}
	if ended && until.After(now) {
		faults.Add(advisory.FieldUntil, "error.future", "this lies in the future")
	}
	if begun && ended && until.Before(from) {
		faults.Add(advisory.FieldUntil, "error.answer_window", "this lies before it began")
	}
	if next, some := read(advisory.FieldNext); some && (!next.After(now) || !next.Before(now.AddDate(1, 0, 0))) {
		faults.Add(advisory.FieldNext, "error.answer_next", "give a time within the next year")
	}
}

// keep saves the form as it was sent, once for each time that it was shown. It names
// its case itself, so that the page shows at once what is answered.
func (a *Area) keep(ctx context.Context, t told, form *page.Form) error {
	ctx, cancel := context.WithTimeout(ctx, saveWithin)
	defer cancel()
	raw := []byte(form.Values.Encode())
	sum := sha256.Sum256(raw)
	hash := hex.EncodeToString(sum[:])
	_, fresh, err := a.opts.Store.SaveReceipt(ctx, incidents.Receipt{ID: a.opts.NewID(), DedupeKey: "answer/" + t.receipt.ID + "/" + hash, ProcessorID: t.receipt.ProcessorID,
		PracticeID: t.receipt.PracticeID, ReceivedAt: a.opts.Now(), Raw: raw, RawHash: hash, Proof: "page",
		CaseHash: incidents.CaseHash(t.receipt.PracticeID, t.receipt.ProcessorID, t.reference()),
		Headers:  map[string]string{"content-type": "application/x-www-form-urlencoded", advisory.AnswerHeader: t.reference()}})
	if err != nil {
		return errors.Join(fault.Unavailable, err)
	}
	if fresh {
		a.opts.Nudge()
	}
	return nil
}

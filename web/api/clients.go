package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"

	"github.com/labstack/echo/v4"
)

// clientView is a client as the API shows him: the same fields as it takes.
type clientView struct {
	ID               string         `json:"id"`
	ExternalID       string         `json:"external_id"`
	Name             string         `json:"name"`
	Email            *string        `json:"email"`
	Phone            *string        `json:"phone"`
	PostalAddress    *string        `json:"postal_address"`
	Language         string         `json:"language"`
	Relation         string         `json:"relation"`
	BirthYear        *int           `json:"birth_year"`
	Guardians        []string       `json:"guardians"`
	GuardiansAgreed  bool           `json:"guardians_agreed"`
	SharedMailAgreed bool           `json:"shared_mail_agreed"`
	Capacity         *string        `json:"capacity"`
	Channel          *string        `json:"channel"`
	OpenPGPKey       *string        `json:"openpgp_key"`
	Coach            *string        `json:"coach"`
	Guidance         []guidanceView `json:"guidance"`
	Holdings         []holdingView  `json:"holdings"`   // null: by the practice's rules
	Exceptions       []holdingView  `json:"exceptions"` // null: all of it stands in Holdings
	Without          []string       `json:"without"`
	FirstContact     *string        `json:"first_contact"`
	LastContact      *string        `json:"last_contact"`
}

type guidanceView struct {
	From  string  `json:"from"`
	Until *string `json:"until"`
}

type holdingView struct {
	System          string   `json:"system"`
	Categories      []string `json:"categories"`
	Identifiability string   `json:"identifiability"`
	KeySystem       *string  `json:"key_system"`
	From            *string  `json:"from"`
	Until           *string  `json:"until"`
	DestroyedAt     *string  `json:"destroyed_at"`
}

// showClient shows a client; numbers maps client ids to the practice's own numbers.
func showClient(c registry.Client, numbers map[string]string) clientView {
	v := clientView{ID: c.ID, ExternalID: c.Person.ExternalID, Name: c.Person.Name, Email: orNull(c.Person.Email), Phone: orNull(c.Person.Phone),
		PostalAddress: orNull(c.Person.PostalAddress), Language: c.Language, Relation: string(c.Relation), Guardians: []string{},
		GuardiansAgreed: c.GuardiansAgreed, SharedMailAgreed: c.SharedMailAgreed, Capacity: orNull(c.Capacity), Channel: orNull(c.Channel),
		OpenPGPKey: orNull(c.Person.OpenPGPKey), Coach: orNull(c.Person.Coach), Guidance: []guidanceView{}}
	if c.BirthYear != 0 {
		year := c.BirthYear
		v.BirthYear = &year
	}
	for _, id := range c.Guardians {
		if n := numbers[id]; n != "" {
			v.Guardians = append(v.Guardians, n)
		}
	}
	for _, g := range c.Guidance {
		v.Guidance = append(v.Guidance, guidanceView{From: g.From.String(), Until: orNull(g.Until.String())})
	}
	v.FirstContact, v.LastContact, v.Without = orNull(c.FirstContact.String()), orNull(c.LastContact.String()), append([]string{}, c.Without...)
	if c.HoldingsByRule {
		v.Exceptions = showHoldings(c)
	} else {
		v.Holdings = showHoldings(c)
	}
	return v
}

func showHoldings(c registry.Client) []holdingView {
	out := []holdingView{}
	for _, h := range c.Holdings {
		out = append(out, holdingView{System: h.System, Categories: words(h.Categories), Identifiability: string(h.Identifiability),
			KeySystem: orNull(h.KeySystem), From: stampOf(h.From), Until: stampOf(h.Until), DestroyedAt: stampOf(h.DestroyedAt)})
	}
	return out
}

func guardianIDs(clients []registry.Client) []string {
	var ids []string
	for _, c := range clients {
		ids = append(ids, c.Guardians...)
	}
	return ids
}

// numbersOf maps client ids to the practice's own numbers.
func (a *Area) numbersOf(ctx context.Context, practice tenant.ID, ids []string) (map[string]string, error) {
	numbers := map[string]string{}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for part := range slices.Chunk(ids, 500) {
		clients, err := a.opts.Store.ClientsByIDs(ctx, practice, part)
		if err != nil {
			return nil, err
		}
		for _, c := range clients {
			numbers[c.ID] = c.Person.ExternalID
		}
	}
	return numbers, nil
}

// postImport takes a file of clients, as a form's part named "file" or as the body.
func (a *Area) postImport(c echo.Context) error {
	who := callerOf(c)
	how, err := importHow(c)
	if err != nil {
		return err
	}
	file, err := upload(c)
	if err != nil {
		return err
	}
	how.By, how.Patience = who.token, importPatience
	result, err := a.opts.Office.Import(c.Request().Context(), who.practice, file, how)
	if err != nil {
		return err
	}
	if result.State.Working() {
		return c.JSON(http.StatusAccepted, result)
	}
	return c.JSON(http.StatusOK, result)
}

// importPatience is how long a machine waits for an import before it is told that
// the work goes on without it.
const importPatience = 45 * time.Second

// importHow reads how the file is to be taken: format, dry_run, mapping (a JSON
// object of column to field), and what becomes of likely doubles, all of them
// (doubles=apart) or by line (decide=12:same,14:apart).
func importHow(c echo.Context) (casework.ImportHow, error) {
	how := casework.ImportHow{Format: roster.Format(c.QueryParam("format")), Doubles: casework.DoubleDecision(c.QueryParam("doubles")), Decided: map[int]casework.DoubleDecision{}}
	var err error
	if how.DryRun, err = flag(c, "dry_run"); err != nil {
		return how, err
	}
	if how.Format != "" && !slices.Contains(roster.Formats(), how.Format) {
		return how, invalidParam("format", "choose auto, csv, outlook, google, vcard or xlsx")
	}
	if text := c.QueryParam("mapping"); text != "" && json.Unmarshal([]byte(text), &how.Mapping) != nil {
		return how, invalidParam("mapping", `give a JSON object such as {"Roepnaam": "given_name", "Kolom": ""}`)
	}
	if !how.Doubles.Valid() {
		return how, invalidParam("doubles", "choose apart, same or skip")
	}
	for _, one := range strings.FieldsFunc(c.QueryParam("decide"), func(r rune) bool { return r == ',' }) {
		line, decision, _ := strings.Cut(one, ":")
		n, err := strconv.Atoi(line)
		if err != nil || decision == "" || !casework.DoubleDecision(decision).Valid() {
			return how, invalidParam("decide", "give lines with apart, same or skip, such as 12:same,14:apart")
		}
		how.Decided[n] = casework.DoubleDecision(decision)
	}
	return how, nil
}

// upload returns the file as it comes: a form read whole would lie unsealed on
// the disk.
func upload(c echo.Context) (io.Reader, error) {
	kind, _, _ := mime.ParseMediaType(c.Request().Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return c.Request().Body, nil
	}
	missing := invalidParam("file", "send the file as the form's part named file")
	parts, err := c.Request().MultipartReader()
	if err != nil {
		return nil, missing
	}
	for {
		part, err := parts.NextPart()
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			return nil, err
		case err != nil:
			return nil, missing
		case part.FormName() == "file":
			return page.Whole(part), nil
		}
	}
}

func flag(c echo.Context, name string) (bool, error) {
	text := c.QueryParam(name)
	if text == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, invalidParam(name, "choose true or false")
	}
	return on, nil
}

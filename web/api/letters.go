package api

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/casework"

	"github.com/labstack/echo/v4"
)

// getLetters answers with the letters of an approved notice as one PDF. When
// there are more than one file holds, the Link header names the next one.
func (a *Area) getLetters(c echo.Context) error {
	who, ctx := callerOf(c), c.Request().Context()
	all, err := flag(c, "all")
	if err != nil {
		return err
	}
	n, err := a.opts.Store.Notice(ctx, who.practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	rows, next, err := a.opts.Office.Letters(ctx, n, all, c.QueryParam("after"))
	if err != nil {
		return err
	}
	if next != "" {
		ask := url.Values{"after": {next}, "all": {fmt.Sprint(all)}}
		c.Response().Header().Set("Link", "<"+a.baseURL+"/api/v1/notices/"+n.ID+"/letters.pdf?"+ask.Encode()+`>; rel="next"`)
	}
	return a.letters(c, n, rows)
}

// getLetter answers with the letter to one reader.
func (a *Area) getLetter(c echo.Context) error {
	who, ctx := callerOf(c), c.Request().Context()
	d, err := a.opts.Store.Delivery(ctx, who.practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	if d.NoticeID == "" {
		return fault.NotFound // a warning, or a trial mail
	}
	n, err := a.opts.Store.Notice(ctx, who.practice.ID, d.NoticeID)
	if err != nil {
		return err
	}
	if !n.Approved() {
		return fault.NotFound
	}
	return a.letters(c, n, []incidents.Delivery{d})
}

func (a *Area) letters(c echo.Context, n *incidents.Notice, rows []incidents.Delivery) error {
	rows = slices.DeleteFunc(rows, func(d incidents.Delivery) bool { return d.To.PostalAddress == "" })
	if len(rows) == 0 {
		return fault.NotFound // there is no letter to print
	}
	letters := make([]incidents.Letter, len(rows))
	for i, d := range rows {
		var err error
		if letters[i], err = casework.LetterTo(callerOf(c).practice, n, d, a.readingAt(callerOf(c).practice), a.opts.Now()); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	if err := a.opts.Print(&out, letters, a.opts.Now()); err != nil {
		return fmt.Errorf("print letters: %w", err)
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="letters.pdf"`)
	return c.Blob(http.StatusOK, "application/pdf", out.Bytes())
}

// postPosted records that the named letters of a notice went to the post.
func (a *Area) postPosted(c echo.Context) error {
	var b struct {
		At         instant  `json:"at"`
		Note       *string  `json:"note"`
		Deliveries []string `json:"deliveries"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	var faults fault.List
	at := b.At.value(&faults, "at")
	if len(faults) > 0 {
		return faults
	}
	who := callerOf(c)
	posted, err := a.opts.Office.Posted(c.Request().Context(), who.practice.ID, c.Param("id"), b.Deliveries,
		casework.Word{By: "letter", At: at, Note: text(b.Note), User: who.actor()})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]int{"posted": posted})
}

package api

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
)

const (
	defaultLimit = 50
	mostLimit    = 500
)

// asked is which part of a list a caller wants.
type asked struct {
	after string
	limit int
}

// listing reads ?cursor= and ?limit=. A cursor is the last key in a wrapping
// of [A-Za-z0-9_-] that callers take as it is.
func listing(c echo.Context) (asked, error) {
	a := asked{limit: defaultLimit}
	if text := c.QueryParam("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostLimit {
			return a, invalidParam("limit", "give a number from 1 to 500")
		}
		a.limit = n
	}
	key, err := base64.RawURLEncoding.DecodeString(c.QueryParam("cursor"))
	if err != nil || len(key) > 200 {
		return a, invalidParam("cursor", "take the cursor from the page before, as it is")
	}
	a.after = string(key)
	return a, nil
}

// listed is a page of a list. Next is null on the last.
type listed[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

// pageOf asks for one row more than wanted, to know whether a next page exists.
func pageOf[D, T any](a asked, load func(after string, limit int) ([]D, error), key func(D) string, show func(D) T) (listed[T], error) {
	rows, err := load(a.after, a.limit+1)
	out := listed[T]{Items: []T{}}
	if err != nil {
		return out, err
	}
	if len(rows) > a.limit {
		rows = rows[:a.limit]
		next := base64.RawURLEncoding.EncodeToString([]byte(key(rows[len(rows)-1])))
		out.Next = &next
	}
	for _, r := range rows {
		out.Items = append(out.Items, show(r))
	}
	return out, nil
}

// answerList loads one page and answers with it.
func answerList[D, T any](c echo.Context, load func(after string, limit int) ([]D, error), key func(D) string, show func(D) T) error {
	a, err := listing(c)
	if err != nil {
		return err
	}
	page, err := pageOf(a, load, key, show)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, page)
}

// stamp writes an instant as the API does; a zero one is null.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format(time.RFC3339Nano)
	return &text
}

func stampOf(t *time.Time) *string {
	if t == nil {
		return nil
	}
	return stamp(*t)
}

func orNull[T ~string](s T) *string {
	if s == "" {
		return nil
	}
	text := string(s)
	return &text
}

func words[T ~string](list []T) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}

package page

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/web/parts"
)

const (
	languageCookie = "taal"
	languageYear   = 365 * 24 * 3600 // seconds
)

// chooseLanguage sets the page's language: what the link ?taal= asks for (kept
// in a cookie), the cookie, else what the browser asks for. The user's own
// choice comes between the last two, once he is known.
func (s *Site) chooseLanguage(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if isMachine(r.URL.Path) {
			return next(c)
		}
		if asked := c.QueryParam("taal"); slices.Contains(Languages(), asked) && r.Method == http.MethodGet {
			s.keepLanguage(c, asked)
			return c.Redirect(http.StatusSeeOther, withoutLanguage(r.URL))
		}
		state := requestOf(c)
		state.lang = s.words.Match(r.Header.Get("Accept-Language"))
		if chosen, ok := cookieLanguage(r); ok {
			state.lang = chosen
		}
		return next(c)
	}
}

func (s *Site) keepLanguage(c echo.Context, lang string) {
	s.setLanguage(c, lang, languageYear)
}

// setLanguage writes the cookie; a negative age drops it. It is Secure whenever
// the site is reached over TLS.
func (s *Site) setLanguage(c echo.Context, lang string, age int) {
	c.SetCookie(&http.Cookie{Name: languageCookie, Value: lang, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.opts.Secure, SameSite: http.SameSiteLaxMode}) //nolint:gosec // see above
}

func cookieLanguage(r *http.Request) (string, bool) {
	cookie, err := r.Cookie(languageCookie)
	if err != nil || !slices.Contains(Languages(), cookie.Value) {
		return "", false
	}
	return cookie.Value, true
}

// withoutLanguage returns the address of the same page without ?taal=. The
// path begins with one slash only, so that it cannot lead to another host.
func withoutLanguage(u *url.URL) string {
	query := u.Query()
	query.Del("taal")
	return (&url.URL{Path: localPath(u.Path), RawQuery: query.Encode()}).String()
}

// languageLinks returns one link per language to the same page.
func languageLinks(c echo.Context) []parts.Link {
	u := c.Request().URL
	var links []parts.Link
	for _, lang := range Languages() {
		query := u.Query()
		query.Set("taal", lang)
		href := (&url.URL{Path: localPath(u.Path), RawQuery: query.Encode()}).String()
		links = append(links, parts.Link{Href: href, Text: languageName(lang), Code: lang, Current: lang == Lang(c)})
	}
	return links
}

func languageName(lang string) string {
	if lang == English {
		return "English"
	}
	return "Nederlands"
}

// ForgetLanguage drops the cookie of the language link, so that the user's own
// choice counts.
func (s *Site) ForgetLanguage(c echo.Context) { s.setLanguage(c, "", -1) }

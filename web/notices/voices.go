package notices

import (
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
)

// voiceCode names a text of a notice in addresses and forms: "nl", "nl-young".
func voiceCode(v incidents.Voice) string {
	if v.For == incidents.ForEverybody {
		return v.Language
	}
	return v.Language + "-" + string(v.For)
}

// voiceOf reads what voiceCode wrote.
func voiceOf(code string) incidents.Voice {
	language, kind, _ := strings.Cut(code, "-")
	return incidents.Voice{Language: language, For: incidents.TextFor(kind)}
}

// voiceName says in which language, and for which readers, a text is written.
func voiceName(c echo.Context, v incidents.Voice) string {
	name := languageName(c, v.Language)
	if v.For == incidents.ForEverybody {
		return name
	}
	return name + ", " + page.T(c, "notices.for."+string(v.For))
}

// viewOf is a text with its names, its body as given.
func viewOf(c echo.Context, t incidents.Text, body string) textView {
	return textView{Code: voiceCode(t.Voice()), Language: t.Language, Name: voiceName(c, t.Voice()), Subject: t.Subject, Body: body}
}

// textIn returns the text of a notice that a code names, the first for "".
func textIn(n *incidents.Notice, code string) (incidents.Text, error) {
	if len(n.Texts) == 0 {
		return incidents.Text{}, fault.NotFound
	}
	if code == "" {
		return n.Texts[0], nil
	}
	at := slices.IndexFunc(n.Texts, func(t incidents.Text) bool { return t.Voice() == voiceOf(code) })
	if at < 0 {
		return incidents.Text{}, fault.NotFound
	}
	return n.Texts[at], nil
}

package smtpmail

import (
	"errors"
	"html"
	"io"
	"strings"

	nethtml "golang.org/x/net/html"
)

// checkHTML returns the HTML part with its language named. A fragment is set
// into the page of frameHTML; a whole page keeps its own looks.
//
// Nothing that loads, runs or sends may stand in a notice: it must not tell
// anybody that it was read, and must look the same in ten years.
func checkHTML(source, language, title string) (string, error) {
	if strings.TrimSpace(source) == "" {
		return "", nil
	}
	if err := checkBody("html", source); err != nil {
		return "", err
	}
	page, whole, err := readHTML(source, language)
	if err != nil {
		return "", err
	}
	if whole {
		return page, nil
	}
	return frameHTML(page, language, title), nil
}

// readHTML copies source while checking each tag. whole reports that it has an
// html element of its own, which gets the language when it names none.
func readHTML(source, language string) (string, bool, error) {
	var out strings.Builder
	whole, inStyle := false, false
	z := nethtml.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			if !errors.Is(z.Err(), io.EOF) {
				return "", false, errHTML()
			}
			return out.String(), whole, nil
		}
		raw := string(z.Raw())
		token := z.Token()
		opens := kind == nethtml.StartTagToken || kind == nethtml.SelfClosingTagToken
		if (opens && !safeTag(token)) || (inStyle && !safeStyle(raw)) {
			return "", false, errHTML()
		}
		inStyle = opens && token.Data == "style"
		if opens && token.Data == "html" && !whole {
			whole = true
			raw = nameLanguage(raw, token, language)
		}
		out.WriteString(raw)
	}
}

func errHTML() error {
	return invalid("html", "error.mail_html",
		"the HTML of a mail has no images, scripts, forms or anything else that loads or runs")
}

func nameLanguage(raw string, token nethtml.Token, language string) string {
	for _, a := range token.Attr {
		if a.Key == "lang" {
			return raw
		}
	}
	return raw[:len("<html")] + ` lang="` + language + `"` + raw[len("<html"):]
}

func safeTag(t nethtml.Token) bool {
	switch t.Data {
	case "img", "image", "svg", "picture", "script", "link", "iframe", "frame", "object", "embed", "applet",
		"form", "input", "button", "video", "audio", "source", "track", "base", "portal":
		return false
	}
	for _, a := range t.Attr {
		if !safeAttribute(a.Key, a.Val) {
			return false
		}
	}
	return true
}

func safeAttribute(key, value string) bool {
	switch {
	case strings.HasPrefix(key, "on"):
		return false
	case key == "src", key == "srcset", key == "background", key == "ping":
		return false
	case key == "http-equiv":
		return strings.EqualFold(value, "content-type")
	case key == "style":
		return safeStyle(value)
	case key == "href":
		return safeLink(value)
	}
	return true
}

// safeStyle refuses style that loads something, also when spelled with escapes.
func safeStyle(css string) bool {
	css = strings.ToLower(css)
	return !strings.Contains(css, "url(") && !strings.Contains(css, "@import") &&
		!strings.Contains(css, "image") && !strings.Contains(css, `\`)
}

func safeLink(href string) bool {
	for _, scheme := range []string{"https://", "http://", "mailto:", "tel:", "#"} {
		if strings.HasPrefix(strings.ToLower(href), scheme) {
			return true
		}
	}
	return false
}

// frameHTML sets a fragment into one column of 36 rem under a brand line, with
// inline style, no image, and colours left to the reader's own theme.
func frameHTML(fragment, language, title string) string {
	return `<!DOCTYPE html>
<html lang="` + language + `">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>` + html.EscapeString(title) + `</title>
</head>
<body style="margin:0;padding:20px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:17px;line-height:1.5">
<div style="max-width:36rem;margin:0 auto;border-top:4px solid #0b4f57;padding-top:20px">
` + fragment + `
</div>
</body>
</html>
`
}

package processors

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"datalek/incidents/advisory"
)

// deeper reports whether JSON nests further than that. It looks at brackets
// outside texts only, so it also answers for what is no JSON.
func deeper(raw []byte, most int) bool {
	depth, inText := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > most {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// excerpt makes any body readable: JSON with its fields on lines, a form as
// lines, HTML as text.
func excerpt(raw []byte, media string) string {
	const room = 6 // bytes read for each character that is kept
	switch {
	case json.Valid(raw) && !deeper(raw, mostDepth):
		var out bytes.Buffer
		if json.Indent(&out, raw[:min(len(raw), mostBytes)], "", "  ") == nil {
			raw = out.Bytes()
		}
	case media == "application/x-www-form-urlencoded":
		raw = []byte(formLines(string(raw[:min(len(raw), mostBytes)])))
	case media == "text/html":
		raw = []byte(plain(nil, string(raw[:min(len(raw), mostBytes)])))
	}
	return advisory.Clean(string(raw[:min(len(raw), room*advisory.MaxText)]), advisory.MaxText)
}

// formLines writes a web form's body as lines, in the order it came.
func formLines(body string) string {
	var out strings.Builder
	for pair := range strings.SplitSeq(body, "&") {
		name, value, _ := strings.Cut(pair, "=")
		out.WriteString(unescape(name) + ": " + unescape(value) + "\n")
	}
	return out.String()
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// plain turns HTML into text: what is shown, in paragraphs, its list items
// dashed. Links go to a when one is given.
func plain(a *advisory.Advisory, source string) string {
	if !strings.ContainsAny(source, "<&") {
		return advisory.Clean(source, advisory.MaxText)
	}
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(source))
	hidden := ""
	for kind := z.Next(); kind != html.ErrorToken && out.Len() < 6*advisory.MaxText; kind = z.Next() {
		token := z.Token()
		switch {
		case hidden != "":
			if kind == html.EndTagToken && token.Data == hidden {
				hidden = ""
			}
		case kind == html.TextToken:
			out.WriteString(spaced(token.Data))
		case kind == html.StartTagToken && slices.Contains([]string{"script", "style", "head", "template", "noscript"}, token.Data):
			hidden = token.Data
		case kind == html.StartTagToken || kind == html.SelfClosingTagToken || kind == html.EndTagToken:
			out.WriteString(breakOf(token, kind == html.EndTagToken))
			gather(a, token)
		}
	}
	return advisory.Clean(paragraphs(out.String()), advisory.MaxText)
}

// spaced makes line breaks of the source spaces: in HTML they are no more.
func spaced(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' || r == '\u00a0' {
			return ' '
		}
		return r
	}, s)
}

// breakOf is what a tag does to the text around it.
func breakOf(t html.Token, end bool) string {
	switch t.Data {
	case "li":
		if end {
			return ""
		}
		return "\n- "
	case "td", "th":
		return " "
	case "br", "tr", "hr":
		return "\n"
	case "p", "div", "section", "article", "ul", "ol", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6":
		return "\n\n"
	}
	return ""
}

func gather(a *advisory.Advisory, t html.Token) {
	if a == nil || t.Data != "a" {
		return
	}
	for _, attr := range t.Attr {
		if attr.Key == "href" {
			link(a, attr.Val)
		}
	}
}

// paragraphs takes out what spaces and empty lines are too many.
func paragraphs(s string) string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if line == "-" || line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

package playbooks

import (
	"html/template"
	"regexp"
	"strings"

	"datalek/incidents"
)

// HTML returns the same words as the text, as a page that a mail program shows
// alike everywhere: one narrow column with a line on top, no image, no button;
// phone numbers and mail addresses are links, in the light and in the dark.
func HTML(t incidents.Text) string {
	var out strings.Builder
	page := mailPage{Language: t.Language, Subject: t.Subject, Blocks: blocks(t.Body)}
	if err := mailTemplate.Execute(&out, page); err != nil {
		panic("playbooks: mail page: " + err.Error()) // plain strings into a fixed template
	}
	return out.String()
}

type mailPage struct {
	Language string
	Subject  string
	Blocks   []block
}

// block is a paragraph or a list.
type block struct {
	List  bool
	Lines [][]span
}

// span is a run of words, a link when Href is set.
type span struct {
	Words string
	Href  template.URL
}

// blocks reads a body: an empty line ends a paragraph, lines that begin with
// "- " are a list.
func blocks(body string) []block {
	var out []block
	for _, paragraph := range strings.Split(strings.ReplaceAll(body, "\r\n", "\n"), "\n\n") {
		fresh := true
		for _, line := range strings.Split(strings.Trim(paragraph, "\n"), "\n") {
			if strings.TrimSpace(line) == "" {
				continue
			}
			words, list := strings.CutPrefix(line, item)
			if fresh || out[len(out)-1].List != list {
				out = append(out, block{List: list})
			}
			fresh = false
			last := &out[len(out)-1]
			last.Lines = append(last.Lines, spans(words))
		}
	}
	return out
}

var (
	mailAddress = `[A-Za-z0-9._%+\-]+@[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?\.[A-Za-z]{2,}`
	phoneNumber = `(?:\+|\b0)[0-9](?:[ \-]?(?:\(0\)[ \-]?)?[0-9]){6,16}`
	linkable    = regexp.MustCompile(mailAddress + `|` + phoneNumber)
	dateLike    = regexp.MustCompile(`\b[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}`)
	// accountLike is what stands before the digits of a bank account (IBAN).
	accountLike = regexp.MustCompile(`[A-Z]{2}[0-9]{2} ?(?:[A-Z0-9]{4} ?)*$`)
)

// spans finds the mail addresses and phone numbers in a line.
func spans(line string) []span {
	var out []span
	rest := line
	for _, at := range linkable.FindAllStringIndex(line, -1) {
		found := line[at[0]:at[1]]
		href, is := link(found)
		if !is || accountLike.MatchString(line[:at[0]]) {
			continue
		}
		begin := at[0] - (len(line) - len(rest))
		if begin > 0 {
			out = append(out, span{Words: rest[:begin]})
		}
		out = append(out, span{Words: found, Href: href})
		rest = line[at[1]:]
	}
	if rest != "" {
		out = append(out, span{Words: rest})
	}
	return out
}

// link returns where a found address leads. The patterns let through nothing
// that could mean more than an address or digits.
func link(found string) (template.URL, bool) {
	if strings.Contains(found, "@") {
		return template.URL("mailto:" + found), true //nolint:gosec // letters, digits and ._%+-@ by the pattern
	}
	digits := strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.Replace(found, "(0)", "", 1))
	const least, most = 9, 15 // ITU-T E.164 allows 15
	n := len(strings.TrimPrefix(digits, "+"))
	if n < least || n > most || dateLike.MatchString(found) {
		return "", false
	}
	return template.URL("tel:" + digits), true //nolint:gosec // digits and a plus sign
}

// mailTemplate is the page: brand line #0b4f57, ink #17211f on white 16.5:1,
// links #0a5c8a 7.2:1; in the dark #e8eeec on #16201e 14:1, links #8fcbf0 9.5:1.
var mailTemplate = template.Must(template.New("mail").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{.Subject}}</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  body, .page { background-color: #16201e !important; color: #e8eeec !important; }
  .page { border-top-color: #3f9aa5 !important; }
  a { color: #8fcbf0 !important; }
}
</style>
</head>
<body style="margin:0;padding:0;background-color:#ffffff;color:#17211f;">
<div class="page" lang="{{.Language}}" style="max-width:36rem;margin:0 auto;padding:20px;border-top:4px solid #0b4f57;background-color:#ffffff;color:#17211f;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;font-size:17px;line-height:1.5;overflow-wrap:break-word;">
{{range .Blocks}}{{if .List}}<ul style="margin:0 0 15px 0;padding:0 0 0 25px;">
{{range .Lines}}<li style="margin:0 0 5px 0;">{{template "line" .}}</li>
{{end}}</ul>
{{else}}<p style="margin:0 0 15px 0;">{{range $n, $line := .Lines}}{{if $n}}<br>
{{end}}{{template "line" $line}}{{end}}</p>
{{end}}{{end}}</div>
</body>
</html>
{{define "line"}}{{range .}}{{if .Href}}<a href="{{.Href}}" style="color:#0a5c8a;text-decoration:underline;">{{.Words}}</a>{{else}}{{.Words}}{{end}}{{end}}{{end}}`))

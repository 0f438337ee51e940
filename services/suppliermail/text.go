package suppliermail

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/text/encoding/htmlindex"

	"datalek/incidents"
	"datalek/incidents/advisory"
)

// decode turns bytes into text, and reports whether their table of letters is
// known. When the mail library knew it, they are text already.
func decode(raw []byte, charset string, wrong error) (string, bool) {
	if !message.IsUnknownCharset(wrong) {
		return strings.ToValidUTF8(string(raw), "\uFFFD"), true
	}
	known, err := htmlindex.Get(strings.TrimSpace(charset))
	if err != nil {
		return strings.ToValidUTF8(string(raw), "\uFFFD"), false
	}
	text, err := known.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "\uFFFD"), false
	}
	return strings.ToValidUTF8(string(text), "\uFFFD"), true
}

// cleaner lets through what makes lines and links, and nothing else.
func cleaner() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "div", "br", "hr", "ul", "ol", "li", "table", "tr", "td", "th", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	return p
}

// fromHTML turns HTML into lines of text, and gathers its links.
func (f *found) fromHTML(source string) string {
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(cleaner().Sanitize(source)))
	target, from := "", 0
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		t := z.Token()
		switch {
		case kind == html.TextToken:
			out.WriteString(oneLine(t.Data))
		case t.Data == "a" && kind == html.StartTagToken:
			target, from = href(t), out.Len()
		case t.Data == "a" && kind == html.EndTagToken:
			f.link(out.String()[from:], target)
			target = ""
		default:
			out.WriteString(breakOf(t.Data, kind))
		}
		if target == "" {
			from = out.Len()
		}
	}
	return paragraphs(out.String())
}

func href(t html.Token) string {
	for _, a := range t.Attr {
		if a.Key == "href" {
			return a.Val
		}
	}
	return ""
}

// oneLine makes line breaks of the source spaces: in HTML they are no more.
func oneLine(s string) string {
	return strings.NewReplacer("\r", " ", "\n", " ", "\t", " ", "\u00a0", " ").Replace(s)
}

// breakOf is what a tag does to the text around it.
func breakOf(tag string, kind html.TokenType) string {
	switch {
	case tag == "li" && kind == html.StartTagToken:
		return "\n- "
	case tag == "li":
		return ""
	case tag == "td" || tag == "th":
		return " "
	case tag == "br" || tag == "tr" || tag == "hr":
		return "\n"
	}
	return "\n\n"
}

// paragraphs takes out what spaces and empty lines are too many.
func paragraphs(s string) string {
	var out []string
	for text := range strings.SplitSeq(s, "\n") {
		text = strings.Join(strings.Fields(text), " ")
		if text == "-" || text == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, text)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

var plainLink = regexp.MustCompile(`https?://[^\s<>"'\\]{1,500}`)

// linksIn gathers the addresses that stand in plain text.
func (f *found) linksIn(text string) {
	for _, at := range plainLink.FindAllString(text, mostLinks) {
		f.link("", strings.TrimRight(at, ".,;:!?)]}"))
	}
}

// link keeps an address with its words. It is shown and never followed.
func (f *found) link(text, target string) {
	target = advisory.OneLine(target, advisory.MaxLink)
	if _, err := url.Parse(target); err != nil || target == "" || len(f.links) >= mostLinks {
		return
	}
	text = advisory.OneLine(text, advisory.MaxName)
	if text == target {
		text = ""
	}
	if slices.ContainsFunc(f.links, func(l incidents.MailLink) bool { return l.Target == target && (text == "" || l.Text == text) }) {
		return
	}
	f.links = append(f.links, incidents.MailLink{Text: text, Target: target})
}

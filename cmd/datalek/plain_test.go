package main_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// plainReader reads pages and sends their forms as a browser without any
// script does: it follows links, fills fields and presses buttons.
type plainReader struct {
	t      *testing.T
	client *http.Client
	base   string
	at     *url.URL
	status int
	page   *html.Node
	body   string                // as it came
	typed  map[*html.Node]string // what was filled in since the page came
	ticked map[*html.Node]bool
}

func newPlainReader(t *testing.T, base string) *plainReader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &plainReader{t: t, base: base, client: &http.Client{Jar: jar, Timeout: time.Minute}}
}

func (r *plainReader) open(path string) {
	r.t.Helper()
	r.ask(http.MethodGet, r.base+path, nil)
}

func (r *plainReader) ask(method, address string, form url.Values) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Accept-Language", "nl")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if r.page, err = html.Parse(bytes.NewReader(raw)); err != nil {
		r.t.Fatal(err)
	}
	r.body = string(raw)
	r.at, r.status = answer.Request.URL, answer.StatusCode
	r.typed, r.ticked = map[*html.Node]string{}, map[*html.Node]bool{}
}

func (r *plainReader) path() string {
	if r.at == nil {
		return "nowhere"
	}
	return strings.TrimPrefix(r.at.String(), r.base)
}

func (r *plainReader) words() string { return text(r.page) }

// unfold does nothing: what is folded is on the page all the same.
func (r *plainReader) unfold(string) {}

func (r *plainReader) click(words string) {
	r.t.Helper()
	e := r.best(words, func(n *html.Node) bool {
		return (n.Data == "a" && attr(n, "href") != "" || n.Data == "button" && attr(n, "type") != "button") && !has(n, "hidden")
	})
	if e.Data == "a" {
		to, err := r.at.Parse(attr(e, "href"))
		if err != nil {
			r.t.Fatal(err)
		}
		r.ask(http.MethodGet, to.String(), nil)
		return
	}
	r.send(e)
}

// send posts the form of a button with everything in it.
func (r *plainReader) send(button *html.Node) {
	r.t.Helper()
	form := parent(button, "form")
	if form == nil {
		r.t.Fatalf("the button %q on %s has no form", text(button), r.path())
	}
	values := url.Values{}
	if name := attr(button, "name"); name != "" {
		values.Set(name, attr(button, "value"))
	}
	for n := range form.Descendants() {
		r.collect(n, values)
	}
	to, err := r.at.Parse(attr(form, "action"))
	if err != nil {
		r.t.Fatal(err)
	}
	if !strings.EqualFold(attr(form, "method"), "post") {
		to.RawQuery = values.Encode()
		r.ask(http.MethodGet, to.String(), nil)
		return
	}
	r.ask(http.MethodPost, to.String(), values)
}

// collect adds what one control of a form says.
func (r *plainReader) collect(n *html.Node, values url.Values) {
	name := attr(n, "name")
	if name == "" || n.Type != html.ElementNode {
		return
	}
	value, filled := r.typed[n]
	switch {
	case n.Data == "input" && (attr(n, "type") == "radio" || attr(n, "type") == "checkbox"):
		on, touched := r.ticked[n]
		if on || !touched && has(n, "checked") {
			values.Add(name, attr(n, "value"))
		}
		return
	case filled:
	case n.Data == "input":
		value = attr(n, "value")
	case n.Data == "textarea":
		value = raw(n)
	case n.Data == "select":
		value = selected(n)
	default:
		return
	}
	values.Add(name, value)
}

func (r *plainReader) choose(label string) {
	r.t.Helper()
	box := r.control("", label, func(n *html.Node) bool { return attr(n, "type") == "radio" || attr(n, "type") == "checkbox" })
	if attr(box, "type") == "radio" {
		for n := range parent(box, "form").Descendants() {
			if attr(n, "type") == "radio" && attr(n, "name") == attr(box, "name") {
				r.ticked[n] = false
			}
		}
	}
	r.ticked[box] = !(r.ticked[box] || has(box, "checked") && attr(box, "type") == "checkbox")
}

func (r *plainReader) fill(label, value string) { r.t.Helper(); r.fillIn("", label, value) }

func (r *plainReader) fillIn(group, label, value string) {
	r.t.Helper()
	r.typed[r.control(group, label, func(n *html.Node) bool { return attr(n, "type") != "radio" && attr(n, "type") != "checkbox" })] = value
}

// control finds the control that a label names.
func (r *plainReader) control(group, words string, fits func(*html.Node) bool) *html.Node {
	r.t.Helper()
	byID := map[string]*html.Node{}
	for n := range r.page.Descendants() {
		if id := attr(n, "id"); id != "" {
			byID[id] = n
		}
	}
	label := r.best(words, func(n *html.Node) bool {
		if n.Data != "label" || byID[attr(n, "for")] == nil || !fits(byID[attr(n, "for")]) {
			return false
		}
		return group == "" || strings.HasPrefix(legend(n), group)
	})
	return byID[attr(label, "for")]
}

// best is the element whose words are these, or else begin so.
func (r *plainReader) best(words string, fits func(*html.Node) bool) *html.Node {
	r.t.Helper()
	var second *html.Node
	for n := range r.page.Descendants() {
		if n.Type != html.ElementNode || !fits(n) {
			continue
		}
		if text(n) == words {
			return n
		}
		if second == nil && strings.HasPrefix(text(n), words) {
			second = n
		}
	}
	if second == nil {
		r.t.Fatalf("%q is not on %s (%d):\n%s", words, r.path(), r.status, r.words())
	}
	return second
}

func legend(n *html.Node) string {
	group := parent(n, "fieldset")
	if group == nil {
		return ""
	}
	for e := range group.Descendants() {
		if e.Data == "legend" {
			return text(e)
		}
	}
	return ""
}

func parent(n *html.Node, name string) *html.Node {
	for p := range n.Ancestors() {
		if p.Type == html.ElementNode && p.Data == name {
			return p
		}
	}
	return nil
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// raw is the text of an element as it stands.
func raw(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// text is the words of an element with one space between them.
func text(n *html.Node) string {
	var words []string
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			words = append(words, strings.Fields(d.Data)...)
		}
	}
	return strings.Join(words, " ")
}

func selected(n *html.Node) string {
	first, found := "", false
	for o := range n.Descendants() {
		if o.Type != html.ElementNode || o.Data != "option" {
			continue
		}
		if has(o, "selected") {
			return attr(o, "value")
		}
		if !found {
			first, found = attr(o, "value"), true
		}
	}
	return first
}

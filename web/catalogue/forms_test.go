package catalogue_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
)

var (
	control  = regexp.MustCompile(`(?s)<input ([^>]*)>|<textarea ([^>]*)>(.*?)</textarea>|<select ([^>]*)>(.*?)</select>`)
	property = regexp.MustCompile(`([a-z]+)="([^"]*)"`)
	option   = regexp.MustCompile(`<option value="([^"]*)"([^>]*)>`)
)

// filled returns what the largest form of a page sends when nobody touches it.
func filled(body string) url.Values {
	form := ""
	for part := range strings.SplitSeq(body, "<form ") {
		if part, _, found := strings.Cut(part, "</form>"); found && len(part) > len(form) {
			form = part
		}
	}
	values := url.Values{}
	for _, m := range control.FindAllStringSubmatch(form, -1) {
		p := properties(m[1] + m[2] + m[4])
		switch {
		case m[4] != "":
			values.Add(p["name"], chosen(m[5]))
		case m[2] != "":
			values.Add(p["name"], html.UnescapeString(m[3]))
		case p["type"] == "checkbox" || p["type"] == "radio":
			if strings.HasSuffix(strings.TrimSpace(m[1]), "checked") || strings.Contains(m[1], " checked ") {
				values.Add(p["name"], p["value"])
			}
		default:
			values.Add(p["name"], p["value"])
		}
	}
	return values
}

func properties(tag string) map[string]string {
	found := map[string]string{}
	for _, m := range property.FindAllStringSubmatch(tag, -1) {
		if _, some := found[m[1]]; !some {
			found[m[1]] = html.UnescapeString(m[2])
		}
	}
	return found
}

// chosen returns the value of a select that a browser would send.
func chosen(options string) string {
	all := option.FindAllStringSubmatch(options, -1)
	for _, m := range all {
		if strings.Contains(m[2], "selected") {
			return html.UnescapeString(m[1])
		}
	}
	if len(all) == 0 {
		return ""
	}
	return html.UnescapeString(all[0][1])
}

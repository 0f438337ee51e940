package returns

import (
	"regexp"
	"strings"

	"datalek/incidents"
)

// textForm is a bounce in plain words that one program writes always alike.
type textForm struct {
	says    string // its fixed sentence
	failed  string // the sentence that makes it final
	delayed string // the sentence that says that it still tries
}

// textForms are the programs whose words are known.
func textForms() []textForm {
	return []textForm{
		{says: "this is the qmail-send program", failed: "this is a permanent error"},
		{says: "this message was created automatically by mail delivery software", failed: "this is a permanent error",
			delayed: "has not yet been delivered to one or more of its recipients"},
		{says: "delivery to the following recipient", failed: "failed permanently", delayed: "has been delayed"},
	}
}

// listed is a line that is one address: how these programs name recipients.
var listed = regexp.MustCompile(`^\s*<?([^\s<>:,;"]+@[^\s<>:,;"]+\.[^\s<>:,;"]+)>?:?\s*$`)

// textReports reads a bounce in plain words, nil when it is none of those known.
func (f *found) textReports(notice string) []incidents.RecipientReport {
	words := strings.ToLower(strings.Join(strings.Fields(notice), " "))
	for _, form := range textForms() {
		if !strings.Contains(words, form.says) {
			continue
		}
		switch {
		case strings.Contains(words, form.failed):
			return f.failed(notice)
		case form.delayed != "" && strings.Contains(words, form.delayed):
			return f.delayed(notice)
		}
	}
	return nil
}

// paragraph is a recipient with the lines that follow his address.
type paragraph struct{ address, text string }

func (f *found) failed(notice string) []incidents.RecipientReport {
	var reports []incidents.RecipientReport
	list := f.paragraphs(notice)
	for _, p := range list {
		if len(list) == 1 && statusIn(p.text) == "" && codeIn(p.text) == 0 {
			p.text = serverWords(notice, p.text)
		}
		r := incidents.RecipientReport{Final: true, Recipients: []string{p.address}, Text: clean(p.text), Status: statusIn(p.text), Code: codeIn(p.text)}
		r.Kind = failure(r.Status, r.Code)
		reports = append(reports, r)
	}
	return reports
}

// serverWords takes the lines in which the other server's answer stands, when it
// does not follow the address.
func serverWords(notice, otherwise string) string {
	for _, mark := range []string{"The error that the other server returned was:", "The response from the remote server was:"} {
		if _, after, some := strings.Cut(notice, mark); some {
			return after
		}
	}
	return otherwise
}

func (f *found) delayed(notice string) []incidents.RecipientReport {
	var reports []incidents.RecipientReport
	for _, p := range f.paragraphs(notice) {
		reports = append(reports, incidents.RecipientReport{Kind: incidents.DelayedReturn, Recipients: []string{p.address}, Text: clean(p.text)})
	}
	return reports
}

// paragraphs returns the recipients that a notice lists, or, when it lists none,
// those of the field that Exim and Gmail add.
func (f *found) paragraphs(notice string) []paragraph {
	var list []paragraph
	for line := range strings.SplitSeq(notice, "\n") {
		if m := listed.FindStringSubmatch(line); m != nil && len(list) < mostGroups {
			list = append(list, paragraph{address: m[1]})
			continue
		}
		if n := len(list); n > 0 {
			list[n-1].text += line + "\n"
		}
	}
	if len(list) > 0 {
		return list
	}
	for _, v := range f.header.Values("X-Failed-Recipients") {
		for address := range strings.SplitSeq(v, ",") {
			if address = addressOf(address); address != "" && len(list) < mostGroups {
				list = append(list, paragraph{address: address})
			}
		}
	}
	return list
}

package returns

import (
	"bufio"
	"bytes"
	"net/textproto"
	"strings"

	"datalek/incidents"
)

const mostGroups = 100

// groupsOf reads groups of fields that empty lines separate (RFC 3464 section
// 2.1). A line that is no field ends its group.
func groupsOf(text string) []fields {
	var groups []fields
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		part = strings.Trim(part, "\n")
		if part == "" || len(groups) >= mostGroups {
			continue
		}
		header, _ := textproto.NewReader(bufio.NewReader(strings.NewReader(part + "\n\n"))).ReadMIMEHeader()
		if len(header) > 0 {
			groups = append(groups, fields(header))
		}
	}
	return groups
}

// reports returns what the message says of each recipient, nil when it is no
// delivery report in any form we know.
func (f *found) reports(raw []byte, notice string) []incidents.RecipientReport {
	groups := f.groups
	if len(groups) == 0 && f.reportType() == "delivery-status" {
		groups = bare(raw)
		f.idsIn(idLines(strings.ReplaceAll(string(raw), "\r\n", "\n"))...)
	}
	var reports []incidents.RecipientReport
	for _, g := range groups {
		if r, some := reportOf(g); some {
			reports = append(reports, r)
		}
	}
	if len(reports) > 0 {
		return reports
	}
	return f.textReports(notice)
}

func (f *found) reportType() string {
	kind, params, err := f.header.ContentType()
	if err != nil || !strings.EqualFold(kind, "multipart/report") {
		return ""
	}
	return strings.ToLower(params["report-type"])
}

// bare finds the groups of a report whose parts were lost on the way, in its
// plain body. Only whole ones count.
func bare(raw []byte) []fields {
	_, body, _ := bytes.Cut(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	var groups []fields
	for _, g := range groupsOf(string(body[:min(len(body), mostText)])) {
		if g.get("Final-Recipient") != "" && g.get("Action") != "" && g.get("Status") != "" {
			groups = append(groups, g)
		}
	}
	return groups
}

// reportOf reads the group of one recipient (RFC 3464 section 2.3), false for
// another group, such as the one about the message.
func reportOf(g fields) (incidents.RecipientReport, bool) {
	r := incidents.RecipientReport{Text: clean(withoutType(g.get("Diagnostic-Code")))}
	for _, name := range []string{"Final-Recipient", "Original-Recipient"} {
		if address := addressOf(g.get(name)); address != "" {
			r.Recipients = append(r.Recipients, address)
		}
	}
	if len(r.Recipients) == 0 {
		return r, false
	}
	r.Code = codeIn(r.Text)
	r.Status = preciser(statusIn(g.get("Status")), statusIn(r.Text))
	switch strings.ToLower(g.get("Action")) {
	case "failed":
		r.Kind, r.Final = failure(r.Status, r.Code), true
	case "delayed":
		r.Kind = incidents.DelayedReturn
	case "delivered", "relayed", "expanded":
		r.Kind, r.Final = incidents.DeliveredReturn, true
	default:
		r.Kind = incidents.UnknownReturn
	}
	return r, true
}

// addressOf reads "rfc822; <an@example.nl>".
func addressOf(field string) string {
	address := strings.Trim(withoutType(field), " \t<>")
	if at := strings.IndexByte(address, '@'); at < 1 || strings.ContainsAny(address, " \t\"(),;") {
		return ""
	}
	return address
}

// withoutType drops the "smtp;" or "rfc822;" before a value.
func withoutType(field string) string {
	kind, value, found := strings.Cut(field, ";")
	if !found || strings.ContainsAny(kind, " @<") && !strings.HasPrefix(strings.TrimSpace(kind), "x-") {
		return field
	}
	return strings.TrimSpace(value)
}

// complaint is what a report of unwanted mail says of whom it was sent to, nil
// when that is left out (RFC 5965 section 3.2).
func (f *found) complaint() []incidents.RecipientReport {
	address := addressOf(f.feedback.get("Original-Rcpt-To"))
	if address == "" {
		return nil
	}
	return []incidents.RecipientReport{{Kind: incidents.ComplaintReturn, Final: true, Recipients: []string{address}, Text: clean(f.feedback.get("Feedback-Type"))}}
}

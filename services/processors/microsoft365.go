package processors

import (
	"encoding/json"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/advisory"
)

// isPost reports whether it is a post of the Microsoft 365 message centre
// (Graph's serviceUpdateMessage).
func isPost(fields map[string]json.RawMessage) bool {
	if strings.HasSuffix(text(fields["@odata.type"]), "serviceUpdateMessage") {
		return true
	}
	return digitsAfter(text(fields["id"]), "MC") && !absent(fields["lastModifiedDateTime"]) && (!absent(fields["body"]) || !absent(fields["tags"]))
}

// isIssue reports whether it is an outage of Microsoft 365 (Graph's serviceHealthIssue).
func isIssue(fields map[string]json.RawMessage) bool {
	return strings.HasSuffix(text(fields["@odata.type"]), "serviceHealthIssue") ||
		!absent(fields["impactDescription"]) && !absent(fields["classification"]) && !absent(fields["lastModifiedDateTime"])
}

func digitsAfter(s, prefix string) bool {
	rest, found := strings.CutPrefix(strings.ToUpper(s), prefix)
	return found && isNumber(rest)
}

type post struct {
	ID       word  `json:"id"`
	Started  word  `json:"startDateTime"`
	Modified word  `json:"lastModifiedDateTime"`
	Title    word  `json:"title"`
	Tags     lines `json:"tags"`
	ActBy    word  `json:"actionRequiredByDateTime"`
	Services lines `json:"services"`
	Body     part[struct {
		Type    word `json:"contentType"`
		Content word `json:"content"`
	}] `json:"body"`
	Details []part[struct {
		Name  word `json:"name"`
		Value word `json:"value"`
	}] `json:"-"`
}

// fromPost reads a post. Only one that Microsoft marked as data privacy is a
// report. Such a post is edited in place, so its last change is part of what it is.
func (m message) fromPost(fields map[string]json.RawMessage) advisory.Advisory {
	var p post
	_ = json.Unmarshal(m.raw, &p) // all its fields read anything
	_ = json.Unmarshal(fields["details"], &p.Details)
	a := advisory.Advisory{Kind: incidents.MessageBeside, Why: advisory.WhyNoPrivacy, Format: advisory.Microsoft365, Reporter: "Microsoft 365",
		Reference: p.ID.key(), Title: p.Title.line(advisory.MaxTitle), Services: p.Services, Unintelligible: incidents.UnintelligibleUnknown}
	for _, tag := range p.Tags {
		if strings.EqualFold(strings.ReplaceAll(tag, " ", ""), "dataprivacy") {
			a.Kind, a.Why = incidents.MessageReport, ""
		}
	}
	body := p.Body.value
	if a.Text = advisory.Clean(string(body.Content), advisory.MaxText); !body.Type.is("text") {
		a.Text = plain(&a, string(body.Content))
	}
	if a.Summary() == "" {
		a.Title = advisory.OneLine("Microsoft 365 "+a.Reference, advisory.MaxTitle)
	}
	m.claim(&a, "startDateTime", p.Started)
	a.SaidAt = m.claim(&a, "lastModifiedDateTime", p.Modified)
	a.Message = version(a.Reference, a.SaidAt, "")
	for _, d := range p.Details {
		link(&a, string(d.value.Value))
	}
	return a
}

// fromIssue reads an outage: of its own it is no breach.
func (m message) fromIssue(map[string]json.RawMessage) advisory.Advisory {
	var p struct {
		ID       word `json:"id"`
		Title    word `json:"title"`
		Impact   word `json:"impactDescription"`
		Service  word `json:"service"`
		Modified word `json:"lastModifiedDateTime"`
		Status   word `json:"status"`
	}
	_ = json.Unmarshal(m.raw, &p)
	a := advisory.Advisory{Kind: incidents.MessageBeside, Why: advisory.WhyOutage, Format: advisory.Microsoft365, Reporter: "Microsoft 365",
		Reference: p.ID.key(), Title: p.Title.line(advisory.MaxTitle), StageSaid: p.Status.line(advisory.MaxName),
		Services: addName(nil, string(p.Service)), Unintelligible: incidents.UnintelligibleUnknown}
	a.Text = plain(&a, string(p.Impact))
	a.SaidAt = m.claim(&a, "lastModifiedDateTime", p.Modified)
	a.Message = version(a.Reference, a.SaidAt, "")
	return a
}

// version names one state of something that its sender changes in place; "" when
// neither a time nor a tag tells the states apart.
func version(reference string, at *time.Time, tag string) string {
	if at != nil {
		tag = at.Format(time.RFC3339Nano)
	}
	if reference == "" || tag == "" {
		return ""
	}
	return reference + "@" + tag
}

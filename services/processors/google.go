package processors

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
)

// isPush reports whether it is a message that Google Pub/Sub pushes.
func isPush(fields map[string]json.RawMessage) bool {
	var inner struct {
		Data       json.RawMessage `json:"data"`
		Attributes json.RawMessage `json:"attributes"`
		ID         json.RawMessage `json:"messageId"`
		ID2        json.RawMessage `json:"message_id"`
	}
	return json.Unmarshal(fields["message"], &inner) == nil && (!absent(fields["subscription"]) || !absent(inner.ID) || !absent(inner.ID2)) &&
		(!absent(inner.Data) || !absent(inner.Attributes))
}

// fromPush reads what a Pub/Sub push holds: base64 of the message itself.
func (m message) fromPush(fields map[string]json.RawMessage) advisory.Advisory {
	var push part[struct {
		Data       word                  `json:"data"`
		Published  word                  `json:"publishTime"`
		Attributes part[map[string]word] `json:"attributes"`
	}]
	_ = json.Unmarshal(fields["message"], &push)
	data, ok := fromBase64(string(push.value.Data))
	if !ok || m.wraps >= mostWraps {
		return m.unknown(fault.New(fault.Invalid, "error.payload_push", "the Pub/Sub message holds no data that can be read"))
	}
	a := m.inside(data, "")
	a.Wrapped = append([]string{"pubsub"}, a.Wrapped...)
	m.claim(&a, "publishTime", push.value.Published)
	if a.Format == advisory.GoogleWorkspace && a.Stage == "" {
		a.StageSaid = push.value.Attributes.value["alertcenter_resource_status"].line(advisory.MaxName)
		a.Stage = googleStage(a.StageSaid)
	}
	return a
}

func googleStage(status string) advisory.Stage {
	switch strings.ToUpper(status) {
	case "CREATED":
		return advisory.StageInitial
	case "UPDATED":
		return advisory.StageUpdate
	default:
		return ""
	}
}

// fromBase64 decodes any of the four alphabets that senders use.
func fromBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(strings.TrimSpace(s), "=")
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if data, err := alphabet.DecodeString(s); err == nil && len(data) > 0 {
			return data, true
		}
	}
	return nil, false
}

// isGoogle reports whether it is an alert of Google Workspace's alert centre.
func isGoogle(fields map[string]json.RawMessage) bool {
	return !absent(fields["alertId"]) && !absent(fields["type"]) && (!absent(fields["customerId"]) || !absent(fields["source"]))
}

type googleAlert struct {
	Customer word `json:"customerId"`
	ID       word `json:"alertId"`
	Created  word `json:"createTime"`
	Start    word `json:"startTime"`
	End      word `json:"endTime"`
	Updated  word `json:"updateTime"`
	Type     word `json:"type"`
	Source   word `json:"source"`
	ETag     word `json:"etag"`
	Data     part[struct {
		Title       word  `json:"title"`
		Description word  `json:"description"`
		Affected    lines `json:"affectedUserEmails"`
		Email       word  `json:"email"`
		Domain      word  `json:"domain"`
	}] `json:"data"`
}

// breachLike are the types and sources of alerts that tell of a breach: what
// Google itself did wrong, a password that leaked, all data taken out.
func (g googleAlert) breachLike() bool {
	for _, name := range []string{"Google Operations", "Leaked password", "Customer takeout initiated"} {
		if g.Type.is(name) || g.Source.is(name) {
			return true
		}
	}
	return false
}

func (m message) fromGoogle(map[string]json.RawMessage) advisory.Advisory {
	var g googleAlert
	_ = json.Unmarshal(m.raw, &g)
	data := g.Data.value
	a := advisory.Advisory{Kind: incidents.MessageBeside, Why: advisory.WhyOtherAlert, Format: advisory.GoogleWorkspace, Reporter: "Google Workspace",
		Reference: g.ID.key(), Unintelligible: incidents.UnintelligibleUnknown}
	if g.breachLike() {
		a.Kind, a.Why = incidents.MessageReport, ""
	}
	a.Title = firstOf(data.Title, g.Type, g.Source).line(advisory.MaxTitle)
	a.Text = plain(&a, string(data.Description))
	if a.Summary() == "" {
		a.Title = advisory.OneLine("Google Workspace "+a.Reference, advisory.MaxTitle)
	}
	m.claim(&a, "createTime", g.Created)
	a.SaidAt = m.claim(&a, "updateTime", firstOf(g.Updated, g.Created))
	m.window(&a, g.Start, g.End)
	a.People = addName(append([]string(nil), data.Affected...), string(data.Email))
	a.Customers = addName(addName(nil, string(g.Customer)), string(data.Domain))
	a.Message = version(a.Reference, a.SaidAt, g.ETag.line(advisory.MaxName))
	return a
}

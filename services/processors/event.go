package processors

import (
	"encoding/json"
	"strings"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
)

// isEvent reports whether it is a CloudEvents 1.0 event in structured JSON: its
// four required attributes are there.
func isEvent(fields map[string]json.RawMessage) bool {
	return strings.HasPrefix(text(fields["specversion"]), "1.") && text(fields["id"]) != "" && text(fields["source"]) != "" && text(fields["type"]) != ""
}

// event is what an envelope of CloudEvents says of what it holds.
type event struct {
	id, source, kind, at string
}

// fromEvent reads what an event holds: JSON, text with JSON in it, or base64.
func (m message) fromEvent(fields map[string]json.RawMessage) advisory.Advisory {
	e := event{id: text(fields["id"]), source: text(fields["source"]), kind: text(fields["type"]), at: text(fields["time"])}
	data := []byte(fields["data"])
	if inner := text(fields["data"]); inner != "" {
		data = []byte(inner)
	}
	if bytes, ok := fromBase64(text(fields["data_base64"])); ok {
		data = bytes
	}
	if m.wraps >= mostWraps || absent(data) && e.kind != OwnTestType {
		return m.unknown(fault.New(fault.Invalid, "error.payload_event", "the CloudEvents envelope holds no data that can be read"))
	}
	return m.within(e, data, mediaOf(text(fields["datacontenttype"])))
}

// fromBinaryEvent reads a message whose headers are the envelope (CloudEvents in
// binary mode), and any other as it is.
func (m message) fromBinaryEvent(headers map[string]string) advisory.Advisory {
	e := event{id: headers["ce-id"], source: headers["ce-source"], kind: headers["ce-type"], at: headers["ce-time"]}
	if !strings.HasPrefix(headers["ce-specversion"], "1.") || e.id == "" || e.source == "" || e.kind == "" {
		return m.read()
	}
	return m.within(e, m.raw, m.media)
}

// within reads data that an event holds. One of our own type may hold our data
// alone: then the event is the rest.
func (m message) within(e event, data []byte, media string) advisory.Advisory {
	a := m.inside(e.whole(data), media)
	a.Wrapped = append([]string{"cloudevents"}, a.Wrapped...)
	if a.Message == "" && a.Kind != incidents.MessageUnknown {
		a.Message = word(e.source + " " + e.id).key()
	}
	m.claim(&a, "time", word(e.at))
	return a
}

func (e event) whole(data []byte) []byte {
	if e.kind != OwnType && e.kind != OwnTestType || deeper(data, mostDepth) {
		return data
	}
	var fields map[string]json.RawMessage
	if len(data) > 0 && (json.Unmarshal(data, &fields) != nil || !absent(fields["data"])) {
		return data
	}
	whole, err := json.Marshal(map[string]any{"type": e.kind, "timestamp": e.at, "data": fields})
	if err != nil {
		return data
	}
	return whole
}

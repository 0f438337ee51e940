// Package processors reads what suppliers really send about breaches: our own
// contract, Azure Service Health in both of its schemas, posts of the Microsoft
// 365 message centre, alerts of Google Workspace, and each of these within
// Pub/Sub or CloudEvents. Whatever else comes is kept as text before a person.
//
// Senders differ from their own documents, so a field of a form nobody expected
// counts as unknown and never costs the report.
package processors

import (
	"bytes"
	"encoding/json"
	"mime"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
)

const (
	mostBytes = 1 << 20 // of one message; the door takes half of it
	mostDepth = 64      // of JSON; the forms that are known need a dozen
	mostWraps = 4       // envelopes in envelopes
)

// Reader reads messages. The zero value is ready to use.
type Reader struct{}

// message is one message, or what an envelope holds.
type message struct {
	raw      []byte
	media    string // of Content-Type, in small letters, without parameters
	received time.Time
	wraps    int
}

// Read makes out what a message says that came at the given instant. It never
// fails: what it cannot read is unknown, with its text for a person. A report
// always has a reference.
func (Reader) Read(raw []byte, headers map[string]string, received time.Time) advisory.Advisory {
	m := message{raw: bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), media: mediaOf(headers["content-type"]), received: received}
	if reference := headers[advisory.AnswerHeader]; reference != "" && m.media == "application/x-www-form-urlencoded" {
		return m.fromAnswer(reference)
	}
	a := m.fromBinaryEvent(headers)
	if a.Kind == incidents.MessageReport && a.Reference == "" {
		a = m.unknown(fault.New(fault.Invalid, "error.payload_reference", "the message names no case"))
	}
	return a
}

func mediaOf(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
	}
	return strings.ToLower(strings.TrimSpace(media))
}

// read finds the form of a message: by what is in it, since senders' content
// types cannot be relied on.
func (m message) read() advisory.Advisory {
	switch {
	case len(m.raw) > mostBytes:
		return m.unknown(fault.New(fault.Invalid, "error.payload_large", "the message is too large to be read"))
	case deeper(m.raw, mostDepth):
		return m.unknown(fault.New(fault.Invalid, "error.payload_deep", "the message is nested too deeply to be read"))
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(m.raw, &fields); err != nil || fields == nil {
		return m.notObject()
	}
	for _, form := range []struct {
		known func(map[string]json.RawMessage) bool
		read  func(map[string]json.RawMessage) advisory.Advisory
	}{
		{isEvent, m.fromEvent}, {isPush, m.fromPush}, {isAzureActivity, m.fromAzureActivity}, {isAzureCommon, m.fromAzureCommon},
		{isPost, m.fromPost}, {isIssue, m.fromIssue}, {isGoogle, m.fromGoogle},
	} {
		if form.known(fields) {
			return form.read(fields)
		}
	}
	return m.fromOwn()
}

// notObject is a body that is no JSON object: one such in a list, a web form's, or
// text.
func (m message) notObject() advisory.Advisory {
	var batch []json.RawMessage
	if json.Unmarshal(m.raw, &batch) == nil && len(batch) == 1 && m.wraps < mostWraps {
		return m.inside(batch[0], "application/json")
	}
	a := m.unknown(fault.New(fault.Invalid, "error.payload_json", "the message is not JSON of the agreed form"))
	if m.media == "application/x-www-form-urlencoded" {
		a.Format = advisory.FormBody
	}
	return a
}

// inside reads what an envelope holds.
func (m message) inside(raw []byte, media string) advisory.Advisory {
	return message{raw: raw, media: media, received: m.received, wraps: m.wraps + 1}.read()
}

// unknown is a message that a person must read.
func (m message) unknown(why error) advisory.Advisory {
	return advisory.Advisory{Kind: incidents.MessageUnknown, Fault: why, Text: excerpt(m.raw, m.media), Unintelligible: incidents.UnintelligibleUnknown}
}

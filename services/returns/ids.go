package returns

import (
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"datalek/incidents"
)

var (
	idPattern = regexp.MustCompile(`<([^<>\s]{1,250}@[^<>\s]{1,250})>`)
	// idLine is a Message-ID field in a header that was copied into a text; it may
	// be folded after the name.
	idLine = regexp.MustCompile(`(?im)^[ \t>]*(?:x-)?(?:original-)?message-id:[ \t]*(?:\n[ \t]+)?(<[^<>\s]{1,500}>)`)
	// copyBegins is where the copy of the returned message begins in a text.
	copyBegins = regexp.MustCompile(`(?im)^-{2,} *(?:below this line is a copy|this is a copy of|the header of the original|original message|included is a copy)|^original message headers:`)
	// tokenPattern is what may be a token of ours in an address.
	tokenPattern = regexp.MustCompile(`(?i)\+([0-9a-f]{24}-[a-z2-7]{16})@`)
)

// addressed are the fields that say whom a message was sent to.
var addressed = [...]string{"To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "X-Rcpt-To", "Received"}

func idLines(text string) []string {
	var ids []string
	for _, m := range idLine.FindAllStringSubmatch(text, mostIDs) {
		ids = append(ids, m[1])
	}
	return ids
}

// idsIn notes the ids in texts, each once.
func (f *found) idsIn(texts ...string) {
	for _, text := range texts {
		for _, m := range idPattern.FindAllStringSubmatch(text, mostIDs) {
			if len(f.ids) < mostIDs && !slices.Contains(f.ids, m[1]) {
				f.ids = append(f.ids, m[1])
			}
		}
	}
}

// idsOfHeader notes what the message itself says it answers to.
func (f *found) idsOfHeader() {
	for _, name := range []string{"In-Reply-To", "References", "X-Original-Message-Id", "Original-Message-Id"} {
		f.idsIn(f.header.Values(name)...)
	}
	for _, g := range append(f.groups, f.feedback) {
		f.idsIn(g.get("Original-Message-Id"), g.get("X-Original-Message-Id"), g.get("Original-Envelope-Id"))
	}
}

// tokens returns what may be tokens of ours in the addresses it was sent to.
func (f *found) tokens() []string {
	return tokensIn(f.header.Values)
}

func tokensIn(values func(string) []string) []string {
	var tokens []string
	for _, name := range addressed {
		for _, v := range values(name) {
			for _, m := range tokenPattern.FindAllStringSubmatch(v, mostIDs) {
				token := strings.ToLower(m[1])
				if incidents.DeliveryOfToken(token) != "" && len(tokens) < mostIDs && !slices.Contains(tokens, token) {
					tokens = append(tokens, token)
				}
			}
		}
	}
	return tokens
}

// fields is one group of fields of a report.
type fields textproto.MIMEHeader

func (g fields) get(name string) string {
	return strings.TrimSpace(textproto.MIMEHeader(g).Get(name))
}

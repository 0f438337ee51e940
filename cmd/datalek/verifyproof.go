package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// prove tells of the tree, and proves what was asked.
func (v *verifyCmd) prove(t *terminal, practice tenant.ID, audit *register.Audit, heads []register.SignedHead, given []register.TreeHead) error {
	size := audit.Size()
	if size == 0 {
		return v.nothing(practice)
	}
	root, err := audit.Branches().Root(size)
	if err != nil {
		return err
	}
	t.printf("  tree over %d entries: %s\n", size, root)
	if len(heads) > 0 {
		last := heads[len(heads)-1]
		t.printf("  %d published heads agree; the newest, of %s, covers %d entries\n", len(heads), last.At.UTC().Format(time.DateOnly), last.Size)
	}
	if v.Entry != 0 {
		if err := v.proveEntry(t, audit, root); err != nil {
			return fmt.Errorf("practice %s: %w", practice, err)
		}
	}
	for _, head := range given {
		if err := v.proveGrowth(t, practice, audit, root, head); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifyCmd) nothing(practice tenant.ID) error {
	if v.Entry != 0 {
		return fmt.Errorf("practice %s: the register is empty", practice)
	}
	return nil
}

func (v *verifyCmd) proveEntry(t *terminal, audit *register.Audit, root register.Hash) error {
	size := audit.Size()
	proof, err := audit.Branches().ProveEntry(size, v.Entry)
	if err != nil {
		return err
	}
	leaf, _ := audit.Leaf(v.Entry)
	if !register.ProvesEntry(proof, size, root, v.Entry, leaf) {
		return fmt.Errorf("entry %d is not proven", v.Entry)
	}
	t.printf("  entry %d stands in it: leaf %s, proven by %d hashes\n", v.Entry, leaf, len(proof))
	printHashes(t, proof)
	return nil
}

func (v *verifyCmd) proveGrowth(t *terminal, practice tenant.ID, audit *register.Audit, root register.Hash, head register.TreeHead) error {
	if head.Size == 0 {
		t.printf("  the head of %s was of an empty register\n", head.At.UTC().Format(time.RFC3339))
		return nil
	}
	proof, err := audit.Branches().ProveGrowth(audit.Size(), head.Size)
	if err != nil || !register.ProvesGrowth(proof, audit.Size(), root, head.Size, head.Root) {
		return fmt.Errorf("practice %s: that the register grew from the head of %s is not proven", practice, head.At.UTC().Format(time.RFC3339))
	}
	t.printf("  it grew from the %d entries of the head of %s, proven by %d hashes\n", head.Size, head.At.UTC().Format(time.RFC3339), len(proof))
	printHashes(t, proof)
	return nil
}

func printHashes(t *terminal, hashes []register.Hash) {
	for _, h := range hashes {
		t.printf("    %s\n", h)
	}
}

// mailText returns the text of a stored mail, or what was given when it is none.
func mailText(raw []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return string(raw)
	}
	text, err := partText(textproto.MIMEHeader(m.Header), m.Body, 0)
	if err != nil || !strings.Contains(text, "—") {
		return string(raw)
	}
	return text
}

var errNoText = errors.New("no text in it")

// partText finds the plain text in a part of a mail.
func partText(header textproto.MIMEHeader, body io.Reader, depth int) (string, error) {
	const deepest, longest = 5, 1 << 20
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && depth < deepest {
		return firstText(multipart.NewReader(body, params["boundary"]), depth)
	}
	if kind != "text/plain" {
		return "", errNoText
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(io.LimitReader(body, longest))
	return string(text), err
}

func firstText(parts *multipart.Reader, depth int) (string, error) {
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return "", errNoText
		}
		if text, err := partText(part.Header, part, depth+1); err == nil {
			return text, nil
		}
	}
}

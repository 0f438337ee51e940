package register

import (
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"datalek/incidents/tenant"
)

// SignText returns a text, which ends with a line end, with the host's signature
// below it (golang.org/x/mod/sumdb/note). It must not be readable as a tree head:
// the texts of those begin with the name of the key.
func (s *HeadSigner) SignText(text string) (string, error) {
	signed, err := note.Sign(&note.Note{Text: text}, s.signer)
	if err != nil {
		return "", fmt.Errorf("sign a text: %w", err)
	}
	return string(signed), nil
}

// OpenText checks the signature of what SignText returned, and returns the text.
func (v *HeadVerifier) OpenText(signed string) (string, error) {
	opened, err := note.Open([]byte(signed), note.VerifierList(v.verifier))
	if err != nil || signed != oneSignature(opened) {
		return "", errors.New("its signature does not hold: its text was changed, or another key signed it")
	}
	return opened.Text, nil
}

// oneSignature is a text with the one signature that stands below it, written in the
// one way in which it is written: whatever else somebody adds is not read over.
func oneSignature(opened *note.Note) string {
	if len(opened.Sigs) != 1 {
		return ""
	}
	sig := opened.Sigs[0]
	raw, err := base64.StdEncoding.DecodeString(sig.Base64)
	if err != nil {
		return ""
	}
	return opened.Text + "\n— " + sig.Name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}

// FileEntryOf returns an entry as a file has it.
func FileEntryOf(e Entry) FileEntry { return fileEntry(e) }

// Entry returns what a file's entry is of a practice.
func (f FileEntry) Entry(practice tenant.ID) Entry { return f.entry(practice) }

// Whole reports whether an entry is as it was written, as far as it can tell by
// itself: its hash is over what it says, and its words are those of their hash, or
// were erased.
func (e Entry) Whole() bool { return e.Hash == e.sum() && e.wordsHold() }

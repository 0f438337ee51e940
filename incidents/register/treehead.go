package register

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"datalek/incidents/tenant"
)

// TreeHead says what a practice's register was at one moment: so many entries,
// under this hash. Whoever holds one can later see whether any of them was
// changed, taken out or put elsewhere, and whether the newest were cut off.
type TreeHead struct {
	Practice tenant.ID
	Size     int64
	Root     Hash
	At       time.Time // UTC; when it was signed
}

// SignedHead is a published tree head, kept for good.
type SignedHead struct {
	Number int64 // 1, 2, 3 … without a gap
	TreeHead
	Note string // the signed text, as it went out
	// SentAt is when it had gone out everywhere, zero until then.
	SentAt time.Time
}

// headKeyName begins the names of the keys that sign tree heads.
const headKeyName = "datalek-"

// NewHeadKey makes a host's key for tree heads (Ed25519): the secret that signs,
// and the text by which anybody checks. The name sets the host apart from others.
func NewHeadKey(random io.Reader) (secret, verifier string, err error) {
	var name [4]byte
	if _, err := io.ReadFull(random, name[:]); err != nil {
		return "", "", fmt.Errorf("name a key: %w", err)
	}
	secret, verifier, err = note.GenerateKey(random, fmt.Sprintf("%s%x", headKeyName, name))
	if err != nil {
		return "", "", fmt.Errorf("make a key: %w", err)
	}
	return secret, verifier, nil
}

// HeadSigner signs tree heads with a host's key.
type HeadSigner struct{ signer note.Signer }

// NewHeadSigner reads the secret that NewHeadKey made.
func NewHeadSigner(secret string) (*HeadSigner, error) {
	signer, err := note.NewSigner(strings.TrimSpace(secret))
	if err != nil {
		return nil, errors.New("this is no key that signs tree heads")
	}
	return &HeadSigner{signer}, nil
}

// Sign returns the head as a signed text: five lines, an empty one, and the
// signature (golang.org/x/mod/sumdb/note; the lines as c2sp.org/tlog-checkpoint
// has them: whose log, how many, the hash; then when).
func (s *HeadSigner) Sign(h TreeHead) (string, error) {
	text := fmt.Sprintf("%s/%s\n%d\n%s\n%s\n", s.signer.Name(), h.Practice, h.Size, base64.StdEncoding.EncodeToString(h.Root[:]), h.At.UTC().Format(time.RFC3339))
	signed, err := note.Sign(&note.Note{Text: text}, s.signer)
	if err != nil {
		return "", fmt.Errorf("sign a tree head: %w", err)
	}
	return string(signed), nil
}

// HeadVerifier checks what a host's key signed.
type HeadVerifier struct{ verifier note.Verifier }

// NewHeadVerifier reads the text by which a host's signatures are checked.
func NewHeadVerifier(key string) (*HeadVerifier, error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		return nil, errors.New("this is no key that checks tree heads; it looks like datalek-1a2b3c4d+5e6f7a8b+AbCd…")
	}
	return &HeadVerifier{verifier}, nil
}

// Open checks the signature of a head and reads it. The signed text may stand
// inside another, such as the mail that brought it, also as a quotation.
func (v *HeadVerifier) Open(text string) (TreeHead, error) {
	found, ok := signedPart(text, v.verifier.Name())
	if !ok {
		return TreeHead{}, fmt.Errorf("no tree head signed by %s stands in this text", v.verifier.Name())
	}
	opened, err := note.Open([]byte(found), note.VerifierList(v.verifier))
	if err != nil {
		return TreeHead{}, errors.New("the signature of the tree head does not hold: its text was changed, or another key signed it")
	}
	return readHead(opened.Text, v.verifier.Name())
}

// signedPart finds a signed head among the words of a text. None of its lines has a
// space in it, so that a mail program may quote them, break them elsewhere or join them.
func signedPart(text, name string) (string, bool) {
	words := strings.Fields(strings.ReplaceAll(text, ">", " "))
	for i := 4; i+2 < len(words); i++ {
		if words[i] == "—" && words[i+1] == name && strings.HasPrefix(words[i-4], name+"/") {
			return strings.Join(words[i-4:i], "\n") + "\n\n— " + name + " " + words[i+2] + "\n", true
		}
	}
	return "", false
}

func readHead(text, name string) (TreeHead, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != 4 {
		return TreeHead{}, errors.New("the tree head has not the lines it should have")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	raw, rootErr := base64.StdEncoding.DecodeString(lines[2])
	at, atErr := time.Parse(time.RFC3339, lines[3])
	practice, named := strings.CutPrefix(lines[0], name+"/")
	if errors.Join(err, rootErr, atErr) != nil || len(raw) != len(Hash{}) || size < 0 || !named {
		return TreeHead{}, errors.New("the tree head cannot be read")
	}
	return TreeHead{Practice: tenant.ID(practice), Size: size, Root: Hash(raw), At: at.UTC()}, nil
}

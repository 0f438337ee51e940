package smtpmail

import (
	"bytes"
	"time"
)

// encryption encrypts plain with a public key and returns ASCII armor.
type encryption = func(key string, plain []byte, now time.Time) ([]byte, error)

// sealed wraps a body as PGP/MIME (RFC 3156 section 4): nobody but the reader can
// read the words. The head stays as it was; it is discreet. Without a way to
// encrypt, or with a key that cannot be used any more, no mail is made at all.
func (d *draft) sealed(plain *body, key string, encrypt encryption) (*body, error) {
	unusable := invalid("to.openpgp_key", "error.openpgp_unusable", "the mail could not be encrypted with this person's key; reach him in another way")
	if encrypt == nil {
		return nil, unusable
	}
	var entity bytes.Buffer
	writeField(&entity, "Content-Type", plain.contentType)
	if plain.encoding != "" {
		writeField(&entity, "Content-Transfer-Encoding", plain.encoding)
	}
	entity.WriteString("\r\n")
	entity.Write(plain.bytes)
	armored, err := encrypt(key, entity.Bytes(), d.at)
	if err != nil {
		return nil, unusable // its cause may quote the key
	}
	d.encrypted = true
	boundary := boundaryFor(d.messageID + "/encrypted")
	var out bytes.Buffer
	part := func(kind, content string) {
		out.WriteString("--" + boundary + "\r\nContent-Type: " + kind + "\r\n\r\n" + content + "\r\n")
	}
	part("application/pgp-encrypted", "Version: 1\r\n")
	part("application/octet-stream", crlf(armored))
	out.WriteString("--" + boundary + "--\r\n")
	return &body{contentType: `multipart/encrypted; protocol="application/pgp-encrypted"; boundary="` + boundary + `"`, bytes: out.Bytes()}, nil
}

// crlf returns text with the line ends of mail.
func crlf(text []byte) string {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return string(bytes.ReplaceAll(bytes.TrimRight(text, "\n"), []byte("\n"), []byte("\r\n"))) + "\r\n"
}

package casefile

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"datalek/incidents/register"
)

// Writer writes a case file part by part, holding none of them.
type Writer struct {
	zip     *zip.Writer
	at      time.Time
	members []Member
	known   map[string]bool
}

// NewWriter begins a case file that is made at the instant.
func NewWriter(out io.Writer, at time.Time) *Writer {
	return &Writer{zip: zip.NewWriter(out), at: at.UTC(), known: map[string]bool{ManifestPath: true}}
}

// counted measures what passes.
type counted struct {
	out  io.Writer
	sum  hash.Hash
	size int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.out.Write(p)
	c.sum.Write(p[:n])
	c.size += int64(n)
	return n, err
}

// Add writes one part. Its path is of small letters, digits and "_.-", in at most
// one folder, and stands once.
func (w *Writer) Add(path string, write func(io.Writer) error) error {
	if !pathOf.MatchString(path) || w.known[path] {
		return fmt.Errorf("write part %q of a case file: no such name, or it stands already", path)
	}
	w.known[path] = true
	out, err := w.zip.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Deflate, Modified: w.at})
	if err != nil {
		return fmt.Errorf("write part %s of a case file: %w", path, err)
	}
	c := &counted{out: out, sum: sha256.New()}
	if err := write(c); err != nil {
		return fmt.Errorf("write part %s of a case file: %w", path, err)
	}
	w.members = append(w.members, Member{Path: path, Size: c.size, Sum: hex.EncodeToString(c.sum.Sum(nil))})
	return nil
}

// Close adds the key and the signed manifest, and ends the file. What was not
// closed is no case file.
func (w *Writer) Close(m Manifest, key string, signer *register.HeadSigner) error {
	if signer == nil {
		return errors.New("sign a case file: there is no key")
	}
	if err := w.Add(KeyPath, func(out io.Writer) error { _, err := io.WriteString(out, key+"\n"); return err }); err != nil {
		return err
	}
	m.Files = w.members
	m.Made.At = w.at
	signed, err := signer.SignText(m.text())
	if err != nil {
		return err
	}
	out, err := w.zip.CreateHeader(&zip.FileHeader{Name: ManifestPath, Method: zip.Deflate, Modified: w.at})
	if err == nil {
		_, err = io.WriteString(out, signed)
	}
	if err = errors.Join(err, w.zip.Close()); err != nil {
		return fmt.Errorf("end a case file: %w", err)
	}
	return nil
}

// Package certificate gets what the web shows to prove its name: from two files
// that somebody else renews, or from an authority by ACME (RFC 8555).
package certificate

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
)

// Files serves the certificate that lies in two files, and the new one as soon as
// both are changed. It is safe for many handshakes at once. Make it with NewFiles.
type Files struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	tried  pair // the files when they were last read
	loaded *tls.Certificate
}

// pair is what two files looked like.
type pair struct{ cert, key os.FileInfo }

// NewFiles reads a certificate and its key, PEM both.
func NewFiles(cert, key string, log *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, log: log}
	seen, err := f.look()
	if err != nil {
		return nil, err
	}
	return f, f.read(seen)
}

// Config returns what a server needs.
func (f *Files) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: f.get}
}

// get looks at the files at each handshake: that costs next to nothing beside it.
// What cannot be read, or does not fit together yet, leaves the old certificate
// in use and is logged once for each state of the files.
func (f *Files) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen, err := f.look()
	if err != nil || seen.same(f.tried) {
		return f.loaded, nil
	}
	if err := f.read(seen); err != nil {
		f.log.Warn("the changed certificate cannot be used; the old one stays", "error", err)
	} else {
		f.log.Info("took a changed certificate", "ends", f.loaded.Leaf.NotAfter)
	}
	return f.loaded, nil
}

func (f *Files) look() (pair, error) {
	cert, err := os.Stat(f.cert)
	if err != nil {
		return pair{}, fmt.Errorf("certificate: %w", err)
	}
	key, err := os.Stat(f.key)
	if err != nil {
		return pair{}, fmt.Errorf("key of the certificate: %w", err)
	}
	return pair{cert, key}, nil
}

func (f *Files) read(seen pair) error {
	f.tried = seen
	loaded, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("certificate and key: %w", err)
	}
	f.loaded = &loaded
	return nil
}

func (p pair) same(q pair) bool { return unchanged(p.cert, q.cert) && unchanged(p.key, q.key) }

// unchanged reports whether a name still leads to the same file with the same
// content, as far as its time and size tell.
func unchanged(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestSignedHeadsGoToAFileAndToAnAddress(t *testing.T) {
	var posted atomic.Value
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body) // what is cut off is no head, and is seen below
		posted.Store(string(raw))
	}))
	t.Cleanup(elsewhere.Close)
	h := startAlarmHost(t)
	h.stop()
	file := filepath.Join(h.dir, "heads.txt")
	h.args = append(h.args, "--heads-file", file, "--heads-url-file", h.secretFile("heads-url", elsewhere.URL), "--outgoing-allow", "127.0.0.0/8")
	h.serve()
	fileCase(h.demo)
	h.moveClock(25 * time.Hour)
	await(t, "the head is published", func() error {
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if post, _ := posted.Load().(string); !strings.HasPrefix(string(raw), "datalek-") || post == "" || !strings.Contains(string(raw), post) {
			return errNot("file %q, posted %q", raw, post)
		}
		return nil
	})
	for _, tt := range []struct{ flag, value, want string }{
		{"--heads-url-file", h.secretFile("heads-ftp", "ftp://example.org/geheim"), "--heads-url-file: give an address"}, {"--heads-file", filepath.Join(h.dir, "missing", "x"), "--heads-file"},
	} {
		out, err := command(t, nil, "serve", "--data", filepath.Join(h.dir, "other"), "--addr", "127.0.0.1:0", "--smtp", "smtp://mail.example:587", tt.flag, tt.value)
		if err == nil || !strings.Contains(out, tt.want) {
			t.Errorf("%s %s: %v %s", tt.flag, tt.value, err, out)
		}
	}
}

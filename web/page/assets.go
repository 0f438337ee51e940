package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"
)

// assetSet serves the assets under addresses that hold their content's hash,
// so that browsers keep them for good.
type assetSet struct {
	byName map[string]asset
}

type asset struct {
	version string // the first 12 digits of the content's SHA-256
	kind    string // media type
	plain   []byte
	packed  []byte // gzip
}

func newAssets(files fs.FS) (*assetSet, error) {
	set := &assetSet{byName: map[string]asset{}}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("list assets: %w", err)
	}
	for _, entry := range entries {
		if entry.IsDir() || path.Ext(entry.Name()) == ".go" {
			continue
		}
		plain, err := fs.ReadFile(files, entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read asset %s: %w", entry.Name(), err)
		}
		sum := sha256.Sum256(plain)
		set.byName[entry.Name()] = asset{version: hex.EncodeToString(sum[:])[:12], kind: mediaType(entry.Name()), plain: plain, packed: pack(plain)}
	}
	return set, nil
}

func mediaType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	default:
		return mime.TypeByExtension(path.Ext(name))
	}
}

func pack(plain []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(plain) // into memory: cannot go wrong
	_ = w.Close()
	return out.Bytes()
}

func (s *assetSet) address(name string) string {
	return "/assets/" + s.byName[name].version + "/" + name
}

func (s *assetSet) serve(c echo.Context) error {
	file, known := s.byName[c.Param("name")]
	if !known || c.Param("version") != file.version {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	head := c.Response().Header()
	head.Set("Cache-Control", "public, max-age=31536000, immutable")
	head.Set("Vary", "Accept-Encoding")
	if strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		head.Set("Content-Encoding", "gzip")
		return c.Blob(http.StatusOK, file.kind, file.packed)
	}
	return c.Blob(http.StatusOK, file.kind, file.plain)
}

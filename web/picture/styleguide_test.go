package picture_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"datalek/web/parts"
	"datalek/web/picture"
)

const nonce = "c3R5bGVndWlkZQ"

// words makes the template functions that pages have, for one language.
func words(t *testing.T, lang string) template.FuncMap {
	t.Helper()
	bundle := i18n.NewBundle(language.Dutch)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, file := range []string{"parts.nl.json", "parts.en.json", "pauses.nl.json", "pauses.en.json"} {
		if _, err := bundle.LoadMessageFile(filepath.Join("..", "locales", file)); err != nil {
			t.Fatal(err)
		}
	}
	localizer := i18n.NewLocalizer(bundle, lang)
	return template.FuncMap{
		"lang":  func() string { return lang },
		"nonce": func() string { return nonce },
		"asset": func(name string) string { return "/assets/" + name },
		"t": func(key string, pairs ...any) (string, error) {
			config := &i18n.LocalizeConfig{MessageID: key, TemplateData: named(pairs)}
			config.PluralCount = named(pairs)["n"]
			return localizer.Localize(config)
		},
		"leads":   func(string) bool { return true },
		"once":    func() string { return "" }, // pages alone have forms to send
		"dict":    func(pairs ...any) map[string]any { return named(pairs) },
		"instant": func(at time.Time) string { return instant(at) },
		"moment":  func(at time.Time) string { return instant(at) },
	}
}

func named(pairs []any) map[string]any {
	values := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i].(string)] = pairs[i+1]
	}
	return values
}

func instant(at time.Time) string {
	days := []string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"}
	at = at.In(amsterdam)
	return fmt.Sprintf("%s %d maart %d om %d.%02d uur", days[at.Weekday()], at.Day(), at.Year(), at.Hour(), at.Minute())
}

// styleGuide answers each page of testdata, and the assets, under the policy
// that production sets.
func styleGuide(t *testing.T) *httptest.Server {
	t.Helper()
	frame, err := template.New("frame").Funcs(words(t, "nl")).ParseFiles("../templates/layout.html")
	if err != nil {
		t.Fatal(err)
	}
	if frame, err = frame.ParseGlob("../templates/parts/*.html"); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServer(http.Dir("../assets"))))
	mux.HandleFunc("POST /csp", func(_ http.ResponseWriter, r *http.Request) {
		report, err := io.ReadAll(r.Body)
		t.Errorf("content security policy: %s (%v)", report, err)
	})
	mux.HandleFunc("GET /{page}", func(w http.ResponseWriter, r *http.Request) {
		page, err := template.Must(frame.Clone()).ParseFiles(filepath.Join("testdata", r.PathValue("page")+".html"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		var body bytes.Buffer
		if err := page.ExecuteTemplate(&body, "layout", sample(r.PathValue("page"))); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			t.Errorf("page %s: %v", r.PathValue("page"), err)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if _, err := body.WriteTo(w); err != nil {
			t.Logf("page %s: %v", r.PathValue("page"), err)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// TestEveryLanguageHasTheSameKeys keeps a page from showing a bare key.
func TestEveryLanguageHasTheSameKeys(t *testing.T) {
	nl, en := catalogue(t, "nl"), catalogue(t, "en")
	for key := range nl {
		if _, ok := en[key]; !ok {
			t.Errorf("%s is missing in en", key)
		}
	}
	for key := range en {
		if _, ok := nl[key]; !ok {
			t.Errorf("%s is missing in nl", key)
		}
	}
}

func catalogue(t *testing.T, lang string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile("../locales/parts." + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var messages map[string]any
	if err := json.Unmarshal(raw, &messages); err != nil {
		t.Fatalf("parts.%s.json: %v", lang, err)
	}
	return messages
}

// TestPartsAskForNoForeignAsset keeps the style sheet, the scripts and the
// templates from naming another host.
func TestPartsAskForNoForeignAsset(t *testing.T) {
	foreign := []string{"//cdn", "url(", "@import", "style=\"", "src=\"http", "href=\"http"}
	for _, pattern := range []string{"../assets/datalek.css", "../assets/datalek.js", "../templates/*.html", "../templates/parts/*.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range foreign {
				if strings.Contains(strings.ReplaceAll(string(raw), "url(#", ""), word) {
					t.Errorf("%s contains %s", file, word)
				}
			}
		}
	}
}

// guide is one page of the style guide.
type guide struct {
	parts.Frame
	Faults             []parts.Fault
	Clocks, MoreClocks []map[string]any
	Home               map[string]any
	Kinds, Systems     []parts.Option
	Rows               []parts.Row
	Few, Many, None    picture.StackedBar
	Dots, DotBar       picture.Dots
	Columns            picture.Columns
	Rungs              []picture.Rung
	Kinds9             []string
	Lines              []picture.Clock
	Act, Cancel        parts.Link
	Warn               []string
	Numbers            []int
	// Of suppliers: accounts that rest, addresses (Href is the kind of their state) and
	// what they turned away.
	Pauses             []pause
	Addresses, Refused []parts.Row
}

// pause is as much of a resting account as its banner shows.
type pause struct{ Title, Text, Do, Said, Account, Notice string }

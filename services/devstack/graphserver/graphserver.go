// Package graphserver behaves like Microsoft's login and the message centre of
// Microsoft 365 in Graph, on a loopback port, for tests. It is apart from devstack so
// that no program carries it.
package graphserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The app that the server knows.
const (
	Tenant = "praktijk.example"
	Client = "6f1c2a3b-4d5e-4f60-8172-93a4b5c6d7e8"
	Secret = "w~7Q8.geheim_van_de_app-1" // #nosec G101 -- a made-up app's
)

// Post is one post, as JSON says it.
type Post map[string]any

// NewPost returns a post as the documents show one, with these tags.
func NewPost(id string, changed time.Time, title string, tags ...string) Post {
	return Post{"id": id, "startDateTime": changed.Format(time.RFC3339), "endDateTime": changed.AddDate(0, 3, 0).Format(time.RFC3339),
		"lastModifiedDateTime": changed.Format("2006-01-02T15:04:05.000Z"), "title": title, "category": "preventOrFixIssue", "severity": "critical", "tags": tags,
		"isMajorChange": false, "services": []string{"Exchange Online"}, "hasAttachments": false, "details": []any{}, "viewPoint": nil,
		"body": map[string]string{"contentType": "html", "content": "<p>" + title + "</p>"}}
}

// Server is the login and Graph. Close it when done.
type Server struct {
	server *httptest.Server
	mu     sync.Mutex
	posts  []Post
	given  int
	holds  map[string]bool // tokens
	asked  []*url.URL      // pages
	before []func(w http.ResponseWriter, r *http.Request) bool
	secret string
	page   int
}

// Start serves a message centre without posts, two to a page.
func Start() *Server {
	s := &Server{holds: map[string]bool{}, secret: Secret, page: 2}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", s.token)
	mux.HandleFunc("GET /v1.0/admin/serviceAnnouncement/messages", s.messages)
	s.server = httptest.NewServer(mux)
	return s
}

// URL is where both the login and Graph are.
func (s *Server) URL() string { return s.server.URL }

// Close ends the server.
func (s *Server) Close() { s.server.Close() }

// Put adds a post, or puts it in the place of the one with its id.
func (s *Server) Put(p Post) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, known := range s.posts {
		if known["id"] == p["id"] {
			s.posts[n] = p
			return
		}
	}
	s.posts = append(s.posts, p)
}

// Next lets what is given answer the next page in the place of the server, each
// once; one that returns false leaves it to the server.
func (s *Server) Next(answers ...func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = append(s.before, answers...)
}

// Status answers with a status, and Retry-After when it is not empty.
func Status(status int, retryAfter string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, `{"error":{"code":"said","message":"iets over een geheim"}}`)
		return true
	}
}

// Says answers with a body as it is.
func Says(body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = fmt.Fprint(w, body)
		return true
	}
}

// Revoke makes every token given out so far worthless, as when it ran out early.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holds = map[string]bool{}
}

// NewSecret replaces the app's secret; the old one counts no more.
func (s *Server) NewSecret(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret = secret
}

// Given counts the tokens given out.
func (s *Server) Given() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given
}

// Asked are the pages that were asked for.
func (s *Server) Asked() []*url.URL {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*url.URL(nil), s.asked...)
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	scope := s.server.URL + "/.default"
	no := func(status int, word string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": word, "error_description": "AADSTS7000215: iets over een geheim", "error_codes": []int{7000215}})
	}
	switch {
	case r.PathValue("tenant") != Tenant:
		no(http.StatusBadRequest, "invalid_request") // AADSTS90002: the tenant was not found
	case r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("scope") != scope:
		no(http.StatusBadRequest, "invalid_scope")
	case r.PostFormValue("client_id") != Client:
		no(http.StatusBadRequest, "unauthorized_client")
	case r.PostFormValue("client_secret") != s.secret:
		no(http.StatusUnauthorized, "invalid_client")
	default:
		s.given++
		token := fmt.Sprintf("eyJ0.token-%d.x", s.given)
		s.holds[token] = true
		_ = json.NewEncoder(w).Encode(map[string]any{"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token})
	}
}

func (s *Server) messages(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL)
	var first func(http.ResponseWriter, *http.Request) bool
	if len(s.before) > 0 {
		first, s.before = s.before[0], s.before[1:]
	}
	s.mu.Unlock()
	if first != nil && first(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); !s.holds[token] {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `{"error":{"code":"InvalidAuthenticationToken","message":"Lifetime validation failed, the token is expired."}}`)
		return
	}
	s.list(w, r)
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	since, _ := strings.CutPrefix(r.URL.Query().Get("$filter"), "lastModifiedDateTime ge ")
	from, err := time.Parse(time.RFC3339, since)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	found := []Post{}
	for _, p := range s.posts {
		text, _ := p["lastModifiedDateTime"].(string)
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || !at.Before(from) {
			found = append(found, p)
		}
	}
	skip, _ := strconv.Atoi(r.URL.Query().Get("$skip"))
	answer := map[string]any{"@odata.context": s.server.URL + "/v1.0/$metadata#admin/serviceAnnouncement/messages"}
	if end := skip + s.page; end < len(found) {
		answer["@odata.nextLink"] = s.server.URL + r.URL.Path + "?" + url.Values{"$filter": r.URL.Query()["$filter"], "$skip": {strconv.Itoa(end)}}.Encode()
		found = found[:end]
	}
	answer["value"] = found[min(skip, len(found)):]
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

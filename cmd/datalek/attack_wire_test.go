package main_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Every way of asking, on every route: none is a failure of ours, and none is
// echoed.
func TestOddMethodsOnEveryRoute(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	owner := loggedIn(t, g.BaseURL, g.Login, g.Password)
	owner.header.Set("Authorization", "Bearer "+g.APIToken)
	known := map[string]bool{}
	for _, route := range routes(t) {
		known[route.Method+" "+route.Path] = true
	}
	for _, route := range routes(t) {
		place := g.places(route.Path)[0]
		for _, method := range []string{"HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "POST", "GET", "PROPFIND", "ATTACC"} {
			if known[method+" "+route.Path] {
				continue
			}
			r := owner.send(method, place, "", nil, "X-Attacc", mark)
			for r.Status == http.StatusTooManyRequests {
				g.pass(time.Minute)
				r = owner.send(method, place, "", nil, "X-Attacc", mark)
			}
			if r.Status >= 500 || r.Status == http.StatusBadRequest || r.Status < 300 && method != "OPTIONS" && method != "HEAD" {
				t.Errorf("%s %s answered %d: %.200s", method, place, r.Status, r.Body)
			}
			if strings.Contains(r.Body, mark) {
				t.Errorf("%s %s echoes what it was sent", method, place)
			}
			if isPage(r) && method != "HEAD" {
				checkMarkup(t, method+" "+place, r.Body)
			}
		}
	}
}

// Bodies that are too large, packed, in chunks, broken or of another kind, on
// every route that takes one.
func TestOddBodiesOnEveryRoute(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	owner := loggedIn(t, g.BaseURL, g.Login, g.Password)
	owner.header.Set("Authorization", "Bearer "+g.APIToken)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(bytes.Repeat([]byte("reason=attacc&"), 100_000)) // into memory
	_ = w.Close()
	form := "application/x-www-form-urlencoded"
	for _, route := range routes(t) {
		if route.Method == http.MethodGet || route.Method == http.MethodHead || leadsAway(route.Path) {
			continue
		}
		place := g.places(route.Path)[0]
		ask := func(kind string, body []byte, headers ...string) reply {
			r := owner.send(route.Method, place, kind, body, headers...)
			for r.Status == http.StatusTooManyRequests {
				g.pass(time.Minute)
				r = owner.send(route.Method, place, kind, body, headers...)
			}
			if r.Status >= 500 {
				t.Errorf("%s %s as %s (%d bytes) answered %d: %.300s", route.Method, place, kind, len(body), r.Status, r.Body)
			}
			return r
		}
		kind, many := form, 300<<10
		if isWebhook(route.Path) || strings.HasPrefix(route.Path, "/api/") {
			kind, many = "application/json", 5<<20
		}
		large := []byte("reason=" + strings.Repeat("m", many))
		if kind != form {
			large = []byte(`{"reason":"` + strings.Repeat("m", many) + `"}`)
		}
		if r := ask(kind, large); r.Status != http.StatusRequestEntityTooLarge && !takesMore(route.Path) && !asksForProof(r) {
			t.Errorf("%s %s took %d bytes: %d", route.Method, route.Path, len(large), r.Status)
		}
		ask(kind, packed.Bytes(), "Content-Encoding", "gzip")
		for _, odd := range []string{"", "text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-7", "attacc", "application/json; charset=\"", "image/png"} {
			ask(odd, []byte("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../x\"\r\n\r\nreason;attacc"))
		}
	}
}

// asksForProof reports whether an answer leads to a new proof of who one is, before
// the form is read: the waits of this attack make the last one old.
func asksForProof(r reply) bool {
	return r.Status == http.StatusSeeOther && strings.HasPrefix(r.Header.Get("Location"), "/settings/account/confirm")
}

// takesMore are the routes whose bodies are files, or are not read: not before
// their sender is known, or not at all.
func takesMore(path string) bool {
	unread := []string{"/setup/:token", "/join/:practice/:secret", "/reset/:user/:secret", "/login/passkey/begin", "/ack/:token", "/reported/:token", "/p/:code/lees/done", "/api/v1/requests/:id/copy-destroyed", "/api/v1/requests/:id/export", "/api/v1/incidents/:id/case-file", "/incidents/:id/file/bundle", "/api/v1/retention/:id/undo", "/api/v1/processors/:id/feed/look", "/api/v1/processors/:id/feed/remove",
		"/api/v1/processors/:id/addresses/:address/test", "/api/v1/processors/:id/addresses/:address/rotate", "/api/v1/processors/:id/addresses/:address/drop-old", "/api/v1/processors/:id/addresses/:address/revoke"}
	return strings.HasSuffix(path, "/clients/import") || path == "/triage/mail" || isWebhook(path) || slices.Contains(unread, path)
}

// Connections that bring too much, too slowly or not at all end by themselves,
// while others are served.
func TestSlowAndBrokenConnections(t *testing.T) {
	t.Parallel()
	g := breakIn(t)
	address := strings.TrimPrefix(g.BaseURL, "http://")
	owner := loggedIn(t, g.BaseURL, g.Login, g.Password)
	session := ""
	for _, cookie := range owner.client.Jar.Cookies((&url.URL{Scheme: "http", Host: address, Path: "/"})) {
		session = cookie.Name + "=" + cookie.Value
	}
	head := func(method, path, more string) string {
		return method + " " + path + " HTTP/1.1\r\nHost: " + address + "\r\nCookie: " + session + "\r\nAuthorization: Bearer " + g.APIToken + "\r\n" + more
	}
	var slow sync.WaitGroup
	for _, tt := range []struct {
		name, begin, drip string
		within            time.Duration // cut off by then
		status            []int
	}{
		{"headers that never end", head("GET", "/", ""), "X-Attacc: 1\r\n", 20 * time.Second, []int{0, 408}},
		{"a form that never ends", head("POST", "/settings", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\n"), "a=b&", 50 * time.Second, []int{422}},
		{"JSON that never ends", head("POST", "/api/v1/incidents", "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"), " ", 50 * time.Second, []int{422}},
		{"JSON with a key that never ends", head("POST", "/api/v1/incidents", "Idempotency-Key: slow\r\nContent-Length: 5000\r\n\r\n{"), " ", 50 * time.Second, []int{422}},
		{"a report that never ends", head("POST", strings.TrimPrefix(g.WebhookURL, g.BaseURL), "Content-Length: 5000\r\n\r\n{"), " ", 50 * time.Second, []int{400, 401, 422}},
		{"chunks that never end", head("POST", "/p/"+g.world.public[3:], "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"), "1\r\na\r\n", 50 * time.Second, []int{422}},
		{"nothing at all", "", "", 20 * time.Second, []int{0, 408}},
	} {
		slow.Go(func() {
			began := time.Now()
			status := drip(t, address, tt.begin, tt.drip, tt.within)
			if took := time.Since(began); took > tt.within {
				t.Errorf("%s: the connection was held for %s", tt.name, took)
			}
			if !slices.Contains(tt.status, status) {
				t.Errorf("%s: answered %d, want one of %v", tt.name, status, tt.status)
			}
		})
	}
	g.brokenConnections(t, address, head)
	if r := owner.get("/"); r.Status != http.StatusOK {
		t.Errorf("meanwhile others are answered %d", r.Status)
	}
	slow.Wait()
	if log := g.out.String(); strings.Contains(log, "request failed") || strings.Contains(log, "panic") {
		t.Errorf("the log tells of failures:\n%s", log)
	}
}

// brokenConnections bring too much or too little, at once.
func (g *grounds) brokenConnections(t *testing.T, address string, head func(method, path, more string) string) {
	t.Helper()
	const file = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nnummer;naam\r\nA;attacc"
	for _, tt := range []struct {
		name, sent string
		status     []int
	}{
		{"a thousand header lines", head("GET", "/robots.txt", strings.Repeat("X-A: 1\r\n", 1000)+"Connection: close\r\n\r\n"), []int{200}},
		{"headers of a megabyte", head("GET", "/robots.txt", strings.Repeat("X-A: "+strings.Repeat("a", 1000)+"\r\n", 1000)+"\r\n"), []int{431}},
		{"a cookie of 60 KB", head("GET", "/", "Cookie: datalek="+strings.Repeat("a", 60_000)+"\r\nConnection: close\r\n\r\n"), []int{200, 303, 431}},
		{"an address of 100 KB", "GET /" + strings.Repeat("a", 100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", []int{414, 431}},
		{"two lengths", head("POST", "/settings", "Content-Length: 5\r\nContent-Length: 6\r\n\r\naaaaaa"), []int{400}},
		{"a length and chunks", head("POST", "/settings", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"), []int{400, 409, 422}},
		{"two hosts", head("GET", "/robots.txt", "Host: evil.example\r\n\r\n"), []int{400}},
		{"a blank in a name", head("GET", "/robots.txt", "X Attacc: 1\r\n\r\n"), []int{400}},
		{"NUL in a header", head("GET", "/robots.txt", "X-Attacc: a\x00b\r\n\r\n"), []int{400}},
		{"chunks of no number", head("POST", "/settings", "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nattacc\r\n"), []int{422}},
		{"half a form", head("POST", "/settings", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n\r\nname=x"), []int{0, 422}},
		{"half of JSON with a key", head("POST", "/api/v1/incidents", "Idempotency-Key: half\r\nContent-Length: 50\r\n\r\n{"), []int{0, 422}},
		{"half a file", head("POST", "/api/v1/clients/import", "Content-Type: multipart/form-data; boundary=x\r\nConnection: close\r\nContent-Length: "+strconv.Itoa(len(file))+"\r\n\r\n"+file), []int{422}},
	} {
		status := once(t, address, tt.sent, tt.name == "half a form" || tt.name == "half of JSON with a key")
		if !slices.Contains(tt.status, status) {
			t.Errorf("%s: answered %d, want one of %v", tt.name, status, tt.status)
		}
	}
}

func dial(t *testing.T, address string) (*net.TCPConn, error) {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Error(err)
		return nil, err
	}
	return c.(*net.TCPConn), nil
}

// drip sends a little twice a second until the other side ends it, and returns
// the status that came, 0 for none.
func drip(t *testing.T, address, begin, little string, within time.Duration) int {
	t.Helper()
	c, err := dial(t, address)
	if err != nil {
		return 0
	}
	defer func() { _ = c.Close() }()
	answered := make(chan int, 1)
	go func() { answered <- statusFrom(c) }()
	_, _ = c.Write([]byte(begin)) // the other side may have ended it
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	late := time.After(within + 10*time.Second)
	for {
		select {
		case status := <-answered:
			return status
		case <-late:
			return -1
		case <-tick.C:
			_, _ = c.Write([]byte(little))
		}
	}
}

// once sends all, lets the other side know that nothing follows when half is
// true, and returns the status that came.
func once(t *testing.T, address, all string, half bool) int {
	t.Helper()
	c, err := dial(t, address)
	if err != nil {
		return 0
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	_, _ = c.Write([]byte(all)) // an answer may come before all is sent
	if half {
		_ = c.CloseWrite()
	}
	return statusFrom(c)
}

func statusFrom(c net.Conn) int {
	var status int
	line, _ := bufio.NewReader(c).ReadString('\n')
	if _, err := fmt.Sscanf(line, "HTTP/1.1 %d", &status); err != nil {
		return 0
	}
	return status
}

// A large list of clients sent to the API passes through memory alone.
func TestALargeImportLeavesNothingUnsealed(t *testing.T) {
	t.Parallel()
	f := startFort(t, nil)
	f.setUp()
	out := strangerPrinted.FindStringSubmatch(f.addStranger())
	script := f.browser()
	script.header.Set("Authorization", "Bearer "+out[4])
	read, write := io.Pipe()
	parts := multipart.NewWriter(write)
	seen := make(chan []string, 1)
	go func() {
		file, _ := parts.CreateFormFile("file", "clients.csv") // into the pipe
		_, _ = io.WriteString(file, "nummer;naam;notities\n")
		for range 40 { // more than net/http keeps in memory
			_, _ = io.WriteString(file, "A-1;Attacc Geheim;"+strings.Repeat("x", 1<<20)+"\n")
		}
		seen <- filesIn(t, f.temp)
		_ = parts.Close()
		_ = write.Close()
	}()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.BaseURL+"/api/v1/clients/import?dry_run=true", read)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+out[4])
	request.Header.Set("Content-Type", parts.FormDataContentType())
	answer, err := script.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, _ := io.ReadAll(answer.Body)
	if answer.StatusCode >= 500 || answer.StatusCode == 401 {
		t.Errorf("the import answered %d %.300s", answer.StatusCode, body)
	}
	if during := <-seen; len(during) > 0 {
		t.Errorf("while it comes in there are temporary files: %q", during)
	}
	if after := filesIn(t, f.temp); len(after) > 0 {
		t.Errorf("afterwards there are temporary files: %q", after)
	}
}

func filesIn(t *testing.T, folder string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return files
}

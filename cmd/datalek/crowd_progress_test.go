package main_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
)

// reached is how far a report has come on a host.
type reached struct {
	Opened    int // cases, each stored with its clocks
	Assessed  int
	Drafts    int // practices with a draft
	Unwritten int // outboxes that the relay has still to empty
	Mails     int // warnings still to go out
}

// progress reads from the database, beside the server, how far a report has come.
func (c *crowd) progress() (r reached, err error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.data, "datalek.db")+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return r, err
	}
	defer func() { _ = db.Close() }() // it only read
	err = db.QueryRow(`SELECT (SELECT count(*) FROM incidents), (SELECT count(*) FROM incidents) - (SELECT count(*) FROM incidents WHERE unassessed = 1),
		(SELECT count(DISTINCT practice_id) FROM notices),
		(SELECT count(*) FROM incidents WHERE outbox IS NOT NULL) + (SELECT count(*) FROM notices WHERE outbox IS NOT NULL) + (SELECT count(*) FROM reports WHERE outbox IS NOT NULL),
		(SELECT count(*) FROM deliveries WHERE waits_for IS NOT NULL)`).Scan(&r.Opened, &r.Assessed, &r.Drafts, &r.Unwritten, &r.Mails)
	return r, err
}

// awaitReached waits until a report has come so far.
func (c *crowd) awaitReached(limit time.Duration, what string, far func(reached) bool) {
	c.tb.Helper()
	awaitWithin(c.tb, limit, what, func() error {
		r, err := c.progress()
		if err == nil && !far(r) {
			err = errNot("%+v", r)
		}
		if err != nil {
			time.Sleep(100 * time.Millisecond) // looking takes some of the processors
		}
		return err
	})
}

func (c *crowd) allOpened(r reached) bool { return r.Opened == c.practices }

// allDrafted says that all affected are found and every draft is ready.
func (c *crowd) allDrafted(r reached) bool {
	return c.allOpened(r) && r.Assessed == c.practices && r.Drafts == c.practices
}

func (c *crowd) allQuiet(r reached) bool {
	return c.allDrafted(r) && r.Unwritten == 0 && r.Mails == 0
}

// inspect stops the server and expects the same of every practice: one case with
// its clocks, everybody affected found, one draft, one report, and every warning
// and every entry of the register once.
func (c *crowd) inspect() {
	c.tb.Helper()
	c.server.stop()
	ctx := context.Background()
	store, err := sqlitestore.Open(ctx, c.data, sqlitestore.Options{Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		return vault.Open(ctx, filepath.Join(c.data, "datalek.key"), keys)
	}})
	if err != nil {
		c.tb.Fatal(err)
	}
	defer func() { _ = store.Close() }() // it only read
	var mu sync.Mutex
	ends := map[string][]string{}
	var all sync.WaitGroup
	for part := range 4 {
		all.Go(func() {
			for n := part; n < c.practices; n += 4 {
				end := endOf(ctx, store, tenant.ID(crowdPractice(n)))
				mu.Lock()
				ends[end] = append(ends[end], crowdPractice(n))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	want := fmt.Sprintf("cases=1 clocks=authority:running,client:running assessed=true affected=%d in_scope=%d drafts=clients:draft:%d reports=incident warnings=sent,sent register=%s",
		c.affectedOf(), c.affectedOf(), c.affectedOf(), "assessment.completed:1,incident.opened:1,notice.drafted:1,report.became_incident:1,report.received:1")
	if len(ends) != 1 || len(ends[want]) != c.practices {
		for _, end := range slices.Sorted(maps.Keys(ends)) {
			c.tb.Errorf("%d practices, such as %s, end as\n%s", len(ends[end]), ends[end][0], end)
		}
		c.tb.Errorf("all should end as\n%s", want)
	}
}

// endOf describes how a report ended for one practice.
func endOf(ctx context.Context, store *sqlitestore.Store, practice tenant.ID) string {
	cases, err := store.Incidents(ctx, practice, "", 10)
	if err != nil || len(cases) != 1 {
		return fmt.Sprintf("cases=%d error=%v", len(cases), err)
	}
	inc := cases[0]
	var clocks, drafts, reports, warnings []string
	var ids []string
	for _, k := range inc.Clocks {
		clocks = append(clocks, string(k.Kind)+":"+string(k.State(inc.CreatedAt)))
	}
	persons, err := store.AffectedPersons(ctx, practice, inc.ID, inc.Assessment.Done)
	notices, noticeErr := store.NoticesOf(ctx, practice, inc.ID, "", 10)
	for _, n := range notices {
		drafts = append(drafts, fmt.Sprintf("%s:%s:%d", n.Audience, n.State, n.Recipients))
	}
	kept, reportErr := store.Reports(ctx, practice, "", "", 10)
	for _, r := range kept {
		reports = append(reports, string(r.State))
	}
	entries, entryErr := store.Entries(ctx, practice, 0, 1000)
	kinds := map[string]int{}
	for _, e := range entries {
		if e.Event.IncidentID == "" && !strings.HasPrefix(string(e.Event.Kind), "report.") {
			continue // how the practice was made
		}
		kinds[string(e.Event.Kind)]++
		for _, place := range []string{"practitioner", "second"} {
			for _, to := range []string{"", "thuis-"} {
				email := to + strings.Replace(string(practice), "practice-", "eigenaar", 1) + "@lindehof.example"
				ids = append(ids, incidents.NewWarning(practice, e.Event.IncidentID, e.Event.ID+"/"+place, email, incidents.Text{}).ID)
			}
		}
	}
	sent, sentErr := store.DeliveriesByIDs(ctx, practice, ids)
	for _, d := range sent {
		warnings = append(warnings, string(d.State))
	}
	for _, e := range []error{err, noticeErr, reportErr, entryErr, sentErr} {
		if e != nil {
			return "error=" + e.Error()
		}
	}
	var events []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		events = append(events, fmt.Sprintf("%s:%d", kind, kinds[kind]))
	}
	slices.Sort(clocks)
	return fmt.Sprintf("cases=%d clocks=%s assessed=%t affected=%d in_scope=%d drafts=%s reports=%s warnings=%s register=%s", len(cases), strings.Join(clocks, ","), inc.Assessment.Complete(),
		len(persons), inc.Assessment.Counts.InScope, strings.Join(drafts, ","), strings.Join(reports, ","), strings.Join(warnings, ","), strings.Join(events, ","))
}

// onlooker is an owner who looks at his pages while the server works.
type onlooker struct {
	tb     testing.TB
	client *http.Client
	base   string
	took   []time.Duration
	cases  []string // the paths of his case's pages, once there is one
}

// lookOn logs an owner in and keeps him looking until stop is called, which
// returns how long each page took. Between two pages he reads for a moment.
func (c *crowd) lookOn(n int) (stop func() []time.Duration) {
	c.tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.tb.Fatal(err)
	}
	o := &onlooker{tb: c.tb, base: c.server.url(), client: &http.Client{Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	answer, err := o.client.PostForm(o.base+"/login", url.Values{"login": {crowdLogin(n)}, "password": {crowdPassword}})
	if err != nil {
		c.tb.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		c.tb.Fatalf("login answered %s", answer.Status)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var looking sync.WaitGroup
	looking.Go(func() { o.look(ctx) })
	return func() []time.Duration { cancel(); looking.Wait(); return o.took }
}

const readFor = 150 * time.Millisecond

func (o *onlooker) look(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		paths := append([]string{"/", "/incidents"}, o.cases...)
		path := paths[n%len(paths)]
		began := time.Now()
		body, err := o.get(ctx, path)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			o.tb.Errorf("%s: %v", path, err)
			return
		}
		o.took = append(o.took, time.Since(began))
		if _, rest, found := strings.Cut(body, `href="/incidents/`); found && o.cases == nil {
			if id, _, _ := strings.Cut(rest, `"`); len(id) == 36 {
				o.cases = []string{"/incidents/" + id, "/incidents/" + id + "/affected"}
			}
		}
		select {
		case <-time.After(readFor):
		case <-ctx.Done():
		}
	}
}

func (o *onlooker) get(ctx context.Context, path string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.base+path, http.NoBody)
	if err != nil {
		return "", err
	}
	answer, err := o.client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	var body strings.Builder
	if _, err := io.Copy(&body, answer.Body); err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", errNot("%s", answer.Status)
	}
	return body.String(), nil
}

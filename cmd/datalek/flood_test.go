package main_test

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// flood is a supplier that sends reports at a steady rate, whether they are
// answered or not: every tenth is a replay of an earlier one, and every twentieth
// is signed with another secret.
type flood struct {
	crowd  *crowd
	client *http.Client
	url    string
	right  *standardwebhooks.Webhook
	wrong  *standardwebhooks.Webhook

	mu      sync.Mutex
	ids     map[int]string // what each message was answered, by its number
	took    []time.Duration
	fresh   int
	replays int
	forged  int
}

func newFlood(c *crowd) *flood {
	c.tb.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(c.Secret, "whsec_"))
	if err != nil {
		c.tb.Fatal(err)
	}
	right, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		c.tb.Fatal(err)
	}
	wrong, err := standardwebhooks.NewWebhookRaw(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		c.tb.Fatal(err)
	}
	return &flood{crowd: c, url: c.server.url() + "/webhooks/processors/" + c.Token, right: right, wrong: wrong, ids: map[int]string{},
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: floodSenders}}}
}

const (
	floodSenders = 64
	// replayOf is how many messages ago the one was sent that a replay repeats: it is
	// a fresh one, and mostly answered by then.
	replayOf = 97
)

// run sends so many messages, so many in a second, and returns how long that took.
func (f *flood) run(messages, perSecond int) time.Duration {
	began := time.Now()
	work := make(chan int, floodSenders)
	var all sync.WaitGroup
	for range floodSenders {
		all.Go(func() {
			for n := range work {
				f.message(n, began.Add(time.Duration(n)*time.Second/time.Duration(perSecond)))
			}
		})
	}
	for n := range messages {
		time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(perSecond))))
		work <- n
	}
	close(work)
	all.Wait()
	return time.Since(began)
}

// message sends the message of a number. Its time counts from the instant at which
// it was to be sent.
func (f *flood) message(n int, due time.Time) {
	signer, of, want := f.right, n, http.StatusAccepted
	switch {
	case n%20 == 5:
		signer, want = f.wrong, http.StatusUnauthorized
	case n%10 == 9 && n > replayOf:
		of = n - replayOf
	}
	id, err := f.send(signer, of, want)
	if err != nil {
		f.crowd.tb.Errorf("message %d: %v", n, err)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.took = append(f.took, time.Since(due))
	switch {
	case want == http.StatusUnauthorized:
		f.forged++
	case of != n:
		f.replays++
		if known := f.ids[of]; known != "" && known != id {
			f.crowd.tb.Errorf("a replay is answered %s, and the first was %s", id, known)
		}
	default:
		f.fresh++
		f.ids[n] = id
	}
}

func (f *flood) send(signer *standardwebhooks.Webhook, n, want int) (string, error) {
	id, at := "flood-"+strconv.Itoa(n), time.Now()
	body := breach("F-"+strconv.Itoa(n), "initial", "Someone read mail without permission.", `,"services":["mail"]`)
	signature, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		return "", err
	}
	r, err := http.NewRequest(http.MethodPost, f.url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": strconv.FormatInt(at.Unix(), 10), "webhook-signature": signature} {
		r.Header.Set(name, value)
	}
	answer, err := f.client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		return "", errNot("answered %s %s, %v", answer.Status, raw, err)
	}
	if want != http.StatusAccepted {
		return "", nil
	}
	var kept struct {
		ID string `json:"report_id"`
	}
	return kept.ID, json.Unmarshal(raw, &kept)
}

// check expects every message in the database once, and every other one counted.
func (f *flood) check() {
	tb := f.crowd.tb
	tb.Helper()
	kept := map[string]bool{}
	for n, id := range f.ids {
		if kept[id] {
			tb.Errorf("message %d has the id of another one", n)
		}
		kept[id] = true
	}
	stored := f.crowd.receipts()
	for id := range kept {
		if !stored[id] {
			tb.Errorf("%s was answered and is not there", id)
		}
	}
	if len(stored) != f.fresh || len(kept) != f.fresh {
		tb.Errorf("%d are stored of %d that were sent and got %d ids", len(stored), f.fresh, len(kept))
	}
	for reason, want := range map[string]int{"forged": f.forged, "replayed": f.replays} {
		if got := f.crowd.server.metric(fmt.Sprintf("datalek_webhook_refused_total{reason=%q}", reason)); got != float64(want) {
			tb.Errorf("%v are counted as %s, and %d were sent", got, reason, want)
		}
	}
}

// receipts are the ids of all messages that are kept.
func (c *crowd) receipts() map[string]bool {
	c.tb.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.data, "datalek.db")+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		c.tb.Fatal(err)
	}
	defer func() { _ = db.Close() }() // it only read
	rows, err := db.Query(`SELECT id FROM receipts`)
	if err != nil {
		c.tb.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	found := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			c.tb.Fatal(err)
		}
		found[id] = true
	}
	if err := rows.Err(); err != nil {
		c.tb.Fatal(err)
	}
	return found
}

// A supplier that sends many reports, with replays and forged ones between them,
// finds each of its own kept once, and each makes one case.
func TestAFloodOfReportsIsKeptOnce(t *testing.T) {
	messages := larger(600, 10_000)
	c := newCrowd(t, 1, 0)
	f := newFlood(c)
	f.run(messages, 200)
	f.check()
	c.awaitReached(5*time.Minute, "each report made a case", func(r reached) bool { return r.Opened == f.fresh })
	if f.forged != messages/20 || f.replays == 0 || f.fresh+f.replays+f.forged != messages {
		t.Errorf("%d fresh, %d replays and %d forged of %d", f.fresh, f.replays, f.forged, messages)
	}
}

// BenchmarkFloodOfReports sends 500 signed reports a second for a minute, every
// tenth a replay and every twentieth forged, and expects each kept once.
func BenchmarkFloodOfReports(b *testing.B) {
	const perSecond, seconds = 500, 60
	for b.Loop() {
		b.StopTimer()
		c := newCrowd(b, 1, 0)
		f := newFlood(c)
		b.StartTimer()
		took := f.run(perSecond*seconds, perSecond)
		b.StopTimer()
		worked := c.processorTime()
		f.check()
		c.notePeak()
		b.ReportMetric(float64(f.fresh+f.replays+f.forged)/took.Seconds(), "reports/s")
		b.ReportMetric(float64(f.fresh), "kept")
		b.ReportMetric(worked.Seconds(), "processor-s")
		b.ReportMetric(c.peak, "MiB-peak")
		reportTimes(b, "answer", f.took)
		b.StartTimer()
	}
}

// Package reporter sends a processor's breach report to an address of datalek, signed
// as Standard Webhooks says. It sends again what may not have arrived, under the same
// id, so that it counts once.
package reporter

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	attemptWithin = 15 * time.Second
	longestWait   = 5 * time.Minute // that a server may ask for
	answerLimit   = 64 << 10
	// MostBody is the largest report that an address takes, in bytes.
	MostBody = 512 << 10
)

// Options is what a Sender needs.
type Options struct {
	Client *http.Client
	Now    func() time.Time
	// Wait waits between two attempts, or returns the context's error.
	Wait func(ctx context.Context, d time.Duration) error
	// Told is told why an attempt failed and when the next comes; may be nil.
	Told func(why string, next time.Duration)
}

// Sender sends reports.
type Sender struct{ opts Options }

// New returns a Sender.
func New(o Options) *Sender {
	if o.Told == nil {
		o.Told = func(string, time.Duration) {}
	}
	return &Sender{opts: o}
}

// Answer is what the address said once it kept the report.
type Answer struct {
	ReportID  string `json:"report_id"`
	StatusURL string `json:"status_url"` // the sender's own page of the report; a secret link
}

// CheckAddress refuses an address to which no report should go: it would be read on
// the way.
func CheckAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the address is not one: it begins with https:// and comes from the practice's page")
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("the address begins with http://, so others could read the report on its way; use the one with https://")
	}
	return nil
}

// Request returns the signed request of one attempt. id stays the same over all
// attempts of a report.
func Request(ctx context.Context, address, id string, keys Keys, body []byte, now time.Time) (*http.Request, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	if len(body) > MostBody {
		return nil, fmt.Errorf("the report has %d KiB; an address takes %d", len(body)>>10, MostBody>>10)
	}
	signatures, err := keys.sign(id, body, now)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the address is not one: it begins with https:// and comes from the practice's page")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("Webhook-Signature", strings.Join(signatures, " "))
	return r, nil
}

func (k Keys) sign(id string, body []byte, now time.Time) ([]string, error) {
	var all []string
	if k.secret != nil {
		signature, err := k.secret.Sign(id, now, body)
		if err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
		all = append(all, signature)
	}
	if k.private != nil {
		message := slices.Concat([]byte(id+"."+strconv.FormatInt(now.Unix(), 10)+"."), body)
		all = append(all, "v1a,"+base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, message)))
	}
	return all, nil
}

// waits are the times before the second and later attempts.
func waits() []time.Duration {
	return []time.Duration{time.Second, 5 * time.Second, 20 * time.Second, 40 * time.Second, 60 * time.Second}
}

// Send sends a report until the address kept it, an answer says that another attempt
// is of no use, or the context ends.
func (s *Sender) Send(ctx context.Context, address, id string, keys Keys, body []byte) (Answer, error) {
	var last error
	for attempt := 0; ; attempt++ {
		a, wait, err := s.attempt(ctx, address, id, keys, body)
		if err == nil {
			return a, nil
		}
		last = err
		if wait < 0 || attempt >= len(waits()) {
			return Answer{}, last
		}
		wait = max(wait, waits()[attempt])
		s.opts.Told(err.Error(), wait)
		if s.opts.Wait(ctx, wait) != nil {
			return Answer{}, fmt.Errorf("%w; the time was up before the next attempt", last)
		}
	}
}

// attempt makes one attempt. A negative wait says that another is of no use.
func (s *Sender) attempt(ctx context.Context, address, id string, keys Keys, body []byte) (a Answer, wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptWithin)
	defer cancel()
	r, err := Request(ctx, address, id, keys, body, s.opts.Now())
	if err != nil {
		return a, -1, err
	}
	res, err := s.opts.Client.Do(r)
	if err != nil {
		return a, 0, errors.New("no connection: " + unaddressed(err))
	}
	defer func() { _ = res.Body.Close() }() // read only
	raw, err := io.ReadAll(io.LimitReader(res.Body, answerLimit))
	if err != nil {
		return a, 0, errors.New("the answer broke off")
	}
	if res.StatusCode != http.StatusAccepted {
		return a, again(res), refused(res.StatusCode)
	}
	if err := json.Unmarshal(raw, &a); err != nil || a.ReportID == "" {
		return a, -1, errors.New("the answer is no datalek's; check the address")
	}
	return a, 0, nil
}

// unaddressed is an error of the client without the address, which may be a secret.
func unaddressed(err error) string {
	var named *url.Error
	if errors.As(err, &named) {
		err = named.Err
	}
	return err.Error()
}

// again says how long the server asks to wait; negative where a retry is of no use.
func again(res *http.Response) time.Duration {
	switch res.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusBadGateway:
	default:
		return -1
	}
	seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, longestWait)
}

// refused words a status that is not 202, with what to do.
func refused(status int) error {
	words := map[int]string{
		http.StatusUnauthorized:          "the signature does not count there: check the secret or key, and this machine's clock (five minutes at most)",
		http.StatusNotFound:              "there is no such address: check that it was copied whole",
		http.StatusGone:                  "the practice closed this address: ask it for a new one",
		http.StatusRequestEntityTooLarge: "the report is too large",
		http.StatusUnsupportedMediaType:  "the address does not take this form",
		http.StatusTooManyRequests:       "too many messages",
		http.StatusServiceUnavailable:    "it could not be stored now",
	}
	if said := words[status]; said != "" {
		return fmt.Errorf("answered %d: %s", status, said)
	}
	return fmt.Errorf("answered %d", status)
}

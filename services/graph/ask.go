package graph

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/registry"
)

// ask gets one page. It waits where Graph asks for a short wait, and takes a new
// token once when the one it has is refused.
func (v *visit) ask(ctx context.Context, address string) ([]byte, error) {
	for try := 1; ; try++ {
		token, err := v.r.token(ctx, v.login)
		if err != nil {
			return nil, err
		}
		a, err := v.r.get(ctx, address, token)
		if err != nil {
			return nil, err
		}
		switch {
		case a.status == http.StatusOK:
			return a.body, nil
		case a.status == http.StatusUnauthorized && !v.renewed:
			v.renewed = true
			v.r.tokens.forget(v.login)
			continue
		case !a.passing():
			return nil, a.refusal()
		case try == mostTries || a.wait > longestNap:
			return nil, &trouble{fault: a.busy(), wait: a.wait, why: "status " + strconv.Itoa(a.status)}
		}
		if err := v.r.opts.Nap(ctx, max(a.wait, time.Duration(try)*time.Second)); err != nil {
			return nil, err
		}
	}
}

// answer is what Graph answered.
type answer struct {
	status int
	body   []byte // of 200 alone
	wait   time.Duration
}

// passing reports whether the same question may be answered later.
func (a answer) passing() bool { return a.status == http.StatusTooManyRequests || a.status >= 500 }

// busy tells that Graph asks to wait from that it is broken.
func (a answer) busy() registry.FeedFault {
	if a.status == http.StatusTooManyRequests || a.wait > 0 {
		return registry.FeedBusy
	}
	return registry.FeedAway
}

// refusal says what a final no means.
func (a answer) refusal() error {
	switch a.status {
	case http.StatusUnauthorized:
		return wrong(registry.FeedLoginRefused, "a new token is refused")
	case http.StatusForbidden:
		return wrong(registry.FeedForbidden, "the app may not read there")
	}
	return wrong(registry.FeedUnreadable, "status "+strconv.Itoa(a.status))
}

func (r *Reader) get(ctx context.Context, address, token string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, wrong(registry.FeedUnreadable, "the address of a page is none")
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Prefer", "odata.maxpagesize="+strconv.Itoa(pageOf))
	response, err := r.client.Do(request)
	if err != nil {
		return answer{}, r.unreached(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	a := answer{status: response.StatusCode, wait: retryAfter(response.Header.Get("Retry-After"), r.opts.Now())}
	if a.status != http.StatusOK {
		return a, nil // its words may repeat what is secret, so nobody reads them
	}
	if a.body, err = io.ReadAll(io.LimitReader(response.Body, mostPage+1)); err != nil {
		return answer{}, r.unreached(ctx, err)
	}
	if len(a.body) > mostPage {
		return answer{}, wrong(registry.FeedUnreadable, "a page is too large")
	}
	return a, nil
}

// unreached is a connection that failed: our own end, or theirs.
func (r *Reader) unreached(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if strings.Contains(err.Error(), errElsewhere.Error()) {
		return wrong(registry.FeedUnreadable, "the answer leads elsewhere")
	}
	return wrong(registry.FeedAway, "no answer")
}

// retryAfter reads how long to wait, in seconds or as a date (RFC 9110 section
// 10.2.3), an hour at most; 0 when nothing is said.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseUint(header, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, time.Hour)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(now), 0), time.Hour)
	}
	return 0
}

package outlet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"datalek/incidents/register"
)

// URL posts heads to an address on the web, as text. Make it with NewURL.
type URL struct {
	address string
	client  *http.Client
}

// postWithin bounds one call.
const postWithin = 10 * time.Second

// CheckURL says what is wrong with an address, nil for nothing, without repeating it.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("give an address that begins with https:// or http://")
	}
	return nil
}

// NewURL returns a URL that is called through a gate. No proxy is used and no
// redirect followed.
func NewURL(address string, gate *Gate) (*URL, error) {
	if err := CheckURL(address); err != nil {
		return nil, err
	}
	return &URL{address: address, client: &http.Client{
		Transport:     &http.Transport{DialContext: gate.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: postWithin, ResponseHeaderTimeout: postWithin},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Publish posts a head; every answer below 300 means that it was taken. Its errors
// never hold the address, whose path may be a secret.
func (u *URL) Publish(ctx context.Context, h register.SignedHead) error {
	ctx, cancel := context.WithTimeout(ctx, postWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.address, strings.NewReader(h.Note))
	if err != nil {
		return errors.New("the address cannot be called")
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	answer, err := u.client.Do(request)
	if err != nil {
		var withAddress *url.Error
		if errors.As(err, &withAddress) {
			err = withAddress.Err
		}
		if errors.Is(err, errInside) {
			return errInside // the rest names the address
		}
		return fmt.Errorf("call: %w", err)
	}
	_ = answer.Body.Close() // nothing in it is read
	if answer.StatusCode >= 300 {
		return fmt.Errorf("it answered %d", answer.StatusCode)
	}
	return nil
}

// Package webhook takes processors' breach reports. It believes nothing before
// the signature over the raw bytes is proven (Standard Webhooks v1 or v1a), or the address
// itself where its owner opened one for senders that cannot sign. It answers 202
// only after the bytes are saved, and leaves reading them to a worker.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"

	"github.com/labstack/echo/v4"
)

const (
	bodyLimit  = 512 << 10 // the largest common sender stops at 256 KiB
	drainLimit = 4 << 20   // read and dropped, so that the 413 reaches the sender
	tolerance  = 5 * time.Minute
	mostID     = 256
	saveWithin = 10 * time.Second
)

type store interface {
	EndpointByToken(ctx context.Context, tokenHash string) (registry.Endpoint, error)
	TouchEndpoint(ctx context.Context, practice tenant.ID, id string, at time.Time) error
	SaveReceipt(ctx context.Context, r incidents.Receipt) (id string, fresh bool, err error)
	TokenByHash(ctx context.Context, hash string) (registry.Token, error)
	SaveReturn(ctx context.Context, r incidents.Return) (id string, fresh bool, err error)
}

// Options is what the area needs.
type Options struct {
	Store store
	Now   func() time.Time
	NewID func() string
	// Nudge tells workers in the same process that a receipt waits; may be nil.
	Nudge func()
	// StatusURL is the page of a token on which a sender sees what became of his
	// message; nil leaves it out of the answer.
	StatusURL func(token string) string
	// Tokens checks the tokens of senders; nil opens no address that asks one.
	Tokens tokens
	// Reader reads a message before it is kept, where the address asks whom it is about.
	Reader reader
	// Refused is told why a message changed nothing; may be nil. It must not block.
	Refused func(reason string)
	// Refusals counts the same for each address, for its page; may be nil.
	Refusals *Refusals
}

// Why a message changes nothing.
const (
	refusedForged   = "forged"   // not signed with the address's secret
	refusedStale    = "stale"    // signed, of another time than now
	refusedReplayed = "replayed" // the same message again: answered as the first time
	refusedLarge    = "oversized"
	refusedUnknown  = "unknown_address"
	refusedOften    = "too_many"
	refusedNoKeys   = "no_keys" // a token could not be checked: the sender is to come again
	refusedBatch    = "batch"   // several events in one message
	refusedRevoked  = "revoked_address"
)

// Area is the processors' door.
type Area struct {
	opts Options
	// byToken bounds what one address may send, byAddress what one sender may try
	// with addresses that do not exist.
	byToken   *page.Limiter
	byAddress *page.Limiter
}

// New returns the area.
func New(o Options) *Area {
	if o.Nudge == nil {
		o.Nudge = func() {}
	}
	if o.Refused == nil {
		o.Refused = func(string) {}
	}
	return &Area{opts: o,
		byToken:   page.NewLimiter(1000, time.Millisecond, 10_000, o.Now),
		byAddress: page.NewLimiter(60, time.Second, 10_000, o.Now)}
}

// Register puts the area's routes on e.
func (a *Area) Register(_ *page.Site, e *echo.Echo) {
	e.POST("/webhooks/processors/:token", a.receive)
	e.GET("/webhooks/processors/:token", a.look)
	e.HEAD("/webhooks/processors/:token", a.look)
	e.OPTIONS("/webhooks/processors/:token", a.handshake)
	e.POST("/webhooks/mail/:token", a.receiveMail)
	e.POST("/webhooks/mail", a.receiveMail)
}

func (a *Area) receive(c echo.Context) error {
	endpoint, err := a.live(c)
	if err != nil {
		return err
	}
	body, err := a.body(c, endpoint)
	if err != nil {
		return err
	}
	receipt, err := a.proven(c, endpoint, c.Param("token"), body)
	if err == nil {
		err = a.single(endpoint, c.Request().Header)
	}
	if err != nil {
		return err
	}
	id, err := a.save(c.Request().Context(), endpoint, c.Param("token"), receipt)
	if err != nil {
		return err
	}
	answer := map[string]string{"report_id": id}
	if a.opts.StatusURL != nil {
		answer["status_url"] = a.opts.StatusURL(statusToken(c.Param("token"), id))
	}
	return c.JSON(http.StatusAccepted, answer)
}

// statusToken is the secret of the page on which a sender sees what became of his
// message. It is made of the address's own secret, so that a replay is given the
// same again though the store keeps its hash alone.
func statusToken(token, receipt string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("status of " + receipt)) // never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// endpoint returns the address with a token. One that was revoked answers "gone" to
// who knows its token, so that a sender stops (CloudEvents HTTP webhooks 2.2); all
// others are unknown.
func (a *Area) endpoint(c echo.Context, token string) (registry.Endpoint, error) {
	if ok, wait := a.byToken.Allow(token); !ok {
		a.opts.Refused(refusedOften)
		return registry.Endpoint{}, page.TooMany(c, wait)
	}
	endpoint, err := a.opts.Store.EndpointByToken(c.Request().Context(), casework.HashToken(token))
	if errors.Is(err, fault.NotFound) {
		a.opts.Refused(refusedUnknown)
		if ok, wait := a.byAddress.Allow(page.Address(c)); !ok {
			return registry.Endpoint{}, page.TooMany(c, wait)
		}
	}
	if err == nil && endpoint.Revoked() {
		a.opts.Refused(refusedRevoked)
		return registry.Endpoint{}, echo.NewHTTPError(http.StatusGone, "this address was revoked; ask your customer for the new one")
	}
	return endpoint, err
}

// refuse counts one message that changed nothing at a known address.
func (a *Area) refuse(e registry.Endpoint, reason string) {
	a.opts.Refused(reason)
	a.opts.Refusals.note(e, reason)
}

// body reads a message, and counts one that is too large.
func (a *Area) body(c echo.Context, e registry.Endpoint) ([]byte, error) {
	body, err := readBody(c.Request().Body)
	var status *echo.HTTPError
	if errors.As(err, &status) && status.Code == http.StatusRequestEntityTooLarge {
		a.refuse(e, refusedLarge)
	}
	return body, err
}

// readBody reads at most bodyLimit bytes; of a longer body it drops a bounded rest.
func readBody(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, bodyLimit+1))
	if err != nil {
		return nil, echo.NewHTTPError(http.StatusBadRequest, "the body ended before it was whole; send it again").SetInternal(err)
	}
	if len(body) > bodyLimit {
		_, _ = io.Copy(io.Discard, io.LimitReader(r, drainLimit-bodyLimit)) // only so that the answer arrives
		return nil, echo.NewHTTPError(http.StatusRequestEntityTooLarge, "send at most 512 KiB")
	}
	return body, nil
}

// proven returns the message as it will be kept, once its sender has proven himself
// as the address's door asks. Without a sender's own id the same bytes are the same
// message: a sender that tries again sends the same.
func (a *Area) proven(c echo.Context, e registry.Endpoint, token string, body []byte) (incidents.Receipt, error) {
	h := c.Request().Header
	r := incidents.Receipt{Raw: body, Headers: incidents.KeptHeaders(h), Proof: proofOf(e.Door)}
	switch e.Door {
	case registry.DoorSigned:
		sentAt, err := a.verify(e, h, body)
		r.SentAt, r.DedupeKey = sentAt, e.ID+"/"+casework.HashToken(h.Get("webhook-id"))
		return r, err
	case registry.DoorAddress, registry.DoorEntra, registry.DoorGoogle:
		if subtle.ConstantTimeCompare([]byte(token), []byte(e.Token)) == 1 {
			r.DedupeKey = e.ID + "/" + casework.HashToken("body "+string(body))
			if e.Door.AsksToken() {
				return r, a.shows(c, e, body)
			}
			return r, nil
		}
	}
	a.refuse(e, refusedForged)
	return r, fault.NotFound
}

// proofOf names how a sender proves himself at a door.
func proofOf(door registry.Door) string {
	if door == registry.DoorSigned {
		return "signature"
	}
	return string(door)
}

// verify proves that the sender holds one of the address's secrets, or a key that it
// knows, and that the message is fresh. It says no more than that to who cannot prove it.
func (a *Area) verify(e registry.Endpoint, h http.Header, body []byte) (time.Time, error) {
	refused := echo.NewHTTPError(http.StatusUnauthorized,
		"sign the raw body as Standard Webhooks says (v1 with this address's secret, or v1a with a key that it knows), with the present time")
	sentAt, fresh := a.fresh(h.Get("webhook-timestamp"))
	id := h.Get("webhook-id")
	proven := id != "" && len(id) <= mostID && signed(e, a.opts.Now(), h, body)
	switch {
	case !proven:
		a.refuse(e, refusedForged)
		return time.Time{}, refused
	case !fresh:
		a.refuse(e, refusedStale)
		return time.Time{}, refused
	}
	return sentAt, nil
}

// fresh reports whether the sender's time is within the tolerance of ours.
func (a *Area) fresh(stamp string) (time.Time, bool) {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	sentAt := time.Unix(seconds, 0).UTC()
	age := a.opts.Now().Sub(sentAt)
	return sentAt, age <= tolerance && age >= -tolerance
}

// save keeps a message for good; of a replay it returns the first one's id.
func (a *Area) save(ctx context.Context, e registry.Endpoint, token string, r incidents.Receipt) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, saveWithin)
	defer cancel()
	sum := sha256.Sum256(r.Raw)
	r.ID, r.ProcessorID, r.PracticeID, r.ReceivedAt, r.RawHash = a.opts.NewID(), e.ProcessorID, e.PracticeID, a.opts.Now(), hex.EncodeToString(sum[:])
	r.StatusHash = casework.HashToken(statusToken(token, r.ID))
	id, fresh, err := a.opts.Store.SaveReceipt(ctx, r)
	if err != nil {
		return "", errors.Join(fault.Unavailable, err) // the sender must try again
	}
	if !fresh {
		a.refuse(e, refusedReplayed)
		return id, nil
	}
	if e.Unnoted(r.ReceivedAt) {
		_ = a.opts.Store.TouchEndpoint(ctx, e.PracticeID, e.ID, r.ReceivedAt) // the message is safe; the page then shows an older one as the last
	}
	a.opts.Nudge()
	return id, nil
}

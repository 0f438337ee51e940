package page

import (
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// Limiter counts attempts per key: a login name, an address, a token. Keys are
// kept as salted hashes, and at most Most of them: the one unused longest goes
// first. It is safe for concurrent use.
type Limiter struct {
	now   func() time.Time
	every rate.Limit
	burst int
	most  int
	salt  [16]byte

	mu     sync.Mutex
	recent *list.List // of *bucket, newest first
	byKey  map[[sha256.Size]byte]*list.Element
}

type bucket struct {
	key   [sha256.Size]byte
	limit *rate.Limiter
}

// NewLimiter allows burst attempts at once and then one every interval, for at
// most most keys at a time.
func NewLimiter(burst int, interval time.Duration, most int, now func() time.Time) *Limiter {
	l := &Limiter{now: now, every: rate.Every(interval), burst: burst, most: most, recent: list.New(), byKey: map[[sha256.Size]byte]*list.Element{}}
	_, _ = rand.Read(l.salt[:]) // crypto/rand never fails
	return l
}

// Allow counts one attempt. When it is one too many, it says how long to wait.
func (l *Limiter) Allow(key string) (bool, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	booking := l.bucket(key).limit.ReserveN(now, 1)
	wait := booking.DelayFrom(now)
	if !booking.OK() || wait > 0 {
		booking.CancelAt(now)
		return false, wait
	}
	return true, 0
}

func (l *Limiter) bucket(key string) *bucket {
	hashed := sha256.Sum256(append(l.salt[:], key...))
	if at, known := l.byKey[hashed]; known {
		l.recent.MoveToFront(at)
		return at.Value.(*bucket)
	}
	if l.recent.Len() >= l.most {
		oldest := l.recent.Back()
		delete(l.byKey, oldest.Value.(*bucket).key)
		l.recent.Remove(oldest)
	}
	b := &bucket{key: hashed, limit: rate.NewLimiter(l.every, l.burst)}
	l.byKey[hashed] = l.recent.PushFront(b)
	return b
}

// Forget lets a key begin anew.
func (l *Limiter) Forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	hashed := sha256.Sum256(append(l.salt[:], key...))
	if at, known := l.byKey[hashed]; known {
		delete(l.byKey, hashed)
		l.recent.Remove(at)
	}
}

// What one address or one account may ask of the pages: far more than people do,
// and less than it takes to keep others waiting. Doors that are worth guessing at
// have limits of their own, much lower; so have machines.
const (
	pagesAtOnce = 1000
	pagesEvery  = 10 * time.Millisecond
	mostAskers  = 20_000
)

// moderate counts a request for the address that it comes from. Processors and
// programs with a token are counted where their token is read.
func (s *Site) moderate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		path := c.Request().URL.Path
		if strings.HasPrefix(path, "/webhooks/") || strings.HasPrefix(path, "/api/") && c.Path() != "/api/v1/openapi.yaml" {
			return next(c)
		}
		if ok, wait := s.byAddress.Allow(Address(c)); !ok {
			return TooMany(c, wait)
		}
		return next(c)
	}
}

// TooMany sets Retry-After and returns the error for 429.
func TooMany(c echo.Context, wait time.Duration) error {
	c.Response().Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	return echo.NewHTTPError(http.StatusTooManyRequests)
}

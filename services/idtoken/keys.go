package idtoken

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"datalek/incidents/fault"
)

const (
	// askWithin bounds one call for keys, askEvery is the least time between two: a
	// token that names a key nobody has must not make a call each time.
	askWithin = 5 * time.Second
	askEvery  = time.Minute
	// keysFresh is how long keys are used without asking again, keysLast how long
	// they are when the issuer cannot be asked.
	keysFresh = 12 * time.Hour
	keysLast  = 48 * time.Hour

	mostAnswer = 256 << 10 // bytes; the large issuers publish less than 20 KiB
	mostKeys   = 100
	mostKeyID  = 256
	leastBits  = 2048
	mostBits   = 8192
)

// errUnknownKey means that the issuer has no key of that name.
var errUnknownKey = errors.New("the issuer has no such key")

// publicKey is one of an issuer's keys. Microsoft says with each whose tokens it
// signs; "" says nothing.
type publicKey struct {
	key    *rsa.PublicKey
	issuer string
}

// keySet are the keys that one issuer publishes (RFC 7517).
type keySet struct {
	address string
	client  *http.Client
	now     func() time.Time
	turn    chan struct{} // held by the one who asks

	mu      sync.Mutex
	byID    map[string]publicKey
	gotAt   time.Time
	askedAt time.Time
	failed  error // of the last call
}

func newKeySet(address string, client *http.Client, now func() time.Time) *keySet {
	return &keySet{address: address, client: client, now: now, turn: make(chan struct{}, 1)}
}

// key returns the key with an id; errUnknownKey when the issuer has none,
// fault.Unavailable when he cannot be asked.
func (s *keySet) key(ctx context.Context, id string) (publicKey, error) {
	if k, known := s.known(id, keysFresh); known {
		return k, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin) // others wait for the answer too
	defer cancel()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return publicKey{}, fmt.Errorf("wait for an issuer's keys: %w", fault.Unavailable)
	}
	if k, known := s.known(id, keysFresh); known {
		return k, nil
	}
	failed := s.askOnce(ctx)
	if k, known := s.known(id, keysLast); known {
		return k, nil
	}
	if failed != nil {
		return publicKey{}, errors.Join(fault.Unavailable, failed)
	}
	return publicKey{}, errUnknownKey
}

// known returns a key that was published at most a while ago.
func (s *keySet) known(id string, within time.Duration) (publicKey, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.byID[id]
	return k, known && s.now().Sub(s.gotAt) < within
}

// askOnce asks for the keys unless that was done just now, and says how the last
// call failed.
func (s *keySet) askOnce(ctx context.Context) error {
	s.mu.Lock()
	since := s.now().Sub(s.askedAt)
	if !s.askedAt.IsZero() && since >= 0 && since < askEvery {
		defer s.mu.Unlock()
		return s.failed
	}
	s.askedAt = s.now()
	s.mu.Unlock()
	keys, err := s.ask(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed = err; err == nil {
		s.byID, s.gotAt = keys, s.now()
	}
	return err
}

func (s *keySet) ask(ctx context.Context) (map[string]publicKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for an issuer's keys: %w", err)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for an issuer's keys: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read an issuer's keys: %w", err)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("ask for an issuer's keys: it answered %d", answer.StatusCode)
	case len(raw) > mostAnswer:
		return nil, errors.New("read an issuer's keys: the answer is too long")
	}
	return readKeys(raw)
}

// readKeys keeps the keys of a set that can sign with RS256; others are left alone.
func readKeys(raw []byte) (map[string]publicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, fmt.Errorf("read an issuer's keys: %w", err)
	}
	keys := map[string]publicKey{}
	for _, one := range set.Keys[:min(len(set.Keys), mostKeys)] {
		var jwk jose.JSONWebKey
		var more struct {
			Issuer string `json:"issuer"`
		}
		if json.Unmarshal(one, &jwk) != nil || json.Unmarshal(one, &more) != nil {
			continue
		}
		key, usable := jwk.Key.(*rsa.PublicKey)
		if !usable || jwk.KeyID == "" || jwk.Use != "" && jwk.Use != "sig" || jwk.Algorithm != "" && jwk.Algorithm != string(jose.RS256) ||
			key.N.BitLen() < leastBits || key.N.BitLen() > mostBits {
			continue
		}
		keys[jwk.KeyID] = publicKey{key, more.Issuer}
	}
	if len(keys) == 0 {
		return nil, errors.New("read an issuer's keys: there is none that can be used")
	}
	return keys, nil
}

// seen verifies one token's signature and keeps what was signed, and what went wrong.
type seen struct {
	keys    *keySet
	issuer  func(ofKey string) bool // whether the key may sign for the issuer
	payload []byte
	err     error
}

// VerifySignature implements oidc.KeySet.
func (s *seen) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(jws.Signatures) != 1 {
		return nil, errors.New("the token cannot be read")
	}
	id := jws.Signatures[0].Header.KeyID
	if id == "" || len(id) > mostKeyID {
		return nil, errUnknownKey
	}
	key, err := s.keys.key(ctx, id)
	if err != nil {
		s.err = err
		return nil, err
	}
	payload, err := jws.Verify(key.key)
	if err != nil {
		return nil, errors.New("the signature is not of that key")
	}
	if !s.issuer(key.issuer) {
		return nil, errors.New("the key signs for another issuer")
	}
	s.payload = payload
	return payload, nil
}

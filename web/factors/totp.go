package factors

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"image/png"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

const (
	issuer = "datalek"
	// stepLength is how long a code of the app counts (RFC 6238 section 5.2); the
	// step before and the one after do too, for clocks that differ.
	stepLength  = 30 * time.Second
	codeDigits  = 6
	secretBytes = 20  // RFC 4226 section 4 recommends 160 bits
	pictureSize = 264 // pixels
)

func secretText() base32.Encoding { return *base32.StdEncoding.WithPadding(base32.NoPadding) }

// newSecret makes up what an app and the program will share.
func newSecret() string {
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // crypto/rand never fails
	encoding := secretText()
	return encoding.EncodeToString(raw)
}

// stepOf finds the step whose code this is, only after the last one used.
func stepOf(secret, code string, last int64, now time.Time) (step int64, right bool) {
	code = strings.Join(strings.Fields(code), "")
	at := now.Unix() / int64(stepLength/time.Second)
	for _, s := range []int64{at - 1, at, at + 1} {
		match, err := hotp.ValidateCustom(code, uint64(s), secret, hotp.ValidateOpts{Digits: codeDigits, Algorithm: otp.AlgorithmSHA1})
		if err == nil && match && s > last {
			step, right = s, true
		}
	}
	return step, right
}

// wrongCode is the fault of a code that is not right, or was used.
func wrongCode(field string) error {
	return &fault.Error{Code: fault.Invalid, Field: field, Key: "error.factor_code", Message: "this code is not right, or was used already; wait for the next one"}
}

// useCode takes a code of the user's app, each once: of two requests with the
// same code one wins.
func (a *Area) useCode(ctx context.Context, u registry.User, code string) error {
	_, err := a.opts.Store.UpdateUser(ctx, u.ID, func(u *registry.User) error {
		step, right := stepOf(u.Factors.AppSecret, code, u.Factors.AppStep, a.now())
		if !u.Factors.HasApp() || !right {
			return wrongCode("code")
		}
		u.Factors.AppStep = step
		return nil
	})
	if err != nil && !errors.Is(err, fault.Invalid) {
		return fmt.Errorf("use a code: %w", err)
	}
	return err
}

// appKey is what an app reads to know the account.
type appKey struct {
	Picture template.URL // of the QR code
	Link    template.URL // opens an app on the same device
	Secret  string       // in groups of four, for who types it
}

// keyOf draws a secret for an account.
func keyOf(login, secret string) (appKey, error) {
	encoding := secretText()
	raw, err := encoding.DecodeString(secret)
	if err != nil {
		return appKey{}, fmt.Errorf("read an app's secret: %w", err)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: login, Secret: raw})
	if err != nil {
		return appKey{}, fmt.Errorf("make an app's key: %w", err)
	}
	drawn, err := key.Image(pictureSize, pictureSize)
	if err != nil {
		return appKey{}, fmt.Errorf("draw an app's key: %w", err)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, drawn); err != nil {
		return appKey{}, fmt.Errorf("draw an app's key: %w", err)
	}
	return appKey{Picture: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(file.Bytes())), //nolint:gosec // base64
		Link: template.URL(key.URL()), Secret: grouped(secret, 4)}, nil //nolint:gosec // a URL of the library's own making
}

// grouped sets a blank after every n characters.
func grouped(text string, n int) string {
	var parts []string
	for len(text) > n {
		parts, text = append(parts, text[:n]), text[n:]
	}
	return strings.Join(append(parts, text), " ")
}

package account

import (
	"time"

	"github.com/labstack/echo/v4"

	"datalek/web/page"
)

// How often somebody may try to come in: ten passwords at once for one account
// and then one a minute, five codes and then one in two minutes, and four times
// as many tries as passwords from one address, behind which a whole practice may sit.
const (
	accountBurst = 10
	addressBurst = 40
	codeBurst    = 5
	accountEvery = time.Minute
	addressEvery = 15 * time.Second
	codeEvery    = 2 * time.Minute
	mostLimits   = 20_000
)

// Tries counts how often somebody tries to come in, by account and by address.
// It is safe for concurrent use.
type Tries struct{ byAccount, byAddress, codes *page.Limiter }

// NewTries returns a count at nothing.
func NewTries(now func() time.Time) *Tries {
	return &Tries{
		byAccount: page.NewLimiter(accountBurst, accountEvery, mostLimits, now),
		byAddress: page.NewLimiter(addressBurst, addressEvery, mostLimits, now),
		codes:     page.NewLimiter(codeBurst, codeEvery, mostLimits, now)}
}

// Password counts a password tried for a login; the error is for 429.
func (t *Tries) Password(c echo.Context, login string) error {
	if err := t.Address(c); err != nil {
		return err
	}
	if ok, wait := t.byAccount.Allow(login); !ok {
		return page.TooMany(c, wait)
	}
	return nil
}

// Code counts a code of an app or a recovery code tried for a user; the error is
// for 429. Right forgets the count.
func (t *Tries) Code(c echo.Context, user string) error {
	if err := t.Address(c); err != nil {
		return err
	}
	if ok, wait := t.codes.Allow(user); !ok {
		return page.TooMany(c, wait)
	}
	return nil
}

// Right forgets the codes that a user tried: the last one was right.
func (t *Tries) Right(user string) { t.codes.Forget(user) }

// Address counts a try of any kind from the request's address; the error is for 429.
func (t *Tries) Address(c echo.Context) error {
	if ok, wait := t.byAddress.Allow(page.Address(c)); !ok {
		return page.TooMany(c, wait)
	}
	return nil
}

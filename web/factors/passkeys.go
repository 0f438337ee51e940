package factors

import (
	"encoding/base64"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
)

// keyOffer is what a page knows about passkeys.
type keyOffer struct {
	Offered bool
}

// offerKeys says whether passkeys can be used here.
func (a *Area) offerKeys(echo.Context, bool) keyOffer { return keyOffer{} }

// keyRow is a passkey in the list.
type keyRow struct {
	ID, Name        string
	Created, UsedAt time.Time
	Used            bool
}

func keyRows(f registry.Factors) []keyRow {
	var rows []keyRow
	for _, k := range f.Passkeys {
		rows = append(rows, keyRow{base64.RawURLEncoding.EncodeToString(k.ID), k.Name, k.CreatedAt, k.UsedAt, !k.UsedAt.IsZero()})
	}
	return rows
}

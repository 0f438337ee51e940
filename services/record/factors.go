package record

import (
	"time"

	"datalek/incidents/registry"
)

// factors is the stored form of registry.Factors, inside a user's sealed part.
type factors struct {
	GraceUntil     time.Time `json:"grace_until"`
	AppSecret      string    `json:"app_secret"`
	AppStep        int64     `json:"app_step"`
	AppSince       time.Time `json:"app_since"`
	Passkeys       []passkey `json:"passkeys"`
	RecoveryHashes []string  `json:"recovery_hashes"`
	RecoverySince  time.Time `json:"recovery_since"`
}

// passkey is the stored form of registry.Passkey.
type passkey struct {
	ID             []byte    `json:"id"`
	Name           string    `json:"name"`
	PublicKey      []byte    `json:"public_key"`
	Transports     []string  `json:"transports"`
	SignCount      int64     `json:"sign_count"`
	BackupEligible bool      `json:"backup_eligible"`
	BackedUp       bool      `json:"backed_up"`
	CreatedAt      time.Time `json:"created_at"`
	UsedAt         time.Time `json:"used_at"`
}

func fromFactors(f registry.Factors) factors {
	return factors{
		GraceUntil: cut(f.GraceUntil), AppSecret: f.AppSecret, AppStep: f.AppStep, AppSince: cut(f.AppSince),
		Passkeys: list(f.Passkeys, func(k registry.Passkey) passkey {
			k.CreatedAt, k.UsedAt = cut(k.CreatedAt), cut(k.UsedAt)
			return passkey(k)
		}),
		RecoveryHashes: f.RecoveryHashes, RecoverySince: cut(f.RecoverySince),
	}
}

func (f factors) value() registry.Factors {
	return registry.Factors{
		GraceUntil: cut(f.GraceUntil), AppSecret: f.AppSecret, AppStep: f.AppStep, AppSince: cut(f.AppSince),
		Passkeys: list(f.Passkeys, func(k passkey) registry.Passkey {
			k.CreatedAt, k.UsedAt = cut(k.CreatedAt), cut(k.UsedAt)
			return registry.Passkey(k)
		}),
		RecoveryHashes: f.RecoveryHashes, RecoverySince: cut(f.RecoverySince),
	}
}

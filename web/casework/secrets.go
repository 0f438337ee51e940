package casework

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// Secret returns n random bytes as URL-safe text.
func Secret(n int) string { return base64.RawURLEncoding.EncodeToString(randomBytes(n)) }

// NewToken returns a new key to the API. It begins in a way by which programs that
// look for leaked secrets know it.
func NewToken() string { return "dlk_" + Secret(24) }

// HashToken returns the hex SHA-256 under which a token is kept and found.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand, Go 1.24)
	return b
}

package register_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"datalek/incidents/register"
)

// Whoever is given a register's file by another checks it before he trusts it: a
// file that is none is said to be none.
func FuzzReadFile(f *testing.F) {
	for _, seed := range []string{"", "{}", "[]", `{"practice":"p","entries":[]}`, `{"practice":"p","made":{},"key":"k","entries":[{"seq":1,"event":{}}],"heads":[{"number":1,"note":"x","size":1}],"proofs":[{"from":0,"to":1,"hashes":[]}]}`,
		`{"entries":[{"seq":9223372036854775807}],"proofs":[{"from":-1,"to":9223372036854775807}]}`, `{"entries":{}}`, `{"entries":[null,null]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := register.ReadFile(bytes.NewReader(raw))
		if (file == nil) == (err == nil) {
			t.Fatalf("the file is %v and the fault %v", file, err)
		}
		if err == nil && file.Audit == nil {
			t.Error("a file without entries is taken")
		}
	})
}

// A head is believed only when its text is as it was signed, whatever stands around it.
func FuzzOpenHead(f *testing.F) {
	secret, key, err := register.NewHeadKey(bytes.NewReader(bytes.Repeat([]byte("k"), 64)))
	if err != nil {
		f.Fatal(err)
	}
	signer, err := register.NewHeadSigner(secret)
	if err != nil {
		f.Fatal(err)
	}
	verifier, err := register.NewHeadVerifier(key)
	if err != nil {
		f.Fatal(err)
	}
	head := register.TreeHead{Practice: "p", Size: 7, At: time.Date(2027, 3, 5, 12, 0, 0, 0, time.UTC)}
	signed, err := signer.Sign(head)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed, key)
	f.Add("> "+strings.ReplaceAll(signed, "\n", "\n> "), "")
	f.Add(strings.Replace(signed, "\n7\n", "\n8\n", 1), key+" ")
	f.Add("", "datalek-0+0+A")
	f.Fuzz(func(t *testing.T, text, other string) {
		if got, err := verifier.Open(text); err == nil && got != head {
			t.Errorf("%q was never signed and reads %+v", text, got)
		}
		if v, err := register.NewHeadVerifier(other); err == nil {
			_, _ = v.Open(text) // whoever's key it is, reading ends
		}
	})
}

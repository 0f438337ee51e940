package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Story of an address: a practice makes it in the browser and gives it to its supplier,
// who tries it and then reports from a script. A stranger saw the secret, so it is
// replaced; both count until the old one is dropped. At the end the address is closed.
func TestStoryOfAnAddressFromItsMakingToItsEnd(t *testing.T) {
	d := startDemo(t, "--empty")
	d.must(201, "POST", "/processors", object{"id": "hoster", "name": "Hoster BV"}, nil)
	d.must(201, "POST", "/systems", object{"id": "dossier", "name": "Dossiers", "processor": "hoster", "categories": []string{"name"}, "identifiability": "identified"}, nil)
	p := &person{visitor: openBrowser(t, d.BaseURL, phoneWidth), t: t, disturb: func() {}}
	p.logIn(d)
	p.open("/processors/hoster/addresses")
	p.click("Maak een adres met handtekening")
	p.sees("Het adres staat klaar.", "Er kwam nog niets binnen.")
	p.click("Stuur een testbericht")
	p.sees("Het testbericht is aangenomen.")

	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	shown := func() (address, secret string) { // the newest secret
		p.unfold("Laat het geheim zien")
		words := p.words()
		return regexp.MustCompile(`http://\S+/webhooks/processors/[A-Za-z0-9_-]{32}`).FindString(words), regexp.MustCompile(`whsec_[A-Za-z0-9+/=]{44}`).FindString(words)
	}
	address, secret := shown()
	first, to := file("first", secret), file("to", address)
	report := func(secret string, more ...string) []string {
		return append([]string{"report", "send", "--to-file", to, "--secret-file", secret, "--summary", "Vreemden lazen mee."}, more...)
	}
	const took = "received and stored as report"
	holds(t, report(first, "--reference", "T-1", "--test"), took)
	holds(t, report(first, "--reference", "T-1", "--dry-run"), "webhook-signature: v1,", "Vreemden lazen mee.")
	if n := len(d.cases()); n != 0 {
		t.Errorf("tests and a dry run made %d cases", n)
	}
	holds(t, report(first, "--reference", "R-1", "--id", "msg_1"), took, "/reported/")
	holds(t, report(first, "--reference", "R-1", "--id", "msg_1"), took)
	await(t, "one case", func() error {
		if n := len(d.cases()); n != 1 {
			return errNot("%d cases", n)
		}
		return nil
	})

	p.click("Maak een nieuw geheim")
	p.sees("Er is een nieuw geheim.", "Er gelden nu twee geheimen.")
	_, renewed := shown()
	if renewed == secret || renewed == "" {
		t.Fatal("the page shows no new secret")
	}
	second := file("second", renewed)
	holds(t, report(first, "--reference", "R-2"), took)
	holds(t, report(second, "--reference", "R-2", "--stage", "update"), took)
	p.click("Stop het oude geheim nu")
	p.sees("Het oude geheim geldt niet meer.")
	breaks(t, report(first, "--reference", "R-3"), "the signature does not count there")
	key := filepath.Join(folder, "own.key")
	public, err := command(t, nil, "report", "key", key)
	if err != nil {
		t.Fatalf("%v: %s", err, public)
	}
	own := []string{"report", "send", "--to-file", to, "--key-file", key, "--summary", "Vreemden lazen mee.", "--reference", "R-2", "--stage", "final"}
	breaks(t, own, "the signature does not count there")
	p.fill("Openbare sleutel", strings.TrimSpace(public))
	p.click("Voeg deze sleutel toe")
	p.sees("De sleutel is toegevoegd.")
	holds(t, own, took)

	p.click("Trek dit adres in")
	p.sees("neemt dan niets meer aan")
	p.click("Trek het adres in")
	p.sees("Het adres is ingetrokken.")
	breaks(t, report(second, "--reference", "R-4"), "the practice closed this address")
	await(t, "two cases, the second with three reports", func() error {
		cases := d.cases()
		if len(cases) != 2 {
			return errNot("%d cases", len(cases))
		}
		return nil
	})
	p.open("/triage?show=aside")
	p.sees("Hoster BV", "Test")
}

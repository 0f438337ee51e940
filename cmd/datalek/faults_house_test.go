package main_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"datalek/incidents/registry"
	"datalek/web/casework"
)

// checkLeft lets the real program open the house after so many kills, a few
// minutes later, and holds every promise against it: at least so many mails go out,
// also those that a kill cut off, and people were told of the incidents by mail.
func (h *house) checkLeft(kills, mails int, approved ...string) {
	h.tb.Helper()
	token := "dlk_" + casework.Secret(24)
	err := h.store.CreateToken(context.Background(), registry.Token{ID: "t-1", PracticeID: "p-1", Hash: casework.HashToken(token), Name: "proof", CreatedAt: realNow()})
	if err != nil {
		h.tb.Fatal(err)
	}
	h.close()
	p := newProof(h.tb)
	p.api = &demo{t: h.tb, dir: h.tb.TempDir(), access: access{APIToken: token}}
	p.api.moveClock(3 * time.Minute) // leases have ended
	served := newProgram(h.tb, "all", h.dir, append(os.Environ(), "DATALEK_TEST_CLOCK="+p.api.clockFile()), "--smtp", "smtp://"+h.server.Addr()+"?tls=none")
	served.serve()
	served.awaitReady()
	p.api.BaseURL = served.url()
	p.boxes, p.others = append(p.boxes, h.server), true
	p.cut(kills)
	for _, incident := range approved {
		p.approveNotice(incident)
	}
	await(h.tb, "every mail went out", func() error {
		if n := h.server.Count(); n < mails {
			return errNot("%d of %d", n, mails)
		}
		return nil
	})
	p.check()
	served.stop()
	served.checkFolder()
	out, err := command(h.tb.(*testing.T), nil, "verify", "--data", h.dir)
	if err != nil || !strings.Contains(out, "chain whole") {
		h.tb.Errorf("verify ends with %v and says %s", err, out)
	}
	h.tb.Log(p.summary())
}

package smtpmail_test

import (
	"context"
	"testing"

	"datalek/incidents"
	"datalek/services/devstack"
)

// TestNoMailOfADrillLeaves is the second guard: whatever else went wrong, a mail
// that is made up, or that has an address of a drill, is not handed over.
func TestNoMailOfADrillLeaves(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{})
	s := sender(t, account(t, server.Addr()))
	made := "iemand@" + incidents.DrillDomain
	for name, change := range map[string]func(*incidents.Mail){
		"it says so":                     func(m *incidents.Mail) { m.Drill = true },
		"its reader is made up":          func(m *incidents.Mail) { m.To.Email = made },
		"its sender is made up":          func(m *incidents.Mail) { m.From.Email = "Praktijk@OEFENING.example" },
		"its answers go to a made-up":    func(m *incidents.Mail) { m.ReplyTo.Email = made },
		"what comes back is for a drill": func(m *incidents.Mail) { m.ReturnPath = made },
	} {
		t.Run(name, func(t *testing.T) {
			m := mailTo(1)
			change(&m)
			send, _ := s.Prepare(m)(context.Background())
			for _, a := range []incidents.Answer{s.Send(context.Background(), m), send(context.Background())} {
				if a.Kind != incidents.RefusedPerson || a.Stage != "compose" {
					t.Errorf("answered %+v, want a refusal before anything is handed over", a)
				}
			}
		})
	}
	if n := server.Count(); n != 0 {
		t.Errorf("%d mails of drills left", n)
	}
	if a := s.Send(context.Background(), mailTo(2)); a.Kind != incidents.Accepted || server.Count() != 1 {
		t.Errorf("a real mail is answered %+v", a)
	}
}

package smtpmail_test

import (
	"context"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/services/devstack"
	"datalek/services/smtpmail"
)

// kinds sends n mails one after the other, each to another person.
func kinds(t *testing.T, s *smtpmail.Sender, n int) []incidents.AnswerKind {
	t.Helper()
	var got []incidents.AnswerKind
	for i := range n {
		got = append(got, s.Send(t.Context(), mailTo(i)).Kind)
	}
	return got
}

func TestAServerThatGreylistsTakesTheSecondTry(t *testing.T) {
	s := sender(t, account(t, serve(t, devstack.SMTPOptions{Behave: devstack.Greylist(1)}).Addr()))
	first, second := kinds(t, s, 2), kinds(t, s, 2)
	want := [][]incidents.AnswerKind{{incidents.Later, incidents.Later}, {incidents.Accepted, incidents.Accepted}}
	if diff := cmp.Diff(want, [][]incidents.AnswerKind{first, second}); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestEveryThirdPersonRefusedHindersNoOther(t *testing.T) {
	s := sender(t, account(t, serve(t, devstack.SMTPOptions{Behave: devstack.RefuseEvery(3)}).Addr()))
	yes, no := incidents.Accepted, incidents.RefusedPerson
	if diff := cmp.Diff([]incidents.AnswerKind{yes, yes, no, yes, yes, no}, kinds(t, s, 6)); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestAConnectionCutOffAfterFiftyMailsCostsNone(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{Behave: devstack.CutOff(50)})
	for n, kind := range kinds(t, sender(t, account(t, server.Addr())), 101) {
		if kind != incidents.Accepted {
			t.Errorf("mail %d is %s", n, kind)
		}
	}
	if server.Count() != 101 || server.Connections() != 3 {
		t.Errorf("%d mails over %d connections, want 101 over 3", server.Count(), server.Connections())
	}
}

func TestAnExpiredCertificateIsRefused(t *testing.T) {
	old, roots, err := devstack.Expired("localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, devstack.SMTPOptions{Security: devstack.StartTLS, Certificate: &old})
	a := account(t, server.Addr())
	a.TLS, a.RootCAs = smtpmail.StartTLS, roots
	wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.RefusedAccount, "starttls", 0, "expired")
}

// bearerOnly logs in by OAUTHBEARER or not at all.
type bearerOnly struct{}

func (bearerOnly) Login(_ context.Context, user string, offers func(string) bool) (sasl.Client, string, error) {
	if !offers(sasl.OAuthBearer) {
		return nil, "", nil
	}
	return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: user, Token: "token"}), "token", nil
}

func (bearerOnly) Refused(string) {}

func (bearerOnly) Final(error) bool { return false }

func TestOAuthBearerLogsIn(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{Tokens: func(user, token string) bool { return user == "anna" && token == "token" }})
	a := account(t, server.Addr())
	a.Username, a.Tokens = "anna", bearerOnly{}
	wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.Accepted, "data", 250, "")
}

func TestAServerWithoutLoginByTokenIsRefused(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{Username: "anna", Password: "geheim"})
	a := account(t, server.Addr())
	a.Username, a.Tokens = "anna", bearerOnly{}
	wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.RefusedAccount, "auth", 0, "no login")
}

func TestAHungLoginIsCutOff(t *testing.T) {
	server := serve(t, devstack.SMTPOptions{Username: "anna", Password: "geheim", Behave: devstack.HangAt(devstack.AtAuth)})
	a := account(t, server.Addr())
	a.Username, a.Password, a.CommandTimeout = "anna", "geheim", 50*time.Millisecond
	wantAnswer(t, sender(t, a).Send(t.Context(), mailTo(1)), incidents.Later, "auth", 0, "")
}

package main_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"datalek/services/devstack"
)

// Story: mails that came back. A served host with a mail server and a mailbox;
// what returns is read from the mailbox, or posted.
func TestStoryReturnedMail(t *testing.T) {
	h := startMailHost(t)
	d := h.demo
	for n, name := range []string{"an", "bea", "cas"} {
		d.must(201, "POST", "/clients", object{"external_id": name, "name": "Cliënt " + name, "email": name + "@post.example", "phone": fmt.Sprintf("+31 6 0000000%d", n),
			"guidance": []object{{"from": "2025-01-01"}}}, nil)
	}
	incident, _ := h.fileRead("an", "bea", "cas")
	notice := h.tellClients(t, incident)
	met := awaitClient(t, d, incident, "met", 3)
	h.readSent()

	t.Run("a bounce that lies in the mailbox hours later takes back what was told", func(t *testing.T) {
		h.pass(10 * time.Hour)
		h.lies(dsn(h.sent["an"], "bericht@praktijk.example", "an@post.example", "failed", "5.1.1"))
		h.pass(61 * time.Second)
		row := awaitState(t, d, notice, "an", "bounced")
		if len(row.Returned) != 1 || row.Returned[0].Kind != "hard" || row.Returned[0].MatchedBy != "message_id" || row.Returned[0].Effect != "bounced" {
			t.Errorf("%+v", row)
		}
		c := awaitClient(t, d, incident, "running", 2)
		if !c.DueAt.Equal(*met.DueAt) {
			t.Errorf("due %s, was %s", c.DueAt, met.DueAt)
		}
		p := h.visit(t)
		p.open("/notices/" + notice + "/progress")
		p.sees("Cliënt an", "Teruggekomen op", "dit adres bestaat niet", "Bel en leg vast")
		p.open(incident)
		p.sees("Een e-mail kwam terug: bel of schrijf")
	})
	t.Run("told by phone meets the clock again", func(t *testing.T) {
		row := awaitState(t, d, notice, "an", "bounced")
		d.must(200, "POST", "/deliveries/"+row.ID+"/told", object{"by": "phone", "at": h.now().UTC().Format(time.RFC3339), "note": "Gebeld."}, nil)
		awaitClient(t, d, incident, "met", 3)
	})
	t.Run("what proves nothing changes nothing", func(t *testing.T) {
		for _, raw := range []string{
			dsn(h.sent["bea"], "bericht@praktijk.example", "bea@elsewhere.example", "failed", "5.1.1"),
			dsn(strings.Repeat("f", 24)+"@praktijk.example", "bericht@praktijk.example", "bea@post.example", "failed", "5.1.1"),
			dsn("x@y.example", "bounces+"+strings.SplitN(h.sent["bea"], "@", 2)[0]+"-aaaaaaaaaaaaaaaa@host.example", "bea@post.example", "failed", "5.1.1"),
		} {
			h.posts(t, raw, http.StatusAccepted)
		}
		p := h.visit(t)
		await(t, "they are counted", func() error {
			p.open("/returns")
			if !strings.Contains(p.words(), "3 berichten horen nergens bij") {
				return errNot("%s", p.words())
			}
			return nil
		})
		if strings.Contains(p.words(), "bea@") {
			t.Error("the page tells whose mail it is")
		}
		awaitClient(t, d, incident, "met", 3)
	})
	t.Run("an automatic answer is recorded and nothing more", func(t *testing.T) {
		h.posts(t, "From: Bea <bea@post.example>\r\nTo: bericht@praktijk.example\r\nSubject: Afwezig\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: <"+h.sent["bea"]+">\r\n\r\nTot maandag.\r\n", http.StatusAccepted)
		await(t, "it is recorded", func() error {
			if row := delivery(t, d, notice, "bea"); row.State != "sent" || len(row.Returned) != 1 || row.Returned[0].Kind != "out_of_office" {
				return errNot("%+v", row)
			}
			return nil
		})
		awaitClient(t, d, incident, "met", 3)
	})
	t.Run("a posted bounce at the mail's own address counts, whoever it names", func(t *testing.T) {
		raw := dsn("lost@elsewhere.example", h.envelope["cas"], "intern@elsewhere.example", "failed", "5.1.1")
		for range 2 { // at the host's own address, which needs no other token
			if status, answer := h.raw(http.MethodPost, h.BaseURL+h.address, raw); status != http.StatusAccepted {
				t.Fatalf("answered %d %s", status, answer)
			}
		}
		row := awaitState(t, d, notice, "cas", "bounced")
		if len(row.Returned) != 1 || row.Returned[0].MatchedBy != "token" {
			t.Errorf("%+v", row.Returned)
		}
		awaitClient(t, d, incident, "running", 2)
	})
	t.Run("more than 512 KiB is refused", func(t *testing.T) {
		h.posts(t, strings.Repeat("a", 512<<10+1), http.StatusRequestEntityTooLarge)
	})
	t.Run("a practice makes its own address", func(t *testing.T) {
		p := h.visit(t)
		p.open("/returns")
		p.click("Maak het adres")
		p.sees("Het adres is gemaakt.")
		own := regexp.MustCompile(`/webhooks/mail/\S+`).FindString(p.words())
		if status, answer := h.raw(http.MethodPost, h.BaseURL+own, "From: x@y.example\r\n\r\nwords\r\n"); own == h.address || status != http.StatusAccepted {
			t.Errorf("%q answered %d %s", own, status, answer)
		}
	})
	t.Run("the mailbox is as it was", func(t *testing.T) {
		if unseen, err := h.box.Unseen("INBOX"); err != nil || unseen != 2 {
			t.Errorf("%d unread, %v; want the client's letter and the bounce", unseen, err)
		}
	})
}

// mailHost is the served program with one practice, a mail server and a mailbox.
type mailHost struct {
	*served
	box      *devstack.IMAPServer
	address  string            // at which returned mail of all practices is posted
	sent     map[string]string // Message-ID by who got it
	envelope map[string]string // envelope sender
}

func startMailHost(t *testing.T) *mailHost {
	t.Helper()
	return startMailHostWith(t, devstack.SMTPOptions{})
}

// startMailHostWith is startMailHost with a mail server of one's own manners.
func startMailHostWith(t *testing.T, server devstack.SMTPOptions) *mailHost {
	t.Helper()
	h := &mailHost{served: newServed(t, server), sent: map[string]string{}, envelope: map[string]string{}}
	var err error
	if h.box, err = devstack.StartIMAP(devstack.IMAPOptions{Username: "bounces@host.example", Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.box.Close() })
	h.lies("From: Bea <bea@post.example>\r\nSubject: Dank u\r\n\r\nNiet om te lezen.\r\n")
	h.environ = []string{"SSL_CERT_FILE=" + h.secretFile("roots.pem", string(h.box.CertificatePEM()))}
	h.args = []string{"--imap", "imaps://bounces@host.example@" + h.box.Addr() + "/INBOX", "--imap-password-file", h.secretFile("password", "secret"),
		"--return-address", "bounces@host.example", "--return-trusted"}
	h.addOwn(t, "Praktijk", "Anna", "bericht@praktijk.example")
	out, err := command(t, nil, "returns", "address", "--data", h.data(), "--base-url", "https://host.example/")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h.address = strings.TrimPrefix(strings.TrimSpace(out), "https://host.example")
	h.serve()
	return h
}

// lies puts a message into the mailbox.
func (h *mailHost) lies(raw string) {
	h.t.Helper()
	if err := h.box.Put("INBOX", []byte(raw), time.Now()); err != nil {
		h.t.Fatal(err)
	}
}

// posts sends a message that came back, as a mail server would.
func (h *mailHost) posts(t *testing.T, raw string, want int) {
	t.Helper()
	if status, answer := h.raw(http.MethodPost, h.BaseURL+"/webhooks/mail", raw, "Content-Type", "message/rfc822", "Authorization", "Bearer "+h.APIToken); status != want {
		t.Fatalf("answered %d %s, want %d", status, answer, want)
	}
}

// readSent notes under which Message-ID and envelope sender each mail left.
func (h *mailHost) readSent() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	if err := h.smtp.Wait(ctx, 3); err != nil {
		h.t.Fatal(err)
	}
	for _, m := range h.smtp.Messages("", 0) {
		name, _, _ := strings.Cut(m.To[0], "@")
		l := parseLetter(h.t, m.Raw)
		h.sent[name], h.envelope[name] = strings.Trim(l.MessageID, "<>"), m.From
		if l.From != "bericht@praktijk.example" || !strings.HasPrefix(m.From, "bounces+") {
			h.t.Errorf("From %s under the envelope %s", l.From, m.From)
		}
	}
}

// dsn is a delivery report as mail servers write it (RFC 3464).
func dsn(messageID, to, recipient, action, status string) string {
	return strings.ReplaceAll(fmt.Sprintf(`Return-Path: <>
From: MAILER-DAEMON@mx.post.example (Mail Delivery System)
To: %s
Subject: Undelivered Mail Returned to Sender
Message-ID: <r-%[1]s@mx.post.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"

--B1
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.post.example

Final-Recipient: rfc822; %s
Action: %s
Status: %s
Diagnostic-Code: smtp; 550 %[4]s no such user

--B1
Content-Type: text/rfc822-headers

Message-ID: <%[5]s>
From: bericht@praktijk.example

--B1--
`, to, recipient, action, status, messageID), "\n", "\r\n")
}

type returnedRow struct {
	ID         string
	ExternalID string `json:"external_id"`
	State      string
	Returned   []struct {
		Kind, Status string
		MatchedBy    string `json:"matched_by"`
		Effect       string
	}
}

// delivery is how the message to one client stands.
func delivery(t *testing.T, d *demo, notice, client string) returnedRow {
	t.Helper()
	var page struct{ Items []returnedRow }
	d.must(200, "GET", "/notices/"+notice+"/deliveries?limit=500", nil, &page)
	for _, row := range page.Items {
		if row.ExternalID == client {
			return row
		}
	}
	t.Fatalf("no delivery to %s: %+v", client, page.Items)
	return returnedRow{}
}

func awaitState(t *testing.T, d *demo, notice, client, state string) returnedRow {
	t.Helper()
	var row returnedRow
	await(t, "the message to "+client+" is "+state, func() error {
		if row = delivery(t, d, notice, client); row.State != state {
			return errNot("it is %s", row.State)
		}
		return nil
	})
	return row
}

// awaitClient waits until the clients' clock is in a state with so many told.
func awaitClient(t *testing.T, d *demo, incident, state string, told int) clockView {
	t.Helper()
	var found clockView
	await(t, fmt.Sprintf("the clock is %s with %d told", state, told), func() error {
		var list struct{ Items []clockView }
		d.must(200, "GET", incident+"/clocks", nil, &list)
		for _, c := range list.Items {
			if c.Kind == "client" {
				found = c
			}
		}
		if found.State != state || found.Told != told {
			return errNot("it is %s with %d told", found.State, found.Told)
		}
		return nil
	})
	return found
}

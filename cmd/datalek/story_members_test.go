package main_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	joinLink  = regexp.MustCompile(`/join/[A-Za-z0-9-]+/[A-Za-z0-9_-]{32}`)
	resetLink = regexp.MustCompile(`/reset/[A-Za-z0-9-]+/[A-Za-z0-9_-]{32}`)
	tokenText = regexp.MustCompile(`dlk_[A-Za-z0-9_-]{32}`)
)

// A coach is invited, makes an account, logs a lost device out, forgets the
// password and gets a link of the host; a program with a key that only reads is
// refused to write.
func TestStoryOfWhoMayComeIn(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	const cas, first, second = "cas@coachpost.example", "een lange eerste zin", "een lange tweede zin"
	owner := loggedIn(t, d.BaseURL, d.Login, d.Password)
	owner.leads("/settings/members/invite", url.Values{"name": {"Cas Coach"}, "email": {cas}, "role": {"coach"}, "mail": {"yes"}}, "/settings/members/invited")
	link := joinLink.FindString(owner.get("/settings/members/invited").Body)
	if link == "" {
		t.Fatal("the owner sees no link")
	}
	d.awaitMail(t, cas, "Uitnodiging voor datalek", link)

	phone := newCaller(t, d.BaseURL)
	phone.leads(link, url.Values{"account_name": {"Cas Coach"}, "password": {first}}, "/")
	if r := newCaller(t, d.BaseURL).get(link); r.Status != http.StatusNotFound {
		t.Errorf("the used link answers %d, want 404", r.Status)
	}
	if r := owner.get("/settings/members"); !strings.Contains(r.Body, "Cas Coach") {
		t.Error("the owner does not see the coach")
	}
	lost := newCaller(t, d.BaseURL)
	lost.leads("/login", url.Values{"login": {cas}, "password": {first}}, "/")
	d.awaitMail(t, cas, "Nieuwe login", "Was u het niet?")
	phone.leads("/settings/devices/others", nil, "/settings/devices")
	if r := lost.get("/settings/account"); r.Status != http.StatusSeeOther {
		t.Errorf("the lost device still sees %d", r.Status)
	}
	if r := phone.get("/settings/devices"); r.Status != http.StatusOK || strings.Count(r.Body, "/end") != 1 {
		t.Errorf("the phone sees %d, with %d devices", r.Status, strings.Count(r.Body, "/end"))
	}

	owner.leads("/settings/tokens/new", url.Values{"name": {"Agenda"}, "scopes": {"incidents:read"}, "days": {"30"}}, "/settings/tokens/made")
	reader := withToken(t, d.BaseURL, tokenText.FindString(owner.get("/settings/tokens/made").Body))
	if r := reader.get("/api/v1/incidents"); r.Status != http.StatusOK {
		t.Errorf("a key that may read incidents = %d", r.Status)
	}
	if r := reader.send(http.MethodPost, "/api/v1/incidents", "application/json", []byte("{}")); r.Status != http.StatusForbidden || !strings.Contains(r.Body, "incidents:write") {
		t.Errorf("a key that may not write = %d %s, want 403 that names incidents:write", r.Status, r.Body)
	}

	d.stop()
	out, err := command(t, nil, "account", "reset", "--data", filepath.Join(d.dir, "data"), "--base-url", d.BaseURL, cas)
	reset := resetLink.FindString(out)
	if err != nil || reset == "" {
		t.Fatalf("account reset: %v\n%s", err, out)
	}
	if out, err = command(t, nil, "account", "list", "--data", filepath.Join(d.dir, "data")); err != nil || !strings.Contains(out, cas) || !strings.Contains(out, "(coach)") {
		t.Errorf("account list: %v\n%s", err, out)
	}
	d.start(strings.TrimPrefix(d.BaseURL, "http://"))
	if r := phone.get("/settings/account"); r.Status != http.StatusOK {
		t.Errorf("a link that nobody used logged the phone out: %d", r.Status)
	}
	newCaller(t, d.BaseURL).leads(reset, url.Values{"password": {second}}, "/login")
	if r := phone.get("/settings/account"); r.Status != http.StatusSeeOther {
		t.Errorf("after the reset the phone still sees %d", r.Status)
	}
	newCaller(t, d.BaseURL).leads("/login", url.Values{"login": {cas}, "password": {second}}, "/")
	d.awaitMail(t, cas, "Wachtwoord opnieuw ingesteld", "Alle apparaten zijn uitgelogd")
	script := withToken(t, d.BaseURL, d.APIToken)
	awaitWithin(t, time.Minute, "all of it in the register", func() error {
		log := script.get("/api/v1/register?limit=500").Body
		for _, kind := range []string{"member.invited", "member.joined", "account.new_device", "account.sessions_ended", "token.made", "account.reset_offered", "account.reset_done"} {
			if !strings.Contains(log, `"`+kind+`"`) {
				return errNot("no %s yet", kind)
			}
		}
		return nil
	})
}

// leads sends a form that must lead somewhere.
func (c *caller) leads(path string, form url.Values, to string) {
	c.t.Helper()
	if r := c.post(path, form); r.Status != http.StatusSeeOther || r.Header.Get("Location") != to {
		c.t.Fatalf("%s answered %d to %q, want %q:\n%.3000s", path, r.Status, r.Header.Get("Location"), to, r.Body)
	}
}

// awaitMail waits for a mail with a subject that says something.
func (d *demo) awaitMail(t *testing.T, to, subject, says string) {
	t.Helper()
	awaitWithin(t, time.Minute, "a mail: "+subject, func() error {
		if slices.ContainsFunc(d.mailsTo(to), func(l letter) bool { return l.Subject == subject && strings.Contains(l.Text, says) }) {
			return nil
		}
		return errNot("no mail %q yet", subject)
	})
}

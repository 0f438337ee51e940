package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"datalek/services/reporter"
)

// reportCmd is for processors: it tells their customers of a breach.
type reportCmd struct {
	Send reportSendCmd `cmd:"" help:"Send a signed report to the address that a practice, or its host, gave you."`
	Key  reportKeyCmd  `cmd:"" help:"Make a key of your own to sign with, and print its public half for the practice's page."`
}

// reportSendCmd sends one report.
type reportSendCmd struct {
	To            string        `help:"Address to report to." xor:"to" required:"" placeholder:"URL"`
	ToFile        string        `name:"to-file" help:"File with the address, so that no list of processes shows it." xor:"to" required:"" placeholder:"FILE"`
	SecretFile    string        `help:"File with the secret of the address (whsec_…)." placeholder:"FILE"`
	KeyFile       string        `help:"File with your own private key (whsk_…), whose public half the address knows." placeholder:"FILE"`
	File          string        `help:"File with the whole report as JSON, - for standard input; or use the flags below." placeholder:"FILE"`
	Reference     string        `help:"Your own number of the breach; later reports with the same one are updates."`
	Stage         string        `help:"initial, update or final." default:"initial" enum:"initial,update,final"`
	Summary       string        `help:"What happened."`
	Service       []string      `help:"Service that is touched; more than once for several."`
	Region        []string      `help:"Region that is touched."`
	CustomerRef   []string      `help:"Customer number that is touched."`
	Category      []string      `help:"Kind of data, such as name, contact or health."`
	Measure       []string      `help:"Measure that was taken."`
	Consequences  string        `help:"Likely consequences."`
	OccurredFrom  time.Time     `help:"When it began, as 2027-03-02T02:48:00Z." placeholder:"TIME"`
	OccurredUntil time.Time     `help:"When it ended." placeholder:"TIME"`
	AwareAt       time.Time     `help:"When you became aware of it." placeholder:"TIME"`
	ID            string        `name:"id" help:"Id of this message: the same id again is the same message. Made when left out." placeholder:"ID"`
	Test          bool          `help:"Only try the way in: it shows as a test, without a case and without a clock."`
	DryRun        bool          `help:"Print the request and send nothing."`
	Within        time.Duration `help:"Go on trying for this long." default:"5m"`
}

// Run sends the report, or prints it.
func (r *reportSendCmd) Run(ctx context.Context, t *terminal) error {
	address, err := oneOf(r.To, r.ToFile)
	if err != nil {
		return err
	}
	keys, err := r.keys()
	if err != nil {
		return err
	}
	body, err := r.body(t)
	if err != nil {
		return err
	}
	id := r.ID
	if id == "" {
		id = newMessageID()
	}
	if r.DryRun {
		return r.show(ctx, t, address, id, keys, body)
	}
	return r.send(ctx, t, address, id, keys, body)
}

// oneOf returns a value, or what stands in a file.
func oneOf(value, file string) (string, error) {
	if file == "" {
		return value, nil
	}
	raw, err := os.ReadFile(file) // #nosec G304 -- the operator names the file
	if err != nil {
		return "", fmt.Errorf("read what the command asks: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

func (r *reportSendCmd) keys() (reporter.Keys, error) {
	secret, err := oneOf("", r.SecretFile)
	if err != nil {
		return reporter.Keys{}, err
	}
	private, err := oneOf("", r.KeyFile)
	if err != nil {
		return reporter.Keys{}, err
	}
	keys, err := reporter.ReadKeys(secret, private)
	if err != nil {
		return keys, fmt.Errorf("%w (--secret-file, --key-file)", err)
	}
	return keys, nil
}

// body is the report from the file, or from the flags.
func (r *reportSendCmd) body(t *terminal) ([]byte, error) {
	if r.File == "" {
		return reporter.Report{Reference: r.Reference, Stage: r.Stage, Summary: r.Summary, Services: r.Service, Regions: r.Region, CustomerRefs: r.CustomerRef,
			Categories: r.Category, Measures: r.Measure, Consequences: r.Consequences, OccurredFrom: r.OccurredFrom, OccurredUntil: r.OccurredUntil, AwareAt: r.AwareAt, Test: r.Test}.Body(t.now())
	}
	in := t.in
	if r.File != "-" {
		file, err := os.Open(r.File)
		if err != nil {
			return nil, fmt.Errorf("read the report: %w", err)
		}
		defer func() { _ = file.Close() }() // read only
		in = file
	}
	body, err := io.ReadAll(io.LimitReader(in, reporter.MostBody+1))
	if err != nil {
		return nil, fmt.Errorf("read the report: %w", err)
	}
	if r.Test {
		return reporter.AsTest(body)
	}
	return body, nil
}

// show prints the request; of the address only the host, since the rest is a secret.
func (r *reportSendCmd) show(ctx context.Context, t *terminal, address, id string, keys reporter.Keys, body []byte) error {
	request, err := reporter.Request(ctx, address, id, keys, body, t.now())
	if err != nil {
		return err
	}
	t.printf("POST %s://%s/…\n", request.URL.Scheme, request.URL.Host)
	for _, name := range []string{"Content-Type", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"} {
		t.printf("%s: %s\n", strings.ToLower(name), request.Header.Get(name))
	}
	t.printf("\n%s\n", body)
	return nil
}

func (r *reportSendCmd) send(ctx context.Context, t *terminal, address, id string, keys reporter.Keys, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, r.Within)
	defer cancel()
	told := func(why string, next time.Duration) {
		_, _ = fmt.Fprintf(t.err, "datalek: %s; again in %s, as message %s\n", why, next, id)
	}
	sender := reporter.New(reporter.Options{Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, Now: t.now, Wait: pause, Told: told})
	answer, err := sender.Send(ctx, address, id, keys, body)
	if err != nil {
		return fmt.Errorf("the report did not arrive: %w; send it again with --id %s, so that it counts once", err, id)
	}
	t.printf("received and stored as report %s\n", answer.ReportID)
	if answer.StatusURL != "" {
		t.printf("what becomes of it, by a link that only you have: %s\n", answer.StatusURL)
	}
	return nil
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func newMessageID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
	return "msg_" + hex.EncodeToString(raw[:])
}

// reportKeyCmd makes a key.
type reportKeyCmd struct {
	File string `arg:"" help:"File for the private key; it must not be there yet."`
}

// Run writes the private key and prints the public one.
func (r *reportKeyCmd) Run(t *terminal) error {
	private, public, err := reporter.NewKey()
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	file, err := os.OpenFile(r.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the key: %w", err)
	}
	_, err = file.WriteString(private + "\n")
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("write the key: %w", err)
	}
	t.printf("%s\n", public)
	return nil
}

package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// cli is the command line. Every flag of serve can be set by an environment
// variable too; secrets come from files only.
type cli struct {
	Serve       serveCmd       `cmd:"" help:"Serve the web, run the workers, or both."`
	Demo        demoCmd        `cmd:"" help:"Run everything embedded, with a sample practice and a mailbox page that catches all mail."`
	Clients     clientsCmd     `cmd:"" help:"Work with the clients of a practice."`
	Account     accountCmd     `cmd:"" help:"Work with the accounts of people."`
	Practice    practiceCmd    `cmd:"" help:"Work with practices."`
	Policy      policyCmd      `cmd:"" help:"Work with policies: what a practice promises, as a file."`
	Verify      verifyCmd      `cmd:"" help:"Check the registers, in the store, in a file or of a running server: chain, tree and published heads."`
	Register    registerCmd    `cmd:"" help:"Work with the registers."`
	Case        caseCmd        `cmd:"" help:"Work with cases."`
	Report      reportCmd      `cmd:"" help:"For processors: tell customers of a breach."`
	Processor   processorCmd   `cmd:"" help:"For the host: the addresses at which processors report to every practice on it, and what came there."`
	Doctor      doctorCmd      `cmd:"" help:"Check the configuration, the store and the mail server."`
	Keys        keysCmd        `cmd:"" help:"Change or destroy keys."`
	Backup      backupCmd      `cmd:"" help:"Copy the default store into one file while it runs."`
	Restore     restoreCmd     `cmd:"" help:"Put a backup into an empty data folder."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running server whether it is ready; for containers."`
	Returns     returnsCmd     `cmd:"" help:"Work with mail that came back."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

// storeFlags say where the data is.
type storeFlags struct {
	Data              string `help:"Folder of the data; created when missing." default:"data" env:"DATALEK_DATA" placeholder:"FOLDER"`
	Store             string `help:"sqlite, or mongodb://…" default:"sqlite" env:"DATALEK_STORE"`
	StorePasswordFile string `help:"File with the store's password." env:"DATALEK_STORE_PASSWORD_FILE" placeholder:"FILE"`
	KeyFile           string `help:"File with the key that wraps every other key; made when missing. Keep it elsewhere too: without it the data cannot be read." env:"DATALEK_KEY_FILE" placeholder:"FILE"`
	KeyFrom           string `help:"Where the wrapping key comes from: file, env (the variable DATALEK_KEY) or prompt (asked at the start)." default:"file" enum:"file,env,prompt" env:"DATALEK_KEY_FROM"`
}

// lawFlags say which rules of law hold.
type lawFlags struct {
	Law string `help:"Folder with rules of law (eu.yaml, nl.yaml, be.yaml) that stand in the place of the built-in ones of the same name." env:"DATALEK_LAW" placeholder:"FOLDER"`
}

// config is what a server needs to run.
type config struct {
	storeFlags
	mailFlags
	checkFlags
	returnFlags
	supplierFlags
	watchFlags
	policyFlags
	lawFlags
	headFlags
	tlsFlags
	outgoingFlags
	senderFlags
	feedFlags
	Addr                string `help:"Address to listen on." default:"127.0.0.1:8080" env:"DATALEK_ADDR"`
	Nats                string `help:"nats://…, several joined with commas; empty runs the bus in this process." env:"DATALEK_NATS"`
	NatsCredentialsFile string `help:"File that proves who we are to the bus." env:"DATALEK_NATS_CREDENTIALS_FILE" placeholder:"FILE"`
	SMTP                string `name:"smtp" help:"smtp://user@host:587 (STARTTLS) or smtps://user@host:465." env:"DATALEK_SMTP"`
	SMTPPasswordFile    string `name:"smtp-password-file" help:"File with the mail account's password." env:"DATALEK_SMTP_PASSWORD_FILE" placeholder:"FILE"`
	BaseURL             string `name:"base-url" help:"Address under which people reach this server." env:"DATALEK_BASE_URL" placeholder:"URL"`
	Mode                string `help:"all, web or worker." default:"all" enum:"all,web,worker" env:"DATALEK_MODE"`
	MetricsAddr         string `help:"Address for metrics; empty serves none." env:"DATALEK_METRICS_ADDR"`
	TrustedProxies      string `name:"trusted-proxies" help:"Networks whose X-Forwarded-For is believed, such as 10.0.0.0/8, joined with commas." env:"DATALEK_TRUSTED_PROXIES"`
}

// validate refuses combinations that cannot work, each with what to do instead.
func (c config) validate() error {
	if c.Mode != "all" && c.Nats == "" {
		return fmt.Errorf("--mode %s needs --nats: parts in several processes meet on one bus", c.Mode)
	}
	if c.Mode != "all" && c.sqlite() {
		return fmt.Errorf("--mode %s needs --store mongodb://…: the default store belongs to one process", c.Mode)
	}
	if !c.sqlite() && !strings.HasPrefix(c.Store, "mongodb://") && !strings.HasPrefix(c.Store, "mongodb+srv://") {
		return fmt.Errorf("--store must be sqlite or begin with mongodb://")
	}
	if err := errors.Join(c.returnFlags.validate(), c.supplierFlags.validate(c.returnFlags), c.watchFlags.validate(), c.outgoingFlags.validate(), c.feedFlags.validate(), c.senderFlags.validate()); err != nil {
		return err
	}
	if err := c.tlsFlags.validate(c.Mode); err != nil {
		return err
	}
	if u, err := url.Parse(c.BaseURL); c.BaseURL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("--base-url must be like https://datalek.example.nl")
	}
	return c.mailFlags.validate()
}

func (c storeFlags) sqlite() bool { return c.Store == "sqlite" || c.Store == "" }

// secret reads a one-line secret from a file; no file is no secret.
func secret(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	raw, err := os.ReadFile(file) // #nosec G304 -- the operator names the file
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}

// parse reads the command line. Variables that begin with DATALEK_ and are none
// of ours are errors: a misspelt one would silently change nothing.
func parse(args, environ []string) (*kong.Context, *cli, error) {
	var c cli
	parser, err := kong.New(&c, kong.Name("datalek"), kong.UsageOnError(),
		kong.Description("Records personal-data breaches for small practices, finds who is affected, runs the clocks, tells people and proves it."))
	if err != nil {
		return nil, nil, fmt.Errorf("command line: %w", err)
	}
	if err := checkEnvironment(parser.Model, environ); err != nil {
		return nil, nil, err
	}
	ctx, err := parser.Parse(args)
	if err != nil {
		return nil, nil, err
	}
	if err := refuseSecrets(ctx); err != nil {
		return nil, nil, err
	}
	return ctx, &c, nil
}

// variables returns the names of every environment variable the program reads.
func variables(model *kong.Application) []string {
	names := []string{keyVariable}
	_ = kong.Visit(model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			names = append(names, flag.Envs...)
		}
		return next(nil)
	})
	slices.Sort(names)
	return slices.Compact(names)
}

func checkEnvironment(model *kong.Application, environ []string) error {
	known := variables(model)
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "DATALEK_") || strings.HasPrefix(name, "DATALEK_TEST_") || slices.Contains(known, name) {
			continue
		}
		return fmt.Errorf("the environment variable %s is not known; these are: %s", name, strings.Join(known, " "))
	}
	return nil
}

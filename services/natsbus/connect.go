package natsbus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"datalek/incidents/fault"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// connectWait is how long Connect tries when its context names no deadline, and
// awayWait how long when the bus may be away.
const (
	connectWait = 30 * time.Second
	awayWait    = 3 * time.Second
)

// damagedTries is after how many failures to use its own files an embedded
// server counts as damaged; trying longer mends nothing there.
const damagedTries = 4

// Options say which bus to use and how. Either Server or URL is set.
type Options struct {
	// Server is the embedded server to use; nil for one elsewhere.
	Server *Server
	// URL is one address or several, joined with commas, with the scheme nats,
	// tls, ws or wss; each may carry user:password or a token before the @.
	URL string
	// CAFile holds the authorities that vouch for the servers, as PEM; empty
	// means those of the machine. Setting it asks for TLS.
	CAFile string
	// CertFile and KeyFile are this program's own certificate, as PEM, for
	// servers that ask for one; both or neither.
	CertFile, KeyFile string
	// CredentialsFile proves who we are: a NATS .creds file, an nkey seed, or
	// one line user:password. Empty when the URL says it or nothing is asked.
	CredentialsFile string
	// Replicas is on how many servers each message is kept. 0 chooses: one for
	// an embedded server or one alone, three for a cluster of three or more.
	Replicas int
	// Recreated, when set, hears the name of each stream that was missing and
	// had to be made anew, first start included; what it held is to be filled
	// again from the store. It must not block.
	Recreated func(stream string)
	// Tries is how often a message may fail before it becomes a dead letter; 0
	// takes twelve, which is about half an hour.
	Tries int
	// Log takes what the bus has to say; nil means nowhere.
	Log *slog.Logger
	// MayBeAway lets Connect return a Bus whose server has not answered within a
	// moment. It is unavailable until it comes, and is used from then on.
	MayBeAway bool

	// waits are the usual ones when none are set, as outside of tests.
	waits waits
}

// waits are how long the bus waits for what.
type waits struct {
	answer time.Duration // a single question to the server
	lookUp time.Duration // a question after a stream
	pull   time.Duration // one request for a message, before it is asked anew
}

// Connect connects to the bus and makes sure that every stream stands as the
// code wants it. It tries until ctx is done, or 30 s when ctx has no deadline; a
// bus that may be away is waited for 3 s only, and is used once it comes.
//
// The error wraps fault.Invalid for wrong options, fault.Forbidden when the
// server refuses us, fault.Conflict when a stream stands in a way that cannot
// be mended without losing what it holds, and fault.Unavailable otherwise.
func Connect(ctx context.Context, opts Options) (*Bus, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opts.patience())
		defer cancel()
	}
	if opts.waits == (waits{}) {
		opts.waits = waits{answer: answerWait, lookUp: lookUpWait, pull: pullWait}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	b := newBus(opts)
	address, natsOpts, err := b.dialOptions(opts)
	if err != nil {
		return nil, fmt.Errorf("connect to bus: %w", err)
	}
	if b.nc, err = dial(ctx, address, natsOpts); opts.MayBeAway && errors.Is(err, fault.Unavailable) {
		b.nc, err = nats.Connect(address, append(natsOpts, nats.RetryOnFailedConnect(true), nats.ConnectHandler(b.onReconnect))...)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to bus: %w", err)
	}
	if err := b.prepare(ctx, opts); opts.MayBeAway && errors.Is(err, fault.Unavailable) {
		b.log.Warn("the bus is away; it is used once it comes", "error", err)
	} else if err != nil {
		b.nc.Close()
		return nil, fmt.Errorf("prepare bus: %w", err)
	}
	return b, nil
}

func (o Options) patience() time.Duration {
	if o.MayBeAway {
		return awayWait
	}
	return connectWait
}

func newBus(opts Options) *Bus {
	b := &Bus{log: opts.Log, tries: cmp.Or(opts.Tries, maxTries), waits: opts.waits, recreated: opts.Recreated, gone: make(chan struct{}), mending: make(chan struct{}, 1)}
	// The Bus outlives the context of Connect; Close ends these two.
	b.leaving, b.leave = context.WithCancel(context.Background())
	b.killed, b.kill = context.WithCancel(context.Background())
	b.link.up()
	return b
}

func (b *Bus) prepare(ctx context.Context, opts Options) error {
	js, err := jetstream.New(b.nc, jetstream.WithDefaultTimeout(answerWait))
	if err != nil {
		return err
	}
	b.js = js
	// Asked when connected: only then the servers have told of each other.
	b.layouts = sync.OnceValue(func() []layout { return topology(replicas(opts, len(b.nc.Servers()))) })
	if !b.nc.IsConnected() {
		return fmt.Errorf("%w: nobody answers", fault.Unavailable)
	}
	for tries := 1; ; tries++ {
		err = b.mend(ctx)
		if err == nil || isFinal(err) {
			return err
		}
		if opts.Server != nil && tries >= damagedTries && cannotKeep(err) || !pause(ctx, 250*time.Millisecond) {
			return fmt.Errorf("%w: %w", fault.Unavailable, err)
		}
	}
}

// replicas chooses how many copies to keep. Two servers give no majority when
// one is lost, so they count as one.
func replicas(opts Options, servers int) int {
	switch {
	case opts.Replicas > 0:
		return opts.Replicas
	case opts.Server == nil && servers >= 3:
		return 3
	default:
		return 1
	}
}

// dial connects, and tries again until ctx is done unless we are refused.
func dial(ctx context.Context, address string, opts []nats.Option) (*nats.Conn, error) {
	for {
		nc, err := nats.Connect(address, opts...)
		switch {
		case err == nil:
			return nc, nil
		case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
			return nil, fmt.Errorf("%w: %w", fault.Forbidden, err)
		}
		if !pause(ctx, 250*time.Millisecond) {
			return nil, fmt.Errorf("%w: %w", fault.Unavailable, err)
		}
	}
}

// pause waits d and reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (b *Bus) dialOptions(opts Options) (string, []nats.Option, error) {
	list := []nats.Option{
		nats.Name("datalek"),
		nats.Timeout(answerWait),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 500*time.Millisecond),
		nats.IgnoreAuthErrorAbort(), // credentials may be mended while we run
		nats.ReconnectBufSize(-1),   // nothing is kept here while disconnected: the outbox keeps it
		nats.PingInterval(20 * time.Second),
		nats.DrainTimeout(answerWait),
		nats.ErrorHandler(b.onError),
		nats.DisconnectErrHandler(b.onDisconnect),
		nats.ReconnectHandler(b.onReconnect),
		nats.ClosedHandler(func(*nats.Conn) { close(b.gone) }),
	}
	switch {
	case opts.Server != nil && opts.URL != "":
		return "", nil, fmt.Errorf("%w: both an embedded server and an address are given", fault.Invalid)
	case opts.Server != nil:
		opts.Server.log.to.Store(opts.Log)
		hurt := b.link.down // until it was started again
		opts.Server.hurt.Store(&hurt)
		return "", append(list, nats.InProcessServer(opts.Server)), nil
	}
	if err := checkURL(opts.URL); err != nil {
		return "", nil, err
	}
	list, err := addSecrets(list, opts)
	return opts.URL, list, err
}

// checkURL looks at the addresses itself, since the errors of url.Parse repeat
// what they were given, passwords included.
func checkURL(list string) error {
	for one := range strings.SplitSeq(list, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Hostname() == "" {
			return fmt.Errorf("%w: the address of the bus must read like nats://host:4222", fault.Invalid)
		}
		switch u.Scheme {
		case "nats", "tls", "ws", "wss":
		default:
			return fmt.Errorf("%w: the address of the bus must begin with nats, tls, ws or wss", fault.Invalid)
		}
	}
	return nil
}

func addSecrets(list []nats.Option, opts Options) ([]nats.Option, error) {
	if opts.CAFile != "" {
		list = append(list, nats.RootCAs(opts.CAFile))
	}
	if (opts.CertFile == "") != (opts.KeyFile == "") {
		return nil, fmt.Errorf("%w: a certificate needs its key, and a key its certificate", fault.Invalid)
	}
	if opts.CertFile != "" {
		list = append(list, nats.ClientCert(opts.CertFile, opts.KeyFile))
	}
	if opts.CredentialsFile == "" {
		return list, nil
	}
	identity, err := identify(opts.CredentialsFile)
	if err != nil {
		return nil, err
	}
	return append(list, identity), nil
}

// identify tells the three kinds of credentials file apart by their content.
func identify(path string) (nats.Option, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read credentials of the bus: %w", err)
	}
	text := strings.TrimSpace(string(raw))
	if strings.Contains(text, "-----BEGIN NATS USER JWT-----") {
		return nats.UserCredentials(path), nil
	}
	if strings.HasPrefix(text, "SU") && !strings.ContainsAny(text, ": ") {
		return nats.NkeyOptionFromSeed(path)
	}
	user, password, ok := strings.Cut(text, ":")
	if !ok || user == "" || strings.ContainsAny(text, "\r\n") {
		return nil, fmt.Errorf("%w: the credentials file of the bus is neither a .creds file, nor an nkey seed, nor a line user:password", fault.Invalid)
	}
	return nats.UserInfo(user, password), nil
}

// onError hears what the server says outside of any call. A refused publish
// shows nowhere else: its caller sees only a time-out.
func (b *Bus) onError(_ *nats.Conn, sub *nats.Subscription, err error) {
	if errors.Is(err, nats.ErrPermissionViolation) {
		b.log.Error("the bus refuses us a subject; check the rights of this account", "error", err)
		return
	}
	subject := ""
	if sub != nil {
		subject = sub.Subject
	}
	b.log.Warn("bus", "error", err, "channel", subject)
}

func (b *Bus) onDisconnect(_ *nats.Conn, err error) {
	b.link.down()
	if b.leaving.Err() == nil {
		b.log.Warn("bus disconnected", "error", err)
	}
}

func (b *Bus) onReconnect(*nats.Conn) {
	b.link.up()
	b.log.Info("bus connected again")
}

package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// passwordsApart are the flags whose address may belong to somebody with a
// password, and the flag that takes it.
func passwordsApart() map[string]string {
	return map[string]string{"store": "--store-password-file", "smtp": "--smtp-password-file", "imap": "--imap-password-file", "nats": "--nats-credentials-file"}
}

// refuseSecrets refuses an address with a password in it, in any flag or variable:
// everybody on the machine sees the command line, and other programs the
// environment. The error does not repeat it.
func refuseSecrets(ctx *kong.Context) error {
	for _, flag := range ctx.Flags() {
		value := ctx.FlagValue(flag)
		if value == nil || reflect.TypeOf(value).Kind() != reflect.String {
			continue
		}
		for address := range strings.SplitSeq(reflect.ValueOf(value).String(), ",") {
			if !holdsPassword(address, flag.Name) {
				continue
			}
			if file := passwordsApart()[flag.Name]; file != "" {
				return fmt.Errorf("--%s: a password in an address is seen by others on this machine; leave it out and give it by %s", flag.Name, file)
			}
			return fmt.Errorf("--%s: a password in an address is seen by others on this machine; this address takes none", flag.Name)
		}
	}
	return nil
}

// holdsPassword reports whether an address names somebody with a password; it may
// be no address at all. NATS takes a lone name for a token.
func holdsPassword(address, flag string) bool {
	_, rest, is := strings.Cut(address, "://")
	at := strings.LastIndexByte(rest, '@')
	return is && at >= 0 && (flag == "nats" || strings.Contains(rest[:at], ":"))
}

// checkSecretAddresses reads the addresses that lie in files, before anything is
// opened.
func (c config) checkSecretAddresses() error {
	_, monitor := c.heartbeat()
	_, heads := c.address()
	return errors.Join(monitor, heads)
}

// secretAddress reads an address whose path is a secret from a file; no file, or an
// empty one, is none. flag names the file in errors, which never hold the address.
func secretAddress(file, flag string, check func(string) error) (string, error) {
	if file == "" {
		return "", nil
	}
	raw, err := os.ReadFile(file) // #nosec G304 -- the operator names the file
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flag, err)
	}
	address := strings.TrimSpace(string(raw))
	if address == "" {
		return "", nil
	}
	if _, err := url.Parse(address); err != nil || strings.ContainsAny(address, " \r\n\t") {
		return "", fmt.Errorf("--%s: the file holds one address", flag)
	}
	if err := check(address); err != nil {
		return "", fmt.Errorf("--%s: %w", flag, err)
	}
	return address, nil
}

package main

import (
	"errors"
	"fmt"
	"os"

	"datalek/services/vault"

	"golang.org/x/term"
)

// keyVariable may hold the wrapping key itself: it is no flag, since what stands
// on a command line is seen by everybody on the machine.
const keyVariable = "DATALEK_KEY"

// Where the wrapping key comes from.
const (
	keyFromFile   = "file"
	keyFromEnv    = "env"
	keyFromPrompt = "prompt"
)

// source gives the wrapping key.
func (c storeFlags) source() (vault.Source, error) {
	switch c.KeyFrom {
	case keyFromEnv:
		text, err := c.keyText()
		return vault.Text(text), err
	case keyFromPrompt:
		if _, err := terminalOf(os.Stdin); err != nil {
			return nil, fmt.Errorf("--key-from prompt: %w", err)
		}
		return vault.Asked(askKey), nil
	default:
		return vault.File(c.keyFile()), nil
	}
}

var (
	errNoVariable = errors.New("--key-from env: the variable " + keyVariable + " is empty; put the content of a key file in it, or a passphrase")
	errNoTerminal = errors.New("there is no terminal to ask at; use --key-file, or --key-from env")
	errNotTheSame = errors.New("the two are not the same; begin again")
)

// keyText is the key or passphrase from the variable or the terminal.
func (c storeFlags) keyText() (string, error) {
	if c.KeyFrom == keyFromPrompt {
		return askKey(false)
	}
	text := os.Getenv(keyVariable)
	if text == "" {
		return "", errNoVariable
	}
	return text, nil
}

// askKey asks for a key or passphrase, a new one twice.
func askKey(isNew bool) (string, error) {
	text, err := askSecretly("Key or passphrase: ")
	if err != nil || !isNew {
		return text, err
	}
	again, err := askSecretly("The same again; without it nobody can read the data: ")
	if err == nil && again != text {
		err = errNotTheSame
	}
	return text, err
}

func terminalOf(f *os.File) (int, error) {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) {
		return 0, errNoTerminal
	}
	return fd, nil
}

// askSecretly asks at the terminal for what must not be seen on it.
func askSecretly(question string) (string, error) {
	fd, err := terminalOf(os.Stdin)
	if err != nil {
		return "", err
	}
	_, _ = fmt.Fprint(os.Stderr, question) // a question that is not seen is asked all the same
	text, err := term.ReadPassword(fd)
	_, _ = fmt.Fprintln(os.Stderr)
	if err != nil {
		return "", fmt.Errorf("read from the terminal: %w", err)
	}
	return string(text), nil
}

package imapmail_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"

	"datalek/services/devstack"
	"datalek/services/imapmail"
)

// saysNIL serves one connection as a server whose folder holds one message of which
// it has nothing: a section may be NIL (RFC 9051 section 9, "nstring").
func saysNIL(conn net.Conn) {
	defer conn.Close()
	fmt.Fprint(conn, "* OK [CAPABILITY IMAP4rev1] ready\r\n")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		tag, command, _ := strings.Cut(lines.Text(), " ")
		switch section := "BODY[]<0>"; {
		case strings.HasPrefix(command, "EXAMINE"):
			fmt.Fprint(conn, "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] numbered\r\n* OK [UIDNEXT 2] next\r\n* FLAGS ()\r\n")
		case strings.HasPrefix(command, "UID SEARCH"):
			fmt.Fprint(conn, "* SEARCH 1\r\n")
		case strings.HasPrefix(command, "UID FETCH"):
			if strings.Contains(command, "HEADER") {
				section = "BODY[HEADER]<0>"
			}
			fmt.Fprintf(conn, "* 1 FETCH (UID 1 %s NIL)\r\n", section)
		}
		fmt.Fprintf(conn, "%s OK done\r\n", tag)
	}
}

func TestMailOfWhichTheServerSaysNILIsHandedOver(t *testing.T) {
	certificate, roots, err := devstack.SelfSigned("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if conn, err := listener.Accept(); err == nil {
			saysNIL(conn)
		}
	}()
	a, err := imapmail.ParseURL("imaps://anna@"+listener.Addr().String()+"/INBOX", "secret")
	if err != nil {
		t.Fatal(err)
	}
	a.RootCAs = roots
	handed := 0
	err = imapmail.New(a, options(newShelf())).Read(t.Context(), func(_ context.Context, raw []byte, _ string) error {
		if handed++; len(raw) != 0 {
			t.Errorf("it is handed over as %q", raw)
		}
		return nil
	})
	if err != nil || handed != 1 {
		t.Errorf("handed over %d times, %v", handed, err)
	}
}

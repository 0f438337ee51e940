package main_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// garbler stands between the program and the mail server, and lets some answers
// turn into garbage. What the program says reaches the server as it is.
type garbler struct {
	listener net.Listener
	to       string
	proof    *proof
	left     atomic.Int64 // how many connections are still to be garbled
	begun    atomic.Int64
	open     sync.WaitGroup
}

func startGarbler(t testing.TB, to string) *garbler {
	t.Helper()
	g := &garbler{to: to}
	var err error
	if g.listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	g.open.Go(g.accept)
	t.Cleanup(func() {
		_ = g.listener.Close()
		g.open.Wait()
	})
	return g
}

func (g *garbler) addr() string { return g.listener.Addr().String() }

func (g *garbler) accept() {
	for {
		c, err := g.listener.Accept()
		if err != nil {
			return
		}
		up, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", g.to)
		if err != nil {
			_ = c.Close()
			continue
		}
		g.open.Go(func() { g.pass(c, up) })
	}
}

// pass lets one connection through until its answer is to be garbled.
func (g *garbler) pass(down, up net.Conn) {
	var both sync.WaitGroup
	n := g.begun.Add(1)
	at := -1 // the answer that is garbled
	if g.left.Add(-1) >= 0 {
		at = int(n % 7) // greeting, EHLO, MAIL, RCPT, DATA, the dot, and what follows
	}
	said := &talk{}
	both.Go(func() {
		_, _ = io.Copy(io.MultiWriter(up, said), down)
		_ = up.(*net.TCPConn).CloseWrite()
	})
	g.answers(down, up, at, n, said)
	_, _ = down.Close(), up.Close()
	both.Wait()
}

func (g *garbler) answers(down, up net.Conn, at int, n int64, said *talk) {
	lines := bufio.NewReader(up)
	for count := 0; ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		more := len(line) > 3 && line[3] == '-'
		if count == at && !more {
			if strings.HasPrefix(line, "250") && said.ended() && g.proof != nil {
				g.proof.withhold(said.recipient())
			}
			junk := garbage()
			_, _ = io.WriteString(down, junk[int(n/7)%len(junk)])
			return
		}
		if _, err := io.WriteString(down, line); err != nil {
			return
		}
		if !more {
			count++
		}
	}
}

// talk is what the program says on one connection.
type talk struct {
	mu   sync.Mutex
	text strings.Builder
}

func (t *talk) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

// ended reports whether the last word was the end of a message.
func (t *talk) ended() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.HasSuffix(t.text.String(), "\r\n.\r\n")
}

// recipient is whom the last mail is for.
func (t *talk) recipient() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, after, _ := strings.Cut(t.text.String()[strings.LastIndex(t.text.String(), "RCPT TO:<"):], "<")
	to, _, _ := strings.Cut(after, ">")
	return to
}

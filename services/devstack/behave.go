package devstack

import (
	"sync"
	"sync/atomic"
	"time"
)

// Stage is a place in the talk between a mail program and the server.
type Stage string

// The stages at which the server can be made to misbehave.
const (
	AtGreeting Stage = "greeting" // before the first word
	AtHello    Stage = "hello"    // EHLO or HELO
	AtStartTLS Stage = "starttls" // after 220, inside the handshake; cannot be answered
	AtAuth     Stage = "auth"
	AtMail     Stage = "mail"
	AtRcpt     Stage = "rcpt"
	AtData     Stage = "data" // after 354, before the message is read; an answer comes after its dot
	AtDot      Stage = "dot"  // the message is read and, unless refused, kept; its answer is due
)

// Event is a stage reached on one connection.
type Event struct {
	Stage      Stage
	Address    string // the sender at AtMail, the recipient at AtRcpt, AtData and AtDot
	Connection int    // 1 for the first the server accepted
	Mails      int    // kept on this connection before this one
}

// Act is what the server does at an event. The zero value lets it go on.
type Act struct {
	Delay time.Duration // first wait

	// Hang then says nothing more until the server is closed.
	Hang bool
	// Drop then closes the connection without a word. At AtDot the message has
	// been kept: the answer alone is lost.
	Drop bool
	// Code answers instead of the usual reply; from 400 it refuses.
	Code     int
	Enhanced string // such as 5.1.1; may be empty
	Text     string
}

// RefuseRecipients answers RCPT by answer; code 0 lets the recipient pass.
func RefuseRecipients(answer func(rcpt string) (code int, enhanced, text string)) func(Event) Act {
	return func(e Event) Act {
		if e.Stage != AtRcpt {
			return Act{}
		}
		code, enhanced, text := answer(e.Address)
		return Act{Code: code, Enhanced: enhanced, Text: text}
	}
}

// Refuse answers every stage s with a refusal.
func Refuse(s Stage, code int, enhanced, text string) func(Event) Act {
	return at(s, Act{Code: code, Enhanced: enhanced, Text: text})
}

// HangAt leaves the client waiting at s.
func HangAt(s Stage) func(Event) Act { return at(s, Act{Hang: true}) }

// Slow waits for d after each message, before answering.
func Slow(d time.Duration) func(Event) Act { return at(AtDot, Act{Delay: d}) }

func at(s Stage, act Act) func(Event) Act {
	return func(e Event) Act {
		if e.Stage != s {
			return Act{}
		}
		return act
	}
}

// DropAt closes the connection at the first n times that s is reached.
func DropAt(s Stage, n int) func(Event) Act {
	var seen atomic.Int64
	return func(e Event) Act {
		if e.Stage != s || seen.Add(1) > int64(n) {
			return Act{}
		}
		return Act{Drop: true}
	}
}

// CutOff closes each connection when it has carried n mails and begins another.
func CutOff(n int) func(Event) Act {
	return func(e Event) Act {
		return Act{Drop: e.Stage == AtMail && e.Mails >= n}
	}
}

// InTurn lets the first of the behaviours that wants to act have its way.
func InTurn(behaviours ...func(Event) Act) func(Event) Act {
	return func(e Event) Act {
		for _, b := range behaviours {
			if act := b(e); act != (Act{}) {
				return act
			}
		}
		return Act{}
	}
}

// Greylist refuses each recipient the first n times for now (RFC 6647), then lets
// him pass.
func Greylist(n int) func(Event) Act {
	var mu sync.Mutex
	seen := map[string]int{}
	return func(e Event) Act {
		if e.Stage != AtRcpt {
			return Act{}
		}
		mu.Lock()
		defer mu.Unlock()
		if seen[e.Address]++; seen[e.Address] > n {
			return Act{}
		}
		return Act{Code: 451, Enhanced: "4.7.1", Text: "Greylisted, please try again later"}
	}
}

// RefuseEvery refuses every nth recipient for good, counted as they come.
func RefuseEvery(n int) func(Event) Act {
	var count atomic.Int64
	return func(e Event) Act {
		if e.Stage != AtRcpt || count.Add(1)%int64(n) != 0 {
			return Act{}
		}
		return Act{Code: 550, Enhanced: "5.1.1", Text: "No such person here"}
	}
}

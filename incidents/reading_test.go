package incidents_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

func TestACodeIsReadHoweverItIsTyped(t *testing.T) {
	for _, tt := range []struct{ name, typed, want string }{
		{"as it stands in the mail", "K7QM4-XTR9B", "K7QM4XTR9B"},
		{"without the hyphen", "K7QM4XTR9B", "K7QM4XTR9B"},
		{"in small letters with blanks", " k7qm4 xtr9b ", "K7QM4XTR9B"},
		{"an O for a zero and an L and an I for ones", "OI7LM-XTR9B", "0171MXTR9B"},
		{"with the dash that a phone makes", "K7QM4\u2013XTR9B", "K7QM4XTR9B"},
		{"too short", "K7QM4-XTR9", ""},
		{"too long", "K7QM4-XTR9BB", ""},
		{"with a letter that no code has", "K7QM4-XTR9U", ""},
		{"nothing", "", ""},
		{"far too much", strings.Repeat("-", 50) + "K7QM4XTR9B", ""},
		{"bytes that are no text", "\xff\xfe\xfdQM4XTR9B", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := incidents.TypedCode(tt.typed); got != tt.want {
				t.Errorf("TypedCode(%q) = %q, want %q", tt.typed, got, tt.want)
			}
		})
	}
}

func TestACodeOfRandomBytesIsReadAsItself(t *testing.T) {
	for b := range 256 {
		code := incidents.ReadingCode(bytes.Repeat([]byte{byte(b)}, incidents.ReadingCodeBytes))
		if len(code) != 10 || incidents.TypedCode(incidents.GroupedCode(code)) != code {
			t.Fatalf("code %q of byte %d comes back as %q", code, b, incidents.TypedCode(incidents.GroupedCode(code)))
		}
	}
	if code := incidents.ReadingCode(make([]byte, 3)); code != "" {
		t.Errorf("too few random bytes make %q, want no code", code)
	}
}

func coded() incidents.Delivery {
	return incidents.Delivery{ID: "d-1", PracticeID: "p-1", IncidentID: "i-1", NoticeID: "n-1", Person: "c-1", Reader: "c-1",
		Code: "K7QM4XTR9B", State: incidents.Sent, To: incidents.Reach{Email: "An.Proef@example.org"}}
}

func TestOnlyCodeAndAddressTogetherOpenADelivery(t *testing.T) {
	none := coded()
	none.Code = ""
	for _, tt := range []struct {
		name, code, email string
		d                 incidents.Delivery
		want              bool
	}{
		{"both right", "K7QM4XTR9B", "an.proef@EXAMPLE.org ", coded(), true},
		{"another code", "K7QM4XTR9C", "an.proef@example.org", coded(), false},
		{"another address", "K7QM4XTR9B", "an@example.org", coded(), false},
		{"no address", "K7QM4XTR9B", "", coded(), false},
		{"a delivery without a code", "", "an.proef@example.org", none, false},
		{"a delivery without an address", "K7QM4XTR9B", "", incidents.Delivery{Code: "K7QM4XTR9B"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.d.Opens(tt.code, tt.email); got != tt.want {
				t.Errorf("Opens = %t, want %t", got, tt.want)
			}
		})
	}
}

func TestReadingIsNotTelling(t *testing.T) {
	now := time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)
	d := coded()
	d.State = incidents.Bounced
	if !d.ConfirmRead(now) || d.ConfirmRead(now.Add(time.Hour)) {
		t.Error("the first confirmation must change the delivery, the second must not")
	}
	if !d.ReadAt.Equal(now) || d.State != incidents.Bounced || d.State.Told() || !d.ToldAt.IsZero() {
		t.Errorf("after reading: read %s, state %s, told %s; want read at %s and nothing else changed", d.ReadAt, d.State, d.ToldAt, now)
	}
	n := &incidents.Notice{ID: "n-1", PracticeID: "p-1", IncidentID: "i-1"}
	n.ReadBy(d, now)
	n.ReadBy(d, now.Add(time.Minute))
	if len(n.Outbox.Pending) != 1 || n.Outbox.Pending[0].Kind != incidents.NoticeRead || n.Outbox.Pending[0].Facts["delivery"] != "d-1" {
		t.Errorf("the log has %+v, want one entry about the delivery", n.Outbox.Pending)
	}
}

func TestANoticeIsReadableForHalfAYear(t *testing.T) {
	approved := time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)
	n := incidents.Notice{State: incidents.NoticeIsSent, Audience: incidents.ToClients, ApprovedAt: approved}
	end := approved.Add(180 * 24 * time.Hour)
	draft, recipient := n, n
	draft.State, recipient.Audience = incidents.NoticeIsDraft, incidents.ToRecipient
	for _, tt := range []struct {
		name string
		n    incidents.Notice
		now  time.Time
		want bool
	}{
		{"a millisecond before its end", n, end.Add(-time.Millisecond), true},
		{"at its end", n, end, false},
		{"a draft", draft, approved, false},
		{"the request to who got data by mistake", recipient, approved, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.n.Readable(tt.now); got != tt.want {
				t.Errorf("Readable = %t, want %t", got, tt.want)
			}
		})
	}
}

func TestAQuestionIsAskedOnceAndAnsweredOnce(t *testing.T) {
	now := time.Date(2027, 3, 8, 12, 0, 0, 0, time.UTC)
	q, err := incidents.NewQuestion(coded(), "form-1", "Wat staat erin?", now)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := incidents.NewQuestion(coded(), "form-1", "Wat staat erin?", now.Add(time.Second))
	other, _ := incidents.NewQuestion(coded(), "form-2", "Wat staat erin?", now)
	if q.ID != again.ID || q.ID == other.ID {
		t.Errorf("ids %s, %s, %s: want the same for the same form, another for another", q.ID, again.ID, other.ID)
	}
	for _, text := range []string{"", "  ", strings.Repeat("x", incidents.MaxQuestion+1), "bad \x00 text"} {
		if _, err := incidents.NewQuestion(coded(), "form-1", text, now); len(fault.Fields(err)) == 0 {
			t.Errorf("a question of %d characters is taken", len(text))
		}
	}
	by := incidents.Actor{Kind: "user", ID: "u-1"}
	if err := q.Answer("pigeon", "", by, now); len(fault.Fields(err)) == 0 {
		t.Errorf("answered by pigeon: %v", err)
	}
	if err := q.Answer("phone", "Gebeld.", by, now.Add(time.Hour)); err != nil || q.Open() {
		t.Errorf("answer: %v, open %t", err, q.Open())
	}
	if err := q.Answer("email", "", by, now.Add(2*time.Hour)); !errors.Is(err, fault.Conflict) || q.By != "phone" {
		t.Errorf("a second answer: %v, by %s; want a conflict", err, q.By)
	}
	n := &incidents.Notice{ID: "n-1"}
	n.Asked(q)
	n.Asked(q)
	n.Answered(q)
	if len(n.Outbox.Pending) != 2 || n.Outbox.Pending[1].Words["note"] != "Gebeld." {
		t.Errorf("the log has %+v, want asked and answered once", n.Outbox.Pending)
	}
	for _, e := range n.Outbox.Pending {
		for _, fact := range e.Facts {
			if strings.Contains(fact, "Wat staat") {
				t.Error("the question stands readable in the log")
			}
		}
	}
}

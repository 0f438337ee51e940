package smtpmail_test

import (
	"sync/atomic"
	"testing"

	"datalek/incidents"
	"datalek/services/devstack"
	"datalek/services/smtpmail"
)

// BenchmarkSend composes and sends whole notices over eight connections to a
// server of this machine and prints mails/s; 500 is what must be reached.
func BenchmarkSend(b *testing.B) {
	for _, tt := range []struct {
		name     string
		security devstack.Security
	}{{"plain", devstack.Plain}, {"starttls", devstack.StartTLS}} {
		b.Run(tt.name, func(b *testing.B) {
			server := serve(b, devstack.SMTPOptions{Security: tt.security, Keep: 100})
			a := account(b, server.Addr())
			a.Connections = 8
			if tt.security == devstack.StartTLS {
				a.TLS, a.RootCAs = smtpmail.StartTLS, server.RootCAs()
			}
			s := sender(b, a)
			var sent atomic.Int64
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if got := s.Send(b.Context(), mailTo(int(sent.Add(1)))); got.Kind != incidents.Accepted {
						b.Errorf("answer = %+v", got)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
		})
	}
}

// BenchmarkCompose is the part of it that is composing and reading back.
func BenchmarkCompose(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := smtpmail.Compose(notice()); err != nil {
			b.Fatal(err)
		}
	}
}

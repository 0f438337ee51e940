package checkup

import (
	"context"
	"net"
	"net/http"
	"time"
)

// apart is how far this machine's clock may be off. A Date header is cut to the
// second and an answer takes its time, so little less would be honest.
const apart = 30 * time.Second

// Clock compares this machine's time with what other tells, which a caller takes
// from a machine that is not this one; nil says that there is none to ask.
func Clock(other func(ctx context.Context) (time.Time, error), now func() time.Time) Check {
	return Check{Name: "clock", Run: func(ctx context.Context) Finding {
		if other == nil {
			return Finding{State: Unchecked, Code: "clock_alone"}
		}
		before := now()
		theirs, err := other(ctx)
		if err != nil {
			return Finding{State: Unchecked, Code: "clock_silent"}
		}
		after := now()
		off := theirs.Sub(before.Add(after.Sub(before) / 2)).Round(time.Second)
		if off.Abs() > apart {
			return Finding{State: Unwell, Code: "clock_off", Blanks: []any{"off", off.Abs().String()}}
		}
		return Finding{State: Well, Code: "clock_well"}
	}}
}

// TimeAt reads the Date of a web server's answer (RFC 9110 section 6.6.1),
// whatever the answer is. dial makes the connection; nil is the usual way.
func TimeAt(address string, dial func(ctx context.Context, network, address string) (net.Conn, error)) func(ctx context.Context) (time.Time, error) {
	return func(ctx context.Context) (time.Time, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
		if err != nil {
			return time.Time{}, err
		}
		client := http.Client{
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, DialContext: dial},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		answer, err := client.Do(request)
		if err != nil {
			return time.Time{}, err
		}
		defer answer.Body.Close()
		return http.ParseTime(answer.Header.Get("Date"))
	}
}

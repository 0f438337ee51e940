package checkup

import (
	"context"
	"strconv"

	"datalek/incidents"
)

// mailer tries to reach and log in to a mail server, and sends nothing.
type mailer interface {
	Check(ctx context.Context) incidents.Answer
}

// Mail looks whether mail could go out now.
func Mail(server mailer) Check {
	return Check{Name: "mail", Run: func(ctx context.Context) Finding {
		a := server.Check(ctx)
		f := Finding{State: Unwell, Code: "mail_" + place(a.Stage), Blanks: []any{"server", a.Server}, Detail: a.Text}
		if a.Code != 0 {
			f.Detail = strconv.Itoa(a.Code) + " " + a.Text
		}
		if a.Kind == incidents.Accepted {
			f.State, f.Code, f.Detail = Well, "mail_well", ""
		}
		return f
	}}
}

// place is where in the talk the server said no.
func place(stage string) string {
	switch stage {
	case "starttls", "auth":
		return stage
	}
	return "greeting"
}

// Whether is a check that only passes or fails, such as a ping: code_well or code_down.
func Whether(name string, ask func(ctx context.Context) error) Check {
	return Check{Name: name, Run: func(ctx context.Context) Finding {
		if err := ask(ctx); err != nil {
			return Finding{State: Unwell, Code: name + "_down", Detail: err.Error()}
		}
		return Finding{State: Well, Code: name + "_well"}
	}}
}

package checkup

import "context"

// Mailbox looks whether a mailbox can be read. look says where it ended: "" when
// all is well, "connect", "tls", "login" or "folder".
func Mailbox(look func(ctx context.Context) (place string, err error)) Check {
	return Check{Name: "mailbox", Run: func(ctx context.Context) Finding {
		place, err := look(ctx)
		if err == nil {
			return Finding{State: Well, Code: "mailbox_well"}
		}
		f := Finding{State: Unwell, Code: "mailbox_connect", Detail: err.Error()}
		switch place {
		case "tls", "login", "folder":
			f.Code = "mailbox_" + place
		}
		return f
	}}
}

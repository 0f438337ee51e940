package smtpmail

import (
	"time"

	"datalek/incidents"
)

// Compose returns the bytes that Send hands over.
func Compose(m incidents.Mail) ([]byte, error) {
	msg, err := compose(m)
	if err != nil {
		return nil, err
	}
	return msg.raw, nil
}

// HoldAtMost sets how long a mail is held before its final dot.
func (s *Sender) HoldAtMost(d time.Duration) { s.patience = d }

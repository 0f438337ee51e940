package smtpmail

import "datalek/incidents"

// Compose returns the bytes that Send hands over.
func Compose(m incidents.Mail) ([]byte, error) {
	msg, err := compose(m)
	if err != nil {
		return nil, err
	}
	return msg.raw, nil
}

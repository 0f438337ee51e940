package smtpmail

import "datalek/incidents"

// Copy returns a mail as an RFC 5322 message, for who keeps or shows it instead of
// sending it, and the hash by which incidents.Answer names its bytes. It is what was
// sent but for a signature (DKIM) that is added on the way.
func Copy(m incidents.Mail) (raw []byte, hash string, err error) {
	message, err := compose(m)
	if err != nil {
		return nil, "", err
	}
	return message.raw, message.hash, nil
}

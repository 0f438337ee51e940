package notifier

import "datalek/incidents/registry"

// SetReadingAt says where readers of a practice's notices see them again.
func (n *Notifier) SetReadingAt(at func(registry.Practice) string) { n.mailer.readingAt = at }

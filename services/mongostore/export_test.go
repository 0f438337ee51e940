package mongostore

import "go.mongodb.org/mongo-driver/v2/event"

// Watched returns the options with a monitor that sees every command.
func (o Options) Watched(monitor *event.CommandMonitor) Options {
	o.monitor = monitor
	return o
}

// Failed is the one mapping of errors.
func Failed(step string, err error) error { return failed(step, err) }

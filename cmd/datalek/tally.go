package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"datalek/incidents"
)

// tally counts what suppliers send, and what their door turns away. No label says
// who sent it.
type tally struct {
	read    *prometheus.CounterVec
	refused *prometheus.CounterVec
}

func newTally() *tally {
	return &tally{
		read: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "datalek_processor_messages_total",
			Help: "Messages of suppliers that were read, by what they are and the form they came in."}, []string{"kind", "format"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "datalek_webhook_refused_total",
			Help: "Messages that the suppliers' door turned away or had already, by why."}, []string{"reason"}),
	}
}

// message counts one message that was read; nil counts nothing.
func (t *tally) message(kind incidents.MessageKind, format string) {
	if t == nil {
		return
	}
	if format == "" {
		format = "unknown"
	}
	t.read.WithLabelValues(string(kind), format).Inc()
}

// turnedAway counts one message that changed nothing; nil counts nothing.
func (t *tally) turnedAway(reason string) {
	if t != nil {
		t.refused.WithLabelValues(reason).Inc()
	}
}

package main

import (
	"cmp"

	"github.com/prometheus/client_golang/prometheus"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// tally counts what suppliers send, and what their door turns away. No label says
// who sent it.
type tally struct {
	read    *prometheus.CounterVec
	refused *prometheus.CounterVec
	// Of the message centres that are read.
	posts *prometheus.CounterVec
	looks *prometheus.CounterVec
}

func newTally() *tally {
	return &tally{
		read: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "datalek_processor_messages_total",
			Help: "Messages of suppliers that were read, by what they are and the form they came in."}, []string{"kind", "format"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "datalek_webhook_refused_total",
			Help: "Messages that the suppliers' door turned away or had already, by why."}, []string{"reason"}),
		posts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "datalek_feed_posts_total",
			Help: "Messages of suppliers' message centres: read, kept as new ones about a breach, and odd ones without a number or a time."}, []string{"what"}),
		looks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "datalek_feed_looks_total",
			Help: "Looks at suppliers' message centres, by how they ended: ok, or why they failed."}, []string{"result"}),
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

// looked counts one look at a message centre.
func (t *tally) looked(l registry.FeedLook) {
	if t == nil {
		return
	}
	t.posts.WithLabelValues("read").Add(float64(l.Seen))
	t.posts.WithLabelValues("kept").Add(float64(l.Kept))
	t.posts.WithLabelValues("odd").Add(float64(l.Odd))
	t.looks.WithLabelValues(cmp.Or(string(l.Fault), "ok")).Inc()
}

// turnedAway counts one message that changed nothing; nil counts nothing.
func (t *tally) turnedAway(reason string) {
	if t != nil {
		t.refused.WithLabelValues(reason).Inc()
	}
}

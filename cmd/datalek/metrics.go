package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"datalek/notifier"
)

// startMetrics serves metrics on their own address, when one is given. No label
// holds a name, an address or an id.
func (a *app) startMetrics(ctx context.Context) error {
	if a.cfg.MetricsAddr == "" {
		return nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.MetricsAddr)
	if err != nil {
		return fmt.Errorf("listen for metrics: %w", err)
	}
	return a.serveBeside(ln, a.metrics(), "metrics")
}

// counts are the metrics that count what happens.
type counts struct{ policy *prometheus.CounterVec }

func newCounts() counts {
	return counts{policy: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "datalek_content_policy_reports_total",
		Help: "Reports of browsers that a page tried what the content security policy forbids, by directive and what was tried."}, []string{"directive", "blocked"})}
}

// policyBroken counts a browser's report; both words are of a short list.
func (c counts) policyBroken(directive, blocked string) {
	c.policy.WithLabelValues(directive, blocked).Inc()
}

func (a *app) metrics() http.Handler {
	all := prometheus.NewRegistry()
	all.MustRegister(a.counts.policy, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "datalek_keeper_silence_seconds",
			Help: "Seconds since the keeper of the clocks was last heard of; -1 when that cannot be read."}, a.keeperSilence),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "datalek_mail_accounts_paused",
			Help: "Sending accounts that the mail server refuses; -1 when that cannot be read."}, a.pausedAccounts))
	if a.heard != nil {
		all.MustRegister(a.heard.read, a.heard.refused, a.heard.posts, a.heard.looks)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(all, promhttp.HandlerOpts{}))
	return mux
}

func (a *app) pausedAccounts() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	n, err := notifier.NewPauses(a.store, a.now).Count(ctx)
	if err != nil {
		return -1
	}
	return float64(n)
}

func (a *app) keeperSilence() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	at, err := a.lastBeat(ctx)
	if err != nil || at.IsZero() {
		return -1
	}
	return a.now().Sub(at).Seconds()
}

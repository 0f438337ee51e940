package main

import (
	"context"
	"errors"
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
	server := &http.Server{Handler: a.metrics(), ReadHeaderTimeout: 5 * time.Second}
	a.running.Go(func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.failed <- fmt.Errorf("serve metrics: %w", err)
		}
	})
	a.onStop(server.Shutdown)
	return nil
}

func (a *app) metrics() http.Handler {
	all := prometheus.NewRegistry()
	all.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "datalek_keeper_silence_seconds",
			Help: "Seconds since the keeper of the clocks was last heard of; -1 when that cannot be read."}, a.keeperSilence),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "datalek_mail_accounts_paused",
			Help: "Sending accounts that the mail server refuses; -1 when that cannot be read."}, a.pausedAccounts))
	if a.heard != nil {
		all.MustRegister(a.heard.read, a.heard.refused)
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

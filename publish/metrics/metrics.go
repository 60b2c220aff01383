// Package metrics tells Prometheus how the daemon is: over HTTP, and in a file for node_exporter. [Table] lists what.
//
// Figures of the moment come from a [status.Source] when somebody asks; what only results tell, such as how long they took, is
// counted as they go by. [Metrics] has both, for as long as the daemon runs; a [Server] and a [TextFile] hand them out, and come
// and go as the config says.
package metrics

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
)

// Options say where the figures can be had.
type Options struct {
	Listen   string        // host:port of /metrics; empty: none
	TextFile string        // a .prom file; empty: none
	Interval time.Duration // from one text file to the next; above 0
}

// On tells whether the figures can be had anywhere.
func (o Options) On() bool { return o.Listen != "" || o.TextFile != "" }

// Metrics are all figures. It is a publish.Publisher: what it is not given, it does not count.
type Metrics struct {
	ours    *prometheus.Registry // what is in the table
	process *prometheus.Registry // what every Go program tells of itself, under the same names
	counts  *counts
	closed  atomic.Bool
}

var _ publish.Publisher = (*Metrics)(nil)

// New makes the figures of a daemon of some version. source is asked whenever somebody asks us.
func New(source status.Source, version string) *Metrics {
	m := &Metrics{ours: prometheus.NewRegistry(), process: prometheus.NewRegistry(), counts: newCounts()}
	m.ours.MustRegister(m.counts, overview{source}, buildInfo(version))
	m.process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Publish counts a result, and forgets cameras that are gone.
func (m *Metrics) Publish(_ context.Context, message publish.Message) error {
	if m.closed.Load() {
		return publish.ErrClosed
	}
	switch message := message.(type) {
	case *publish.Result:
		m.counts.result(message)
	case publish.Inventory:
		m.counts.keep(message)
	}
	return nil
}

// Close counts no more. What was counted can still be read. More calls do nothing.
func (m *Metrics) Close() error {
	m.closed.Store(true)
	return nil
}

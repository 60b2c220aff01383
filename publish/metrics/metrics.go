// Package metrics tells Prometheus how the daemon is: over HTTP, and in a file for node_exporter. [Table] lists what.
//
// Figures of the moment come from a [status.Source] when somebody asks; what only results tell, such as how long they took, is
// counted as they go by, and what is decided is kept. [Metrics] has both, for as long as the daemon runs; a [Server] and a [TextFile] hand them out, and come
// and go as the config says.
package metrics

import (
	"context"
	"os"
	"runtime"
	"sync/atomic"
	"time"

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
	source  status.Source
	version string // of the program
	started time.Time
	counts  *counts
	shown   *shown
	closed  atomic.Bool
}

var _ publish.Publisher = (*Metrics)(nil)

// New makes the figures of a daemon of some version. source is asked whenever somebody asks us.
func New(source status.Source, version string) *Metrics {
	return &Metrics{source: source, version: version, started: time.Now(), counts: newCounts(), shown: new(shown)}
}

// ours are the figures of the table.
func (m *Metrics) ours() *figures {
	f := &figures{}
	f.value(infoMetric(), 1, runtime.Version(), m.version)
	f.value(startMetric(), float64(m.started.UnixMilli())/1000)
	m.counts.tell(f)
	m.shown.tell(f)
	tellOverview(f, m.source.Overview())
	return f
}

// all are these, and what a Go program tells of itself, under the names that others have, too.
func (m *Metrics) all() *figures {
	f := m.ours()
	tellRuntime(f)
	tellProcess(f, os.DirFS("/"))
	return f
}

// Publish counts a result, notes what is decided, and forgets cameras that are gone.
func (m *Metrics) Publish(_ context.Context, message publish.Message) error {
	if m.closed.Load() {
		return publish.ErrClosed
	}
	switch message := message.(type) {
	case *publish.Result:
		m.counts.result(message)
	case publish.Decision:
		m.shown.decided(message)
	case publish.Inventory:
		m.counts.keep(message)
		m.shown.listed(message)
	}
	return nil
}

// Close counts no more. What was counted can still be read. More calls do nothing.
func (m *Metrics) Close() error {
	m.closed.Store(true)
	return nil
}

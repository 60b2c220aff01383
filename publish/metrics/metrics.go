// Package metrics tells Prometheus how the daemon is: over HTTP, and in a file for node_exporter. [Table] lists what.
//
// Figures of the moment come from a [status.Source] when somebody asks; what only results tell, such as how long they took, is
// counted as they go by.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
)

// Options say where the figures can be had. At least one of Listen and TextFile is set.
type Options struct {
	Listen   string        // host:port of /metrics; empty: none
	TextFile string        // a .prom file; empty: none
	Interval time.Duration // from one text file to the next; above 0
	Version  string        // of the daemon
}

// Metrics is a publish.Publisher.
type Metrics struct {
	log      *zap.Logger
	registry *prometheus.Registry
	server   *http.Server // nil without Listen
	counts   *counts

	cancel context.CancelFunc
	sides  sync.WaitGroup // the server, and who writes the file
	closed chan struct{}
	once   sync.Once
}

var _ publish.Publisher = (*Metrics)(nil)

// The limits of the server: whoever scrapes is quick, and asks for little.
const (
	headerTime = 5 * time.Second
	answerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 16 << 10
	maxScrapes = 4 // at the same time
)

// Listen takes the address of Options, for Open; nil if there is none. The error says that it cannot be had.
func Listen(address string) (net.Listener, error) {
	if address == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics.listen: %w (choose another port, or stop who has it)", err)
	}
	return l, nil
}

// Open starts to tell. The listener, which may be nil, is closed by Close. source is asked whenever somebody asks us.
func Open(o Options, l net.Listener, source status.Source, log *zap.Logger) *Metrics {
	m := &Metrics{log: log, registry: prometheus.NewRegistry(), counts: newCounts(), closed: make(chan struct{})}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.counts, overview{source}, buildInfo(o.Version))
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	if l != nil {
		m.serve(l)
	}
	if o.TextFile != "" {
		m.sides.Go(func() { m.writeFiles(ctx, o.TextFile, o.Interval) })
	}
	return m
}

// serve answers scrapes until the server is closed.
func (m *Metrics) serve(l net.Listener) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes, Timeout: answerTime}))
	m.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, WriteTimeout: 2 * answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader, ErrorLog: zap.NewStdLog(m.log),
	}
	address := l.Addr().String()
	if host, _, err := net.SplitHostPort(address); err == nil && !net.ParseIP(strings.Trim(host, "[]")).IsLoopback() {
		m.log.Warn("metrics can be read from other machines, by anybody", zap.String("address", address))
	}
	m.log.Info("metrics", zap.String("url", "http://"+address+"/metrics"))
	m.sides.Go(func() {
		if err := m.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			m.log.Error("metrics are not served any more", zap.Error(err))
		}
	})
}

// Publish counts a result, and forgets cameras that are gone.
func (m *Metrics) Publish(_ context.Context, message publish.Message) error {
	select {
	case <-m.closed:
		return publish.ErrClosed
	default:
	}
	switch message := message.(type) {
	case *publish.Result:
		m.counts.result(message)
	case publish.Inventory:
		m.counts.keep(message)
	}
	return nil
}

// Close stops telling. More calls do nothing.
func (m *Metrics) Close() error {
	m.once.Do(func() {
		close(m.closed)
		m.cancel()
		if m.server != nil {
			m.server.Close()
		}
		m.sides.Wait()
	})
	return nil
}

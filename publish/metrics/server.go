package metrics

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/net/netutil"

	"github.com/inceptiond/inceptiond/internal/text"
)

// What those who read figures may cost.
const (
	maxConnections = 32 // more wait
	maxScrapes     = 4  // at once; more are refused
	maxHeader      = 16 << 10
	headerTime     = 5 * time.Second
	requestTime    = 10 * time.Second // and as long for the answer
	idleTime       = 2 * time.Minute  // a scrape a minute keeps its connection
	closeTime      = time.Second      // for scrapes at work
)

// Server answers GET /metrics, and nothing else.
type Server struct {
	log     *zap.Logger
	http    http.Server
	serving sync.WaitGroup

	address string
	open    net.Listener // nil: it was given away
}

// Serve serves m at address, a host:port. old, which the new server takes the place of, may have the same port at another
// host: then it makes way, and goes on if Serve fails. nil: there is none. The error of a port that is taken wraps
// syscall.EADDRINUSE.
func (m *Metrics) Serve(address string, old *Server, log *zap.Logger) (*Server, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) && old.hasPortOf(address) {
		l, err = old.makeWay(address)
	}
	if err != nil {
		return nil, explain(address, err)
	}
	s := &Server{log: log, address: address}
	s.http = http.Server{
		Handler: m.handler(log), ErrorLog: lines(log, zap.DebugLevel), MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: requestTime, IdleTimeout: idleTime,
	}
	s.serve(l)
	if at, ok := l.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		log.Info("metrics can be read by all who reach this machine", zap.Stringer("listen", at))
	}
	return s, nil
}

// Try tells whether address can be had. The error is that of [Metrics.Serve].
func Try(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return explain(address, err)
	}
	return l.Close()
}

// explain says how to mend what keeps us from an address.
func explain(address string, err error) error {
	return fmt.Errorf("metrics: %w", text.Listen("metrics.listen", address, err))
}

// handler answers requests.
func (m *Metrics) handler(log *zap.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", &scrape{m.all, log, make(chan struct{}, maxScrapes)})
	return mux
}

// lines is log for those who write lines.
func lines(log *zap.Logger, level zapcore.Level) *stdlog.Logger {
	l, err := zap.NewStdLogAt(log, level)
	if err != nil { // there is no such level
		panic(err)
	}
	return l
}

// serve takes connections of l.
func (s *Server) serve(l net.Listener) {
	l = netutil.LimitListener(l, maxConnections)
	s.open = l
	s.serving.Go(func() { s.http.Serve(l) }) // until it is closed
}

// Addr is where s listens, with the real port.
func (s *Server) Addr() string { return s.open.Addr().String() }

// Has tells whether s serves at address, a host:port. A nil Server serves nowhere.
func (s *Server) Has(address string) bool { return s != nil && s.open != nil && s.address == address }

// hasPortOf tells whether s has the port of an address.
func (s *Server) hasPortOf(address string) bool {
	if s == nil || s.open == nil {
		return false
	}
	_, ours, _ := net.SplitHostPort(s.address)
	_, port, err := net.SplitHostPort(address)
	return err == nil && port == ours
}

// makeWay opens address in the place of s's own, which comes back if that fails. Those who are connected stay so.
func (s *Server) makeWay(address string) (net.Listener, error) {
	s.open.Close()
	s.serving.Wait()
	s.open = nil
	l, err := net.Listen("tcp", address)
	if err == nil {
		return l, nil
	}
	again, lost := net.Listen("tcp", s.address)
	if lost != nil {
		s.log.Error("metrics cannot be read until the next reload", zap.Error(explain(s.address, lost)))
		return nil, err
	}
	s.serve(again)
	return nil, err
}

// Close frees the port, and hangs up on everybody when scrapes at work have ended, or after a second.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	s.serving.Wait()
	if err != nil {
		return fmt.Errorf("metrics: close: %w", err)
	}
	return nil
}

package web

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web/auth"
)

// How patient the server is.
const (
	maxHeader  = 16 << 10
	headerTime = 5 * time.Second
	idleTime   = time.Minute
	closeTime  = time.Second // for answers at work
)

// Server serves the page. It is a publish.Publisher: what it shows is what it is given.
type Server struct {
	daemon  Daemon
	guard   Guard
	auth    *auth.Auth // the same, if it is ours; nil: somebody else's
	log     *zap.Logger
	options atomic.Pointer[Options]
	started time.Time

	pictureTime time.Duration // that somebody waits for a picture

	assets  *assets
	memory  *memory
	studio  *studio
	viewers *viewers
	seen    seen
	doctor  doctor
	bundler bundler
	reading chan struct{} // holds one while somebody reads the album

	http    http.Server
	door    *door
	cancel  context.CancelFunc
	works   sync.WaitGroup // the studio
	closing sync.Once
	closed  atomic.Bool
}

var _ publish.Publisher = (*Server)(nil)

// OpenGuarded serves the page at the place that o names, with somebody else's guard. A port that is taken is no error: it is
// logged, and tried again every 30 s. The error is about the machine or the program.
func OpenGuarded(o Options, d Daemon, g Guard, log *zap.Logger) (*Server, error) {
	s, err := newServer(o, d, g, log)
	if err != nil {
		return nil, err
	}
	s.door.want(place{o.Listen, o.TLS})
	return s, nil
}

// newServer makes a server that listens nowhere yet.
func newServer(o Options, d Daemon, g Guard, log *zap.Logger) (*Server, error) {
	c, err := clock.New()
	if err != nil {
		return nil, err
	}
	s := &Server{daemon: d, guard: g, log: log, started: time.Now(), pictureTime: pictureTime, viewers: newViewers(), reading: make(chan struct{}, 1)}
	s.options.Store(&o)
	s.memory = newMemory(c.BootID(), func() uint64 { return uint64(c.SinceBoot(s.started).Milliseconds()) })
	s.memory.album = d.KeptID
	if s.assets, err = newAssets(embedded); err != nil {
		return nil, err
	}
	if s.studio, err = newStudio(d, s.memory, s.picturePause, log); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.doctor.check, s.doctor.ctx = d.Doctor, ctx
	s.bundler.make, s.bundler.ctx = d.Bundle, ctx
	s.serveFrom(ctx)
	s.works.Go(func() { s.studio.run(ctx) })
	return s, nil
}

// serveFrom sets up the server for requests. Those that wait for something end with ctx.
func (s *Server) serveFrom(ctx context.Context) {
	lines, err := zap.NewStdLogAt(s.log, zap.DebugLevel)
	if err != nil { // there is no such level
		lines = stdlog.Default()
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // with HTTP/2, one connection could ask as much as all may
	s.http = http.Server{
		Handler: s.secure(s.guard.Site(s.mux(s.routes()))), ErrorLog: lines, MaxHeaderBytes: maxHeader, Protocols: protocols,
		ReadHeaderTimeout: headerTime, ReadTimeout: answerTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	s.door = newDoor(&s.http, retryTime, s.log)
}

// picturePause is the time from one picture of a camera to the next.
func (s *Server) picturePause() time.Duration {
	return time.Duration(float64(time.Second) / s.options.Load().Rate)
}

// Reload takes other options. A new address is open before the old one is closed, and who is connected stays so.
func (s *Server) Reload(o Options) {
	s.options.Store(&o)
	s.door.tell() // before others can reach a new place, there has to be a password
	s.door.want(place{o.Listen, o.TLS})
}

// Addr is the host:port where the page is now; empty: nowhere yet.
func (s *Server) Addr() string { return s.door.address() }

// Problem says why the page is not where it is wanted, and how to mend that; empty: it is there.
func (s *Server) Problem() string { return s.door.state().Problem }

// Publish remembers a message, if the page shows messages of its kind.
func (s *Server) Publish(_ context.Context, m publish.Message) error {
	if s.closed.Load() {
		return publish.ErrClosed
	}
	s.memory.take(m, time.Now())
	return nil
}

// Close frees the port, and hangs up on everybody when answers at work have ended, or after a second.
func (s *Server) Close() (err error) {
	s.closing.Do(func() { err = s.shut() })
	return err
}

func (s *Server) shut() error {
	s.closed.Store(true)
	s.door.close()
	s.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	s.works.Wait()
	s.doctor.works.Wait()
	s.bundler.works.Wait()
	if err = errors.Join(err, s.guard.Close()); err != nil {
		return fmt.Errorf("web: close: %w", err)
	}
	return nil
}

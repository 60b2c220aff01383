package web

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/text"
)

// retryTime is from one try to open an address to the next.
const retryTime = 30 * time.Second

// place is where the page shall be.
type place struct {
	address string // host:port
	tls     TLS
}

// door is the open port. If it cannot be opened, that is tried again and again: nothing else waits for it.
type door struct {
	log   *zap.Logger
	serve func(net.Listener)             // until the listener is closed
	moved func(at place, address string) // is told where the page is; it must not call the door
	crowd *crowd
	retry time.Duration

	mu      sync.Mutex
	wanted  place
	at      place        // where open is
	open    net.Listener // nil: there is none
	config  *tls.Config  // of open; nil: plain HTTP
	problem error        // why it is not where it is wanted
	timer   *time.Timer  // of the next try; nil: there is nothing to try
	closed  bool
	serving sync.WaitGroup
}

func newDoor(server *http.Server, retry time.Duration, log *zap.Logger) *door {
	d := &door{moved: func(place, string) {}, log: log, crowd: &crowd{conns: map[*guest]struct{}{}}, retry: retry}
	server.ConnState = d.crowd.note
	d.serve = func(l net.Listener) {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			log.Error("the page is served no more", zap.Error(err))
		}
	}
	return d
}

// want has the page at p, at once if that can be. Until it can, it stays where it is.
func (d *door) want(p place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted = p
	d.try()
}

// try opens what is wanted, and comes again if that fails. It is called with mu held.
func (d *door) try() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if d.closed {
		return
	}
	before := d.problem
	if d.problem = d.move(); d.problem == nil {
		return
	}
	if before == nil || before.Error() != d.problem.Error() {
		d.log.Warn("the page cannot be opened; this is tried again", zap.Error(d.problem), zap.Duration("every", d.retry))
	}
	d.timer = time.AfterFunc(d.retry, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.try()
	})
}

// move opens the wanted place, and closes the one that is open after that.
func (d *door) move() error {
	if d.open != nil && d.at == d.wanted {
		return nil
	}
	var config *tls.Config
	if d.wanted.tls != (TLS{}) {
		c, err := newCertificate(d.wanted.tls, d.log)
		if err != nil {
			return err
		}
		config = c.config()
	}
	l, err := net.Listen("tcp", d.wanted.address)
	if errors.Is(err, syscall.EADDRINUSE) && d.hasPort(d.wanted.address) {
		l, err = d.makeWay()
	}
	if err != nil {
		return explain(d.wanted.address, err)
	}
	before := d.open
	d.begin(l, config)
	if before != nil {
		before.Close()
	}
	d.moved(d.at, l.Addr().String())
	return nil
}

// tell tells where the page is.
func (d *door) tell() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open != nil {
		d.moved(d.at, d.open.Addr().String())
	} else {
		d.moved(place{}, "")
	}
}

// hasPort tells whether the open listener has the port of an address.
func (d *door) hasPort(address string) bool {
	if d.open == nil {
		return false
	}
	_, ours, _ := net.SplitHostPort(d.open.Addr().String())
	_, port, err := net.SplitHostPort(address)
	return err == nil && port == ours
}

// makeWay opens the wanted address in the place of the one that is open, as both have the same port. That one comes back if it
// fails. Who is connected stays so.
func (d *door) makeWay() (net.Listener, error) {
	d.open.Close()
	l, err := net.Listen("tcp", d.wanted.address)
	if err == nil {
		d.open = nil
		return l, nil
	}
	again, lost := net.Listen("tcp", d.at.address)
	d.open = nil
	if lost == nil {
		d.log.Warn("the page stays where it was", zap.String("listen", d.at.address))
		d.accept(again, d.config)
	}
	return nil, err
}

// begin serves a listener of the wanted place.
func (d *door) begin(l net.Listener, config *tls.Config) {
	d.at = d.wanted
	d.accept(l, config)
	if d.at.public() {
		d.log.Info("the page can be reached from other machines", zap.Stringer("listen", l.Addr()), zap.Bool("tls", config != nil))
	}
}

// accept serves a listener.
func (d *door) accept(l net.Listener, config *tls.Config) {
	d.open, d.config = l, config
	var served net.Listener = guarded{l, d.crowd}
	if config != nil {
		served = tls.NewListener(served, config)
	}
	d.serving.Go(func() { d.serve(served) })
}

// explain says how to mend what keeps us from an address.
func explain(address string, err error) error {
	return fmt.Errorf("web: %w", text.Listen("web.listen", address, err))
}

// state says where the page is.
func (d *door) state() pageStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := pageStatus{Listen: d.wanted.address}
	if d.problem != nil {
		s.Problem = d.problem.Error()
	}
	return s
}

// address is where the port is open; empty: nowhere.
func (d *door) address() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil {
		return ""
	}
	return d.open.Addr().String()
}

// close opens nothing any more. Who is connected stays so.
func (d *door) close() {
	d.mu.Lock()
	d.closed = true
	if d.timer != nil {
		d.timer.Stop()
	}
	if d.open != nil {
		d.open.Close()
		d.open = nil
	}
	d.mu.Unlock()
	d.serving.Wait()
}

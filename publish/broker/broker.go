// Package broker is an MQTT broker inside the daemon, for a machine that has none. It keeps everything in memory and
// asks for no password: it therefore listens on the loopback interface only.
package broker

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/loopback"
)

// Options say where the broker listens.
type Options struct {
	Listen string // host:port on the loopback interface; port 0 takes a free one
}

// What one client may cost. A result is a few hundred bytes and a picture some hundred kilobytes.
const (
	maxPacket  = 4 << 20        // bytes
	maxPending = 1024           // packets that wait for a slow client; more are dropped
	maxSession = 24 * time.Hour // a client that is away is remembered this long
)

// Broker is a running broker.
type Broker struct {
	server    *mochi.Server
	listener  *listener
	closeOnce sync.Once
}

// Start opens the port and serves. log gets what the broker has to say, at debug level. The error of a port that is
// taken tells what to do about it; it wraps syscall.EADDRINUSE.
func Start(o Options, log *zap.Logger) (*Broker, error) {
	if err := checkLoopback(o.Listen); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", o.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("broker: listen on %s: %w: another program has the port; set mqtt.listen to another one, "+
			"or, if that program is a broker, use it: mqtt.broker: mqtt://%s", o.Listen, syscall.EADDRINUSE, o.Listen)
	}
	if err != nil {
		return nil, fmt.Errorf("broker: listen on %s: %w", o.Listen, err)
	}
	s := newSessions()
	b := &Broker{server: mochi.New(serverOptions(log)), listener: newListener(l, s)}
	if err := b.serve(&hook{sessions: s}); err != nil {
		l.Close()
		return nil, fmt.Errorf("broker: start: %w", err)
	}
	return b, nil
}

func (b *Broker) serve(h *hook) error {
	if err := b.server.AddHook(h, nil); err != nil {
		return err
	}
	if err := b.server.AddListener(b.listener); err != nil {
		return err
	}
	return b.server.Serve()
}

// Addr is where the broker listens, with the real port.
func (b *Broker) Addr() string { return b.listener.Address() }

// Close disconnects all clients and frees the port, in well under a second. More calls do nothing.
func (b *Broker) Close() (err error) {
	b.closeOnce.Do(func() { err = b.server.Close() })
	if err != nil {
		return fmt.Errorf("broker: close: %w", err)
	}
	return nil
}

func serverOptions(log *zap.Logger) *mochi.Options {
	limits := mochi.NewDefaultServerCapabilities()
	limits.MaximumPacketSize = maxPacket
	limits.MaximumClientWritesPending = maxPending
	limits.MaximumMessageExpiryInterval = 0 // the default forgets retained messages after a day
	limits.MaximumSessionExpiryInterval = uint32(maxSession / time.Second)
	return &mochi.Options{Capabilities: limits, Logger: slog.New(logHandler{log})}
}

// checkLoopback refuses an address that others could reach.
func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("broker: listen on %q: want host:port, as in 127.0.0.1:1883", address)
	}
	if !loopback.Host(host) {
		return fmt.Errorf("broker: listen on %q: the embedded broker has no passwords and listens on loopback only "+
			"(127.0.0.1, ::1, localhost); for clients on other machines run a broker such as mosquitto and set mqtt.broker",
			address)
	}
	return nil
}

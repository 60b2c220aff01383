package web

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// How many connections there may be. Whoever comes when there are so many takes the place of the one that has asked nothing for
// the longest; if all are being answered, it is sent away. Programs on this machine are not counted by address: one may be a
// proxy, for everybody.
const (
	maxConnections = 64
	maxOfAddress   = 16
)

// crowd is all connections.
type crowd struct {
	mu    sync.Mutex
	clock uint64 // grows with everything that connections do
	conns map[*guest]struct{}
}

// guest is a connection.
type guest struct {
	net.Conn
	crowd   *crowd
	address netip.Addr
	waiting uint64 // since when it has asked nothing; 0: it is being answered
}

// guarded is a listener whose connections belong to a crowd.
type guarded struct {
	net.Listener
	crowd *crowd
}

// Accept waits for a connection that there is room for.
func (l guarded) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g := l.crowd.admit(c); g != nil {
			return g, nil
		}
		c.Close()
	}
}

// admit makes room for a connection; nil: there is none.
func (c *crowd) admit(conn net.Conn) *guest {
	g := &guest{Conn: conn, crowd: c}
	if a, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		g.address = a.Addr().Unmap()
	}
	leaving, ok := c.seat(g)
	if leaving != nil {
		leaving.Conn.Close()
	}
	if !ok {
		return nil
	}
	return g
}

// seat notes g, and says who has to leave for that.
func (c *crowd) seat(g *guest) (leaving *guest, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, same := 0, 0
	var idle, idleThere *guest // those that have asked nothing for the longest, of all and of g's address
	older := func(a, b *guest) *guest {
		if a.waiting != 0 && (b == nil || a.waiting < b.waiting) {
			return a
		}
		return b
	}
	for other := range c.conns {
		all, idle = all+1, older(other, idle)
		if other.address == g.address {
			same, idleThere = same+1, older(other, idleThere)
		}
	}
	switch {
	case same >= maxOfAddress && !g.address.IsLoopback():
		leaving, ok = idleThere, idleThere != nil
	case all >= maxConnections:
		leaving, ok = idle, idle != nil
	default:
		ok = true
	}
	if !ok {
		return nil, false
	}
	if leaving != nil {
		delete(c.conns, leaving)
	}
	c.clock++
	g.waiting = c.clock
	c.conns[g] = struct{}{}
	return leaving, true
}

// note keeps in mind whether a connection is being answered. The server calls it.
func (c *crowd) note(conn net.Conn, state http.ConnState) {
	if over, ok := conn.(*tls.Conn); ok {
		conn = over.NetConn()
	}
	g, ok := conn.(*guest)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateActive:
		g.waiting = 0
	case http.StateIdle:
		c.clock++
		g.waiting = c.clock
	}
}

// Close gives the place away.
func (g *guest) Close() error {
	g.crowd.mu.Lock()
	delete(g.crowd.conns, g)
	g.crowd.mu.Unlock()
	return g.Conn.Close()
}

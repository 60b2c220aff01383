package broker

import (
	"net"
	"sync"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// sessions keeps the connections of one client id apart: a client that comes back waits until the server has done with its
// connection of before. The server itself would go on with both at once, and what it clears up last, without a look whose it is, are
// the subscriptions of the id, its entry, and its last will, which would then say offline of a client that is online (mochi v2.7.9,
// server.go, attachClient).
type sessions struct {
	mu     sync.Mutex
	newest map[string]*session   // by client id
	on     map[net.Conn]*session // all that are not over
}

// session is one connection of a client.
type session struct {
	client *mochi.Client
	over   chan struct{} // closed when the server has done with it
}

func newSessions() *sessions {
	return &sessions{newest: map[string]*session{}, on: map[net.Conn]*session{}}
}

// begin returns when cl is the only client of its id.
func (s *sessions) begin(cl *mochi.Client) {
	before := s.add(cl)
	if before == nil {
		return
	}
	if before.client.Properties.ProtocolVersion == 5 { // before that a server has no DISCONNECT
		before.client.WritePacket(packets.Packet{
			FixedHeader: packets.FixedHeader{Type: packets.Disconnect}, ReasonCode: packets.ErrSessionTakenOver.Code,
		})
	}
	before.client.Stop(packets.ErrSessionTakenOver)
	<-before.over
}

// add makes cl the newest client of its id, and returns the one of before, if it is not over.
func (s *sessions) add(cl *mochi.Client) (before *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before = s.newest[cl.ID]
	n := &session{client: cl, over: make(chan struct{})}
	s.newest[cl.ID], s.on[cl.Net.Conn] = n, n
	return before
}

// end is for when the server has done with a connection, which may have been no client's.
func (s *sessions) end(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.on[conn]
	if n == nil {
		return
	}
	delete(s.on, conn)
	if id := n.client.ID; s.newest[id] == n {
		delete(s.newest, id)
	}
	close(n.over)
}

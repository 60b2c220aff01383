package cluster

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Network is what nodes reach each other through: a proxy for each two of them, so that what goes from one node to another can be
// held back, slowed down or torn, while clients go on reaching all of them. Of two nodes the later one connects to the earlier one.
type Network struct {
	links map[pair]*link
	ways  map[pair]*way
}

// pair is a direction: from one node to another, by their names.
type pair struct{ from, to string }

// newNetwork connects nodes. It ends with the test.
func newNetwork(t testing.TB, nodes Nodes) *Network {
	t.Helper()
	w := &Network{links: make(map[pair]*link), ways: make(map[pair]*way)}
	for _, from := range nodes {
		for _, to := range nodes {
			if from != to {
				w.ways[pair{from.Name, to.Name}] = newWay()
			}
		}
	}
	for i, from := range nodes {
		for _, to := range nodes[:i] {
			p, back := pair{from.Name, to.Name}, pair{to.Name, from.Name}
			w.links[p] = startLink(t, to.peers, w.ways[p], w.ways[back])
		}
	}
	return w
}

// address is where from connects to to; nobody, if that is not how it goes.
func (w *Network) address(from, to *Node) string {
	if l := w.links[pair{from.Name, to.Name}]; l != nil {
		return l.listener.Addr().String()
	}
	return nobody(to)
}

// nobody is an address where nobody listens, instead of a node's own. Each has another: with one for all of them one start in some tens
// brought up a cluster (NATS 2.15.3) in which requests came to nothing, for minutes.
func nobody(n *Node) string { return "127.0.0." + strings.TrimPrefix(n.Name, "n") + ":1" }

// Hold keeps back what n says to the others (out), and what they say to it (in), until Heal: as TCP does on a network that loses
// all packets and closes nothing.
func (w *Network) Hold(n *Node, out, in bool) {
	for p, way := range w.ways {
		if out && p.from == n.Name || in && p.to == n.Name {
			way.hold()
		}
	}
}

// Slow has all that n says and hears take as long as that, for each piece of at most pieceSize.
func (w *Network) Slow(n *Node, delay time.Duration) {
	for p, way := range w.ways {
		if p.from == n.Name || p.to == n.Name {
			way.slow(delay)
		}
	}
}

// Tear closes all connections between n and the others, with what is on its way, and every new one until Heal: as a cable that is pulled
// out of a machine that notices.
func (w *Network) Tear(n *Node) {
	for p, l := range w.links {
		if p.from == n.Name || p.to == n.Name {
			l.tear()
		}
	}
}

// Heal has the network be whole again. What was held back arrives.
func (w *Network) Heal() {
	for _, l := range w.links {
		l.mend()
	}
	for _, way := range w.ways {
		way.open()
	}
}

// way is what carries bytes in one direction.
type way struct {
	mu     sync.Mutex
	opened chan struct{} // closed while it is open
	delay  time.Duration // of each piece
}

func newWay() *way {
	w := &way{opened: make(chan struct{})}
	close(w.opened)
	return w
}

func (w *way) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isOpen() {
		w.opened = make(chan struct{})
	}
}

func (w *way) slow(delay time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = delay
}

func (w *way) open() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = 0
	if !w.isOpen() {
		close(w.opened)
	}
}

func (w *way) isOpen() bool {
	select {
	case <-w.opened:
		return true
	default:
		return false
	}
}

// pass returns when a piece that has come may go on.
func (w *way) pass(ctx context.Context) error {
	w.mu.Lock()
	opened, delay := w.opened, w.delay
	w.mu.Unlock()
	if delay > 0 {
		if err := sleep(ctx, delay); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-opened:
		return nil
	}
}

// pieceSize is how many bytes are passed on at once.
const pieceSize = 64 << 10

// link is a proxy for the connections that one node opens to another.
type link struct {
	listener    net.Listener
	target      string
	forth, back *way

	mu   sync.Mutex
	ctx  context.Context // of the connections; over while the link is torn
	stop context.CancelFunc
}

// startLink ends with the test.
func startLink(t testing.TB, target string, forth, back *way) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{listener: listener, target: target, forth: forth, back: back}
	l.mend()
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { l.carry(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		l.tear()
		running.Wait()
	})
	return l
}

func (l *link) tear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
}

func (l *link) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil || l.ctx.Err() != nil {
		l.ctx, l.stop = context.WithCancel(context.Background())
	}
}

func (l *link) current() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ctx
}

// carry passes on what comes on a connection and what is answered, until one side or the link ends it.
func (l *link) carry(in net.Conn) {
	defer in.Close()
	ctx, stop := context.WithCancel(l.current())
	defer stop()
	out, err := new(net.Dialer).DialContext(ctx, "tcp", l.target)
	if err != nil {
		return
	}
	defer out.Close()
	context.AfterFunc(ctx, func() { in.Close(); out.Close() })
	var back sync.WaitGroup
	back.Go(func() { l.back.carry(ctx, in, out); stop() })
	l.forth.carry(ctx, out, in)
	stop()
	back.Wait()
}

// carry passes on what comes from src to dst, until one of them or ctx ends it.
func (w *way) carry(ctx context.Context, dst io.Writer, src io.Reader) {
	piece := make([]byte, pieceSize)
	for {
		n, err := src.Read(piece)
		if n > 0 {
			if w.pass(ctx) != nil {
				return
			}
			if _, err := dst.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

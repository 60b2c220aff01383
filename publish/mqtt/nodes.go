package mqtt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/localname"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/secret"
)

// Address is where a broker can be had: one of several, if the broker is a cluster.
type Address struct {
	// URL is mqtt://host[:port] (1883; also tcp://), mqtts://host[:port] (8883; also ssl://), ws:// or wss://.
	// It holds no user and no password.
	URL string
	// ServerName is expected in the certificate there; empty: TLS.ServerName, or the host of URL.
	ServerName string
}

// String is the address without secrets.
func (a Address) String() string { return secret.URL(a.URL) }

// SameBroker tells whether both are about one broker: an address that they share makes the others nodes of the same cluster.
func (o *Options) SameBroker(other *Options) bool {
	return slices.ContainsFunc(o.Brokers, func(a Address) bool {
		return slices.ContainsFunc(other.Brokers, func(b Address) bool { return a.URL == b.URL })
	})
}

// node is an address of the broker, and what was learned there: the nodes of a cluster need not be set up alike. The client's
// goroutine owns it, but for what does not change and what is atomic.
type node struct {
	Address
	url *url.URL // with a port
	tls TLS      // with the name that is expected there
	log *zap.Logger

	turn   int    // which of the addresses of its name is the first one to try
	prefer string // one that is; empty: as turn says

	accepted   bool                  // it has taken us once
	terms      atomic.Pointer[terms] // what it does not take
	inquiry    inquiry
	liveOnly   bool        // it takes no retained messages
	looks      int         // how often it seemed to lack something
	sweeps     int         // attempts
	listens    int         // connections in a row that ended before it let us hear what we can do without
	homeTold   bool        // that it throws documents away
	recognized recognition // of what the port speaks
	said       complaints
}

// shown is the address with its port, without secrets.
func (n *node) shown() string { return secret.URL(n.url.String()) }

// newNodes reads the addresses, in the order in which this client tries them.
func (o Options) newNodes() (nodes []*node, err error) {
	if len(o.Brokers) == 0 {
		return nil, errors.New("mqtt: no broker: " + wantURL)
	}
	for _, a := range inOrder(o.ClientID, o.Brokers) {
		n := &node{Address: a, tls: o.TLS}
		if n.url, err = parseBroker(a.URL); err != nil {
			return nil, err
		}
		if a.ServerName != "" {
			n.tls.ServerName = a.ServerName
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// inOrder are addresses in the order in which the client with this id tries them. Each client has an order of its own, so that
// many spread evenly, also those that a lost node leaves; and always the same, whatever the order of the list: by the hash of
// id and address (rendezvous hashing: Thaler and Ravishankar 1998). An address more or less moves no client but those that
// have it.
func inOrder(id string, addresses []Address) []Address {
	sorted := slices.Clone(addresses)
	order.Stable(sorted, func(a, b Address) int { return bytes.Compare(weight(id, a.URL), weight(id, b.URL)) })
	return sorted
}

func weight(id, address string) []byte {
	sum := sha256.Sum256([]byte(id + "\x00" + address))
	return sum[:]
}

// arrange has the addresses of the node's name tried as inOrder has those of a list, one after the other from attempt to attempt; the
// family of the first one comes first.
func (n *node) arrange(id string) func([]netip.Addr) []netip.Addr {
	turn := n.turn
	return func(addrs []netip.Addr) []netip.Addr {
		var families [2][]netip.Addr
		for _, a := range addrs {
			family := 0
			if a.Is4() != addrs[0].Is4() {
				family = 1
			}
			families[family] = append(families[family], a)
		}
		var all []netip.Addr
		if i := slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.String() == n.prefer }); i >= 0 {
			all = append(all, addrs[i])
		}
		for _, f := range families {
			order.Stable(f, func(a, b netip.Addr) int { return bytes.Compare(weight(id, a.String()), weight(id, b.String())) })
			if len(f) > 0 {
				first := turn % len(f)
				all = append(append(all, f[first:]...), f[:first]...)
			}
		}
		return all
	}
}

// moveOn goes to the address to try after the one that was lost, or did not let us in: no address is preferred, so that a node
// that comes back is not overrun by all that have left it.
func (c *Client) moveOn() {
	c.node().turn++
	if next := c.nextNode(); next != c.node() {
		c.current.Store(next)
		c.spool.Hold(next.terms.Load().hold)
	}
}

func (c *Client) nextNode() *node {
	return c.nodes[(slices.Index(c.nodes, c.node())+1)%len(c.nodes)]
}

// connectTCP returns what dials the node.
func (c *Client) connectTCP() func(ctx context.Context, network, address string) (net.Conn, error) {
	dial := localname.ArrangedDialer(new(net.Dialer), c.node().arrange(c.options.ClientID))
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &lastWords{Conn: conn}, nil
	}
}

const wantURL = "want mqtt://host[:port], mqtts://, ws:// or wss://"

// parseBroker reads a broker's URL and gives it a port. Messages never repeat the URL's user part.
func parseBroker(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" && u.User == nil {
		return nil, errors.New("mqtt: broker URL: " + wantURL)
	}
	at := secret.URL(text)
	port, known := defaultPorts[u.Scheme]
	switch {
	case u.User != nil:
		return nil, errors.New("mqtt: broker URL with a user or password: use mqtt.username and mqtt.password_file")
	case !known:
		return nil, fmt.Errorf("mqtt: broker %s: unknown scheme %q: %s", at, u.Scheme, wantURL)
	case u.Hostname() == "":
		return nil, fmt.Errorf("mqtt: broker %s: no host: %s", at, wantURL)
	case !strings.HasPrefix(u.Scheme, "ws") && strings.Trim(u.Path, "/") != "":
		return nil, fmt.Errorf("mqtt: broker %s: a path makes no sense here; topics are set by mqtt.prefix", at)
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	return u, nil
}

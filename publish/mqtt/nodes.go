package mqtt

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/order"
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
func (a Address) String() string {
	u, err := url.Parse(a.URL)
	if err != nil {
		return "an address that is none"
	}
	return shown(u)
}

// shown is u without what may be secret in it.
func shown(u *url.URL) string {
	public := *u
	if public.RawQuery != "" {
		public.RawQuery = "REDACTED"
	}
	public.Fragment = ""
	return public.Redacted()
}

// SameBroker tells whether both are about one broker: an address that they share makes the others nodes of the same cluster.
func (o *Options) SameBroker(other *Options) bool {
	return slices.ContainsFunc(o.Brokers, func(a Address) bool {
		return slices.ContainsFunc(other.Brokers, func(b Address) bool { return a.URL == b.URL })
	})
}

// node is an address of the broker.
type node struct {
	url *url.URL
	tls TLS // with the name that is expected there
	log *zap.Logger
}

// newNodes reads the addresses, in the order in which this client tries them.
func (o Options) newNodes() (nodes []*node, err error) {
	if len(o.Brokers) == 0 {
		return nil, errors.New("mqtt: no broker: " + wantURL)
	}
	for _, a := range inOrder(o.ClientID, o.Brokers) {
		n := &node{tls: o.TLS}
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
	weight := func(a Address) []byte {
		sum := sha256.Sum256([]byte(id + "\x00" + a.URL))
		return sum[:]
	}
	sorted := slices.Clone(addresses)
	order.Stable(sorted, func(a, b Address) int { return bytes.Compare(weight(a), weight(b)) })
	return sorted
}

// nextNode is the address to try after the one that was lost, or did not let us in.
func (c *Client) nextNode() *node {
	return c.nodes[(slices.Index(c.nodes, c.node())+1)%len(c.nodes)]
}

const wantURL = "want mqtt://host[:port], mqtts://, ws:// or wss://"

// parseBroker reads a broker's URL and gives it a port. Messages never repeat the URL's user part.
func parseBroker(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" && u.User == nil {
		return nil, errors.New("mqtt: broker URL: " + wantURL)
	}
	at := shown(u)
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

// Package localname finds machines whose names end in .local: broker.local, homeassistant.local, a camera's name.
//
// Such names are not in DNS: the machines of a network answer for themselves (multicast DNS, RFC 6762). The C library
// asks them, if it is set up so (nss-mdns, nss-resolve); a static Go program, which has no C library, asks DNS only. So
// this package asks, in this order:
//
//   - the hosts file, hosts(5);
//   - systemd-resolved and Avahi, where they run, at the same time;
//   - the network itself, by one-shot queries (RFC 6762, section 5.1): at once where neither runs, else a moment later;
//   - DNS, if nobody has answered in time: some networks have a domain local.
//
// Other names are never asked for.
package localname

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/internal/order"
)

// The ways to an answer, for people.
const (
	Hosts    = "/etc/hosts"
	Resolved = "systemd-resolved"
	Avahi    = "Avahi"
	Network  = "multicast DNS"
	DNS      = "DNS"
)

// Is tells whether host is a name that this package is for. An IP address is none.
func Is(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	rest, local := strings.CutSuffix(host, ".local")
	return local && rest != "" && len(host) <= 253 && !strings.ContainsAny(host, " \t\r\n\x00/")
}

// Lookup finds the addresses of host, for which [Is] holds, IPv4 first, and says who answered. IPv6 addresses that need a
// zone have one. It returns soon after ctx ends. The error is a *net.DNSError that says who was asked, and what may help.
func Lookup(ctx context.Context, host string) (addrs []netip.Addr, way string, err error) {
	return system().lookup(ctx, host)
}

// Dialer returns a function that dials as d does; for names that end in .local it finds the addresses by [Lookup], and
// tries all of them, within d's Timeout and Deadline.
func Dialer(d *net.Dialer) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil || !Is(host) {
			return d.DialContext(ctx, network, address)
		}
		if d.Timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, d.Timeout)
			defer cancel()
		}
		if !d.Deadline.IsZero() {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, d.Deadline)
			defer cancel()
		}
		addrs, _, err := Lookup(ctx, host)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		return dialAny(ctx, d, network, port, addrs)
	}
}

// ArrangedDialer is [Dialer] for names whose addresses are all as good, the machines of a cluster: where a name has several of a
// family, arrange orders them. Those of a name that ends in .local are machines of one network, and are arranged like all others.
func ArrangedDialer(d *net.Dialer, arrange func([]netip.Addr) []netip.Addr) func(ctx context.Context, network, address string) (net.Conn, error) {
	return arrangedDialer(d, lookupAny, arrange)
}

func arrangedDialer(d *net.Dialer, lookup func(context.Context, string) ([]netip.Addr, error), arrange func([]netip.Addr) []netip.Addr) func(ctx context.Context, network, address string) (net.Conn, error) {
	plain := Dialer(d)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if _, bad := netip.ParseAddr(host); err != nil || bad == nil {
			return plain(ctx, network, address)
		}
		addrs, err := lookup(ctx, host)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		if len(addrs) > 1 && !several(addrs) { // d knows best how to choose among families
			return plain(ctx, network, address)
		}
		return dialAny(ctx, d, network, port, arrange(addrs))
	}
}

// lookupAny finds the addresses of any name.
func lookupAny(ctx context.Context, host string) ([]netip.Addr, error) {
	if Is(host) {
		addrs, _, err := Lookup(ctx, host)
		return addrs, err
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, err
}

// several tells whether two of the addresses are of a family.
func several(addrs []netip.Addr) bool {
	four := 0
	for _, a := range addrs {
		if a.Is4() {
			four++
		}
	}
	return four > 1 || len(addrs)-four > 1
}

// dialAny tries the addresses in turn. Each has its share of the time that is left.
func dialAny(ctx context.Context, d *net.Dialer, network, port string, addrs []netip.Addr) (net.Conn, error) {
	addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool {
		return strings.HasSuffix(network, "4") && !a.Is4() || strings.HasSuffix(network, "6") && a.Is4()
	})
	if len(addrs) == 0 {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("no address of this kind")}
	}
	var first error
	for i, a := range addrs {
		conn, err := dialShare(ctx, d, network, net.JoinHostPort(a.String(), port), len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// dialShare dials with one of several shares of the time that ctx leaves.
func dialShare(ctx context.Context, d *net.Dialer, network, address string, shares int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(shares))
		defer cancel()
	}
	return d.DialContext(ctx, network, address)
}

// resolver asks all who may know. Tests have their own.
type resolver struct {
	hosts    string // path of the hosts file
	resolved string // path of systemd-resolved's Varlink socket
	avahi    string // path of Avahi's socket
	dns      func(ctx context.Context, host string) ([]netip.Addr, error)
	network  func(ctx context.Context, host string) ([]netip.Addr, error)
}

func system() *resolver {
	return &resolver{
		hosts:    "/etc/hosts",
		resolved: "/run/systemd/resolve/io.systemd.Resolve",
		avahi:    "/run/avahi-daemon/socket",
		dns: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		},
		network: queryNetwork,
	}
}

const (
	patience  = 3 * time.Second        // for the machines of the network, who answer within a second
	headStart = 400 * time.Millisecond // of systemd-resolved and Avahi before we ask the network ourselves
	maxAddrs  = 16                     // of one machine
)

// answer is what one of those who were asked says.
type answer struct {
	way   string
	addrs []netip.Addr
	err   error
}

func (r *resolver) lookup(ctx context.Context, host string) ([]netip.Addr, string, error) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if addrs := r.fromHosts(host); len(addrs) > 0 {
		return sorted(addrs), Hosts, nil
	}
	asked, found := r.askLocally(ctx, host)
	if found == nil && ctx.Err() == nil {
		addrs, err := r.dns(ctx, host)
		if err == nil && len(addrs) > 0 {
			found = &answer{DNS, addrs, nil}
		}
		asked = append(asked, DNS)
	}
	if found == nil {
		return nil, "", &net.DNSError{Name: host, IsNotFound: true, Err: fmt.Sprintf(
			"no machine answers to this name (asked %s): is it on, and in this network? Its IP address may do instead",
			strings.Join(asked, ", "))}
	}
	return sorted(found.addrs), found.way, nil
}

// askLocally asks all but DNS, and returns who was asked, and the first good answer.
func (r *resolver) askLocally(ctx context.Context, host string) (asked []string, found *answer) {
	limit := patience
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/2) // DNS and the dial need some
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	answers := make(chan answer, 3)
	running := 0
	ask := func(way string, after time.Duration, f func(context.Context, string) ([]netip.Addr, error)) {
		asked, running = append(asked, way), running+1
		go func() {
			if err := backoff.Sleep(ctx, after); err != nil {
				answers <- answer{way, nil, err}
				return
			}
			addrs, err := f(ctx, host)
			answers <- answer{way, addrs, err}
		}()
	}
	wait := time.Duration(0)
	if isSocket(r.resolved) {
		ask(Resolved, 0, r.askResolved)
		wait = headStart
	}
	if isSocket(r.avahi) {
		ask(Avahi, 0, r.askAvahi)
		wait = headStart
	}
	ask(Network, wait, r.network)
	for ; running > 0; running-- {
		a := <-answers
		if found == nil && a.err == nil && len(a.addrs) > 0 {
			found = &a
			cancel() // the others; wait for their goroutines all the same
		}
	}
	cancel()
	return asked, found
}

// sorted puts IPv4 first, then IPv6, link-local addresses last in each; doubles and what no machine has are dropped.
func sorted(addrs []netip.Addr) []netip.Addr {
	rank := func(a netip.Addr) int {
		n := 0
		if !a.Is4() {
			n += 2
		}
		if a.IsLinkLocalUnicast() {
			n++
		}
		return n
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return !usable(a) })
	order.Stable(addrs, func(a, b netip.Addr) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return a.Compare(b)
	})
	addrs = slices.Compact(addrs)
	return addrs[:min(len(addrs), maxAddrs)]
}

// usable tells whether a machine may have the address.
func usable(a netip.Addr) bool { return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() }

package localname

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Where queries go: RFC 6762, section 3.
const (
	group4 = "224.0.0.251:5353"
	group6 = "ff02::fb"
	port   = 5353
)

const (
	grace      = 100 * time.Millisecond // for the other family, after the first answer
	maxSockets = 32
	maxAnswers = 64 // looked at in one message
)

// resend is when the query is sent: answers and queries may be lost. RFC 6762, section 5.2, wants growing intervals.
var resend = [...]time.Duration{0, 250 * time.Millisecond, time.Second, 2 * time.Second}

// queryNetwork asks all machines of all networks that this one is in.
func queryNetwork(ctx context.Context, host string) ([]netip.Addr, error) {
	id := uint16(rand.Uint32())
	queries, err := packQueries(host, id)
	if err != nil {
		return nil, err
	}
	sockets := openSockets(ctx)
	if len(sockets) == 0 {
		return nil, errors.New("localname: no network interface can multicast")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan []netip.Addr)
	var reading sync.WaitGroup
	for _, s := range sockets {
		reading.Go(func() { s.read(ctx, host, id, answers) })
	}
	sending := time.NewTimer(0)
	defer sending.Stop()
	defer func() {
		cancel()
		for _, s := range sockets {
			s.conn.Close()
		}
		reading.Wait()
	}()
	var found []netip.Addr
	var enough <-chan time.Time
	for sent := 0; ; {
		select {
		case <-sending.C:
			for _, s := range sockets {
				s.send(queries)
			}
			if sent++; sent < len(resend) {
				sending.Reset(resend[sent] - resend[sent-1])
			}
		case addrs := <-answers:
			if found = append(found, addrs...); enough == nil {
				enough = time.After(grace)
			}
		case <-enough:
			return found, nil
		case <-ctx.Done():
			if len(found) > 0 {
				return found, nil
			}
			return nil, ctx.Err()
		}
	}
}

// packQueries makes a query for IPv4 addresses and one for IPv6.
func packQueries(host string, id uint16) ([2][]byte, error) {
	name, err := dnsmessage.NewName(host + ".")
	if err != nil {
		return [2][]byte{}, fmt.Errorf("localname: %q: %w", host, err)
	}
	var queries [2][]byte
	for i, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		m := dnsmessage.Message{
			Header:    dnsmessage.Header{ID: id},
			Questions: []dnsmessage.Question{{Name: name, Type: kind, Class: dnsmessage.ClassINET}},
		}
		if queries[i], err = m.Pack(); err != nil {
			return queries, fmt.Errorf("localname: %q: %w", host, err)
		}
	}
	return queries, nil
}

// parseResponse is the addresses of host that a message has. Not all responders echo the query's number.
func parseResponse(message []byte, host string, id uint16) (addrs []netip.Addr) {
	var p dnsmessage.Parser
	header, err := p.Start(message)
	if err != nil || !header.Response || header.RCode != dnsmessage.RCodeSuccess || header.ID != id && header.ID != 0 ||
		p.SkipAllQuestions() != nil {
		return nil
	}
	for range maxAnswers {
		h, err := p.AnswerHeader()
		if err != nil {
			return addrs
		}
		const flush = 1 << 15 // the cache-flush bit: RFC 6762, section 10.2
		ours := strings.EqualFold(strings.TrimSuffix(h.Name.String(), "."), host) && h.Class&^flush == dnsmessage.ClassINET && h.TTL > 0
		switch {
		case ours && h.Type == dnsmessage.TypeA:
			a, err := p.AResource()
			if err != nil {
				return addrs
			}
			addrs = append(addrs, netip.AddrFrom4(a.A))
		case ours && h.Type == dnsmessage.TypeAAAA:
			a, err := p.AAAAResource()
			if err != nil {
				return addrs
			}
			addrs = append(addrs, netip.AddrFrom16(a.AAAA))
		default:
			if p.SkipAnswer() != nil {
				return addrs
			}
		}
	}
	return addrs
}

// socket is a way to one network.
type socket struct {
	conn    *net.UDPConn
	group   *net.UDPAddr
	index   int // of its interface
	network []netip.Prefix
}

// openSockets opens a socket for each family of each interface that can multicast.
func openSockets(ctx context.Context) (sockets []*socket) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	for _, i := range interfaces {
		const wanted = net.FlagUp | net.FlagMulticast
		if i.Flags&wanted != wanted || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		network := prefixes(i)
		for _, family := range []string{"udp4", "udp6"} {
			if len(sockets) == maxSockets {
				return sockets
			}
			if s, err := openSocket(ctx, i, family, network); err == nil {
				sockets = append(sockets, s)
			}
		}
	}
	return sockets
}

// prefixes are the networks that an interface is in.
func prefixes(i net.Interface) (list []netip.Prefix) {
	addrs, err := i.Addrs()
	if err != nil {
		return nil
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, p.Masked())
		}
	}
	return list
}

// openSocket opens a socket whose multicasts leave by interface i. It fails if that has no address of the family.
func openSocket(ctx context.Context, i net.Interface, family string, network []netip.Prefix) (*socket, error) {
	four := family == "udp4"
	has := false
	for _, p := range network {
		has = has || p.Addr().Is4() == four
	}
	if !has {
		return nil, errors.New("localname: no address")
	}
	group, local := &net.UDPAddr{IP: net.ParseIP(group6), Port: port, Zone: i.Name}, "[::]:0"
	if four {
		group, local = net.UDPAddrFromAddrPort(netip.MustParseAddrPort(group4)), "0.0.0.0:0"
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error { return leaveBy(c, i.Index, four) }}
	conn, err := lc.ListenPacket(ctx, family, local)
	if err != nil {
		return nil, err
	}
	return &socket{conn.(*net.UDPConn), group, i.Index, network}, nil
}

// send sends the queries. Whatever goes wrong, another interface, another attempt may do.
func (s *socket) send(queries [2][]byte) {
	for _, q := range queries {
		_ = s.conn.SetWriteDeadline(time.Now().Add(time.Second)) // fails on a closed socket, as the write does
		_, _ = s.conn.WriteToUDP(q, s.group)
	}
}

// read hands on the addresses in all messages of neighbours until the socket is closed.
func (s *socket) read(ctx context.Context, host string, id uint16, answers chan<- []netip.Addr) {
	buffer := make([]byte, 9000) // the most that there may be: RFC 6762, section 17
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return // closed, or the interface has gone
		}
		if !s.neighbour(from.Addr()) {
			continue
		}
		addrs := parseResponse(buffer[:n], host, id)
		for i := range addrs {
			addrs[i] = withZone(addrs[i], s.index)
		}
		if len(addrs) == 0 {
			continue
		}
		select {
		case answers <- addrs:
		case <-ctx.Done():
			return
		}
	}
}

// neighbour tells whether a message came from the network itself: RFC 6762, section 11, against answers from elsewhere.
func (s *socket) neighbour(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	if from.IsLinkLocalUnicast() {
		return true
	}
	for _, p := range s.network {
		if p.Contains(from) {
			return true
		}
	}
	return false
}

package localname

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/internal/regular"
)

// fromHosts looks into the hosts file: hosts(5).
func (r *resolver) fromHosts(host string) []netip.Addr {
	data, err := regular.Read(r.hosts, 1<<20)
	if err != nil {
		return nil
	}
	return parseHosts(data, host)
}

func parseHosts(data []byte, host string) (addrs []netip.Addr) {
	for line := range bytes.Lines(data) {
		line, _, _ = bytes.Cut(line, []byte("#"))
		fields := strings.Fields(string(line))
		if len(fields) < 2 {
			continue
		}
		for _, name := range fields[1:] {
			if a, err := netip.ParseAddr(fields[0]); err == nil && strings.EqualFold(strings.TrimSuffix(name, "."), host) {
				addrs = append(addrs, a)
				break
			}
		}
	}
	return addrs
}

func isSocket(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeSocket != 0
}

// maxReply is the most bytes of a daemon's reply.
const maxReply = 64 << 10

// exchange sends a request to the socket at path and reads the reply up to the byte end, which it drops.
func exchange(ctx context.Context, path string, request []byte, end byte) ([]byte, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(request); err != nil {
		return nil, err
	}
	reply, err := bufio.NewReader(io.LimitReader(conn, maxReply)).ReadBytes(end)
	return bytes.TrimSuffix(reply, []byte{end}), err
}

// askResolved asks systemd-resolved for what multicast DNS says, by its Varlink interface io.systemd.Resolve
// (systemd-resolved.service(8), varlink.org).
func (r *resolver) askResolved(ctx context.Context, host string) ([]netip.Addr, error) {
	const multicastDNS = 1<<3 | 1<<4 // SD_RESOLVED_MDNS_IPV4, SD_RESOLVED_MDNS_IPV6
	request, err := json.Marshal(map[string]any{
		"method":     "io.systemd.Resolve.ResolveHostname",
		"parameters": map[string]any{"name": host, "flags": multicastDNS},
	})
	if err != nil {
		return nil, err
	}
	reply, err := exchange(ctx, r.resolved, append(request, 0), 0)
	if err != nil {
		return nil, err
	}
	return parseResolved(reply)
}

// parseResolved reads the reply of ResolveHostname.
func parseResolved(reply []byte) ([]netip.Addr, error) {
	var r struct {
		Error      string `json:"error"`
		Parameters struct {
			Addresses []struct {
				Interface int    `json:"ifindex"`
				Address   octets `json:"address"`
			} `json:"addresses"`
		} `json:"parameters"`
	}
	if err := json.Unmarshal(reply, &r); err != nil {
		return nil, fmt.Errorf("localname: %s: %w", Resolved, err)
	}
	if r.Error != "" {
		return nil, fmt.Errorf("localname: %s: %s", Resolved, r.Error)
	}
	var addrs []netip.Addr
	for _, a := range r.Parameters.Addresses {
		if addr, ok := netip.AddrFromSlice(a.Address); ok {
			addrs = append(addrs, withZone(addr, a.Interface))
		}
	}
	return addrs, nil
}

// octets are bytes that JSON has as a list of numbers.
type octets []byte

func (o *octets) UnmarshalJSON(data []byte) error {
	var numbers []int
	if err := json.Unmarshal(data, &numbers); err != nil {
		return err
	}
	*o = nil
	for _, n := range numbers {
		if n < 0 || n > 255 {
			return errors.New("not the bytes of an address")
		}
		*o = append(*o, byte(n))
	}
	return nil
}

// askAvahi asks Avahi for both families at once, by the protocol that nss-mdns speaks too: a line each way. Avahi takes
// seconds to say that there is no address of a family, so the second one has a moment only.
func (r *resolver) askAvahi(ctx context.Context, host string) (addrs []netip.Addr, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	replies := make(chan answer, 2)
	for _, family := range []string{"IPV4", "IPV6"} {
		go func() {
			var a answer
			reply, err := exchange(ctx, r.avahi, []byte("RESOLVE-HOSTNAME-"+family+" "+host+"\n"), '\n')
			if a.err = err; err == nil {
				a.addrs, a.err = parseAvahi(string(reply))
			}
			replies <- a
		}()
	}
	for range 2 {
		a := <-replies
		if err = errors.Join(err, a.err); len(a.addrs) > 0 {
			addrs = append(addrs, a.addrs...)
			defer time.AfterFunc(grace, cancel).Stop()
		}
	}
	if len(addrs) > 0 {
		return addrs, nil
	}
	return nil, err
}

// parseAvahi reads a reply: "+ 2 0 broker.local 192.168.1.5" (interface, protocol, name, address), or "-15 Timeout reached".
func parseAvahi(reply string) ([]netip.Addr, error) {
	fields := strings.Fields(reply)
	if len(fields) != 5 || fields[0] != "+" {
		return nil, fmt.Errorf("localname: %s: %.100q", Avahi, reply)
	}
	index, err := strconv.Atoi(fields[1])
	if err != nil {
		return nil, fmt.Errorf("localname: %s: %.100q", Avahi, reply)
	}
	addr, err := netip.ParseAddr(fields[4])
	if err != nil {
		return nil, fmt.Errorf("localname: %s: %.100q", Avahi, reply)
	}
	return []netip.Addr{withZone(addr, index)}, nil
}

// withZone gives a link-local IPv6 address the zone that it needs: the name of the interface with this index.
func withZone(a netip.Addr, index int) netip.Addr {
	if !a.Is6() || !a.IsLinkLocalUnicast() || a.Zone() != "" || index <= 0 {
		return a
	}
	if i, err := net.InterfaceByIndex(index); err == nil {
		return a.WithZone(i.Name)
	}
	return a.WithZone(strconv.Itoa(index))
}

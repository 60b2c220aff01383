// Package loopback tells what stays on this machine.
package loopback

import (
	"net/netip"
	"strings"
)

// Host tells whether a host, as it stands before a port, is one that this machine alone can reach: localhost, or an address of the
// loopback. Whatever else needs a resolver is none.
func Host(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

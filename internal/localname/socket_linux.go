package localname

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// leaveBy has the multicasts of a socket leave by the interface with this index: ip(7), ipv6(7). A hop limit of 255 is what
// RFC 6762, section 11, wants.
func leaveBy(c syscall.RawConn, index int, four bool) (err error) {
	failed := c.Control(func(fd uintptr) {
		if four {
			if err = unix.SetsockoptIPMreqn(int(fd), unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &unix.IPMreqn{Ifindex: int32(index)}); err == nil {
				err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, 255)
			}
			return
		}
		if err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, index); err == nil {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, 255)
		}
	})
	if failed != nil {
		return failed
	}
	return err
}

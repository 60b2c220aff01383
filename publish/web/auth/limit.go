package auth

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// How many times somebody may be wrong.
const (
	maxFailures  = 5 // of an address
	failureTime  = time.Minute
	maxAddresses = 4096 // that are kept
)

// limiter counts who was wrong lately, and knows who was right. It may be used from several goroutines at once.
type limiter struct {
	now func() time.Time

	mu       sync.Mutex
	failures map[netip.Prefix][]time.Time // the last, oldest first
	known    []netip.Prefix               // that have signed in, the last one at the end
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, failures: map[netip.Prefix][]time.Time{}}
}

// address is whom a request counts for: an IPv4 address, or the 64 bits of IPv6 that one household has.
func address(remote string) netip.Prefix {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // such an address has as many bits
	return p
}

// wait is how long an address has to wait until it may try again; 0: not at all.
func (l *limiter) wait(a netip.Prefix) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.recent(a)
	if len(f) < maxFailures {
		return 0
	}
	return f[0].Add(failureTime).Sub(l.now())
}

// recent are the failures of an address that still count.
func (l *limiter) recent(a netip.Prefix) []time.Time {
	f := l.failures[a]
	for len(f) > 0 && l.now().Sub(f[0]) >= failureTime {
		f = f[1:]
	}
	return f
}

// failed notes that an address was wrong.
func (l *limiter) failed(a netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, there := l.failures[a]; !there && len(l.failures) >= maxAddresses {
		l.makeRoom()
	}
	f := append(l.recent(a), l.now())
	l.failures[a] = f[max(0, len(f)-maxFailures):]
}

// makeRoom forgets the addresses whose failures do not count any more, and any one if all do.
func (l *limiter) makeRoom() {
	for a := range l.failures {
		if len(l.recent(a)) == 0 {
			delete(l.failures, a)
		}
	}
	for a := range l.failures {
		if len(l.failures) < maxAddresses {
			return
		}
		delete(l.failures, a)
	}
}

// succeeded notes that an address was right: it is no stranger.
func (l *limiter) succeeded(a netip.Prefix) {
	const most = 64
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.failures, a)
	for i, k := range l.known {
		if k == a {
			l.known = append(l.known[:i], l.known[i+1:]...)
			break
		}
	}
	l.known = append(l.known, a)
	l.known = l.known[max(0, len(l.known)-most):]
}

// stranger tells whether an address has never signed in since the start.
func (l *limiter) stranger(a netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range l.known {
		if k == a {
			return false
		}
	}
	return true
}

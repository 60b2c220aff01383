package auth

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// How many times somebody may be wrong.
const (
	maxFailures = 5 // of an address, or of a browser that was signed in before
	failureTime = time.Minute
	maxVisitors = 4096 // that are kept
)

// limiter counts who was wrong lately. It may be used from several goroutines at once. When very many were, some are forgotten:
// that helps nobody to more tries, as all strangers share a rest after each.
type limiter struct {
	now func() time.Time

	mu       sync.Mutex
	failures map[string][]time.Time // of visitors: the last, oldest first
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, failures: map[string][]time.Time{}}
}

// address is whom a request counts for: an IPv4 address, or the 64 bits of IPv6 that one household has.
func address(r *http.Request) string {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	a, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(a, bits).Masked().String()
}

// try counts a try of a visitor as a failure, until it turns out to be none. If there were too many, it is how long to wait.
func (l *limiter) try(visitor string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.recent(visitor)
	if len(f) >= maxFailures {
		return f[0].Add(failureTime).Sub(l.now())
	}
	if len(f) == 0 && len(l.failures) >= maxVisitors {
		l.makeRoom()
	}
	l.failures[visitor] = append(f, l.now())
	return 0
}

// recent are the failures of a visitor that still count.
func (l *limiter) recent(visitor string) []time.Time {
	f := l.failures[visitor]
	for len(f) > 0 && l.now().Sub(f[0]) >= failureTime {
		f = f[1:]
	}
	return f
}

// spare takes back a try that came to nothing.
func (l *limiter) spare(visitor string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.failures[visitor]; len(f) > 1 {
		l.failures[visitor] = f[:len(f)-1]
	} else {
		delete(l.failures, visitor)
	}
}

// succeeded forgets the failures of a visitor.
func (l *limiter) succeeded(visitor string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.failures, visitor)
}

// makeRoom forgets the visitors whose failures do not count any more, and any one if all do.
func (l *limiter) makeRoom() {
	for v := range l.failures {
		if len(l.recent(v)) == 0 {
			delete(l.failures, v)
		}
	}
	for v := range l.failures {
		if len(l.failures) < maxVisitors {
			return
		}
		delete(l.failures, v)
	}
}

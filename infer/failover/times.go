package failover

import (
	"slices"
	"time"
)

// times are the latest durations of something.
type times struct {
	ring [31]time.Duration
	n    int // how many there have ever been
}

func (t *times) add(d time.Duration) {
	t.ring[t.n%len(t.ring)] = d
	t.n++
}

// median is that of the durations kept, the upper one if there are two; 0 if there is none.
func (t *times) median() time.Duration {
	n := min(t.n, len(t.ring))
	if n == 0 {
		return 0
	}
	sorted := t.ring
	slices.Sort(sorted[:n])
	return sorted[n/2]
}

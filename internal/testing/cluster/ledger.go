package cluster

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Arrival is an event that the cluster has stored.
type Arrival struct {
	Place    uint64    // its number in the stream
	Stored   time.Time // by the cluster
	Device   string
	Camera   string
	Boot     string
	Sequence uint64
	Kind     string
	Value    string
	Previous *string
}

// Sent says which events a device has given to its client: those of one boot with sequences from First to Last.
type Sent struct {
	Device      string
	Boot        string
	First, Last uint64 // First is Last+1 if there were none
}

// Ledger is what has arrived, in whatever order the consumer got it.
type Ledger struct {
	mu       sync.Mutex
	arrivals map[uint64]Arrival // by their places
	newest   map[string]uint64  // sequence by device
	stopped  map[string]int     // cameras by device
	faults   []error
}

// NewLedger is empty.
func NewLedger() *Ledger {
	return &Ledger{arrivals: make(map[uint64]Arrival), newest: make(map[string]uint64), stopped: make(map[string]int)}
}

// Add notes a message of the stream. One that comes again has to be the same: a cluster that has given a place in its stream twice has
// taken back what it acknowledged.
func (l *Ledger) Add(place uint64, stored time.Time, payload []byte) {
	a := Arrival{Place: place, Stored: stored}
	err := json.Unmarshal(payload, &a)
	a.Place, a.Stored = place, stored // whatever the payload says
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && (a.Device == "" || a.Boot == "" || a.Sequence == 0) {
		err = fmt.Errorf("no event: %.200s", payload)
	}
	before, again := l.arrivals[place]
	if err == nil && again && (before.Device != a.Device || before.Sequence != a.Sequence) {
		err = fmt.Errorf("was %s %d, and is %s %d", before.Device, before.Sequence, a.Device, a.Sequence)
	}
	if err != nil {
		l.faults = append(l.faults, fmt.Errorf("message %d of the stream: %w", place, err))
		return
	}
	if again {
		return
	}
	l.arrivals[place] = a
	if a.Kind == "camera" && a.Value == "stopped" && a.Sequence > l.newest[a.Device] {
		l.stopped[a.Device]++
	}
	l.newest[a.Device] = max(l.newest[a.Device], a.Sequence)
}

// Newest is the highest sequence of a device that has arrived.
func (l *Ledger) Newest(device string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.newest[device]
}

// Len is how many have arrived, duplicates too.
func (l *Ledger) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.arrivals)
}

// Verdict is what a ledger shows.
type Verdict struct {
	Events     int      // different ones
	Duplicates int      // arrivals of an event that was there before
	Lost       []string // events that were sent and are not there
	Disorder   []string // events that came for the first time behind a later one of the same camera
	Strange    []string // what nobody has sent
	Faults     []error  // of the stream
}

// Judge compares what has arrived with what was sent. The order is that of the stream, which is that of all consumers.
func (l *Ledger) Judge(sent []Sent) Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]Arrival, 0, len(l.arrivals))
	for _, a := range l.arrivals {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Arrival) int { return cmp.Compare(a.Place, b.Place) })
	v := Verdict{Faults: l.faults}
	type number struct {
		device, boot string
		sequence     uint64
	}
	type camera struct{ device, boot, name string }
	seen := make(map[number]string) // camera by event
	last := make(map[camera]Arrival)
	for _, a := range list {
		n := number{a.Device, a.Boot, a.Sequence}
		if name, again := seen[n]; again {
			if v.Duplicates++; name != a.Camera {
				v.Strange = append(v.Strange, fmt.Sprintf("%s: %d is an event of %q and of %q", a.Device, a.Sequence, name, a.Camera))
			}
			continue
		}
		seen[n] = a.Camera
		c := camera{a.Device, a.Boot, a.Camera}
		if before, ok := last[c]; ok && a.Sequence < before.Sequence {
			v.Disorder = append(v.Disorder, fmt.Sprintf("%s/%s: %d at %d (%s), behind %d at %d (%s)", a.Device, a.Camera,
				a.Sequence, a.Place, clock(a.Stored), before.Sequence, before.Place, clock(before.Stored)))
			continue
		}
		last[c] = a
	}
	v.Events = len(seen)
	for _, s := range sent {
		for n := s.First; n <= s.Last; n++ {
			key := number{s.Device, s.Boot, n}
			if _, there := seen[key]; !there {
				v.Lost = append(v.Lost, fmt.Sprintf("%s: %d of %d to %d", s.Device, n, s.First, s.Last))
			}
			delete(seen, key)
		}
	}
	for n := range seen {
		v.Strange = append(v.Strange, fmt.Sprintf("%s: %d of boot %s was not sent", n.device, n.sequence, n.boot))
	}
	return v
}

// clock is a time of day as the logs have it.
func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

// Stopped is how many cameras of a daemon have said that they have stopped, which is the last that they say.
func (l *Ledger) Stopped(device string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped[device]
}

// Whole says what a daemon has sent, by its first event and its last, which have to be there: that a camera is online, and
// that all have stopped.
func (l *Ledger) Whole(device string) (s Sent, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var first, last Arrival
	for _, a := range l.arrivals {
		if a.Device != device {
			continue
		}
		if first.Sequence == 0 || a.Sequence < first.Sequence {
			first = a
		}
		if a.Sequence > last.Sequence {
			last = a
		}
	}
	if first.Kind != "camera" || first.Previous != nil {
		err = fmt.Errorf("%s: the first event is of kind %q, at %s", device, first.Kind, clock(first.Stored))
	}
	return Sent{Device: device, Boot: first.Boot, First: first.Sequence, Last: last.Sequence}, err
}

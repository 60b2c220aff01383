package spool

import "time"

// Moment is a time on the clocks of a machine. Monotonic times compare within a boot; wall times only where both clocks
// were set.
type Moment struct {
	Boot        string        // at most 255 bytes
	Monotonic   time.Duration // since the boot
	Time        time.Time     // kept to the millisecond
	ClockSynced bool
}

// Record is an event.
type Record struct {
	Moment
	Sequence uint64 // grows from record to record within a boot
	Topic    string
	Payload  []byte
}

// age is how old m is at least. A clock that is set, or jumps, makes nothing older: within a boot the monotonic clock
// tells; after another boot the wall clock only if it was set both times, else the event is as old as the boot.
func age(m, now Moment) time.Duration {
	switch {
	case m.Boot == now.Boot:
		return now.Monotonic - m.Monotonic
	case m.ClockSynced && now.ClockSynced:
		return max(now.Time.Sub(m.Time), now.Monotonic)
	}
	return now.Monotonic
}

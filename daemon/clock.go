package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// clock turns a moment into the time since the machine booted, as CLOCK_MONOTONIC counts it: the clock that does not
// jump when a machine without a battery-backed clock first learns the time.
type clock struct {
	moment time.Time     // with a monotonic reading
	boot   time.Duration // CLOCK_MONOTONIC at moment
}

// newClock reads both clocks once; all later answers come from the difference to this moment.
func newClock() (clock, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return clock{}, err
	}
	return clock{moment: time.Now(), boot: time.Duration(ts.Nano())}, nil
}

func (c clock) sinceBoot(t time.Time) time.Duration { return c.boot + t.Sub(c.moment) }

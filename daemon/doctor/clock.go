package doctor

import (
	"context"
	"time"

	"github.com/inceptiond/inceptiond/internal/clock"
)

// clockState is what the kernel says of its clock.
type clockState struct {
	Synchronized bool
	Now          time.Time
}

// firstYear is before this program was written: a clock that says so is wrong.
const firstYear = 2026

// checkClock checks that the clock is right: messages carry times, and TLS certificates are valid for a time. read asks the
// kernel; nil is what it says now.
func checkClock(root Root, read func() (clockState, error)) Check {
	if read == nil {
		read = readClock
	}
	const fix = "switch synchronization on: sudo timedatectl set-ntp true (it needs systemd-timesyncd or chrony, and a way to a time server)"
	return Check{Area: "system", Name: "clock", Run: func(context.Context) []Finding {
		c, err := read()
		now := c.Now.UTC().Format(time.RFC3339)
		switch {
		case err != nil:
			return one(Note, "", "the kernel does not say whether the clock is synchronized: %v", err)
		case c.Now.Year() < firstYear:
			return one(Fault, fix, "the clock says %s, which is in the past", now)
		case c.Synchronized:
			return ok("synchronized, %s", now)
		case root.text("/sys/class/rtc/rtc0/name") == "":
			return one(Warning, fix, "not synchronized, and this machine has no clock of its own that runs while it is off; it says %s", now)
		}
		return one(Warning, fix, "not synchronized; it says %s", now)
	}}
}

// readClock asks the kernel whether something keeps the clock right.
func readClock() (clockState, error) {
	synchronized, err := clock.Synchronized()
	return clockState{Synchronized: synchronized, Now: time.Now()}, err
}

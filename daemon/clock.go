package main

import (
	"crypto/rand"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/publish/mqtt/spool"
)

// clock turns a moment into the time since the machine booted, as CLOCK_MONOTONIC counts it: the clock that does not
// jump when a machine without a battery-backed clock first learns the time.
type clock struct {
	moment time.Time     // with a monotonic reading
	boot   time.Duration // CLOCK_MONOTONIC at moment
	bootID string
}

// newClock reads both clocks once; all later answers come from the difference to this moment.
func newClock() (clock, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return clock{}, err
	}
	return clock{moment: time.Now(), boot: time.Duration(ts.Nano()), bootID: bootID()}, nil
}

// bootID names the machine's boot, as the kernel does (random(4)). Where it does not, each start of the daemon counts as
// a boot of its own.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if id := strings.TrimSpace(string(text)); err == nil && id != "" {
		return id
	}
	return rand.Text()
}

func (c clock) sinceBoot(t time.Time) time.Duration { return c.boot + t.Sub(c.moment) }

// now is the time on all of the machine's clocks.
func (c clock) now() spool.Moment {
	t := time.Now()
	return spool.Moment{Boot: c.bootID, Monotonic: c.sinceBoot(t), Time: t, ClockSynced: clockSynced()}
}

// clockSynced tells whether the kernel knows the machine's clock to be right.
func clockSynced() bool {
	s, err := doctor.ReadClock()
	return err == nil && s.Synchronized
}

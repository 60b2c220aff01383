// Package clock tells the time by the machine's clocks: the one that may jump, and the one that does not.
package clock

import (
	"crypto/rand"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Clock turns a moment into the time since the machine booted, as CLOCK_MONOTONIC counts it: the clock that does not
// jump when a machine without a battery-backed clock first learns the time. A Clock does not change; it may be copied,
// and used concurrently. Its zero value counts from the year 1.
type Clock struct {
	moment time.Time     // with a monotonic reading
	boot   time.Duration // CLOCK_MONOTONIC at moment
	bootID string
}

// New reads both clocks once; all later answers come from the difference to this moment.
func New() (Clock, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return Clock{}, err
	}
	return Clock{moment: time.Now(), boot: time.Duration(ts.Nano()), bootID: readBootID()}, nil
}

// SinceBoot is the time from the boot to t, which has a monotonic reading.
func (c Clock) SinceBoot(t time.Time) time.Duration { return c.boot + t.Sub(c.moment) }

// BootID names the machine's boot, as the kernel does (random(4)). Where it does not, each start of the program counts
// as a boot of its own.
func (c Clock) BootID() string { return c.bootID }

func readBootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if id := strings.TrimSpace(string(text)); err == nil && id != "" {
		return id
	}
	return rand.Text()
}

package doctor

import (
	"context"
	"os"
	"time"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/internal/clock"
)

// clockState is what the kernel says of its clock.
type clockState struct {
	Synchronized bool
	Set          bool // hours of cameras count
	Now          time.Time
}

// firstYear is before this program was written: a clock that says so is wrong.
const firstYear = 2026

// setClock is how to mend a clock that nothing sets.
const setClock = "switch synchronization on: sudo timedatectl set-ntp true (it needs systemd-timesyncd or chrony, and a way to a time server)"

// checkClock checks that the clock is right: messages carry times, and TLS certificates are valid for a time. read asks the
// kernel.
func checkClock(root Root, read func() (clockState, error)) Check {
	const fix = setClock
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
	return clockState{Synchronized: synchronized, Set: clock.Set(), Now: time.Now()}, err
}

// checkClockOfService checks that the service sees that the clock is right, as this command does.
func checkClockOfService(root Root, read func() (clockState, error)) Check {
	return Check{Area: "system", Name: "clock of the service", Run: func(context.Context) []Finding {
		c, err := read()
		_, missing := os.Stat(root.path("/run/systemd/timesync/synchronized"))
		if err != nil || !c.Synchronized || missing == nil {
			return nil // which the check of the clock tells
		}
		return one(Warning, "use systemd-timesyncd; or sudo systemctl edit inceptiond, and write [Service], ProtectClock=no and SystemCallFilter=adjtimex "+
			"in three lines (the clock can still not be set), then restart it",
			"the service may not ask the kernel, and what sets this clock is not systemd-timesyncd: it takes the clock for not synchronized")
	}}
}

// checkHours says whether a camera is used now, by its hours.
func checkHours(name string, cam plan.Camera, read func() (clockState, error)) Check {
	return Check{Area: "camera", Name: name + " hours", Run: func(context.Context) []Finding {
		c, _ := read() // which the check of the clock tells
		is := map[bool]string{true: "open", false: "closed"}
		if !c.Set {
			return one(Warning, setClock, "nobody has set the clock; until then it is %s at any time (without_clock)", is[cam.OpenWithoutClock])
		}
		open, next := cam.Hours.At(c.Now)
		if next.IsZero() {
			return ok("%s, now and for the next days", is[open])
		}
		return ok("%s until %s", is[open], next.Format("Mon 2006-01-02 15:04 MST"))
	}}
}

package doctor

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// ReadClock asks the kernel whether something keeps the clock right: adjtimex(2), which only reads here.
func ReadClock() (ClockState, error) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return ClockState{Now: time.Now()}, fmt.Errorf("adjtimex: %w", err)
	}
	synchronized := state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0
	return ClockState{Synchronized: synchronized, Now: time.Now()}, nil
}

package clock

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// timesync is the folder of systemd-timesyncd. A file in it says, until the next boot, that the clock was set
// (systemd-time-wait-sync.service(8)).
const timesync = "run/systemd/timesync"

// Synchronized tells whether something has set the machine's clock from a time source, and keeps it right: by the kernel, or,
// where it may not be asked, as by a service with ProtectClock=, by what systemd-timesyncd says. With an error nobody knows,
// and the answer is false.
func Synchronized() (bool, error) { return synchronized(askKernel, "/") }

func synchronized(kernel func() (bool, error), root string) (bool, error) {
	yes, err := kernel()
	if yes {
		return true, nil
	}
	folder := filepath.Join(root, timesync)
	if _, missing := os.Stat(filepath.Join(folder, "synchronized")); missing == nil {
		return true, nil
	}
	if _, missing := os.Stat(folder); missing == nil {
		return false, nil // it runs, and will say so
	}
	return false, err
}

// askKernel asks by adjtimex(2), which only reads here. What the kernel believes to be wrong by 16 s or more has not been set
// since the boot, or not for a long time.
func askKernel() (bool, error) {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return false, fmt.Errorf("adjtimex: %w", err)
	}
	return int64(t.Maxerror) < (16 * time.Second).Microseconds(), nil
}

// Set tells whether the machine's clock can be believed to the minute: it is Synchronized, or the kernel has it from a clock
// that runs while the machine is off.
func Set() bool {
	yes, _ := Synchronized()
	return yes || hasOwnClock("/", time.Now())
}

// hasOwnClock tells whether the clock was set at the boot from one that agrees with it now: one without a battery does not.
func hasOwnClock(root string, now time.Time) bool {
	list, _ := filepath.Glob(filepath.Join(root, "sys/class/rtc/rtc*/hctosys")) // an error is about the pattern
	for _, file := range list {
		if number(file) != 1 {
			continue
		}
		if away := now.Sub(time.Unix(number(filepath.Join(filepath.Dir(file), "since_epoch")), 0)); away.Abs() < time.Minute {
			return true
		}
	}
	return false
}

// number is what a file of the kernel's holds; 0 if it holds none.
func number(file string) int64 {
	text, _ := os.ReadFile(file)
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n
}

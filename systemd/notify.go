package systemd

import (
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// What Notify can say (sd_notify(3)).
const (
	Ready    = daemon.SdNotifyReady    // the service has started, or has finished its reload
	Stopping = daemon.SdNotifyStopping // the service has begun to stop
	Watchdog = daemon.SdNotifyWatchdog // the service is alive
)

// Reloading says that the service has begun a reload; Ready ends it. It holds the time, as Type=notify-reload wants it.
func Reloading() string {
	return daemon.SdNotifyReloading + "\n" + strings.TrimSuffix(daemon.SdNotifyMonotonicUsec(), "\n")
}

// Status says how the service is, in one line for people: `systemctl status` shows it.
func Status(text string) string {
	return "STATUS=" + strings.ReplaceAll(text, "\n", " ")
}

// ExtendTimeout asks for so much more time, from now, to start, to reload or to stop.
func ExtendTimeout(d time.Duration) string {
	return fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", d.Microseconds())
}

// Notify sends states to the service manager, in one message. Where there is none ($NOTIFY_SOCKET is not set), it does
// nothing.
func Notify(states ...string) error {
	if _, err := daemon.SdNotify(false, strings.Join(states, "\n")); err != nil {
		return fmt.Errorf("systemd: notify: %w", err)
	}
	return nil
}

// WatchdogTime is how long the service manager waits for Watchdog until it kills us: WatchdogSec= of the unit. It is 0 if
// nobody waits, or for another process than this one. The error is about $WATCHDOG_USEC and $WATCHDOG_PID.
func WatchdogTime() (time.Duration, error) {
	d, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return 0, fmt.Errorf("systemd: watchdog: %w", err)
	}
	return d, nil
}

package systemd

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// listen makes a socket as the service manager has one, and tells us its name. A name with @ is an abstract one.
func listen(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", name)
	return conn
}

func receive(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	message := make([]byte, 4096)
	n, err := conn.Read(message)
	if err != nil {
		t.Fatal(err)
	}
	return string(message[:n])
}

func TestNotify(t *testing.T) {
	for kind, name := range map[string]string{
		"path":     filepath.Join(t.TempDir(), "notify"),
		"abstract": fmt.Sprintf("@inceptiond-test-%d", os.Getpid()),
	} {
		t.Run(kind, func(t *testing.T) {
			manager := listen(t, name)
			for _, test := range []struct {
				states []string
				want   string
			}{
				{[]string{Ready}, "READY=1"},
				{[]string{Stopping}, "STOPPING=1"},
				{[]string{Watchdog, Status("two\nlines")}, "WATCHDOG=1\nSTATUS=two lines"},
				{[]string{ExtendTimeout(90 * time.Second)}, "EXTEND_TIMEOUT_USEC=90000000"},
			} {
				if err := Notify(test.states...); err != nil {
					t.Fatal(err)
				}
				if got := receive(t, manager); got != test.want {
					t.Errorf("the manager reads %q, want %q", got, test.want)
				}
			}
		})
	}
}

func TestReloadingTellsTheTime(t *testing.T) {
	manager := listen(t, filepath.Join(t.TempDir(), "notify"))
	before := monotonic(t)
	if err := Notify(Reloading()); err != nil {
		t.Fatal(err)
	}
	usec, ok := strings.CutPrefix(receive(t, manager), "RELOADING=1\nMONOTONIC_USEC=")
	got, err := strconv.ParseInt(usec, 10, 64)
	if !ok || err != nil || got < before || got > monotonic(t) {
		t.Errorf("the time is %q, want one since %d", usec, before)
	}
}

// monotonic is CLOCK_MONOTONIC in microseconds.
func monotonic(t *testing.T) int64 {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		t.Fatal(err)
	}
	return now.Nano() / 1000
}

func TestNotifyWithoutManager(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	if err := Notify(Ready); err != nil {
		t.Errorf("without a manager: %v", err)
	}
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "gone"))
	if err := Notify(Ready); err == nil || !strings.HasPrefix(err.Error(), "systemd: notify: ") {
		t.Errorf("without its socket: %v", err)
	}
}

func TestWatchdogTime(t *testing.T) {
	self := strconv.Itoa(os.Getpid())
	for _, test := range []struct {
		usec, pid string
		want      time.Duration
		bad       bool
	}{
		{"", "", 0, false},
		{"30000000", "", 30 * time.Second, false},
		{"30000000", self, 30 * time.Second, false},
		{"30000000", "1", 0, false}, // of another process: ours has inherited the variables
		{"soon", self, 0, true},
		{"0", self, 0, true},
		{"30000000", "me", 0, true},
	} {
		t.Setenv("WATCHDOG_USEC", test.usec)
		t.Setenv("WATCHDOG_PID", test.pid)
		got, err := WatchdogTime()
		if got != test.want || (err != nil) != test.bad {
			t.Errorf("WATCHDOG_USEC=%q WATCHDOG_PID=%q: %v, %v", test.usec, test.pid, got, err)
		}
	}
}

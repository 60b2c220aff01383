package clock

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// files makes a root with some files in it.
func files(t *testing.T, byName map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range byName {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// A service with ProtectClock= may not ask the kernel: it must not believe for ever that the clock is wrong.
func TestSynchronizedOfAService(t *testing.T) {
	kernel := func(yes bool, err error) func() (bool, error) { return func() (bool, error) { return yes, err } }
	denied := fmt.Errorf("adjtimex: %w", syscall.EPERM)
	for _, test := range []struct {
		name   string
		kernel func() (bool, error)
		files  map[string]string
		yes    bool
		failed bool
	}{
		{"the kernel says yes", kernel(true, nil), nil, true, false},
		{"the kernel says no", kernel(false, nil), nil, false, false},
		{"it was right, and the network has gone since", kernel(false, nil), map[string]string{timesync + "/synchronized": ""}, true, false},
		{"denied", kernel(false, denied), nil, false, true},
		{"denied, and set", kernel(false, denied), map[string]string{timesync + "/synchronized": ""}, true, false},
		{"denied, and not set yet", kernel(false, denied), map[string]string{timesync + "/other": ""}, false, false},
	} {
		if yes, err := synchronized(test.kernel, files(t, test.files)); yes != test.yes || (err != nil) != test.failed {
			t.Errorf("%s: %t, %v", test.name, yes, err)
		}
	}
}

func TestHasOwnClock(t *testing.T) {
	now := time.Date(2026, 3, 14, 15, 26, 53, 0, time.UTC)
	seconds := func(ahead time.Duration) string { return fmt.Sprintln(now.Add(ahead).Unix()) }
	for _, test := range []struct {
		name  string
		files map[string]string
		has   bool
	}{
		{"none", nil, false},
		{"a good one", map[string]string{"sys/class/rtc/rtc0/hctosys": "1\n", "sys/class/rtc/rtc0/since_epoch": seconds(30 * time.Second)}, true},
		{"the second one", map[string]string{
			"sys/class/rtc/rtc0/hctosys": "0\n", "sys/class/rtc/rtc0/since_epoch": seconds(time.Hour),
			"sys/class/rtc/rtc1/hctosys": "1\n", "sys/class/rtc/rtc1/since_epoch": seconds(-time.Second),
		}, true},
		{"one that the kernel has not used", map[string]string{"sys/class/rtc/rtc0/hctosys": "0\n", "sys/class/rtc/rtc0/since_epoch": seconds(0)}, false},
		{"without a battery", map[string]string{"sys/class/rtc/rtc0/hctosys": "1\n", "sys/class/rtc/rtc0/since_epoch": "171\n"}, false},
		{"broken", map[string]string{"sys/class/rtc/rtc0/hctosys": "1\n", "sys/class/rtc/rtc0/since_epoch": "?"}, false},
	} {
		if has := hasOwnClock(files(t, test.files), now); has != test.has {
			t.Errorf("%s: %t", test.name, has)
		}
	}
}

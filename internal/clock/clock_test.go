package clock_test

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/clock"
)

func TestSinceBoot(t *testing.T) {
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if boot := c.SinceBoot(now); boot <= 0 {
		t.Errorf("%v since boot", boot)
	}
	if step := c.SinceBoot(now.Add(time.Hour)) - c.SinceBoot(now); step != time.Hour {
		t.Errorf("an hour later is %v later", step)
	}
	later, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	if drift := later.SinceBoot(now) - c.SinceBoot(now); drift.Abs() > time.Second {
		t.Errorf("two clocks differ by %v", drift)
	}
}

func TestBootID(t *testing.T) {
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Skip("the kernel does not name its boot")
	}
	if c.BootID() != strings.TrimSpace(string(want)) {
		t.Errorf("boot %q, want %q", c.BootID(), want)
	}
}

func TestSynchronized(t *testing.T) {
	synchronized, err := clock.Synchronized()
	if runtime.GOOS == "linux" && err != nil || err != nil && synchronized {
		t.Errorf("%v, %v", synchronized, err)
	}
}

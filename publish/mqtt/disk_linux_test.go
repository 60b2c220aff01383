package mqtt

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestFullDiskIsToldAndMended(t *testing.T) {
	dir := tinyDisk(t)
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	network := startTape(t, b.Addr())
	c, logs := openClient(t, spoolOptions(network.url(), filepath.Join(dir, "spool")), testPace)
	change(t, c, "cam", "before")
	ballast := filepath.Join(dir, "ballast")
	if err := fill(ballast); err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := 0; c.Stats().Spool.OnDisk; i++ { // until the last block is full too
		change(t, c, "cam", fmt.Sprint(i))
		want = append(want, fmt.Sprint("cam ", i))
		if i > 10_000 {
			t.Fatal("the disk does not get full")
		}
	}
	eventually(t, "the trouble on the broker", func() bool { return strings.Contains(w.text(), "no space left on device") })
	eventually(t, "a warning", func() bool { return warnings(logs, "events are in memory only") > 0 })
	if n := warnings(logs, "events are in memory only"); n != 1 {
		t.Errorf("%d warnings, want 1", n)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	eventually(t, "the disk in use again", func() bool { return c.Stats().Spool.OnDisk })
	t.Logf("recovered in %v", time.Since(start))
	eventually(t, "that on the broker", func() bool {
		told := w.on("inceptiond/gate/spool")
		return strings.Contains(told[len(told)-1], `"state":"disk"`)
	})
	eventually(t, "all acknowledged", drained(c))
	if _, err := checkEvents(network.sends(), want); err != nil {
		t.Error(err)
	}
}

func TestReadOnlyDiskIsToldAndMended(t *testing.T) {
	dir := tinyDisk(t)
	remount := func(flags uintptr) {
		t.Helper()
		if err := unix.Mount("", dir, "", unix.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	remount(unix.MS_RDONLY)
	c, _ := openClient(t, spoolOptions("mqtt://"+b.Addr(), filepath.Join(dir, "spool")), testPace)
	change(t, c, "cam", "through memory")
	w.expect(t, "inceptiond/gate/cam/event", "through memory")
	eventually(t, "the trouble on the broker", func() bool { return strings.Contains(w.text(), "read-only file system") })
	remount(0)
	start := time.Now()
	eventually(t, "the disk in use", func() bool { return c.Stats().Spool.OnDisk })
	t.Logf("recovered in %v", time.Since(start))
	change(t, c, "cam", "through the disk")
	w.expect(t, "inceptiond/gate/cam/event", "through memory", "through the disk")
}

// tinyDisk mounts a file system of 256 KiB, where that is allowed.
func tinyDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tiny", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mount a tmpfs: %v (needs root; the guest of internal/testing/vm has it)", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill writes until there is no room.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	return nil
}

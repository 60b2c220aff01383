package snapshots

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

func open(t *testing.T, o Options) (*Keeper, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	o.Boot, o.Now = boot, func() Moment { return noon }
	k := Open(o, zap.New(core))
	t.Cleanup(func() { k.Close() })
	return k, logs
}

func mustPublish(t *testing.T, k *Keeper, m publish.Message) {
	t.Helper()
	if err := k.Publish(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// picture is one of the minute after noon.
func picture(camera string, second int) *publish.Snapshot {
	return &publish.Snapshot{
		Camera: camera, Sequence: uint64(second), Label: "dog", Time: noon.Time.Add(time.Duration(second) * time.Second), Synced: true,
		JPEG: []byte("a picture"), Disk: true,
	}
}

// TestKeeper: each camera's pictures are where its limits say; what is not for the disk, or not of a camera that is kept,
// is ignored; what waits at the end is written.
func TestKeeper(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	k, _ := open(t, Options{Cameras: map[string]Limits{"drive": {Folder: one, MaxFiles: 2}, "yard": {Folder: one}, "door": {Folder: two, Budget: 1}}})
	for i := range 3 {
		mustPublish(t, k, picture("drive", i))
	}
	mustPublish(t, k, picture("yard", 1))
	mustPublish(t, k, picture("door", 1)) // above its budget
	mustPublish(t, k, picture("other", 1))
	broker := picture("yard", 2)
	broker.Disk, broker.MQTT = false, true
	mustPublish(t, k, broker)
	for _, m := range publishtest.Samples("text") {
		mustPublish(t, k, m)
	}
	mustPublish(t, k, publishtest.Unknown{})
	if err := errors.Join(k.Close(), k.Close()); err != nil {
		t.Error(err)
	}
	if err := k.Publish(context.Background(), picture("drive", 9)); !errors.Is(err, publish.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := k.Publish(context.Background(), publishtest.Unknown{}); !errors.Is(err, publish.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	<-k.done // it is quick, but this machine may not be
	const want = "drive/2026-03-14/120001.000-dog-1.jpg drive/2026-03-14/120002.000-dog-2.jpg yard/2026-03-14/120001.000-dog-1.jpg"
	if got := tree(t, one); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := tree(t, two); got != "" {
		t.Errorf("door: %s", got)
	}
	if n := k.Written(); n != 4*int64(len("a picture")) {
		t.Errorf("%d bytes written", n)
	}
	content, err := os.ReadFile(filepath.Join(one, "yard/2026-03-14/120001.000-dog-1.jpg"))
	if err != nil || string(content) != "a picture" {
		t.Errorf("%q, %v", content, err)
	}
}

// TestSlowDisk: Publish does not wait for it, and of what waits the newest stays.
func TestSlowDisk(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	dir, slow, entered := t.TempDir(), make(chan struct{}), make(chan struct{})
	calls := 0
	k := Open(Options{Cameras: map[string]Limits{"drive": {Folder: dir}}, Boot: boot, Now: func() Moment {
		if calls++; calls == 2 { // the first is at the start, the second is that of the first picture
			close(entered)
			<-slow
		}
		return noon
	}}, zap.New(core))
	defer k.Close()
	mustPublish(t, k, picture("drive", 0))
	<-entered
	for i := 1; i <= maxWaiting+5; i++ {
		mustPublish(t, k, picture("drive", i))
	}
	close(slow)
	k.Close()
	<-k.done
	names := strings.Fields(tree(t, dir))
	if len(names) != 1+maxWaiting || !strings.HasSuffix(names[1], "120006.000-dog-6.jpg") {
		t.Errorf("%d pictures: %v", len(names), names)
	}
	if dropped := logs.FilterMessageSnippet("too slow").All(); len(dropped) != 1 || dropped[0].ContextMap()["dropped"] != int64(5) {
		t.Errorf("said %v", dropped)
	}
}

// TestTidying: old pictures go without a new one that comes.
func TestTidying(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "drive/2026-03-12/115900.000-dog-1.jpg")
	if err := os.MkdirAll(filepath.Dir(old), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func() {
		if err := os.MkdirAll(filepath.Dir(old), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(old, bytes.Repeat([]byte("x"), 10), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	gone := func() bool { _, err := os.Stat(old); return os.IsNotExist(err) }
	write()
	open(t, Options{Cameras: map[string]Limits{"drive": {Folder: dir, MaxAge: 10 * time.Second}}})
	publishtest.Eventually(t, "the old picture gone at the start", gone)
	write()
	publishtest.Eventually(t, "the old picture gone later", gone)
	for age, want := range map[time.Duration]time.Duration{0: time.Hour, time.Minute: 6 * time.Second, 168 * time.Hour: time.Hour, time.Second: time.Second} {
		if got := (&Options{Cameras: map[string]Limits{"drive": {MaxAge: age}}}).tidying(); got != want {
			t.Errorf("%v: each %v, want %v", age, got, want)
		}
	}
}

package snapshots

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/publish"
)

const boot = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"

// noon is when the tests begin, on a machine that has run for an hour.
var noon = Moment{Time: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC), SinceBoot: time.Hour, Synced: true}

// after is d later.
func (m Moment) after(d time.Duration) Moment {
	m.Time, m.SinceBoot = m.Time.Add(d), m.SinceBoot+d
	return m
}

// desk is an album in a folder, and a clock for it.
type desk struct {
	*album
	t    *testing.T
	now  Moment
	logs *observer.ObservedLogs
	n    uint64 // pictures so far
}

func newDesk(t *testing.T, l Limits) *desk {
	t.Helper()
	if l.Folder == "" {
		l.Folder = t.TempDir()
	}
	core, logs := observer.New(zap.InfoLevel)
	return &desk{album: newAlbum("drive", l, boot, zap.New(core)), t: t, now: noon, logs: logs}
}

// snap adds a picture of so many bytes of now, and tells whether it was written.
func (d *desk) snap(label string, size int) bool {
	d.t.Helper()
	d.n++
	s := &publish.Snapshot{
		Camera: "drive", Sequence: d.n, Label: label, Time: d.now.Time, Synced: d.now.Synced, JPEG: bytes.Repeat([]byte{byte(d.n)}, size), Disk: true,
	}
	written := d.add(s, d.now)
	if written != 0 && written != int64(size) {
		d.t.Errorf("%d of %d bytes written", written, size)
	}
	return written != 0
}

// tree is all that is below the camera's folder, but for folders that have something in them, with their sizes in front.
func (d *desk) tree() string { return tree(d.t, filepath.Join(d.Folder, "drive")) }

func tree(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if e.IsDir() {
			name += "/"
		}
		names = append(names, name)
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Join(slices.DeleteFunc(names, func(name string) bool {
		return strings.HasSuffix(name, "/") && slices.ContainsFunc(names, func(other string) bool { return other != name && strings.HasPrefix(other, name) }) || name == "./"
	}), " ")
}

// same checks that the list says what the disk has.
func (d *desk) same() {
	d.t.Helper()
	before, bytes := slices.Clone(d.pictures), d.bytes
	other := newAlbum("drive", d.Limits, boot, zap.NewNop())
	if err := other.open(false, func(dir *os.Root) error { return other.read(dir, d.now) }); err != nil {
		d.t.Fatal(err)
	}
	if d.bytes != other.bytes || !slices.EqualFunc(before, other.pictures, func(a, b kept) bool { return a.day == b.day && a.name == b.name && a.size == b.size }) {
		d.t.Errorf("the list says\n%v (%d bytes)\nthe disk has\n%v (%d bytes)", before, bytes, other.pictures, other.bytes)
	}
}

// put writes a file below the camera's folder that is not of the album's making.
func (d *desk) put(name, content string) {
	d.t.Helper()
	path := filepath.Join(d.Folder, "drive", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

// said counts the messages in the log that have a text in them.
func (d *desk) said(text string) int {
	return d.logs.Filter(func(e observer.LoggedEntry) bool { return strings.Contains(e.Message, text) }).Len()
}

// snapshot is a picture of the time with so many milliseconds since 1970.
func snapshot(label string, sequence uint64, millis int64) *publish.Snapshot {
	return &publish.Snapshot{Camera: "drive", Label: label, Sequence: sequence, Time: time.UnixMilli(millis).UTC(), Synced: true}
}

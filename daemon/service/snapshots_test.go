package service

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// snapshots are the pictures of a camera so far.
func (a *atWork) snapshots(camera string) (list []*publish.Snapshot) {
	for _, m := range a.record.Messages() {
		if s, ok := m.(*publish.Snapshot); ok && s.Camera == camera {
			list = append(list, s)
		}
	}
	return list
}

// files are the pictures of a camera on the disk, by the ends of their names.
func files(folder, camera string) string {
	paths, _ := filepath.Glob(filepath.Join(folder, camera, "*", "*.jpg"))
	var ends []string
	for _, path := range paths {
		_, end, _ := strings.Cut(filepath.Base(path), "-")
		ends = append(ends, end)
	}
	return strings.Join(ends, " ")
}

// Pictures of changes go to those who are to get them; a reload begins and ends that.
func TestSnapshots(t *testing.T) {
	folder := t.TempDir()
	text := "mqtt: {broker: off}\ncameras:\n  a: {demo: {width: 64, height: 48, interval: 1h, seed: 2}%s}\n  b: {demo: {width: 64, height: 48, interval: 20ms, seed: 2}%s}\n"
	section := fmt.Sprintf(", snapshot: {interval: 0s, disk: true, folder: %q, width: 32, keep: {max_files: 3}}", folder)
	s := startService(t, fmt.Sprintf(text, ", snapshot: {mqtt: true, retain: true}", section))
	publishtest.Eventually(t, "pictures of both", func() bool { return len(s.snapshots("a")) == 1 && len(s.snapshots("b")) > 4 })
	first := s.snapshots("a")[0]
	m, err := jpeg.Decode(bytes.NewReader(first.JPEG))
	if err != nil || m.Bounds().Dx() != 64 || !first.MQTT || !first.Retain || first.Disk || first.Sequence != 1 || first.Label == "" {
		t.Errorf("%v, %+v", err, first)
	}
	for _, one := range s.snapshots("b") {
		if one.MQTT || one.Retain || !one.Disk {
			t.Errorf("%+v", one)
		}
	}
	publishtest.Eventually(t, "three on the disk", func() bool { return strings.Count(files(folder, "b"), ".jpg") == 3 })
	if got := files(folder, "a"); got != "" {
		t.Errorf("a: %s", got)
	}

	s.reload(fmt.Sprintf(text, section, "")) // a has its first picture anew
	publishtest.Eventually(t, "a picture of the other camera", func() bool { return strings.Contains(files(folder, "a"), "-1.jpg") })
	before := len(s.snapshots("b"))
	s.goesOn("b")
	if n := len(s.snapshots("b")); n != before || strings.Count(files(folder, "b"), ".jpg") != 3 {
		t.Errorf("%d more pictures of b, and on the disk %s", n-before, files(folder, "b"))
	}
	if got := s.tell(control.Snapshot, "b", "PRESS"); !strings.HasPrefix(got, "refused: the camera makes no pictures") {
		t.Error(got)
	}
	s.reload(fmt.Sprintf(text, ", snapshot: {}", ""))
	if s.service.keeper != nil {
		t.Error("there is a keeper for nobody")
	}
}

// A command has a picture made, whatever is decided.
func TestSnapshotCommand(t *testing.T) {
	s := startService(t, "mqtt: {broker: off}\ncameras:\n  a: {demo: {interval: 20ms}, decision: {ignore: ['*e', '*n'], others: keep}, snapshot: {interval: 1h, mqtt: true}}\n")
	s.goesOn("a")
	before := len(s.snapshots("a"))
	if got := s.tell(control.Snapshot, "a", "PRESS"); got != "applied" {
		t.Fatal(got)
	}
	publishtest.Eventually(t, "a picture", func() bool { return len(s.snapshots("a")) > before })
	if got := s.snapshots("a")[before]; got.Label != "" && before > 0 || len(got.JPEG) == 0 {
		t.Errorf("%+v", got)
	}
	s.tell(control.Paused, "a", "ON")
	publishtest.Eventually(t, "the pause", func() bool { return s.tell(control.Snapshot, "a", "PRESS") == "refused: the camera is paused: paused" })
}

// Classes that are never decided are refused, and what makes pictures for nobody is noted.
func TestSnapshotClassesAreChecked(t *testing.T) {
	text := "mqtt: {broker: off}\ncameras:\n  a: {demo: {interval: 1h}, decision: {ignore: [blue ring]}%s}\n"
	s := startService(t, fmt.Sprintf(text, ""))
	s.reload(fmt.Sprintf(text, ", snapshot: {mqtt: true, classes: [circel, blue ring, '*circle*']}"))
	configs := s.record.Configs()
	last := configs[len(configs)-1]
	if got := strings.Join(last.Problems, "\n"); last.State != publish.ConfigRefused || len(last.Problems) != 2 ||
		!strings.Contains(got, `camera "a": snapshot.classes: no class or group is called "circel" (the nearest is "`) ||
		!strings.Contains(got, `camera "a": snapshot.classes: "blue ring" is ignored, and never decided`) {
		t.Errorf("%s: %s", last.State, got)
	}
	if err := os.WriteFile(s.file, fmt.Appendf(nil, text, ", snapshot: {}"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := s.load()
	if err != nil {
		t.Fatal(err)
	}
	notes, err := Check(t.Context(), p)
	if got := strings.Join(notes, "\n"); err != nil || !strings.Contains(got, "camera a: nobody gets its pictures") {
		t.Errorf("%s, %v", got, err)
	}
}

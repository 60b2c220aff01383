package service

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// whys are the pictures of where a camera's model looked, each behind the snapshot of its frame.
func (a *atWork) whys(camera string) (list []*publish.Why) {
	var last uint64
	for _, m := range a.record.Messages() {
		switch m := m.(type) {
		case *publish.Snapshot:
			if m.Camera == camera {
				last = m.Sequence
			}
		case *publish.Why:
			if m.Camera == camera {
				list = append(list, m)
				if m.Sequence != last {
					a.t.Errorf("why of frame %d after the snapshot of %d", m.Sequence, last)
				}
			}
		}
	}
	return list
}

// With each snapshot goes a picture of where the model looked, within the same limits, of taught models and of others.
func TestShowWhy(t *testing.T) {
	teach := t.TempDir()
	taught.Version(t, teach, "gate", open, shut)
	s := startService(t, fmt.Sprintf(`
mqtt: {broker: off}
teach: {folder: %q}
models: {gate: {file: "taught:gate", engine: cpu}, base: {file: %q, engine: cpu}}
cameras:
  a: {source: files, files: {paths: [%q], loop: true, interval: 5ms}, model: gate, snapshot: {interval: 0s, mqtt: true, retain: true, why: true}}
  b: {demo: {interval: 20ms}, model: base, snapshot: {mqtt: true, why: true, width: 20}}
  d: {demo: {interval: 20ms}, snapshot: {mqtt: true, why: true}}
  c: {demo: {interval: 20ms}, snapshot: {interval: 0s, mqtt: true}}
`, teach, taught.File(t), pictures(t, open, shut, other)))
	for camera, size := range map[string][2]int{"a": {32, 12}, "b": {20, 8}} {
		publishtest.Eventually(t, "pictures of "+camera, func() bool {
			s.tell(control.Snapshot, camera, control.Press)
			return len(s.whys(camera)) > 1
		})
		for _, w := range s.whys(camera) {
			is, err := jpeg.DecodeConfig(bytes.NewReader(w.JPEG))
			if err != nil || is.Width != size[0] || is.Height != size[1] || w.Device != "test" || w.Retain != (camera == "a") {
				t.Errorf("%s: %dx%d, %v, %+v; want %v", camera, is.Width, is.Height, err, w.Key(), size)
			}
		}
	}
	if list := append(s.whys("c"), s.whys("d")...); len(list) > 0 {
		t.Errorf("%d of a camera that was asked for none, or whose model cannot tell", len(list))
	}
	if n := s.logs.FilterMessageSnippet("no map that says so").Len(); n != 1 {
		t.Errorf("that a model cannot tell is said %d times", n)
	}
	if listed := s.service.parts.inventory().Cameras; !listed[0].Why || listed[2].Why {
		t.Errorf("listed %+v", listed)
	}
	if i := slices.IndexFunc(s.record.Messages(), func(m publish.Message) bool { _, ok := m.(*publish.Why); return ok }); i < 0 {
		t.Error("none")
	}
}

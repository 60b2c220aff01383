package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// shots are options of pictures as they are, for everybody.
func shots(interval time.Duration, classes ...string) *SnapshotOptions {
	return &SnapshotOptions{Classes: classes, Interval: interval, Picture: picture.EncoderOptions{Quality: 95}, MQTT: true, Disk: true}
}

// level is the grey in the middle of a JPEG; -1: it is none.
func level(data []byte) int {
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return -1
	}
	r, _, _, _ := m.At(m.Bounds().Dx()/2, m.Bounds().Dy()/2).RGBA()
	return int(r >> 8)
}

// snapshots are the pictures of a camera so far.
func (f *family) snapshots(camera string) (list []*publish.Snapshot) {
	for _, m := range f.record.Messages() {
		if s, ok := m.(*publish.Snapshot); ok && s.Camera == camera {
			list = append(list, s)
		}
	}
	return list
}

// after lets the family work until a moment, and tells what pictures of which level each camera has made, and when.
func (f *family) after(end time.Duration) map[string]string {
	begin := time.Now()
	f.start()
	time.Sleep(end)
	synctest.Wait()
	got := map[string]string{}
	for _, c := range f.cameras {
		for _, s := range f.snapshots(c.name) {
			got[c.name] += fmt.Sprintf("%.0fs %s %d ", s.Time.Sub(begin).Seconds(), s.Label, level(s.JPEG))
		}
	}
	return got
}

// TestSnapshotIsOfTheFrame: the picture is the very frame that changed what is decided, and is told after all else about it.
func TestSnapshotIsOfTheFrame(t *testing.T) {
	for _, kind := range []string{"GREY", "JPEG"} {
		frames := levels(10, 150, 200, 20)
		if kind == "JPEG" {
			for i := range frames {
				frames[i].Frame = jpegOf(t, 16, 16, func(int, int) byte { return []byte{10, 150, 200, 20}[i] })
			}
		}
		r := newRigOf(t, infertest.NewMean(nil), 0, Options{
			Opener: openers(capturetest.New(t, frames...)), KeepAll: true, Decide: bright(2, 2), NoLabelEvents: true, Snapshot: shots(0),
		})
		r.run(t, nil)
		all := told(r.record.Messages(), "front")
		at := slices.Index(all, `snapshot "0" of 200`)
		if at < 0 || at < slices.Index(all, `event decision "0"`) || strings.Count(strings.Join(all, "\n"), "snapshot") != 1 {
			t.Errorf("%s: told\n%s", kind, strings.Join(all, "\n"))
		}
		for _, m := range r.record.Messages() {
			if s, ok := m.(*publish.Snapshot); ok {
				frame := r.record.Results()[2]
				if s.Device != "test" || s.Sequence != frame.Sequence || !s.Time.Equal(frame.Time) || !s.MQTT || !s.Disk || s.Retain || s.Synced != synchronized() {
					t.Errorf("%s: %+v", kind, s)
				}
			}
		}
	}
}

// TestSnapshotsOfChanges: of classes that are wanted, not of none, and not more often than the interval.
func TestSnapshotsOfChanges(t *testing.T) {
	flicker := []int{150, 10, 160, 10, 170, 10, 180, 10}
	for _, c := range []struct {
		name string
		o    *SnapshotOptions
		want string
	}{
		{"each", shots(0), "1s 0 150 3s 0 160 5s 0 170 7s 0 180 "},
		{"at most one in 2s", shots(2 * time.Second), "1s 0 150 3s 0 160 5s 0 170 7s 0 180 "},
		{"at most one in 3s", shots(3 * time.Second), "1s 0 150 5s 0 170 "},
		{"at most one in an hour", shots(time.Hour), "1s 0 150 "},
		{"of the class", shots(time.Hour, "0"), "1s 0 150 "},
		{"for nobody", &SnapshotOptions{Picture: picture.EncoderOptions{Quality: 95}}, ""},
		{"none", nil, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFamily(t, Options{Opener: reopened(&everySecond{slices.Clone(flicker)})}, glance{name: "drive", decide: bright(1, 1), shots: c.o})
			if got := f.after(10 * time.Second); got["drive"] != c.want {
				t.Errorf("%s: %s, want %s", c.name, got["drive"], c.want)
			}
		})
	}
}

// finding finds the one class of decidingOf.
func finding(t *testing.T) func(entry string) ([]string, error) {
	d := decidingOf(t)
	return (&names{task.Classify, d.decider, make([]string, 1), &comparing{}, &counting{}}).find
}

// TestSnapshotClasses: what is no class, or never decided, is refused.
func TestSnapshotClasses(t *testing.T) {
	for entry, want := range map[string]string{
		"0": "", "*": "", "0-0": "",
		"dog": `snapshot.classes: no class or group is called "dog" (the nearest is "0")`,
		"1":   "snapshot.classes: there is no class 1: the nearest is 0, the last one of the model",
	} {
		_, err := newSnapping(shots(0, entry), finding(t))
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: %v, want %s", entry, err, want)
		}
		if bad := new(decide.OptionError); want != "" && !errors.As(err, &bad) {
			t.Errorf("%s: %T", entry, err)
		}
	}
	_, err := newSnapping(&SnapshotOptions{Classes: []string{"x", "y"}}, finding(t))
	if err == nil || len(strings.Split(err.Error(), "\n")) != 3 {
		t.Errorf("not all that is wrong: %v", err)
	}
	s, err := newSnapping(shots(0, "0"), finding(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.decided("other", 0); s.due != "" {
		t.Error("a class that is not wanted")
	}
	if s.decided("0", 0); s.due != "0" {
		t.Error("no picture of one that is")
	}
}

// decidingOf decides about the one class of infertest.NewMean.
func decidingOf(t *testing.T) *deciding {
	t.Helper()
	return newRigOf(t, infertest.NewMean(nil), 0, Options{Opener: openers(), Decide: bright(1, 1)}).camera.deciding
}

// TestSnapshotOfAView: a region is that of the view, upright as its camera says.
func TestSnapshotOfAView(t *testing.T) {
	halves := capture.Frame{Format: capture.Packed(capture.GREY, 32, 32), Pix: bytes.Repeat(slices.Concat(bytes.Repeat([]byte{150}, 16), bytes.Repeat([]byte{250}, 16)), 32)}
	left := picture.Region{Width: 0.5, Height: 1}
	part := shots(0)
	part.Picture.Region = left
	f := newFamily(t, Options{Opener: openers(capturetest.New(t, capturetest.Frames(halves)...)), KeepAll: true, Picture: picture.Options{Flip: picture.FlipHorizontal}},
		glance{name: "drive", decide: bright(1, 1), shots: shots(0)}, glance{name: "left", decide: bright(1, 1), region: left, shots: part},
		glance{name: "whole", decide: bright(1, 1), region: left, shots: shots(0)}, glance{name: "quiet", decide: bright(1, 1)})
	f.start()
	f.wait()
	for name, want := range map[string]string{"drive": "32x32", "left": "16x32", "whole": "32x32", "quiet": ""} {
		got := ""
		for _, s := range f.snapshots(name) {
			m, err := jpeg.Decode(bytes.NewReader(s.JPEG))
			if err != nil {
				t.Fatal(err)
			}
			got += fmt.Sprintf("%dx%d", m.Bounds().Dx(), m.Bounds().Dy())
			if first, _, _, _ := m.At(2, 2).RGBA(); first>>8 < 240 {
				t.Errorf("%s: not upright: %d", name, first>>8)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestSnapshotAsked: of the next frame that is whole, whatever it shows and however soon after another.
func TestSnapshotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFamily(t, Options{Opener: reopened(&everySecond{[]int{150, 151, 10, -1, 20, 160, 30, 0, 40}}, time.Minute)},
			glance{name: "drive", decide: bright(1, 1), shots: shots(time.Hour)}, glance{name: "quiet", decide: bright(1, 1)},
			glance{name: "nowhere", decide: bright(1, 1), shots: &SnapshotOptions{Picture: picture.EncoderOptions{Quality: 80}}})
		for _, c := range f.cameras[1:] {
			if err := c.Snapshot(); !errors.Is(err, errNoSnapshots) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		for _, at := range []time.Duration{1500, 1600, 3500, 5500, 7500, 8500} { // it is lost after 8 seconds
			time.AfterFunc(at*time.Millisecond, func() {
				if err := f.cameras[0].Snapshot(); at < 8000 && err != nil || at > 8000 && (err == nil || err.Error() != "the camera is lost: fake: away") {
					t.Errorf("after %d ms: %v", at, err)
				}
			})
		}
		got := f.after(2 * time.Minute)
		if want := "1s 0 150 2s  151 5s  20 6s  160 "; got["drive"] != want || got["quiet"] != "" || got["nowhere"] != "" {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// TestSnapshotSlot: a picture that was not made in time gives way to the next, and both are copies.
func TestSnapshotSlot(t *testing.T) {
	s, err := newSnapping(shots(0), finding(t))
	if err != nil {
		t.Fatal(err)
	}
	frame := capturetest.Grey(100)
	p := picture.Of(&frame)
	for i := range 3 {
		frame.Pix[0] = byte(i)
		s.decided("0", time.Duration(i))
		s.take(p, nil, false)
		s.take(p, nil, false) // nothing is due any more
	}
	frame.Pix[0] = 99
	next := <-s.slot
	if next.Frame().Pix[0] != 2 || next.label != "0" || len(s.slot) != 0 {
		t.Errorf("%d, %q, and %d more", next.Frame().Pix[0], next.label, len(s.slot))
	}
}

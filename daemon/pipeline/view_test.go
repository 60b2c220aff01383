package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// Of pictures that wait, every look gets each, in order, also one that is slow or has a rate; then all end by themselves.
func TestEveryLookGetsEveryPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []byte
		var want []string
		for i := range 50 {
			all, want = append(all, byte(i)), append(want, fmt.Sprintf("%d:%d", i+1, i))
		}
		open, opens := counted(openers(capturetest.New(t, levels(all...)...)))
		f := newFamily(t, Options{Opener: open, KeepAll: true},
			glance{name: "drive"}, glance{name: "slow", before: slowly(10 * time.Millisecond)}, glance{name: "rare", rate: 20})
		begin := time.Now()
		f.start()
		f.wait()
		f.want(want, "connecting, online, ended", "drive", "slow", "rare")
		if took := time.Since(begin); took != 50*50*time.Millisecond {
			t.Errorf("50 pictures with a pause of 50ms after each took %v", took)
		}
		if opens.Load() != 1 {
			t.Errorf("the device was opened %d times", opens.Load())
		}
		for _, r := range f.record.Results() {
			if r.Model.Name != r.Camera+"'s" {
				t.Errorf("%s was answered by model %s", r.Camera, r.Model.Name)
			}
		}
	})
}

// A look has a region and a threshold of its own. How the picture is turned upright is the camera's, for all looks.
func TestLooksHaveSettingsOfTheirOwn(t *testing.T) {
	halves := capture.Frame{Format: capture.Packed(capture.GREY, 8, 8), Pix: bytes.Repeat([]byte{10, 10, 10, 10, 200, 200, 200, 200}, 8)}
	left, right := preprocess.Region{Width: 0.25, Height: 1}, preprocess.Region{X: 0.75, Width: 0.25, Height: 1}
	top := preprocess.Region{Width: 1, Height: 0.25}
	for _, tt := range []struct {
		upright picture.Options
		want    []string // of left, right, top
	}{
		{picture.Options{}, []string{"1:10", "1:200", "1:105"}},
		{picture.Options{Rotate: 180}, []string{"1:200", "1:10", "1:105"}},
		{picture.Options{Flip: picture.FlipHorizontal}, []string{"1:200", "1:10", "1:105"}},
		{picture.Options{Rotate: 90}, []string{"1:105", "1:105", "1:10"}},
	} {
		f := newFamily(t, Options{Opener: openers(capturetest.New(t, capturetest.Frames(halves)...)), KeepAll: true, Picture: tt.upright},
			glance{name: "left", region: left}, glance{name: "right", region: right}, glance{name: "top", region: top},
			glance{name: "strict", region: left, minimum: 0.9})
		f.start()
		f.wait()
		for i, name := range []string{"left", "right", "top"} {
			if got := f.results(name); !slices.Equal(got, tt.want[i:i+1]) {
				t.Errorf("%+v: %s sees %v, want %s", tt.upright, name, got, tt.want[i])
			}
		}
		if got := f.results("strict"); !slices.Equal(got, []string{"1:-"}) {
			t.Errorf("%+v: above the threshold is %v", tt.upright, got)
		}
		if events := len(f.record.States()); events != 4 {
			t.Errorf("%+v: %d states, want one of each look", tt.upright, events)
		}
	}
}

// jpegOf is a grey frame as a webcam sends it, with this level at each point.
func jpegOf(t testing.TB, width, height int, level func(x, y int) byte) capture.Frame {
	t.Helper()
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	for y := range height {
		for x := range width {
			img.Y[img.YOffset(x, y)] = level(x, y)
		}
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 128, 128 // no colour
	}
	var data bytes.Buffer
	if err := jpeg.Encode(&data, img, nil); err != nil {
		t.Fatal(err)
	}
	return capture.Frame{Pix: data.Bytes(), Format: capture.Format{Pixel: capture.MJPG, Width: width, Height: height}}
}

// spoiled is a source that can spoil the frame that it gave away last.
type spoiled struct {
	capture.Source
	last *capture.Frame
}

func (s *spoiled) Read(ctx context.Context, f *capture.Frame) error {
	err := s.Source.Read(ctx, f)
	s.last = f
	return err
}

// A JPEG is decoded once: a view that comes late to it needs its bytes no more, for the camera's look has had it decoded.
func TestDecodedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		frame := func(level byte) capturetest.Step {
			return capturetest.Step{Frame: jpegOf(t, 64, 48, func(int, int) byte { return level })}
		}
		src := &spoiled{Source: capturetest.New(t, frame(50), frame(90), forever)}
		held, release := make(chan struct{}), make(chan struct{})
		var first, second int
		f := newFamily(t, Options{Opener: &opener{open: func() (capture.Source, error) { return src, nil }}, KeepAll: true},
			glance{name: "drive", before: func(context.Context) error {
				if first++; first == 2 { // it has been decoded
					<-held
					clear(src.last.Pix)
					close(release)
				}
				return nil
			}},
			glance{name: "door", before: func(context.Context) error {
				if second++; second == 1 {
					close(held)
					<-release
				}
				return nil
			}})
		f.start()
		synctest.Wait()
		for _, stop := range f.stops {
			stop()
		}
		f.wait()
		f.want([]string{"1:50", "2:90"}, "connecting, online, stopped", "drive", "door")
	})
}

// A view is lost when its camera is, for the same reason, and comes back with it; the camera's count goes on.
func TestViewIsLostWithItsCamera(t *testing.T) {
	first := capturetest.New(t, append(levels(1), unplugged)...)
	seen := make(chan struct{})
	open, opens := counted(openers(heldSource{first, seen}, capturetest.New(t, unplugged), capturetest.New(t, levels(2, 3)...)))
	f := newFamily(t, Options{Opener: open}, glance{name: "drive"}, glance{name: "door"}, glance{name: "post"})
	f.cameras[0].keepAll = true
	f.start()
	publishtest.Eventually(t, "the first results", func() bool { return len(f.record.Results()) == 3 })
	close(seen)
	f.wait()
	f.want([]string{"1:1", "2:2", "3:3"}, "connecting, online, lost fake: unplugged: camera lost, online, ended", "drive", "door", "post")
	if opens.Load() != 3 {
		t.Errorf("the device was opened %d times, want 3", opens.Load())
	}
}

// A view that rests, because it has a rate, is lost at once all the same, and what it takes of the time before does not
// make it seem well.
func TestRestingViewIsLostAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFamily(t, Options{Opener: openers(capturetest.New(t, append(levels(1, 2), unplugged)...)), KeepAll: true},
			glance{name: "drive"}, glance{name: "door", rate: 1. / 60})
		f.start()
		time.Sleep(time.Second)
		synctest.Wait()
		f.want([]string{"1:1"}, "connecting, online, lost fake: unplugged: camera lost", "door")
		time.Sleep(2 * time.Minute)
		f.want([]string{"1:1", "2:2"}, "connecting, online, lost fake: unplugged: camera lost, lost no such camera", "door")
	})
}

// A view of a camera that cannot be opened says why, whenever it comes.
func TestViewOfAMissingCamera(t *testing.T) {
	f := newFamily(t, Options{Opener: openers()}, glance{name: "drive"}, glance{name: "door"})
	f.start()
	lost := func(name string) func() bool {
		return func() bool { return strings.HasPrefix(f.states(name), "connecting, lost no such camera") }
	}
	publishtest.Eventually(t, "the view to be lost", lost("door"))
	f.run(f.add(Options{}, glance{name: "late"}))
	publishtest.Eventually(t, "a later view to be lost", lost("late"))
}

// A frame that cannot be decoded costs each look that frame only. What the source itself says is damaged, is the camera's.
func TestDamagedFrameCostsEachLookThatFrame(t *testing.T) {
	short := capturetest.Grey(9)
	short.Pix = short.Pix[:7]
	src := capturetest.New(t, levels(1)[0], capturetest.Step{Frame: short}, capturetest.Step{Err: capture.ErrBadFrame}, levels(2)[0])
	f := newFamily(t, Options{Opener: openers(src), KeepAll: true}, glance{name: "drive"}, glance{name: "door"})
	f.start()
	f.wait()
	f.want([]string{"1:1", "4:2"}, "connecting, online, ended", "drive", "door")
	if s := f.cameras[0].Status(); s.Frames != 3 || s.Bad != 2 || s.Results != 2 {
		t.Errorf("the camera counts %+v", s)
	}
	if s := f.cameras[1].Status(); s.Frames != 3 || s.Bad != 1 || s.Results != 2 {
		t.Errorf("the view counts %+v", s)
	}
}

// An engine that fails costs its look that frame, and no other look anything.
func TestEngineOfAViewFails(t *testing.T) {
	broken := func(context.Context) error { return errors.New("engine trouble") }
	f := newFamily(t, Options{Opener: openers(capturetest.New(t, levels(1, 2)...)), KeepAll: true}, glance{name: "drive"}, glance{name: "door", before: broken})
	f.start()
	f.wait()
	f.want([]string{"1:1", "2:2"}, "connecting, online, ended", "drive")
	f.want(nil, "connecting, online, ended", "door")
	if s := f.cameras[1].Status(); s.Failed != 2 {
		t.Errorf("the view counts %+v", s)
	}
}

// Of a live camera, a look that is stuck with a frame holds nobody back, be it a view's or the camera's own. Then it gets
// the newest.
func TestSlowLookHoldsNobodyBack(t *testing.T) {
	for _, slow := range []string{"drive", "door"} {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			stuck := func(context.Context) error { <-release; return nil }
			all := map[string]*glance{"drive": {name: "drive"}, "door": {name: "door"}}
			all[slow].before = stuck
			f := newFamily(t, Options{Opener: &opener{open: func() (capture.Source, error) { return newGrey(10), nil }}}, *all["drive"], *all["door"])
			f.start()
			time.Sleep(10*time.Second + 50*time.Millisecond)
			for name := range all {
				n := len(f.results(name))
				if name == slow && n != 0 || name != slow && n != 100 {
					t.Errorf("%s is slow, and %s has %d results", slow, name, n)
				}
			}
			close(release)
			synctest.Wait()
			if got := f.results(slow); !slices.Equal(got, []string{"1:0", "100:0"}) {
				t.Errorf("the slow one has %v", got)
			}
			for i, c := range f.cameras {
				f.stops[len(f.stops)-1-i]()
				if s := c.Stalls(time.Now()); len(s) != 0 {
					t.Errorf("%v", s)
				}
			}
			f.wait()
		})
	}
}

// A view that is stopped lets its camera go on, also one that waits for it; a camera that is stopped stops its views.
func TestStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := capturetest.NewLoop(t, levels(7)...)
		f := newFamily(t, Options{Opener: openers(all), KeepAll: true},
			glance{name: "drive", before: slowly(time.Second)}, glance{name: "door", before: slowly(time.Minute)}, glance{name: "post"})
		f.start()
		time.Sleep(time.Hour)
		if n := len(f.results("drive")); n < 60 || n > 62 {
			t.Errorf("%d results beside a look of one a minute", n)
		}
		f.stops[1]()
		<-f.ended[1]
		if got, want := f.states("door"), "connecting, online, stopped"; got != want {
			t.Errorf("the view was %s; want %s", got, want)
		}
		time.Sleep(time.Hour)
		if n := len(f.results("drive")); n < 3600 {
			t.Errorf("%d results after that look went", n)
		}
		f.stops[0]()
		<-f.ended[0]
		<-f.ended[2]
		if got, want := f.states("post"), "connecting, online, stopped"; got != want {
			t.Errorf("the view of a camera that was stopped was %s; want %s", got, want)
		}
	})
}

// A view that comes or goes while frames flow costs no other look a picture.
func TestViewsComeAndGo(t *testing.T) {
	f := newFamily(t, Options{Opener: openers(capturetest.NewLoop(t, levels(1, 2, 3)...)), KeepAll: true}, glance{name: "drive"}, glance{name: "stays"})
	f.start()
	var visits sync.WaitGroup
	var mu sync.Mutex // of the family
	for i := range 3 {
		visits.Go(func() {
			for range 10 {
				name := fmt.Sprint("guest", i)
				mu.Lock()
				before := len(f.results(name))
				c := f.add(Options{}, glance{name: name})
				f.run(c)
				stop, ended := f.stops[len(f.stops)-1], f.ended[len(f.ended)-1]
				mu.Unlock()
				publishtest.Eventually(t, "a guest's result", func() bool { return len(f.results(name)) > before })
				stop()
				<-ended
			}
		})
	}
	visits.Wait()
	f.stops[0]()
	f.wait()
	for _, name := range []string{"drive", "stays"} {
		for i, got := range f.results(name) {
			if want := fmt.Sprintf("%d:%d", i+1, i%3+1); got != want {
				t.Fatalf("result %d of %s is %s, want %s", i, name, got, want)
			}
		}
	}
}

// A camera that waits for a slow view does not stand still, nor does the view; a model that hangs does, and nobody else.
func TestStallOfAView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		letGo := sync.OnceFunc(func() { close(release) })
		defer letGo()
		frames := 0
		f := newFamily(t, Options{Opener: openers(capturetest.NewLoop(t, levels(7)...)), KeepAll: true},
			glance{name: "drive"}, glance{name: "rare", rate: 1. / 3600},
			glance{name: "door", before: func(context.Context) error {
				if frames++; frames == 4 {
					<-release
				}
				return nil
			}})
		f.start()
		stalls := func() (list []string) {
			for _, c := range f.cameras {
				for _, s := range c.Stalls(time.Now()) {
					list = append(list, c.name+": "+s.Stage)
				}
				for _, s := range c.look.options.Model.Stalls(time.Now()) {
					list = append(list, c.look.options.Model.Name+": "+s.Stage)
				}
			}
			return list
		}
		for range 119 {
			time.Sleep(time.Minute)
			if got := stalls(); len(got) != 0 {
				t.Fatalf("%v, and a look rests for an hour", got)
			}
		}
		time.Sleep(2 * time.Minute)
		if got := stalls(); !slices.Equal(got, []string{"door's: inference"}) {
			t.Errorf("%v, and the model of the door hangs", got)
		}
		letGo()
		synctest.Wait()
		if got := stalls(); len(got) != 0 {
			t.Errorf("%v, and all is well again", got)
		}
	})
}

// The way of a frame from the hub to the looks allocates nothing, with views and without.
func TestTakeAllocatesNothing(t *testing.T) {
	for _, glances := range [][]glance{{{name: "drive"}}, {{name: "drive"}, {name: "door"}, {name: "post"}}} {
		f := newFamily(t, Options{Opener: openers()}, glances...)
		for _, c := range f.cameras {
			c.Attach()
		}
		have := make([]*picture.Picture, len(glances))
		got := testing.AllocsPerRun(100, func() { // and once before
			f.cameras[0].hub.Blank()
			f.cameras[0].hub.Put()
			for i, c := range f.cameras {
				var err error
				if have[i], err = c.take(t.Context(), have[i]); err != nil {
					t.Fatal(err)
				}
			}
		})
		if got != 0 {
			t.Errorf("%d looks: %v allocations a frame", len(glances), got)
		}
	}
}

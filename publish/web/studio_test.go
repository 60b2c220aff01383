package web

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/publish"
)

// camera is a Watcher with one camera, drive, and views of it.
type camera struct {
	mu       sync.Mutex
	watchers map[string]func(*picture.Picture, *publish.Result)
	looks    int
	sequence uint64
	at       time.Time // of the frame
}

func (c *camera) Cameras() []Camera {
	return []Camera{{Name: "drive"}, {Name: "gate", Of: "drive"}}
}

func (c *camera) Watch(name string, f func(*picture.Picture, *publish.Result)) (func(), error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name == "nobody" {
		return nil, ErrNone
	}
	c.watchers[name] = f
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watchers, name)
	}, nil
}

func (c *camera) Look(_ string, dst *picture.Picture) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks++
	c.sequence++
	c.at = time.Now()
	c.frame().CopyTo(dst)
	return true, nil
}

// frame is one of 8 by 8 pixels, whose number is c.sequence.
func (c *camera) frame() *picture.Picture {
	return picture.Of(&capture.Frame{Pix: make([]byte, 64), Format: capture.Packed(capture.GREY, 8, 8), Sequence: c.sequence, Time: c.at})
}

// send shows a frame to all who watch.
func (c *camera) send() {
	c.sendTo("drive")
	c.resend("gate")
}

// sendTo shows a new frame to who watches a camera, and resend the same to who watches a view.
func (c *camera) sendTo(name string) {
	c.mu.Lock()
	c.sequence++
	c.at = time.Now()
	c.mu.Unlock()
	c.resend(name)
}

func (c *camera) resend(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.watchers[name]; f != nil {
		f(c.frame(), &publish.Result{Camera: name, Sequence: c.sequence})
	}
}

func (c *camera) looked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.looks
}

func (c *camera) watching() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.watchers)
}

// room is a studio at work, with its camera, in the bubble of a test.
type room struct {
	*studio
	camera  *camera
	encodes atomic.Int64
	takes   time.Duration // that an encode takes
}

// inStudio runs a test with a studio that makes 5 pictures a second.
func inStudio(t *testing.T, f func(r *room)) {
	synctest.Test(t, func(t *testing.T) {
		c := &camera{watchers: map[string]func(*picture.Picture, *publish.Result){}}
		m := newMemory("boot", func() uint64 { return 1 })
		m.enlist(c.Cameras())
		s, err := newStudio(c, m, func() time.Duration { return 200 * time.Millisecond }, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		r := &room{studio: s, camera: c}
		real := s.encode
		s.encode = func(p *picture.Picture) ([]byte, error) {
			r.encodes.Add(1)
			time.Sleep(r.takes)
			return real(p)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { s.run(ctx); close(ended) }()
		f(r)
		stop()
		<-ended
		if n := c.watching(); n != 0 {
			t.Errorf("%d watch after the end", n)
		}
	})
}

// play sends frames at 25 a second for a while, and has so many viewers ask for cameras five times a second.
func (r *room) play(d time.Duration, viewers int, cameras ...Camera) {
	for i := range int(d / (40 * time.Millisecond)) {
		if i%5 == 0 {
			for range viewers {
				r.ask(cameras, false)
			}
		}
		r.camera.send()
		time.Sleep(40 * time.Millisecond)
	}
	synctest.Wait()
}

// TestViewersCostTheEncodesOfOne has 1 and 20 look for 10 seconds: either way there are 5 encodes a second.
func TestViewersCostTheEncodesOfOne(t *testing.T) {
	for _, viewers := range []int{1, 20} {
		inStudio(t, func(r *room) {
			r.play(10*time.Second, viewers, Camera{Name: "drive"})
			if n := r.encodes.Load(); n < 45 || n > 51 {
				t.Errorf("%d viewers cost %d encodes in 10 s", viewers, n)
			}
		})
	}
}

// TestViewSharesItsCamerasPicture has both looked at: one encode serves the two.
func TestViewSharesItsCamerasPicture(t *testing.T) {
	inStudio(t, func(r *room) {
		r.play(10*time.Second, 1, r.camera.Cameras()...)
		if n := r.encodes.Load(); n < 45 || n > 55 {
			t.Errorf("a camera and its view cost %d encodes in 10 s", n)
		}
		n := r.memory.news(0, time.Now(), false)
		for _, c := range n.Cameras {
			if c.Picture == nil || c.Picture.Camera != "drive" {
				t.Errorf("%s shows %+v", c.Name, c.Picture)
			}
		}
	})
}

// TestSlowViewTakesFramesOfItsCamera answers a few milliseconds after its camera, and only every other frame.
func TestSlowViewTakesFramesOfItsCamera(t *testing.T) {
	inStudio(t, func(r *room) {
		for i := range 300 {
			r.ask(r.camera.Cameras(), false)
			r.camera.sendTo("drive")
			time.Sleep(15 * time.Millisecond)
			if i%2 == 0 {
				r.camera.resend("gate")
			}
			time.Sleep(18 * time.Millisecond)
		}
		if n := r.encodes.Load(); n > 65 {
			t.Errorf("a camera and its view cost %d encodes in 10 s, want about 50", n)
		}
	})
}

// TestEncodingRests has a slow machine: it encodes a fifth of the time.
func TestEncodingRests(t *testing.T) {
	inStudio(t, func(r *room) {
		r.takes = 400 * time.Millisecond
		r.play(20*time.Second, 1, Camera{Name: "drive"})
		if n := r.encodes.Load(); n < 8 || n > 11 {
			t.Errorf("%d encodes of 0.4 s in 20 s, want 10", n)
		}
	})
}

// TestNobodyLooks ends the watch 3 s after the last request, and forgets the pictures 10 s later.
func TestNobodyLooks(t *testing.T) {
	inStudio(t, func(r *room) {
		r.camera.send()
		if n := r.camera.watching(); n != 0 {
			t.Errorf("%d watch though nobody looks", n)
		}
		r.play(time.Second, 1, Camera{Name: "drive"})
		r.play(2*time.Second, 0)
		if n := r.camera.watching(); n != 1 {
			t.Errorf("%d watch 2 s after the last request", n)
		}
		r.play(2*time.Second, 0)
		if n := r.camera.watching(); n != 0 {
			t.Errorf("%d watch 4 s after the last request", n)
		}
		if r.memory.find("drive", 0, true) == nil {
			t.Error("the picture is forgotten with the watch")
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if r.memory.find("drive", 0, true) != nil || len(r.list()) != 0 {
			t.Error("the picture is kept for ever")
		}
		made := r.encodes.Load()
		r.play(time.Minute, 0)
		if r.encodes.Load() != made {
			t.Error("pictures are made that nobody looks at")
		}
	})
}

// TestSlowCamera looks at frames that no model answers: twice a second while somebody asks for that, and for the first picture.
func TestSlowCamera(t *testing.T) {
	inStudio(t, func(r *room) {
		for range 10 { // seconds
			r.ask([]Camera{{Name: "drive"}}, false)
			time.Sleep(time.Second)
		}
		if n := r.camera.looked(); n != 1 {
			t.Errorf("%d looks without anybody who asks for them, want the first", n)
		}
		for range 10 {
			r.ask([]Camera{{Name: "drive"}}, true)
			time.Sleep(time.Second)
		}
		if n := r.camera.looked(); n < 15 || n > 22 {
			t.Errorf("%d looks in 10 s, want 20", n)
		}
		p := r.memory.find("drive", 0, true)
		if p == nil || p.result != nil {
			t.Errorf("a frame that was not answered has a result: %+v", p)
		}
	})
}

// TestAnsweringCamera is looked at by nobody once answers come, though somebody wants every frame: each picture has its result.
func TestAnsweringCamera(t *testing.T) {
	inStudio(t, func(r *room) {
		r.ask([]Camera{{Name: "drive"}}, true)
		time.Sleep(300 * time.Millisecond)
		before := r.camera.looked()
		if before != 1 {
			t.Errorf("%d looks for the first picture", before)
		}
		for range 20 { // an answer each 0.8 s
			r.ask([]Camera{{Name: "drive"}}, true)
			r.camera.send()
			time.Sleep(400 * time.Millisecond)
			if p := r.memory.find("drive", 0, true); p == nil || p.result == nil {
				t.Fatalf("a picture without its result: %+v", p)
			}
			time.Sleep(400 * time.Millisecond)
		}
		if n := r.camera.looked(); n != before {
			t.Errorf("%d looks while answers came", n-before)
		}
		for range 4 { // s without answers
			r.ask([]Camera{{Name: "drive"}}, true)
			time.Sleep(time.Second)
		}
		if n := r.camera.looked() - before; n < 5 || n > 8 {
			t.Errorf("%d looks in 4 s without answers, want about 6", n)
		}
	})
}

// TestCameraThatIsNoMore is asked for: nothing goes on for it.
func TestCameraThatIsNoMore(t *testing.T) {
	inStudio(t, func(r *room) {
		r.play(time.Second, 1, Camera{Name: "nobody"})
		if n := len(r.list()); n > 1 {
			t.Errorf("%d feeds", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(r.list()); n != 0 {
			t.Errorf("%d feeds of a camera that is not there", n)
		}
	})
}

// TestBadFrame is no picture, and the next one is.
func TestBadFrame(t *testing.T) {
	inStudio(t, func(r *room) {
		real, bad := r.encode, true
		r.studio.encode = func(p *picture.Picture) ([]byte, error) {
			if bad {
				bad = false
				return nil, errors.New("damaged")
			}
			return real(p)
		}
		r.play(2*time.Second, 1, Camera{Name: "drive"})
		if r.memory.find("drive", 0, true) == nil {
			t.Error("one damaged frame ends the pictures")
		}
	})
}

// TestNobodyLooksAllocatesNothing publishes results as a camera does.
func TestNobodyLooksAllocatesNothing(t *testing.T) {
	m := newMemory("boot", func() uint64 { return 1 })
	r := &publish.Result{
		Camera: "drive", Predictions: make([]publish.Prediction, 5), Decision: &publish.Voting{Reason: []byte("dog 4 of 5, score 0.81")},
	}
	m.take(r, time.Now())
	if n := testing.AllocsPerRun(1000, func() { m.take(r, time.Now()) }); n != 0 {
		t.Errorf("%v allocations for a result", n)
	}
}

// TestWatchingAllocatesNothing copies the frames of a camera, once its buffers have their size.
func TestWatchingAllocatesNothing(t *testing.T) {
	c := &camera{sequence: 1}
	p, r := c.frame(), &publish.Result{Camera: "drive", Predictions: make([]publish.Prediction, 5)}
	f := &feed{name: "drive", of: "drive", taken: new(atomic.Uint64), pause: func() time.Duration { return 0 }, wake: func() {}}
	f.see(p, r)
	if n := testing.AllocsPerRun(1000, func() { f.see(p, r) }); n != 0 {
		t.Errorf("%v allocations for a frame", n)
	}
}

package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/publish"
)

// watched notes the answers that a watcher of a camera sees, as "number:level".
func watched(t *testing.T, c *Camera) (list func() []string, stop func()) {
	var mu sync.Mutex
	var all []string
	stop = c.Watch(func(p *picture.Picture, r *publish.Result) {
		planes, err := p.Planes(1)
		if err != nil {
			t.Error(err)
			return
		}
		level := planes.Plane[0].Pix[0]
		if p.Frame().Sequence != r.Sequence || r.Camera != c.name || int(r.Predictions[0].Score*256) != int(level) {
			t.Errorf("picture %d of level %d, with %+v", p.Frame().Sequence, level, r)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, fmt.Sprintf("%d:%d", r.Sequence, level))
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}, stop
}

// numbered counts the frames of a source.
type numbered struct {
	capture.Source
	n uint64
}

func (s *numbered) Read(ctx context.Context, f *capture.Frame) error {
	err := s.Source.Read(ctx, f)
	s.n++
	f.Sequence = s.n
	return err
}

// shown is a source that shows grey levels as everySecond does, and counts them.
func shown(levels ...int) *numbered { return &numbered{Source: &everySecond{levels}} }

// Whoever watches a camera or a view sees each answer with its picture, until that is stopped; several may.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{begin: time.Now()}
		b.family = newFamily(t, Options{Opener: openers(shown(10, 20, -1, 40, 50, 60, 70))},
			glance{name: "drive"}, glance{name: "door"})
		drive, stopDrive := watched(t, b.cameras[0])
		other, stopOther := watched(t, b.cameras[0])
		door, stopDoor := watched(t, b.cameras[1])
		b.start()
		b.until(4500 * time.Millisecond)
		stopOther()
		stopOther()
		b.until(5500 * time.Millisecond)
		late, stopLate := watched(t, b.cameras[0])
		stopDrive()
		b.until(6500 * time.Millisecond)
		stopDoor()
		stopLate()
		b.until(10 * time.Second)
		for _, c := range []struct {
			who  string
			got  []string
			want []string
		}{
			{"drive", drive(), []string{"1:10", "2:20", "4:40", "5:50"}}, {"other", other(), []string{"1:10", "2:20", "4:40"}},
			{"late", late(), []string{"6:60"}}, {"door", door(), []string{"1:10", "2:20", "4:40", "5:50", "6:60"}},
		} {
			if !slices.Equal(c.got, c.want) {
				t.Errorf("%s sees %v, want %v", c.who, c.got, c.want)
			}
		}
		if c := b.cameras[0]; c.watchers.list.Load() != nil || c.Status().Results != 6 {
			t.Errorf("%+v", c.Status())
		}
	})
}

// Watching begins and ends while frames come; when stop has returned, nobody is called.
func TestWatchDuringFrames(t *testing.T) {
	f := newFamily(t, Options{Opener: openers(capturetest.NewLoop(t, levels(10, 20, 30)...))}, glance{name: "drive"}, glance{name: "door"})
	f.start()
	var watching sync.WaitGroup
	for i := range 8 {
		watching.Go(func() {
			var dst picture.Picture
			for range 50 {
				var stopped atomic.Bool
				seen := make(chan struct{}, 1)
				stop := f.cameras[i%2].Watch(func(p *picture.Picture, r *publish.Result) {
					if stopped.Load() {
						t.Error("called after stop")
					}
					p.CopyTo(&dst)
					select {
					case seen <- struct{}{}:
					default:
					}
				})
				if i < 4 {
					<-seen
				}
				stop()
				stopped.Store(true)
				if f.cameras[i%2].Look(&dst) && len(dst.Frame().Pix) == 0 {
					t.Error("an empty frame")
				}
			}
		})
	}
	watching.Wait()
}

// A panic of who watches is nobody's secret: it ends the daemon like any other, and no frame is said to be bad for it.
func TestWatchPanics(t *testing.T) {
	c := new(Camera)
	defer c.Watch(func(*picture.Picture, *publish.Result) { panic("a mistake") })() // stop does not wait for it
	defer func() {
		if r := recover(); r != "a mistake" {
			t.Errorf("recovered %v", r)
		}
	}()
	c.watchers.tell(nil, nil)
}

// Look has the newest frame, also where no model gets it: the gate is closed, or the model has a rate; and none while the
// camera is lost or closed. Nothing is classified for it.
func TestLook(t *testing.T) {
	for _, o := range []struct {
		name    string
		options Options
		rate    float64
		results int // of the camera
	}{
		{"gate", Options{Gate: watchful()}, 0, 2}, // the first when it is opened
		{"rate", Options{}, 0.001, 1},
		{"all", Options{}, 0, 7},
	} {
		t.Run(o.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bubble{begin: time.Now()}
				o.options.Opener = openers(shown(10, 10, 10, 10, 10, 0), shown(30, 30, 30, 30))
				o.options.Picture.Mask = []picture.Polygon{{0, 0, 0.4, 0, 0.4, 1, 0, 1}}
				b.family = newFamily(t, o.options, glance{name: "drive", rate: o.rate}, glance{name: "door", rate: o.rate})
				b.start()
				drive, door := b.cameras[0], b.cameras[1]
				var dst picture.Picture
				looks := func(c *Camera, at time.Duration, want uint64) {
					t.Helper()
					b.until(at)
					switch got := c.Look(&dst); {
					case got != (want > 0):
						t.Errorf("after %v: %t, want frame %d", at, got, want)
					case got && (dst.Frame().Sequence != want || dst.Frame().Pix[0] != 0 || dst.Frame().Pix[3] == 0):
						t.Errorf("after %v: frame %d with bytes %v, want %d", at, dst.Frame().Sequence, dst.Frame().Pix, want)
					}
				}
				b.until(2500 * time.Millisecond)
				drive.Look(&dst) // whether there is one depends on whether it waits
				looks(drive, 3500*time.Millisecond, 3)
				looks(door, 3500*time.Millisecond, 3)
				looks(drive, 3600*time.Millisecond, 0)
				looks(drive, 5500*time.Millisecond, 5)
				looks(drive, 6005*time.Millisecond, 0) // lost, and opened again
				looks(drive, 7500*time.Millisecond, 6)
				door.SetPaused(true)
				looks(door, 8500*time.Millisecond, 0)
				looks(drive, 8500*time.Millisecond, 7)
				drive.SetPaused(true)
				looks(drive, 9500*time.Millisecond, 0)
				if n := len(b.results("drive")); n != o.results {
					t.Errorf("%d results, want %d", n, o.results)
				}
			})
		})
	}
}

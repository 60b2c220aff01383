package web

import (
	"math"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/publish"
)

// TestObjectIsTheOneThatWasChosen finds it where it has moved to, and takes none for another.
func TestObjectIsTheOneThatWasChosen(t *testing.T) {
	dog, cat := [4]float64{0.1, 0.1, 0.2, 0.4}, [4]float64{0.6, 0.1, 0.3, 0.4}
	f := &feed{name: "drive", of: "drive", pause: func() time.Duration { return 0 }, wake: func() {}}
	if p, _ := f.object(dog); p != nil {
		t.Error("an object of no picture")
	}
	b := &f.buffers[0]
	picture.Of(&capture.Frame{Pix: make([]byte, 64), Format: capture.Packed(capture.GREY, 8, 8), Sequence: 7}).CopyTo(b.room())
	b.result.set(&publish.Result{Sequence: 7, Task: publish.TaskDetect, Detections: []publish.Detection{{Label: "dog", Box: dog}, {Label: "cat", Box: cat}}})
	b.has = true
	f.shown.Store(b)
	for _, c := range []struct {
		chosen, want [4]float64
	}{
		{dog, dog}, {cat, cat}, {[4]float64{0.15, 0.12, 0.2, 0.4}, dog}, {[4]float64{0.55, 0.1, 0.3, 0.5}, cat},
		{[4]float64{0.35, 0.1, 0.2, 0.4}, [4]float64{}}, {[4]float64{0, 0, 1, 1}, [4]float64{}}, {[4]float64{}, [4]float64{}},
		{[4]float64{0.1, 0.1, -0.2, math.Inf(1)}, [4]float64{}}, {[4]float64{math.NaN(), 0, 1, 1}, [4]float64{}},
	} {
		p, box := f.object(c.chosen)
		if (p != nil) != (c.want != [4]float64{}) || p != nil && (box != c.want || p.Frame().Sequence != 7) {
			t.Errorf("chosen %v: %v, want %v", c.chosen, box, c.want)
		}
	}
	b.has = false // a frame that was not answered
	if p, _ := f.object(dog); p != nil {
		t.Error("an object of a frame that nobody has answered")
	}
}

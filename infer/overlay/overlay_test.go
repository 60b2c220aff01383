package overlay

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/task"
)

func grey(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 100
	}
	return img
}

func class(int) string { return "dog" }

// The frame of an object is drawn in the colour of its class, what is inside it and beyond it stays.
func TestDrawObject(t *testing.T) {
	img := grey(200, 160)
	Draw(img, &task.Findings{Objects: []task.Object{{Index: 3, Score: 0.5, Box: task.Box{X: 0.25, Y: 0.5, Width: 0.5, Height: 0.25}}}}, class, nil)
	before := color.RGBA{100, 100, 100, 100}
	for _, c := range []struct {
		x, y int
		want color.RGBA
	}{{50, 100, Colour(3)}, {51, 110, Colour(3)}, {149, 110, Colour(3)}, {100, 119, Colour(3)}, {100, 110, before}, {49, 110, before}, {151, 110, before}, {100, 121, before}} {
		if got := img.RGBAAt(c.x, c.y); got != c.want {
			t.Errorf("%d, %d: %v, want %v", c.x, c.y, got, c.want)
		}
	}
	if img.RGBAAt(51, 90) != Colour(3) {
		t.Errorf("the label's ground: %v", img.RGBAAt(51, 90))
	}
}

// A class that is listed is laid over the part of the frame that shows it, without the bars of a letterbox.
func TestDrawArea(t *testing.T) {
	f := &task.Findings{
		Areas:   []task.Area{{Index: 1, Share: 0.5, Box: task.Box{X: 0.5, Width: 0.5, Height: 1}}},
		Map:     task.Map{Width: 2, Height: 4, Classes: []uint8{2, 2, 0, 1, task.Void, 1, 1, 1}},
		Shown:   task.Box{Y: 0.25, Width: 1, Height: 0.5},
		ShownIn: task.Box{Width: 1, Height: 1},
	}
	img := grey(200, 100)
	Draw(img, f, class, nil)
	if got := img.RGBAAt(20, 80); got != (color.RGBA{100, 100, 100, 100}) {
		t.Errorf("the background: %v", got)
	}
	if got := img.RGBAAt(190, 80); got != mix(color.RGBA{100, 100, 100, 255}, Colour(1)) {
		t.Errorf("the area: %v", got)
	}
}

// TestDrawAnything draws what lies at the edge, beyond it and nowhere, on pictures of any size.
func TestDrawAnything(t *testing.T) {
	p := task.Posture{Score: 1}
	for i := range p.Keypoints {
		p.Keypoints[i] = task.Keypoint{X: float32(i%3) / 2, Y: float32(i%2) * 1.5, Score: 1}
	}
	f := &task.Findings{
		Objects: []task.Object{{Box: task.Box{Width: 1, Height: 1}}, {Index: 1 << 15, Box: task.Box{X: 1, Y: 1}}, {Box: task.Box{X: -3, Y: 2, Width: 9, Height: 1e-9}}},
		Areas:   []task.Area{{Index: 254}},
		Map:     task.Map{Width: 1, Height: 1, Classes: []uint8{254}}, Shown: task.Box{Width: 1, Height: 1}, ShownIn: task.Box{X: -1, Y: -1, Width: 4, Height: 4},
		Postures: []task.Posture{p},
	}
	for _, size := range [][2]int{{1, 1}, {3, 200}, {200, 3}, {2000, 1000}} {
		Draw(grey(size[0], size[1]), f, func(int) string { return strings.Repeat("Fußgänger ", 30) }, func(int) string { return strings.Repeat("?", 99) })
	}
}

// Neighbours are far from each other.
func TestColour(t *testing.T) {
	far := func(a, b color.RGBA) float64 {
		return math.Hypot(math.Hypot(float64(a.R)-float64(b.R), float64(a.G)-float64(b.G)), float64(a.B)-float64(b.B))
	}
	for i := range 100 {
		if d := far(Colour(i), Colour(i+1)); d < 100 {
			t.Errorf("%d and %d: %v, %v", i, i+1, Colour(i), Colour(i+1))
		}
	}
}

// TestMarks: a dashed box has gaps, the first mark is on top, and one without words has no tag.
func TestMarks(t *testing.T) {
	img := grey(200, 160)
	red, green := color.RGBA{200, 0, 0, 255}, color.RGBA{0, 200, 0, 255}
	box := task.Box{X: 0.25, Y: 0.5, Width: 0.5, Height: 0.25}
	Marks(img, []Mark{{Box: box, Colour: red, Dashed: true}, {Box: box, Colour: green}})
	reds, greens := 0, 0
	for x := 50; x < 150; x++ {
		switch img.RGBAAt(x, 80) {
		case red:
			reds++
		case green:
			greens++
		}
	}
	if reds < 40 || greens < 40 || reds+greens != 100 {
		t.Errorf("%d red and %d green pixels on the upper side", reds, greens)
	}
	if got := img.RGBAAt(52, 75); got != (color.RGBA{100, 100, 100, 100}) {
		t.Errorf("above it: %v", got)
	}
	Marks(img, []Mark{{Box: box, Colour: red, Words: "dog"}})
	if got := img.RGBAAt(51, 75); got != red {
		t.Errorf("the words' ground: %v", got)
	}
}

// TestMarksAnywhere: what somebody has written down may be anywhere, and of any size; it takes no time.
func TestMarksAnywhere(t *testing.T) {
	body := &task.Posture{}
	for i := range body.Keypoints {
		body.Keypoints[i] = task.Keypoint{X: float32(i) - 5, Y: float32(i%4) / 3, Score: 1}
	}
	for _, v := range []float64{0, 1e-9, 1, 3, 1e7, 1e300, math.Inf(1), math.NaN()} {
		for _, dashed := range []bool{false, true} {
			Marks(grey(50, 40), []Mark{
				{Box: task.Box{X: -v, Y: -v, Width: 2 * v, Height: 2 * v}, Words: "far", Dashed: dashed}, {Box: task.Box{X: v, Y: v, Width: -v, Height: v}, Dashed: dashed},
				{Body: body, Words: "somebody", Box: task.Box{X: v}},
			})
		}
	}
}

// TestAreas lays colours over areas, and writes nothing.
func TestAreas(t *testing.T) {
	whole := task.Box{Width: 1, Height: 1}
	f := &task.Findings{Areas: []task.Area{{Index: 1}}, Map: task.Map{Width: 2, Height: 1, Classes: []uint8{0, 1}}, Shown: whole, ShownIn: whole}
	img := grey(20, 10)
	Areas(img, f)
	for x := range 20 {
		want := color.RGBA{100, 100, 100, 100}
		if x >= 10 {
			want = mix(color.RGBA{100, 100, 100, 255}, Colour(1))
		}
		if got := img.RGBAAt(x, 5); got != want {
			t.Errorf("%d: %v, want %v", x, got, want)
		}
	}
}

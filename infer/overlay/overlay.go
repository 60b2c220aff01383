// Package overlay draws what a model has found on the picture that it was found in.
package overlay

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"github.com/inceptiond/inceptiond/infer/task"
)

// Draw draws objects, areas and postures on dst, which shows the upright frame. label names a class; it is not called for postures. more is
// what else is known of an object, by its place in f; empty, or a nil more: nothing. All of it grows with the picture, so that it
// can be read when a large one is shown small. It changes nothing of f.
func Draw(dst draw.Image, f *task.Findings, label func(class int) string, more func(object int) string) {
	c := newCanvas(dst)
	c.areas(f)
	for i := range f.Areas {
		a := &f.Areas[i]
		c.tag(c.rectangle(a.Box).Min, fmt.Sprintf("%s %.1f %%", label(a.Index), 100*a.Share), Colour(a.Index))
	}
	for i := len(f.Objects) - 1; i >= 0; i-- { // the best is on top
		o := &f.Objects[i]
		c.frame(c.rectangle(o.Box), Colour(o.Index))
		words := fmt.Sprintf("%s %.0f %%", label(o.Index), 100*o.Score)
		if more != nil {
			if known := more(i); known != "" {
				words += ": " + known
			}
		}
		c.tag(c.rectangle(o.Box).Min, words, Colour(o.Index))
	}
	for i := len(f.Postures) - 1; i >= 0; i-- {
		c.posture(&f.Postures[i], Colour(i))
	}
}

// Mark is an object or a posture to be drawn, and what is said of it.
type Mark struct {
	Box    task.Box
	Body   *task.Posture // drawn in the place of the box; nil: there is none
	Words  string        // empty: nothing is said
	Colour color.RGBA
	Dashed bool // of the box
}

// Marks draws marks on dst, which shows the upright frame: the first is on top.
func Marks(dst draw.Image, marks []Mark) {
	c := newCanvas(dst)
	for i := len(marks) - 1; i >= 0; i-- {
		m := &marks[i]
		at := c.rectangle(near(m.Box))
		switch {
		case m.Body != nil:
			at.Min = c.body(m.Body, m.Colour).Sub(image.Pt(0, 3*c.line))
		case m.Dashed:
			c.dashed(at, m.Colour)
		default:
			c.frame(at, m.Colour)
		}
		if m.Words != "" {
			c.tag(at.Min, m.Words, m.Colour)
		}
	}
}

// near is b as far as it is anywhere near the picture: what somebody has written down may be anywhere.
func near(b task.Box) task.Box {
	limit := func(v float64) float64 { return min(max(v, -1), 2) }
	left, top := limit(b.X), limit(b.Y)
	return task.Box{X: left, Y: top, Width: limit(b.X+b.Width) - left, Height: limit(b.Y+b.Height) - top}
}

// Areas lays the colours of the classes that f lists over what shows them, and says nothing.
func Areas(dst draw.Image, f *task.Findings) {
	c := newCanvas(dst)
	c.areas(f)
}

// Colour is that of a class: neighbours are far from each other, and the same class always has the same.
func Colour(class int) color.RGBA {
	const golden = 0.6180339887498949 // of the circle of hues
	_, hue := math.Modf(float64(class)*golden + 0.33)
	channel := func(offset float64) uint8 { // a bright, full colour
		_, at := math.Modf(hue + offset)
		return uint8(math.Round(255 * (0.15 + 0.85*min(max(math.Abs(6*at-3)-1, 0), 1))))
	}
	return color.RGBA{channel(0), channel(2. / 3), channel(1. / 3), 255}
}

// canvas is a picture that is drawn on.
type canvas struct {
	draw.Image
	bounds image.Rectangle
	line   int // width of lines, in pixels
}

func newCanvas(dst draw.Image) canvas {
	c := canvas{Image: dst, bounds: dst.Bounds()}
	c.line = max(2, (min(c.bounds.Dx(), c.bounds.Dy())+240)/240)
	return c
}

// at is the pixel at a place in fractions of the picture.
func (c *canvas) at(x, y float64) image.Point {
	return c.bounds.Min.Add(image.Pt(int(math.Round(x*float64(c.bounds.Dx()))), int(math.Round(y*float64(c.bounds.Dy())))))
}

// rectangle is a box in pixels.
func (c *canvas) rectangle(b task.Box) image.Rectangle {
	return image.Rectangle{c.at(b.X, b.Y), c.at(b.X+b.Width, b.Y+b.Height)}
}

// fill paints a part of the picture. Package draw would do it with tens of kilobytes of program for other colours.
func (c *canvas) fill(r image.Rectangle, with color.Color) {
	r = r.Intersect(c.bounds)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c.Set(x, y, with)
		}
	}
}

// frame draws the sides of r, inside it.
func (c *canvas) frame(r image.Rectangle, with color.Color) {
	x, y := min(c.line, r.Dx()), min(c.line, r.Dy())
	c.fill(image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+y), with)
	c.fill(image.Rect(r.Min.X, r.Max.Y-y, r.Max.X, r.Max.Y), with)
	c.fill(image.Rect(r.Min.X, r.Min.Y, r.Min.X+x, r.Max.Y), with)
	c.fill(image.Rect(r.Max.X-x, r.Min.Y, r.Max.X, r.Max.Y), with)
}

// dashed draws every other piece of the sides of r, inside it.
func (c *canvas) dashed(r image.Rectangle, with color.Color) {
	piece := 3 * c.line
	for x := r.Min.X; x < r.Max.X; x += 2 * piece {
		across := image.Rect(x, r.Min.Y, min(x+piece, r.Max.X), r.Min.Y+min(c.line, r.Dy()))
		c.fill(across, with)
		c.fill(across.Add(image.Pt(0, r.Dy()-across.Dy())), with)
	}
	for y := r.Min.Y; y < r.Max.Y; y += 2 * piece {
		down := image.Rect(r.Min.X, y, r.Min.X+min(c.line, r.Dx()), min(y+piece, r.Max.Y))
		c.fill(down, with)
		c.fill(down.Add(image.Pt(r.Dx()-down.Dx(), 0)), with)
	}
}

// areas lays the colours of the classes that are listed over what shows them.
func (c *canvas) areas(f *task.Findings) {
	m := &f.Map
	if len(f.Areas) == 0 || m.Width == 0 || m.Height == 0 {
		return
	}
	var colours [task.Void + 1]color.RGBA
	for _, a := range f.Areas {
		colours[a.Index] = Colour(a.Index)
	}
	r := c.rectangle(f.ShownIn)
	for y := max(r.Min.Y, c.bounds.Min.Y); y < min(r.Max.Y, c.bounds.Max.Y); y++ {
		row := cell(f.Shown.Y, f.Shown.Height, y-r.Min.Y, r.Dy(), m.Height) * m.Width
		for x := max(r.Min.X, c.bounds.Min.X); x < min(r.Max.X, c.bounds.Max.X); x++ {
			with := colours[m.Classes[row+cell(f.Shown.X, f.Shown.Width, x-r.Min.X, r.Dx(), m.Width)]]
			if with.A > 0 {
				c.Set(x, y, mix(c.At(x, y), with))
			}
		}
	}
}

// cell is which of n cells is shown at pixel i of size, where those from … from+length, in fractions, are.
func cell(from, length float64, i, size, n int) int {
	at := from + length*(float64(i)+0.5)/float64(size)
	return min(max(int(at*float64(n)), 0), n-1)
}

// mix is half of either colour.
func mix(a color.Color, b color.RGBA) color.RGBA {
	red, green, blue, _ := a.RGBA()
	return color.RGBA{uint8((red>>8 + uint32(b.R)) / 2), uint8((green>>8 + uint32(b.G)) / 2), uint8((blue>>8 + uint32(b.B)) / 2), 255}
}

// leastSure is the score from which on a keypoint is drawn.
const leastSure = 0.2

// posture draws a posture, and its score.
func (c *canvas) posture(p *task.Posture, with color.RGBA) {
	highest := c.body(p, with)
	c.tag(highest.Sub(image.Pt(0, 3*c.line)), fmt.Sprintf("%.0f %%", 100*p.Score), with)
}

// body draws bones, and keypoints over them. It returns the highest.
func (c *canvas) body(p *task.Posture, with color.RGBA) (highest image.Point) {
	for _, b := range task.Bones() {
		if from, to := p.Keypoints[b[0]], p.Keypoints[b[1]]; from.Score >= leastSure && to.Score >= leastSure {
			c.stroke(c.at(float64(from.X), float64(from.Y)), c.at(float64(to.X), float64(to.Y)), with)
		}
	}
	highest = c.bounds.Max
	for _, k := range p.Keypoints {
		if k.Score < leastSure {
			continue
		}
		at := c.at(float64(k.X), float64(k.Y))
		c.dot(at, 2*c.line, color.RGBA{255, 255, 255, 255})
		c.dot(at, 2*c.line-max(1, c.line/2), with)
		if at.Y < highest.Y {
			highest = at
		}
	}
	return highest
}

// stroke draws a line with round ends.
func (c *canvas) stroke(from, to image.Point, with color.Color) {
	steps := max(1, max(abs(to.X-from.X), abs(to.Y-from.Y)))
	for i := range steps + 1 {
		c.dot(image.Pt(from.X+(to.X-from.X)*i/steps, from.Y+(to.Y-from.Y)*i/steps), (c.line+1)/2, with)
	}
}

// dot draws a disc.
func (c *canvas) dot(at image.Point, radius int, with color.Color) {
	for y := -radius; y <= radius; y++ {
		for x := -radius; x <= radius; x++ {
			if p := at.Add(image.Pt(x, y)); x*x+y*y <= radius*radius && p.In(c.bounds) {
				c.Set(p.X, p.Y, with)
			}
		}
	}
}

func abs(n int) int { return max(n, -n) }

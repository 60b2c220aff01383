package task

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer"
)

// The decoders: how the boxes of a detector without post-processing in its graph are read.
const (
	BlazeFace = "blazeface" // MediaPipe's faces and palms
	YOLO      = "yolo"
)

// Decoders lists them.
func Decoders() []string { return []string{BlazeFace, YOLO} }

// ParseDecoder checks the name of a decoder; empty: none.
func ParseDecoder(s string) (string, error) {
	if s != "" && s != BlazeFace && s != YOLO {
		return "", fmt.Errorf("there is no decoder %q (want one of %v, or nothing)", s, Decoders())
	}
	return s, nil
}

// checkAnchors checks anchors as a config has them: all have the same number of numbers, one of lengths. The first of them are places, the
// others sizes.
func checkAnchors(anchors [][]float64, places int, lengths ...int) error {
	for i, a := range anchors {
		ok := false
		for _, n := range lengths {
			ok = ok || len(a) == n && len(anchors[0]) == n
		}
		if !ok {
			return fmt.Errorf("anchor %d has %d numbers (want all to have %v)", i+1, len(a), lengths)
		}
		for k, v := range a {
			if math.IsNaN(v) || math.Abs(v) > 1e6 || v <= 0 && k >= places {
				return fmt.Errorf("anchor %d, %v, is not possible", i+1, a)
			}
		}
	}
	return nil
}

// maxAnchors and maxNumbers bound what a decoder reads: boxes, and numbers of each. The largest in use have some 50 000 and 100.
const maxAnchors, maxNumbers = 1 << 17, 1 << 10

// candidate is a box that a decoder has found, and that may overlap with a better one.
type candidate struct {
	corners
	class int
	score float32
	out   bool // it is listed, or a better one is instead of it
}

// candidates are those of a frame; there is room for all that there may be.
type candidates struct {
	lister
	list    []candidate
	overlap float32 // from which IoU on two boxes of a class are one thing
}

func newCandidates(l lister, most int, overlap float32) candidates {
	return candidates{lister: l, list: make([]candidate, 0, most), overlap: overlap}
}

// offer takes a box if it may be listed.
func (c *candidates) offer(class int, score float32, at corners) {
	if !c.enough(score) || !c.wants(class) || len(c.list) == cap(c.list) {
		return
	}
	if _, ok := c.upright(at); ok {
		c.list = append(c.list, candidate{corners: at, class: class, score: score})
	}
}

// suppress lists the best of the boxes that overlap, and forgets them all. Its work is bounded by the product of their number and that of
// the results: non-maximum suppression that begins at the top needs no order.
func (c *candidates) suppress(list []Object) []Object {
	for range c.most {
		best := c.best()
		if best == nil {
			break
		}
		best.out = true
		for i := range c.list {
			if other := &c.list[i]; !other.out && other.class == best.class && iou(best.corners, other.corners) > c.overlap {
				other.out = true
			}
		}
		list = c.object(list, best.class, best.score, best.corners)
	}
	c.list = c.list[:0]
	return list
}

// best is the candidate with the highest score that is not out; nil: there is none.
func (c *candidates) best() (best *candidate) {
	for i := range c.list {
		if b := &c.list[i]; !b.out && (best == nil || b.score > best.score) {
			best = b
		}
	}
	return best
}

// iou is the intersection of two boxes over their union.
func iou(a, b corners) float32 {
	width := min(a.right, b.right) - max(a.left, b.left)
	height := min(a.bottom, b.bottom) - max(a.top, b.top)
	if !(width > 0 && height > 0) {
		return 0
	}
	both := float32(width * height)
	return both / (a.area() + b.area() - both)
}

// area is that of a box, rounded, so that it is the same on every machine.
func (c corners) area() float32 { return float32((c.right - c.left) * (c.bottom - c.top)) }

// around is a box by its middle and size.
func around(x, y, width, height float32) corners {
	return corners{x - width/2, y - height/2, x + width/2, y + height/2}
}

// heads finds the outputs that split their last dimension, by what each says: nil if it is not one of a decoder's.
func heads(outputs []infer.TensorSpec, is func(infer.TensorSpec) bool) (list []*numbers) {
	for i, s := range outputs {
		if s.Type.Usual() && is(s) {
			list = append(list, newNumbers(outputs, i))
		}
	}
	return list
}

// unreadable says that a decoder cannot read outputs.
func unreadable(decoder, want string) error {
	return fmt.Errorf("decoder %s cannot read the model's outputs (want %s)", decoder, want)
}

package pipeline

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer"
)

// rangeCheck finds out whether a model with float input sees anything of its pictures. If its input has another range
// than in its training, all pictures look the same to it: its answer hardly changes, whatever they show. So the check
// collects pictures that differ, with the answers to them, and compares the answers.
//
// A camera's pictures must differ in what is where (their cells do not correlate), and have contrast: a steady scene by
// day, by night or in fog is one picture. It allocates nothing once it was made; a nil check does nothing.
type rangeCheck struct {
	width, height, channels int
	span                    float64 // of the input's values, from black to white
	scene                   bool    // the pictures are a camera's
	raw                     bool    // the answers are no probabilities

	cells   []float32 // of the latest picture
	judged  bool      // the user has asked for the doubt that enough pictures leave
	n       int       // pictures collected
	seen    [maxDiffering][]float32
	answers [maxDiffering][]float32
}

const (
	minDiffering = 3 // pictures that say something
	maxDiffering = 8 // pictures that are enough

	gridSide   = 8 // cells a side
	gridPoints = 4 // points of a cell a side
)

// newRangeCheck makes the check of a model with that input; nil if the input is not float.
func newRangeCheck(input infer.TensorSpec, std []float32, classes int, raw bool) *rangeCheck {
	h, w, channels, err := input.Image()
	if err != nil || input.Type != infer.Float32 {
		return nil
	}
	c := &rangeCheck{width: w, height: h, channels: channels, span: 255 / 127.5, raw: raw}
	c.cells = make([]float32, gridSide*gridSide*channels)
	if len(std) > 0 {
		c.span = 255 / float64(std[0])
	}
	for i := range c.seen {
		c.seen[i], c.answers[i] = make([]float32, len(c.cells)), make([]float32, classes)
	}
	return c
}

// see takes a picture's tensor and the answer to it.
func (c *rangeCheck) see(in []byte, answer []float32) {
	if c == nil || c.n == maxDiffering || len(answer) != len(c.answers[0]) {
		return
	}
	c.sample(in)
	for _, old := range c.seen[:c.n] {
		if !c.differ(c.cells, old) {
			return
		}
	}
	if c.scene && c.contrast(c.cells) < 0.04*c.span {
		return
	}
	copy(c.seen[c.n], c.cells)
	copy(c.answers[c.n], answer)
	c.n++
}

// sample fills cells with the means of some points of each, channel by channel.
func (c *rangeCheck) sample(in []byte) {
	const points = gridSide * gridPoints
	clear(c.cells)
	for y := range points {
		row := (2*y + 1) * c.height / (2 * points) * c.width
		for x := range points {
			pixel := (row + (2*x+1)*c.width/(2*points)) * c.channels
			cell := (y/gridPoints*gridSide + x/gridPoints) * c.channels
			for k := range c.channels {
				c.cells[cell+k] += math.Float32frombits(binary.LittleEndian.Uint32(in[4*(pixel+k):])) / (gridPoints * gridPoints)
			}
		}
	}
}

// differ tells whether two pictures are different ones.
func (c *rangeCheck) differ(a, b []float32) bool {
	apart := 0.0
	for i := range a {
		apart += math.Abs(float64(a[i]) - float64(b[i]))
	}
	if apart < 0.06*c.span*float64(len(a)) {
		return false
	}
	return !c.scene || c.correlation(a, b) < 0.5
}

// doubt says, after at least minimum pictures, that the answer hardly changes; empty: it does, or too few were seen.
func (c *rangeCheck) doubt(minimum int) string {
	if c == nil || c.n < minimum {
		return ""
	}
	apart, top, sure := 0.0, argmax(c.answers[0]), 0.0
	for i, a := range c.answers[:c.n] {
		sure += float64(a[top]) / float64(c.n)
		for _, b := range c.answers[:i] {
			apart = max(apart, c.distance(a, b))
		}
	}
	limit := 0.25
	if c.scene {
		limit = 0.15
	}
	if !(apart < limit) || c.raw {
		return ""
	}
	if sure > 0.9 && c.ratio() > math.E {
		return "" // surely the same thing in all pictures: what else it could be is another question each time
	}
	return fmt.Sprintf("the answer hardly changes between %d pictures that differ (by %.1f %% at most): the model's input "+
		"may have another range than in its training: try mean 127.5 and std 127.5 (-1 to 1), mean 0 and std 255 (0 to 1), "+
		"mean 0 and std 1 (0 to 255), and keep what knows the pictures", c.n, 100*apart)
}

// distance is half the sum of what two answers differ by: 0 to 1 for probabilities whose sum is 1.
func (c *rangeCheck) distance(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += math.Abs(float64(a[i]) - float64(b[i]))
	}
	return sum / 2
}

// ratio is by how much any class that is at all likely is more likely in one picture than in another.
func (c *rangeCheck) ratio() float64 {
	most := 1.0
	for k := range c.answers[0] {
		low, high := math.Inf(1), 0.0
		for _, a := range c.answers[:c.n] {
			low, high = min(low, float64(a[k])), max(high, float64(a[k]))
		}
		if high > 1e-4 {
			most = max(most, high/max(low, 1e-9))
		}
	}
	return most
}

// argmax is the index of the highest value; 0 if there is none.
func argmax(values []float32) int {
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}

// means are those of each channel.
func (c *rangeCheck) means(cells []float32) (m [3]float64) {
	for i, v := range cells {
		m[i%c.channels] += float64(v) / (gridSide * gridSide)
	}
	return m
}

// contrast is the standard deviation of a picture's cells, each from the mean of its channel.
func (c *rangeCheck) contrast(cells []float32) float64 {
	m, sum := c.means(cells), 0.0
	for i, v := range cells {
		d := float64(v) - m[i%c.channels]
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(cells)))
}

// correlation is Pearson's, less the means of the channels: 1 for a picture and itself in another light, about 0 for
// two that have nothing in common. It is 1 where there is nothing to compare.
func (c *rangeCheck) correlation(a, b []float32) float64 {
	ma, mb := c.means(a), c.means(b)
	ab, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		x, y := float64(a[i])-ma[i%c.channels], float64(b[i])-mb[i%c.channels]
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 1
	}
	return ab / math.Sqrt(aa*bb)
}

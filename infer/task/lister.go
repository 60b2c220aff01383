package task

import (
	"cmp"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer"
)

// How many findings of a kind are listed if nobody says so, and at most.
const (
	defaultResults = 100
	maxResults     = 1000
)

// maxClasses is more classes than any detector has that is in use.
const maxClasses = 1 << 16

// lister lists findings: those that the options ask for, the best first.
type lister struct {
	frame     Frame
	threshold float32
	most      int
	only      []bool // by class; nil: all of them
}

func newLister(o Options) (lister, error) {
	l := lister{frame: o.Frame, threshold: o.Threshold, most: cmp.Or(o.MaxResults, defaultResults)}
	if l.frame == nil {
		l.frame = whole{}
	}
	if l.most < 1 || l.most > maxResults {
		return l, fmt.Errorf("task: at most %d results are not possible (want 1 to %d)", l.most, maxResults)
	}
	if !(l.threshold >= 0 && l.threshold <= 1) {
		return l, fmt.Errorf("task: a threshold of %v is not possible (want 0 to 1)", l.threshold)
	}
	for _, class := range o.Only {
		if class < 0 || class >= maxClasses {
			return l, fmt.Errorf("task: there is no class %d", class)
		}
		for len(l.only) <= class {
			l.only = append(l.only, false)
		}
		l.only[class] = true
	}
	if o.Only != nil && l.only == nil {
		l.only = []bool{} // none at all
	}
	return l, nil
}

// wants tells whether class is asked for.
func (l *lister) wants(class int) bool {
	return l.only == nil || class < len(l.only) && l.only[class]
}

// SetThreshold changes Options.Threshold, from the next frame on.
func (l *lister) SetThreshold(score float32) { l.threshold = score }

// enough tells whether a score reaches the threshold; one that is not a number does not.
func (l *lister) enough(score float32) bool { return score >= l.threshold }

// corners are the sides of a box in the model's input, in fractions of it.
type corners struct{ left, top, right, bottom float32 }

// sound tells whether c has an inside and all is finite.
func (c corners) sound() bool {
	return c.right > c.left && c.bottom > c.top && finite(c.left) && finite(c.top) && finite(c.right) && finite(c.bottom)
}

func finite(v float32) bool { return math.Abs(float64(v)) <= math.MaxFloat32 }

// upright is c in the upright frame, limited to it; ok: something of it lies there.
func (l *lister) upright(c corners) (b Box, ok bool) {
	if !c.sound() {
		return Box{}, false
	}
	left, top := float64(c.left), float64(c.top)
	return l.frame.Upright(Box{left, top, float64(c.right) - left, float64(c.bottom) - top}).limited()
}

// object adds a box to list, behind those with the same score or a higher one, unless the options leave it out.
func (l *lister) object(list []Object, class int, score float32, c corners) []Object {
	if !l.enough(score) || !l.wants(class) || len(list) == l.most && score <= list[len(list)-1].Score {
		return list
	}
	box, ok := l.upright(c)
	if !ok {
		return list
	}
	o := Object{Index: class, Score: min(score, 1), Box: box}
	return insert(list, l.most, o, func(other *Object) bool { return other.Score < score })
}

// insert adds item to a list of at most so many, before all that are worse, which are at its end. If the list is full, the last
// of it is left out; whoever calls has seen that this is worse too.
func insert[T any](list []T, most int, item T, worse func(other *T) bool) []T {
	if len(list) < most {
		list = append(list, item)
	}
	at := len(list) - 1
	for ; at > 0 && worse(&list[at-1]); at-- {
		list[at] = list[at-1]
	}
	list[at] = item
	return list
}

// numbers reads one output.
type numbers struct {
	output int // its number
	spec   infer.TensorSpec
	values []float32
}

func newNumbers(outputs []infer.TensorSpec, i int) *numbers {
	return &numbers{i, outputs[i], make([]float32, outputs[i].Elements())}
}

// read takes the output's values of this frame. The error is about its bytes.
func (n *numbers) read(outs [][]byte) error {
	if n.output >= len(outs) {
		return fmt.Errorf("task: %d outputs (want %v as number %d)", len(outs), n.spec, n.output)
	}
	return n.spec.Values(n.values, outs[n.output])
}

// readAll reads several outputs.
func readAll(list []*numbers, outs [][]byte) error {
	for _, n := range list {
		if err := n.read(outs); err != nil {
			return err
		}
	}
	return nil
}

// outputsOf are the numbers of the outputs of list.
func outputsOf(list []*numbers) (outputs []int) {
	for _, n := range list {
		outputs = append(outputs, n.output)
	}
	return outputs
}

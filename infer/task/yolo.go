package task

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/internal/exact"
	"github.com/inceptiond/inceptiond/internal/order"
)

// A box of a YOLO with anchors has its middle and size, whether there is anything, and then a score for each class.
const (
	ofObject = 4
	ofClass  = 5
)

// sameOverlap is the IoU of two boxes of a class that are one thing.
const sameOverlap = 0.45

// newYOLO makes the task of a YOLO: with anchors, of what its convolutions give; without, of boxes that the graph decodes.
func newYOLO(outputs []infer.TensorSpec, l lister, r *Reading) (Task, error) {
	if len(r.Anchors) > 0 {
		return newYOLOHeads(outputs, l, r)
	}
	return newYOLOBoxes(outputs, l)
}

// yoloHeads reads grids of anchors, as YOLO v2 to v4 have them.
type yoloHeads struct {
	candidates
	heads   []*numbers // the finest grid first
	anchors []anchor   // each head's, one head after the other; sizes only
	each    int        // anchors of a head
}

const wantHeads = "grids [1 height width n], n anchors of 5 numbers and a score for each class"

func newYOLOHeads(outputs []infer.TensorSpec, l lister, r *Reading) (*yoloHeads, error) {
	y := &yoloHeads{}
	y.heads = heads(outputs, func(s infer.TensorSpec) bool {
		return len(s.Shape) == 4 && s.Shape[0] == 1 && s.Shape[1]*s.Shape[2] <= maxAnchors && s.Shape[3] <= maxNumbers
	})
	order.Stable(y.heads, func(a, b *numbers) int { return b.spec.Shape[1]*b.spec.Shape[2] - a.spec.Shape[1]*a.spec.Shape[2] })
	if err := checkAnchors(r.Anchors, 0, 2); err != nil {
		return nil, err
	}
	if len(y.heads) == 0 {
		return nil, unreadable(YOLO, wantHeads)
	}
	if len(r.Anchors)%len(y.heads) != 0 {
		return nil, fmt.Errorf("%d anchors for %d grids (want as many for each)", len(r.Anchors), len(y.heads))
	}
	y.each = len(r.Anchors) / len(y.heads)
	most := 0
	for _, h := range y.heads {
		channels := h.spec.Shape[3]
		if channels%y.each != 0 || channels/y.each <= ofClass || channels != y.heads[0].spec.Shape[3] {
			return nil, unreadable(YOLO, fmt.Sprintf("%s, with %d anchors each", wantHeads, y.each))
		}
		most += h.spec.Shape[1] * h.spec.Shape[2] * y.each
	}
	for _, a := range r.Anchors {
		y.anchors = append(y.anchors, anchor{width: float32(a[0] / float64(r.Width)), height: float32(a[1] / float64(r.Height))})
	}
	y.candidates = newCandidates(l, most, sameOverlap)
	return y, nil
}

// areGrids tells whether outputs look like a YOLO's of several grids, each twice as fine as the next, with three anchors.
func areGrids(outputs []infer.TensorSpec) bool {
	list := append([]infer.TensorSpec(nil), outputs...)
	order.Stable(list, func(a, b infer.TensorSpec) int { return b.Elements() - a.Elements() })
	for i, s := range list {
		if len(s.Shape) != 4 || s.Shape[3]%3 != 0 || s.Shape[3]/3 <= ofClass || s.Shape[3] != list[0].Shape[3] {
			return false
		}
		if i > 0 && (s.Shape[1]*2 != list[i-1].Shape[1] || s.Shape[2]*2 != list[i-1].Shape[2]) {
			return false
		}
	}
	return len(list) > 1
}

// Kind and Reads are [Task]'s.
func (*yoloHeads) Kind() Kind     { return Detect }
func (y *yoloHeads) Reads() []int { return outputsOf(y.heads) }

// Decode is [Task]'s.
func (y *yoloHeads) Decode(dst *Findings, outs [][]byte) error {
	dst.begin()
	if err := readAll(y.heads, outs); err != nil {
		return err
	}
	for i, h := range y.heads {
		y.grid(h, y.anchors[i*y.each:(i+1)*y.each])
	}
	dst.Objects = y.suppress(dst.Objects)
	return nil
}

// grid offers the boxes of one head.
func (y *yoloHeads) grid(h *numbers, anchors []anchor) {
	rows, columns := h.spec.Shape[1], h.spec.Shape[2]
	length := h.spec.Shape[3] / y.each
	v := h.values
	for row := range rows {
		for column := range columns {
			for _, a := range anchors {
				if there := sigmoid(v[ofObject]); y.enough(there) {
					class, logit := highest(v[ofClass:length])
					x := (float32(column) + sigmoid(v[0])) / float32(columns)
					middle := (float32(row) + sigmoid(v[1])) / float32(rows)
					y.offer(class, there*sigmoid(logit), around(x, middle, a.width*exp(v[2]), a.height*exp(v[3])))
				}
				v = v[length:]
			}
		}
	}
}

// exp is e to the power of v.
func exp(v float32) float32 { return float32(exact.Exp(float64(v))) }

// highest is the class with the highest score, the first of equal ones.
func highest(scores []float32) (class int, score float32) {
	score = scores[0]
	for k, s := range scores {
		if s > score || score != score {
			class, score = k, s
		}
	}
	return class, score
}

// yoloBoxes reads boxes that the graph has decoded: their middles and sizes in fractions of the input, as YOLO v5 and v8 are exported.
type yoloBoxes struct {
	candidates
	boxes   []*numbers // the one output
	n       int        // boxes
	classes int
	object  bool // each box has a number that says whether anything is there
	box     int  // from one box to the next
	number  int  // from one number of a box to the next
	scores  []float32
}

func newYOLOBoxes(outputs []infer.TensorSpec, l lister) (*yoloBoxes, error) {
	list := heads(outputs, func(s infer.TensorSpec) bool {
		return len(s.Shape) == 3 && s.Shape[0] == 1 && max(s.Shape[1], s.Shape[2]) <= maxAnchors && min(s.Shape[1], s.Shape[2]) <= maxNumbers
	})
	if len(outputs) != 1 || len(list) != 1 {
		return nil, unreadable(YOLO, "one, [1 boxes n] or [1 n boxes]; for grids, name their anchors with anchors: [[width, height], …], "+
			"in pixels of the input, those of the finest grid first")
	}
	y := &yoloBoxes{boxes: list}
	rows, columns := list[0].spec.Shape[1], list[0].spec.Shape[2]
	length := min(rows, columns)
	if rows > columns {
		y.n, y.object, y.box, y.number, y.classes = rows, true, columns, 1, length-ofClass
	} else {
		y.n, y.box, y.number, y.classes = columns, 1, columns, length-ofObject
	}
	if y.classes < 1 {
		return nil, unreadable(YOLO, "each box to have a middle, a size and a score for each class")
	}
	y.scores = make([]float32, y.classes)
	y.candidates = newCandidates(l, y.n, sameOverlap)
	return y, nil
}

// Kind and Reads are [Task]'s.
func (*yoloBoxes) Kind() Kind     { return Detect }
func (y *yoloBoxes) Reads() []int { return outputsOf(y.boxes) }

// Decode is [Task]'s.
func (y *yoloBoxes) Decode(dst *Findings, outs [][]byte) error {
	dst.begin()
	if err := readAll(y.boxes, outs); err != nil {
		return err
	}
	values := y.boxes[0].values
	for i := range y.n {
		v := values[i*y.box:]
		there, first := float32(1), ofObject
		if y.object {
			there, first = v[ofObject], ofClass
		}
		if !y.enough(there) {
			continue
		}
		for k := range y.scores {
			y.scores[k] = v[(first+k)*y.number]
		}
		class, score := highest(y.scores)
		y.offer(class, there*score, around(v[0], v[y.number], v[2*y.number], v[3*y.number]))
	}
	dst.Objects = y.suppress(dst.Objects)
	return nil
}

package task

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/internal/order"
)

// blazeFace reads the detectors of MediaPipe: for each anchor a score, and a box that is relative to the anchor, followed by keypoints
// that are not read. The values are pixels of the input.
type blazeFace struct {
	candidates
	scores, boxes []*numbers // in the order of the anchors, the finest grid first
	anchors       []anchor
	width, height float32 // of the input
}

// anchor is a place where a box may be, in fractions of the input.
type anchor struct{ x, y, width, height float32 }

// grids is an arrangement of anchors: so many for each cell of a grid of squares, again and again.
type grids []struct{ stride, each int } // pixels of a square's side; anchors

// arrangements are those of MediaPipe's detectors: faces nearby and palms, faces by a camera on the back, and faces far away.
func arrangements() []grids {
	return []grids{{{8, 2}, {16, 6}}, {{16, 2}, {32, 6}}, {{4, 1}}}
}

// of are the anchors over an input of that size, row by row.
func (g grids) of(width, height int) (list []anchor) {
	for _, level := range g {
		columns, rows := (width+level.stride-1)/level.stride, (height+level.stride-1)/level.stride
		for y := range rows {
			for x := range columns {
				a := anchor{(float32(x) + 0.5) / float32(columns), (float32(y) + 0.5) / float32(rows), 1, 1}
				for range level.each {
					list = append(list, a)
				}
			}
		}
	}
	return list
}

// faceOverlap is the IoU of two boxes that are one face.
const faceOverlap = 0.3

// maxLogit limits what a score is made of, as MediaPipe does.
const maxLogit = 100

const wantBlazeFace = "[1 anchors 1] scores and [1 anchors n] boxes, n 4 or more"

func newBlazeFace(outputs []infer.TensorSpec, l lister, r *Reading) (*blazeFace, error) {
	b := &blazeFace{width: float32(r.Width), height: float32(r.Height)}
	b.scores = anchored(outputs, func(each int) bool { return each == 1 })
	b.boxes = anchored(outputs, func(each int) bool { return each >= 4 })
	n := 0
	wrong := len(b.scores) == 0 || len(b.scores) != len(b.boxes)
	for i := range b.scores {
		wrong = wrong || b.scores[i].spec.Shape[1] != b.boxes[i].spec.Shape[1]
		n += b.scores[i].spec.Shape[1]
		if wrong {
			break
		}
	}
	if wrong {
		return nil, unreadable(BlazeFace, wantBlazeFace)
	}
	var err error
	if b.anchors, err = blazeAnchors(n, r); err != nil {
		return nil, err
	}
	b.candidates = newCandidates(l, n, faceOverlap)
	return b, nil
}

// anchored are the outputs [1 anchors each], those with the most anchors first, as the finest grid has.
func anchored(outputs []infer.TensorSpec, is func(each int) bool) []*numbers {
	list := heads(outputs, func(s infer.TensorSpec) bool {
		return len(s.Shape) == 3 && s.Shape[0] == 1 && s.Shape[1] <= maxAnchors && s.Shape[2] <= maxNumbers && is(s.Shape[2])
	})
	order.Stable(list, func(a, b *numbers) int { return b.spec.Shape[1] - a.spec.Shape[1] })
	return list
}

// blazeAnchors are the n anchors that the config names, or else those of MediaPipe's models with as many.
func blazeAnchors(n int, r *Reading) ([]anchor, error) {
	if err := checkAnchors(r.Anchors, 2, 2, 4); err != nil {
		return nil, err
	}
	if len(r.Anchors) > 0 && len(r.Anchors) != n {
		return nil, fmt.Errorf("%d anchors, but the model has boxes for %d", len(r.Anchors), n)
	}
	var list []anchor
	for _, a := range r.Anchors {
		one := anchor{float32(a[0]), float32(a[1]), 1, 1}
		if len(a) == 4 {
			one.width, one.height = float32(a[2]), float32(a[3])
		}
		list = append(list, one)
	}
	if len(list) > 0 {
		return list, nil
	}
	for _, g := range arrangements() {
		if list = g.of(r.Width, r.Height); len(list) == n {
			return list, nil
		}
	}
	return nil, fmt.Errorf("the model has boxes for %d anchors, which are not those of any model of MediaPipe's with an input of %dx%d: "+
		"name them with anchors: [[x, y], …] (middles, or x, y, width, height, in fractions of the input)", n, r.Width, r.Height)
}

// Kind and Reads are [Task]'s.
func (*blazeFace) Kind() Kind     { return Detect }
func (b *blazeFace) Reads() []int { return append(outputsOf(b.scores), outputsOf(b.boxes)...) }

// Decode is [Task]'s.
func (b *blazeFace) Decode(dst *Findings, outs [][]byte) error {
	dst.begin()
	if err := readAll(b.scores, outs); err != nil {
		return err
	}
	if err := readAll(b.boxes, outs); err != nil {
		return err
	}
	anchors := b.anchors
	for i, scores := range b.scores {
		boxes := b.boxes[i]
		each := boxes.spec.Shape[2]
		for k, logit := range scores.values {
			b.one(anchors[k], logit, boxes.values[k*each:])
		}
		anchors = anchors[len(scores.values):]
	}
	dst.Objects = b.suppress(dst.Objects)
	return nil
}

// one offers the box of one anchor.
func (b *blazeFace) one(a anchor, logit float32, v []float32) {
	score := sigmoid(min(max(logit, -maxLogit), maxLogit))
	if !b.enough(score) {
		return
	}
	x, y := float32(v[0]/b.width*a.width), float32(v[1]/b.height*a.height) // rounded: the same on every machine
	b.offer(0, score, around(x+a.x, y+a.y, v[2]/b.width*a.width, v[3]/b.height*a.height))
}

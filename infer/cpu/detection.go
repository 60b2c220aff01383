package cpu

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/model"
)

// The last operator of an SSD network makes a list of objects of what the network says of its anchors: it decodes a box for
// each whose score is high enough, and of boxes that overlap keeps the one with the best score. The arithmetic and the order of equal scores are those of
// tflite/kernels/detection_postprocess.cc. Where TensorFlow Lite gives no answer because a box has its edges in the wrong
// order, that box is no object; rows without an object, which it leaves as they are, are zero.

// detectionShapes gives the outputs of a DetectionOperator their shapes, which files leave open, and their type.
func (n *node) detectionShapes(o *model.Operator) error {
	opt, err := o.Detection()
	if err != nil {
		return fmt.Errorf("%w: %w", err, model.ErrUnsupported)
	}
	if len(n.outputs) != 4 {
		return fmt.Errorf("%d outputs (want boxes, classes, scores and their count)", len(n.outputs))
	}
	d := opt.Rows()
	for i, shape := range [][]int{{1, d, 4}, {1, d}, {1, d}, {1}} {
		t := *n.outputs[i].Tensor
		t.Shape, t.Type, t.Quant, t.Odd = shape, model.Float32, nil, ""
		n.outputs[i].Tensor = &t
	}
	n.options = opt
	return nil
}

// detection is the layer of a DetectionOperator. It is one piece.
type detection struct {
	model.DetectionPostProcess
	codes, scores, anchors table
	skip                   int // scores before the first class: 1 if there is one of the background

	best     []float32 // of each anchor, the score by which it competes
	suppress suppressor
	ranking  ranking  // of the classes of one box
	found    []object // of all classes so far
	room     []object // as large

	outBoxes, outClasses, outScores, outCount []float32
}

// lowerDetection makes a TFLite_Detection_PostProcess.
func lowerDetection(l *lowering, n *node) (layer, error) {
	opt, ok := n.options.(model.DetectionPostProcess)
	if !ok || len(n.inputs) != 3 || n.inputs[1] == nil || n.inputs[2] == nil {
		return nil, fmt.Errorf("%d inputs (want codes, scores and anchors)", len(n.inputs))
	}
	codes, scores, anchors := n.inputs[0].Shape, n.inputs[1].Shape, n.inputs[2].Shape
	if len(codes) != 3 || codes[0] != 1 || codes[2] < 4 || len(scores) != 3 || scores[0] != 1 || scores[1] != codes[1] ||
		len(anchors) != 2 || anchors[0] < codes[1] || anchors[1] != 4 {
		return nil, fmt.Errorf("codes %v, scores %v and anchors %v (want [1 n 4], [1 n classes] and [n 4])", codes, scores, anchors)
	}
	d := &detection{DetectionPostProcess: opt, skip: scores[2] - opt.Classes}
	if d.skip != 0 && d.skip != 1 {
		return nil, fmt.Errorf("%d scores of an anchor for %d classes (want as many, or one more for the background)", scores[2], opt.Classes)
	}
	if n.inputs[0].Type != n.inputs[2].Type {
		return nil, fmt.Errorf("codes are %v, but anchors are %v", n.inputs[0].Type, n.inputs[2].Type)
	}
	if err := d.memory(l, n); err != nil {
		return nil, err
	}
	return d, d.prepare(l, codes[1])
}

// memory finds the inputs and outputs.
func (d *detection) memory(l *lowering, n *node) (err error) {
	for i, to := range []*table{&d.codes, &d.scores, &d.anchors} {
		if *to, err = l.table(n.inputs[i]); err != nil {
			return err
		}
	}
	for i, to := range []*[]float32{&d.outBoxes, &d.outClasses, &d.outScores, &d.outCount} {
		if *to, err = l.floats(n.outputs[i]); err != nil {
			return err
		}
	}
	return nil
}

// prepare makes room for what a run needs between input and output, of a number of anchors.
func (d *detection) prepare(l *lowering, anchors int) error {
	most, rounds := min(d.MaxDetections, anchors), 1
	if d.Regular {
		most, rounds = min(most, d.PerClass), d.Classes
	}
	if err := l.work(float64(rounds)*float64(anchors)*float64(most) + float64(anchors)*float64(d.Classes)); err != nil {
		return err
	}
	if err := l.take(int64(anchors)*(4+4) + int64(most)*(4+16) + int64(d.Classes)*8 + int64(d.MaxDetections)*24); err != nil {
		return err
	}
	d.best, d.ranking = make([]float32, anchors), newRanking(d.Classes)
	d.found, d.room = make([]object, 0, d.MaxDetections), make([]object, 0, d.MaxDetections)
	d.suppress = suppressor{
		threshold: d.ScoreThreshold, overlap: d.Overlap, most: most, box: d.decode,
		queue: make([]int32, 0, anchors), kept: make([]int32, 0, most), boxes: make([]corners, 0, most),
	}
	return nil
}

func (d *detection) units() int { return 1 }

func (d *detection) run(_ *scratch, _, _ int) {
	clear(d.outBoxes)
	clear(d.outClasses)
	clear(d.outScores)
	if d.Regular {
		d.outCount[0] = float32(d.regular())
	} else {
		d.outCount[0] = float32(d.fast())
	}
}

// corners is a box by its edges.
type corners struct{ yMin, xMin, yMax, xMax float32 }

// decode makes the box of an anchor. It computes in float64 and rounds each result to float32.
func (d *detection) decode(i int) corners {
	anchor := func(column int) float64 { return float64(d.anchors.at(i, column)) }
	code := func(column int, scale float32) float64 { return float64(d.codes.at(i, column)) / float64(scale) }
	y := float32(float64(code(0, d.ScaleY)*anchor(2)) + anchor(0))
	x := float32(float64(code(1, d.ScaleX)*anchor(3)) + anchor(1))
	h := float32(0.5 * math.Exp(code(2, d.ScaleH)) * anchor(2))
	w := float32(0.5 * math.Exp(code(3, d.ScaleW)) * anchor(3))
	return corners{y - h, x - w, y + h, x + w}
}

// fast suppresses boxes of all classes at once, by the best score of each, and gives each that is kept its best classes. It
// returns how many boxes are kept.
func (d *detection) fast() int {
	for i := range d.best {
		d.best[i] = d.scores.at(i, d.scores.argMax(i, d.skip))
	}
	kept := d.suppress.run(d.best)
	for i, anchor := range kept {
		for class := range d.Classes {
			d.ranking.values[class] = d.scores.at(int(anchor), d.skip+class)
		}
		for j, class := range d.ranking.best(d.MaxClasses) {
			d.put(i*d.MaxClasses+j, int(anchor), int(class), d.ranking.values[class])
		}
	}
	return len(kept)
}

// regular suppresses boxes class by class and keeps the best of all. It returns how many.
func (d *detection) regular() int {
	d.found = d.found[:0]
	for class := range d.Classes {
		for i := range d.best {
			d.best[i] = d.scores.at(i, d.skip+class)
		}
		d.merge(d.suppress.run(d.best), int32(class))
	}
	for i, f := range d.found {
		d.put(i, int(f.anchor), int(f.class), f.score)
	}
	return len(d.found)
}

// object is an anchor's box as one of a class.
type object struct {
	anchor, class int32
	score         float32
}

// merge adds a class's boxes, best first, to those found so far: of equal scores, behind the latest class come the others.
func (d *detection) merge(kept []int32, class int32) {
	list := d.room[:0]
	for old := d.found; len(list) < d.MaxDetections && len(old)+len(kept) > 0; {
		if len(kept) == 0 || len(old) > 0 && old[0].score > d.best[kept[0]] {
			list, old = append(list, old[0]), old[1:]
			continue
		}
		list, kept = append(list, object{kept[0], class, d.best[kept[0]]}), kept[1:]
	}
	d.found, d.room = list, d.found
}

// put writes row i of the outputs.
func (d *detection) put(i, anchor, class int, score float32) {
	b := d.decode(anchor)
	d.outBoxes[4*i], d.outBoxes[4*i+1], d.outBoxes[4*i+2], d.outBoxes[4*i+3] = b.yMin, b.xMin, b.yMax, b.xMax
	d.outClasses[i], d.outScores[i] = float32(class), score
}

package explain

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Activation reads class activation maps off a model's feature map (Zhou et al., Learning Deep Features for
// Discriminative Localization, 2016). It may be used from several goroutines at once.
type Activation struct {
	name                    string // of the feature map
	width, height, features int
	tensor                  model.Tensor // of the map, without data
	weights                 *matrix      // nil: a feature is a class
	bias                    []float64    // by class
	mean                    []float64    // weights, by feature
}

// NewActivation reads what it takes from m, and keeps nothing of it. The error says what m ends in instead of a pooling; it
// wraps model.ErrUnsupported.
func NewActivation(m *model.Model) (*Activation, error) {
	h, err := m.Head()
	if err != nil {
		return nil, err
	}
	at, layer := h.Map, h.Layer >= 0
	if cam := camOf(m, h); cam >= 0 {
		at, layer = cam, false
	}
	t := m.Tensors[at]
	a := &Activation{name: t.Name, tensor: t, width: t.Shape[2], height: t.Shape[1], features: t.Shape[3]}
	if _, err := reals(&a.tensor); err != nil {
		return nil, fmt.Errorf("its feature map %q: %w", t.Name, err)
	}
	if !layer {
		a.bias = make([]float64, a.features)
		a.setMean()
		return a, nil
	}
	if a.weights, err = newMatrix(m.Weights(h.Layer)); err != nil {
		return nil, fmt.Errorf("the weights of its last layer: %w", err)
	}
	if a.weights.columns != a.features {
		return nil, fmt.Errorf("its last layer takes %d features, and the map has %d: %w", a.weights.columns, a.features, model.ErrUnsupported)
	}
	if a.bias, err = biases(m, h.Layer, a.weights.rows); err != nil {
		return nil, err
	}
	a.setMean()
	return a, nil
}

// camOf is the output of m that is its class activation map already: what its last layer makes, if the averages come behind
// that. -1: it gives none.
func camOf(m *model.Model, h model.Head) int {
	if h.Layer < 0 {
		return -1
	}
	cam := m.Operators[h.Layer].Outputs[0]
	if cam == h.Logits || !slices.Contains(m.Outputs, cam) {
		return -1
	}
	return cam
}

func (a *Activation) setMean() {
	a.mean = make([]float64, a.features)
	for c := range a.Classes() {
		for d, w := range a.row(c) {
			a.mean[d] += w / float64(a.Classes())
		}
	}
}

// Tensor is the name of the feature map: what [model.WithOutputs] has to make an output. Of a model that was taught here it is
// the class activation map, which is one.
func (a *Activation) Tensor() string { return a.name }

// Classes is how many classes there are.
func (a *Activation) Classes() int { return len(a.bias) }

// Explain fills dst with what speaks for a class: its share of the logit, minus the mean share of all classes. So a map says
// nothing of what any class has in common; against the second best alone, as one might expect it to be drawn, it shows less
// of what the answer rests on (TestMapMatters). features is the feature map of a run, as the engine gives it. An error is
// about a map of another size, or a class that there is none of.
func (a *Activation) Explain(dst *Map, features []byte, class int) error {
	if n := a.width * a.height * a.features * a.tensor.Type.Size(); len(features) != n {
		return fmt.Errorf("explain: a feature map of %d bytes (want %d)", len(features), n)
	}
	if class < 0 || class >= a.Classes() {
		return fmt.Errorf("explain: class %d of %d", class, a.Classes())
	}
	row := a.row(class)
	for d, w := range a.mean {
		row[d] -= w
	}
	dst.resize(a.width, a.height)
	real, _ := reals(&a.tensor) // NewActivation has tried it
	for p := range dst.Cells {
		sum := 0.0
		for d, w := range row {
			sum += w * real(features, p*a.features+d)
		}
		dst.Cells[p] = float32(sum)
	}
	return nil
}

// row is the weights of a class, by feature.
func (a *Activation) row(class int) []float64 {
	row := make([]float64, a.features)
	if a.weights == nil {
		row[class] = 1
		return row
	}
	for d := range row {
		row[d] = a.weights.at(class, d)
	}
	return row
}

// Logit is what the map says the logit of a class is, before the model has rounded anything: the mean over all cells, and
// the bias.
func (a *Activation) Logit(features []byte, class int) float64 {
	real, _ := reals(&a.tensor)
	row, sum := a.row(class), 0.0
	cells := a.width * a.height
	for p := range cells {
		for d, w := range row {
			sum += w * real(features, p*a.features+d)
		}
	}
	return sum/float64(cells) + a.bias[class]
}

// Reals reads the numbers of a tensor that an engine gives as real ones. The error is about a type that is none of uint8,
// int8 and float32.
func Reals(spec infer.TensorSpec) (func(data []byte, i int) float64, error) {
	t := model.Tensor{Type: map[infer.DType]model.Type{infer.Uint8: model.Uint8, infer.Int8: model.Int8, infer.Float32: model.Float32}[spec.Type]}
	if !spec.Type.Usual() {
		return nil, fmt.Errorf("explain: a tensor of %v (want uint8, int8 or float32)", spec.Type)
	}
	if spec.Type != infer.Float32 {
		t.Quant = &model.Quant{Scale: []float32{spec.Scale}, ZeroPoint: []int32{int32(spec.ZeroPoint)}}
	}
	return reals(&t)
}

// matrix is constant weights, as a file has them.
type matrix struct {
	rows, columns int
	tensor        model.Tensor
	value         func(data []byte, i int) float64
}

func newMatrix(t *model.Tensor) (*matrix, error) {
	m := &matrix{rows: t.Shape[0], tensor: *t}
	m.tensor.Data = slices.Clone(t.Data)
	m.columns = t.Elements() / max(1, m.rows)
	var err error
	m.value, err = reals(&m.tensor)
	return m, err
}

func (m *matrix) at(row, column int) float64 { return m.value(m.tensor.Data, row*m.columns+column) }

// biases are those of a layer; zeros if it has none.
func biases(m *model.Model, layer, classes int) ([]float64, error) {
	bias := make([]float64, classes)
	o := &m.Operators[layer]
	if len(o.Inputs) < 3 || o.Inputs[2] < 0 {
		return bias, nil
	}
	t := &m.Tensors[o.Inputs[2]]
	real, err := reals(t)
	if err != nil || t.Data == nil || t.Elements() != classes {
		return nil, fmt.Errorf("the bias of its last layer has %v %v: %w", t.Type, t.Shape, model.ErrUnsupported)
	}
	for c := range bias {
		bias[c] = real(t.Data, c)
	}
	return bias, nil
}

// reals is how the numbers of t are read: as real ones, by their place. Numbers along dimension 0 may have scales of their
// own.
func reals(t *model.Tensor) (func(data []byte, i int) float64, error) {
	var raw func(data []byte, i int) float64
	switch t.Type {
	case model.Float32:
		return func(data []byte, i int) float64 {
			return float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))
		}, nil
	case model.Uint8:
		raw = func(data []byte, i int) float64 { return float64(data[i]) }
	case model.Int8:
		raw = func(data []byte, i int) float64 { return float64(int8(data[i])) }
	case model.Int32:
		raw = func(data []byte, i int) float64 { return float64(int32(binary.LittleEndian.Uint32(data[4*i:]))) }
	default:
		return nil, fmt.Errorf("%v: %w", t.Type, model.ErrUnsupported)
	}
	q := t.Quant
	switch {
	case q == nil:
		return nil, fmt.Errorf("%v without scales: %w", t.Type, model.ErrUnsupported)
	case len(q.Scale) == 1:
		scale, zero := float64(q.Scale[0]), float64(q.ZeroPoint[0])
		return func(data []byte, i int) float64 { return scale * (raw(data, i) - zero) }, nil
	case q.Axis != 0:
		return nil, fmt.Errorf("scales along dimension %d: %w", q.Axis, model.ErrUnsupported)
	}
	each := max(1, t.Elements()/len(q.Scale))
	return func(data []byte, i int) float64 {
		k := i / each
		return float64(q.Scale[k]) * (raw(data, i) - float64(q.ZeroPoint[k]))
	}, nil
}

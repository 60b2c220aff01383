package quantize_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/quantize"
)

// sketch is a float model in the making; the input is tensor 0, [1 8 8 3].
type sketch struct {
	model.Model
	random *rand.Rand
}

func newSketch() *sketch {
	s := &sketch{random: rand.New(rand.NewPCG(1, 2))}
	s.Inputs = []int{s.tensor("input", 1, 8, 8, 3)}
	return s
}

func (s *sketch) tensor(name string, shape ...int) int {
	s.Tensors = append(s.Tensors, model.Tensor{Name: name, Shape: shape, Type: model.Float32})
	return len(s.Tensors) - 1
}

// numbers adds a constant that spreads by size around 0.
func (s *sketch) numbers(name string, size float64, shape ...int) int {
	i := s.tensor(name, shape...)
	t := &s.Tensors[i]
	for range t.Elements() {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, math.Float32bits(float32(s.random.NormFloat64()*size)))
	}
	return i
}

func (s *sketch) add(op model.Op, options any, name string, shape []int, inputs ...int) int {
	out := s.tensor(name, shape...)
	s.Operators = append(s.Operators, model.Operator{Op: op, Version: 1, Options: options, Inputs: inputs, Outputs: []int{out}})
	return out
}

// conv adds a 3x3 convolution to the channels of an image of 8x8 pixels.
func (s *sketch) conv(name string, in, channels int) int {
	depth := s.Tensors[in].Shape[3]
	return s.add(model.OpConv2D, model.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, name, []int{1, 8, 8, channels},
		in, s.numbers(name+"/weights", 0.3, channels, 3, 3, depth), s.numbers(name+"/bias", 0.1, channels))
}

// drawn are pictures of noise that is brighter in one corner.
func drawn(n int) quantize.Pictures {
	return quantize.Pictures{N: n, Read: func(i int, pixels []byte) (bool, error) {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		for k := range pixels {
			pixels[k] = byte(r.IntN(128) + 127*(k*4/len(pixels)+i)%4/3)
		}
		return true, nil
	}}
}

// usual are options for a sketch.
func usual() quantize.Options {
	return quantize.Options{Input: model.Uint8, Output: model.Uint8, Ranges: quantize.MinMax, Mean: []float32{127.5}, Std: []float32{127.5}, Pictures: drawn(40), Test: drawn(8)}
}

// run quantizes a sketch with the outputs given.
func (s *sketch) run(t *testing.T, o quantize.Options, outputs ...int) *quantize.Result {
	t.Helper()
	s.Outputs = outputs
	r, err := quantize.Run(t.Context(), &s.Model, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// operators are those of m, in order.
func operators(m *model.Model) string {
	var list []string
	for i := range m.Operators {
		list = append(list, m.Operators[i].Name())
	}
	return strings.Join(list, " ")
}

// named is the tensor of a name.
func named(t *testing.T, m *model.Model, name string) *model.Tensor {
	t.Helper()
	for i := range m.Tensors {
		if m.Tensors[i].Name == name {
			return &m.Tensors[i]
		}
	}
	t.Fatalf("no tensor %q", name)
	return nil
}

// TestFuse has activations become part of the operators before them, if nobody else reads those.
func TestFuse(t *testing.T) {
	s := newSketch()
	a := s.add(model.OpReLU6, nil, "a", []int{1, 8, 8, 4}, s.conv("conv", 0, 4))
	both := s.conv("both", a, 4)
	b := s.add(model.OpReLU, nil, "b", []int{1, 8, 8, 4}, both)
	sum := s.add(model.OpAdd, model.Add{}, "sum", []int{1, 8, 8, 4}, both, b)
	r := s.run(t, usual(), sum)
	if got, want := operators(r.Model), "QUANTIZE CONV_2D CONV_2D RELU ADD QUANTIZE"; got != want {
		t.Errorf("%s (want %s)", got, want)
	}
	if o := r.Model.Operators[1].Options.(model.Conv2D); o.Activation != model.ReLU6 {
		t.Errorf("activation %v", o.Activation)
	}
}

// TestScales checks the rules of TensorFlow Lite for scales that have to be the same, and for those that are fixed.
func TestScales(t *testing.T) {
	for _, way := range []bool{false, true} {
		s := newSketch()
		first := s.conv("first", 0, 4)
		pool := s.add(model.OpMaxPool2D, model.Pool2D{StrideH: 1, StrideW: 1, Height: 3, Width: 3}, "pool", []int{1, 8, 8, 4}, first)
		small := s.conv("small", first, 4)
		joined := s.add(model.OpConcatenation, model.Concat{Axis: 3}, "joined", []int{1, 8, 8, 8}, small, pool)
		flat := s.add(model.OpReshape, model.Reshape{NewShape: []int{1, 512}}, "flat", []int{1, 512}, joined)
		logits := s.add(model.OpFullyConnected, model.FullyConnected{}, "logits", []int{1, 5}, flat, s.numbers("w", 0.05, 5, 512), s.numbers("b", 0.1, 5))
		scores := s.add(model.OpSoftmax, model.Softmax{Beta: 1}, "scores", []int{1, 5}, logits)
		o := usual()
		o.Uint8 = way
		r := s.run(t, o, scores)
		quant := func(name string) string { return fmt.Sprint(*named(t, r.Model, name).Quant) }
		if quant("first") != quant("pool") || quant("small") != quant("joined") || quant("joined") != quant("flat") || quant("pool/rescaled") != quant("joined") {
			t.Errorf("uint8 %v: scales differ: first %s, pool %s; small %s, joined %s, flat %s, pool rescaled %s", way,
				quant("first"), quant("pool"), quant("small"), quant("joined"), quant("flat"), quant("pool/rescaled"))
		}
		if got := named(t, r.Model, "scores"); got.Type != model.Uint8 || quant("scores") != "{[0.00390625] [0] 0}" {
			t.Errorf("scores are %v with %s", got.Type, quant("scores"))
		}
		scales := len(named(t, r.Model, "first/weights").Quant.Scale)
		if want := map[bool]int{false: 4, true: 1}[way]; scales != want {
			t.Errorf("uint8 %v: weights have %d scales (want %d)", way, scales, want)
		}
		if in := named(t, r.Model, "input"); in.Type != model.Uint8 || in.Quant.ZeroPoint[0] != 128 || math.Abs(float64(in.Quant.Scale[0])*127.5-1) > 1e-6 {
			t.Errorf("the input is %v with %v", in.Type, *in.Quant)
		}
		if got := r.Report.Outputs[0]; got.Rows != 8 || got.Same < 7 {
			t.Errorf("uint8 %v: the best class is the same in %d of %d pictures", way, got.Same, got.Rows)
		}
	}
}

// TestKept has an operator without a kernel of 8 bits stay in float32, and told by name.
func TestKept(t *testing.T) {
	s := newSketch()
	lrn := s.add(model.OpLRN, model.LRN{Radius: 2, Bias: 1, Alpha: 0.1, Beta: 0.75}, "lrn", []int{1, 8, 8, 4}, s.conv("conv", 0, 4))
	r := s.run(t, usual(), s.conv("last", lrn, 2), lrn)
	if got, want := operators(r.Model), "QUANTIZE CONV_2D DEQUANTIZE LOCAL_RESPONSE_NORMALIZATION QUANTIZE CONV_2D QUANTIZE"; got != want {
		t.Errorf("%s (want %s)", got, want)
	}
	if len(r.Report.Kept) != 1 || r.Report.Kept[0].Name != "LOCAL_RESPONSE_NORMALIZATION" || r.Report.Kept[0].N != 1 {
		t.Errorf("%+v stays in float32", r.Report.Kept)
	}
	if got := named(t, r.Model, "lrn"); got.Type != model.Float32 {
		t.Errorf("the output that stays is %v", got.Type)
	}
}

// TestIslands leaves in float32 what no product of weights is near.
func TestIslands(t *testing.T) {
	s := newSketch()
	exp := s.add(model.OpLRN, model.LRN{Radius: 2, Bias: 1, Alpha: 0.1, Beta: 0.75}, "lrn", []int{1, 8, 8, 4}, s.conv("conv", 0, 4))
	twice := s.add(model.OpAdd, model.Add{}, "twice", []int{1, 8, 8, 4}, exp, exp)
	r := s.run(t, usual(), s.add(model.OpLRN, model.LRN{Radius: 2, Bias: 1, Alpha: 0.1, Beta: 0.75}, "again", []int{1, 8, 8, 4}, twice))
	if len(r.Report.Kept) != 2 || r.Report.Kept[1].Name != "ADD" {
		t.Errorf("%+v stays in float32", r.Report.Kept)
	}
}

// TestMeanByChannel has the model subtract a mean for each channel itself, so that it takes bytes as they are.
func TestMeanByChannel(t *testing.T) {
	s := newSketch()
	o := usual()
	o.Mean, o.Std = []float32{104, 117, 123}, []float32{1, 2, 3}
	r := s.run(t, o, s.conv("conv", 0, 4))
	if in := named(t, r.Model, "input"); in.Quant.Scale[0] != 1 || in.Quant.ZeroPoint[0] != 0 || !slices.Equal(r.Mean, []float32{0}) || !slices.Equal(r.Std, []float32{1}) {
		t.Errorf("the input has %v, and means %v, %v", *in.Quant, r.Mean, r.Std)
	}
	if got := r.Report.Outputs[0]; got.Error > 0.03 {
		t.Errorf("it is %.1f %% off", 100*got.Error)
	}
}

// TestWarnings has what is odd about pictures, ranges and weights told.
func TestWarnings(t *testing.T) {
	same := func(n int) quantize.Pictures {
		return quantize.Pictures{N: n, Read: func(_ int, pixels []byte) (bool, error) { return drawn(1).Read(0, pixels) }}
	}
	for _, c := range []struct {
		name, says string
		change     func(s *sketch, o *quantize.Options)
	}{
		{"few", "ranges were measured with 3 pictures", func(_ *sketch, o *quantize.Options) { o.Pictures = drawn(3) }},
		{"same", "nearly the same", func(_ *sketch, o *quantize.Options) { o.Pictures = same(40) }},
		{"none to test with", "no pictures are left to test with", func(_ *sketch, o *quantize.Options) { o.Test = quantize.Pictures{} }},
		{"dead", `1 tensor has the same number wherever one looks, in all pictures: "conv"`, func(s *sketch, _ *quantize.Options) {
			clear(s.Tensors[1].Data)
			clear(s.Tensors[2].Data)
		}},
		{"huge", "channel 1 reaches", func(s *sketch, _ *quantize.Options) { scaleRow(s.Tensors[1].Data, 1, 4, 1000) }},
		{"uneven weights", "one scale for channels that differ much", func(s *sketch, o *quantize.Options) {
			o.Uint8 = true
			scaleRow(s.Tensors[1].Data, 2, 4, 100)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, o := newSketch(), usual()
			conv := s.conv("conv", 0, 4)
			c.change(s, &o)
			r := s.run(t, o, conv)
			if all := strings.Join(r.Report.Warnings, "\n"); !strings.Contains(all, c.says) {
				t.Errorf("got %q (want %q)", all, c.says)
			}
		})
	}
	s := newSketch()
	if r := s.run(t, usual(), s.conv("conv", 0, 4)); len(r.Report.Warnings) > 0 {
		t.Errorf("nothing is odd, and yet: %q", r.Report.Warnings)
	}
}

// scaleRow multiplies one of n rows of float32.
func scaleRow(data []byte, row, n int, by float32) {
	for i := len(data) / n * row; i < len(data)/n*(row+1); i += 4 {
		v := math.Float32frombits(binary.LittleEndian.Uint32(data[i:]))
		binary.LittleEndian.PutUint32(data[i:], math.Float32bits(v*by))
	}
}

// TestRefuses wants a word on what cannot be quantized.
func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		says   string
		change func(s *sketch, o *quantize.Options)
	}{
		{"quantized already", func(s *sketch, _ *quantize.Options) { s.Tensors[3].Type = model.Int8 }},
		{"input \"input\" is uint8 (want float32)", func(s *sketch, _ *quantize.Options) { s.Tensors[0].Type = model.Uint8 }},
		{"no picture", func(s *sketch, _ *quantize.Options) { s.Tensors[0].Shape = []int{1, 8, 24} }},
		{"2 inputs", func(s *sketch, _ *quantize.Options) { s.Inputs = []int{0, 0} }},
		{"no operator of the model can be computed in 8 bits", func(s *sketch, _ *quantize.Options) {
			s.Operators[0] = model.Operator{Op: model.OpLRN, Options: model.LRN{Radius: 2, Bias: 1, Alpha: 1, Beta: 1}, Inputs: []int{0}, Outputs: []int{3}}
		}},
		{"infinite or no numbers", func(s *sketch, _ *quantize.Options) { scaleRow(s.Tensors[1].Data, 1, 4, float32(math.Inf(1))) }},
		{"no picture can be read", func(_ *sketch, o *quantize.Options) {
			o.Pictures.Read = func(int, []byte) (bool, error) { return false, nil }
		}},
		{"2 mean and 1 std", func(_ *sketch, o *quantize.Options) { o.Mean = []float32{1, 2} }},
		{"std above 0", func(_ *sketch, o *quantize.Options) { o.Std = []float32{0} }},
		{"input or output as int32", func(_ *sketch, o *quantize.Options) { o.Output = model.Int32 }},
		{"the disk is gone", func(_ *sketch, o *quantize.Options) {
			o.Test.Read = func(int, []byte) (bool, error) { return false, errors.New("the disk is gone") }
		}},
	} {
		s, o := newSketch(), usual()
		s.Outputs = []int{s.conv("conv", 0, 4)}
		c.change(s, &o)
		if _, err := quantize.Run(t.Context(), &s.Model, o); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v (want %q)", err, c.says)
		}
	}
}

// TestEnds ends at once when its context does, and leaves the model that it was given as it was.
func TestEnds(t *testing.T) {
	s := newSketch()
	s.Outputs = []int{s.add(model.OpReLU, nil, "relu", []int{1, 8, 8, 4}, s.conv("conv", 0, 4))}
	before := fmt.Sprintf("%+v", s.Model)
	for _, stage := range []string{"reading pictures", "measuring ranges", "choosing ranges", "testing", "comparing layers"} {
		ctx, cancel := context.WithCancel(t.Context())
		o := usual()
		o.Ranges = quantize.Auto
		o.Tell = func(now string, done, total int) {
			if now == stage {
				cancel()
			}
			if done > total {
				t.Errorf("%s: %d of %d", now, done, total)
			}
		}
		if _, err := quantize.Run(ctx, &s.Model, o); !errors.Is(err, context.Canceled) {
			t.Errorf("stopped while %s: %v", stage, err)
		}
		cancel()
	}
	if after := fmt.Sprintf("%+v", s.Model); after != before {
		t.Error("the float model has changed")
	}
}

// TestFile keeps what rides in a model, and makes the same bytes again.
func TestFile(t *testing.T) {
	s := newSketch()
	conv := s.conv("conv", 0, 4)
	o := usual()
	o.Ranges = quantize.Auto
	r := s.run(t, o, conv)
	about := model.Metadata{Name: "gate", Author: "me", License: "MIT", Threshold: 0.5, Labels: []byte("a\nb\n"), LabelFile: "l.txt"}
	files := []model.Attachment{{Name: "l.txt", Data: about.Labels}, {Name: "more.bin", Data: []byte{1, 2}}}
	file, err := r.File(about, files)
	if err != nil {
		t.Fatal(err)
	}
	got, err := model.ReadMetadata(file)
	if err != nil || got.Name != "gate" || got.License != "MIT" || string(got.Labels) != "a\nb\n" || got.Mean[0] != 127.5 || got.Threshold != 0.5 {
		t.Errorf("%+v: %v", got, err)
	}
	if kept, err := model.Attachments(file); err != nil || !reflect.DeepEqual(kept, files) {
		t.Errorf("%+v: %v", kept, err)
	}
	again, err := s.run(t, o, conv).File(about, files)
	if err != nil || !slices.Equal(again, file) {
		t.Errorf("other bytes the second time: %v", err)
	}
	if len(r.Report.Tried) != 3 {
		t.Errorf("%d ways were tried", len(r.Report.Tried))
	}
	var text strings.Builder
	if err := r.Report.WriteText(&text); err != nil || !strings.Contains(text.String(), "best class of each cell the same: ") {
		t.Errorf("%s: %v", text.String(), err)
	}
}

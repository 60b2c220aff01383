package model_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

func TestParseFile(t *testing.T) {
	data := written(t, graphs.Small())
	m := parse(t, data)
	sum := sha256.Sum256(data)
	if m.Size != len(data) || m.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("size %d, sum %s", m.Size, m.SHA256)
	}
}

// TestParseRejects writes models with one thing wrong.
func TestParseRejects(t *testing.T) {
	negative := func(m *model.Model) []int { return m.Tensors[3].Shape }
	tests := []struct {
		name   string
		change func(m *model.Model)
		want   error
		text   string
	}{
		{"negative dimension", func(m *model.Model) { negative(m)[1] = -1 }, model.ErrMalformed, `tensor 3 "ttt": shape [1 -1 4 4] has a negative`},
		{"shape overflow", func(m *model.Model) { m.Tensors[3].Shape = []int{math.MaxInt32, math.MaxInt32, math.MaxInt32, 4} }, model.ErrMalformed, "needs more than"},
		{"shape overflow to zero", func(m *model.Model) { m.Tensors[3].Shape = []int{1 << 16, 1 << 16, 1 << 16, 1 << 16} }, model.ErrMalformed, "needs more than"},
		{"memory", func(m *model.Model) { m.Tensors[3].Shape = []int{1, 1 << 10, 1 << 10, 1 << 11} }, model.ErrUnsupported, "need 2147484042 bytes at run time (the limit is 1073741824)"},
		{"constant too short", func(m *model.Model) { m.Tensors[1].Data = m.Tensors[1].Data[1:] }, model.ErrMalformed, `tensor 1 "t": uint8 [4 3 3 3] needs 108 bytes, but its buffer 1 has 107`},
		{"constant too long", func(m *model.Model) { m.Tensors[1].Data = append(m.Tensors[1].Data, 1) }, model.ErrMalformed, "buffer 1 has 109"},
		{"scale negative", func(m *model.Model) { m.Tensors[3].Quant.Scale[0] = -1 }, model.ErrMalformed, "scale 0 is -1"},
		{"scale NaN", func(m *model.Model) { m.Tensors[3].Quant.Scale[0] = float32(math.NaN()) }, model.ErrMalformed, "scale 0 is NaN"},
		{"scale infinite", func(m *model.Model) { m.Tensors[3].Quant.Scale[0] = float32(math.Inf(1)) }, model.ErrMalformed, "scale 0 is +Inf"},
		{"zero points", func(m *model.Model) { m.Tensors[3].Quant.ZeroPoint = nil }, model.ErrMalformed, "1 scales but 0 zero points"},
		{"scales", func(m *model.Model) {
			m.Tensors[1].Quant = &model.Quant{Scale: []float32{1, 2, 3}, ZeroPoint: []int32{1, 2, 3}}
		}, model.ErrMalformed, "3 scales along dimension 0 of shape [4 3 3 3]"},
		{"axis", func(m *model.Model) {
			m.Tensors[1].Quant = &model.Quant{Scale: []float32{1, 2, 3}, ZeroPoint: []int32{1, 2, 3}, Axis: 4}
		}, model.ErrMalformed, "quantized along dimension 4"},
		{"input out of range", func(m *model.Model) { m.Operators[1].Inputs[0] = 10 }, model.ErrMalformed, `operator 1 "MAX_POOL_2D": input 0 is tensor 10 of 10`},
		{"input below -1", func(m *model.Model) { m.Operators[0].Inputs[2] = -2 }, model.ErrMalformed, "input 2 is tensor -2"},
		{"intermediate", func(m *model.Model) { m.Operators[0].Intermediates = []int{1, 10} }, model.ErrMalformed, "intermediate 1 is tensor 10 of 10"},
		{"no output", func(m *model.Model) { m.Operators[4].Outputs = nil }, model.ErrMalformed, "nothing computes it"},
		{"output out of range", func(m *model.Model) { m.Operators[1].Outputs[0] = -1 }, model.ErrMalformed, "output 0 is tensor -1"},
		{"order", func(m *model.Model) { m.Operators[1], m.Operators[2] = m.Operators[2], m.Operators[1] }, model.ErrMalformed, "which nothing before it computes"},
		{"cycle", func(m *model.Model) { m.Operators[0].Inputs[0] = 3 }, model.ErrMalformed, "which nothing before it computes"},
		{"computed twice", func(m *model.Model) { m.Operators[1].Outputs[0] = 3 }, model.ErrMalformed, `output 0 is tensor 3 "ttt", which is computed or constant already`},
		{"writes a constant", func(m *model.Model) { m.Operators[1].Outputs[0] = 1 }, model.ErrMalformed, "computed or constant already"},
		{"graph input", func(m *model.Model) { m.Inputs[0] = 99 }, model.ErrMalformed, "the graph's input is tensor 99 of 10"},
		{"graph input twice", func(m *model.Model) { m.Inputs = []int{0, 0} }, model.ErrMalformed, "input of the graph twice"},
		{"graph output", func(m *model.Model) { m.Outputs[0] = -1 }, model.ErrMalformed, "the graph's output is tensor -1 of 10"},
		{"output not computed", func(m *model.Model) { m.Operators = m.Operators[:4] }, model.ErrMalformed, "nothing computes it"},
		{"version", func(m *model.Model) { m.Operators[4].Version = -1 }, model.ErrMalformed, "number 25, version -1"},
		{"operator", func(m *model.Model) { m.Operators[4].Op = -5 }, model.ErrMalformed, "operator code 4 is number -5"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := graphs.Small()
			test.change(m)
			_, err := model.Parse(written(t, m), model.Limits{})
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("got %v\nwant %v with %q", err, test.want, test.text)
			}
		})
	}
}

// TestParseOdd writes models with one thing that only TensorFlow Lite may know what to do with: they are read, and the
// tensor or operator says so.
func TestParseOdd(t *testing.T) {
	negative := func(m *model.Model) []int { return m.Tensors[3].Shape }
	conv := func(change func(*model.Conv2D)) func(*model.Model) {
		return func(m *model.Model) {
			c := m.Operators[0].Options.(model.Conv2D)
			change(&c)
			m.Operators[0].Options = c
		}
	}
	tests := []struct {
		name   string
		change func(m *model.Model)
		text   string
	}{
		{"no elements", func(m *model.Model) { negative(m)[1] = 0 }, "has no elements"},
		{"nine dimensions", func(m *model.Model) { m.Tensors[3].Shape = slices.Repeat([]int{1}, 9) }, "9 dimensions"},
		{"unknown type", func(m *model.Model) { m.Tensors[3].Type = 200 }, "element type type 200"},
		{"zero point", func(m *model.Model) { m.Tensors[3].Quant.ZeroPoint[0] = 256 }, "zero point 0 is 256, outside uint8's 0 to 255"},
		{"input absent", func(m *model.Model) { m.Operators[0].Inputs[1] = -1 }, "input 1 is absent"},
		{"too few inputs", func(m *model.Model) { m.Operators[0].Inputs = m.Operators[0].Inputs[:1] }, "it has 1 inputs (want 2 to 3)"},
		{"too many inputs", func(m *model.Model) { m.Operators[1].Inputs = []int{3, 3} }, "it has 2 inputs (want 1 to 1)"},
		{"stride", conv(func(c *model.Conv2D) { c.StrideH = 0 }), `operator 0 "CONV_2D": stride, dilation or window of 0`},
		{"dilation", conv(func(c *model.Conv2D) { c.DilationW = 1 << 30 }), "of 1073741824 (want 1 to 4096)"},
		{"padding", conv(func(c *model.Conv2D) { c.Padding = 2 }), "padding 2"},
		{"activation", conv(func(c *model.Conv2D) { c.Activation = 6 }), "activation 6"},
		{"window", func(m *model.Model) { m.Operators[1].Options = model.Pool2D{StrideH: 1, StrideW: 1} }, "of 0 (want 1 to 4096)"},
		{"options of another operator", func(m *model.Model) { m.Operators[1].Options = model.Softmax{Beta: 1} }, "its options are number 9"},
		{"options missing", func(m *model.Model) { m.Operators[0].Options = nil }, "stride, dilation or window of 0"},
		{"concat axis", func(m *model.Model) { m.Operators[2].Options = model.Concat{Axis: 4} }, "axis 4 of a tensor of 4 dimensions"},
		{"beta", func(m *model.Model) { m.Operators[4].Options = model.Softmax{} }, "beta is 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := graphs.Small()
			test.change(m)
			data := written(t, m)
			read, err := model.Parse(data, model.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if got := oddities(read); len(got) != 1 || !strings.Contains(got[0], test.text) {
				t.Errorf("got %q (want one with %q)", got, test.text)
			}
			check(t, data)
		})
	}
}

// oddities is what is odd about a model.
func oddities(m *model.Model) []string {
	var list []string
	for i := range m.Tensors {
		if odd := m.Tensors[i].Odd; odd != "" {
			list = append(list, odd)
		}
	}
	for i := range m.Operators {
		if o := &m.Operators[i]; o.Odd != "" {
			if o.Options != nil {
				list = append(list, "its options are there nevertheless")
			}
			list = append(list, fmt.Sprintf("operator %d %q: %s", i, o.Name(), o.Odd))
		}
	}
	return list
}

// TestParseTakes writes models that are unusual and yet as the format has them.
func TestParseTakes(t *testing.T) {
	for name, change := range map[string]func(m *model.Model){
		"scale of 0 for a channel": func(m *model.Model) {
			m.Tensors[1].Type = model.Int8
			m.Tensors[1].Quant = &model.Quant{Scale: []float32{1, 0, 0.5, 1}, ZeroPoint: make([]int32, 4)}
		},
		"scale of 0":      func(m *model.Model) { m.Tensors[3].Quant.Scale[0] = 0 },
		"denormal scale":  func(m *model.Model) { m.Tensors[3].Quant.Scale[0] = math.SmallestNonzeroFloat32 },
		"greatest scale":  func(m *model.Model) { m.Tensors[3].Quant.Scale[0] = math.MaxFloat32 },
		"float16":         func(m *model.Model) { m.Tensors[3].Type = model.Float16; m.Tensors[3].Quant = nil },
		"absent input":    func(m *model.Model) { m.Operators[3].Inputs[2] = -1 },
		"unknown builtin": func(m *model.Model) { m.Operators[4].Op, m.Operators[4].Options = 999, nil },
		"input absent of an unknown operator": func(m *model.Model) {
			m.Operators[1].Op = 999
			m.Operators[1].Options = nil
			m.Operators[1].Inputs = []int{3, -1}
		},
	} {
		m := graphs.Small()
		change(m)
		data := written(t, m)
		read, err := model.Parse(data, model.Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if odd := oddities(read); odd != nil {
			t.Errorf("%s: odd: %v", name, odd)
		}
		check(t, data)
	}
}

// TestWeights looks through a DEQUANTIZE, to what the file holds.
func TestWeights(t *testing.T) {
	m := graphs.Small()
	stored := model.Tensor{Name: "stored", Shape: []int{4, 3, 3, 3}, Type: model.Float16, Data: make([]byte, 2*4*27)}
	m.Tensors = append(m.Tensors, stored)
	w := &m.Tensors[1]
	w.Type, w.Quant, w.Data = model.Float32, nil, nil
	before := m.MACs(0)
	m.Operators = append([]model.Operator{{Op: model.OpDequantize, Version: 1, Inputs: []int{10}, Outputs: []int{1}}}, m.Operators...)
	m = parse(t, written(t, m))
	if before != 0 || m.MACs(1) != 4*4*4*27 || m.Weights(1).Name != "stored" || m.Weights(2) != nil {
		t.Errorf("%d MACs before, %d MACs, weights %+v and %+v", before, m.MACs(1), m.Weights(1), m.Weights(2))
	}
	if s := m.Stats(); s.Weights != 2*4*27+5*128 || s.MACs != 4*4*4*27+5*128 {
		t.Errorf("%+v", s)
	}
}

func TestParseMemoryLimit(t *testing.T) {
	const need = 8*8*3 + 2*4*4*4 + 4*4*8 + 5 + 5
	data := written(t, graphs.Small())
	if _, err := model.Parse(data, model.Limits{Memory: need}); err != nil {
		t.Error(err)
	}
	if _, err := model.Parse(data, model.Limits{Memory: need - 1}); !errors.Is(err, model.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

// TestParseBiasDimension reads a bias whose scales lie along its weights' dimension, as old converters write.
func TestParseBiasDimension(t *testing.T) {
	m := graphs.Small()
	m.Tensors = append(m.Tensors, model.Tensor{
		Name: "bias", Type: model.Int32, Shape: []int{2}, Data: make([]byte, 8),
		Quant: &model.Quant{Scale: []float32{1, 2}, ZeroPoint: []int32{0, 0}, Axis: 3},
	})
	if q := parse(t, written(t, m)).Tensors[len(m.Tensors)-1].Quant; q == nil || q.Axis != 0 {
		t.Errorf("got %+v", q)
	}
}

func TestParseConcatAxis(t *testing.T) {
	m := graphs.Small()
	m.Operators[2].Options = model.Concat{Axis: -1}
	if got := parse(t, written(t, m)).Operators[2].Options; got != (model.Concat{Axis: 3}) {
		t.Errorf("got %+v", got)
	}
}

// raw builds a file of one tensor by hand, for what a model.Model cannot say. The tensor is the graph's input and
// output.
type raw struct {
	version uint32
	graphs  int
	tensors int                          // times the one tensor is listed
	tensor  func(b *flatbuffers.Builder) // the tensor's own fields
	buffer  func(b *flatbuffers.Builder) // buffer 1's fields
	before  func(b *flatbuffers.Builder) // writes what they refer to

	code     int32                        // of the operator
	operator func(b *flatbuffers.Builder) // its fields, if there is one
}

func (r raw) bytes() []byte {
	b := flatbuffers.NewBuilder(0)
	list := func(offsets ...flatbuffers.UOffsetT) flatbuffers.UOffsetT { return b.CreateVectorOfTables(offsets) }
	if r.before != nil {
		r.before(b)
	}
	b.StartObject(3)
	empty := b.EndObject()
	b.StartObject(3)
	if r.buffer != nil {
		r.buffer(b)
	}
	buffers := list(empty, b.EndObject())
	b.StartObject(11)
	if r.tensor != nil {
		r.tensor(b)
	}
	tensor := b.EndObject()
	tensors := make([]flatbuffers.UOffsetT, r.tensors)
	for i := range tensors {
		tensors[i] = tensor
	}
	shared := list(tensors...)
	var codes, operators flatbuffers.UOffsetT
	if r.operator != nil {
		b.StartObject(4)
		b.PrependInt32Slot(3, r.code, 0)
		codes = list(b.EndObject())
		b.StartObject(13)
		r.operator(b)
		operators = list(b.EndObject())
	}
	graphs := make([]flatbuffers.UOffsetT, r.graphs)
	for i := range graphs {
		b.StartObject(5)
		b.PrependUOffsetTSlot(0, shared, 0)
		b.PrependUOffsetTSlot(3, operators, 0)
		graphs[i] = b.EndObject()
	}
	subgraphs := list(graphs...)
	b.StartObject(5)
	b.PrependUint32Slot(0, r.version, 0)
	b.PrependUOffsetTSlot(1, codes, 0)
	b.PrependUOffsetTSlot(2, subgraphs, 0)
	b.PrependUOffsetTSlot(4, buffers, 0)
	b.FinishWithFileIdentifier(b.EndObject(), []byte("TFL3"))
	return b.FinishedBytes()
}

func TestParseRaw(t *testing.T) {
	far := func(offset, size uint64) func(b *flatbuffers.Builder) {
		return func(b *flatbuffers.Builder) { b.PrependUint64Slot(1, offset, 0); b.PrependUint64Slot(2, size, 0) }
	}
	constant := func(b *flatbuffers.Builder) { b.PrependByteSlot(1, 3, 0); b.PrependUint32Slot(2, 1, 0) }
	var table flatbuffers.UOffsetT
	empty := func(b *flatbuffers.Builder) {
		b.StartObject(3)
		table = b.EndObject()
	}
	sparse := func(b *flatbuffers.Builder) { b.PrependUOffsetTSlot(6, table, 0) }
	tests := []struct {
		name string
		raw  raw
		want error
		text string
	}{
		{"sound", raw{version: 3, graphs: 1, tensors: 1}, nil, ""},
		{"a second graph", raw{version: 3, graphs: 2, tensors: 1}, nil, ""},
		{"version", raw{version: 2, graphs: 1}, model.ErrUnsupported, "schema version 2"},
		{"no graph", raw{version: 3}, model.ErrMalformed, "it has no subgraph"},
		{"tensors", raw{version: 3, graphs: 1, tensors: 1<<16 + 1}, model.ErrUnsupported, "65537 tensors"},
		{"variable", raw{version: 3, graphs: 1, tensors: 1, tensor: func(b *flatbuffers.Builder) { b.PrependBoolSlot(5, true, false) }}, nil, "a variable"},
		{"sparse", raw{version: 3, graphs: 1, tensors: 1, before: empty, tensor: sparse}, nil, "stored sparsely"},
		{"string", raw{version: 3, graphs: 1, tensors: 1, tensor: func(b *flatbuffers.Builder) { b.PrependByteSlot(1, 5, 0); b.PrependUint32Slot(2, 1, 0) }, buffer: far(8, 2)}, nil, "element type string"},
		{"resource", raw{version: 3, graphs: 1, tensors: 1, tensor: func(b *flatbuffers.Builder) { b.PrependByteSlot(1, 13, 0) }}, nil, "element type resource"},
		{"int4", raw{version: 3, graphs: 1, tensors: 1, tensor: func(b *flatbuffers.Builder) { b.PrependByteSlot(1, 17, 0) }}, nil, "element type int4"},
		{"complex64", raw{version: 3, graphs: 1, tensors: 1, tensor: func(b *flatbuffers.Builder) { b.PrependByteSlot(1, 8, 0) }}, nil, ""},
		{"other file", raw{version: 3, graphs: 1, tensors: 1, tensor: func(b *flatbuffers.Builder) { b.PrependUint32Slot(10, 7, 0) }}, nil, "stored in another file"},
		{"buffer number", raw{version: 3, graphs: 1, tensors: 1, tensor: func(b *flatbuffers.Builder) { b.PrependUint32Slot(2, 2, 0) }}, model.ErrMalformed, `tensor 0 "": its data is in buffer 2 of 2`},
		{"far buffer", raw{version: 3, graphs: 1, tensors: 1, tensor: constant, buffer: far(8, 1)}, nil, ""},
		{"far buffer size", raw{version: 3, graphs: 1, tensors: 1, tensor: constant, buffer: far(8, 2)}, model.ErrMalformed, "needs 1 bytes, but its buffer 1 has 2"},
		{"far buffer outside", raw{version: 3, graphs: 1, tensors: 1, tensor: constant, buffer: far(1<<20, 1)}, model.ErrMalformed, "outside the file"},
		{"far buffer overflow", raw{version: 3, graphs: 1, tensors: 1, tensor: constant, buffer: far(8, math.MaxUint64)}, model.ErrMalformed, "outside the file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := model.Parse(test.raw.bytes(), model.Limits{})
			if !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), test.text) {
				t.Errorf("got %v\nwant %v with %q", err, test.want, test.text)
			}
			if err == nil {
				if got := strings.Join(oddities(m), "; "); !strings.Contains(got, test.text) || test.text == "" && got != "" {
					t.Errorf("odd: %q (want %q)", got, test.text)
				}
				check(t, test.raw.bytes())
			}
		})
	}
}

// TestParseOtherOptions has operators with options that only some programs read. What is not read is not written either.
func TestParseOtherOptions(t *testing.T) {
	var bytes, numbers, defaults, set flatbuffers.UOffsetT
	before := func(b *flatbuffers.Builder) {
		bytes = b.CreateByteVector([]byte("abc"))
		b.StartVector(4, 1, 4)
		b.PrependInt32(-1)
		numbers = b.EndVector(1)
		b.StartObject(2)
		defaults = b.EndObject()
		b.StartObject(2)
		b.PrependInt32Slot(1, 5, 0)
		set = b.EndObject()
	}
	for name, c := range map[string]struct {
		code     model.Op
		operator func(b *flatbuffers.Builder)
		want     any
	}{
		"none":                {153, func(*flatbuffers.Builder) {}, nil},
		"no table":            {153, func(b *flatbuffers.Builder) { b.PrependByteSlot(3, 117, 0) }, model.Unread{Union: 117, Defaults: true}},
		"an empty table":      {153, func(b *flatbuffers.Builder) { b.PrependByteSlot(3, 117, 0); b.PrependUOffsetTSlot(4, defaults, 0) }, model.Unread{Union: 117, Defaults: true}},
		"another table":       {153, func(b *flatbuffers.Builder) { b.PrependByteSlot(3, 117, 0); b.PrependUOffsetTSlot(4, set, 0) }, model.Unread{Union: 117}},
		"a newer table":       {153, func(b *flatbuffers.Builder) { b.PrependByteSlot(11, 3, 0) }, model.Unread{}},
		"variables":           {153, func(b *flatbuffers.Builder) { b.PrependUOffsetTSlot(7, bytes, 0) }, model.Unread{}},
		"intermediates":       {153, func(b *flatbuffers.Builder) { b.PrependUOffsetTSlot(8, numbers, 0) }, model.Unread{}},
		"a custom one's":      {model.OpCustom, func(b *flatbuffers.Builder) { b.PrependUOffsetTSlot(5, bytes, 0) }, []byte("abc")},
		"a custom one's none": {model.OpCustom, func(*flatbuffers.Builder) {}, nil},
		"a custom one's, far": {model.OpCustom, func(b *flatbuffers.Builder) { b.PrependUint64Slot(9, 100, 0) }, model.Unread{}},
		"of no custom one":    {153, func(b *flatbuffers.Builder) { b.PrependUOffsetTSlot(5, bytes, 0) }, model.Unread{}},
		"of one that is read": {model.OpQuantize, func(b *flatbuffers.Builder) { b.PrependByteSlot(3, 83, 0) }, nil},
	} {
		m := parse(t, raw{version: 3, graphs: 1, tensors: 1, before: before, code: int32(c.code), operator: c.operator}.bytes())
		if got := m.Operators[0].Options; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v (want %#v)", name, got, c.want)
		}
		o, unread := c.want.(model.Unread)
		file, err := write.Model(m)
		if errors.Is(err, model.ErrUnsupported) != (unread && !o.Defaults || m.Operators[0].Odd != "") {
			t.Errorf("%s: written: %v", name, err)
		} else if err == nil && !reflect.DeepEqual(parse(t, file).Operators[0].Options, c.want) {
			t.Errorf("%s: written and read: %#v (want %#v)", name, parse(t, file).Operators[0].Options, c.want)
		}
	}
}

// TestParseShared lists one tensor 60000 times, with a name of 1 MB: work must not multiply.
func TestParseSharedVectors(t *testing.T) {
	var name flatbuffers.UOffsetT
	data := raw{version: 3, graphs: 1, tensors: 60000,
		before: func(b *flatbuffers.Builder) { name = b.CreateString(strings.Repeat("x", 1<<20)) },
		tensor: func(b *flatbuffers.Builder) { b.PrependUOffsetTSlot(3, name, 0) },
	}.bytes()
	start := time.Now()
	_, err := model.Parse(data, model.Limits{})
	if !errors.Is(err, model.ErrMalformed) || !strings.Contains(err.Error(), "share vectors") {
		t.Errorf("got %v", err)
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("it took %v", d)
	}
}

func TestParseGarbage(t *testing.T) {
	for _, data := range []string{"", "TFL3", "\x00\x00\x00\x00TFL3", "\x08\x00\x00\x00TFL3", "\xff\xff\xff\xffTFL3", strings.Repeat("TFL3", 100), "<html>not found</html>"} {
		if _, err := model.Parse([]byte(data), model.Limits{}); !errors.Is(err, model.ErrMalformed) {
			t.Errorf("%.20q: got %v", data, err)
		}
	}
}

// TestParseDamaged cuts a sound file at every length and sets every byte to values that hurt.
func TestParseDamaged(t *testing.T) {
	files := [][]byte{written(t, graphs.Small()), written(t, graphs.Every())}
	if testing.Short() {
		files = files[:1]
	}
	for _, sound := range files {
		for n := range sound {
			check(t, sound[:n:n])
		}
		data := make([]byte, len(sound))
		for i := range sound {
			for _, v := range []byte{0, 1, 0x80, 0xff, sound[i] ^ 4} {
				copy(data, sound)
				data[i] = v
				check(t, data)
			}
		}
		for i := 0; i+4 <= len(sound); i += 4 {
			for _, v := range []uint32{math.MaxUint32, math.MaxInt32, 1 << 31, uint32(len(sound)), uint32(len(sound) - i)} {
				copy(data, sound)
				binary.LittleEndian.PutUint32(data[i:], v)
				check(t, data)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, m := range []*model.Model{graphs.Small(), graphs.Every(), {}} {
		f.Add(written(f, m))
	}
	f.Add(raw{version: 3, graphs: 2, tensors: 3}.bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip("larger than any structure of interest")
		}
		m := check(t, data)
		if m != nil {
			checkHead(t, m)
		}
	})
}

// check parses data, which may be anything, and holds the model to what Parse promises; nil if it is an error.
func check(t *testing.T, data []byte) *model.Model {
	m, err := model.Parse(data, model.Limits{Memory: 1 << 24})
	if err != nil {
		if !errors.Is(err, model.ErrMalformed) && !errors.Is(err, model.ErrUnsupported) {
			t.Fatalf("error of no kind: %v", err)
		}
		return nil
	}
	memory := 0
	for i := range m.Tensors {
		switch tensor := &m.Tensors[i]; {
		case tensor.Odd != "":
			if tensor.Data == nil {
				memory += tensor.Bytes()
			}
		case tensor.Type.Size() == 0 || len(tensor.Shape) > 8 || slices.Contains(tensor.Shape, 0):
			t.Fatalf("tensor %d: %+v is not odd", i, tensor)
		case tensor.Data == nil:
			memory += tensor.Bytes()
		case len(tensor.Data) != tensor.Bytes():
			t.Fatalf("tensor %d has %d bytes, its shape needs %d", i, len(tensor.Data), tensor.Bytes())
		}
	}
	if memory > 1<<24 {
		t.Fatalf("%d bytes", memory)
	}
	if s := m.Stats(); s.MACs < 0 || s.Weights > int64(2*len(data)*len(m.Operators)) || s.Activations != int64(memory) {
		t.Fatalf("impossible: %+v", s)
	}
	for i := range m.Operators {
		o := &m.Operators[i]
		if o.Name() == "" {
			t.Fatalf("operator %d has no name", i)
		}
		if o.Odd != "" && o.Options != nil {
			t.Fatalf("operator %d is odd and has options", i)
		}
		for _, k := range slices.Concat(o.Inputs, o.Outputs) {
			if k < -1 || k >= len(m.Tensors) {
				t.Fatalf("operator %d has tensor %d", i, k)
			}
		}
	}
	return m
}

package task

import (
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// floats are the bytes of numbers.
func floats(values ...float32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func tensor(typ infer.DType, shape ...int) infer.TensorSpec {
	return infer.TensorSpec{Name: "out", Type: typ, Shape: shape}
}

// letterboxed is a frame twice as wide as it is high, in a square input, of which the right half is looked at.
type letterboxed struct{}

func (letterboxed) Upright(b Box) Box {
	return Box{0.5 + b.X/2, (b.Y - 0.25) * 2, b.Width / 2, b.Height * 2}
}
func (letterboxed) Shown() Box { return Box{0, 0.25, 1, 0.5} }

func decoded(t *testing.T, outputs []infer.TensorSpec, o Options, outs ...[]byte) *Findings {
	t.Helper()
	task, err := New(outputs, o)
	if err != nil {
		t.Fatal(err)
	}
	f := &Findings{Classes: make([]float32, 3), Objects: make([]Object, 5), Areas: make([]Area, 5), Postures: make([]Posture, 5), Embedding: make([]float32, 2)}
	if err := task.Decode(f, outs); err != nil {
		t.Fatal(err)
	}
	if task.Kind() != o.Kind || len(f.Classes) != 0 {
		t.Errorf("%v: %+v", task.Kind(), f)
	}
	return f
}

// ssd is a detector with room for four boxes.
func ssd() ([]infer.TensorSpec, Reading) {
	f := infer.Float32
	return []infer.TensorSpec{tensor(f, 1, 4, 4), tensor(f, 1, 4), tensor(f, 1, 4), tensor(f, 1)},
		Reading{Kind: Detect, Outputs: [4]int{0, 1, 2, 3}, Classes: 3}
}

func TestDetect(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	half := []float32{0, 0, 0.5, 0.5} // top, left, bottom, right
	for _, c := range []struct {
		name            string
		boxes           [4][]float32
		classes, scores []float32
		count           float32
		o               Options
		want            []Object
	}{
		{"the best first", [4][]float32{half, {0.25, 0.5, 0.75, 1}, half, half}, []float32{0, 1, 2, 0}, []float32{0.5, 0.75, 0.25, 0.125}, 3, Options{},
			[]Object{{1, 0.75, Box{0.5, 0.25, 0.5, 0.5}}, {0, 0.5, Box{0, 0, 0.5, 0.5}}, {2, 0.25, Box{0, 0, 0.5, 0.5}}}},
		{"threshold, most, only", [4][]float32{half, half, half, half}, []float32{0, 1, 2, 1}, []float32{0.75, 0.5, 0.5, 0.25}, 4,
			Options{Threshold: 0.5, MaxResults: 1, Only: []int{1, 2}}, []Object{{1, 0.5, Box{0, 0, 0.5, 0.5}}}},
		{"only none", [4][]float32{half, half, half, half}, make([]float32, 4), make([]float32, 4), 4, Options{Only: []int{}}, nil},
		{"counts beyond", [4][]float32{half, nil, nil, nil}, make([]float32, 4), []float32{1, 1, 1, 1}, 1e30, Options{}, []Object{{0, 1, Box{0, 0, 0.5, 0.5}}}},
		{"no count", [4][]float32{half, half, half, half}, make([]float32, 4), []float32{1, 1, 1, 1}, nan, Options{}, nil},
		{"a negative count", [4][]float32{half, half, half, half}, make([]float32, 4), []float32{1, 1, 1, 1}, -1, Options{}, nil},
		{"inverted, empty, not finite", [4][]float32{{0.5, 0.5, 0, 0}, {0.5, 0.5, 0.5, 1}, {nan, 0, 1, 1}, {0, 0, inf, 1}}, make([]float32, 4), []float32{1, 1, 1, 1}, 4, Options{}, nil},
		{"no score", [4][]float32{half, half, half, half}, make([]float32, 4), []float32{nan, -1, -inf, 2}, 4, Options{}, []Object{{0, 1, Box{0, 0, 0.5, 0.5}}}},
		{"no class", [4][]float32{half, half, half, half}, []float32{3, -1, nan, inf}, []float32{1, 1, 1, 1}, 4, Options{}, nil},
		{"limited", [4][]float32{{-1, -1, 2, 0.5}, {2, 2, 3, 3}, nil, nil}, make([]float32, 4), []float32{1, 1, 1, 1}, 2, Options{}, []Object{{0, 1, Box{0, 0, 0.5, 1}}}},
		{"upright", [4][]float32{{0.375, 0.5, 0.5, 1}, {0, 0, 0.25, 1}, {0.1, 0, 0.375, 0.5}, nil}, make([]float32, 4), []float32{1, 0.9, 0.75, 0}, 3, Options{Frame: letterboxed{}},
			[]Object{{0, 1, Box{0.75, 0.25, 0.25, 0.25}}, {0, 0.75, Box{0.5, 0, 0.25, 0.25}}}},
	} {
		outputs, r := ssd()
		c.o.Reading = r
		var boxes []float32
		for _, b := range c.boxes {
			boxes = append(append(boxes, b...), make([]float32, 4-len(b))...)
		}
		f := decoded(t, outputs, c.o, floats(boxes...), floats(c.classes...), floats(c.scores...), floats(c.count))
		if !slices.EqualFunc(f.Objects, c.want, func(a, b Object) bool {
			return a.Index == b.Index && a.Score == b.Score && math.Abs(a.Box.X-b.Box.X)+math.Abs(a.Box.Y-b.Box.Y)+math.Abs(a.Box.Width-b.Box.Width)+math.Abs(a.Box.Height-b.Box.Height) < 1e-6
		}) {
			t.Errorf("%s: %+v, want %+v", c.name, f.Objects, c.want)
		}
	}
}

// A bird of four pixels, and a number that is no class, in the lower half of what is picture.
func TestSegment(t *testing.T) {
	classes := []byte{
		2, 2, 2, 2,
		0, 0, 0, 0,
		0, 1, 1, 9,
		2, 2, 2, 2,
	}
	pick := func(scores func(class byte) []byte) (out []byte) {
		for _, c := range classes {
			out = append(out, scores(c)...)
		}
		return out
	}
	nan := float32(math.NaN())
	hot := [3][]float32{{1, 0, nan}, {nan, 3, 0.5}, {-1, -1, 0}}
	for _, c := range []struct {
		name string
		spec infer.TensorSpec
		out  []byte
		void bool // class 9 is told
	}{
		{"uint8", tensor(infer.Uint8, 1, 4, 4), classes, true},
		{"int32", tensor(infer.Int32, 1, 4, 4, 1), pick(func(c byte) []byte { return []byte{c, 0, 0, 0} }), true},
		{"int64", tensor(infer.Int64, 1, 4, 4), pick(func(c byte) []byte { return []byte{c, 0, 0, 0, 0, 0, 0, 0} }), true},
		{"int64, negative", tensor(infer.Int64, 1, 4, 4), pick(func(c byte) []byte {
			if c == 9 {
				return slices.Repeat([]byte{0xff}, 8)
			}
			return []byte{c, 0, 0, 0, 0, 0, 0, 0}
		}), true},
		{"float32 scores", tensor(infer.Float32, 1, 4, 4, 3), pick(func(c byte) []byte { return floats(hot[c%9]...) }), false},
		{"uint8 scores", tensor(infer.Uint8, 1, 4, 4, 3), pick(func(c byte) []byte { return [][]byte{{200, 200, 3}, {0, 255, 254}, {1, 2, 3}}[c%9] }), false},
		{"int8 scores", tensor(infer.Int8, 1, 4, 4, 3), pick(func(c byte) []byte { return [][]byte{{5, 0x80, 0xff}, {0xfe, 0xff, 0xfe}, {1, 2, 3}}[c%9] }), false},
	} {
		f := decoded(t, []infer.TensorSpec{c.spec}, Options{Reading: Reading{Kind: Segment, Classes: 3}, Frame: letterboxed{}}, c.out)
		want := []Area{{0, 0.625, Box{0.5, 0, 0.5, 1}}, {1, 0.25, Box{0.625, 0.5, 0.25, 0.5}}}
		last := uint8(Void)
		if c.void {
			want[0].Share = 0.625
		} else {
			want[0].Share, last = 0.75, 0
		}
		if f.Areas[0].Share, want[0].Share = 0, 0; !reflect.DeepEqual(f.Areas, want) {
			t.Errorf("%s: %+v, want %+v", c.name, f.Areas, want)
		}
		if f.Map.Width != 4 || f.Map.Height != 4 || f.Map.Classes[11] != last || f.Map.Classes[0] != 2 || f.Shown != (Box{0, 0.25, 1, 0.5}) || f.ShownIn != (Box{0.5, 0, 0.5, 1}) {
			t.Errorf("%s: %+v, %+v", c.name, f.Map, f.Shown)
		}
	}
}

// One score for each pixel: of the one thing that there is, not of the background.
func TestSegmentOneThing(t *testing.T) {
	for _, c := range []struct {
		probabilities bool
		thing         float64
	}{{true, 0.25}, {false, 0.75}} {
		r := Reading{Kind: Segment, Probabilities: c.probabilities, Background: true}
		f := decoded(t, []infer.TensorSpec{tensor(infer.Float32, 1, 2, 2, 1)}, Options{Reading: r}, floats(0.1, 0.2, 0.9, -3))
		if len(f.Areas) != 1 || f.Areas[0].Index != 1 || f.Areas[0].Share != c.thing {
			t.Errorf("%+v: %+v", c, f.Areas)
		}
	}
}

func TestPose(t *testing.T) {
	nan := float32(math.NaN())
	person := func(score float32) (v []float32) {
		for range Keypoints {
			v = append(v, 0.5, 0.25, score) // y, x
		}
		return v
	}
	one := person(0.5)
	copy(one, []float32{nan, 0.5, 0.5, 9, -9, 2})
	f := decoded(t, []infer.TensorSpec{tensor(infer.Float32, 1, 1, 17, 3)}, Options{Reading: Reading{Kind: Pose}, Frame: letterboxed{}}, floats(one...))
	if len(f.Postures) != 1 {
		t.Fatalf("%+v", f.Postures)
	}
	k := f.Postures[0].Keypoints
	if k[0] != (Keypoint{}) || k[1] != (Keypoint{0, 1, 1}) || k[2] != (Keypoint{0.625, 0.5, 0.5}) {
		t.Errorf("%+v", k)
	}
	var crowd []float32
	for i, score := range []float32{0.25, 0.75, nan, 0.5, 0.125, 2} {
		crowd = append(append(crowd, person(float32(i)/8)...), 0, 0, 1, 1, score)
	}
	f = decoded(t, []infer.TensorSpec{tensor(infer.Float32, 1, 6, 56)}, Options{Reading: Reading{Kind: Pose}, Threshold: 0.25, MaxResults: 3}, floats(crowd...))
	var scores []float32
	for _, p := range f.Postures {
		scores = append(scores, p.Score)
	}
	if !slices.Equal(scores, []float32{1, 0.75, 0.5}) || f.Postures[1].Keypoints[3].Score != 0.125 {
		t.Errorf("%v", scores)
	}
}

func TestEmbed(t *testing.T) {
	spec := infer.TensorSpec{Type: infer.Uint8, Shape: []int{1, 1, 1, 3}, Scale: 0.5, ZeroPoint: 2}
	f := decoded(t, []infer.TensorSpec{spec}, Options{Reading: Reading{Kind: Embed}}, []byte{0, 2, 4})
	if !slices.Equal(f.Embedding, []float32{-1, 0, 1}) {
		t.Errorf("%v", f.Embedding)
	}
}

// TestNewKinds refuses outputs that a kind cannot read, and options that are not possible.
func TestNewKinds(t *testing.T) {
	f := infer.Float32
	ssdOutputs, detector := ssd()
	for _, c := range []struct {
		name    string
		outputs []infer.TensorSpec
		o       Options
		says    string
	}{
		{"boxes and scores of other lengths", append(slices.Clone(ssdOutputs[:2]), tensor(f, 1, 5), tensor(f, 1)), Options{Reading: detector}, "do not fit each other"},
		{"open shapes", []infer.TensorSpec{tensor(f), tensor(f), tensor(f), tensor(f)}, Options{Reading: detector}, "do not fit each other"},
		{"too few", ssdOutputs[:3], Options{Reading: detector}, "output 3 of 3"},
		{"a threshold", ssdOutputs, Options{Reading: detector, Threshold: 2}, "threshold of 2"},
		{"no number", ssdOutputs, Options{Reading: detector, Threshold: float32(math.NaN())}, "threshold of NaN"},
		{"results", ssdOutputs, Options{Reading: detector, MaxResults: -1}, "at most -1 results"},
		{"a class", ssdOutputs, Options{Reading: detector, Only: []int{-1}}, "no class -1"},
		{"a decoder", ssdOutputs, Options{Reading: Reading{Kind: Detect, Decoder: "ssd"}}, `no decoder "ssd"`},
		{"many classes", []infer.TensorSpec{tensor(f, 1, 4, 4, 256)}, Options{Reading: Reading{Kind: Segment}}, "256 classes"},
		{"no plane", []infer.TensorSpec{tensor(f, 1, 4)}, Options{Reading: Reading{Kind: Segment}}, "no class for each pixel"},
		{"no keypoints", []infer.TensorSpec{tensor(f, 1, 1, 16, 3)}, Options{Reading: Reading{Kind: Pose}}, "no keypoints"},
		{"no features", []infer.TensorSpec{tensor(f, 1, 4, 4)}, Options{Reading: Reading{Kind: Embed}}, "no list of features"},
		{"no outputs", nil, Options{Reading: Reading{Kind: Embed}}, "no list of features"},
	} {
		_, err := New(c.outputs, c.o)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v (want %q)", c.name, err, c.says)
		}
	}
	if _, err := New(ssdOutputs[:3], Options{Reading: detector}); !errors.Is(err, model.ErrUnsupported) {
		t.Error(err)
	}
}

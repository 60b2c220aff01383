package pipeline

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/internal/testing/measure"
	"github.com/inceptiond/inceptiond/publish"
)

// mostResults is as many as a config may ask for.
const mostResults = 100

// said is a message as it is sent.
type said struct {
	key  publish.Key
	text []byte
}

// liar is a camera whose model answers with the bytes that a test gives it. It keeps what it publishes of a frame.
type liar struct {
	*Camera
	data []byte // all outputs are filled with it, again and again
	said []said
}

func newLiar(t testing.TB, reading task.Reading, labels int, outputs ...infer.TensorSpec) *liar {
	t.Helper()
	l := &liar{}
	e := infertest.NewFake(8, 8)
	e.Outs = outputs
	e.Answer = func(_ context.Context, _ []byte, outs [][]byte) error {
		l.fill(outs)
		return nil
	}
	named := make(infer.Labels, labels)
	for i := range named {
		named[i] = fmt.Sprintf("a thing of the kind %d", i)
	}
	look, err := NewLook(LookOptions{
		Model:   NewModel(ModelOptions{Name: "liar", SHA256: strings.Repeat("0", 64), Engine: e, Labels: named, Task: task.Options{Reading: reading}}),
		Objects: &ObjectOptions{MaxResults: mostResults, SegmentMap: reading.Kind == task.Segment}, TopK: 5, Embedding: reading.Kind == task.Embed,
	})
	if err != nil {
		t.Fatal(err)
	}
	since, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	l.Camera = newCamera(t, Options{
		Name: "front", Device: "test", Opener: openers(), Look: look, Clock: since, Log: zap.NewNop(), Often: zap.NewNop(), Out: l, Decide: bright(1, 1),
	})
	l.Attach()
	l.health.opened(1)
	return l
}

func (l *liar) fill(outs [][]byte) {
	at := 0
	for _, out := range outs {
		for k := range out {
			if len(l.data) > 0 {
				out[k] = l.data[at%len(l.data)]
			}
			at++
		}
	}
}

// Publish is publish.Publisher's.
func (l *liar) Publish(_ context.Context, m publish.Message) error {
	switch m := m.(type) {
	case publish.Event:
		m.Number = publish.Number{Boot: "given later", Sequence: 1}
		l.said = append(l.said, said{m.Key(), m.AppendJSON(nil)})
	case publish.JSON:
		l.said = append(l.said, said{m.Key(), m.AppendJSON(nil)})
	case publish.Binary:
		l.said = append(l.said, said{m.Key(), m.Payload()})
	}
	return nil
}

// Close is publish.Publisher's.
func (l *liar) Close() error { return nil }

// answer has the camera answer a frame with data, and returns what it published.
func (l *liar) answer(t testing.TB, sequence uint64, data []byte) []said {
	t.Helper()
	l.data, l.said = data, l.said[:0]
	if !l.answerOne(t.Context(), picture.Of(plain(red, sequence)), time.Now()) {
		t.Fatal("the frame was not answered")
	}
	return l.said
}

// schemas are those of messages, by their kinds.
type schemas map[string]*jsonschema.Schema

// fit holds messages to what they promise.
func (s schemas) fit(t testing.TB, list []said) {
	t.Helper()
	for _, m := range list {
		kind := m.key.Kind
		if kind.Media != "" {
			continue
		}
		if s[kind.Name] == nil {
			schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "schema", kind.Name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			s[kind.Name] = schema
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(m.text))
		if err == nil {
			err = s[kind.Name].Validate(value)
		}
		if err != nil {
			t.Fatalf("%v in %s", err, m.text)
		}
	}
}

// size is how many bytes are sent.
func size(list []said) (bytes int) {
	for _, m := range list {
		bytes += len(m.text)
	}
	return bytes
}

func floatTensor(shape ...int) infer.TensorSpec {
	return infer.TensorSpec{Type: infer.Float32, Shape: shape}
}

// boxTensors are the outputs of a detector: boxes, classes, scores, and how many there are.
func boxTensors(n int) []infer.TensorSpec {
	return []infer.TensorSpec{floatTensor(1, n, 4), floatTensor(1, n), floatTensor(1, n), floatTensor(1)}
}

// boxes is what such a detector says that finds the same box again and again, of some classes in turn.
func boxes(n int, classes []float32, box [4]float32, score, count float32) (data []byte) {
	put := func(list ...float32) {
		for _, v := range list {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	}
	for range n {
		put(box[:]...)
	}
	for i := range n {
		put(classes[i%len(classes)])
	}
	for range n {
		put(score)
	}
	put(count)
	return data
}

// However many boxes a model finds, and whatever they are, a result lists those that are boxes, and not more than it may, and a frame of
// 10 000 is told in time.
func TestTenThousandBoxes(t *testing.T) {
	const n = 10_000
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	box := [4]float32{0.1, 0.2, 0.5, 0.6} // top, left, bottom, right
	classes := make([]float32, 90)
	for i := range classes {
		classes[i] = float32(i)
	}
	all := schemas{}
	l := newLiar(t, task.Reading{Kind: task.Detect, Outputs: [4]int{0, 1, 2, 3}, Classes: len(classes)}, len(classes), boxTensors(n)...)
	for i, c := range []struct {
		name  string
		data  []byte
		found int
	}{
		{"boxes", boxes(n, classes, box, 0.9, n), mostResults},
		{"a count beyond the array", boxes(n, classes, box, 0.9, 1e9), mostResults},
		{"an endless count", boxes(n, classes, box, 0.9, inf), mostResults},
		{"a count that is no number", boxes(n, classes, box, 0.9, nan), 0},
		{"a count below 0", boxes(n, classes, box, 0.9, -3), 0},
		{"three and a bit", boxes(n, classes, box, 0.9, 3.9), 3},
		{"inverted", boxes(n, classes, [4]float32{0.5, 0.6, 0.1, 0.2}, 0.9, n), 0},
		{"of no size", boxes(n, classes, [4]float32{0.5, 0.6, 0.5, 0.6}, 0.9, n), 0},
		{"a side that is no number", boxes(n, classes, [4]float32{nan, 0.1, 0.5, 0.6}, 0.9, n), 0},
		{"endless", boxes(n, classes, [4]float32{0, 0, inf, inf}, 0.9, n), 0},
		{"huge", boxes(n, classes, [4]float32{-1e30, -1e30, 1e30, 1e30}, 0.9, n), mostResults},
		{"outside", boxes(n, classes, [4]float32{2, 2, 3, 3}, 0.9, n), 0},
		{"of no class", boxes(n, []float32{90, 1e9, inf, -1, nan}, box, 0.9, n), 0},
		{"a score that is no number", boxes(n, classes, box, nan, n), 0},
		{"an endless score", boxes(n, classes, box, inf, n), mostResults},
	} {
		begin := measure.Processor(t)
		list := l.answer(t, uint64(i+1), c.data)
		if took := measure.Processor(t) - begin; took > time.Second {
			t.Errorf("%s: it took %v", c.name, took)
		}
		if n := size(list); n > 64<<10 {
			t.Errorf("%s: %d bytes", c.name, n)
		}
		all.fit(t, list)
		for _, d := range detections(t, list, c.found) {
			if b := d.Box; !(b[0] >= 0 && b[1] >= 0 && b[2] > 0 && b[3] > 0 && b[0]+b[2] <= 1+1e-6 && b[1]+b[3] <= 1+1e-6 && d.Score >= 0 && d.Score <= 1) {
				t.Fatalf("%s: %+v", c.name, d)
			}
		}
	}
}

// detection is one as subscribers read it.
type detection struct {
	Box   [4]float64
	Score float64
}

// detections are those of the result in list, of which so many are wanted.
func detections(t *testing.T, list []said, want int) []detection {
	t.Helper()
	for _, m := range list {
		if m.key.Kind.Name != "result" {
			continue
		}
		var r struct{ Detections []detection }
		if err := json.Unmarshal(m.text, &r); err != nil {
			t.Fatal(err)
		}
		if len(r.Detections) != want {
			t.Errorf("%d found (want %d)", len(r.Detections), want)
		}
		return r.Detections
	}
	t.Fatal("no result")
	return nil
}

// Suppression of 10 000 boxes that a decoder finds takes no longer, whether they all overlap or none does.
func TestTenThousandCandidates(t *testing.T) {
	const n = 10_000
	all := schemas{}
	l := newLiar(t, task.Reading{Kind: task.Detect, Decoder: task.YOLO}, 2, floatTensor(1, n, 7))
	row := func(x, y, side float32) (data []byte) { // the middle of a box, its sides, that there is one, and of which class
		for _, v := range []float32{x, y, side, side, 1, 1, 0.5} {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		return data
	}
	var apart []byte
	for i := range n {
		apart = append(apart, row((float32(i%100)+0.5)/100, (float32(i/100)+0.5)/100, 0.009)...)
	}
	for i, c := range []struct {
		name  string
		data  []byte
		found int
	}{{"one thing", row(0.5, 0.5, 0.1), 1}, {"things apart", apart, mostResults}} {
		begin := measure.Processor(t)
		list := l.answer(t, uint64(i+1), c.data)
		if took := measure.Processor(t) - begin; took > time.Second {
			t.Errorf("%s: it took %v", c.name, took)
		}
		all.fit(t, list)
		detections(t, list, c.found)
	}
}

// FuzzTensors has models of each task answer with anything: what is published fits its schema, and is not much.
func FuzzTensors(f *testing.F) {
	for _, seed := range [][]byte{
		{}, {0}, {0xff}, {0, 0, 0xc0, 0x7f}, {0, 0, 0x80, 0x7f, 0, 0, 0x80, 0xff}, {0xff, 0xff, 0x7f, 0x7f}, {1, 0, 0, 0}, {0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f},
		boxes(9, []float32{0, 1, 2}, [4]float32{0.1, 0.2, 0.5, 0.6}, 0.9, 9), boxes(9, []float32{3}, [4]float32{0.6, 0.2, 0.5, 0.6}, 2, 90),
	} {
		f.Add(seed)
	}
	grid := infer.TensorSpec{Type: infer.Int8, Shape: []int{1, 2, 2, 18}, Scale: 0.5, ZeroPoint: 3}
	liars := []*liar{
		newLiar(f, task.Reading{Kind: task.Detect, Outputs: [4]int{0, 1, 2, 3}}, 3, boxTensors(9)...),
		newLiar(f, task.Reading{Kind: task.Detect, Decoder: task.BlazeFace, Width: 8, Height: 8, Anchors: [][]float64{{0.5, 0.5}, {0, 1}}}, 0, floatTensor(1, 2, 1), floatTensor(1, 2, 16)),
		newLiar(f, task.Reading{Kind: task.Detect, Decoder: task.YOLO, Width: 8, Height: 8, Anchors: [][]float64{{2, 3}, {3, 3}, {4, 4}}}, 1, grid),
		newLiar(f, task.Reading{Kind: task.Detect, Decoder: task.YOLO}, 2, floatTensor(1, 12, 7)),
		newLiar(f, task.Reading{Kind: task.Segment, Classes: 4}, 4, infer.TensorSpec{Type: infer.Int64, Shape: []int{1, 3, 3}}),
		newLiar(f, task.Reading{Kind: task.Segment}, 5, floatTensor(1, 3, 3, 5)),
		newLiar(f, task.Reading{Kind: task.Pose}, 0, floatTensor(1, 1, 17, 3)),
		newLiar(f, task.Reading{Kind: task.Embed}, 0, floatTensor(1, 7)),
		newLiar(f, task.Reading{Kind: task.Classify, Scores: task.Softmax}, 7, floatTensor(1, 7)),
		newLiar(f, task.Reading{Kind: task.Classify, Scores: task.Raw}, 7, floatTensor(1, 7)),
	}
	all := schemas{}
	sequence := uint64(0)
	f.Fuzz(func(t *testing.T, data []byte) {
		for i, l := range liars {
			sequence++
			list := l.answer(t, sequence, data)
			if n := size(list); n > 16<<10 {
				t.Errorf("liar %d: %d bytes", i, n)
			}
			all.fit(t, list)
		}
	})
}

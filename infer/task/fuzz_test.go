package task

import (
	"testing"

	"github.com/inceptiond/inceptiond/infer"
)

// every is a task of each kind that reads several numbers, with its outputs.
func every(tb testing.TB) (tasks []Task, outputs [][]infer.TensorSpec) {
	f, q := infer.Float32, infer.TensorSpec{Type: infer.Int8, Shape: []int{1, 2, 2, 18}, Scale: 0.5, ZeroPoint: 3}
	boxes, detector := ssd()
	for _, c := range []struct {
		outputs []infer.TensorSpec
		r       Reading
	}{
		{boxes, detector},
		{[]infer.TensorSpec{tensor(f, 1, 2, 1), tensor(f, 1, 2, 16)}, Reading{Kind: Detect, Decoder: BlazeFace, Width: 8, Height: 8, Anchors: [][]float64{{0.5, 0.5}, {0, 1}}}},
		{[]infer.TensorSpec{q}, Reading{Kind: Detect, Decoder: YOLO, Width: 8, Height: 8, Anchors: [][]float64{{2, 3}, {3, 3}, {4, 4}}}},
		{[]infer.TensorSpec{tensor(f, 1, 12, 7)}, Reading{Kind: Detect, Decoder: YOLO}},
		{[]infer.TensorSpec{tensor(f, 1, 6, 12)}, Reading{Kind: Detect, Decoder: YOLO}},
		{[]infer.TensorSpec{tensor(infer.Int64, 1, 3, 3)}, Reading{Kind: Segment, Classes: 4}},
		{[]infer.TensorSpec{tensor(f, 1, 3, 3, 5)}, Reading{Kind: Segment}},
		{[]infer.TensorSpec{tensor(f, 1, 3, 3, 1)}, Reading{Kind: Segment}},
		{[]infer.TensorSpec{tensor(f, 1, 1, 17, 3)}, Reading{Kind: Pose}},
		{[]infer.TensorSpec{tensor(f, 1, 6, 56)}, Reading{Kind: Pose}},
		{[]infer.TensorSpec{tensor(f, 1, 7)}, Reading{Kind: Embed}},
		{[]infer.TensorSpec{tensor(f, 1, 2)}, Reading{Kind: Embed}},
		{[]infer.TensorSpec{tensor(f, 1, 7)}, Reading{Kind: Classify, Scores: Softmax}},
	} {
		o := Options{Reading: c.r, Frame: letterboxed{}, MaxResults: 3, Only: []int{0, 1, 2}}
		if c.r.Kind == Embed && c.outputs[0].Elements() == 2 {
			o.People = peopleOf(tb, 0.35, 0, 90)
		}
		t, err := New(c.outputs, o)
		if err != nil {
			tb.Fatal(err)
		}
		tasks, outputs = append(tasks, t), append(outputs, c.outputs)
	}
	return tasks, outputs
}

// FuzzDecode decodes tensors that hold anything.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(floats(0.1, 0.2, 0.5, 0.6, 0.9, 1, 0, 20))
	f.Add([]byte{0, 0, 0xc0, 0x7f, 0, 0, 0x80, 0x7f, 0xff, 0xff, 0x7f, 0x7f, 0, 0, 0, 0x80})
	tasks, outputs := every(f)
	var found Findings
	f.Fuzz(func(t *testing.T, data []byte) {
		for i, as := range tasks {
			outs := infer.Buffers(outputs[i])
			at := 0
			for _, out := range outs { // all of data, again and again
				for k := range out {
					if len(data) > 0 {
						out[k] = data[at%len(data)]
						at++
					}
				}
			}
			if err := as.Decode(&found, outs); err != nil {
				t.Fatal(err)
			}
			check(t, &found)
		}
	})
}

// check holds findings to what their fields promise.
func check(t *testing.T, f *Findings) {
	t.Helper()
	inside := func(b Box) bool {
		const last = 1e-9
		return b.X >= 0 && b.Y >= 0 && b.Width > 0 && b.Height > 0 && b.X+b.Width <= 1+last && b.Y+b.Height <= 1+last
	}
	unit := func(v float32) bool { return v >= 0 && v <= 1 }
	if len(f.Objects) > 3 || len(f.Areas) > 3 || len(f.Postures) > 3 {
		t.Fatalf("more than is wanted: %+v", f)
	}
	if w := f.Who; w.Person < -1 || w.Person > 1 || !(w.Score >= 0 && w.Score <= 1 && w.Distance >= 0 && w.Distance <= 2 && w.Second >= 0 && w.Second <= 2) {
		t.Fatalf("%+v", w)
	}
	for i, o := range f.Objects {
		if !inside(o.Box) || !unit(o.Score) || o.Index < 0 || o.Index > 2 || i > 0 && o.Score > f.Objects[i-1].Score {
			t.Fatalf("%+v", f.Objects)
		}
	}
	for i, a := range f.Areas {
		if !inside(a.Box) || !(a.Share > 0 && a.Share <= 1) || a.Index < 0 || a.Index > 2 || i > 0 && a.Share > f.Areas[i-1].Share {
			t.Fatalf("%+v", f.Areas)
		}
	}
	for i, p := range f.Postures {
		if !unit(p.Score) || i > 0 && p.Score > f.Postures[i-1].Score {
			t.Fatalf("%+v", f.Postures)
		}
		for _, k := range p.Keypoints {
			if !unit(k.X) || !unit(k.Y) || !unit(k.Score) {
				t.Fatalf("%+v", p)
			}
		}
	}
}

// TestDecodeAllocatesNothing decodes the second frame, and every further one, without new memory.
func TestDecodeAllocatesNothing(t *testing.T) {
	tasks, outputs := every(t)
	for i, as := range tasks {
		outs := infer.Buffers(outputs[i])
		for _, out := range outs {
			for k := range out {
				out[k] = byte(0x3d + k%4)
			}
		}
		var f Findings
		if n := testing.AllocsPerRun(10, func() {
			if err := as.Decode(&f, outs); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("task %d, %s: %v allocations", i, as.Kind(), n)
		}
		if err := as.Decode(&f, outs[:0]); err == nil {
			t.Errorf("task %d, %s: no outputs, no error", i, as.Kind())
		}
		outs[0] = outs[0][1:]
		if err := as.Decode(&f, outs); err == nil {
			t.Errorf("task %d, %s: an output too short, no error", i, as.Kind())
		}
	}
}

// BenchmarkDecode decodes 25 200 boxes that are all there, and classes of pixels.
func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct {
		name    string
		outputs []infer.TensorSpec
		r       Reading
	}{
		{"yolo", []infer.TensorSpec{tensor(infer.Float32, 1, 25200, 85)}, Reading{Kind: Detect, Decoder: YOLO}},
		{"segment", []infer.TensorSpec{tensor(infer.Int64, 1, 513, 513)}, Reading{Kind: Segment}},
		{"segment float", []infer.TensorSpec{tensor(infer.Float32, 1, 257, 257, 21)}, Reading{Kind: Segment}},
	} {
		b.Run(c.name, func(b *testing.B) {
			as, err := New(c.outputs, Options{Reading: c.r, MaxResults: 20})
			if err != nil {
				b.Fatal(err)
			}
			outs := infer.Buffers(c.outputs)
			for i := 0; i < len(outs[0]) && c.name == "yolo"; i += 4 {
				copy(outs[0][i:], floats(float32(i%977)/977))
			}
			var f Findings
			b.ReportAllocs()
			for b.Loop() {
				if err := as.Decode(&f, outs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

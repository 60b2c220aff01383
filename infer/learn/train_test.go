package learn

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

// smallBase is a base that runs in no time.
func smallBase(t testing.TB, kind model.Type) *Base {
	t.Helper()
	data, err := write.Model(taught.Base(kind))
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBase(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bmp is a picture as a file, with no compression that another version of a library may do otherwise.
func bmp(width, height int, at func(x, y int) [3]byte) []byte {
	little := binary.LittleEndian
	row := (3*width + 3) / 4 * 4
	b := little.AppendUint32([]byte("BM"), uint32(54+row*height))
	b = little.AppendUint32(b, 0)
	for _, v := range []uint32{54, 40, uint32(width), uint32(height), 1 | 24<<16, 0, 0, 0, 0, 0, 0} {
		b = little.AppendUint32(b, v)
	}
	for y := height - 1; y >= 0; y-- {
		line := make([]byte, row)
		for x := range width {
			c := at(x, y)
			line[3*x], line[3*x+1], line[3*x+2] = c[2], c[1], c[0]
		}
		b = append(b, line...)
	}
	return b
}

// drawing is picture i of a class: stripes that lie down, stripes that stand, or squares, of colours that differ.
func drawing(kind string, i int) []byte {
	r := rand.New(rand.NewPCG(uint64(len(kind)), uint64(i)))
	a := [3]byte{byte(r.IntN(100)), byte(r.IntN(100)), byte(r.IntN(100))}
	b := [3]byte{byte(150 + r.IntN(100)), byte(150 + r.IntN(100)), byte(150 + r.IntN(100))}
	shift, wide := r.IntN(20), 5+r.IntN(4)
	return bmp(40, 30, func(x, y int) [3]byte {
		in := (y+shift)/wide%2 == 0
		switch kind {
		case "standing":
			in = (x+shift)/wide%2 == 0
		case "squares":
			in = (x+shift)/wide%2 == (y+shift)/wide%2
		}
		if in {
			return a
		}
		return b
	})
}

// kinds of drawings.
var kinds = []string{"lying", "standing", "squares"}

// drawings are n of each kind.
func drawings(n int, kinds ...string) (set []Picture) {
	for _, kind := range kinds {
		for i := range n {
			set = append(set, pictureOf(drawing(kind, i), kind))
		}
	}
	return set
}

func pictureOf(data []byte, class string) Picture {
	return Picture{Class: class, Read: func() ([]byte, error) { return data, nil }}
}

func trained(t testing.TB, b *Base, set []Picture, o Options) *Version {
	t.Helper()
	v, err := Train(t.Context(), b, runnerOf(t, b, 1), set, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestTrain teaches small networks of each type, and runs what comes of it.
func TestTrain(t *testing.T) {
	for _, kind := range []model.Type{model.Uint8, model.Int8, model.Float32} {
		t.Run(kind.String(), func(t *testing.T) {
			b := smallBase(t, kind)
			o := Defaults()
			o.Name, o.BaseFile, o.Program = "stripes", "small.tflite", "1.2.3"
			stages := map[string]Progress{}
			v, err := Train(t.Context(), b, runnerOf(t, b, 1), drawings(10, kinds...), o, func(p Progress) {
				if before := stages[p.Stage]; p.Done < before.Done || p.Done > p.Total {
					t.Errorf("%+v after %+v", p, before)
				}
				stages[p.Stage] = p
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, stage := range []string{StagePictures, StageFolds, StageHead, StageModel} {
				if p := stages[stage]; p.Done != p.Total || p.Total == 0 {
					t.Errorf("stage %s ended with %+v", stage, p)
				}
			}
			checkVersion(t, v)
			checkRuns(t, v, drawings(20, kinds...)[10:])
		})
	}
}

func checkVersion(t *testing.T, v *Version) {
	t.Helper()
	r := &v.Report
	sum := sha256.Sum256(v.Model)
	if r.SHA256 != hex.EncodeToString(sum[:]) || v.ID != r.SHA256[:12] || !slices.Equal(v.Labels, []string{"lying", "squares", "standing"}) {
		t.Errorf("%s, %s, %v", r.SHA256, v.ID, v.Labels)
	}
	if r.Schema != 1 || r.Name != "stripes" || r.Base.File != "small.tflite" || len(r.Base.SHA256) != 64 || r.Program != "1.2.3" ||
		r.Options.Variants != 4 || r.Total < 10 || 3*r.Right < 2*r.Total || r.Accuracy.Low > float64(r.Right)/float64(r.Total) || len(r.Answers) != 30 || len(r.Skipped) != 0 {
		t.Errorf("%d of %d are right, %d answers, %d skipped, %+v", r.Right, r.Total, len(r.Answers), len(r.Skipped), r.Options)
	}
	for c, class := range r.Classes {
		if class.Label != v.Labels[c] || class.Used != 10 || len(class.Pictures) != 10 || !slices.IsSorted(class.Pictures) {
			t.Errorf("%+v", class)
		}
	}
	known, err := task.ParseTaught(v.Embeddings)
	if err != nil || known.Len() != 30 || !slices.Equal(known.Labels(), v.Labels) {
		t.Errorf("%v, %v", known, err)
	}
}

// checkRuns has the model answer, as a task does.
func checkRuns(t *testing.T, v *Version, set []Picture) {
	t.Helper()
	m, err := model.Parse(v.Model, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	known, err := task.ParseTaught(v.Embeddings)
	if err != nil {
		t.Fatal(err)
	}
	e := engineOf(t, m, 1)
	as, err := task.New(e.Outputs(), task.Options{Taught: known, Embedding: 2, Unknown: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBase(m) // what is taught can be taught again
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLooker(b, nil, preprocess.Options{})
	if err != nil {
		t.Fatal(err)
	}
	outs := infer.Buffers(e.Outputs())
	right, strange := 0, 0
	for i := range set {
		if _, err := l.open(&set[i]); err != nil {
			t.Fatal(err)
		}
		if err := l.whole.Run(l.picture, l.in, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Run(t.Context(), l.in, outs); err != nil {
			t.Fatal(err)
		}
		var f task.Findings
		if err := as.Decode(&f, outs); err != nil {
			t.Fatal(err)
		}
		if v.Labels[slices.Index(f.Classes, slices.Max(f.Classes))] == set[i].Class {
			right++
		}
		if f.Unknown {
			strange++
		}
	}
	if n := len(set); right < n*2/3 || strange > n/5 {
		t.Errorf("of %d new pictures %d are right and %d are unknown", n, right, strange)
	}
}

// TestSameBytesEverywhere holds what a training writes: in any order of the pictures, for any number of threads, and for all
// kernels. .ci runs it on arm64 and arm too.
func TestSameBytesEverywhere(t *testing.T) {
	const want = "f2f2df6f5bd9e25fc5a34870f9d12ba71215df426d4285df0e7e0bd3f544ee88"
	o := Defaults()
	o.Variants = 3
	set := drawings(6, kinds...)
	files := func(v *Version) string {
		hash := sha256.New()
		hash.Write(v.Model)
		hash.Write(v.Embeddings)
		return hex.EncodeToString(hash.Sum(nil))
	}
	for _, name := range kernel.Names() {
		t.Setenv("INCEPTIOND_KERNELS", name)
		for _, threads := range []int{1, 2, 4} {
			before := runtime.GOMAXPROCS(threads)
			b := smallBase(t, model.Uint8)
			v, err := Train(t.Context(), b, runnerOf(t, b, threads), set, o, nil)
			runtime.GOMAXPROCS(before)
			if err != nil {
				t.Fatal(err)
			}
			if got := files(v); got != want {
				t.Fatalf("kernels %s, %d threads: %s", name, threads, got)
			}
			slices.Reverse(set)
		}
	}
	o.Flip = true
	if v := trained(t, smallBase(t, model.Uint8), set, o); files(v) == want {
		t.Error("the same with mirrored variants")
	}
}

// TestEmbed sees what Train sees.
func TestEmbed(t *testing.T) {
	b := smallBase(t, model.Int8)
	set := drawings(4, "lying", "standing")
	v := trained(t, b, set, Defaults())
	known, err := task.ParseTaught(v.Embeddings)
	if err != nil {
		t.Fatal(err)
	}
	list, err := Embed(t.Context(), b, runnerOf(t, b, 1), append(set, pictureOf([]byte("x"), "")), Defaults())
	if err != nil || len(list) != 9 || list[8].Err == nil || list[8].Codes != nil {
		t.Fatalf("%v, %v", list, err)
	}
	for _, e := range list[:8] {
		p, nearest := known.Familiar(e.Codes)
		if known.Picture(nearest).ID != e.ID || p != 1 {
			t.Errorf("%s is %v familiar and like %s", e.ID, p, known.Picture(nearest).ID)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Embed(ctx, b, runnerOf(t, b, 1), set, Defaults()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestVariantGoesTheSameWay: a variant that changes nothing gives the input that the picture itself gives.
func TestVariantGoesTheSameWay(t *testing.T) {
	for _, kind := range []model.Type{model.Uint8, model.Int8, model.Float32} {
		b := smallBase(t, kind)
		l, err := newLooker(b, nil, preprocess.Options{Mean: []float32{100}, Std: []float32{60}})
		if err != nil {
			t.Fatal(err)
		}
		data := bmp(12, 12, func(x, y int) [3]byte { return [3]byte{byte(20 * x), byte(20 * y), byte(x * y)} })
		p := pictureOf(data, "")
		if _, err := l.open(&p); err != nil {
			t.Fatal(err)
		}
		if err := l.whole.Run(l.picture, l.in, nil); err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(l.in)
		for i := range 12 * 12 {
			copy(l.drawn.pix[3*i:], []byte{byte(20 * (i % 12)), byte(20 * (i / 12)), byte(i % 12 * (i / 12))})
		}
		l.variant.Set(&l.changed)
		if err := l.again.Run(l.variant, l.in, nil); err != nil || !bytes.Equal(l.in, want) {
			t.Errorf("%v: %v", kind, err)
		}
	}
}

// TestBases that cannot be taught are named.
func TestBases(t *testing.T) {
	m, err := model.Parse(demomodel.Model(), model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewBase(m); !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), "CONCATENATION") {
		t.Error(err)
	}
	b := smallBase(t, model.Uint8)
	if b.Features() != taught.Features || b.Cells() != 36 {
		t.Errorf("%d features, %d cells", b.Features(), b.Cells())
	}
}

// TestLayerFirst teaches a base that has no averages of its features itself.
func TestLayerFirst(t *testing.T) {
	v := trained(t, smallBase(t, model.Uint8), drawings(6, kinds...), Defaults())
	m, err := model.Parse(v.Model, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	m.Outputs = m.Outputs[:1]
	m.Operators = slices.DeleteFunc(m.Operators, func(o model.Operator) bool { return o.Op == model.OpAveragePool2D })
	b, err := NewBase(m)
	if err != nil || b.At.Pooled >= 0 {
		t.Fatal(b, err)
	}
	set := drawings(10, kinds...)
	checkRuns(t, trained(t, b, set, Defaults()), drawings(20, kinds...)[10:])
}

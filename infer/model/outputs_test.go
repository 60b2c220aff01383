package model_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// named is small with names for its tensors, and more of them: two of one name, one of int32, one that nothing computes,
// and a resizing to a size that is not constant.
func named() *model.Model {
	g := &graphs.Graph{Model: *graphs.Small()}
	for i, name := range []string{"image", "conv/weights", "conv/bias", "conv", "pool", "joined", "fc/weights", "fc/bias", "fc", "softmax"} {
		g.Tensors[i].Name = name
	}
	add := func(name string, typ model.Type, shape ...int) int {
		i := g.Tensor(typ, shape...)
		g.Tensors[i].Name = name
		return i
	}
	const conv = 3
	g.Operator(model.OpReLU, nil, []int{conv}, add("twin", model.Uint8, 1, 4, 4, 4))
	g.Operator(model.OpReLU, nil, []int{conv}, add("twin", model.Uint8, 1, 4, 4, 4))
	size := add("size", model.Int32, 2)
	g.Operator(77, nil, []int{conv}, size) // SHAPE
	resized := add("resized", model.Uint8, 1, 8, 8, 4)
	g.Operator(model.OpResizeNearest, model.ResizeNearest{}, []int{conv, size}, resized)
	g.Operator(model.OpReLU, nil, []int{resized}, add("after", model.Uint8, 1, 8, 8, 4))
	add("nobody", model.Uint8, 4)
	return &g.Model
}

func TestWithOutputs(t *testing.T) {
	m := named()
	before := *m
	more, err := model.WithOutputs(m, "fc", "conv", "softmax", "conv")
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{9, 8, 3, 9, 3}; !slices.Equal(more.Outputs, want) {
		t.Errorf("outputs %v (want %v)", more.Outputs, want)
	}
	if !reflect.DeepEqual(*m, before) || !slices.Equal(m.Outputs, []int{9}) {
		t.Error("the model has changed")
	}
	if again, err := model.WithOutputs(more, "pool"); err != nil || !slices.Equal(again.Outputs, []int{9, 8, 3, 9, 3, 4}) {
		t.Errorf("a second time: %v, %v", again.Outputs, err)
	}
	if same, err := model.WithOutputs(m); err != nil || !reflect.DeepEqual(same, m) {
		t.Errorf("no names: %+v, %v", same, err)
	}
}

func TestWithOutputsRefuses(t *testing.T) {
	for name, says := range map[string]string{
		"pol":          `there is no tensor of that name (near it: "pool", `,
		"FC":           `(near it: "fc", `,
		"soft":         `(near it: "softmax", `,
		"":             "there is no tensor of that name",
		"conv/weights": "it is constant",
		"image":        "it is an input of the model",
		"nobody":       "nothing computes it",
		"twin":         "2 tensors have that name: numbers [10 11]",
		"size":         "it is int32",
		"resized":      "its shape is only known when the model runs",
		"after":        "its shape is only known when the model runs",
	} {
		_, err := model.WithOutputs(named(), "conv", name)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), `output "`+name+`"`) {
			t.Errorf("%q: %v (want %q)", name, err, says)
		}
	}
}

// TestFileWithOutputs wants the file of a model with more outputs: read again, it is that model, and only one distance
// of the old file differs.
func TestFileWithOutputs(t *testing.T) {
	data := written(t, graphs.Small())
	for cut := range 4 { // the file ends at any place
		padded := append(slices.Clone(data), make([]byte, cut)...)
		checkRewriting(t, padded, parse(t, padded))
	}
}

func TestFileWithOutputsRefuses(t *testing.T) {
	m := parse(t, written(t, graphs.Small()))
	for name, data := range map[string][]byte{
		"another file": written(t, graphs.Every()),
		"no file":      []byte("<html>not found</html>"),
		"empty":        nil,
		"no graph":     raw{version: 3}.bytes(),
		"no outputs":   raw{version: 3, graphs: 1, tensors: 1}.bytes(),
	} {
		if file, err := model.FileWithOutputs(data, m); !errors.Is(err, model.ErrMalformed) {
			t.Errorf("%s: %d bytes, %v", name, len(file), err)
		}
	}
}

// TestFileWithOutputsShared rewrites every shared model.
func TestFileWithOutputsShared(t *testing.T) {
	n := 0
	err := filepath.WalkDir(filepath.Join(shared.Dir(t), "models"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".tflite") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		m, err := model.Parse(data, model.Limits{})
		if errors.Is(err, model.ErrUnsupported) {
			return nil // TestParseSharedModels knows them
		}
		if err != nil {
			return err
		}
		n++
		checkRewriting(t, data, m)
		return nil
	})
	if err != nil || n == 0 {
		t.Fatalf("%d models: %v", n, err)
	}
}

// checkRewriting has all tensors that operators of m compute added to the outputs in its file, data.
func checkRewriting(t *testing.T, data []byte, m *model.Model) {
	t.Helper()
	more := *m
	for i := range m.Operators {
		more.Outputs = slices.Concat(more.Outputs, m.Operators[i].Outputs)
	}
	before := slices.Clone(data)
	file, err := model.FileWithOutputs(data, &more)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(data, before) {
		t.Fatal("the file was changed")
	}
	if again := parse(t, file); !reflect.DeepEqual(withoutFile(again), withoutFile(&more)) {
		t.Errorf("read again: %+v (want %+v)", again.Outputs, more.Outputs)
	}
	first, last := -1, -1
	for i := range data {
		if data[i] != file[i] {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 || last-first >= 4 {
		t.Errorf("bytes %d to %d of the old file differ (want one distance of 4 bytes)", first, last)
	}
}

// FuzzFileWithOutputs changes the outputs of files that may be anything: what comes out is the model that was asked for.
func FuzzFileWithOutputs(f *testing.F) {
	for _, m := range []*model.Model{graphs.Small(), graphs.Every(), named()} {
		f.Add(written(f, m))
	}
	f.Add(raw{version: 3, graphs: 2, tensors: 3}.bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip("larger than any structure of interest")
		}
		m := check(t, data)
		if m == nil { // another model's file, unless only the outputs are damaged
			m = parse(t, written(t, graphs.Small()))
		}
		for i := range m.Operators {
			for _, out := range m.Operators[i].Outputs {
				if more, err := model.WithOutputs(m, m.Tensors[out].Name); err == nil {
					m = more
				}
			}
		}
		file, err := model.FileWithOutputs(data, m)
		if err != nil {
			if !errors.Is(err, model.ErrMalformed) {
				t.Fatalf("error of no kind: %v", err)
			}
			return
		}
		if again := parse(t, file); !reflect.DeepEqual(withoutFile(again), withoutFile(m)) {
			t.Fatalf("read again: %+v (want %+v)", again, m)
		}
	})
}

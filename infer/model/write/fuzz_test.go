package write_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

// FuzzAgain writes what Parse reads of files that may be anything: read again it is the same, or it cannot be written.
func FuzzAgain(f *testing.F) {
	for _, m := range []*model.Model{graphs.Small(), graphs.Every(), {}} {
		f.Add(written(f, m))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip("larger than any structure of interest")
		}
		m, err := model.Parse(data, model.Limits{Memory: 1 << 24})
		if err != nil {
			return
		}
		file, err := write.Model(m)
		if err != nil {
			if !errors.Is(err, model.ErrUnsupported) {
				t.Fatalf("error of no kind: %v", err)
			}
			return
		}
		if again := parse(t, file); !reflect.DeepEqual(withoutFile(m), withoutFile(again)) {
			t.Fatalf("read\n%+v\nwritten and read\n%+v", m, again)
		}
	})
}

// FuzzDamaged writes models that Parse would never give, each three bytes of edits after another: it is an error or a file, and
// if that can be read, it can be written again.
func FuzzDamaged(f *testing.F) {
	for what := range byte(10) {
		f.Add(what, []byte{what, 3, 2, what + 1, 2, 200})
	}
	f.Fuzz(func(t *testing.T, first byte, edits []byte) {
		m := graphs.Small()
		if first%2 == 1 {
			m = graphs.Every()
		}
		for ; len(edits) >= 3; edits = edits[3:] {
			damage(m, edits[0], int(edits[1]), int(edits[2])-100)
		}
		file, err := write.Model(m)
		if err != nil {
			if !errors.Is(err, model.ErrUnsupported) {
				t.Fatalf("error of no kind: %v", err)
			}
			return
		}
		if again, err := model.Parse(file, model.Limits{Memory: 1 << 24}); err == nil {
			if _, err := write.Model(again); err != nil && !errors.Is(err, model.ErrUnsupported) {
				t.Fatal(err)
			}
		}
	})
}

// damage changes one thing of m.
func damage(m *model.Model, what byte, which, value int) {
	tensor, o := &m.Tensors[which%len(m.Tensors)], &m.Operators[which%len(m.Operators)]
	switch what % 10 {
	case 0:
		tensor.Type = model.Type(value)
	case 1:
		tensor.Shape = append(tensor.Shape, value<<28)
	case 2:
		tensor.Quant = &model.Quant{Axis: value}
	case 3:
		tensor.Quant = &model.Quant{Scale: make([]float32, max(value, 0))}
	case 4:
		tensor.Data = nil
	case 5:
		o.Inputs = append(o.Inputs[:0:0], value)
	case 6:
		o.Inputs, o.Outputs = nil, nil
	case 7:
		o.Op, o.Version = model.Op(value), value
	case 8:
		o.Options = m.Operators[(which+1)%len(m.Operators)].Options
	case 9:
		m.Outputs = append(m.Outputs, value)
	}
}

package write_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

func written(t testing.TB, m *model.Model) []byte {
	t.Helper()
	data, err := write.Model(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t testing.TB, data []byte) *model.Model {
	t.Helper()
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// withoutFile forgets what depends on the bytes of the file.
func withoutFile(m *model.Model) *model.Model {
	c := *m
	c.Size, c.SHA256 = 0, ""
	return &c
}

func TestWriteParse(t *testing.T) {
	for _, m := range []*model.Model{graphs.Small(), graphs.Every()} {
		t.Run(m.Description, func(t *testing.T) {
			data := written(t, m)
			if !bytes.Equal(data, written(t, m)) {
				t.Error("writing twice gives different bytes")
			}
			got := withoutFile(parse(t, data))
			for i := range got.Operators {
				if got.Operators[i].Version < 1 {
					t.Errorf("operator %d has version %d", i, got.Operators[i].Version)
				}
				got.Operators[i].Version = 0
			}
			if !reflect.DeepEqual(got, m) {
				t.Errorf("written\n%+v\nread\n%+v", m, got)
			}
		})
	}
}

func TestWriteAligns(t *testing.T) {
	data := written(t, graphs.Small())
	for i, tensor := range parse(t, data).Tensors {
		if tensor.Data == nil {
			continue
		}
		at := uintptr(unsafe.Pointer(&tensor.Data[0])) - uintptr(unsafe.Pointer(&data[0]))
		if at%16 != 0 {
			t.Errorf("tensor %d lies at offset %d", i, at)
		}
	}
}

func TestWriteVersions(t *testing.T) {
	want := map[string]int{"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "AVERAGE_POOL_2D": 2, "FULLY_CONNECTED": 9, "SOFTMAX": 2,
		"CONCATENATION": 2, "RESIZE_BILINEAR": 3, "QUANTIZE": 1, "RESHAPE": 1, "SPLIT": 2, "LOCAL_RESPONSE_NORMALIZATION": 1}
	for _, o := range parse(t, written(t, graphs.Every())).Operators {
		if v, ok := want[o.Name()]; ok && o.Version != v {
			t.Errorf("int8 %s has version %d, want %d", o.Name(), o.Version, v)
		}
		delete(want, o.Name())
	}
	if len(want) != 0 {
		t.Errorf("not written: %v", want)
	}
	for _, o := range parse(t, written(t, graphs.Small())).Operators {
		if o.Version != 1 {
			t.Errorf("uint8 %s has version %d, want 1", o.Name(), o.Version)
		}
	}
}

// TestRefuses wants a word on what cannot be written.
func TestRefuses(t *testing.T) {
	for says, change := range map[string]func(m *model.Model){
		`operator 1 "MAX_POOL_2D": its options are of type string`: func(m *model.Model) { m.Operators[1].Options = "text" },
		`operator 2 "CONCATENATION": strange`:                      func(m *model.Model) { m.Operators[2].Odd = "strange" },
		`tensor 3 "ttt": stored sparsely`:                          func(m *model.Model) { m.Tensors[3].Odd = "stored sparsely" },
		"its options (number 117 of the":                           func(m *model.Model) { m.Operators[0].Options = model.Unread{Union: 117} },
		"its options (of a newer kind)":                            func(m *model.Model) { m.Operators[0].Options = model.Unread{} },
		"some 600 MiB is too large to write (the most is 512)":     func(m *model.Model) { m.Operators = programs(600) },
	} {
		m := graphs.Small()
		change(m)
		if _, err := write.Model(m); !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), "model: ") {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}

// TestRefusesNumbers has numbers that the format has no room for, where the processor has.
func TestRefusesNumbers(t *testing.T) {
	large := int64(math.MaxInt32) + 1
	if int64(int(large)) != large {
		t.Skip("no number is so large here")
	}
	for says, change := range map[string]func(m *model.Model){
		`tensor 3 "ttt": the number -2147483649 does not`:      func(m *model.Model) { m.Tensors[3].Shape[1] = -int(large) - 1 },
		`operator 4 "SOFTMAX": the number 2147483648 does not`: func(m *model.Model) { m.Operators[4].Inputs[0] = int(large) },
		"the number 2147483648 does not fit in 32 bits":        func(m *model.Model) { m.Outputs[0] = int(large) },
	} {
		m := graphs.Small()
		change(m)
		if _, err := write.Model(m); !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}

// programs are n custom operators with the same options, of 1 MiB.
func programs(n int) []model.Operator {
	program := make([]byte, 1<<20)
	return slices.Repeat([]model.Operator{{Op: model.OpCustom, Custom: "program", Options: program}}, n)
}

// TestSharedConstants has tensors with the same constant: it is in the file once.
func TestSharedConstants(t *testing.T) {
	m := graphs.Small()
	m.Tensors[6].Data, m.Tensors[6].Shape = make([]byte, 1<<20), []int{5, 1 << 20 / 5}
	m.Tensors[6].Data = m.Tensors[6].Data[:5*(1<<20/5)]
	m.Tensors = append(m.Tensors, slices.Repeat(m.Tensors[6:7], 100)...)
	data := written(t, m)
	if len(data) > 1<<20+1<<16 {
		t.Errorf("%d bytes", len(data))
	}
	if again := parse(t, data); !bytes.Equal(again.Tensors[109].Data, m.Tensors[6].Data) || &again.Tensors[109].Data[0] != &again.Tensors[6].Data[0] {
		t.Error("the constant is another, or not shared")
	}
}

// TestWriteShared writes real files anew: nothing that Parse sees is lost.
func TestWriteShared(t *testing.T) {
	n := 0
	err := filepath.WalkDir(filepath.Join(shared.Dir(t), "models"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".tflite") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		m := parse(t, data)
		again, err := write.Model(m)
		if errors.Is(err, model.ErrUnsupported) { // it has options that are not read
			return nil
		}
		if err != nil {
			return err
		}
		n++
		if !reflect.DeepEqual(withoutFile(m), withoutFile(parse(t, again))) {
			t.Errorf("%s changed", filepath.Base(path))
		}
		return nil
	})
	if err != nil || n < 30 {
		t.Errorf("%d models: %v", n, err)
	}
}

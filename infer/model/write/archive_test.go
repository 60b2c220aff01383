package write_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

// TestAppend reads an archive behind a model as other programs do, which take the file for an archive, and as ours.
func TestAppend(t *testing.T) {
	front := written(t, graphs.Small())
	before := bytes.Clone(front)
	file, err := write.Append(front, write.File{Name: "labels.txt", Data: []byte("a\nb\n")}, write.File{Name: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(file, before) || !bytes.Equal(front, before) {
		t.Error("the model has changed")
	}
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil || len(r.File) != 2 {
		t.Fatalf("%v", err)
	}
	f := r.File[0]
	in, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(in)
	if err != nil || f.Name != "labels.txt" || string(text) != "a\nb\n" || f.Method != zip.Store || f.Flags&8 != 0 {
		t.Errorf("%s: %q, method %d, flags %#x: %v", f.Name, text, f.Method, f.Flags, err)
	}
	if at, err := f.DataOffset(); err != nil || string(file[at:at+4]) != "a\nb\n" {
		t.Errorf("the labels lie at %d: %v", at, err)
	}
	about, err := model.ReadMetadata(file)
	if err != nil || string(about.Labels) != "a\nb\n" || !slices.Equal(about.Files, []string{"labels.txt", "empty"}) {
		t.Errorf("%+v: %v", about, err)
	}
	parse(t, file)
}

// TestAppendRefuses wants a word on archives that nobody would read.
func TestAppendRefuses(t *testing.T) {
	for says, files := range map[string][]write.File{
		"an archive of 1025 files": slices.Repeat([]write.File{{Name: "a"}}, 1025),
		`"b" has 4194305 bytes`:    {{Name: "a"}, {Name: "b", Data: make([]byte, 4<<20+1)}},
		"zip: FileHeader.Name too": {{Name: strings.Repeat("a", 1<<16)}},
	} {
		if _, err := write.Append(nil, files...); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v (want %q)", err, says)
		}
	}
}

// TestMetadata reads what is said of several outputs.
func TestMetadata(t *testing.T) {
	d := write.Metadata{
		Name: "gate", Author: "me", Mean: []float32{1}, Std: []float32{2}, Threshold: 0.5, Calibrated: true,
		Outputs: []write.Output{{Name: "probability"}, {Name: "map", Description: "where"}, {}},
		Files:   []write.AssociatedFile{{Name: "l.txt", Type: write.AxisLabels, Locale: "en"}},
	}
	buffer, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Bytes()
	if err != nil || !bytes.Equal(again, buffer) {
		t.Errorf("other bytes the second time: %v", err)
	}
	file, err := write.ModelWithMetadata(graphs.Small(), buffer)
	if err != nil {
		t.Fatal(err)
	}
	if file, err = write.Append(file, write.File{Name: "l.txt", Data: []byte("a")}); err != nil {
		t.Fatal(err)
	}
	got, err := model.ReadMetadata(file)
	want := model.Metadata{Name: "gate", Author: "me", Mean: []float32{1}, Std: []float32{2}, Threshold: 0.5, Calibrated: true,
		Labels: []byte("a"), LabelFile: "l.txt", Files: []string{"l.txt"}}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v: %v\nwant %+v", got, err, want)
	}
	d.License = strings.Repeat("a", 1<<20)
	if _, err := d.Bytes(); err == nil || !strings.Contains(err.Error(), "(the most is 1048576)") {
		t.Errorf("a long licence: %v", err)
	}
}

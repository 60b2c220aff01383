package model_test

import (
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

// TestAttachments unpacks what lies behind a model, and says what of it is damaged.
func TestAttachments(t *testing.T) {
	data, err := write.Model(graphs.Small())
	if err != nil {
		t.Fatal(err)
	}
	if files, err := model.Attachments(data); err != nil || files != nil {
		t.Errorf("%v behind a model alone: %v", files, err)
	}
	data, err = write.Append(data, write.File{Name: "a.txt", Data: []byte("first")}, write.File{Name: "b/c.bin", Data: []byte("second")}, write.File{Name: "a.txt", Data: []byte("again")})
	if err != nil {
		t.Fatal(err)
	}
	files, err := model.Attachments(data)
	if err != nil || len(files) != 2 || string(files[0].Data) != "first" || files[1].Name != "b/c.bin" {
		t.Errorf("%q: %v", files, err)
	}
	damaged := []byte(strings.Replace(string(data), "second", "sXcond", 1))
	if files, err := model.Attachments(damaged); err == nil || len(files) != 1 || !strings.Contains(err.Error(), `"b/c.bin" in the archive`) {
		t.Errorf("of a damaged one: %q: %v", files, err)
	}
	if _, err := model.Attachments(data[:len(data)-4]); err == nil {
		t.Error("an archive without its end is no error")
	}
}

// FuzzAttachments wants no panic, and no more than is allowed.
func FuzzAttachments(f *testing.F) {
	data, err := write.Append(nil, write.File{Name: "a", Data: []byte("bc")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		files, _ := model.Attachments(data)
		size := 0
		for _, file := range files {
			size += len(file.Data)
		}
		if size > 32<<20 {
			t.Fatalf("%d bytes", size)
		}
	})
}

package model_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// described is a model file with metadata, and whatever else is put behind it.
func described(t testing.TB, about *write.Metadata, behind ...[]byte) []byte {
	t.Helper()
	var buffer []byte
	if about != nil {
		var err error
		if buffer, err = about.Bytes(); err != nil {
			t.Fatal(err)
		}
	}
	data, err := write.ModelWithMetadata(graphs.Small(), buffer)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Join(append([][]byte{data}, behind...), nil)
}

// zipped is an archive of files, pairs of a name and a text, packed and stored by turns.
func zipped(files ...string) []byte {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for i := 0; i+1 < len(files); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: files[i], Method: []uint16{zip.Deflate, zip.Store}[i/2%2]})
		if err == nil {
			_, err = f.Write([]byte(files[i+1]))
		}
		if err != nil {
			panic(err) // a buffer takes all
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// labelled names a label file of the output.
func labelled(files ...write.AssociatedFile) *write.Metadata { return &write.Metadata{Files: files} }

func TestReadMetadata(t *testing.T) {
	axis := func(name, locale string) write.AssociatedFile {
		return write.AssociatedFile{Name: name, Type: 2, Locale: locale}
	}
	for _, c := range []struct {
		name string
		data []byte
		want model.Metadata
		says string // the error; empty: none
	}{
		{"none", described(t, nil), model.Metadata{}, ""},
		{"all of it", described(t, &write.Metadata{
			Name: "birds", Description: "which bird\x1b[31m?", Version: "v1", Author: "me", License: "MIT",
			Mean: []float32{127.5}, Std: []float32{128, 129, 130}, Threshold: 0.25, Calibrated: true,
			Files: []write.AssociatedFile{axis("l.txt", "")},
		}, zipped("l.txt", "a\nb")), model.Metadata{
			Name: "birds", Description: "which bird [31m?", Version: "v1", Author: "me", License: "MIT",
			Mean: []float32{127.5}, Std: []float32{128, 129, 130}, Threshold: 0.25, Calibrated: true,
			Labels: []byte("a\nb"), LabelFile: "l.txt", Files: []string{"l.txt"},
		}, ""},
		{"a zip alone", described(t, nil, zipped("labels.txt", "a")),
			model.Metadata{Labels: []byte("a"), LabelFile: "labels.txt", Files: []string{"labels.txt"}}, ""},
		{"a zip alone, stored", described(t, nil, zipped("x.bin", "", "dict.txt", "a")),
			model.Metadata{Labels: []byte("a"), LabelFile: "dict.txt", Files: []string{"x.bin", "dict.txt"}}, ""},
		{"any text", described(t, nil, zipped("assets/birds.txt", "a", "README.txt", "b", "LICENSE.txt", "c")),
			model.Metadata{Labels: []byte("a"), LabelFile: "assets/birds.txt", Files: []string{"assets/birds.txt", "README.txt", "LICENSE.txt"}}, ""},
		{"the text with the name", described(t, nil, zipped("notes.txt", "a", "my_labels.txt", "b")),
			model.Metadata{Labels: []byte("b"), LabelFile: "my_labels.txt", Files: []string{"notes.txt", "my_labels.txt"}}, ""},
		{"the usual name", described(t, nil, zipped("my_labels.txt", "a", "sub/LabelMap.txt", "b", "other_labels.txt", "c")),
			model.Metadata{Labels: []byte("b"), LabelFile: "sub/LabelMap.txt", Files: []string{"my_labels.txt", "sub/LabelMap.txt", "other_labels.txt"}}, ""},
		{"two that may be meant", described(t, nil, zipped("one.txt", "a", "two.txt", "b")),
			model.Metadata{Files: []string{"one.txt", "two.txt"}}, ""},
		{"no text", described(t, nil, zipped("weights.bin", "a")), model.Metadata{Files: []string{"weights.bin"}}, ""},
		{"what a Mac adds", described(t, nil, zipped("labels.txt", "a", "__MACOSX/._labels.txt", "b", "sub/", "")),
			model.Metadata{Labels: []byte("a"), LabelFile: "labels.txt", Files: []string{"labels.txt"}}, ""},
		{"an empty zip", described(t, nil, zipped()), model.Metadata{}, ""},
		{"in several languages", described(t, labelled(axis("de.txt", "de"), axis("en.txt", "en-US"), axis("fr.txt", "fr")), zipped("de.txt", "Meise", "en.txt", "tit", "fr.txt", "mésange")),
			model.Metadata{Labels: []byte("tit"), LabelFile: "en.txt", Files: []string{"de.txt", "en.txt", "fr.txt"}}, ""},
		{"in no language", described(t, labelled(axis("de.txt", "de"), axis("all.txt", "")), zipped("all.txt", "tit", "de.txt", "Meise")),
			model.Metadata{Labels: []byte("tit"), LabelFile: "all.txt", Files: []string{"all.txt", "de.txt"}}, ""},
		{"in another language", described(t, labelled(axis("de.txt", "de")), zipped("de.txt", "Meise", "labels.txt", "no")),
			model.Metadata{Labels: []byte("Meise"), LabelFile: "de.txt", Files: []string{"de.txt", "labels.txt"}}, ""},
		{"of values", described(t, labelled(write.AssociatedFile{Name: "v.txt", Type: 3}), zipped("v.txt", "a", "labels.txt", "no")),
			model.Metadata{Labels: []byte("a"), LabelFile: "v.txt", Files: []string{"v.txt", "labels.txt"}}, ""},
		{"of the axis before values", described(t, labelled(write.AssociatedFile{Name: "v.txt", Type: 3}, axis("a.txt", "de")), zipped("v.txt", "no", "a.txt", "a")),
			model.Metadata{Labels: []byte("a"), LabelFile: "a.txt", Files: []string{"v.txt", "a.txt"}}, ""},
		{"of another type", described(t, labelled(write.AssociatedFile{Name: "v.txt", Type: 5}), zipped("v.txt", "a", "labels.txt", "b")),
			model.Metadata{Labels: []byte("b"), LabelFile: "labels.txt", Files: []string{"v.txt", "labels.txt"}}, ""},
		{"of the graph", described(t, &write.Metadata{GraphFiles: []write.AssociatedFile{axis("g", "")}}, zipped("g", "a")),
			model.Metadata{Labels: []byte("a"), LabelFile: "g", Files: []string{"g"}}, ""},
		{"of the model", described(t, &write.Metadata{ModelFiles: []write.AssociatedFile{axis("m", "")}}, zipped("m", "a")),
			model.Metadata{Labels: []byte("a"), LabelFile: "m", Files: []string{"m"}}, ""},

		{"a file that is not there", described(t, labelled(axis("l.txt", "")), zipped("other.txt", "a")),
			model.Metadata{Files: []string{"other.txt"}}, `names the label file "l.txt", which is not in the archive`},
		{"no archive", described(t, labelled(axis("l.txt", ""))), model.Metadata{}, "no archive behind the model (was the file cut short?)"},
		{"not a number", described(t, &write.Metadata{Mean: []float32{float32(math.NaN())}, Std: []float32{1}}), model.Metadata{}, "cannot be used: mean [NaN], std [1]"},
		{"no spread", described(t, &write.Metadata{Mean: []float32{1}, Std: []float32{0}}), model.Metadata{}, "std above 0"},
		{"mean alone", described(t, &write.Metadata{Mean: []float32{1}}), model.Metadata{}, "cannot be used"},
		{"two channels", described(t, &write.Metadata{Mean: []float32{1, 2}, Std: []float32{1}}), model.Metadata{}, "cannot be used"},
		{"many channels", described(t, &write.Metadata{Mean: make([]float32, 100), Std: []float32{1}}), model.Metadata{}, "mean [0 0 0 0], std"},
		{"another format", withBuffer(t, []byte("\x10\x00\x00\x00M002rest")), model.Metadata{}, "format that this does not read"},
		{"short", withBuffer(t, []byte("M001")), model.Metadata{}, "format that this does not read"},
		{"nonsense", withBuffer(t, []byte("\xf0\xff\x00\x00M001rest")), model.Metadata{}, "metadata is damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := model.ReadMetadata(c.data)
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v (want %q)", err, c.says)
			}
			if got, want := got.Empty(), reflect.DeepEqual(c.want, model.Metadata{}); got != want {
				t.Errorf("empty: %v", got)
			}
			if _, err := model.Parse(c.data, model.Limits{}); err != nil {
				t.Errorf("the model: %v", err)
			}
		})
	}
}

// withBuffer is a model whose metadata has those bytes.
func withBuffer(t testing.TB, buffer []byte) []byte {
	t.Helper()
	data, err := write.ModelWithMetadata(graphs.Small(), buffer)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Archives count their offsets from the start of the file, as Python's zipfile does, or from their own.
func TestArchiveOffsets(t *testing.T) {
	front := described(t, nil)
	archive := zipped("labels.txt", "a\nb", "x", "y")
	moved := bytes.Clone(archive)
	shift := func(at int) { // an offset from here on counts from the start of the file
		binary.LittleEndian.PutUint32(moved[at:], binary.LittleEndian.Uint32(moved[at:])+uint32(len(front)))
	}
	end := bytes.LastIndex(moved, []byte("PK\x05\x06"))
	for at := int(binary.LittleEndian.Uint32(moved[end+16:])); at < end; at += 46 + int(binary.LittleEndian.Uint16(moved[at+28:])) + int(binary.LittleEndian.Uint16(moved[at+30:])) {
		shift(at + 42)
	}
	shift(end + 16)
	comment := append(bytes.Clone(archive), "a comment, at the very end"...)
	binary.LittleEndian.PutUint16(comment[end+20:], uint16(len(comment)-len(archive)))
	for name, behind := range map[string][]byte{"own": archive, "the file's": moved, "own, with a comment": comment, "behind a gap": append(make([]byte, 100), archive...)} {
		m, err := model.ReadMetadata(append(bytes.Clone(front), behind...))
		if err != nil || string(m.Labels) != "a\nb" {
			t.Errorf("%s: %q, %v", name, m.Labels, err)
		}
	}
}

// archived is a model with an archive that change has changed.
func archived(t testing.TB, change func(archive []byte, directory, end int) []byte) []byte {
	archive := zipped("labels.txt", strings.Repeat("label\n", 50))
	end := bytes.LastIndex(archive, []byte("PK\x05\x06"))
	return described(t, nil, change(archive, int(binary.LittleEndian.Uint32(archive[end+16:])), end))
}

// patch changes a number of two or four bytes, counted from the directory's first entry or, with end, from the record
// of its end.
func patch(end bool, at int, size int, value uint32) func([]byte, int, int) []byte {
	return func(archive []byte, directory, last int) []byte {
		if end {
			directory = last
		}
		if size == 2 {
			binary.LittleEndian.PutUint16(archive[directory+at:], uint16(value))
		} else {
			binary.LittleEndian.PutUint32(archive[directory+at:], value)
		}
		return archive
	}
}

// What is wrong with an archive is told, and costs the labels only.
func TestDamagedArchive(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"encrypted":         {archived(t, patch(false, 8, 2, 1)), "encrypted"},
		"another method":    {archived(t, patch(false, 10, 2, 99)), "unsupported compression"},
		"huge":              {archived(t, patch(false, 24, 4, 1<<30)), "says that it has 1073741824 bytes"},
		"more than it says": {archived(t, patch(false, 24, 4, 10)), "cannot be read"},
		"less than it says": {archived(t, patch(false, 24, 4, 4000)), "cannot be read"},
		"checksum":          {archived(t, patch(false, 16, 4, 1)), "checksum"},
		"an entry outside":  {archived(t, patch(false, 42, 4, 1<<30)), "cannot be read"},
		"large kind":        {archived(t, patch(true, 10, 2, 0xffff)), "zip64"},
		"many entries":      {archived(t, patch(true, 10, 2, 5000)), "5000 entries"},
		"fewer entries":     {archived(t, patch(true, 10, 2, 0)), "damaged"},
		"more entries":      {archived(t, patch(true, 10, 2, 3)), "damaged"},
		"a huge directory":  {archived(t, patch(true, 12, 4, 1<<30)), "1073741824 bytes"},
		"directory outside": {archived(t, patch(true, 16, 4, 1<<20)), "lies outside"},
		"several parts":     {archived(t, patch(true, 4, 2, 1)), "several parts"},
		"no directory":      {archived(t, patch(false, 0, 4, 0)), "damaged"},
		"cut short":         {archived(t, func(a []byte, _, end int) []byte { return a[:end] }), "cut short"},
		"cut very short":    {archived(t, func(a []byte, directory, _ int) []byte { return a[:directory-2] }), "cut short"},
		"twice":             {described(t, nil, zipped("labels.txt", "a", "labels.txt", "b")), "more than once"},
		"bomb":              {described(t, nil, zipped("labels.txt", strings.Repeat("0", 5<<20))), "says that it has 5242880 bytes"},
	} {
		m, err := model.ReadMetadata(c.data)
		if err == nil || !strings.Contains(err.Error(), c.says) || m.Labels != nil {
			t.Errorf("%s: %v (want %q), labels %q", name, err, c.says, m.Labels)
		}
	}
}

// A bomb that says that it is small is not unpacked.
func TestLyingBomb(t *testing.T) {
	archive := zipped("labels.txt", strings.Repeat("0", 64<<20))
	end := bytes.LastIndex(archive, []byte("PK\x05\x06"))
	binary.LittleEndian.PutUint32(archive[binary.LittleEndian.Uint32(archive[end+16:])+24:], 3<<20)
	data := described(t, nil, archive)
	before := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := model.ReadMetadata(data); err == nil {
				b.Fatal("no error")
			}
		}
	})
	if n := before.AllocedBytesPerOp(); n > 32<<20 {
		t.Errorf("%d bytes for an archive of %d", n, len(archive))
	}
}

// A directory that lies about the number of its entries is not read to its end.
func TestLyingDirectory(t *testing.T) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for range 20000 {
		if _, err := w.CreateRaw(&zip.FileHeader{Name: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close()); err != nil {
		t.Fatal(err)
	}
	data := archive.Bytes()
	end := bytes.LastIndex(data, []byte("PK\x05\x06"))
	size := binary.LittleEndian.Uint32(data[end+12:])
	for name, change := range map[string]func(){
		"as it is":        func() {},
		"few entries":     func() { binary.LittleEndian.PutUint16(data[end+10:], 1) },
		"a small one":     func() { binary.LittleEndian.PutUint32(data[end+12:], 47) },
		"elsewhere, too":  func() { binary.LittleEndian.PutUint32(data[end+16:], uint32(end)-size) },
		"at its own size": func() { binary.LittleEndian.PutUint32(data[end+16:], uint32(end)-47) },
	} {
		change()
		m, err := model.ReadMetadata(described(t, nil, data))
		if err == nil && len(m.Files) > 1 {
			t.Errorf("%s: %d files", name, len(m.Files))
		}
	}
}

// TestSharedMetadata reads what Coral and TensorFlow Hub ship.
func TestSharedMetadata(t *testing.T) {
	dir := shared.Dir(t)
	for file, want := range map[string]struct {
		labels int
		file   string
		mean   float32
	}{
		"models/mobilenet_v1_0.25_128_quant.tflite":          {1001, "imagenet_labels.txt", 127.5},
		"models/mobilenet_v2_1.0_224_inat_bird_quant.tflite": {965, "inat_bird_labels.txt", 127.5},
		"models/mobilenet_v1_0.25_128_quant_edgetpu.tflite":  {1001, "imagenet_labels.txt", 127.5},
		"models/zoo/deeplabv3_float.tflite":                  {0, "labelmap.txt", 127.5},
		"models/zoo/ssd_mobilenet_v1_coco.tflite":            {0, "labelmap.txt", 127.5},
		"models/googlenet_224_uint8.tflite":                  {},
		"cases/models/labels-inside.tflite":                  {3, "labels.txt", 0},
		"cases/models/logits-negative.tflite":                {},
	} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		m, err := model.ReadMetadata(data)
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if lines := len(strings.Split(strings.TrimSpace(string(m.Labels)), "\n")); want.labels != 0 && lines != want.labels || m.LabelFile != want.file {
			t.Errorf("%s: %d labels in %q", file, lines, m.LabelFile)
		}
		if want.mean != 0 && (len(m.Mean) == 0 || m.Mean[0] != want.mean || m.Std[0] != 127.5) {
			t.Errorf("%s: mean %v, std %v", file, m.Mean, m.Std)
		}
	}
}

func FuzzReadMetadata(f *testing.F) {
	f.Add(described(f, &write.Metadata{
		Name: "birds", Mean: []float32{127.5}, Std: []float32{128}, Threshold: 0.25, Calibrated: true,
		Files: []write.AssociatedFile{{Name: "l.txt", Type: 2, Locale: "en"}},
	}, zipped("l.txt", "a\nb", "x.txt", "c")))
	f.Add(described(f, nil, zipped("labels.txt", "a")))
	f.Add([]byte("TFL3"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		m, err := model.ReadMetadata(data)
		if m.Mean != nil && (len(m.Mean) == 0 || len(m.Std) == 0) || (m.Labels == nil) != (m.LabelFile == "") && m.Labels != nil {
			t.Errorf("%+v, %v", m, err)
		}
		for _, s := range append(m.Files, m.Name, m.LabelFile) {
			if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
				t.Errorf("%q is not fit to be shown", s)
			}
		}
	})
}

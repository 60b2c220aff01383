package bundle

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// sample is a bundle with a frame.
func sample(t testing.TB) *Bundle {
	t.Helper()
	b := New(Manifest{
		Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Device: "pi one", Version: "1.2.3", Go: "go1.26", OS: "linux", Arch: "arm64", Kernels: "dotprod",
		Models: []Model{{Name: "demo", File: "builtin:demo", SHA256: Hash(nil), Bytes: 12}}, Cameras: []Camera{{Name: "front", Model: "demo", Frames: 1}}, LeftOut: []string{"doctor: it did not end in time"},
	})
	step := Step{
		Sequence: 7, Time: time.Date(2026, 1, 2, 3, 4, 4, 123456789, time.UTC), Monotonic: 99, Enter: 0.5, Gate: "all", Engine: "cpu",
		Picture:  Picture{File: FrameName("front", 1, "grey"), Format: "GREY", Width: 2, Height: 1, Stride: 2, SHA256: Hash([]byte("ab"))},
		Seen:     Seen{Tensor: Hash(nil), Outputs: []string{Hash(nil), ""}},
		Messages: []Message{{Topic: "front/result", Payload: json.RawMessage(`{"a":1}`)}},
	}
	lines := AppendStep(AppendStep(nil, &step), &Step{Interrupt: "lost for 10s", Messages: []Message{}})
	for _, f := range []struct{ name, data string }{{ConfigName, "device: x\n"}, {step.File, "ab"}, {StepsName("front"), string(lines)}} {
		if err := b.Add(f.name, "what it is", []byte(f.data)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func written(t testing.TB, b *Bundle) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestThereAndBack(t *testing.T) {
	b := sample(t)
	data := written(t, b)
	if b.Size() != int64(len(data)) || b.Name() != "inceptiond-pi_one-20260102T030405Z" {
		t.Errorf("%s: %d bytes, said %d", b.Name(), len(data), b.Size())
	}
	got, err := Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, b) {
		t.Errorf("got %+v\nwant %+v", got, b)
	}
	steps, err := got.Steps("front")
	if err != nil || len(steps) != 2 || steps[0].Sequence != 7 || steps[1].Interrupt != "lost for 10s" || !steps[0].Time.Equal(b.Manifest.Created.Add(-time.Second+123456789)) {
		t.Errorf("steps %+v, %v", steps, err)
	}
	if steps, err := got.Steps("other"); len(steps) != 0 || err != nil {
		t.Errorf("steps of no camera: %v, %v", steps, err)
	}
	if m := got.Manifest.Camera("front"); m == nil || m.Frames != 1 || got.Manifest.Camera("back") != nil {
		t.Errorf("camera %v", m)
	}
}

// TestAll holds what All names to the files of the tar.
func TestAll(t *testing.T) {
	b := sample(t)
	all, in := b.All(), tar.NewReader(bytes.NewReader(written(t, b)))
	if _, err := in.Next(); err != nil { // the folder
		t.Fatal(err)
	}
	for _, f := range all {
		head, err := in.Next()
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		data, err := io.ReadAll(in)
		if err != nil || head.Name != b.Name()+"/"+f.Name || int64(len(data)) != f.Bytes || Hash(data) != f.SHA256 || f.About == "" {
			t.Errorf("%+v is %s of %d bytes, %v", f, head.Name, len(data), err)
		}
	}
	if _, err := in.Next(); err != io.EOF {
		t.Errorf("after all %d: %v", len(all), err)
	}
}

func TestListing(t *testing.T) {
	files := []File{
		{Name: "config.yaml", Bytes: 1}, {Name: "frames/a/0001.jpg", Bytes: 2}, {Name: "frames/a/0002.jpg", Bytes: 3}, {Name: "frames/b/0001.jpg", Bytes: 4, About: "one"},
		{Name: "frames/b.jsonl", Bytes: 5}, {Name: "frames/c.jsonl", Bytes: 6},
	}
	var got []string
	for _, f := range Listing(files) {
		got = append(got, fmt.Sprintf("%s %d %s", f.Name, f.Bytes, f.About))
	}
	want := "config.yaml 1 |frames/a/0001.jpg … 0002.jpg 5 2 frames, as the model's look saw them|frames/b/0001.jpg 4 one|frames/b.jsonl 5 |frames/c.jsonl 6 "
	if strings.Join(got, "|") != want {
		t.Errorf("got %q", got)
	}
}

func TestAddRefuses(t *testing.T) {
	b := sample(t)
	for name, data := range map[string]int{ConfigName: 1, "../x": 1, "/x": 1, "a/../b": 1, ".x": 1, "": 1, "a//b": 1, "a/b/c/d": 1, "ä": 1, strings.Repeat("a", MaxName+1): 1, "large": MaxBytes} {
		if err := b.Add(name, "", make([]byte, data)); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	if len(b.Manifest.Files) != 3 {
		t.Errorf("%d files", len(b.Manifest.Files))
	}
}

// entry is one of a tar.
type entry struct {
	name string
	kind byte
	data string
}

func tarOf(t testing.TB, list ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range list {
		head := &tar.Header{Name: e.name, Typeflag: e.kind, Size: int64(len(e.data)), Linkname: ""}
		if e.kind == tar.TypeSymlink || e.kind == tar.TypeLink {
			head.Linkname = "/etc/passwd"
		}
		if err := w.WriteHeader(head); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReadRefuses(t *testing.T) {
	empty := `{"bundle":1,"created":"2026-01-02T03:04:05Z"}`
	one := `{"bundle":1,"created":"2026-01-02T03:04:05Z","files":[{"name":"a","bytes":1,"sha256":"` + Hash([]byte("x")) + `"}]}`
	file := func(name, data string) entry { return entry{name, tar.TypeReg, data} }
	manyFiles := []entry{file("d/manifest.json", one)}
	for i := range MaxFiles + 1 {
		manyFiles = append(manyFiles, file(fmt.Sprintf("d/f%d", i), ""))
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":                {nil, "it is no tar"},
		"rubbish":                {bytes.Repeat([]byte("rubbish "), 200), "no tar"},
		"compressed":             {[]byte("\x1f\x8b\x08\x00"), "gunzip"},
		"no manifest":            {tarOf(t, file("d/a", "x")), "no manifest.json"},
		"no JSON":                {tarOf(t, file("d/manifest.json", "{")), "manifest.json"},
		"no format":              {tarOf(t, file("d/manifest.json", "{}")), "which format"},
		"newer":                  {tarOf(t, file("d/manifest.json", strings.Replace(empty, `1,`, `2,`, 1))), "newer inceptiond"},
		"no time":                {tarOf(t, file("d/manifest.json", `{"bundle":1}`)), "created"},
		"no folder":              {tarOf(t, file("manifest.json", empty)), "folder"},
		"above":                  {tarOf(t, file("../manifest.json", empty)), "folder"},
		"above it":               {tarOf(t, file("d/manifest.json", empty), file("d/../x", "")), "no name"},
		"root":                   {tarOf(t, file("/manifest.json", empty)), "folder"},
		"two folders":            {tarOf(t, file("d/manifest.json", one), file("e/a", "x")), "not in the folder d"},
		"twice":                  {tarOf(t, file("d/manifest.json", one), file("d/a", "x"), file("d/a", "x")), "twice"},
		"link":                   {tarOf(t, file("d/manifest.json", one), entry{"d/a", tar.TypeSymlink, ""}), "no plain file"},
		"hard link":              {tarOf(t, file("d/manifest.json", one), entry{"d/a", tar.TypeLink, ""}), "no plain file"},
		"device":                 {tarOf(t, entry{"d/a", tar.TypeChar, ""}), "no plain file"},
		"strange folder":         {tarOf(t, entry{"d/../../x/", tar.TypeDir, ""}), "no name"},
		"missing":                {tarOf(t, file("d/manifest.json", one)), "missing"},
		"changed":                {tarOf(t, file("d/manifest.json", one), file("d/a", "y")), "changed"},
		"more":                   {tarOf(t, file("d/manifest.json", one), file("d/a", "x"), file("d/b", "x")), "not in manifest.json"},
		"camera":                 {tarOf(t, file("d/manifest.json", strings.Replace(empty, `1,`, `1,"cameras":[{"name":"../x"}],`, 1))), "no name"},
		"large manifest":         {tarOf(t, file("d/manifest.json", strings.Repeat(" ", maxManifest+1))), "at most"},
		"newer, of other types":  {tarOf(t, file("d/manifest.json", `{"bundle":2,"models":{},"files":7}`)), "newer inceptiond"},
		"newer, of other files":  {tarOf(t, file("d/manifest.json", `{"bundle":2}`), file("d/a/b/c/d/e", ""), entry{"d/l", tar.TypeSymlink, ""}), "newer inceptiond"},
		"many values":            {tarOf(t, file("d/manifest.json", `{"bundle":1,"models":[`+strings.Repeat(`{},`, maxValues)+`{}]}`)), "too many values"},
		"model of no hash":       {tarOf(t, file("d/manifest.json", strings.Replace(empty, `1,`, `1,"models":[{"name":"a","sha256":"../../etc"}],`, 1))), "no hashes"},
		"people of no version":   {tarOf(t, file("d/manifest.json", strings.Replace(empty, `1,`, `1,"models":[{"name":"a","people":"../../etc"}],`, 1))), "no hashes"},
		"device that leads away": {tarOf(t, file("d/manifest.json", strings.Replace(empty, `1,`, `1,"device":"../../etc",`, 1))), "device"},
		"device that paints":     {tarOf(t, file("d/manifest.json", strings.Replace(empty, `1,`, `1,"device":"\u001b[2J",`, 1))), "device"},
		"a size that is a lie":   {tarOf(t, file("d/manifest.json", strings.Replace(one, `"bytes":1`, `"bytes":4611686018427387904`, 1)), file("d/a", "x")), "changed"},
		"more than it can have":  {append(tarOf(t, file("d/manifest.json", one))[:1024], head("d/a", MaxBytes+maxManifest+1)...), "96 MiB"},
		"the most that can be":   {append(tarOf(t, file("d/manifest.json", one))[:1024], head("d/a", math.MaxInt64)...), "96 MiB"},
		"many files":             {tarOf(t, manyFiles...), "4096 files"},
		"many folders":           {tarOf(t, slices.Repeat([]entry{{"d/x/", tar.TypeDir, ""}}, maxEntries+1)...), "4096 files"},
		"sparse":                 {sparsely(t, "d/a"), "no plain file"},
	} {
		b, err := Read(bytes.NewReader(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v; want an error about %q", name, b, err, c.want)
			continue
		}
		says := func(how string) bool { return strings.Contains(err.Error(), how) }
		if !slices.ContainsFunc([]string{remedy, "want a file that `inceptiond bundle` has made", "`gunzip`", "take a newer inceptiond"}, says) {
			t.Errorf("%s: %v: what is to be done?", name, err)
		}
	}
}

// head is the header of a file in a tar that says it has so many bytes, of which none need follow.
func head(name string, size int64) []byte {
	var out bytes.Buffer
	if err := tar.NewWriter(&out).WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: size, Format: tar.FormatGNU}); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// sparsely is a tar with a file of 80 MB of which nothing is stored, in the older one of GNU tar's ways.
func sparsely(t testing.TB, name string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Format: tar.FormatPAX, PAXRecords: map[string]string{
		"GNU!sparse.size": "80000000", "GNU!sparse.numblocks": "1", "GNU!sparse.map": "0,0",
	}})
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(out.Bytes(), []byte("GNU!"), []byte("GNU.")) // which the writer does not take
}

// endless repeats a block.
type endless struct {
	block []byte
	read  int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.block[e.read%len(e.block):])
	e.read += n
	return n, nil
}

// What never ends is read as far as a bundle can go, and no further.
func TestReadEnds(t *testing.T) {
	manifest := tarOf(t, entry{"d/manifest.json", tar.TypeReg, `{"bundle":1}`})[:1024]
	named := tarOf(t, entry{"d/" + strings.Repeat("x", 300), tar.TypeReg, ""}) // the name is before its header
	for what, c := range map[string]struct {
		begins, block []byte
	}{
		"folders":     {manifest, tarOf(t, entry{"d/x/", tar.TypeDir, ""})[:512]},
		"long names":  {manifest, named[:1024]},
		"one file":    {slices.Concat(manifest, head("d/x", MaxBytes)), make([]byte, 512)},
		"large claim": {slices.Concat(manifest, head("d/x", 1<<40)), make([]byte, 512)},
	} {
		more := &endless{block: slices.Repeat(c.block, 64)}
		_, err := Read(io.MultiReader(bytes.NewReader(c.begins), more))
		if err == nil || !strings.Contains(err.Error(), remedy) || more.read > maxTar+4096 {
			t.Errorf("%s: %v after %d bytes", what, err, more.read)
		}
	}
}

// A file that was cut anywhere is refused, and never read as a smaller bundle.
func TestReadRefusesEveryCut(t *testing.T) {
	data := written(t, sample(t))
	lines, _ := sample(t).File(StepsName("front"))
	whole := bytes.LastIndex(data, lines) + len(lines) // what follows fills blocks
	for n := range whole {
		if _, err := Read(bytes.NewReader(data[:n])); err == nil {
			t.Fatalf("%d of %d bytes are a bundle", n, len(data))
		}
	}
}

func TestStepsRefuse(t *testing.T) {
	for text, want := range map[string]string{
		"{":  "line 1",
		`{}`: "neither",
		`{"interrupt":"x"}` + "\n" + `{"interrupt":"x","file":"a"}`:                              "line 2",
		`{"file":"a","width":1,"height":99999}`:                                                  "pixels",
		`{"file":"gone","width":1,"height":1}`:                                                   `no file "gone"`,
		`{"file":"a","width":1,"height":1,"format":"planes"}`:                                    "planes",
		strings.Repeat("\n", maxSteps+1):                                                         "at most",
		`{"interrupt":"x","outputs":[""]}`:                                                       "a frame and an interruption in one",
		`{"interrupt":"x"` + strings.Repeat(" ", MaxStep):                                        "4194304",
		`{"interrupt":"x","messages":[` + strings.Repeat("{},", maxValues):                       "too many values",
		`{"interrupt":"x","messages":[{}]}`:                                                      "message 1 has no topic",
		`{"interrupt":"x","messages":[` + strings.Repeat("{},", maxList) + "{}]}":                "1025 messages",
		`{"file":"a","width":1,"height":1,"crops":[{}]}`:                                         "crop 1",
		`{"file":"a","width":1,"height":1,"outputs":[` + strings.Repeat(`"",`, maxList) + `""]}`: "1025 outputs",
		`{"file":"a","width":1,"height":1}` + "\n" + `{"file":"a","width":1,"height":1}`:         `line 2: "a" is another frame already`,
	} {
		b := New(Manifest{})
		if err := b.Add("a", "", nil); err != nil {
			t.Fatal(err)
		}
		if err := b.Add(StepsName("c"), "", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Steps("c"); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), remedy) {
			t.Errorf("%.40s: %v, want an error about %q", text, err, want)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"[]": "cannot unmarshal", "{": "unexpected end", `{"a":"` + strings.Repeat("x", maxStart) + `"}`: "at most 1048576", `{"a":[` + strings.Repeat("0,", maxValues+1) + `0]}`: "too many values",
		`{"a":[1,2]}`: "",
	} {
		b := New(Manifest{})
		if err := b.Add(StartName("c"), "", []byte(text)); err != nil {
			t.Fatal(err)
		}
		var got struct{ A any }
		there, err := b.Start("c", &got)
		if want == "" && (!there || err != nil) || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), remedy)) {
			t.Errorf("%.40s: %t, %v, want an error about %q", text, there, err, want)
		}
	}
	if there, err := New(Manifest{}).Start("c", nil); there || err != nil {
		t.Errorf("of no camera: %t, %v", there, err)
	}
}

func TestWriteFile(t *testing.T) {
	b, path := sample(t), filepath.Join(t.TempDir(), "x.tar")
	if err := b.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if got, err := Open(path); err != nil || !reflect.DeepEqual(got, b) {
		t.Errorf("%v", err)
	}
	if _, err := Open(filepath.Dir(path)); err == nil || !strings.Contains(err.Error(), "is a folder: give the file, or pack it again: tar cf ") {
		t.Errorf("a folder: %v", err)
	}
	if err := b.WriteFile(path); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("an existing file: %v", err)
	}
	fails := func(io.Writer) error { return io.ErrClosedPipe }
	if err := CreateFile(path+"2", fails); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(path + "2"); err == nil {
		t.Error("a file that was begun is left")
	}
}

func FuzzRead(f *testing.F) {
	data := written(f, sample(f))
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add(tarOf(f, entry{"d/manifest.json", tar.TypeReg, `{"bundle":1,"created":"2026-01-02T03:04:05Z"}`}))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, c := range b.Manifest.Cameras {
			_, _ = b.Steps(c.Name)
		}
		again, err := Read(bytes.NewReader(written(t, b)))
		if err != nil || len(again.contents) != len(b.contents) {
			t.Errorf("what was read cannot be read again: %v", err)
		}
	})
}

func FuzzSteps(f *testing.F) {
	data, _ := sample(f).File(StepsName("front"))
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		b := New(Manifest{})
		if b.Add(StepsName("c"), "", data) != nil {
			return
		}
		steps, err := b.Steps("c")
		if err != nil {
			return
		}
		for i := range steps {
			_ = AppendStep(nil, &steps[i])
		}
	})
}

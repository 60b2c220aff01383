package store

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/memorydir"
)

// taught is a name with something of everything.
func taught(t testing.TB) *Name {
	n := newName(t, Limits{})
	taken := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range 3 {
		add(t, n, Pictures, "cat", i, Note{Camera: "porch", Time: taken})
		add(t, n, Pictures, "dog", 10+i, Note{Camera: "porch"})
	}
	add(t, n, Held, "cat", 20, Note{Label: "dog", Score: 0.5, Why: "unsure"})
	add(t, n, Normal, "", 30, Note{})
	add(t, n, Inbox, "", 40, Note{Camera: "porch"})
	copyIn(t, n, "pictures/dog/My house at 12 Main Street.JPG", jpegOf(50, 100))
	copyIn(t, n, "pictures/dog/broken link.txt", []byte("x"))
	v := filesOf("A", "cat", "dog")
	v.Report = []byte(`{"base":{"file":"/home/ann/base.tflite"},"accuracy":0.912345678901234567,"classes":[{"label":"cat"},{"label":"dog"}]}`)
	id, err := n.Commit(v)
	if err = errors.Join(err, n.Use(id)); err != nil {
		t.Fatal(err)
	}
	return n
}

func exportOf(t testing.TB, n *Name, cameras bool) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := n.Export(&b, cameras); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestExport(t *testing.T) {
	n := taught(t)
	text := exportOf(t, n, false)
	if !bytes.Equal(text, exportOf(t, n.again(t), false)) {
		t.Error("twice the same are not the same bytes")
	}
	var names []string
	files := map[string]string{}
	for r := tar.NewReader(bytes.NewReader(text)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		data, also := io.ReadAll(r)
		if err := errors.Join(err, also); err != nil {
			t.Fatal(err)
		}
		names, files[h.Name] = append(names, h.Name), string(data)
		if !h.ModTime.Equal(time.Unix(0, 0)) || h.Mode != 0o600 || h.Uid != 0 || h.Uname != "" {
			t.Errorf("%+v", h)
		}
	}
	if len(names) != 18 || names[0] != "base.json" || names[17] != "report.json" || !slices.IsSorted(names[1:17]) {
		t.Errorf("%d names: %q", len(names), names)
	}
	all := fmt.Sprintln(files)
	for _, private := range []string{"porch", "/home", "/var", "inbox", "Main Street", "taught"} {
		if strings.Contains(all, private) {
			t.Errorf("it says %q:\n%s", private, all)
		}
	}
	if !strings.Contains(files["report.json"], "0.912345678901234567") || !json.Valid([]byte(files["report.json"])) {
		t.Errorf("report %s", files["report.json"])
	}
	if strings.Count(all, `"camera":"camera-1"`) != 6 {
		t.Errorf("pictures of one camera are not said to be:\n%s", all)
	}
	if !bytes.Contains(exportOf(t, n, true), []byte("porch")) {
		t.Error("no cameras, though they were asked for")
	}
}

func TestImport(t *testing.T) {
	n := taught(t)
	m, err := n.store.Import(bytes.NewReader(exportOf(t, n, true)), "other")
	if err != nil {
		t.Fatal(err)
	}
	for _, shelf := range exported {
		was, _, err := n.List(shelf)
		is, skipped, also := m.List(shelf)
		if errors.Join(err, also) != nil || len(skipped) > 0 || len(is) != len(was) || len(is) == 0 {
			t.Fatalf("%s: %d of %d pictures, %+v, %v", shelf, len(is), len(was), skipped, errors.Join(err, also))
		}
		for i := range is {
			if is[i].ID != was[i].ID || is[i].Note != was[i].Note || is[i].Class != was[i].Class {
				t.Errorf("got %+v\nwant %+v", is[i], was[i])
			}
		}
	}
	if list, _, err := m.List(Inbox); err != nil || len(list) > 0 {
		t.Errorf("%d pictures in the inbox, %v", len(list), err)
	}
	if b, err := m.Base(); err != nil || b.File != "inception_v1_quant.tflite" || b.SHA256 != someBase.SHA256 || b.Region != someBase.Region {
		t.Errorf("%+v, %v", b, err)
	}
	if again := exportOf(t, m, true); !bytes.Equal(again[:1024], exportOf(t, n, true)[:1024]) {
		t.Error("an import does not export what it was")
	}
	_, err = n.store.Import(bytes.NewReader(exportOf(t, n, true)), "gate")
	if !errors.Is(err, ErrExists) {
		t.Errorf("error %v, want ErrExists", err)
	}
}

// entry is a file of a tar.
type entry struct {
	name string
	kind byte // 0: a file
	data string
	size int64             // 0: of data
	pax  map[string]string // more of it
}

// tarOf is a tar of entries; with base, base.json comes first.
func tarOf(t testing.TB, base bool, list ...entry) []byte {
	t.Helper()
	if base {
		text, err := someBase.text()
		if err != nil {
			t.Fatal(err)
		}
		list = append([]entry{{name: baseName, data: string(text)}}, list...)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range list {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Size: max(e.size, int64(len(e.data))), Mode: 0o600, PAXRecords: e.pax}
		switch e.kind {
		case 0:
			h.Typeflag = tar.TypeReg
		case tar.TypeSymlink, tar.TypeLink:
			h.Linkname = "/etc/passwd"
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.data); err != nil {
			t.Fatal(err)
		}
		if e.size > 0 { // no more of it
			return b.Bytes()
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestImportOfOthers: a tar of another program is as good.
func TestImportOfOthers(t *testing.T) {
	s := Open(filepath.Join(memorydir.New(t), "teach"), Limits{})
	one, two := string(jpegOf(1, 100)), string(jpegOf(2, 100))
	n, err := s.Import(bytes.NewReader(tarOf(t, false,
		entry{name: "./", kind: tar.TypeDir}, entry{name: "./pictures/", kind: tar.TypeDir}, entry{name: "./pictures/cat/", kind: tar.TypeDir},
		entry{name: "./pictures/cat/" + idOf([]byte(two)) + ".json", data: `{"label":"dog"}`}, // before its picture
		entry{name: "./pictures/cat/" + strings.Repeat("0", 64) + ".json", data: `{"label":"dog"}`},
		entry{name: "./pictures/cat/._IMG_1.JPG", data: "a resource fork"}, entry{name: "./pictures/cat/IMG_1.JPG", data: one}, entry{name: "./pictures/cat/copy.jpg", data: one}, entry{name: "./pictures/cat/IMG_2.JPG", data: two},
		entry{name: "./report.json", data: "{}"}, entry{name: "./base.json", data: `{"schema":1,"name":"builtin:demo"}`})), "gate")
	if err != nil {
		t.Fatal(err)
	}
	list, skipped, err := n.List(Pictures)
	if err != nil || len(list) != 2 || len(skipped) > 0 {
		t.Errorf("%+v, %+v, %v", list, skipped, err)
	}
	if p, err := n.Find(idOf([]byte(two))); err != nil || p.Note.Label != "dog" || p.File != "pictures/cat/"+p.ID+".jpg" {
		t.Errorf("%+v, %v", p, err)
	}
	if got := tree(t, n.Path()); len(got) != 4 {
		t.Errorf("files: %q", got)
	}
}

// TestImportRefuses: whatever is wrong, nothing is left, and nothing was written elsewhere.
func TestImportRefuses(t *testing.T) {
	picture := string(jpegOf(1, 100))
	good := entry{name: "pictures/cat/a.jpg", data: picture}
	var many []entry
	for i := range 11 {
		many = append(many, entry{name: fmt.Sprintf("normal/%d.jpg", i), data: string(jpegOf(i, 100))})
	}
	for name, c := range map[string]struct {
		tar  []byte
		want string
	}{
		"nothing":          {nil, "cut off"},
		"no tar":           {bytes.Repeat([]byte("no tar at all "), 100), "no tar of `teach export`"},
		"cut":              {tarOf(t, true, good)[:1600], "damaged"},
		"cut after a file": {tarOf(t, true, good)[:2048], "cut off"},
		"no base":          {tarOf(t, false, good), "no base.json"},
		"bad base":         {tarOf(t, false, entry{name: baseName, data: "{}"}), "schema 0"},
		"absolute":         {tarOf(t, true, good, entry{name: "/pictures/cat/b.jpg", data: picture}), "no place here"},
		"above":            {tarOf(t, true, good, entry{name: "pictures/../../../x.jpg", data: picture}), "no place here"},
		"above, hidden":    {tarOf(t, true, good, entry{name: "pictures/cat/../../x.jpg", data: picture}), "no place here"},
		"unclean":          {tarOf(t, true, good, entry{name: "pictures/cat//x.jpg", data: picture}), "no place here"},
		"backslash":        {tarOf(t, true, good, entry{name: `pictures\cat\x.jpg`, data: picture}), "no place here"},
		"dots":             {tarOf(t, true, good, entry{name: "pictures/cat/..", data: picture}), "no place here"},
		"inbox":            {tarOf(t, true, good, entry{name: "inbox/x.jpg", data: picture}), "no place here"},
		"version":          {tarOf(t, true, good, entry{name: "versions/0123456789ab/model.tflite", data: picture}), "no place here"},
		"top":              {tarOf(t, true, good, entry{name: "x.jpg", data: picture}), "no place here"},
		"no class":         {tarOf(t, true, good, entry{name: "pictures/x.jpg", data: picture}), "in a folder of its class"},
		"class of normal":  {tarOf(t, true, good, entry{name: "normal/cat/x.jpg", data: picture}), "no place here"},
		"class none":       {tarOf(t, true, good, entry{name: "pictures/none/x.jpg", data: picture}), "no place here"},
		"deep":             {tarOf(t, true, good, entry{name: "pictures/cat/dog/x.jpg", data: picture}), "no place here"},
		"folder":           {tarOf(t, true, good, entry{name: "etc/", kind: tar.TypeDir}), "the folder"},
		"folder of class":  {tarOf(t, true, good, entry{name: "pictures/../", kind: tar.TypeDir}), "want 1 to 64"},
		"symlink":          {tarOf(t, true, good, entry{name: "pictures/cat/x.jpg", kind: tar.TypeSymlink}), "no plain file"},
		"symlink, base":    {tarOf(t, false, entry{name: baseName, kind: tar.TypeSymlink}), "no plain file"},
		"hard link":        {tarOf(t, true, good, entry{name: "pictures/cat/x.jpg", kind: tar.TypeLink}), "no plain file"},
		"device":           {tarOf(t, true, good, entry{name: "pictures/cat/x.jpg", kind: tar.TypeChar}), "no plain file"},
		"pipe":             {tarOf(t, true, good, entry{name: "pictures/cat/x.jpg", kind: tar.TypeFifo}), "no plain file"},
		"twice":            {tarOf(t, true, good, good), "twice"},
		"twice, dot":       {tarOf(t, true, good, entry{name: "./" + good.name, data: picture}), "twice"},
		"base twice":       {tarOf(t, true, entry{name: baseName, data: `{"schema":1}`}), "twice"},
		"huge picture":     {tarOf(t, true, good, entry{name: "pictures/cat/x.jpg", size: 1 << 40}), "16 MiB at most"},
		"huge base":        {tarOf(t, false, entry{name: baseName, size: 1 << 40}), "65536 bytes at most"},
		"huge report":      {tarOf(t, true, entry{name: ReportFile, size: 1 << 40}), "16 MiB at most"},
		"huge note":        {tarOf(t, true, entry{name: "normal/" + strings.Repeat("0", 64) + ".json", size: 1 << 40}), "4096 bytes at most"},
		"huge name":        {tarOf(t, true, entry{name: "normal/" + strings.Repeat("0", 100_000) + ".jpg", data: picture}), "a name of"},
		"more than may be": {tarOf(t, true, many...), "teach.max_bytes"},
		"other bytes":      {tarOf(t, true, entry{name: "normal/" + strings.Repeat("0", 64) + ".jpg", data: picture}), "other bytes"},
		"no picture":       {tarOf(t, true, entry{name: "normal/x.jpg", data: "GIF89a"}), "no picture"},
		"no ending":        {tarOf(t, true, entry{name: "normal/x.gif", data: picture}), "neither a picture"},
		"sparse":           {sparseTar(t), "no plain file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := memorydir.New(t)
			s := Open(filepath.Join(dir, "state", "teach"), Limits{MaxBytes: 1000})
			_, err := s.Import(bytes.NewReader(c.tar), "gate")
			wantError(t, err, c.want)
			if left := tree(t, dir); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
			if entries, err := os.ReadDir(s.path); err != nil || len(entries) > 0 {
				t.Errorf("left: %v, %v", entries, err)
			}
		})
	}
	s := Open(filepath.Join(memorydir.New(t), "teach"), Limits{})
	for _, name := range []string{"../x", "", "A"} {
		if _, err := s.Import(bytes.NewReader(tarOf(t, true, good)), name); err == nil {
			t.Errorf("imported as %q", name)
		}
	}
}

// sparseTar has a file whose bytes are said to be a terabyte of nothing: a header of PAX format 1.0, as GNU tar writes it.
func sparseTar(t testing.TB) []byte {
	// The writer refuses to write such records, so they are put in the place of others.
	text := tarOf(t, true, entry{name: "normal/x.jpg", data: strings.Repeat("0\n", 256), pax: map[string]string{
		"GNX.sparse.major": "1", "GNX.sparse.minor": "0", "GNX.sparse.name": "normal/x.jpg", "GNX.sparse.realsize": "1099511627776"}})
	return bytes.ReplaceAll(text, []byte("GNX.sparse"), []byte("GNU.sparse"))
}

// TestImportTooMany: a tar of more files than may be ends early.
func TestImportTooMany(t *testing.T) {
	text := tarOf(t, true, entry{name: "normal/", kind: tar.TypeDir})
	folder := text[len(text)-1024-512 : len(text)-1024]
	var b bytes.Buffer
	b.Write(text[:len(text)-1024])
	b.Write(bytes.Repeat(folder, maxEntries))
	_, err := Open(filepath.Join(memorydir.New(t), "teach"), Limits{}).Import(&b, "gate")
	wantError(t, err, "more than 100000 files")
}

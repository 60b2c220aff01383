package store

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/memorydir"
)

// FuzzNote: whatever a note says, what is made of it is within its bounds, and reads as what it is.
func FuzzNote(f *testing.F) {
	for _, text := range []string{`{}`, `{"camera":"porch","time":"2026-03-01T12:00:00Z","label":"cat","score":0.5,"why":"unsure"}`, `{"score":1e400}`,
		`{"score":-1}`, `{"time":"0001-01-01T00:00:00Z"}`, `{"time":"2026-03-01T12:00:00+01:00"}`, `{"camera":"\u0000"}`, `{"label":"\ud800"}`, `null`, `[]`, `{"camera":1}`, ``} {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{"camera":"` + strings.Repeat("ä", 200) + `"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		n := parseNote(text)
		if n != n.tidy() || len(n.Camera) > maxText || !(n.Score >= 0 && n.Score <= 1) {
			t.Fatalf("%+v", n)
		}
		if again := parseNote(n.text()); again != n {
			t.Fatalf("%+v became %+v", n, again)
		}
		if len(n.text()) > maxNote {
			t.Fatalf("%d bytes", len(n.text()))
		}
	})
}

func FuzzBase(f *testing.F) {
	if text, err := someBase.text(); err != nil {
		f.Fatal(err)
	} else {
		f.Add(text)
	}
	for _, text := range []string{``, `{}`, `{"schema":1}`, `{"schema":2}`, `{"schema":1,"region":[2,0,0,0]}`, `{"schema":1,"rotate":45}`, `{"schema":1,"name":"\n"}`, `{"schema":1,"sha256":"x"}`, `{"schema":1,"kind":"people","mean":[1],"std":[2]}`, `{"schema":1,"kind":"x"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := parseBase(text)
		if err != nil {
			return
		}
		again, err := b.text()
		if err != nil {
			t.Fatal(err)
		}
		c, err := parseBase(again)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := c.text(); err != nil || !bytes.Equal(text, again) {
			t.Fatalf("%s became %s, %v", again, text, err)
		}
		if e := b.elsewhere(); e.check() != nil || strings.Contains(e.File, "/") && e.File != "/" {
			t.Fatalf("%+v", e)
		}
	})
}

func FuzzReport(f *testing.F) {
	for _, text := range []string{``, `{}`, `{"classes":[]}`, `{"classes":[{"label":"cat"},{"label":"dog"}]}`, `{"classes":{"label":"cat"}}`, `[1e999,"/home/x"]`, `{"base":{"file":"/a/b"}}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if list, err := classesOf(text); (err == nil) != (len(list) > 0) {
			t.Fatalf("%q, %v", list, err)
		}
		short, err := withoutPaths(text)
		if err != nil {
			return
		}
		if again, err := withoutPaths(short); err != nil || !bytes.Equal(again, short) {
			t.Fatalf("%s became %s, %v", short, again, err)
		}
	})
}

// FuzzImport: whatever a tar has, it becomes a name that is whole, or nothing.
func FuzzImport(f *testing.F) {
	picture := string(jpegOf(1, 100))
	f.Add(tarOf(f, true))
	f.Add(tarOf(f, true, entry{name: "pictures/cat/a.jpg", data: picture}, entry{name: "normal/b.jpg", data: picture}, entry{name: "held/dog/c.png", data: "\x89PNG\r\n\x1a\nx"}))
	f.Add(tarOf(f, true, entry{name: "pictures/cat/" + idOf([]byte(picture)) + ".jpg", data: picture}, entry{name: "pictures/cat/" + idOf([]byte(picture)) + ".json", data: `{"camera":"porch"}`}))
	f.Add(tarOf(f, true, entry{name: "../x.jpg", data: picture}))
	f.Add(sparseTar(f))
	dir := memorydir.New(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		s := Open(filepath.Join(dir, "teach"), Limits{MaxBytes: 1 << 20})
		n, err := s.Import(bytes.NewReader(text), "gate")
		if err != nil {
			if names, also := s.Names(); also != nil || len(names) > 0 {
				t.Fatalf("%v: left %q, %v", err, names, also)
			}
			if files := tree(t, dir); len(files) > 0 {
				t.Fatalf("%v: left %q", err, files)
			}
			return
		}
		for _, shelf := range shelves {
			list, skipped, err := n.List(shelf)
			if err != nil || len(skipped) > 0 || shelf == Inbox && len(list) > 0 {
				t.Fatalf("%+v, %+v, %v", list, skipped, err)
			}
			for _, p := range list {
				if _, err := n.Read(p); err != nil {
					t.Fatal(err)
				}
			}
		}
		_, err = n.Base()
		if err := errors.Join(err, n.Remove()); err != nil {
			t.Fatal(err)
		}
	})
}

package files

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/image/bmp"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
)

// write puts a picture 8 pixels high of the named width into dir, in the format of its ending.
func write(t *testing.T, dir, name string, width int) string {
	t.Helper()
	var b bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, width, 8))
	var err error
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png":
		err = png.Encode(&b, m)
	case ".bmp":
		err = bmp.Encode(&b, m)
	case ".jpg", ".jpeg":
		err = jpeg.Encode(&b, m, nil)
	default:
		b.WriteString("no picture")
	}
	path := filepath.Join(dir, name)
	if err = errors.Join(err, os.WriteFile(path, b.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, o Options) capture.Source {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// shown reads n pictures and returns their names: with an error in place of one that could not be read.
func shown(t *testing.T, s capture.Source, n int) []string {
	t.Helper()
	var names []string
	for range n {
		var f capture.Frame
		switch err := s.Read(t.Context(), &f); {
		case errors.Is(err, capture.ErrBadFrame):
			names = append(names, "bad")
		case err != nil:
			return append(names, err.Error())
		default:
			names = append(names, filepath.Base(f.Name))
		}
	}
	return names
}

func want(t *testing.T, got []string, names ...string) {
	t.Helper()
	if !slices.Equal(got, names) {
		t.Errorf("shown: %q, want %q", got, names)
	}
}

func TestSuite(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.jpg", 16)
	write(t, dir, "b.png", 24)
	for name, interval := range map[string]time.Duration{"fast": 0, "paced": 10 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			capturetest.Source(t, func(t *testing.T) capture.Source {
				return open(t, Options{Paths: []string{dir}, Loop: true, Interval: interval})
			})
		})
	}
}

func TestOrder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"shot10.jpg", "shot2.PNG", "b.bmp", "notes.txt", "shot1.jpeg", ".hidden"} {
		write(t, dir, name, 8)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.jpg"), 0o700); err != nil {
		t.Fatal(err)
	}
	want(t, shown(t, open(t, Options{Paths: []string{dir}}), 9), "b.bmp", "shot1.jpeg", "shot2.PNG", "shot10.jpg", io.EOF.Error())
	s := open(t, Options{Paths: []string{filepath.Join(dir, "shot2.PNG"), filepath.Join(dir, "shot1*"), filepath.Join(dir, "b.bmp")}})
	want(t, shown(t, s, 9), "shot2.PNG", "shot1.jpeg", "shot10.jpg", "b.bmp", io.EOF.Error())
}

func TestFrames(t *testing.T) {
	dir := t.TempDir()
	formats := map[string]capture.Format{
		write(t, dir, "a.jpg", 16): {Pixel: capture.MJPG, Width: 16, Height: 8},
		write(t, dir, "b.png", 24): capture.Packed(capture.RGB24, 24, 8),
		write(t, dir, "c.bmp", 32): capture.Packed(capture.RGB24, 32, 8),
	}
	s := open(t, Options{Paths: []string{dir}})
	if s.Format() != (capture.Format{}) {
		t.Errorf("Format before the first picture: %v", s.Format())
	}
	var f capture.Frame
	for i := range len(formats) {
		if err := s.Read(t.Context(), &f); err != nil || f.Format != formats[f.Name] || f.Sequence != uint64(i+1) {
			t.Errorf("%s: frame %d, %v, %v", f.Name, f.Sequence, f.Format, err)
		}
	}
}

func TestBadPictures(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "1.jpg", 8)
	cut := write(t, dir, "2.jpg", 8)
	if err := os.Truncate(cut, 200); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syscall.Mkfifo(filepath.Join(dir, "3.jpg"), 0o600), os.Symlink("nowhere", filepath.Join(dir, "4.png"))); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "5.png", 8)
	s := open(t, Options{Paths: []string{dir}})
	want(t, shown(t, s, 9), "1.jpg", "bad", "bad", "bad", "5.png", io.EOF.Error())

	s = open(t, Options{Paths: []string{cut}, Loop: true})
	err := s.Read(t.Context(), new(capture.Frame))
	if !errors.Is(err, capture.ErrBadFrame) || !strings.Contains(err.Error(), cut) {
		t.Errorf("a cut JPEG: %v", err)
	}
	if err := s.Read(t.Context(), new(capture.Frame)); !errors.Is(err, capture.ErrLost) {
		t.Errorf("a second round of nothing but bad pictures: %v, want ErrLost", err)
	}
}

func TestLoopSeesNewFiles(t *testing.T) {
	dir := t.TempDir()
	a := write(t, dir, "a.png", 8)
	s := open(t, Options{Paths: []string{dir}, Loop: true})
	want(t, shown(t, s, 2), "a.png", "a.png")
	write(t, dir, "b.png", 8)
	want(t, shown(t, s, 3), "a.png", "b.png", "a.png")
	if err := errors.Join(os.Remove(a), os.Remove(filepath.Join(dir, "b.png"))); err != nil {
		t.Fatal(err)
	}
	want(t, shown(t, s, 1), "bad") // b.png was still in this round
	if err := s.Read(t.Context(), new(capture.Frame)); !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), ".jpeg") {
		t.Errorf("the folder is empty now: %v", err)
	}
}

func TestInterval(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.png", 8)
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Options{Paths: []string{dir}, Loop: true, Interval: time.Minute})
		begin := time.Now()
		shown(t, s, 4)
		if d := time.Since(begin); d != 3*time.Minute {
			t.Errorf("four pictures took %v, want 3 min", d)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "notes.txt", 8)
	for path, text := range map[string]string{
		dir:                            "such as \"notes.txt\": try them",
		filepath.Join(dir, "no.jpg"):   "no such file",
		filepath.Join(dir, "*.jpg"):    "no file matches",
		filepath.Join(dir, "[broken*"): "syntax error in pattern",
	} {
		if _, err := Open(t.Context(), Options{Paths: []string{path}}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %q", path, err, text)
		}
	}
	if _, err := Open(t.Context(), Options{}); err == nil {
		t.Error("no paths: no error")
	}
}

func TestNatural(t *testing.T) {
	sorted := []string{"", "0", "01", "1", "1a", "2", "10", "10a", "a", "a1", "a1b", "a2", "a9", "a10", "a99999999999999999999", "a100000000000000000000", "ab", "b"}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := natural(a, b); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("natural(%q, %q) = %d", a, b, got)
			}
		}
	}
}

package replay_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/replay"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

// coloured is a picture of 128x96 pixels that changes from frame to frame.
func coloured(frame int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 128, 96))
	for y := range 96 {
		for x := range 128 {
			img.SetRGBA(x, y, color.RGBA{uint8(2*x + 31*frame), uint8(x * y / 16), uint8(255 - 2*y + 7*frame), 255})
		}
	}
	return img
}

// jpegFrame is that picture as a camera of JPEGs sends it.
func jpegFrame(t *testing.T, frame int) event {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, coloured(frame), &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return event{frame: &capture.Frame{Format: capture.Format{Pixel: capture.MJPG, Width: 128, Height: 96}, Pix: out.Bytes()}}
}

// rawFrame is a frame of a pixel format, whatever it shows.
func rawFrame(t *testing.T, pixel capture.PixelFormat, frame int) event {
	t.Helper()
	f := capture.Frame{Format: capture.Packed(pixel, 64, 48)}
	f.Format.Stride += 6 // of which nothing is in a bundle
	n, err := f.Format.Size()
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		f.Pix = append(f.Pix, byte(i*i/97+13*frame))
	}
	return event{frame: &f}
}

// Frames of all formats, masked and turned, in JPEGs and not, are the same again, as are what the model was given and what came of it.
func TestFormats(t *testing.T) {
	const config = `
mqtt: {broker: "off"}
web: {listen: ""}
cameras:
  front:
    source: demo
    model: demo
    OPTIONS
    decision: {enter: 0.05, leave: 0.05, need: 1, window: 1}
`
	mask := "mask: [[0, 0, 0.4, 0, 0, 0.5], [0.8, 0.8, 1, 0.8, 1, 1]]"
	for _, options := range []string{
		"fast_decode: auto", "fast_decode: false", mask, mask + "\n    rotate: 90\n    fast_decode: true",
		"rotate: 270\n    flip: vertical\n    fit: letterbox\n    region: {x: 0.1, y: 0.2, width: 0.7, height: 0.5}",
		mask + "\n    flip: both\n    fit: crop",
	} {
		text := strings.Replace(config, "OPTIONS", options, 1)
		for _, pixel := range capture.PixelFormats() {
			var events []event
			for i := range 3 {
				if pixel == capture.MJPG {
					events = append(events, jpegFrame(t, i))
				} else {
					events = append(events, rawFrame(t, pixel, i))
				}
			}
			b := record(t, text, events, 0)
			steps, err := b.Steps("front")
			if err != nil {
				t.Fatal(err)
			}
			planes := pixel == capture.MJPG && strings.Contains(options, "mask")
			if (steps[0].Format == bundle.FormatPlanes) != planes {
				t.Errorf("%v, %s: format %s", pixel, options, steps[0].Format)
			}
			if r := again(t, b, nil, replay.Options{}); !r.Same || !r.Cameras[0].Exact || r.Cameras[0].Frames != 3 {
				t.Errorf("%v, %s: %+v", pixel, options, r.Cameras[0].First)
			}
		}
	}
}

// Models are found by their hashes, wherever they lie; what is missing is named with its hash, and how to give it.
func TestFinder(t *testing.T) {
	b := colours(t)
	sum := b.Manifest.Models[0].SHA256
	here := b.Manifest.Models[0].File
	elsewhere := filepath.Join(t.TempDir(), "renamed.tflite")
	if err := os.Rename(here, elsewhere); err != nil {
		t.Fatal(err)
	}
	other, text := written(t, graphs.Quarters()), filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(text, []byte("none"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		find replay.Finder
		want string // the model's file, or in the error behind !
	}{
		"nothing given":       {replay.Finder{}, "!" + sum + ", is not on this machine: give the file with --model FILE, or a folder that has it with --models DIR"},
		"by name":             {replay.Finder{Files: []string{elsewhere}}, elsewhere},
		"in a folder":         {replay.Finder{Folder: filepath.Dir(elsewhere)}, elsewhere},
		"in an empty folder":  {replay.Finder{Folder: t.TempDir()}, "!is not on this machine"},
		"in no folder":        {replay.Finder{Folder: filepath.Join(t.TempDir(), "none")}, "!--models: "},
		"another":             {replay.Finder{Files: []string{other}}, other},
		"another and its own": {replay.Finder{Files: []string{other, elsewhere}}, "!--model " + other + " is none of the models"},
		"a folder as file":    {replay.Finder{Files: []string{t.TempDir()}}, "!want a model file"},
		"two others":          {replay.Finder{Files: []string{other, text}}, "!is not on this machine"},
	} {
		config, _ := b.File(bundle.ConfigName)
		is, err := wiring.Bundled(config, "", "")
		if err != nil {
			t.Fatal(err)
		}
		p, err := wiring.Plan(is)
		if err != nil {
			t.Fatal(err)
		}
		c.find.Room = t.TempDir()
		err = c.find.Find(p, b, []string{"door"})
		words, wrong := strings.CutPrefix(c.want, "!")
		told := err != nil && strings.Contains(err.Error(), words)
		if found := err == nil && p.Models["colours"].File == c.want; wrong && !told || !wrong && !found {
			t.Errorf("%s: %q, %v (want %q)", name, p.Models["colours"].File, err, c.want)
		}
	}
}

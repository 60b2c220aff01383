package main

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/infer/overlay"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

// The daemons of docs/bundle.md that have a fault: the wrong part of the picture, the wrong scale of the numbers that a model of float32 is
// given, and a threshold about which the scores go up and down.
var plantedFaults = map[string]string{
	"region": `
device: hall
cameras:
  hall:
    source: files
    files: {paths: [hall], interval: 20ms}
    model: demo
    region: {x: 0, y: 0, width: 0.3, height: 0.3}
    decision: {enter: 0.6, leave: 0.5, need: 1, window: 1}
`,
	"scale": `
device: garage
models:
  doors: {file: models/doors.tflite, labels: models/doors.txt, mean: [0], std: [255]}
cameras:
  door:
    source: files
    files: {paths: [doors], interval: 20ms}
    model: doors
    decision: {enter: 0.75, leave: 0.7, need: 2, window: 2}
`,
	"flapping": `
device: garage
models:
  doors: {file: models/doors.tflite, labels: models/doors.txt}
cameras:
  door:
    source: files
    files: {paths: [dusk], interval: 20ms}
    model: doors
    decision: {enter: 0.55, leave: 0.55, need: 1, window: 1}
`,
}

// TestBundleDocs follows docs/bundle.md from three bundles to what is wrong with the daemons that they are of: its commands print what stands
// there, but for times and what depends on the machine. With -update that is written there.
func TestBundleDocs(t *testing.T) {
	docs, err := filepath.Abs("../docs/bundle.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"} {
		t.Setenv(name, dir)
	}
	scenes(t)
	doors(t)
	for name, config := range plantedFaults {
		file := name + ".yaml"
		if err := os.WriteFile(file, []byte(config+"mqtt: {broker: \"off\"}\nweb: {listen: \"\"}\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		ran(t, 0, "bundle", "-c", file, "--frames", "12", "--yes", "-o", name+".tar")
		if err := os.Remove(file); err != nil { // who has the bundle has no more than that
			t.Fatal(err)
		}
	}
	followDocs(t, docs, dir, "## From a bundle to the cause")
	shown := filepath.Join(filepath.Dir(docs), "images", "replay.png")
	now, err := os.ReadFile("seen/hall-0002-frame.png")
	if err == nil && flag.Lookup("update").Value.String() == "true" {
		err = os.WriteFile(shown, now, 0o644)
	}
	was, missing := os.ReadFile(shown)
	if err != nil || missing != nil || !bytes.Equal(now, was) {
		t.Errorf("%s is another picture by now (%v, %v)", shown, err, missing)
	}
}

// doors makes a model that tells red, green and blue doors apart, and pictures of such: by day, and of one of them at dusk.
func doors(t *testing.T) {
	t.Helper()
	data, err := write.Model(graphs.Colours())
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"models", "doors", "dusk"} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string][]byte{"models/doors.tflite": data, "models/doors.txt": []byte("red\ngreen\nblue\n")}
	paint := [3]color.RGBA{{200, 60, 50, 255}, {40, 190, 60, 255}, {30, 50, 210, 255}}
	for i := range 12 {
		files["doors/"+string(rune('a'+i))+".png"] = door(t, paint[i/2%3], 0)
		files["dusk/"+string(rune('a'+i))+".png"] = door(t, color.RGBA{110, 60, 60, 255}, uint8(5*(i*5%7)))
	}
	for name, data := range files {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// scenes draws pictures of things, as the camera of the demo does.
func scenes(t *testing.T) {
	t.Helper()
	src, err := demo.Open(t.Context(), demo.Options{Width: 160, Height: 120, Interval: 1, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if err := os.Mkdir("hall", 0o755); err != nil {
		t.Fatal(err)
	}
	var f capture.Frame
	for i := range 12 {
		if err := src.Read(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		img, err := preprocess.Upright(picture.Of(&f))
		if err == nil {
			err = overlay.WritePNG("hall/"+string(rune('a'+i))+".png", img)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// door is a picture of a door of a colour, with some light more of a lamp.
func door(t *testing.T, c color.RGBA, lamp uint8) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		for x := range 64 {
			img.SetRGBA(x, y, color.RGBA{90, 90, 90, 255})
			if x >= 8 && x < 56 && y >= 4 {
				img.SetRGBA(x, y, color.RGBA{c.R + lamp, c.G, c.B, 255})
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// followDocs does in a folder what the blocks of a section of a page say, up to its end, and compares what comes of it.
func followDocs(t *testing.T, path, dir, section string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), section+"\n")
	if !found {
		t.Fatalf("%s has no section %q", path, section)
	}
	n := 0
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```")
	now := blocks.ReplaceAllStringFunc(rest, func(block string) string {
		var did strings.Builder
		for line := range strings.Lines(strings.TrimSuffix(strings.TrimPrefix(block, "```console\n"), "```")) {
			command, is := strings.CutPrefix(line, "$ ")
			if !is {
				continue
			}
			n++
			out, _ := exec.Command("bash", "-c", command).CombinedOutput() // its code is what it says
			did.WriteString(line + strings.ReplaceAll(string(out), dir, "/home/ann"))
		}
		return "```console\n" + did.String() + "```"
	})
	if n < 8 {
		t.Errorf("%d commands", n)
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(before+section+"\n"+now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := anyMachine(now), anyMachine(rest); got != want {
		t.Errorf("%s is no longer what happens (-update writes it anew):\n%s\nwant\n%s", path, got, want)
	}
}

// anyMachine is what a command printed without the time, the machine and the build.
func anyMachine(text string) string {
	for _, pattern := range []string{
		`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`, `\d\d:\d\d:\d\d\.\d{3}`, `inceptiond \S+ for \S+, kernels \S+`, `(answered|here) by cpu \(\w+\)`, `\d\.\d{6,}`,
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, "*")
	}
	return text
}

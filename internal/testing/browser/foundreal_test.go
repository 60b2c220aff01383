package browser

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/browser/program"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// zoo is a config whose models find dogs, areas and bodies in pictures that are shown again and again. {models} and {pictures} are
// where they are.
const zoo = withoutMQTT + `device: gate-pi
web: {listen: '127.0.0.1:{port}'}
models:
  coco: {file: '{models}/ssd_mobilenet_v1_coco.tflite', labels: '{models}/labels/coco_labels.txt', threads: 1}
  land: {file: '{models}/deeplabv3_mnv2_dm05_pascal.tflite', labels: '{models}/labels/pascal_voc_segmentation_labels.txt', threads: 1}
  bodies: {file: '{models}/movenet_lightning.tflite', threads: 1}
  breeds: {file: '{models}/../mobilenet_v2_1.0_224_quant.tflite', labels: '{models}/../imagenet_1001_labels.txt', threads: 1}
cameras:
  garden: # two dogs
    source: files
    files: {paths: ['{pictures}/pets.jpg'], loop: true, interval: 500ms}
    model: coco
    decision: {need: 1, window: 1}
  corner:
    source: view
    view: {of: garden}
    model: coco
    region: {x: 0, y: 0, width: 0.62, height: 1}
    fit: letterbox
  mirror: {source: files, files: {paths: ['{pictures}/pets.jpg'], loop: true, interval: 500ms}, model: coco, flip: horizontal, fit: crop,
    then: {labels: [dog], model: breeds, max_crops: 2}}
  pond: {source: files, files: {paths: ['{pictures}/bird_segmentation.png'], loop: true, interval: 800ms}, model: land}
  gym: {source: files, files: {paths: ['{pictures}/squat.png'], loop: true, interval: 500ms}, model: bodies}
`

// startZoo runs a daemon with a config in which {models} and {pictures} are those that are shared, and signs in.
func startZoo(t *testing.T, config string) (*program.Program, *Tab) {
	t.Helper()
	dir := shared.Dir(t)
	p := program.Start(t, strings.NewReplacer("{models}", filepath.Join(dir, "models", "zoo"), "{pictures}", filepath.Join(dir, "golden", "zoo", "pictures")).Replace(config))
	tab := Start(t, "").Open(t)
	tab.Go(p.Link(t))
	return p, tab
}

// boxes are those that are drawn on the picture of a camera, best first: x, y, width and height.
func (tab *Tab) boxes(camera string, n int) (list [][]float64) {
	tab.t.Helper()
	tab.on(camera, fmt.Sprintf("%d boxes", n), fmt.Sprintf(`card.querySelectorAll(".found rect.line:not(.back)").length === %d`, n))
	return Eval[[][]float64](tab, fmt.Sprintf(`[...%s.querySelectorAll(".found rect.line:not(.back)")].reverse()
		.map((r) => ["x", "y", "width", "height"].map((a) => Number(r.getAttribute(a))))`, card(camera)))
}

// apart is how far the corners of two boxes are apart, at most.
func apart(a, b []float64) float64 {
	return max(math.Abs(a[0]-b[0]), math.Abs(a[1]-b[1]), math.Abs(a[0]+a[2]-b[0]-b[2]), math.Abs(a[1]+a[3]-b[1]-b[3]))
}

// TestFoundByRealModels looks at what real networks find in real pictures: boxes lie where things are in the upright frame, whatever
// part of it the model gets and however the frame is turned.
func TestFoundByRealModels(t *testing.T) {
	_, tab := startZoo(t, zoo)
	dogs := tab.boxes("garden", 2)
	tab.on("garden", "words", `/dog.*dog/s.test(card.querySelector(".finds").textContent)`)
	if mirrored := tab.boxes("mirror", 2); true {
		for i, b := range mirrored {
			mirrored[i] = []float64{1 - b[0] - b[2], b[1], b[2], b[3]}
		}
		if apart(mirrored[0], dogs[0]) > 0.15 && apart(mirrored[0], dogs[1]) > 0.15 {
			t.Errorf("mirrored %v, plain %v", mirrored, dogs)
		}
	}
	tab.on("mirror", "what a second model says of each", `card.querySelectorAll(".tag bdi:nth-child(3)").length === 2 && card.textContent.includes(", the second model ")`)
	part := tab.boxes("corner", 1)
	if apart(part[0], dogs[0]) > 0.1 && apart(part[0], dogs[1]) > 0.1 {
		t.Errorf("by a part of the frame %v, by all of it %v", part, dogs)
	}
	tab.on("corner", "its region on its camera's picture", `card.querySelector("rect.region:not(.back)").getAttribute("width") === "0.62"`)
	tab.on("pond", "a mask", `(() => {
		const mask = card.querySelector("canvas.mask"), p = mask.getContext("2d").getImageData(mask.width / 2, mask.height / 2, 1, 1).data;
		return !mask.hidden && p[0] === 128 && p[1] === 128 && p[2] === 0 && p[3] === 255 && /bird.*1[67] %/s.test(card.querySelector(".finds").textContent);
	})()`)
	tab.on("gym", "a body", `card.querySelectorAll(".found path.point").length === 2 && /body 1/.test(card.querySelector(".finds").textContent)`)
	tab.WantNoErrors(nil)
}

// TestBoxesBelongToTheirPicture has a camera show two pictures in turn, of dogs and of people: no frame of the screen has the boxes of
// one on the other.
func TestBoxesBelongToTheirPicture(t *testing.T) {
	_, tab := startZoo(t, withoutMQTT+`web: {listen: '127.0.0.1:{port}'}
models: {coco: {file: '{models}/ssd_mobilenet_v1_coco.tflite', labels: '{models}/labels/coco_labels.txt'}}
cameras: {turns: {source: files, files: {paths: ['{pictures}/pets.jpg', '{pictures}/face.jpg'], loop: true, interval: 250ms}, model: coco}}
`)
	tab.on("turns", "boxes", `card.querySelector(".tag")`)
	type sighting struct {
		Size, Tags string
	}
	seen := Eval[[]sighting](tab, fmt.Sprintf(`new Promise((done) => {
		const card = %s, seen = [], end = performance.now() + 8000;
		const look = () => {
			const image = card.querySelector(".shot > img");
			const tags = [...card.querySelectorAll(".tag")].map((t) => t.firstChild.textContent).sort().join(" ");
			seen.push({ Size: image.naturalWidth + "x" + image.naturalHeight, Tags: tags });
			performance.now() < end ? requestAnimationFrame(look) : done(seen);
		};
		look();
	})`, card("turns")))
	tags := map[string]map[string]int{}
	for _, s := range seen {
		if tags[s.Size] == nil {
			tags[s.Size] = map[string]int{}
		}
		tags[s.Size][s.Tags]++
	}
	if len(tags) != 2 {
		t.Fatalf("pictures of %d sizes: %v", len(tags), tags)
	}
	for size, of := range tags {
		if len(of) != 1 {
			t.Errorf("on pictures of %s are boxes of %v", size, of)
		}
	}
	t.Log(tags)
}

// TestSetUpOfDetector sets up, on a running daemon, which boxes are listed: what Try shows is what the camera then publishes.
func TestSetUpOfDetector(t *testing.T) {
	p, tab := startZoo(t, zoo)
	tab.boxes("garden", 2)
	tab.Go(p.URL + "setup?camera=garden")
	tab.Until("two boxes", `document.querySelectorAll(".seen rect.line.back").length === 2`)
	tab.See("Why: this model finds things, and their boxes are where it looks")
	tab.FillRole("spinbutton", "Max results", "1")
	tab.Press("\t")
	tab.Until("one box", `document.querySelectorAll(".seen rect.line.back").length === 1`)
	tab.FillRole("combobox", "Only", "dog")
	tab.Press("\r")
	tab.Find("button", "Take dog out")
	tab.Tab("button", "Apply")
	tab.Press("\r")
	tab.See("Applied.")
	tab.See("garden started")
	text, err := os.ReadFile(p.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"max_results: 1", "only: [dog]", "garden: # two dogs"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	tab.Go(p.URL)
	tab.boxes("garden", 1)
	tab.WantNoErrors(nil)
}

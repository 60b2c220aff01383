package browser

import (
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/inceptiond/inceptiond/internal/testing/browser/program"
)

// commented is a config of somebody who has written much into it.
const commented = `# The cameras of the house.   Do not touch!
mqtt: {broker: off} # no broker yet
web: {listen: "127.0.0.1:{port}"}   # the page

cameras:
  # goes on, whatever else is changed
  steady: {source: demo, demo: {interval: 200ms}}
  pictures:                 # what is on the disk
    source: files
    files: {paths: [shots], loop: true, interval: 200ms}   # five a second
    top_k: 2 # two are enough
`

// side is that of the picture on the disk, pixels; the model's input is half of it.
const side = 448

// scene is a picture that is different everywhere.
func scene() *image.RGBA {
	rng := rand.New(rand.NewPCG(1, 2))
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			img.Set(x, y, color.RGBA{uint8(rng.UintN(256)), uint8(x / 2), uint8(y / 2), 255})
		}
	}
	return img
}

// startSetup runs a daemon with the config commented, and signs in.
func startSetup(t *testing.T) (*program.Program, *Tab) {
	t.Helper()
	p := program.Prepare(t, commented)
	shots := filepath.Join(filepath.Dir(p.File), "shots")
	if err := os.Mkdir(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(shots, "one.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, scene()); err != nil {
		t.Fatal(err)
	}
	p.Start(t)
	tab := Start(t, "").Open(t)
	tab.Go(p.Link(t))
	tab.live("steady")
	return p, tab
}

// wantLines fails the test unless the config file still has all lines of the config commented but those that contain one of some
// texts, each to the byte, in their order.
func wantLines(t *testing.T, p *program.Program, but ...string) (file string) {
	t.Helper()
	data, err := os.ReadFile(p.File)
	if err != nil {
		t.Fatal(err)
	}
	rest := string(data)
	for line := range strings.Lines(strings.ReplaceAll(commented, "{port}", p.Port)) {
		changed := false
		for _, text := range but {
			changed = changed || strings.Contains(line, text)
		}
		if changed {
			continue
		}
		_, after, found := strings.Cut("\n"+rest, "\n"+line)
		if !found {
			t.Fatalf("the line %q is not in its place any more in\n%s", line, data)
		}
		rest = after
	}
	return string(data)
}

// value is what a field has.
func (tab *Tab) value(role, name string) string {
	tab.t.Helper()
	return Within[string](tab, tab.Find(role, name), "function() { return this.value }")
}

// wantRegion waits until the four fields of the region have these numbers, in percent.
func (tab *Tab) wantRegion(left, top, width, height string) {
	tab.t.Helper()
	tab.Until(fmt.Sprintf("the region %s %s %s %s", left, top, width, height), fmt.Sprintf(`["x", "y", "width", "height"]
		.map((k) => document.getElementById("region-" + k).value).join(" ") === %q`, strings.Join([]string{left, top, width, height}, " ")))
}

// at is a place in the drawing, given in fractions of it.
func (tab *Tab) at(x, y float64) Point {
	tab.t.Helper()
	p := Eval[[]float64](tab, fmt.Sprintf(`(() => {
		const frame = document.querySelector(".drawing");
		frame.scrollIntoView({ block: "center" });
		const b = frame.getBoundingClientRect();
		return [b.left + b.width * %v, b.top + b.height * %v];
	})()`, x, y))
	return Point{p[0], p[1]}
}

// near fails the test unless the fields of the region have about these numbers, in percent.
func (tab *Tab) near(want ...float64) {
	tab.t.Helper()
	tab.Until(fmt.Sprintf("the region %v, about", want), fmt.Sprintf(`["x", "y", "width", "height"]
		.every((k, i) => Math.abs(Number(document.getElementById("region-" + k).value) - [%v][i]) < 1.5)`, strings.Trim(strings.ReplaceAll(fmt.Sprint(want), " ", ","), "[]")))
}

// TestSetUp sets a camera up from nothing, draws its region with the mouse, a finger and the keyboard, and applies it: other
// cameras miss no frame, and the file keeps all that was in it.
func TestSetUp(t *testing.T) {
	p, tab := startSetup(t)
	p.Await(t, "steady", 5)
	from := len(p.Results("steady"))

	tab.Click("link", "Set up steady")
	tab.Click("link", "All cameras")
	tab.See("Add a camera")
	tab.Click("DisclosureTriangle", "Drawn scenes, to try things")
	tab.Fill("Name", "gate")
	tab.Click("button", "Add")
	tab.Find("heading", "gate: what the model looks at")
	tab.Until("a picture", `document.querySelector(".drawing .veil").hidden`)
	wantLines(t, p)

	tab.Drag(tab.at(0.2, 0.3), tab.at(0.7, 0.8))
	tab.near(20, 30, 50, 50)
	tab.Drag(tab.at(0.45, 0.4), tab.at(0.55, 0.4)) // by its area
	tab.near(30, 30, 50, 50)
	tab.Resize(Phone)
	tab.Swipe(tab.at(0.3, 0.3), tab.at(0.1, 0.1)) // by a corner
	tab.near(10, 10, 70, 70)
	tab.Resize(Desktop)
	for name, number := range map[string]string{"Left %": "25", "Top %": "25"} {
		tab.FillRole("spinbutton", name, number)
		tab.Press("\t")
	}
	for name, number := range map[string]string{"Width %": "50", "Height %": "50"} {
		tab.FillRole("spinbutton", name, number)
		tab.Press("\t")
	}
	tab.wantRegion("25", "25", "50", "50")
	tab.Tab("button", "Upper left corner of the region")
	tab.Press(kb.ArrowLeft)
	tab.Press(kb.ArrowUp, chromedp.ModifierShift)
	tab.wantRegion("24", "15", "51", "60")
	tab.Click("button", "Undo")
	tab.wantRegion("0", "0", "100", "100")
	tab.Tab("button", "Lower right corner of the region")
	for range 5 {
		tab.Press(kb.ArrowLeft, chromedp.ModifierShift)
	}
	tab.wantRegion("0", "0", "50", "100")
	tab.FillRole("spinbutton", "Width %", "0")
	tab.Press("\t")
	tab.See("Above 0")
	tab.FillRole("spinbutton", "Width %", "40")
	tab.Press("\t")

	tab.See("Not saved.")
	tab.Tab("button", "Apply")
	tab.Press("\r")
	tab.See("Applied. gate started")
	tab.See("steady went on")
	file := wantLines(t, p)
	if !strings.Contains(file, "gate:") || !strings.Contains(file, "0.4") {
		t.Errorf("the file has nothing of it:\n%s", file)
	}
	p.Await(t, "gate", 1)
	p.Await(t, "steady", 5)
	if gaps := p.Gaps("steady", from); len(gaps) > 0 {
		t.Errorf("the camera that stayed missed frames: %q", gaps)
	}
	tab.Click("button", "Undo the last Apply")
	tab.wantRegion("0", "0", "100", "100")
	tab.Click("button", "Remove gate")
	tab.Click("button", "Remove")
	tab.Until("gone", `location.pathname.endsWith("/") && !document.getElementById("camera-gate") && document.getElementById("camera-steady")`)
	if file := wantLines(t, p); strings.Contains(file, "gate") {
		t.Errorf("the file still has the camera:\n%s", file)
	}
	tab.WantNoErrors(func(e Entry) bool { // asked for just when it went
		return strings.Contains(e.URL, "/cameras/gate/picture.jpg") && strings.Contains(e.Text, "404")
	})
}

// TestTryIsTheTensor shows that what Try shows is what the model gets: pixel by pixel that part of a known picture, turned and
// masked; and that the camera's own answers are of the same pixels when it is applied.
func TestTryIsTheTensor(t *testing.T) {
	p, tab := startSetup(t)
	from := len(p.Results("steady"))
	tab.Go(p.URL + "setup?camera=pictures")
	tab.Until("an answer", `document.querySelector("img.tensor").naturalWidth === 224 && document.querySelector(".answer")`)
	for name, number := range map[string]string{"Width %": "50", "Height %": "50"} {
		tab.FillRole("spinbutton", name, number)
		tab.Press("\t")
	}
	tab.FillRole("spinbutton", "Left %", "25")
	tab.Press("\t")
	tab.Choose("Turn", "90° clockwise")
	tab.wantRegion("50", "25", "50", "50")
	tab.Click("button", "Privacy mask")
	tab.Click("button", "Add a mask")
	tab.Fill("Mask 1, points in % (left top left top …)", "50 25 75 25 75 50 50 50")
	tab.Press("\t")
	tab.Click("button", "Try")

	upright := turned(scene())
	for y := range side {
		for x := range side {
			if x >= side/2 && x <= side*3/4 && y >= side/4 && y <= side/2 { // a mask covers what it touches
				upright.Set(x, y, color.Black)
			}
		}
	}
	want := upright.SubImage(image.Rect(side/2, side/4, side, side*3/4))
	tab.wait("the tensor's pixels", func() (bool, error) {
		return sameAs(tab, `document.querySelector("img.tensor")`, want)
	})
	tab.See("Not saved.")
	tab.Click("button", "Apply")
	tab.See("Applied. pictures started")
	tab.Errors()
	Eval[int](tab, `new Promise((done, wrong) => {
		window.input = new Image();
		window.input.onload = () => done(1);
		window.input.onerror = () => done(0);
		window.input.src = "api/v1/cameras/pictures/input.png";
	})`)
	tab.wait("the camera's input", func() (bool, error) {
		return sameAs(tab, `await (async () => { const i = new Image(); i.src = "api/v1/cameras/pictures/input.png?" + Math.random(); await i.decode(); return i; })()`, want)
	})
	wantLines(t, p, "top_k") // after which what is new may stand
	if gaps := p.Gaps("steady", max(from, 1)); len(gaps) > 0 {
		t.Errorf("the camera that stayed missed frames: %q", gaps)
	}
}

// turned is a picture a quarter clockwise.
func turned(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Bounds())
	for y := range side {
		for x := range side {
			out.Set(side-1-y, x, img.At(x, y))
		}
	}
	return out
}

// sameAs compares the pixels of an image of the page with those of a picture.
func sameAs(tab *Tab, element string, want image.Image) (bool, error) {
	text, err := try(tab, evaluate[string](fmt.Sprintf(`(async () => {
		const image = %s, canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight), c = canvas.getContext("2d");
		c.drawImage(image, 0, 0);
		let text = "";
		for (const b of c.getImageData(0, 0, canvas.width, canvas.height).data) text += String.fromCharCode(b);
		return btoa(text);
	})()`, element)))
	if err != nil {
		return false, err
	}
	got, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return false, err
	}
	b := want.Bounds()
	if len(got) != 4*b.Dx()*b.Dy() {
		return false, fmt.Errorf("%d bytes of pixels", len(got))
	}
	differ := 0
	for i := 0; i < len(got); i += 4 {
		r, g, bl, _ := want.At(b.Min.X+i/4%b.Dx(), b.Min.Y+i/4/b.Dx()).RGBA()
		if got[i] != uint8(r>>8) || got[i+1] != uint8(g>>8) || got[i+2] != uint8(bl>>8) {
			differ++
		}
	}
	if differ > 0 {
		return false, fmt.Errorf("%d of %d pixels differ", differ, len(got)/4)
	}
	return true, nil
}

// TestMask draws a mask by keyboard alone: points are moved, added and removed, and it is in the file when it is applied.
func TestMask(t *testing.T) {
	p, tab := startSetup(t)
	tab.Go(p.URL + "setup?camera=pictures")
	tab.Until("a picture", `document.querySelector(".drawing .veil").hidden`)
	tab.Tab("button", "Privacy mask")
	tab.Press("\r")
	tab.Tab("button", "Add a mask")
	tab.Press("\r")
	points := func() string { return tab.value("textbox", "Mask 1, points in % (left top left top …)") }
	tab.Until("a point has the focus", `document.activeElement.classList.contains("point")`)
	tab.Press(kb.ArrowRight)
	tab.Press(kb.ArrowDown, chromedp.ModifierShift)
	if got := points(); got != "11 20 30 10 30 30 10 30" {
		t.Errorf("the points are %s", got)
	}
	tab.Press(kb.Delete)
	if got := points(); got != "30 10 30 30 10 30" {
		t.Errorf("with one less, the points are %s", got)
	}
	tab.Click("button", "Mask 1, new point after 1")
	if got := points(); got != "30 10 30 20 30 30 10 30" {
		t.Errorf("with one more, the points are %s", got)
	}
	tab.Click("button", "Apply")
	tab.See("Applied. pictures started")
	if file := wantLines(t, p); !strings.Contains(file, "mask:") {
		t.Errorf("the file has no mask:\n%s", file)
	}
	tab.WantNoErrors(nil)
}

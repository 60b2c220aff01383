package browser

import (
	"cmp"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/browser/program"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// shots has TestShots and TestImages take pictures: `make web-shots`.
var shots = flag.Bool("shots", false, "take pictures of all pages into build/web-shots, and those of the documentation into docs/images")

// TestShots takes a picture of every page, on a desktop and on a phone, light and dark, for people to look at.
func TestShots(t *testing.T) {
	if !*shots {
		t.Skip("takes pictures for people alone (make web-shots)")
	}
	dir := filepath.Join(shared.Root(t), "build", "web-shots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	tab := Start(t, "").Open(t)
	full, out, tasks := play(t, webtest.Full, nil), play(t, webtest.Full, closed{"set"}), play(t, webtest.Tasks, nil)
	for _, size := range []Size{Desktop, Phone} {
		for _, scheme := range []string{"light", "dark"} {
			tab.Resize(size)
			tab.Prefer(scheme)
			for page, ready := range map[string]string{
				"":       `document.querySelectorAll(".finds").length === 4 && document.querySelectorAll("figure:not(.old) .shot > img:not([hidden])").length === 5`,
				"events": settled, "model?model=coco": settled, "teach?name=" + webtest.TaughtFamily: taughtReady,
				"setup?camera=" + webtest.Porch: `document.querySelector(".seen .tag")`, "setup?camera=" + webtest.Field: `document.querySelector(".seen .tag")`,
			} {
				tab.Go(tasks + page)
				tab.Until("the page", settled)
				tab.Until("what was found", ready)
				if strings.HasPrefix(page, "model") {
					tab.Click("DisclosureTriangle", "Settings")
				}
				tab.save(filepath.Join(dir, "tasks-"+strings.NewReplacer("?", "-", "=", "-").Replace(cmp.Or(page, "overview"))+"-"+size.Name+"-"+scheme+".png"))
			}
		}
	}
	for _, page := range append(pages, "sign-in") {
		for _, size := range []Size{Desktop, Phone} {
			for _, scheme := range []string{"light", "dark"} {
				tab.Resize(size)
				tab.Prefer(scheme)
				if page == "sign-in" {
					tab.Go(out)
					tab.Until("the dialog", asked)
				} else {
					tab.Go(full + page)
					tab.Until("the page", settled)
					tab.Until("pictures", `[...document.querySelectorAll(".picture img:not([hidden]), img.tensor:not([hidden])")].every((i) => i.complete)`)
				}
				if page == "" {
					tab.live(webtest.Drive)
				}
				if page == taughtPage {
					tab.Until("pictures that are taught", taughtReady)
					tab.Click("option", tab.pictured(3))
				}
				tab.save(filepath.Join(dir, fileName(page)+"-"+size.Name+"-"+scheme+".png"))
			}
		}
	}
}

// save keeps a picture of all of the page, or of the dialog over it.
func (tab *Tab) save(file string) {
	tab.t.Helper()
	whole := !Eval[bool](tab, `Boolean(document.querySelector("dialog[open]"))`)
	if err := os.WriteFile(file, tab.Shot(whole), 0o644); err != nil {
		tab.t.Fatal(err)
	}
}

// taughtPage is the page of a name that is taught, and taughtReady holds when its pictures are there.
const (
	taughtPage  = "teach?name=" + webtest.TaughtGate
	taughtReady = `document.querySelector(".side .picture img").naturalWidth && [...document.querySelectorAll(".grid img")].every((i) => i.naturalWidth)`
)

// maxImage is how large a picture of the documentation may be.
const maxImage = 60_000

// house is what the pictures of the documentation show.
const house = withoutMQTT + `device: gate-pi
web: {listen: '127.0.0.1:{port}'}
cameras:
  drive: # the long one
    source: files
    files: {paths: [drive], loop: true, interval: 500ms}
    snapshot: {interval: 1s, disk: true}
  gate:
    source: view
    view: {of: drive}
    region: {x: 0.25, y: 0.25, width: 0.5, height: 0.5}
`

// drawDrive draws what the camera sees: a circle that rolls by, of even colours, so that pictures of it are small.
func drawDrive(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		img := image.NewRGBA(image.Rect(0, 0, 640, 480))
		for y := range 480 {
			for x := range 640 {
				c := color.RGBA{196, 203, 208, 255}
				if dx, dy := x-220-40*i, y-240; dx*dx+dy*dy < 110*110 {
					c = color.RGBA{208, 32, 40, 255}
				}
				img.Set(x, y, c)
			}
		}
		f, err := os.Create(filepath.Join(dir, string(rune('a'+i))+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestImages takes the pictures of docs/page.md, of a daemon that runs.
func TestImages(t *testing.T) {
	if !*shots {
		t.Skip("takes pictures for people alone (make web-shots)")
	}
	p := program.Prepare(t, house)
	drawDrive(t, filepath.Join(filepath.Dir(p.File), "drive"))
	p.Start(t)
	tab := Start(t, "").Open(t)
	tab.Go(p.Link(t))
	tab.live("drive")
	const pictured = `document.querySelector(".drawing .veil").hidden && document.querySelector("img.tensor").naturalWidth`
	for _, shot := range []struct {
		name, page string
		size       Size
		scheme     string
		ready      string
	}{
		{"overview", "", Size{Name: "desktop", Width: 1100, Height: 680}, "light", `document.querySelector(".bars")`},
		{"overview-phone", "", Phone, "dark", `document.querySelector(".bars")`},
		{"setup", "setup?camera=gate", Size{Name: "desktop", Width: 1100, Height: 760}, "light", pictured},
		{"setup-phone", "setup?camera=gate", Phone, "light", pictured},
		{"events", "events", Size{Name: "desktop", Width: 1100, Height: 560}, "light", `document.querySelector(".events .thumb img")?.naturalWidth`},
		{"health", "health", Size{Name: "desktop", Width: 1100, Height: 900}, "light", `document.querySelector("#h-cameras")`},
		{"settings", "settings", Size{Name: "desktop", Width: 1100, Height: 760}, "light", `document.getElementById("config-text")?.value`},
	} {
		tab.Resize(shot.size)
		tab.Prefer(shot.scheme)
		tab.Go(p.URL + shot.page)
		tab.Until("the page "+shot.name, shot.ready)
		if shot.page == "" {
			tab.live("drive")
		}
		tab.keepImage(shot.name)
	}
	tab.Prefer("light")
	tab.Resize(Size{Name: "desktop", Width: 1100, Height: 820})
	tab.Go(play(t, webtest.Full, nil) + taughtPage) // nobody has that much to teach here
	tab.Until("pictures that are taught", taughtReady)
	for _, n := range []int{2, 3} {
		tab.Click("option", tab.pictured(n))
	}
	tab.keepImage("teach")
}

// keepImage keeps what the screen shows for the documentation.
func (tab *Tab) keepImage(name string) {
	tab.t.Helper()
	small, err := Reduce(tab.Shot(false), maxImage)
	if err != nil {
		tab.t.Fatalf("%s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(shared.Root(tab.t), "docs", "images", "page-"+name+".png"), small, 0o644); err != nil {
		tab.t.Fatal(err)
	}
	tab.t.Logf("%s: %d bytes", name, len(small))
}

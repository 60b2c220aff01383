package browser

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/testing/browser/program"
)

// scenePicture is a still scene under some light; odd: with a chequered thing in the upper left.
func scenePicture(t *testing.T, light int, odd bool) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for y := range 240 {
		for x := range 320 {
			c := color.RGBA{uint8(60 + x/4 + light), uint8(90 + y/4 + light), uint8(120 + (x/32+y/32)%2*30), 255}
			if odd && x > 20 && x < 100 && y > 20 && y < 80 {
				c = color.RGBA{uint8(x / 8 % 2 * 255), uint8(y / 8 % 2 * 255), 0, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLooksDifferent has a camera that knows what is normal see something else: the card says so, and frames it.
func TestLooksDifferent(t *testing.T) {
	shots, teach := t.TempDir(), t.TempDir()
	gate, err := store.Open(teach, store.Limits{}).New("gate", store.Base{})
	if err != nil {
		t.Fatal(err)
	}
	for light := range 4 {
		if _, _, err := gate.Add(store.Normal, "", scenePicture(t, 2*light, false), store.Note{}); err != nil {
			t.Fatal(err)
		}
	}
	for name, odd := range map[string]bool{"1.jpg": false, "2.jpg": true} {
		if err := os.WriteFile(filepath.Join(shots, name), scenePicture(t, 3, odd), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := program.Start(t, withoutMQTT+"web: {listen: '127.0.0.1:{port}'}\n"+fmt.Sprintf(
		"teach: {folder: %q}\ncameras: {drive: {source: files, files: {paths: [%q], loop: true, interval: 1s}, normal: {name: gate}}}\n", teach, shots))
	tab := Start(t, "").Open(t)
	tab.Go(p.Link(t))
	tab.live("drive")
	tab.Until("the card to say what looks different, and to frame it", `[...document.querySelectorAll("article.camera .decided p:not([hidden])")]
		.some((p) => p.textContent === "looks different, upper left") && document.querySelector("svg.over rect.odd")?.getAttribute("width") < 0.5`)
	tab.Until("the card not to say so any more", `!document.querySelector("article.camera .decided .care:not([hidden])") && !document.querySelector("svg.over rect.odd")`)
	tab.Click("link", "Events")
	tab.See("looks different (different 1 of 1, score")
	tab.WantNoErrors(nil)
}

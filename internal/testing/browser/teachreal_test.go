package browser

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"

	"github.com/inceptiond/inceptiond/internal/testing/browser/program"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// wardrobe is a house with three cameras before photographs: what two see is taught, the third sees others of the kind of the first.
const wardrobe = withoutMQTT + `web: {listen: '127.0.0.1:{port}'}
models: {net: {file: '{shared}/models/mobilenet_v2_1.0_224_quant.tflite'}}
cameras:
  dresses: {source: files, files: {paths: ['{shared}/teach/clothes/train/dress'], loop: true, interval: 300ms}, model: net}
  shoes: {source: files, files: {paths: ['{shared}/teach/clothes/train/shoes'], loop: true, interval: 300ms}, model: net}
  hall: {source: files, files: {paths: ['{shared}/teach/clothes/test/dress'], loop: true, interval: 300ms}, model: net}
`

// TestTeachForReal teaches the program itself: pictures of running cameras and files, labels, training, and the camera that sees
// what nobody has shown it says what that is. The keyboard is for names alone.
func TestTeachForReal(t *testing.T) {
	data := shared.Dir(t)
	p := program.Start(t, strings.ReplaceAll(wardrobe, "{shared}", data))
	tab := Start(t, "").Open(t)
	tab.Go(p.Link(t))
	tab.Click("link", "Teach")
	tab.See("Nothing is taught yet.")
	tab.Fill("Name", "clothes")
	tab.Choose("Camera", "hall")
	tab.Click("button", "Begin")
	tab.See("Begin with 10 pictures of each class")

	for camera, class := range map[string]string{"dresses": "dress", "shoes": "shoes"} {
		tab.Choose("Of", camera)
		tab.Choose("Into", "waiting for a label")
		tab.takeFresh(3)
		tab.view("all that wait")
		tab.pictured(1)
		tab.Click("button", "Choose all")
		tab.Click("button", "New class")
		tab.Fill("Name of the class", class)
		tab.Click("button", "Take it")
		tab.See("now " + class)
		tab.Choose("Into", class)
		files, err := filepath.Glob(filepath.Join(data, "teach", "clothes", "train", class, "*.jpg"))
		if err != nil || len(files) < 10 {
			t.Fatalf("%d pictures of %s: %v", len(files), class, err)
		}
		tab.upload(files[len(files)-8:])
		tab.See("pictures taken")
	}
	tab.chips("dress ")
	tab.trainAndSee("New ")
	tab.See("held-out pictures right (")
	tab.Click("button", "Use new")
	tab.See("No camera uses it yet.")
	tab.Click("button", "Let it use this")
	tab.See("used by hall")
	tab.Click("link", "Overview")
	tab.Until("the taught class on the card", `document.querySelector("article[aria-labelledby='camera-hall'] .bars li.best")?.textContent.startsWith("dress")`)
	tab.Until("why", `(() => {
		const b = [...document.querySelectorAll("article[aria-labelledby='camera-hall'] button")].find((b) => b.textContent === "Why?" && !b.hidden);
		b && b.click();
		return b;
	})()`)
	tab.See("familiar ")
	tab.Until("the nearest taught picture", `document.querySelector(".nearest img")?.naturalWidth`)

	tab.Click("link", "Teach")
	tab.Click("link", "clothes")
	tab.Click("button", "Let it collect")
	tab.See("hall puts pictures here that the model is not sure of.")
	tab.WantNoErrors(nil)
}

// takeFresh takes n pictures of the camera that is chosen. One that was there already is taken again.
func (tab *Tab) takeFresh(n int) {
	tab.t.Helper()
	for i := range n {
		Eval[int](tab, `document.querySelectorAll("section[aria-labelledby=h-take] [role=status]").forEach((e) => { e.textContent = ""; }), 0`)
		tab.Click("button", "Take a picture")
		tab.Until(fmt.Sprintf("picture %d", i+1), `/Taken into|there already/.test(document.querySelector("section[aria-labelledby=h-take]").innerText)`)
	}
}

// upload has the field for files filled with files of this machine.
func (tab *Tab) upload(files []string) {
	tab.t.Helper()
	field := call(tab, runtime.Evaluate, runtime.EvaluateParams{Expression: `document.getElementById("take-files")`})
	call(tab, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, ObjectID: field.Result.ObjectID})
}
